//! The densities made of flows: they integrate to one, start where they should, and sample what they score.

mod common;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use common::{assert_close, device, hashed, signed, values};
use halation_models::flow::{
    AutoregressiveFlow, AutoregressiveFlowConfig, ConditionalImageFlowConfig, CouplingTextFlow, CouplingTextFlowConfig,
    Density, DiagonalBase, DiagonalBaseConfig, Flow, ImageFlowConfig,
};
use halation_models::weights::tensor_specs;

fn autoregressive(channels: usize, device: &Device) -> AutoregressiveFlow {
    hashed(AutoregressiveFlowConfig::new(channels, 16, 6).with_mixtures(3).init(device))
}

/// Hashed but for the convolutions, which stay orthogonal: a matrix close to singular would need a finer grid.
fn coupling(channels: usize, device: &Device) -> CouplingTextFlow {
    let config = CouplingTextFlowConfig::new(channels, 8, 6).with_steps(3).with_mixtures(2).with_layers(1);
    let new = config.init(device);
    let mut flow = hashed(new.clone());
    for (step, before) in flow.steps.iter_mut().zip(new.steps) {
        step.conv = before.conv;
    }
    flow
}

/// Points `low + i step` of every one of `D` channels of a single position, as a batch.
fn grid<const D: usize>(low: f32, step: f32, count: usize, device: &Device) -> Tensor<3> {
    let points = count.pow(D as u32);
    let values = (0..points)
        .flat_map(|index| (0..D as u32).map(move |c| low + step * (index / count.pow(c) % count) as f32))
        .collect();
    Tensor::from_data(TensorData::new(values, [points, 1, D]), device)
}

fn integral(log_prob: Tensor<1>, cell: f64) -> f64 {
    values(log_prob).into_iter().map(|x| f64::from(x).exp()).sum::<f64>() * cell
}

// Scales of the components are above 0.25 here, so a step of 0.2 resolves every bump, and past +-20 the densities are below 1e-9.
#[test]
fn densities_integrate_to_one() {
    let d = &device();
    let line = grid::<1>(-20.0, 0.05, 801, d);
    let plane = grid::<2>(-20.0, 0.2, 201, d);
    let one = |name: &str, found: f64| assert!((found - 1.0).abs() < 1e-3, "{name}: the integral is {found}");
    one("autoregressive, 1-D", integral(autoregressive(1, d).log_prob(line), 0.05));
    one("autoregressive, 2-D", integral(autoregressive(2, d).log_prob(plane.clone()), 0.04));
    one("coupling, 2-D", integral(coupling(2, d).log_prob(plane), 0.04));
}

#[test]
fn the_probabilities_of_all_sign_codes_sum_to_one() {
    // A two-bit code: P(code) is the mass of a quadrant. Points halfway between grid lines belong to one quadrant each.
    let d = &device();
    let plane = grid::<2>(-19.9, 0.2, 200, d);
    let mass: Vec<f64> =
        values(coupling(2, d).log_prob(plane.clone())).into_iter().map(|x| f64::from(x).exp()).collect();
    let mut codes = [0.0; 4];
    for (point, mass) in values(plane).chunks(2).zip(mass) {
        codes[usize::from(point[0] > 0.0) + 2 * usize::from(point[1] > 0.0)] += mass * 0.04;
    }
    assert!(codes.iter().all(|&p| p > 0.01), "every code has some probability: {codes:?}");
    assert!((codes.iter().sum::<f64>() - 1.0).abs() < 1e-3);
}

fn base(channels: usize, device: &Device) -> DiagonalBase {
    hashed(DiagonalBaseConfig::new(channels).init(device))
}

#[test]
fn the_base_is_a_normal_distribution_per_channel() {
    let d = &device();
    let base = base(2, d);
    let (loc, log_scale) = (values(base.loc.val()), values(base.log_scale.val()));
    let x = signed("x", [3, 2, 2], 2.0, d);
    let expected: Vec<f32> = values(x.clone())
        .chunks(4)
        .map(|item| {
            let each = item.iter().enumerate().map(|(i, x)| {
                let (loc, log_scale) = (f64::from(loc[i % 2]), f64::from(log_scale[i % 2]));
                let standard = (f64::from(*x) - loc) / log_scale.exp();
                -0.5 * standard * standard - log_scale - 0.5 * std::f64::consts::TAU.ln()
            });
            each.sum::<f64>() as f32
        })
        .collect();
    assert_close("sequence", &values(base.log_prob(x.clone())), &expected, 1e-6);
    // The same numbers as an image: channels first.
    let image = x.clone().swap_dims(1, 2).reshape([3, 2, 1, 2]);
    assert_close("image", &values(base.log_prob(image)), &expected, 1e-6);
    let sample = values(base.sample(x.clone()));
    let mean = values(base.sample(x.zeros_like()));
    assert_eq!(mean[..2], loc);
    assert!((sample[0] - loc[0] - log_scale[0].exp() * values(x)[0]).abs() < 1e-6);
}

#[test]
fn flows_that_start_as_the_identity_start_with_the_density_of_their_base() {
    let d = &device();
    let text = signed("text", [2, 5, 3], 2.0, d);
    // Two steps: a rotation between couplings that do nothing leaves a standard normal density as it is.
    let config = CouplingTextFlowConfig::new(3, 8, 6).with_steps(2).with_mixtures(2).with_zero_last(true);
    let standard = DiagonalBaseConfig::new(3).init(d);
    assert_close(
        "coupling",
        &values(config.init(d).log_prob(text.clone())),
        &values(standard.log_prob(text.clone())),
        1e-5,
    );
    // One step has no rotation: any base.
    let mut flow = config.with_steps(1).init(d);
    flow.base = base(3, d);
    assert_close(
        "coupling, one step",
        &values(flow.log_prob(text.clone())),
        &values(flow.base.log_prob(text.clone())),
        1e-5,
    );

    let mut flow = autoregressive(3, d);
    flow.head.output_weight = flow.head.output_weight.map(|x| x.zeros_like());
    flow.head.output_bias = flow.head.output_bias.map(|x| x.zeros_like());
    assert_close("autoregressive", &values(flow.log_prob(text.clone())), &values(flow.base.log_prob(text)), 1e-5);

    let image = signed("image", [2, 2, 8, 8], 2.0, d);
    let standard = DiagonalBaseConfig::new(2).init(d);
    let flow = ImageFlowConfig::new(2).with_levels(3).with_steps(2).with_width(4).with_depth(2).with_growth(3).init(d);
    let expected = values(standard.log_prob(image.clone()));
    assert_close("image", &values(flow.log_prob(image.clone())), &expected, 1e-5);
    let flow = ConditionalImageFlowConfig::new(2, 3).with_width(4).with_depth(2).with_growth(3).init(d);
    let (u, log_q) = flow.forward(image.clone(), signed("context", [2, 3, 8, 8], 1.0, d));
    assert_close("conditional", &values(log_q), &expected, 1e-5);
    assert_close("conditional: a rotation", &values(standard.log_prob(u)), &expected, 1e-5);
}

#[test]
fn sampling_with_the_memory_kept_gives_what_full_passes_give() {
    let d = &device();
    for channels in [1, 3] {
        let flow = autoregressive(channels, d);
        let noise = signed("noise", [2, 5, channels], 2.0, d);
        let sample = values(flow.sample(noise.clone()));
        // Products of other shapes sum in another order, and each number feeds all later ones.
        assert_close("sample", &sample, &values(flow.sample_uncached(noise)), 1e-4);
        assert!(sample.iter().all(|x| x.is_finite()));
    }
}

#[test]
fn a_sample_goes_back_to_its_noise() {
    let d = &device();
    let noise = signed("noise", [2, 5, 3], 2.0, d);
    let flow = autoregressive(3, d);
    let z = flow.forward(flow.sample(noise.clone())).0;
    assert_close("autoregressive", &values(z), &values(flow.base.sample(noise.clone())), 1e-4);
    let flow = coupling(3, d);
    let z = flow.forward(flow.sample(noise.clone())).0;
    assert_close("coupling", &values(z), &values(flow.base.sample(noise)), 1e-4);

    let flow = ImageFlowConfig::new(1).with_levels(2).with_steps(1).with_width(4).with_depth(1).with_growth(2).init(d);
    let noise = signed("noise", [2, 1, 4, 4], 2.0, d);
    // With a standard base the noise of all levels, in the shape of the data, is what the flow maps to.
    assert_close("image", &values(flow.forward(flow.sample(noise.clone())).0), &values(noise), 1e-5);
}

fn count<M: Module>(module: &M) -> usize {
    tensor_specs(module).into_iter().map(|spec| spec.shape.iter().product::<usize>()).sum()
}

#[test]
fn the_published_sizes_have_the_published_numbers_of_parameters() {
    let d = &device();
    // The published code stores the block-diagonal layers of the channel head as full matrices behind a mask.
    let with_masked = |config: AutoregressiveFlowConfig| {
        let flow = config.init(d);
        let [earlier, inputs, spread] = flow.head.spread_weight.as_ref().unwrap().shape().dims();
        let [channels, hidden, output] = flow.head.output_weight.shape().dims();
        let masked = earlier * (earlier - 1) * inputs * spread + channels * (channels - 1) * hidden * output;
        ((count(&flow) + masked) as f64 / 1e4).round() / 100.0
    };
    assert_eq!(with_masked(AutoregressiveFlowConfig::text8()), 66.45);
    assert_eq!(with_masked(AutoregressiveFlowConfig::enwik8()), 71.09);
    assert_eq!((count(&CouplingTextFlowConfig::text8().init(d)) as f64 / 1e5).round() / 10.0, 80.8);
    assert_eq!((count(&CouplingTextFlowConfig::enwik8().init(d)) as f64 / 1e5).round() / 10.0, 181.5);
}

#[test]
fn the_published_image_flow_keeps_thirty_two_channels_at_every_level() {
    let d = &device();
    let flow = ImageFlowConfig::cityscapes().with_steps(1).with_width(4).with_depth(1).with_growth(2).init(d);
    let (latents, _) = flow.latents(Tensor::zeros([1, 8, 32, 64], d));
    let shapes: Vec<_> = latents.iter().map(Tensor::dims).collect();
    assert_eq!(shapes, [[1, 96, 8, 16], [1, 96, 4, 8], [1, 96, 2, 4], [1, 32, 2, 4]]);
    assert_eq!(ImageFlowConfig::cityscapes().steps, 10);
    assert_eq!(ConditionalImageFlowConfig::cityscapes().steps, 8);
}
