//! Every flow and conditioner against PyTorch (goldens of xtask/parity/flows.py): values, and gradients of all inputs and
//! parameters.
//!
//! The bound of 1e-5 (relative to the largest value) is a few hundred roundings of f32; the goldens are f64, and their
//! log-determinants are those of Jacobians.

mod common;

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use common::{assert_close, device, golden, gradients, hashed, signed, uniform, values};
use halation_models::flow::{
    ActNormConfig, AffineCouplingConfig, AutoregressiveFlowConfig, ChannelHeadConfig, ConditionalImageFlowConfig,
    CouplingTextFlowConfig, DenseNetConfig, Density, DiagonalBaseConfig, Flow, ImageFlowConfig, InvertibleConvConfig,
    LstmConfig, MixtureCouplingConfig, PositionLstmConfig, SplineCouplingConfig,
};

const BOUND: f32 = 1e-5;
const TEXT: [usize; 3] = [2, 4, 3];
const IMAGE: [usize; 4] = [2, 4, 2, 2];

/// What a module gave, by name, with the sum of everything times its hash.
struct Outputs {
    found: Vec<(&'static str, Vec<f32>)>,
    loss: Tensor<1>,
}

impl Outputs {
    fn new(device: &Device) -> Self {
        Self { found: Vec::new(), loss: Tensor::zeros([1], device) }
    }

    fn with<const D: usize>(mut self, name: &'static str, output: Tensor<D>) -> Self {
        let cotangent = signed(&format!("cotangent.{name}"), output.dims(), 1.0, &output.device());
        self.found.push((name, values(output.clone())));
        self.loss = self.loss + (output * cotangent).sum();
        self
    }
}

/// Compares all outputs and gradients with the golden file; `run` gets the module with hashed weights and the inputs.
fn agrees<M: Module, const D: usize, const N: usize>(
    name: &str,
    module: M,
    inputs: [(&str, [usize; D]); N],
    run: impl Fn(&M, [Tensor<D>; N], Outputs) -> Outputs,
) {
    let device = device().autodiff();
    let golden = golden(&format!("flow_{name}.safetensors"));
    let module = hashed(module);
    let tensors = inputs.map(|(input, shape)| signed(input, shape, 2.0, &device).require_grad());
    let outputs = run(&module, tensors.clone(), Outputs::new(&device));
    for (output, found) in &outputs.found {
        assert_close(&format!("{name}: {output}"), found, &golden[*output], BOUND);
    }
    let grads = outputs.loss.backward();
    let (mut found, without) = gradients(&module, &grads);
    assert_eq!(without, Vec::<String>::new(), "{name}: parameters without gradient");
    for ((input, _), tensor) in inputs.into_iter().zip(tensors) {
        found.insert(input.to_owned(), values(tensor.grad(&grads).unwrap()));
    }
    let expected: BTreeMap<_, _> =
        golden.iter().filter_map(|(key, values)| Some((key.strip_prefix("grad.")?, values))).collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{name}: parameters and inputs");
    for (of, found) in &found {
        assert_close(&format!("{name}: d {of}"), found, expected[of.as_str()], BOUND);
    }
}

/// 1 where a position stays: the twin of `keep` in the script.
fn keep<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    let values: Vec<f32> = uniform("keep", count).into_iter().map(|u| f32::from(u8::from(u > 0.3))).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn layer<const D: usize>(outputs: Outputs, (z, log_det): (Tensor<D>, Tensor<1>)) -> Outputs {
    outputs.with("z", z).with("log_det", log_det)
}

#[test]
fn layers_agree_with_pytorch() {
    let d = &device().autodiff();
    agrees("base", DiagonalBaseConfig::new(3).init(d), [("x", TEXT)], |m, [x], o| o.with("log_prob", m.log_prob(x)));
    agrees("act_norm", ActNormConfig::new(3).init(d), [("x", TEXT)], |m, [x], o| layer(o, m.forward(x)));
    agrees("conv_text", InvertibleConvConfig::new(3).init(d), [("x", TEXT)], |m, [x], o| layer(o, m.forward(x)));
    agrees("conv_image", InvertibleConvConfig::new(4).init(d), [("x", IMAGE)], |m, [x], o| layer(o, m.forward(x)));
    let mixture = MixtureCouplingConfig::new(3, 8, 6).with_mixtures(3);
    agrees("mixture_coupling", mixture.init(d), [("x", TEXT)], |m, [x], o| {
        layer(o, m.forward_with(x, Some(keep([2, 4], d))))
    });
    let spline = SplineCouplingConfig::new(3, 8, 6).with_bins(4).with_bound(1.5).with_layers(1);
    agrees("spline_coupling", spline.init(d), [("x", TEXT)], |m, [x], o| {
        layer(o, m.forward_with(x, Some(keep([2, 4], d))))
    });
    let affine = AffineCouplingConfig::new(4).with_width(5).with_depth(2).with_growth(3);
    agrees("affine_coupling", affine.init(d), [("x", IMAGE)], |m, [x], o| layer(o, m.forward(x)));
}

#[test]
fn conditioners_agree_with_pytorch() {
    let d = &device().autodiff();
    let lstm = LstmConfig::new(3, 5).with_layers(2).with_bidirectional(true);
    agrees("lstm", lstm.init(d), [("x", TEXT)], |m, [x], o| o.with("states", m.forward(x)));
    let both = PositionLstmConfig::new(3, 8, 6, 6);
    let shifted = both.clone().with_bidirectional(false).with_shift(true);
    for (name, config) in [("position_lstm", both), ("shifted_lstm", shifted)] {
        agrees(name, config.init(d), [("x", TEXT)], |m, [x], o| {
            o.with("features", m.forward(x, Some(keep([2, 4], d))))
        });
    }
    let inputs = [("trunk", [2, 4, 8]), ("x", TEXT)];
    agrees("channel_head", ChannelHeadConfig::new(3, 8, 5).init(d), inputs, |m, [trunk, x], o| {
        o.with("parameters", m.forward(trunk, x))
    });
    let dense = DenseNetConfig::new(4, 3).with_width(5).with_depth(2).with_growth(3);
    agrees("dense_net", dense.init(d), [("x", IMAGE)], |m, [x], o| o.with("features", m.forward(x)));
}

#[test]
fn text_flows_agree_with_pytorch() {
    let d = &device().autodiff();
    let coupling =
        CouplingTextFlowConfig::new(3, 8, 6).with_steps(3).with_mixtures(2).with_layers(1).with_act_norm(true);
    agrees("coupling_text", coupling.init(d), [("x", TEXT)], |m, [x], o| {
        let (z, log_det) = m.forward_with(x, Some(keep([3, 2, 4], d)));
        o.with("log_prob", m.base.log_prob(z.clone()) + log_det).with("z", z)
    });
    let autoregressive = AutoregressiveFlowConfig::new(3, 16, 6).with_mixtures(3);
    agrees("autoregressive", autoregressive.init(d), [("x", TEXT)], |m, [x], o| {
        let (z, log_det) = m.forward_with(x, Some(keep([2, 4], d)));
        o.with("log_prob", m.base.log_prob(z.clone()) + log_det).with("z", z)
    });
}

#[test]
fn image_flows_agree_with_pytorch() {
    let d = &device().autodiff();
    let image = ImageFlowConfig::new(1).with_levels(2).with_steps(2).with_width(4).with_depth(2).with_growth(3);
    agrees("image", image.init(d), [("x", [2, 1, 4, 4])], |m, [x], o| {
        let (latents, _) = m.latents(x.clone());
        o.with("log_prob", m.log_prob(x)).with("factored", latents[0].clone()).with("rest", latents[1].clone())
    });
    let conditional = ConditionalImageFlowConfig::new(1, 3).with_steps(2).with_context_width(4).with_context_depth(2);
    let conditional = conditional.with_context_growth(2).with_width(4).with_depth(2).with_growth(3);
    let inputs = [("noise", [2, 1, 4, 4]), ("known", [2, 3, 4, 4])];
    agrees("conditional_image", conditional.init(d), inputs, |m, [noise, known], o| {
        let (u, log_q) = m.forward(noise, known);
        o.with("u", u).with("log_q", log_q)
    });
}
