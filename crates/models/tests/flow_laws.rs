//! The laws of every invertible map: inverse, log-determinant, what may depend on what; and the first values of each layer.

mod common;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use common::flow::{assert_bijection, jacobian};
use common::{assert_close, device, hashed, signed, uniform, values};
use halation_models::ModelError;
use halation_models::flow::{
    ActNormConfig, AffineCouplingConfig, AutoregressiveFlow, AutoregressiveFlowConfig, ConditionalImageFlow,
    ConditionalImageFlowConfig, CouplingTextFlow, CouplingTextFlowConfig, Density, DiagonalBaseConfig, Flow, ImageFlow,
    ImageFlowConfig, InvertibleConvConfig, LstmConfig, MixtureCouplingConfig, MixtureMap, RationalQuadratic, Reverse,
    ScaleBounds, SplineCouplingConfig, Squeeze,
};
use halation_models::weights::{LoadOptions, load_bytes, tensor_specs};

/// Text of two items, four positions and `channels` channels.
fn text(channels: usize, device: &Device) -> Tensor<3> {
    signed("text", [2, 4, channels], 2.0, device)
}

fn images(channels: usize, side: usize, device: &Device) -> Tensor<4> {
    signed("images", [2, channels, side, side], 2.0, device)
}

fn autoregressive(channels: usize, device: &Device) -> AutoregressiveFlow {
    hashed(AutoregressiveFlowConfig::new(channels, 16, 6).with_mixtures(3).init(device))
}

fn coupling_text(device: &Device) -> CouplingTextFlow {
    let config = CouplingTextFlowConfig::new(3, 8, 6).with_steps(3).with_mixtures(2).with_layers(1).with_act_norm(true);
    hashed(config.init(device))
}

/// Hashed matrices of four channels can be close to singular: the convolutions keep their orthogonal ones.
fn image_flow(device: &Device) -> ImageFlow {
    let new =
        ImageFlowConfig::new(1).with_levels(2).with_steps(2).with_width(4).with_depth(2).with_growth(3).init(device);
    let mut flow = hashed(new.clone());
    for (level, before) in flow.levels.iter_mut().zip(new.levels) {
        for (step, before) in level.steps.iter_mut().zip(before.steps) {
            step.conv = before.conv;
        }
    }
    flow
}

#[test]
fn every_flow_has_its_inverse_and_its_volume() {
    let d = &device();
    assert_bijection("ActNorm", &hashed(ActNormConfig::new(3).init(d)), text(3, d), 1e-5);
    assert_bijection("ActNorm on images", &hashed(ActNormConfig::new(2).init(d)), images(2, 2, d), 1e-5);
    assert_bijection("InvertibleConv", &hashed(InvertibleConvConfig::new(3).init(d)), text(3, d), 1e-5);
    assert_bijection("InvertibleConv on images", &hashed(InvertibleConvConfig::new(4).init(d)), images(4, 2, d), 1e-5);
    assert_bijection("InvertibleConv at first", &InvertibleConvConfig::new(5).init(d), text(5, d), 1e-5);
    assert_bijection("Reverse", &Reverse, text(3, d), 1e-6);
    assert_bijection("Squeeze", &Squeeze, images(2, 4, d), 1e-6);
    let affine = AffineCouplingConfig::new(3).with_width(4).with_depth(2).with_growth(3).init(d);
    assert_bijection("AffineCoupling", &hashed(affine), images(3, 2, d), 1e-5);
    for channels in [2, 3] {
        let mixture = MixtureCouplingConfig::new(channels, 8, 6).with_mixtures(3).with_layers(1).init(d);
        assert_bijection("MixtureCoupling", &hashed(mixture), text(channels, d), 1e-5);
        let spline = SplineCouplingConfig::new(channels, 8, 6).with_bins(4).with_bound(3.0).init(d);
        assert_bijection("SplineCoupling", &hashed(spline), text(channels, d) * 2.0, 2e-5);
    }
    for channels in [1, 3] {
        assert_bijection("AutoregressiveFlow", &autoregressive(channels, d), text(channels, d), 1e-4);
    }
    assert_bijection("CouplingTextFlow", &coupling_text(d), text(3, d), 1e-4);
    assert_bijection("ImageFlow", &image_flow(d), images(1, 4, d), 1e-4);
}

#[test]
fn the_conditional_flow_has_its_inverse_and_its_volume() {
    let d = &device();
    let config = ConditionalImageFlowConfig::new(1, 3).with_steps(2).with_context_width(4).with_context_depth(1);
    let config = config.with_context_growth(2).with_width(4).with_depth(1).with_growth(3);
    let new = config.init(d);
    let mut flow = hashed(new.clone());
    flow.last = new.last;
    for (step, before) in flow.steps.iter_mut().zip(new.steps) {
        step.conv = before.conv;
    }
    assert_bijection("ConditionalImageFlow", &Given { flow: &flow }, images(1, 4, d), 1e-4);
}

/// The conditional flow under a fixed context.
struct Given<'a> {
    flow: &'a ConditionalImageFlow,
}

impl Given<'_> {
    fn context(x: &Tensor<4>) -> Tensor<4> {
        let [batch, _, height, width] = x.dims();
        signed("context", [1, 3, height, width], 1.0, &x.device()).repeat_dim(0, batch)
    }

    fn noise_log_prob(noise: Tensor<4>) -> Tensor<1> {
        DiagonalBaseConfig::new(1).init(&noise.device()).log_prob(noise)
    }
}

impl Flow<4> for Given<'_> {
    fn forward(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let (u, log_q) = self.flow.forward(x.clone(), Self::context(&x));
        (u, Self::noise_log_prob(x) - log_q)
    }

    fn inverse(&self, z: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let (noise, log_q) = self.flow.inverse(z.clone(), Self::context(&z));
        (noise.clone(), log_q - Self::noise_log_prob(noise))
    }
}

#[test]
fn a_squeeze_puts_each_block_of_pixels_into_four_channels() {
    let x = Tensor::<4>::from_data(TensorData::new((0..8).map(|x| x as f32).collect(), [1, 1, 2, 4]), &device());
    assert_eq!(values(Squeeze.forward(x).0), [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
}

#[test]
fn the_mixture_map_gives_the_golden_numbers() {
    let d = &device();
    let row = |x: [f64; 3]| Tensor::<4>::from_data([[[x]]], d);
    let one = |x: f64| Tensor::<3>::from_data([[[x]]], d);
    let map = MixtureMap {
        shift: one(0.25),
        log_scale: one(-0.3),
        log_weights: row([0.2, 0.5, 0.3]).log(),
        means: row([-1.0, 0.0, 2.0]),
        log_scales: row([-0.5, 0.1, 0.3]),
    };
    let (y, log_det) = map.forward(one(0.7));
    // Of the order of one: the bound is a few roundings of f32.
    assert_close("y", &values(y.clone()), &[0.479_639_15], 1e-6);
    assert_close("log_det", &values(log_det), &[-0.678_168_6], 1e-6);
    assert_close("x", &values(map.inverse(y).0), &[0.7], 1e-6);
}

#[test]
fn the_mixture_map_comes_back_from_far_tails_in_f32() {
    let d = &device();
    let bounds: ScaleBounds = hashed(ScaleBounds::new(2, 3, d));
    let map = MixtureMap::new(signed("raw", [1, 1, 2, 11], 2.0, d), &bounds);
    // At +-120 single components have logits past what exp can hold.
    for x in [-120.0, -40.0, -15.0, 0.0, 15.0, 40.0, 120.0] {
        let (y, log_det) = map.forward(Tensor::full([1, 1, 2], x, d));
        assert!(values(log_det).iter().all(|x| x.is_finite()));
        for found in values(map.inverse(y).0) {
            assert!((found - x as f32).abs() < 1e-4, "{x} came back as {found}");
        }
    }
}

#[test]
fn the_mixture_map_comes_back_from_the_gap_between_its_components() {
    let d = &device();
    let row = |x: [f64; 2]| Tensor::<4>::from_data([[[x]]], d);
    let zero = Tensor::<3>::zeros([1, 1, 1], d);
    let map = MixtureMap {
        shift: zero.clone(),
        log_scale: zero,
        log_weights: row([1e-3, 0.999]).log(),
        means: row([-6.0, 6.0]),
        log_scales: row([-0.5, -0.5]),
    };
    for x in [-9.0, -6.0, -2.5, 2.5, 6.0, 9.0] {
        let (y, log_det) = map.forward(Tensor::full([1, 1, 1], x, d));
        let (found, inverse_log_det) = map.inverse(y);
        // The map is flat between the components: a rounding of y moves x by 1 / slope.
        let slack = 1e-5 * (1.0 + (-values(log_det.clone())[0]).exp());
        assert!((values(found)[0] - x as f32).abs() < slack, "{x}");
        assert!((values(log_det)[0] + values(inverse_log_det)[0]).abs() < 1e-2);
    }
}

#[test]
fn maps_with_parameters_of_zero_are_the_identity() {
    let d = &device();
    let x = signed("x", [2, 3, 2], 6.0, d);
    let mixture = MixtureMap::new(Tensor::zeros([2, 3, 2, 11], d), &ScaleBounds::new(2, 3, d));
    let spline = RationalQuadratic::new(Tensor::zeros([2, 3, 2, 11], d), 3.0);
    for (z, log_det) in [mixture.forward(x.clone()), spline.forward(x.clone())] {
        assert_close("z", &values(z), &values(x.clone()), 1e-6);
        assert!(values(log_det).iter().all(|x| x.abs() < 1e-5));
    }
}

#[test]
fn a_spline_meets_the_identity_at_the_ends_of_its_interval() {
    let d = &device();
    let map = RationalQuadratic::new(signed("raw", [1, 1, 6, 11], 3.0, d), 2.0);
    let at = |x: [f64; 6]| Tensor::<3>::from_data([[x]], d);
    let outside = at([-50.0, -2.5, -2.0, 2.0, 2.5, 50.0]);
    for (z, log_det) in [map.forward(outside.clone()), map.inverse(outside.clone())] {
        assert_eq!(values(z), values(outside.clone()));
        assert_eq!(values(log_det), [0.0; 6]);
    }
    // Just inside: a step of 1e-5 with a slope near one moves the value by no more than that.
    let (z, log_det) = map.forward(at([-1.999_99, -1.999_99, -1.999_99, 1.999_99, 1.999_99, 1.999_99]));
    for (z, end) in values(z).into_iter().zip([-2.0_f32, -2.0, -2.0, 2.0, 2.0, 2.0]) {
        assert!((z - end).abs() < 3e-5, "{z} beside {end}");
    }
    assert!(values(log_det).iter().all(|x| x.abs() < 0.1), "the derivative is continuous");
    let inside = values(map.forward(at([0.5; 6])).0);
    assert!(inside.iter().any(|z| (z - 0.5).abs() > 0.1), "within the interval it is not the identity: {inside:?}");
}

#[test]
fn an_lstm_step_by_step_gives_the_states_of_the_whole_sequence() {
    let d = &device();
    let lstm = hashed(LstmConfig::new(3, 4).with_layers(2).init(d));
    let x = text(3, d);
    let mut memory = lstm.start(2, d);
    let steps = (0..4).map(|t| lstm.step(x.clone().narrow(1, t, 1).squeeze_dim(1), &mut memory)).collect();
    // A row of one product sums in another order than a row of many.
    assert_close("states", &values(Tensor::stack::<3>(steps, 1)), &values(lstm.forward(x)), 1e-6);
}

#[test]
fn the_inverse_of_the_mixture_map_has_the_gradient_of_the_inverse_function() {
    let d = &device().autodiff();
    let bounds: ScaleBounds = hashed(ScaleBounds::new(2, 3, d));
    let raw = signed("raw", [1, 2, 2, 11], 1.0, d).require_grad();
    let y = signed("y", [1, 2, 2], 2.0, d).require_grad();
    let map = MixtureMap::new(raw.clone(), &bounds);
    let (x, log_det) = map.inverse(y.clone());
    let gradients = x.clone().sum().backward();
    // dx/dy = exp(ln |dx/dy|), number by number.
    assert_close("dx/dy", &values(y.grad(&gradients).unwrap()), &values(log_det.exp()), 1e-5);
    // Of the parameters: y(x(p), p) = const, so dx/dp = -(dy/dp) / (dy/dx).
    let found = values(raw.grad(&gradients).unwrap());
    let map = MixtureMap::new(raw.clone(), &bounds); // a graph is gone once it was walked
    let (again, slope) = map.forward(x.without_autodiff());
    let weighted = (again * (-slope).exp().without_autodiff()).sum().backward();
    let expected: Vec<f32> = values(raw.grad(&weighted).unwrap()).into_iter().map(|x| -x).collect();
    assert_close("dx/dp", &found, &expected, 1e-5);
}

#[test]
fn a_number_of_the_autoregressive_flow_depends_on_those_before_it_alone() {
    let d = &device();
    let flow = autoregressive(3, d);
    let x = text(3, d).narrow(0, 0, 1);
    let before = values(flow.forward(x.clone()).0);
    for index in 0..12 {
        let changed = x
            .clone()
            .slice_assign([0..1, index / 3..index / 3 + 1, index % 3..index % 3 + 1], Tensor::full([1, 1, 1], 9.0, d));
        let after = values(flow.forward(changed).0);
        assert_eq!(after[..index], before[..index], "numbers before {index}");
        assert!((index..12).all(|later| after[later] != before[later]), "every number from {index} on sees it");
    }
}

#[test]
fn channels_that_pass_a_coupling_stay_and_its_jacobian_is_block_triangular() {
    let d = &device();
    let mixture = hashed(MixtureCouplingConfig::new(3, 8, 6).with_mixtures(2).with_layers(1).init(d));
    let x = text(3, d).narrow(0, 0, 1);
    let z = mixture.forward(x.clone()).0;
    assert_eq!(values(z.narrow(2, 0, 1)), values(x.clone().narrow(2, 0, 1)));
    let jacobian = jacobian(|x| mixture.forward(x).0, x);
    for (output, input) in (0..12).flat_map(|output| (0..12).map(move |input| (output, input))) {
        let found = jacobian[output * 12 + input];
        if input % 3 > 0 && input != output {
            assert_eq!(found, 0.0, "a changed channel ({input}) moves itself alone, not {output}");
        }
        if input % 3 == 0 && output % 3 > 0 {
            assert!(found != 0.0, "channel {output} sees {input}, also at other positions");
        }
    }
}

#[test]
fn a_hidden_input_changes_nothing() {
    let d = &device();
    let flow = autoregressive(3, d);
    let x = text(3, d);
    let other = x.clone().slice_assign([0..2, 1..2, 0..3], signed("other", [2, 1, 3], 2.0, d));
    let keep = Tensor::<2>::from_data([[1.0, 0.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0]], d);
    let later = |x: &Tensor<3>, keep: Option<Tensor<2>>| values(flow.forward_with(x.clone(), keep).0.narrow(1, 2, 2));
    assert_eq!(later(&x, Some(keep.clone())), later(&other, Some(keep)));
    assert_ne!(later(&x, None), later(&other, None));
    assert_eq!(later(&x, None), later(&x, Some(Tensor::ones([2, 4], d))));
}

#[test]
fn act_norm_takes_its_values_from_the_first_batch_alone() {
    let d = &device().autodiff();
    let norm = ActNormConfig::new(3).init(d);
    let x = signed("batch", [5, 4, 3], 2.0, d) + Tensor::<1>::from_data([1.0, -3.0, 0.0], d).reshape([1, 1, 3]);
    let unchanged = norm.forward(x.clone());
    assert_eq!(values(unchanged.0), values(x.clone()), "evaluation of a new layer is the identity");
    assert!(!norm.is_initialised(), "evaluation does not initialise");

    let set = norm.initialise(x.clone());
    assert!(set.is_initialised() && !norm.is_initialised());
    let (z, _) = set.forward(x.clone());
    let rows = z.clone().reshape([20, 3]);
    for mean in values(rows.clone().mean_dim(0)) {
        assert!(mean.abs() < 1e-6);
    }
    for variance in values(rows.square().mean_dim(0)) {
        // 1e-6 is added to the standard deviation
        assert!((variance - 1.0).abs() < 1e-5);
    }
    let again = set.initialise(x * 3.0);
    assert_eq!(values(again.mean.val()), values(set.mean.val()), "a second batch changes nothing");

    let gradients = z.square().sum().backward();
    assert!(
        set.mean.val().grad(&gradients).is_some() && set.log_std.val().grad(&gradients).is_some(),
        "it still learns"
    );
    let bytes = common::file(&saved(&set));
    let loaded = load_bytes(ActNormConfig::new(3).init(d), &bytes, &LoadOptions::new()).unwrap();
    assert!(loaded.is_initialised(), "a file remembers it");
}

/// All weights of a module as a file's content.
fn saved<M: Module>(module: &M) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let values = common::tensors(module);
    tensor_specs(module).into_iter().map(|spec| (spec.name.clone(), spec.shape, values[&spec.name].clone())).collect()
}

#[test]
fn a_text_flow_sets_each_of_its_norms_from_what_reaches_it() {
    let d = &device();
    let config = CouplingTextFlowConfig::new(3, 8, 6).with_steps(2).with_mixtures(2).with_layers(1).with_act_norm(true);
    let x = signed("batch", [6, 4, 3], 3.0, d) + 1.0;
    let flow = config.init(d).initialise(x.clone());
    let norm = |index: usize| flow.steps[index].norm.as_ref().unwrap();
    assert!(norm(0).is_initialised() && norm(1).is_initialised());
    let (first, _) = norm(0).forward(x);
    let (second, _) = norm(1).forward(flow.steps[0].coupling.forward(first).0);
    for mean in values(second.reshape([24, 3]).mean_dim(0)) {
        assert!(mean.abs() < 1e-5);
    }
}

#[test]
fn an_invertible_convolution_starts_orthogonal_and_depends_on_its_seed_alone() {
    let d = &device();
    let layer = |seed: u64| InvertibleConvConfig::new(6).with_seed(seed).init(d).weight.val();
    let product = layer(3).matmul(layer(3).transpose());
    for (index, value) in values(product).into_iter().enumerate() {
        assert!((value - f32::from(u8::from(index % 7 == 0))).abs() < 1e-6);
    }
    assert_eq!(values(layer(3)), values(layer(3)));
    assert_ne!(values(layer(3)), values(layer(4)));
    let noise = uniform("noise", 36);
    let given = InvertibleConvConfig::new(6).init_with(&noise, d);
    assert!(values(given.log_abs_det())[0].abs() < 1e-6);
    // Gram and Schmidt keep the direction of the first row.
    let norm = noise[..6].iter().map(|x| x * x).sum::<f64>().sqrt();
    let first: Vec<f32> = noise[..6].iter().map(|x| (x / norm) as f32).collect();
    assert_close("first row", &values(given.weight.val())[..6], &first, 1e-6);
}

#[test]
fn settings_that_cannot_work_are_refused_with_the_field() {
    let field = |result: Result<(), ModelError>| match result {
        Err(ModelError::Config { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(MixtureCouplingConfig::new(1, 8, 4).check()), "channels");
    assert_eq!(field(MixtureCouplingConfig::new(2, 12, 4).check()), "hidden");
    assert_eq!(field(MixtureCouplingConfig::new(2, 8, 0).check()), "max_length");
    assert_eq!(field(SplineCouplingConfig::new(2, 8, 4).with_bound(f64::NAN).check()), "bound");
    assert_eq!(field(SplineCouplingConfig::new(2, 8, 4).with_bins(1).check()), "bins");
    assert_eq!(field(AutoregressiveFlowConfig::new(0, 16, 4).check()), "channels");
    assert_eq!(field(AutoregressiveFlowConfig::new(3, 16, 4).with_mixtures(0).check()), "mixtures");
    assert_eq!(field(CouplingTextFlowConfig::new(3, 8, 4).with_steps(0).check()), "steps");
    assert_eq!(field(ImageFlowConfig::new(8).with_levels(0).with_steps(1).check()), "levels");
    assert_eq!(field(ConditionalImageFlowConfig::new(8, 0).check()), "input");
    assert_eq!(field(ActNormConfig::new(0).check()), "channels");
    assert_eq!(field(InvertibleConvConfig::new(0).check()), "channels");
}
