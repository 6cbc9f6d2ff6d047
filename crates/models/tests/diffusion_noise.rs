//! Schedules and kernels of categorical noise against closed forms, hand-computed numbers and brute-force Bayes.
//!
//! Bounds: probabilities in f32 carry a few 1e-7, so 1e-5 is a wide margin; published figures have four or more digits.

mod common;

use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};
use common::{device, uniform, values};
use halation_models::diffusion::discrete::{Decoder, DiscreteDiffusion};
use halation_models::diffusion::schedule::{CosineVariant, NoiseSchedule, ScheduleKind};
use halation_models::diffusion::transition::{Absorbing, Dense, Generator, Transition, TransitionKind, Uniform};

fn cosine(steps: usize) -> NoiseSchedule {
    NoiseSchedule::cosine(steps, CosineVariant::Clipped).unwrap()
}

#[track_caller]
fn near(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found} is not {expected}");
}

/// The one-hot rows of all `classes`, `[1, classes, classes]`, as log-probabilities.
fn every_class(classes: usize) -> Tensor<3> {
    let floor = 1e-30_f32.ln();
    let rows: Vec<f32> = (0..classes * classes).map(|i| if i % (classes + 1) == 0 { 0.0 } else { floor }).collect();
    Tensor::from_data(TensorData::new(rows, [1, classes, classes]), &device())
}

fn probabilities(log_probs: Tensor<3>) -> Vec<f64> {
    values(log_probs.exp()).into_iter().map(f64::from).collect()
}

fn ids(values: &[i64]) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), &device())
}

fn product(a: &[f64], b: &[f64], inner: usize) -> Vec<f64> {
    let columns = b.len() / inner;
    let cell = |i: usize, j: usize| (0..inner).map(|l| a[i * inner + l] * b[l * columns + j]).sum();
    (0..a.len() / inner).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| cell(i, j)).collect()
}

/// Every process over three classes.
fn processes(schedule: &NoiseSchedule) -> Vec<Arc<dyn Transition>> {
    let vectors = [vec![0.0], vec![1.0], vec![3.0]];
    let make = |kind: TransitionKind| kind.init(3, schedule.clone(), Some((&vectors, 1))).unwrap();
    use TransitionKind::{Absorbing, Gaussian, NearestNeighbour, Uniform};
    [Uniform, Absorbing, Gaussian, NearestNeighbour].map(make).into()
}

#[test]
fn the_cosine_levels_and_their_prior_are_those_of_the_table() {
    for (steps, first, before_last, last, prior_bits) in [
        (4, 7.9667e-2, 0.379832, 1.2011e-2, 2.471e-3),
        (10, 1.4052e-2, 0.155215, 4.908e-3, 4.345e-4),
        (100, 3.1569e-4, 1.5584e-2, 4.928e-4, 4.536e-6),
        (1000, 2.0642e-5, 1.5585e-3, 4.928e-5, 4.55e-8),
        (4000, 4.9329e-6, 3.896e-4, 1.232e-5, 2.85e-9),
    ] {
        let schedule = cosine(steps);
        near(schedule.beta(1), first, 2e-4);
        near(schedule.abar(steps - 1), before_last, 2e-4);
        near(schedule.abar(steps), last, 2e-4);
        let prior = Uniform::new(27, schedule).class_prior_kl()[0] / 2.0_f64.ln();
        near(prior, prior_bits, 2e-3); // three digits given
    }
    for (t, alpha) in [0.920333, 0.763572, 0.540501, 0.0316228].into_iter().enumerate() {
        near(cosine(4).alpha(t + 1), alpha, 2e-6);
    }
    for (t, level) in [(250, 0.920333), (500, 0.702740), (750, 0.379832)] {
        near(cosine(1000).abar(t), level, 2e-6);
    }
    near(Uniform::new(256, cosine(4)).class_prior_kl()[0] / 2.0_f64.ln(), 1.494e-2, 4e-4);
}

#[test]
fn the_exact_cosine_differs_at_the_last_step_alone() {
    let exact = NoiseSchedule::cosine(10, CosineVariant::Exact).unwrap();
    for t in 1..10 {
        assert_eq!(exact.abar(t), cosine(10).abar(t));
    }
    assert!(exact.abar(10) < 1e-15 && exact.log_abar(10).is_finite());
}

#[test]
fn the_other_schedules_do_what_their_names_say() {
    let linear = NoiseSchedule::linear(5, 1e-4, 0.02).unwrap();
    near(linear.beta(1), 1e-4, 1e-9);
    near(linear.beta(3), (1e-4 + 0.02) / 2.0, 1e-9);
    near(linear.beta(5), 0.02, 1e-9);
    let masks = NoiseSchedule::absorbing(8).unwrap();
    for t in 1..8 {
        near(masks.abar(t), 1.0 - t as f64 / 8.0, 1e-12);
        near(masks.beta(t), 1.0 / (8.0 - t as f64 + 1.0), 1e-12);
    }
    assert!(masks.abar(8) < 1e-29);
}

#[test]
fn mutual_information_falls_on_a_line() {
    let (classes, steps) = (27, 50);
    let schedule = ScheduleKind::MutualInformation.init(steps, classes).unwrap();
    let k = classes as f64;
    for t in 1..steps {
        let (stay, moved) = (schedule.abar(t) + (1.0 - schedule.abar(t)) / k, (1.0 - schedule.abar(t)) / k);
        let information = k.ln() + stay * stay.ln() + (k - 1.0) * moved * moved.ln();
        // Cubics through 256 points over nine decades.
        assert!((information / k.ln() - (1.0 - t as f64 / steps as f64)).abs() < 1e-3, "t = {t}");
    }
    assert!(schedule.abar(steps) < 1e-12);
}

#[test]
fn levels_and_their_complements_sum_to_one_in_every_schedule() {
    use ScheduleKind::{Absorbing, Cosine, CosineExact, Linear, MutualInformation};
    for kind in [Cosine, CosineExact, Linear, Absorbing, MutualInformation] {
        for steps in [1, 2, 100] {
            let schedule = kind.init(steps, 5).unwrap();
            for t in 1..=steps {
                let sum = schedule.log_alpha(t - 1, t).exp() + schedule.log_one_minus_alpha(t - 1, t).exp();
                assert!((sum - 1.0).abs() < 1e-9, "{kind:?}, step {t} of {steps}");
                let sum = schedule.abar(t) + schedule.log_one_minus_abar(t).exp();
                assert!((sum - 1.0).abs() < 1e-9, "{kind:?}, level {t} of {steps}");
            }
        }
    }
}

#[test]
fn schedules_and_kernels_that_cannot_work_are_refused() {
    for kind in [ScheduleKind::Cosine, ScheduleKind::Linear, ScheduleKind::Absorbing] {
        assert!(kind.init(0, 5).is_err());
    }
    assert!(ScheduleKind::MutualInformation.init(10, 1).is_err());
    assert!(NoiseSchedule::linear(10, 0.0, 0.02).is_err());
    assert!(NoiseSchedule::from_log_levels(&[-0.5, -0.4]).is_err());
    assert!(NoiseSchedule::from_log_levels(&[f64::NEG_INFINITY]).is_err());
    assert!(TransitionKind::Uniform.init(0, cosine(3), None).is_err());
    assert!(TransitionKind::Gaussian.init(1, cosine(3), None).is_err());
    assert!(TransitionKind::NearestNeighbour.init(3, cosine(3), None).is_err());
    assert!(TransitionKind::NearestNeighbour.init(3, cosine(3), Some((&[vec![0.0], vec![1.0]], 1))).is_err());
    assert!(Dense::new(2, cosine(1), [vec![0.5, 0.4, 0.5, 0.5]]).is_err());
    assert!(Dense::new(2, cosine(2), [vec![0.5, 0.5, 0.5, 0.5]]).is_err());
    assert!(Generator::new(2, &[0.0, -1.0, 1.0, 0.0]).is_err());
}

#[test]
fn names_in_a_recipe_are_lower_case_with_hyphens() {
    let kind: TransitionKind = serde_json::from_str("\"nearest-neighbour\"").unwrap();
    assert_eq!(kind, TransitionKind::NearestNeighbour);
    let kind: ScheduleKind = serde_json::from_str("\"mutual-information\"").unwrap();
    assert_eq!(kind, ScheduleKind::MutualInformation);
    assert!(serde_json::from_str::<TransitionKind>("\"Uniform\"").is_err());
}

#[test]
fn the_worked_example_of_the_posterior_and_its_divergence_comes_out() {
    let mut level = 0.0;
    let levels = [0.9_f64, 0.8, 0.7, 0.5].map(|alpha| {
        level += alpha.ln();
        level
    });
    let noise = Uniform::new(3, NoiseSchedule::from_log_levels(&levels).unwrap());
    let certain = every_class(3).narrow(1, 0, 1); // x_0 = 0
    let posterior = probabilities(noise.log_q_posterior(ids(&[1]), certain, &[2], &[3]));
    for (found, expected) in posterior.iter().zip([0.49193548, 0.45161290, 0.05645161]) {
        near(*found, expected, 1e-6);
    }
    let estimate = Tensor::<3>::from_floats([[[0.5, 0.3, 0.2]]], &device()).log();
    let model = probabilities(noise.log_q_posterior(ids(&[1]), estimate.clone(), &[2], &[3]));
    for (found, expected) in model.iter().zip([0.14321820, 0.78180286, 0.07497894]) {
        near(*found, expected, 1e-6);
    }
    let mixture = [0.26144133, 0.60776250, 0.13079617];
    assert!(model.iter().zip(mixture).all(|(a, b)| (a - b).abs() > 0.05), "the mixture is another model");
    let diffusion = DiscreteDiffusion::new(Arc::new(noise), Decoder::Posterior, 0.0).unwrap();
    let kl = values(diffusion.terms(estimate, ids(&[0]), ids(&[1]), &[3]))[0];
    near(f64::from(kl), 0.3431805319, 1e-6);
}

#[test]
fn the_gaussian_kernel_has_the_worked_values() {
    let noise = Dense::discretized_gaussian(4, NoiseSchedule::linear(1, 0.1, 0.1).unwrap()).unwrap();
    let q = probabilities(noise.log_q_step(every_class(4), &[1]));
    for (at, expected) in [(1, 0.011474), (0, 0.988526), (5, 0.977052)] {
        near(q[at], expected, 4e-5); // five digits given
    }
    for j in 0..4 {
        near((0..4).map(|i| q[i * 4 + j]).sum(), 1.0, 1e-6); // columns: doubly stochastic
    }
}

#[test]
fn kernels_compose_and_posteriors_are_bayes_for_every_pair_of_steps() {
    let steps = 4;
    for schedule in [cosine(steps), NoiseSchedule::absorbing(steps).unwrap()] {
        for noise in processes(&schedule) {
            let (k, n) = (noise.classes(), noise.states());
            let step = |t: usize| probabilities(noise.log_q_step(every_class(n), &[t]));
            for t in 1..=steps {
                for s in 0..t {
                    // [n, n] from s to t, and [k, n] up to s, as products of single steps
                    let jump = (s + 2..=t).fold(step(s + 1), |whole, t| product(&whole, &step(t), n));
                    let start: Vec<f64> = (0..k * n).map(|i| if i / n == i % n { 1.0 } else { 0.0 }).collect();
                    let up_to_s = (1..=s).fold(start, |whole, t| product(&whole, &step(t), n));
                    let up_to_t = product(&up_to_s, &jump, n);
                    let marginal = probabilities(noise.log_q_t(every_class(k), &[t]));
                    for (found, expected) in marginal.iter().zip(&up_to_t) {
                        assert!((found - expected).abs() < 2e-6, "{noise:?}: {marginal:?}, {up_to_t:?}");
                    }
                    for x_t in 0..n {
                        let seen = ids(&vec![x_t as i64; k]);
                        let posterior = probabilities(noise.log_q_posterior(seen, every_class(k), &[s], &[t]));
                        for x_0 in (0..k).filter(|x_0| up_to_t[x_0 * n + x_t] > 1e-6) {
                            for x_s in 0..n {
                                let joint = up_to_s[x_0 * n + x_s] * jump[x_s * n + x_t];
                                let expected = joint / up_to_t[x_0 * n + x_t];
                                let found = posterior[x_0 * n + x_s];
                                assert!((found - expected).abs() < 1e-5, "{noise:?} {s} {t}: {found} {expected}");
                            }
                        }
                        for row in posterior.chunks(n) {
                            near(row.iter().sum(), 1.0, 1e-6);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_batch_of_mixed_steps_is_what_each_sequence_gives_alone() {
    for noise in processes(&cosine(5)) {
        let x_t: Tensor<2, Int> = Tensor::from_data([[0, 2], [1, 1]], &device());
        let log_x0 = Tensor::<3>::from_floats([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]], &device()).log();
        let both = log_x0.clone().repeat_dim(0, 2);
        let together = values(noise.log_q_posterior(x_t.clone(), both, &[0, 2], &[3, 5]));
        let mut alone = Vec::new();
        for (row, (s, t)) in [(0, 3), (2, 5)].into_iter().enumerate() {
            alone.extend(values(noise.log_q_posterior(x_t.clone().narrow(0, row, 1), log_x0.clone(), &[s], &[t])));
        }
        assert_eq!(together, alone, "{noise:?}");
    }
}

#[test]
fn noise_along_a_complete_graph_is_uniform_noise() {
    let (k, schedule) = (5, cosine(6));
    let vectors: Vec<Vec<f64>> = (0..k).map(|i| (0..k).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    // Neighbours jump at 1/(k - 1) each, uniform noise at 1/k: the clock differs by k/(k - 1).
    let graph = Generator::nearest_neighbours(&vectors, k - 1).unwrap();
    let uniform = Generator::uniform(k);
    for exponent in [1e-3, 0.7, 40.0] {
        let scaled = graph.exponential(exponent * (k - 1) as f64 / k as f64);
        for (a, b) in scaled.iter().zip(uniform.exponential(exponent)) {
            near(*a, b, 1e-12);
        }
    }
    let (dense, closed) = (Dense::from_generator(&uniform, schedule.clone()).unwrap(), Uniform::new(k, schedule));
    for t in 1..=6 {
        let found = probabilities(dense.log_q_t(every_class(k), &[t]));
        for (a, b) in found.iter().zip(probabilities(closed.log_q_t(every_class(k), &[t]))) {
            assert!((a - b).abs() < 1e-6);
        }
    }
}

#[test]
fn the_exponential_of_rates_keeps_rows_and_adds_up_exponents() {
    let rates: Vec<f64> = uniform("rates", 36);
    let generator = Generator::new(6, &rates).unwrap();
    let (a, b) = (generator.exponential(0.3), generator.exponential(1.1));
    for (found, expected) in product(&a, &b, 6).iter().zip(generator.exponential(1.4)) {
        near(*found, expected, 1e-12);
    }
    for row in generator.exponential(1e5).chunks(6) {
        near(row.iter().sum(), 1.0, 1e-12);
    }
    // exp(e R) = 1 + e R + O(e^2)
    near(generator.exponential(1e-7)[1], 1e-7 * rates[1], 1e-6);
}

#[test]
fn the_prior_divergence_is_the_sum_over_states() {
    for schedule in [cosine(4), NoiseSchedule::absorbing(4).unwrap()] {
        for noise in processes(&schedule) {
            let prior = noise.log_prior();
            near(prior.iter().map(|p| p.exp()).sum(), 1.0, 1e-9);
            let last = probabilities(noise.log_q_t(every_class(3), &[4]));
            for (row, found) in last.chunks(noise.states()).zip(noise.class_prior_kl()) {
                let expected: f64 =
                    row.iter().zip(&prior).map(|(q, p)| if *q > 1e-20 { q * (q.ln() - p) } else { 0.0 }).sum();
                assert!((found - expected).abs() < 1e-6, "{noise:?}: {found}, {expected}");
            }
            let sequences = values(noise.prior_kl(Tensor::from_data([[0, 1], [2, 2]], &device())));
            let kl = noise.class_prior_kl();
            assert!((f64::from(sequences[0]) - kl[0] - kl[1]).abs() < 1e-6);
            assert!((f64::from(sequences[1]) - 2.0 * kl[2]).abs() < 1e-6);
        }
    }
}

/// Pearson's statistic of `draws` against probabilities.
fn chi_squared(draws: &[i64], probabilities: &[f64]) -> f64 {
    let mut counts = vec![0.0; probabilities.len()];
    draws.iter().for_each(|&draw| counts[draw as usize] += 1.0);
    let expected = |p: &f64| p * draws.len() as f64;
    counts.iter().zip(probabilities).map(|(count, p)| (count - expected(p)).powi(2) / expected(p)).sum()
}

fn draws(noise: &dyn Transition, x0: i64, t: usize, count: usize, name: &str) -> Vec<i64> {
    let states = noise.states();
    let u: Vec<f32> = uniform(name, count * states).into_iter().map(|u| u as f32).collect();
    let u = Tensor::from_data(TensorData::new(u, [1, count, states]), &device());
    noise.sample_t(Tensor::full([1, count], x0, &device()), &[t], u).into_data().convert::<i64>().try_to_vec().unwrap()
}

#[test]
fn noisy_classes_have_the_frequencies_of_the_marginal_and_end_uniform() {
    let noise = Uniform::new(5, cosine(50));
    for t in [1, 10, 25, 50] {
        let marginal = probabilities(noise.log_q_t(every_class(5), &[t]));
        let found = chi_squared(&draws(&noise, 2, t, 20_000, "histogram"), &marginal[10..15]);
        assert!(found < 18.5, "t = {t}: {found} is past the 99.9 % point of four degrees of freedom");
    }
    let found = chi_squared(&draws(&noise, 2, 50, 20_000, "end"), &[0.2; 5]);
    assert!(found < 18.5, "{found}");
}

#[test]
fn a_million_gumbel_draws_have_the_right_frequencies() {
    let p = [0.5, 0.3, 0.15, 0.05];
    let noise = Dense::new(4, cosine(1), [p.repeat(4)]).unwrap();
    let found = chi_squared(&draws(&noise, 0, 1, 1_000_000, "million"), &p);
    assert!(found < 16.3, "{found} is past the 99.9 % point of three degrees of freedom");
}

#[test]
fn what_is_rarer_than_the_steps_of_f32_is_never_drawn() {
    // The luckiest number of f32 for the rare class, a median one for the other.
    let luckiest = Tensor::<3>::from_floats([[[0.5, 1.0 - 1.0 / f32::powi(2.0, 24)]]], &device());
    for (rare, drawn) in [(1e-7, 1), (1e-9, 0)] {
        let noise = Dense::new(2, cosine(1), [vec![1.0 - rare, rare, rare, 1.0 - rare]]).unwrap();
        let x: i64 = noise.sample_t(ids(&[0]), &[1], luckiest.clone()).into_scalar();
        assert_eq!(x, drawn, "a class of probability {rare}");
    }
}

#[test]
fn masks_hide_a_share_of_one_minus_the_level_and_show_the_truth_elsewhere() {
    let noise = Absorbing::new(4, NoiseSchedule::absorbing(10).unwrap());
    let draws = draws(&noise, 3, 4, 20_000, "masks");
    assert!(draws.iter().all(|&x| x == 3 || x == noise.mask_id() as i64));
    let hidden = draws.iter().filter(|&&x| x != 3).count() as f64 / 20_000.0;
    assert!((hidden - 0.4).abs() < 3.3 * (0.24_f64 / 20_000.0).sqrt(), "{hidden}");
}

#[test]
fn expected_changes_follow_the_levels() {
    let noise = Uniform::new(27, cosine(1000));
    for (t, changes) in [(100, 3.5), (194, 12.1)] {
        assert!((256.0 * noise.change_probability(t) - changes).abs() < 0.06, "{}", noise.change_probability(t));
    }
    let diffusion = DiscreteDiffusion::new(Arc::new(noise), Decoder::Posterior, 0.0).unwrap();
    assert_eq!(diffusion.step_for_error_rate(diffusion.transition().change_probability(194)), 194);
    for noise in processes(&cosine(5)) {
        let q = probabilities(noise.log_q_t(every_class(3), &[3]));
        let kept: f64 = (0..3).map(|i| q[i * noise.states() + i]).sum::<f64>() / 3.0;
        assert!((noise.change_probability(3) - (1.0 - kept)).abs() < 1e-6);
    }
}
