//! Which form of a function is taken: the other tests compare two forms, and would compare one with itself if both were the same.

use burn::tensor::{DType, Device, Tensor, TensorData};
use halation_kernels::math::LANES;
use halation_kernels::{
    Function, PairFunction, PlaneFunction, RowFunction, has_row_form, map, pair_map, plane_map, row_map,
};

/// Says 1 in its fast form and 2 in the other.
#[derive(Clone, Copy, Debug)]
struct Form;

impl Function<1> for Form {
    fn value_and_slopes(&self, _: [f32; 1]) -> (f32, [f32; 1]) {
        (1.0, [1.0])
    }

    fn composed<const D: usize>(&self, [x]: [Tensor<D>; 1]) -> Tensor<D> {
        x * 0.0 + 2.0
    }
}

impl PairFunction<2> for Form {
    fn values(&self, left: &[f32], right: &[f32]) -> [f32; 2] {
        [left[0] - right[0], left[0] * right[0]]
    }
}

impl RowFunction for Form {
    fn value(&self, row: &[f32]) -> f32 {
        row[0] * 2.0
    }
}

impl PlaneFunction for Form {
    fn values(&self, planes: &[[f32; LANES]], row: &[f32], columns: &[[f32; LANES]]) -> [f32; LANES] {
        assert_eq!((planes.len(), row.len(), columns.len()), (3, 2, 1));
        std::array::from_fn(|lane| {
            planes[0][lane] + 10.0 * planes[1][lane] + 100.0 * planes[2][lane] + row[1] + columns[0][lane]
        })
    }
}

#[test]
fn planes_come_in_their_order_with_their_row_and_columns_however_many_there_are() {
    let device = Device::default();
    for (n, m) in [(2, 35), (3, 16), (1, 1), (0, 4), (4, 0)] {
        let numbers = |range: std::ops::Range<usize>, unit: f32| range.map(|at| at as f32 * unit).collect::<Vec<_>>();
        let plane = |first: usize, count: usize| {
            let data = TensorData::new(numbers(first * n * m..(first + count) * n * m, 1.0), [count, n, m]);
            Tensor::<3>::from_data(data, &device)
        };
        let rows = Tensor::<2>::from_data(TensorData::new(numbers(0..2 * n, 1.0), [n, 2]), &device);
        let columns = Tensor::<2>::from_data(TensorData::new(numbers(0..m, 0.5), [1, m]), &device);
        let found = plane_map(Form, &[plane(0, 1), plane(1, 2)], &rows, &columns).unwrap();
        assert_eq!(found.dims(), [n, m]);
        let expected: Vec<f32> = (0..n * m)
            .map(|at| {
                let of_planes: f32 =
                    [1.0, 10.0, 100.0].iter().enumerate().map(|(p, weight)| weight * (p * n * m + at) as f32).sum();
                of_planes + (2 * (at / m) + 1) as f32 + (at % m) as f32 * 0.5
            })
            .collect();
        assert_eq!(found.into_data().try_to_vec::<f32>().unwrap(), expected);
    }
    let tracked = device.clone().autodiff();
    let zeros = |device: &Device| (Tensor::<3>::zeros([3, 1, 1], device), Tensor::<2>::zeros([1, 2], device));
    let (planes, rows) = zeros(&tracked);
    assert!(plane_map(Form, &[planes], &rows, &Tensor::zeros([1, 1], &tracked)).is_none());
    let (planes, rows) = zeros(&device);
    assert!(plane_map(Form, &[planes.cast(DType::F64)], &rows, &Tensor::zeros([1, 1], &device)).is_none());
}

#[test]
fn numbers_of_f32_take_the_fast_form_with_gradients_and_without_and_all_others_the_composed_one() {
    let plain = Device::default();
    for device in [plain.clone(), plain.autodiff()] {
        for (dtype, form) in [(DType::F32, 1.0), (DType::F64, 2.0)] {
            let x = Tensor::<1>::zeros([3], (&device, dtype));
            assert_eq!(map(Form, [x]).into_data().convert::<f64>().try_to_vec::<f64>().unwrap(), [form; 3]);
        }
    }
}

#[test]
fn maps_of_pairs_and_rows_are_for_f32_outside_of_autodiff() {
    let plain = Device::default();
    let column = |values: &[f32], device: &Device| Tensor::<1>::from_floats(values, device).reshape([values.len(), 1]);
    let (left, right) = (column(&[1.0, 2.0], &plain), column(&[10.0, 20.0, 30.0], &plain));
    let pairs = pair_map(Form, &left, &right).unwrap().into_data().try_to_vec::<f32>().unwrap();
    assert_eq!(pairs, [-9.0, -19.0, -29.0, 10.0, 20.0, 30.0, -8.0, -18.0, -28.0, 20.0, 40.0, 60.0]);
    assert_eq!(row_map(Form, &left).unwrap().into_data().try_to_vec::<f32>().unwrap(), [2.0, 4.0]);
    let tracked = column(&[1.0, 2.0], &plain.autodiff());
    assert!(has_row_form(&left) && !has_row_form(&tracked));
    assert!(pair_map(Form, &tracked, &tracked).is_none() && row_map(Form, &tracked).is_none());
}
