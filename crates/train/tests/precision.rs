//! Islands of f32.

use burn::tensor::{DType, Device, Tensor};
use halation_train::precision::in_f32;

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.cast(DType::F32).into_data().try_to_vec().unwrap()
}

#[test]
fn the_inside_runs_in_f32_and_the_result_has_the_dtype_of_the_first_input() {
    let device = Device::flex();
    for dtype in [DType::F16, DType::BF16, DType::F32, DType::F64] {
        let x = Tensor::<1>::from_floats([1.0, 2.0], &device).cast(dtype);
        let y = Tensor::<1>::from_floats([3.0, 4.0], &device).cast(DType::F32);
        let mut inside = Vec::new();
        let sum = in_f32((x, y), |(x, y)| {
            inside.extend([x.dtype(), y.dtype()]);
            x + y
        });
        assert_eq!((inside, sum.dtype()), (vec![DType::F32; 2], dtype));
        assert_eq!(values(sum), [4.0, 6.0]);
    }
}

#[test]
fn a_sum_of_squares_that_overflows_f16_is_right_inside_the_island() {
    let x = Tensor::<1>::from_floats([300.0, 400.0], &Device::flex()).cast(DType::F16);
    let norm = |x: Tensor<1>| x.square().sum().sqrt();
    assert_eq!(values(norm(x.clone())), [f32::INFINITY]);
    assert_eq!(values(in_f32(x, norm)), [500.0]);
}

#[test]
fn a_small_difference_that_bf16_loses_survives_inside_the_island() {
    // bf16 has 8 significant bits: 256 + 1 is 256.
    let x = Tensor::<1>::from_floats([256.0], &Device::flex()).cast(DType::BF16);
    let difference = |x: Tensor<1>| (x.clone() + 1.0) - x;
    assert_eq!(values(difference(x.clone())), [0.0]);
    assert_eq!(values(in_f32(x, difference)), [1.0]);
}

#[test]
fn gradients_flow_through_the_island_in_the_dtype_of_the_input() {
    let device = Device::flex().autodiff();
    for dtype in [DType::F16, DType::BF16] {
        let x = Tensor::<1>::from_floats([3.0, 4.0], &device).cast(dtype).detach().require_grad();
        // d |x| / dx = x / |x|.
        let norm = in_f32(x.clone(), |x| x.square().sum().sqrt());
        let grad = x.grad(&norm.backward()).unwrap();
        assert_eq!(grad.dtype(), dtype);
        for (value, expected) in values(grad).into_iter().zip([0.6, 0.8]) {
            // One rounding to 8 significant bits.
            assert!((value - expected).abs() < 0.004, "{dtype:?}: {value}");
        }
    }
}

#[test]
fn lists_triples_and_absent_tensors_pass_through() {
    let device = Device::flex();
    let half = |value: f32| Tensor::<1>::from_floats([value], &device).cast(DType::F16);
    let sums = in_f32((vec![half(1.0), half(2.0)], None::<Tensor<2>>, half(3.0)), |(list, absent, last)| {
        assert!(absent.is_none() && list[1].dtype() == DType::F32);
        list.into_iter().map(|x| x + last.clone()).collect::<Vec<_>>()
    });
    assert!(sums.iter().all(|sum| sum.dtype() == DType::F16));
    assert_eq!(sums.into_iter().flat_map(values).collect::<Vec<f32>>(), [4.0, 5.0]);
    assert!(in_f32(Vec::<Tensor<1>>::new(), |none| none).is_empty());
}
