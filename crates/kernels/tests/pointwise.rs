//! Functions of each number, and softmax.

mod common;

use burn::tensor::{Device, Tensor};
use common::assert_like_f64;
use halation_kernels::{gelu, gelu_tanh, log_sigmoid, log_softmax, mish, sigmoid, silu, softmax, softplus, tanh};

#[test]
fn functions_of_a_number_and_their_slopes_are_those_of_burn_in_f64() {
    type Function = fn(Tensor<1>) -> Tensor<1>;
    let all: [(&str, Function); 8] = [
        ("sigmoid", sigmoid),
        ("tanh", tanh),
        ("softplus", softplus),
        ("log_sigmoid", log_sigmoid),
        ("silu", silu),
        ("mish", mish),
        ("gelu", gelu),
        ("gelu_tanh", gelu_tanh),
    ];
    for (name, function) in all {
        for scale in [0.1, 1.0, 6.0, 60.0] {
            for count in [1, 17, 30_000] {
                let what = format!("{name} of {count} numbers up to {scale}");
                assert_like_f64(&what, &[(count, scale)], 1e-6, |inputs| function(inputs[0].clone()));
            }
        }
    }
}

#[test]
fn a_small_softplus_keeps_its_relative_error() {
    let x: Vec<f32> = (1..80).map(|n| -(n as f32)).collect();
    let device = Device::default();
    let values = softplus(Tensor::<1>::from_floats(x.as_slice(), &device)).into_data().try_to_vec::<f32>().unwrap();
    for (x, value) in x.iter().zip(values) {
        let exact = f64::from(*x).exp().ln_1p();
        assert!((f64::from(value) / exact - 1.0).abs() < 5e-7, "softplus({x}) = {value:e}, exactly {exact:e}");
    }
}

#[test]
fn the_ends_of_the_line_are_limits_and_nan_stays() {
    let device = Device::default();
    let of = |function: fn(Tensor<1>) -> Tensor<1>| {
        let x = Tensor::<1>::from_floats([f32::NEG_INFINITY, -1e30, 1e30, f32::INFINITY, f32::NAN], &device);
        function(x).into_data().try_to_vec::<f32>().unwrap()
    };
    for function in [sigmoid, tanh, softplus, log_sigmoid, silu, mish, gelu, gelu_tanh] {
        assert!(of(function)[4].is_nan());
    }
    assert_eq!(of(sigmoid)[..4], [0.0, 0.0, 1.0, 1.0]);
    assert_eq!(of(tanh)[..4], [-1.0, -1.0, 1.0, 1.0]);
    assert_eq!(of(softplus)[..4], [0.0, 0.0, 1e30, f32::INFINITY]);
    assert_eq!(of(log_sigmoid)[..4], [f32::NEG_INFINITY, -1e30, 0.0, 0.0]);
    for function in [silu, mish, gelu, gelu_tanh] {
        assert_eq!(of(function)[1..3], [0.0, 1e30]);
        let x = Tensor::<1>::from_floats([-1e30, 1e30], &device.clone().autodiff()).require_grad();
        let gradients = function(x.clone()).sum().backward();
        assert_eq!(x.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap(), [0.0, 1.0]);
    }
}

#[test]
fn softmax_and_its_logarithm_are_those_of_burn_in_f64_along_every_axis() {
    for [rows, columns] in [[1, 1], [3, 5], [2, 16], [40, 700]] {
        for axis in 0..2 {
            for scale in [1.0, 50.0] {
                for function in [softmax::<2>, log_softmax::<2>] {
                    assert_like_f64("softmax", &[(rows * columns, scale)], 2e-6, |inputs| {
                        function(inputs[0].clone().reshape([rows, columns]), axis).flatten(0, 1)
                    });
                }
            }
        }
    }
}

#[test]
fn a_softmax_gives_nothing_to_masked_logits_and_no_gradient_either() {
    let device = Device::default().autodiff();
    let logits = Tensor::<2>::from_floats([[1.0, f32::NEG_INFINITY, 1.0]], &device).require_grad();
    let probabilities = softmax(logits.clone(), 1);
    let gradients = (probabilities.clone() * Tensor::from_floats([[1.0, 2.0, 3.0]], &device)).sum().backward();
    assert_eq!(probabilities.into_data().try_to_vec::<f32>().unwrap(), [0.5, 0.0, 0.5]);
    let gradient = logits.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap();
    assert_eq!(gradient, [-0.5, 0.0, 0.5]);
}
