//! Layer normalisation.

mod common;

use burn::tensor::{Device, Tensor};
use common::assert_like_f64;
use halation_kernels::layer_norm;

#[test]
fn layer_normalisation_and_its_gradients_are_those_of_burn_in_f64() {
    for [rows, width] in [[1, 1], [1, 7], [3, 16], [300, 96]] {
        assert_like_f64("layer_norm", &[(rows * width, 3.0), (width, 1.0), (width, 1.0)], 4e-6, |inputs| {
            let x = inputs[0].clone().reshape([rows, width]);
            layer_norm(x, inputs[1].clone(), Some(inputs[2].clone()), 1e-5).flatten(0, 1)
        });
        assert_like_f64("layer_norm", &[(rows * width, 3.0), (width, 1.0)], 4e-6, |inputs| {
            let x = inputs[0].clone().reshape([rows, 1, width]);
            layer_norm(x, inputs[1].clone(), None, 1e-5).flatten(0, 2)
        });
    }
}

#[test]
fn a_constant_row_becomes_beta_and_has_a_finite_gradient() {
    let device = Device::default().autodiff();
    let x = Tensor::<2>::from_floats([[5.0, 5.0, 5.0]], &device).require_grad();
    let gamma = Tensor::<1>::ones([3], &device);
    let out = layer_norm(x.clone(), gamma.clone(), Some(gamma * 2.0), 1e-5);
    let gradients = (out.clone() * out.clone()).sum().backward();
    assert_eq!(out.into_data().try_to_vec::<f32>().unwrap(), [2.0; 3]);
    assert_eq!(x.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap(), [0.0; 3]);
}
