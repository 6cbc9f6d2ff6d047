//! Digits, surjections as a model holds them, and what they refuse.

mod common;

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor, TensorData};
use common::{device, hashed, signed, uniform, values};
use halation_core::bound::{ElboAccumulator, IwboAccumulator};
use halation_core::unit::Bits;
use halation_models::ModelError;
use halation_models::flow::argmax::*;
use halation_models::flow::{AutoregressiveFlowConfig, Density};

fn ids(values: Vec<i64>, shape: [usize; 2]) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}

fn list<const R: usize>(tensor: Tensor<R, Int>) -> Vec<i64> {
    tensor.into_data().iter::<i64>().collect()
}

fn position(classes: usize) -> ContextConfig {
    ContextConfig::Position(PositionContextConfig::new(classes).with_embed_dim(4).with_hidden(4).with_output(3))
}

fn recurrent(classes: usize) -> ContextConfig {
    ContextConfig::Recurrent(RecurrentContextConfig::new(classes).with_embed_dim(4).with_hidden(3).with_output(3))
}

fn sign(classes: usize) -> SurjectionConfig {
    SurjectionConfig::new(SurjectionMethod::Argmax(ArgmaxInverse::Sign), position(classes))
}

#[test]
fn every_class_comes_back_from_its_digits_in_every_base() {
    for classes in [2_usize, 3, 8, 26, 27, 28, 64, 256, 1000] {
        for base in [2_usize, 3, 6, 16, 27] {
            let codec = DigitCodec::new(classes, base).unwrap();
            let all = ids((0..classes as i64).collect(), [1, classes]);
            let digits = codec.encode(all.clone());
            assert_eq!(digits.dims(), [1, classes, codec.digits()]);
            assert!(list(digits.clone()).iter().all(|&digit| (0..base as i64).contains(&digit)));
            assert_eq!(list(codec.decode(digits)), list(all), "{classes} classes to base {base}");
            let fewer = base.pow(codec.digits() as u32 - 1);
            assert!(codec.digits() == 1 || fewer < classes, "a digit too many");
            assert_eq!(codec.unused() + classes, fewer * base);
        }
    }
}

#[test]
fn digits_come_most_significant_first() {
    let digits = |classes, base, id| list(DigitCodec::new(classes, base).unwrap().encode(ids(vec![id], [1, 1])));
    assert_eq!(digits(27, 2, 20), [1, 0, 1, 0, 0]);
    assert_eq!(digits(256, 2, 1), [0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(digits(27, 3, 5), [0, 1, 2]);
    assert_eq!(digits(27, 27, 26), [26]);
}

/// Every method, in one digit and in several.
fn table(classes: usize) -> Vec<SurjectionConfig> {
    let mut configs = vec![sign(classes)];
    for inverse in [ArgmaxInverse::SoftplusThreshold, ArgmaxInverse::Gumbel, ArgmaxInverse::GumbelThreshold] {
        for base in [None, Some(2), Some(3)] {
            configs.push(SurjectionConfig::new(SurjectionMethod::Argmax(inverse), recurrent(classes)).with_base(base));
        }
    }
    for kind in [Dequantization::Uniform, Dequantization::Variational] {
        configs.push(SurjectionConfig::new(SurjectionMethod::Dequantization(kind), position(classes)));
    }
    configs
}

#[test]
fn what_every_surjection_draws_is_read_back_as_what_it_was_drawn_for() {
    for classes in [2, 8, 27] {
        let (batch, length) = (3, 9);
        let data: Vec<i64> = (0..27).map(|i| i * 7 % classes as i64).collect();
        for config in table(classes) {
            let surjection = config.init(&device());
            let shape = [batch, length, surjection.noise_width()];
            for scale in [1.0, 50.0] {
                let noise = match surjection.noise_law() {
                    NoiseLaw::Normal => signed("noise", shape, scale, &device()),
                    NoiseLaw::Uniform => {
                        let drawn = uniform("u", shape.iter().product()).iter().map(|&u| u as f32).collect::<Vec<_>>();
                        Tensor::from_data(TensorData::new(drawn, shape), &device())
                    }
                };
                let (v, log_q) = surjection.forward(ids(data.clone(), [batch, length]), noise);
                assert_eq!((v.dims(), log_q.dims()), ([batch, length, surjection.width()], [batch]));
                assert!(values(v.clone()).iter().chain(&values(log_q)).all(|x| x.is_finite()), "{config:?}");
                let decoded = surjection.decode(v).unwrap();
                assert_eq!((list(decoded.ids), decoded.unused), (data.clone(), 0), "{config:?}");
            }
        }
    }
}

#[test]
fn the_published_encoders_have_the_published_sizes() {
    let device = device();
    let parameters = |config: SurjectionConfig| config.init(&device).num_params();
    // Embedding, two LSTM directions, 1024 -> 128, 128 -> 2 D; 4.35 M and 4.47 M in the specification.
    let recurrent = |k: usize, d: usize| k * 512 + 8 * 512 * (512 + 512 + 2) + 1024 * 128 + 128 + 129 * 2 * d;
    assert_eq!(parameters(SurjectionConfig::autoregressive_paper(27)), recurrent(27, 5));
    assert_eq!(parameters(SurjectionConfig::autoregressive_paper(256)), recurrent(256, 8));
    assert_eq!((recurrent(27, 5) as f64 / 1e4).round() / 100.0, 4.35);
    assert_eq!((recurrent(256, 8) as f64 / 1e4).round() / 100.0, 4.47);
    let coupling = 27 * 512 + 513 * 512 + 513 * 128 + 129 * 10;
    assert_eq!(parameters(SurjectionConfig::coupling_paper(27)), coupling);
}

#[test]
fn a_recurrent_context_sees_the_whole_sequence_and_a_position_context_its_own_class() {
    let (before, after) = (ids(vec![1, 2, 3, 0], [1, 4]), ids(vec![1, 2, 3, 4], [1, 4]));
    let change = |config: ContextConfig| {
        let context = hashed(config.init(&device()));
        let moved = (context.forward(before.clone()) - context.forward(after.clone())).abs().sum_dim(2);
        values(moved).into_iter().map(|change| change > 0.0).collect::<Vec<_>>()
    };
    assert_eq!(change(position(5)), [false, false, false, true]);
    assert_eq!(change(recurrent(5)), [true; 4]);
}

/// Independent standard normal numbers.
struct StandardNormal;

impl Density<3> for StandardNormal {
    fn log_prob(&self, x: Tensor<3>) -> Tensor<1> {
        ((x.square() + std::f64::consts::TAU.ln()) * -0.5).sum_dims_squeeze::<1, _>(&[1, 2])
    }

    fn sample(&self, noise: Tensor<3>) -> Tensor<3> {
        noise
    }
}

/// Draws of N(0, 1) from hashed uniforms (Box and Muller).
fn normal(name: &str, shape: [usize; 3]) -> Tensor<3> {
    let count = shape.iter().product();
    let pairs = uniform(&format!("{name}.radius"), count).into_iter().zip(uniform(&format!("{name}.angle"), count));
    let values = pairs.map(|(r, a)| ((-2.0 * (1.0 - r).ln()).sqrt() * (std::f64::consts::TAU * a).cos()) as f32);
    Tensor::from_data(TensorData::new(values.collect::<Vec<_>>(), shape), &device())
}

#[test]
fn bounds_rise_with_the_samples_to_the_exact_likelihood_and_unused_codes_cost_what_they_hold() {
    // Signs of standard normal numbers: every one of the 32 codes of five bits has the probability 1/32, so 27 classes
    // cost 5 bits each, log2(32/27) more than they need to.
    let (batch, length, classes) = (400, 2, 27);
    let mut surjection = sign(classes).init(&device());
    // q(u | x) = N(0, 1), for which the bound of one bit is known.
    let projection = &mut surjection.network.as_mut().unwrap().projection;
    projection.weight = Param::from_tensor(projection.weight.val().zeros_like());
    projection.bias = None;
    let data: Vec<i64> = (0..batch * length).map(|i| (i * 7 % classes) as i64).collect();
    let exact = -((length * 5) as f64) * std::f64::consts::LN_2;
    let mut before = f64::NEG_INFINITY;
    for samples in [1, 4, 32, 256] {
        let mut iwbo = IwboAccumulator::new(batch);
        for s in 0..samples {
            let noise = normal(&format!("{samples}.{s}"), [batch, length, surjection.noise_width()]);
            let (v, log_q) = surjection.forward(ids(data.clone(), [batch, length]), noise);
            let weights = StandardNormal.log_prob(v) - log_q;
            iwbo.update_tensor(weights.reshape([1, batch])).unwrap();
        }
        let mut bound = ElboAccumulator::new();
        bound.update(&iwbo.bounds(), length).unwrap();
        let (found, error) = (bound.mean().value(), bound.standard_error().value());
        assert!(found > before - 3.0 * error && found < exact + 3.0 * error, "S = {samples}: {found} +- {error}");
        if samples == 1 {
            let known = Bits(-1.1060885181 * (length * 5) as f64).nats().value();
            assert!((found - known).abs() < 4.0 * error, "ELBO {found} +- {error}, known {known}");
        }
        before = found;
    }
    // One sample leaves 0.735 nats; in ten dimensions the weights are heavy-tailed, and 256 close three quarters of that.
    assert!(exact - before < 0.735 / 4.0, "256 samples: {before}, exact {exact}");
    let unused = (32.0_f64 / 27.0).log2();
    assert!((5.0 - Bits::uniform(27).value() - unused).abs() < 1e-12 && (unused - 0.245112).abs() < 1e-6);
}

#[test]
fn the_probabilities_of_the_32_codes_of_five_bits_sum_to_one_under_a_flow() {
    let (classes, samples) = (32, 20_000);
    let mut surjection = sign(classes).init(&device());
    // Wide draws, q(u | x) = N(0, 3^2): the flow has the tails of logistic numbers, which narrow ones do not reach.
    let projection = &mut surjection.network.as_mut().unwrap().projection;
    projection.weight = Param::from_tensor(projection.weight.val().zeros_like());
    let (mean, log_scale) = ([0.0; 5], [3.0_f32.ln(); 5]);
    projection.bias = Some(Param::from_tensor(Tensor::from_floats([mean, log_scale].concat().as_slice(), &device())));
    let flow = hashed(AutoregressiveFlowConfig::new(5, 16, 1).with_mixtures(3).init(&device()));
    let (mut sum, mut variance, mut least) = (0.0, 0.0, f64::INFINITY);
    for class in 0..classes {
        let noise = normal(&format!("class {class}"), [samples, 1, surjection.noise_width()]);
        let (v, log_q) = surjection.forward(ids(vec![class as i64; samples], [samples, 1]), noise);
        let weights: Vec<f64> = values(flow.log_prob(v) - log_q).into_iter().map(|w| f64::from(w).exp()).collect();
        let mean = weights.iter().sum::<f64>() / samples as f64;
        let spread = weights.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / (samples - 1) as f64;
        sum += mean;
        variance += spread / samples as f64;
        least = least.min(mean);
    }
    let error = variance.sqrt();
    assert!(error < 0.02 && (sum - 1.0).abs() < 4.0 * error, "the sum is {sum} +- {error}");
    assert!(least > 1e-4, "every code has some probability: {least}");
}

/// Points of bits, by sign.
fn points(bits: Vec<i64>, shape: [usize; 3]) -> Tensor<3> {
    let values = bits.into_iter().map(|bit| if bit == 1 { 0.4_f32 } else { -0.4 }).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(values, shape), &device())
}

#[test]
fn codes_without_a_class_are_counted_and_mapped_redrawn_or_refused() {
    // Three classes in two bits: 11 stands for none. Rows: [1, none], [2, 0], [none, none].
    let v = || points(vec![0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1], [3, 2, 2]);
    let mapped = sign(3).with_unused(UnusedPolicy::MapTo(2)).init(&device()).decode(v()).unwrap();
    assert_eq!(list(mapped.ids.clone()), [1, 2, 2, 0, 2, 2]);
    assert_eq!((mapped.unused, mapped.unused_rows.as_slice(), mapped.leak_rate()), (3, [0, 2].as_slice(), 0.5));

    let surjection = sign(3).with_unused(UnusedPolicy::Resample).init(&device());
    let marked = surjection.decode(v()).unwrap();
    assert_eq!((list(marked.ids), marked.unused_rows), (vec![1, 0, 2, 0, 0, 0], vec![0, 2]));
    // First redraw: row 0 becomes [2, 2], row 2 fails again; second: it becomes [1, 1].
    let mut calls = Vec::new();
    let redrawn = surjection.decode_or_redraw(v(), 3, |rows| {
        calls.push(rows);
        match calls.len() {
            1 => points(vec![1, 0, 1, 0, 0, 0, 1, 1], [2, 2, 2]),
            _ => points(vec![0, 1, 0, 1], [1, 2, 2]),
        }
    });
    let redrawn = redrawn.unwrap();
    assert_eq!((list(redrawn.ids), redrawn.unused, calls), (vec![2, 2, 2, 0, 1, 1], 3, vec![2, 1]));
    let hopeless = surjection.decode_or_redraw(v(), 2, |rows| points(vec![1; rows * 4], [rows, 2, 2]));
    assert!(matches!(hopeless, Err(ModelError::UnusedCode { code: 3, classes: 3, .. })));

    let strict = sign(3).with_unused(UnusedPolicy::Error).init(&device());
    let error = strict.decode(v()).unwrap_err();
    assert!(matches!(error, ModelError::UnusedCode { row: 0, position: 1, code: 3, classes: 3 }), "{error}");
    assert_eq!(list(strict.decode(points(vec![1, 0, 0, 1], [1, 2, 2])).unwrap().ids), [2, 1]);
}

#[test]
fn gumbel_locations_can_start_at_the_frequencies_of_a_batch() {
    let data = vec![0, 0, 0, 0, 1, 1, 2, 2];
    for inverse in [ArgmaxInverse::Gumbel, ArgmaxInverse::GumbelThreshold] {
        let config = SurjectionConfig::new(SurjectionMethod::Argmax(inverse), recurrent(3));
        let surjection = config.init(&device()).match_frequencies(ids(data.clone(), [2, 4]));
        let network = surjection.network.as_ref().unwrap();
        let locations = network.forward(ids(vec![2, 0, 1], [1, 3]), 3).pop().unwrap();
        let expected = [0.5_f32, 0.25, 0.25].map(f32::ln).repeat(3);
        assert!(values(locations).iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6));
    }
    let plain = hashed(sign(3).init(&device()));
    let same = plain.clone().match_frequencies(ids(data, [2, 4]));
    assert_eq!(common::tensors(&plain), common::tensors(&same));
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let softplus = |context| SurjectionConfig::new(SurjectionMethod::Argmax(ArgmaxInverse::SoftplusThreshold), context);
    let sizes = PositionContextConfig::new(5);
    for (config, field) in [
        (sign(1), "DigitCodec.classes"),
        (softplus(position(5)).with_base(Some(1)), "DigitCodec.base"),
        (softplus(position(5)).with_base(Some(usize::MAX)), "DigitCodec.classes"),
        (sign(5).with_base(Some(3)), "SurjectionConfig.base"),
        (sign(5).with_unused(UnusedPolicy::MapTo(5)), "SurjectionConfig.unused"),
        (softplus(ContextConfig::Position(sizes.clone().with_hidden(0))), "PositionContextConfig.hidden"),
        (softplus(ContextConfig::Position(sizes.with_output(0))), "PositionContextConfig.output"),
        (
            softplus(ContextConfig::Recurrent(RecurrentContextConfig::new(5).with_embed_dim(0))),
            "RecurrentContextConfig.embed_dim",
        ),
    ] {
        let message = config.check().unwrap_err().to_string();
        assert!(message.starts_with(&format!("{field} is ")), "{message}");
    }
}
