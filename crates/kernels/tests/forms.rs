//! Which form of a function is taken: the other tests compare two forms, and would compare one with itself if both were the same.

use burn::tensor::{DType, Device, Tensor};
use halation_kernels::{Function, PairFunction, RowFunction, has_row_form, map, pair_map, row_map};

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
