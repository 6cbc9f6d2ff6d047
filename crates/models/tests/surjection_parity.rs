//! Surjections and their networks against PyTorch (goldens of xtask/parity/argmax_surjections.py).
//!
//! The bound of 1e-5 (relative to the largest value) is a few hundred roundings of f32; the goldens are f64, in other closed forms.

mod common;

use burn::tensor::{Int, Tensor, TensorData};
use common::{assert_close, device, golden, gradients, hashed, signed, uniform, values};
use halation_models::flow::argmax::*;

const BOUND: f32 = 1e-5;
const CLASSES: usize = 6;
const SHAPE: [usize; 2] = [3, 5];

fn recurrent() -> ContextConfig {
    ContextConfig::Recurrent(RecurrentContextConfig::new(CLASSES).with_embed_dim(5).with_hidden(4).with_output(3))
}

fn position() -> ContextConfig {
    ContextConfig::Position(PositionContextConfig::new(CLASSES).with_embed_dim(5).with_hidden(4).with_output(3))
}

fn agrees_with_pytorch(name: &str, config: SurjectionConfig) {
    let device = device().autodiff();
    let golden = golden(&format!("surjection_{name}.safetensors"));
    let surjection = match config.method.parameters() {
        0 => config.init(&device),
        _ => hashed(config.init(&device)),
    };
    let [batch, length] = SHAPE;
    let ids = (0..batch).flat_map(|b| (0..length).map(move |l| ((7 * b + 5 * l + b * l) % CLASSES) as i64));
    let ids = Tensor::<2, Int>::from_data(TensorData::new(ids.collect::<Vec<_>>(), SHAPE), &device);
    let shape = [batch, length, surjection.noise_width()];
    let noise: Tensor<3> = match surjection.noise_law() {
        NoiseLaw::Normal => signed("noise", shape, 2.0, &device),
        NoiseLaw::Uniform => {
            let drawn = uniform("noise", shape.iter().product()).into_iter().map(|u| u as f32).collect::<Vec<_>>();
            Tensor::from_data(TensorData::new(drawn, shape), &device)
        }
    };
    let noise = noise.require_grad();

    let (v, log_q) = surjection.forward(ids.clone(), noise.clone());
    assert_close("v", &values(v.clone()), &golden["v"], BOUND);
    match golden["log_q"].iter().all(|&value| value == 0.0) {
        true => assert_eq!(values(log_q.clone()), golden["log_q"]),
        false => assert_close("log q", &values(log_q.clone()), &golden["log_q"], BOUND),
    }
    assert_eq!(surjection.decode(v.clone()).unwrap().ids.into_data(), ids.into_data());

    let cotangent = signed("cotangent.v", v.dims(), 1.0, &device);
    let loss = (v * cotangent).sum() + (log_q * signed("cotangent.log_q", [batch], 1.0, &device)).sum();
    let grads = loss.backward();
    assert_close("d noise", &values(noise.grad(&grads).unwrap()), &golden["grad.noise"], BOUND);
    let (found, without) = gradients(&surjection, &grads);
    assert!(without.is_empty(), "no gradient: {without:?}");
    let expected: Vec<_> =
        golden.iter().filter_map(|(n, v)| Some((n.strip_prefix("grad.")?, v))).filter(|(n, _)| *n != "noise").collect();
    assert_eq!(found.len(), expected.len(), "{:?}", found.keys());
    for (name, expected) in expected {
        assert_close(&format!("d {name}"), &found[name], expected, BOUND);
    }
}

fn argmax(inverse: ArgmaxInverse, context: ContextConfig) -> SurjectionConfig {
    SurjectionConfig::new(SurjectionMethod::Argmax(inverse), context)
}

#[test]
fn signs_of_bits_agree_with_pytorch_under_both_contexts() {
    agrees_with_pytorch("sign", argmax(ArgmaxInverse::Sign, recurrent()));
    agrees_with_pytorch("sign_position", argmax(ArgmaxInverse::Sign, position()));
}

#[test]
fn softplus_thresholds_agree_with_pytorch_for_one_digit_and_for_two() {
    agrees_with_pytorch("softplus_threshold", argmax(ArgmaxInverse::SoftplusThreshold, position()));
    let base3 = argmax(ArgmaxInverse::SoftplusThreshold, recurrent()).with_base(Some(3));
    agrees_with_pytorch("softplus_threshold_base3", base3);
}

#[test]
fn gumbel_noise_given_its_argmax_agrees_with_pytorch() {
    agrees_with_pytorch("gumbel", argmax(ArgmaxInverse::Gumbel, position()));
}

#[test]
fn gumbel_thresholds_agree_with_pytorch() {
    agrees_with_pytorch("gumbel_threshold", argmax(ArgmaxInverse::GumbelThreshold, recurrent()).with_base(Some(3)));
}

#[test]
fn dequantized_one_hot_vectors_agree_with_pytorch() {
    let config = |kind| SurjectionConfig::new(SurjectionMethod::Dequantization(kind), position());
    agrees_with_pytorch("uniform", config(Dequantization::Uniform));
    agrees_with_pytorch("variational", config(Dequantization::Variational));
}
