//! Nats and bits, bounds over ragged data, importance weights, and tables that are enumerated.

mod common;

use burn::tensor::{Tensor, TensorData};
use common::{Draws, assert_close, device};
use halation_core::CoreError;
use halation_core::bound::{ElboAccumulator, IwboAccumulator};
use halation_core::oracle::{NoiseKernel, TabularJoint};
use halation_core::unit::{Bits, Nats};

#[test]
fn nats_and_bits_convert_and_print_their_unit() {
    assert_close("bits per pixel", &[Nats(430.13).bits_per(2048).value()], &[0.303], 1e-5);
    assert_eq!(Bits::from(Nats::from(Bits(3.0))), Bits(3.0));
    assert_close("27 classes", &[Bits::uniform(27).value(), Bits::uniform(8).value()], &[4.754888, 3.0], 1e-6);
    assert_close("perplexity", &[Bits(3.0).perplexity(), Nats(2.0 * 8.0_f64.ln()).perplexity_per(2)], &[8.0; 2], 1e-12);
    assert_eq!(format!("{:.2}, {}", Nats(1.0) + Nats(0.5), Bits(2.0)), "1.50 nats, 2 bits");
}

#[test]
fn a_uniform_model_costs_log2_of_the_classes_with_and_without_a_ragged_batch() {
    for classes in [8, 27, 256] {
        for batches in [vec![(4, 256)], vec![(4, 256), (4, 256), (1, 256)], vec![(4, 256), (3, 17), (1, 1)]] {
            let mut elbo = ElboAccumulator::new();
            for (rows, length) in batches {
                let bound = -(length as f64) * f64::from(classes).ln();
                elbo.update(&vec![bound; rows], length).unwrap();
            }
            let (found, expected) = (elbo.bits_per_element().value(), Bits::uniform(classes as usize).value());
            assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
            assert!(elbo.bits_per_element_standard_error().value() < 1e-6);
        }
    }
}

#[test]
fn bounds_weigh_by_elements_and_shards_merge_into_the_whole() {
    let mut whole = ElboAccumulator::new();
    whole.update(&[-10.0, -14.0, -6.0], 10).unwrap();
    let mut rest = ElboAccumulator::new();
    rest.update_tensor(Tensor::from_floats([-1.0], &device()), 2).unwrap();
    whole.merge(&rest);
    assert_eq!((whole.sequences(), whole.elements()), (4, 32));
    let ln2 = std::f64::consts::LN_2;
    assert_close("bits", &[whole.bits_per_element().value()], &[31.0 / (32.0 * ln2)], 1e-12);
    assert_close("mean", &[whole.mean().value()], &[-31.0 / 4.0], 1e-12);
    // Slow forms: sample variance of the bounds, and of their residuals from the ratio.
    let (bounds, lengths) = ([-10.0, -14.0, -6.0, -1.0], [10.0, 10.0, 10.0, 2.0]);
    let variance: f64 = bounds.iter().map(|y| (y + 31.0 / 4.0_f64).powi(2)).sum::<f64>() / 3.0;
    assert_close("standard error", &[whole.standard_error().value()], &[(variance / 4.0).sqrt()], 1e-12);
    let residuals = bounds.iter().zip(lengths).map(|(y, n)| (y + 31.0 / 32.0 * n).powi(2));
    let expected = (residuals.sum::<f64>() * 4.0 / 3.0).sqrt() / (32.0 * ln2);
    assert_close("of bits", &[whole.bits_per_element_standard_error().value()], &[expected], 1e-12);
}

#[test]
fn bounds_that_are_no_numbers_are_refused_and_leave_nothing_behind() {
    let mut elbo = ElboAccumulator::new();
    for bad in [f64::NAN, f64::NEG_INFINITY] {
        assert!(matches!(elbo.update(&[-1.0, bad], 4), Err(CoreError::Argument { argument: "bounds", .. })));
    }
    assert!(matches!(elbo.update(&[-1.0], 0), Err(CoreError::Argument { argument: "elements", .. })));
    assert_eq!(elbo, ElboAccumulator::new());
    assert!(elbo.bits_per_element().value().is_nan());

    let mut iwbo = IwboAccumulator::new(2);
    assert!(iwbo.update(&[0.0]).is_err() && iwbo.update(&[0.0, f64::NAN]).is_err());
    assert!(iwbo.bounds().iter().all(|bound| bound.is_nan()));
    iwbo.update(&[-1.0, f64::NEG_INFINITY]).unwrap();
    assert_eq!(iwbo.bounds(), [-1.0, f64::NEG_INFINITY]);
}

#[test]
fn importance_weights_sum_over_all_chunks_and_never_underflow() {
    let log_weights: Vec<f32> = (0..60).map(|i| -1e4 + ((i * 7) % 13) as f32 * 0.25).collect();
    let chunk = |from: usize, to: usize| {
        let values = log_weights[from * 3..to * 3].to_vec();
        Tensor::<2>::from_data(TensorData::new(values, [to - from, 3]), &device())
    };
    let mut whole = IwboAccumulator::new(3);
    whole.update_tensor(chunk(0, 20)).unwrap();
    let mut parts = IwboAccumulator::new(3);
    [(0, 1), (1, 9), (9, 20)].into_iter().for_each(|(from, to)| parts.update_tensor(chunk(from, to)).unwrap());
    assert_eq!(whole.samples(), 20);
    assert_eq!(parts, whole);
    let shifted = |column: usize| -> f64 {
        let sum: f64 = (0..20).map(|s| (f64::from(log_weights[s * 3 + column]) + 1e4).exp()).sum();
        (sum / 20.0).ln() - 1e4
    };
    assert_close("bounds", &whole.bounds(), &[shifted(0), shifted(1), shifted(2)], 1e-12);
}

/// `p(v) = N(0, 1)`, `x = [v > 0] = 1`, `v = softplus(u)`, `u ~ N(0, 1)`: log-weight of one draw. Exact: `log2 P(x) = -1`.
fn binary_log_weight(u: f64) -> f64 {
    let softplus = u.max(0.0) + (-u.abs()).exp().ln_1p();
    let log_sigmoid = u - softplus;
    0.5 * (u * u - softplus * softplus) + log_sigmoid // the normalisers of p and q(u) cancel
}

#[test]
fn the_binary_example_has_its_known_elbo_and_a_rising_ladder_of_iwbos() {
    // Quadrature of the ELBO.
    let (low, step) = (-12.0, 1e-3);
    let density = |u: f64| (-0.5 * u * u).exp() / std::f64::consts::TAU.sqrt();
    let nodes = (0..24_000).map(|i| low + step * (f64::from(i) + 0.5));
    let elbo: f64 = nodes.map(|u| density(u) * binary_log_weight(u) * step).sum();
    assert_close("ELBO in bits", &[Nats(elbo).bits().value()], &[-1.1060885181], 1e-9);

    let mut draws = Draws::new(11);
    let rows = 4000;
    let mut before = f64::NEG_INFINITY;
    for (samples, expected) in [(1, -1.1061), (2, -1.0825), (4, -1.0632), (16, -1.0398), (64, -1.0231), (256, -1.0172)]
    {
        let mut iwbo = IwboAccumulator::new(rows);
        for _ in 0..samples {
            let weights: Vec<f64> = (0..rows).map(|_| binary_log_weight(f64::from(draws.normal()))).collect();
            iwbo.update(&weights).unwrap();
        }
        let mut mean = ElboAccumulator::new();
        mean.update(&iwbo.bounds(), 1).unwrap();
        let (found, error) = (mean.mean().bits().value(), mean.standard_error().bits().value());
        assert!(
            (found - expected).abs() < 4.0 * error + 5e-4,
            "S = {samples}: {found} +- {error}, expected {expected}"
        );
        assert!(found > before - 3.0 * error && found < -1.0 + 3.0 * error, "S = {samples}: {found} after {before}");
        before = found;
    }
}

fn joint() -> TabularJoint {
    let weights: Vec<f64> = (0..9).map(|i| f64::from((i * 5 + 2) % 7) + 0.1).collect();
    TabularJoint::from_weights(3, 2, &weights).unwrap()
}

#[test]
fn a_table_knows_its_indices_marginals_and_entropy() {
    let joint = joint();
    for index in 0..9 {
        assert_eq!(joint.index(&joint.sequence(index)), index);
        let by_index = joint.probs()[index].ln();
        assert_eq!(joint.log_prob(&[index / 3, index % 3]).value(), by_index);
    }
    let slow: Vec<f64> = (0..3).map(|k| (0..3).map(|j| joint.probs()[j * 3 + k]).sum()).collect();
    assert_close("marginal", &joint.marginal(1), &slow, 1e-15);
    let uniform = TabularJoint::from_weights(2, 12, &[1.0; 4096]).unwrap();
    assert_close("entropy", &[uniform.entropy().bits().value()], &[12.0], 1e-12);
}

#[test]
fn a_sticky_chain_has_the_entropy_of_its_steps() {
    // Stationary start, stay with 0.9: one bit and then 0.4689955936 for every step.
    let chain = TabularJoint::markov_chain(&[1.0, 1.0], &[0.9, 0.1, 0.1, 0.9], 10).unwrap();
    let expected = 1.0 + 9.0 * 0.4689955936;
    assert_close("entropy", &[chain.entropy().bits().value()], &[expected], 1e-9);
    assert_close("stationary", &chain.marginal(9), &[0.5, 0.5], 1e-12);
}

#[test]
fn draws_of_a_table_have_its_frequencies() {
    let joint = joint();
    let count = 9000;
    let mut seen = [0.0; 9];
    (0..count).for_each(|i| seen[joint.index(&joint.sample((f64::from(i) + 0.5) / f64::from(count)))] += 1.0);
    // An even grid of uniforms: each interval is hit its share, up to its two ends.
    let shares = seen.map(|seen| seen / f64::from(count));
    assert_close("shares", &shares, joint.probs(), 2.0 / f64::from(count));
    assert_eq!(joint.sample(1.0), [2, 2], "what rounding leaves over");
}

#[test]
fn the_posterior_is_the_leave_one_out_reweighted_by_the_kernel() {
    let (joint, noise) = (joint(), NoiseKernel::uniform(3, 0.4).unwrap());
    let (masked, kernels) = (NoiseKernel::absorbing(3, 0.7).unwrap(), std::slice::from_ref(&noise));
    let observed = [1, 2];
    let (posterior, others) =
        (joint.posterior(&observed, kernels).unwrap(), joint.leave_one_out(&observed, kernels).unwrap());
    for position in 0..2 {
        let weights: Vec<f64> = (0..3).map(|k| others[position * 3 + k] * noise.prob(k, observed[position])).collect();
        let sum: f64 = weights.iter().sum();
        let expected: Vec<f64> = weights.iter().map(|w| w / sum).collect();
        assert_close("posterior", &posterior[position * 3..][..3], &expected, 1e-14);
        // By the definition: sum over the other position alone.
        let other = 1 - position;
        let slow: Vec<f64> = (0..3)
            .map(|k| {
                let pair = |j| if position == 0 { [k, j] } else { [j, k] };
                (0..3).map(|j| joint.probs()[joint.index(&pair(j))] * noise.prob(j, observed[other])).sum()
            })
            .collect();
        let sum: f64 = slow.iter().sum();
        let slow: Vec<f64> = slow.iter().map(|w| w / sum).collect();
        assert_close("leave one out", &others[position * 3..][..3], &slow, 1e-14);
    }
    let gap = (0..6).map(|i| (posterior[i] - others[i]).abs()).fold(0.0, f64::max);
    assert!(gap > 0.1, "the two must differ under uniform noise, by {gap}");
    // At a masked position the mask says nothing, so both agree; at a visible one the posterior is certain.
    let half = [3, 1];
    let masked = std::slice::from_ref(&masked);
    let (posterior, others) = (joint.posterior(&half, masked).unwrap(), joint.leave_one_out(&half, masked).unwrap());
    assert_close("masked", &posterior[..3], &others[..3], 1e-14);
    assert_close("visible", &posterior[3..], &[0.0, 1.0, 0.0], 1e-14);
}

#[test]
fn noisy_sequences_sum_to_one_under_a_kernel_of_each_position() {
    let joint = joint();
    let kernels = [NoiseKernel::uniform(3, 0.2).unwrap(), NoiseKernel::absorbing(3, 0.5).unwrap()];
    let mut total = 0.0;
    for first in 0..3 {
        for second in 0..4 {
            total += joint.noisy_prob(&[first, second], &kernels).unwrap();
        }
    }
    assert_close("total", &[total], &[1.0], 1e-14);
}

#[test]
fn tables_and_kernels_that_make_no_sense_are_typed_errors() {
    let argument = |error: CoreError| match error {
        CoreError::Argument { argument, .. } => argument,
        other => panic!("{other}"),
    };
    let table =
        |classes, length, weights: &[f64]| argument(TabularJoint::from_weights(classes, length, weights).unwrap_err());
    assert_eq!(table(2, 13, &[1.0]), "classes^length");
    assert_eq!(table(0, 2, &[]), "classes^length");
    assert_eq!(table(3, 0, &[1.0]), "classes^length");
    assert_eq!(table(usize::MAX, usize::MAX, &[]), "classes^length");
    assert_eq!(table(2, 1, &[1.0]), "weights");
    assert_eq!(table(2, 1, &[1.0, -1.0]), "weights");
    assert_eq!(table(2, 1, &[0.0, 0.0]), "weights");
    assert_eq!(argument(TabularJoint::markov_chain(&[1.0, 1.0], &[1.0], 3).unwrap_err()), "transition");
    assert_eq!(argument(NoiseKernel::uniform(2, 1.5).unwrap_err()), "keep");
    assert_eq!(argument(NoiseKernel::uniform(0, 0.5).unwrap_err()), "rows");
    assert_eq!(argument(NoiseKernel::new(1, 2, vec![0.4, 0.4]).unwrap_err()), "rows");

    let (joint, noise) = (joint(), NoiseKernel::uniform(3, 0.5).unwrap());
    let fails = |observed: &[usize], kernels: &[NoiseKernel]| argument(joint.posterior(observed, kernels).unwrap_err());
    assert_eq!(fails(&[0], std::slice::from_ref(&noise)), "observed");
    assert_eq!(fails(&[0, 3], std::slice::from_ref(&noise)), "observed");
    assert_eq!(fails(&[0, 0], &[]), "kernels");
    assert_eq!(fails(&[0, 0], &[NoiseKernel::uniform(2, 0.5).unwrap()]), "kernels");
    let impossible = TabularJoint::from_weights(2, 2, &[1.0, 0.0, 0.0, 0.0]).unwrap();
    let clean = [NoiseKernel::uniform(2, 1.0).unwrap()];
    assert_eq!(argument(impossible.posterior(&[1, 1], &clean).unwrap_err()), "observed");
    assert_eq!(impossible.noisy_prob(&[1, 1], &clean).unwrap(), 0.0);
}
