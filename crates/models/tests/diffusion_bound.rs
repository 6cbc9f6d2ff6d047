//! The variational bound of discrete diffusion against enumeration, with tabular and exact denoisers.
//!
//! Enumerations are f64; what passes through tensors is f32 and carries some 1e-6 relative.

mod common;

use std::sync::Arc;

use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Int, Tensor, TensorData};
use common::tabular::{Tabular, View, batch, mask_kernels, sequences, uniform_kernels};
use common::{device, uniform, values};
use halation_models::diffusion::denoiser::{Denoiser, DenoiserFn, DitDenoiserConfig};
use halation_models::diffusion::discrete::{Decoder, DiscreteDiffusion, TimeSampler, TimeSamplerKind};
use halation_models::diffusion::schedule::{CosineVariant, NoiseSchedule};
use halation_models::diffusion::transition::{Absorbing, Transition, Uniform};

fn cosine(steps: usize) -> NoiseSchedule {
    NoiseSchedule::cosine(steps, CosineVariant::Clipped).unwrap()
}

fn diffusion(noise: impl Transition + 'static, decoder: Decoder) -> DiscreteDiffusion {
    DiscreteDiffusion::new(Arc::new(noise), decoder, 0.0).unwrap()
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    values(tensor).into_iter().map(f64::from).collect()
}

/// A network that is a table: hashed logits for every noisy sequence and step.
fn table(classes: usize, length: usize, steps: usize) -> impl Denoiser {
    let logits = uniform("network", (steps + 1) * classes.pow(length as u32) * length * classes);
    DenoiserFn(move |tokens: Tensor<2, Int>, time: Tensor<1>| {
        let device = tokens.device();
        let ids: Vec<i64> = tokens.into_data().convert::<i64>().try_to_vec().unwrap();
        let size = length * classes;
        let row = |(row, time): (&[i64], f32)| {
            let number = row.iter().fold(0, |number, &x| number * classes + x as usize);
            let start = ((time * steps as f32).round() as usize * classes.pow(length as u32) + number) * size;
            logits[start..start + size].iter().map(|u| 4.0 * *u as f32 - 2.0).collect::<Vec<_>>()
        };
        let times = time.into_data().try_to_vec::<f32>().unwrap();
        let flat: Vec<f32> = ids.chunks(length).zip(times.clone()).flat_map(row).collect();
        Tensor::from_data(TensorData::new(flat, [times.len(), length, classes]), &device)
    })
}

/// `E L_t` for one clean sequence, over all noisy ones.
fn expected_term(
    diffusion: &DiscreteDiffusion,
    denoiser: &dyn Denoiser,
    table: &Tabular,
    x_0: &[usize],
    t: usize,
) -> f64 {
    let weight = |x_t: &[usize]| x_0.iter().zip(x_t).map(|(&a, &b)| table.kernel(t, a, b)).product::<f64>();
    let noisy: Vec<Vec<usize>> =
        sequences(table.states(), x_0.len()).into_iter().filter(|x_t| weight(x_t) > 0.0).collect();
    let (x_t, clean) = (batch(&noisy, &device()), batch(&vec![x_0.to_vec(); noisy.len()], &device()));
    let time = Tensor::full([noisy.len()], t as f64 / diffusion.steps() as f64, &device());
    let terms = diffusion.terms(denoiser.logits(x_t.clone(), time), clean, x_t, &vec![t; noisy.len()]);
    noisy.iter().zip(doubles(terms)).map(|(x_t, term)| weight(x_t) * term).sum()
}

fn bound(diffusion: &DiscreteDiffusion, denoiser: &dyn Denoiser, table: &Tabular, x_0: &[usize]) -> f64 {
    let prior: f64 = x_0.iter().map(|&x| diffusion.transition().class_prior_kl()[x]).sum();
    prior + (1..=diffusion.steps()).map(|t| expected_term(diffusion, denoiser, table, x_0, t)).sum::<f64>()
}

#[test]
fn the_bound_is_the_enumerated_one_over_all_trajectories_and_below_the_likelihood() {
    let (k, steps) = (2, 3);
    let schedule = cosine(steps);
    let alphas: Vec<f64> = (1..=steps).map(|t| schedule.alpha(t)).collect();
    let kernels = uniform_kernels(k, &schedule);
    let tabular = Tabular { classes: k, support: Vec::new(), kernels };
    let (model, network) = (diffusion(Uniform::new(k, schedule), Decoder::Posterior), table(k, 2, steps));
    let all = sequences(k, 2);
    // p(x_(t-1) | x_t) of whole sequences, [t][x_t][x_(t-1)]
    let reverse: Vec<Vec<Vec<f64>>> = (1..=steps)
        .map(|t| {
            let p = doubles(model.reverse(&network, batch(&all, &device()), t - 1, t).exp());
            p.chunks(2 * k).map(|p| all.iter().map(|x| p[x[0]] * p[k + x[1]]).collect()).collect()
        })
        .collect();
    let step = |t: usize, a: usize, b: usize| {
        let one =
            |i: usize| f64::from(u8::from(all[a][i] == all[b][i])) * alphas[t - 1] + (1.0 - alphas[t - 1]) / k as f64;
        one(0) * one(1)
    };
    for x_0 in 0..4 {
        let (mut elbo, mut likelihood) = (0.0, 0.0);
        for path in sequences(4, steps) {
            let full = [vec![x_0], path].concat();
            let q: f64 = (1..=steps).map(|t| step(t, full[t - 1], full[t])).product();
            let p = 0.25 * (1..=steps).map(|t| reverse[t - 1][full[t]][full[t - 1]]).product::<f64>();
            elbo += q * (p.ln() - q.ln());
            likelihood += p;
        }
        let found = -bound(&model, &network, &tabular, &all[x_0]);
        assert!((found - elbo).abs() < 1e-5, "{found} is not {elbo}");
        assert!(elbo < likelihood.ln() - 0.01, "a random network has a gap");
    }
}

#[test]
fn an_estimate_over_any_distribution_of_steps_averages_to_the_sum_of_terms() {
    let (k, steps, batch_size) = (3, 5, 2);
    let model = diffusion(Uniform::new(k, cosine(steps)), Decoder::Posterior);
    let network = table(k, 2, steps);
    let x0: Tensor<2, Int> = Tensor::from_data([[0, 2], [1, 1]], &device());
    let noise = || common::signed("noise", [batch_size, 2, k], 1.0, &device()).abs();
    let weights = uniform("any", steps);
    let total: f64 = weights.iter().sum();
    let (mut by_weight, mut by_sum) = (vec![0.0; batch_size], doubles(model.transition().prior_kl(x0.clone())));
    for t in 1..=steps {
        let q = weights[t - 1] / total;
        let loss = model.loss(&network, x0.clone(), &[t; 2], &[q; 2], noise());
        by_weight.iter_mut().zip(doubles(loss.bound.clone())).for_each(|(sum, bound)| *sum += q * bound);
        by_sum.iter_mut().zip(doubles(loss.term)).for_each(|(sum, term)| *sum += term);
        assert_eq!(doubles(loss.objective), doubles(loss.bound), "no auxiliary term");
    }
    for (a, b) in by_weight.iter().zip(&by_sum) {
        assert!((a - b).abs() < 1e-5, "{a} is not {b}");
    }
    // The estimators for evaluation see the same noise here.
    let full = doubles(model.nll_full(&network, x0.clone(), &mut |_| noise()));
    let each_part = doubles(model.nll_mc(&network, x0.clone(), &[0.3; 5], &mut |_| noise()));
    let mut single = vec![0.0; batch_size];
    for place in 0..steps {
        let one = model.nll_mc(&network, x0.clone(), &[(place as f64 + 0.25) / steps as f64], &mut |_| noise());
        single.iter_mut().zip(doubles(one)).for_each(|(sum, nll)| *sum += nll / steps as f64);
    }
    for row in 0..batch_size {
        for found in [full[row], each_part[row], single[row]] {
            assert!((found - by_sum[row]).abs() < 1e-5, "{found} is not {}", by_sum[row]);
        }
    }
}

#[test]
fn the_auxiliary_term_is_a_cross_entropy_outside_the_bound() {
    let schedule = NoiseSchedule::absorbing(4).unwrap();
    let x0: Tensor<2, Int> = Tensor::from_data([[0, 1, 2]], &device());
    let probabilities = [0.5_f32, 0.3, 0.2];
    let network = DenoiserFn(|tokens: Tensor<2, Int>, _| {
        Tensor::<3>::from_floats([[probabilities]], &tokens.device()).log().repeat_dim(1, 3)
    });
    let noise = || common::signed("noise", [1, 3, 4], 1.0, &device()).abs();
    let model = DiscreteDiffusion::new(Arc::new(Absorbing::new(3, schedule)), Decoder::Posterior, 0.1).unwrap();
    let loss = model.loss(&network, x0, &[3], &[0.25], noise());
    let cross_entropy: f32 = probabilities.iter().map(|p| -p.ln()).sum();
    let difference = values(loss.objective)[0] - values(loss.bound)[0];
    assert!((difference - 0.1 * cross_entropy / 0.25).abs() < 1e-5, "{difference}");
    let noise = Arc::new(Uniform::new(3, cosine(4)));
    assert!(DiscreteDiffusion::new(noise, Decoder::Posterior, -0.1).is_err());
}

#[test]
fn the_two_decoders_differ_by_the_kernel_of_the_first_step() {
    let noise = Uniform::new(3, cosine(4));
    let logits = Tensor::<3>::from_floats([[[0.5, 0.3, 0.2]]], &device()).log();
    let (x0, x1) = (Tensor::<2, Int>::from_data([[0]], &device()), Tensor::<2, Int>::from_data([[1]], &device()));
    let (beta, p) = (cosine(4).beta(1), [0.5, 0.3, 0.2]);
    let kernel = |k: usize| if k == 1 { 1.0 - beta + beta / 3.0 } else { beta / 3.0 };
    let normaliser: f64 = (0..3).map(|k| kernel(k) * p[k]).sum();
    for (decoder, expected) in [(Decoder::Posterior, kernel(0) * p[0] / normaliser), (Decoder::Direct, 0.5)] {
        let model = diffusion(noise.clone(), decoder);
        let found = doubles(model.terms(logits.clone(), x0.clone(), x1.clone(), &[1]))[0];
        assert!((found + expected.ln()).abs() < 1e-6, "{decoder:?}: {found}");
        // A later step in the same batch takes its divergence.
        let both = |x: &Tensor<2, Int>| x.clone().repeat_dim(0, 2);
        let mixed = doubles(model.terms(logits.clone().repeat_dim(0, 2), both(&x0), both(&x1), &[1, 3]));
        assert!((mixed[0] - found).abs() < 1e-6);
        let alone = doubles(model.terms(logits.clone(), x0.clone(), x1.clone(), &[3]))[0];
        assert!((mixed[1] - alone).abs() < 1e-6);
    }
}

#[test]
fn the_best_estimate_leaves_its_own_token_out() {
    let (k, steps, t) = (3, 4, 2);
    let schedule = cosine(steps);
    let joint = uniform("joint", k * k).into_iter().map(|u| u.powi(3)).collect::<Vec<_>>();
    let total: f64 = joint.iter().sum();
    let support: Vec<_> = sequences(k, 2).into_iter().zip(joint.iter().map(|p| p / total)).collect();
    let tabular = Tabular { classes: k, support, kernels: uniform_kernels(k, &schedule) };
    let alpha = schedule.alpha(t);
    let model = diffusion(Uniform::new(k, schedule), Decoder::Posterior);
    let noisy = sequences(k, 2);
    let x_t = batch(&noisy, &device());
    let by = |view| doubles(model.reverse(&tabular.denoiser(view), x_t.clone(), t - 1, t).exp());
    let (without, with) = (by(View::LeaveOneOut), by(View::Everything));
    let posterior = doubles(model.denoise_posterior(&tabular.denoiser(View::LeaveOneOut), x_t.clone(), t).exp());
    let mut largest = 0.0_f64;
    for (row, x) in noisy.iter().enumerate() {
        // p(x_(t-1)^1 | x_t) by summing over x_0 and the first position's previous state
        let step = |a: usize, b: usize| if a == b { alpha } else { 0.0 } + (1.0 - alpha) / k as f64;
        let mut exact = vec![0.0; k];
        for (x_0, p) in &tabular.support {
            for (previous, mass) in exact.iter_mut().enumerate() {
                let first = tabular.kernel(t - 1, x_0[0], previous) * step(previous, x[0]);
                *mass += p * first * tabular.kernel(t, x_0[1], x[1]);
            }
        }
        let sum: f64 = exact.iter().sum();
        let everything = tabular.guess(x, 0, t, View::Everything);
        for class in 0..k {
            let at = row * 2 * k + class;
            assert!((without[at] - exact[class] / sum).abs() < 1e-6);
            assert!((posterior[at] - everything[class]).abs() < 1e-6, "the kernel gives the own token its say");
            largest = largest.max((with[at] - exact[class] / sum).abs());
        }
    }
    assert!(largest > 0.1, "the posterior of all tokens is another model: {largest}");
}

/// Two equal letters, every letter as frequent.
fn twins(k: usize, kernels: Vec<Vec<f64>>) -> Tabular {
    Tabular { classes: k, support: (0..k).map(|c| (vec![c, c], 1.0 / k as f64)).collect(), kernels }
}

#[test]
fn the_oracle_under_masks_costs_one_step_in_t_more_than_the_entropy() {
    for k in [2, 27] {
        for steps in [1, 2, 4, 8, 16] {
            let schedule = NoiseSchedule::absorbing(steps).unwrap();
            let table = twins(k, mask_kernels(k, &schedule));
            let model = diffusion(Absorbing::new(k, schedule), Decoder::Posterior);
            let nats = bound(&model, &table.denoiser(View::LeaveOneOut), &table, &[0, 0]);
            let bits = nats / 2.0 / 2.0_f64.ln();
            let expected = (k as f64).log2() / 2.0 * (1.0 + 1.0 / steps as f64);
            assert!((bits / expected - 1.0).abs() < 1e-5, "K = {k}, T = {steps}: {bits}, {expected}");
        }
    }
}

#[test]
fn the_oracle_under_uniform_noise_reaches_the_best_bound_for_every_number_of_steps() {
    let two = [
        (1, 0.999279),
        (2, 0.790105),
        (4, 0.671367),
        (8, 0.592039),
        (16, 0.547511),
        (64, 0.512161),
        (256, 0.503068),
        (1000, 0.500790),
    ];
    let many = [
        (1, 4.739713),
        (2, 3.669563),
        (4, 3.090940),
        (8, 2.752278),
        (16, 2.568780),
        (64, 2.425906),
        (256, 2.389614),
        (1000, 2.380569),
    ];
    for (k, table) in [(2, &two[..]), (27, &many[..])] {
        for &(steps, expected) in table {
            let schedule = cosine(steps);
            let table = twins(k, uniform_kernels(k, &schedule));
            let model = diffusion(Uniform::new(k, schedule), Decoder::Posterior);
            let nats = bound(&model, &table.denoiser(View::LeaveOneOut), &table, &[0, 0]);
            let bits = nats / 2.0 / 2.0_f64.ln();
            // Six decimals given; a sum of T terms in f32.
            assert!((bits - expected).abs() < 2e-5 * expected, "K = {k}, T = {steps}: {bits}, {expected}");
        }
    }
}

#[test]
fn a_network_that_knows_nothing_has_terms_in_closed_form() {
    let (k, steps) = (4, 10);
    let schedule = cosine(steps);
    let model = diffusion(Uniform::new(k, schedule.clone()), Decoder::Posterior);
    let zeros = Tensor::<3>::zeros([1, 1, k], &device());
    for t in 2..=steps {
        for x_t in [0, 3] {
            let mix = |keep: f64, hit: bool| f64::from(u8::from(hit)) * keep + (1.0 - keep) / k as f64;
            let backward: Vec<f64> = (0..k).map(|x| mix(schedule.alpha(t), x == x_t)).collect();
            let truth: Vec<f64> = (0..k).map(|x| backward[x] * mix(schedule.abar(t - 1), x == 0)).collect();
            let (of_truth, of_model): (f64, f64) = (truth.iter().sum(), backward.iter().sum());
            let ratio = |x: usize| (truth[x] / of_truth) / (backward[x] / of_model);
            let expected: f64 = (0..k).map(|x| truth[x] / of_truth * ratio(x).ln()).sum();
            let ids = |x: usize| Tensor::<2, Int>::full([1, 1], x as i64, &device());
            let found = doubles(model.terms(zeros.clone(), ids(0), ids(x_t), &[t]))[0];
            assert!((found - expected).abs() < 1e-6, "t = {t}: {found}, {expected}");
        }
    }
}

#[test]
fn a_little_training_comes_close_to_the_best_bound_and_never_below() {
    let (k, steps, rows) = (3, 6, 32);
    let schedule = NoiseSchedule::absorbing(steps).unwrap();
    let table = twins(k, mask_kernels(k, &schedule));
    let model = diffusion(Absorbing::new(k, schedule), Decoder::Posterior);
    let device = device().autodiff();
    let config = DitDenoiserConfig::new(k).with_inputs(k + 1).with_dim(16).with_depth(1).with_heads(2);
    let mut network = common::hashed(config.with_cond_dim(8).with_waves(8).with_mlp_ratio(2).init(&device));
    // Fixed numbers everywhere, but logits that start at zero as those of a new network.
    network.output.weight = network.output.weight.map(|weight| weight.zeros_like().require_grad());
    network.output.bias = network.output.bias.map(|bias| bias.map(|bias| bias.zeros_like().require_grad()));
    let mut optimizer = AdamConfig::new().init();
    let mut sampler = TimeSampler::new(TimeSamplerKind::Importance, steps).unwrap();
    let best = (k as f64).ln() * (1.0 + 1.0 / steps as f64);
    let measure = |network: &dyn Denoiser| {
        let over_classes = (0..k).map(|c| bound(&model, network, &table, &[c, c]));
        over_classes.sum::<f64>() / k as f64
    };
    // Nothing is known at first: every mask costs ln K.
    assert!((measure(&network) - 2.0 * (k as f64).ln()).abs() < 1e-4);
    let clean: Vec<i64> = (0..rows as i64).flat_map(|row| [row % k as i64; 2]).collect();
    for step in 0..100 {
        let x0 = Tensor::from_data(TensorData::new(clean.clone(), [rows, 2]), &device);
        let draw = sampler.sample(&uniform(&format!("t{step}"), rows));
        let noise = common::signed(&format!("noise{step}"), [rows, 2, k + 1], 1.0, &device).abs();
        let loss = model.loss(&network, x0, &draw.t, &draw.q_t, noise);
        sampler.update(&draw.t, &doubles(loss.term));
        let grads = GradientsParams::from_grads(loss.objective.mean().backward(), &network);
        network = optimizer.step(0.02, network, grads);
    }
    assert!(sampler.is_warm());
    let trained = measure(&network);
    assert!(trained > best - 1e-4, "{trained} is below the best, {best}");
    assert!(trained < 1.05 * best, "{trained} is far from the best, {best}");
}
