//! Bounds of diffusions in continuous time: papers' formulas in PyTorch (goldens of xtask/parity/continuous_bounds.py), each other, and
//! the entropy of small joint distributions.

mod common;
mod oracle;

use std::f64::consts::LN_2;

use burn::tensor::{Int, Tensor, TensorData};
use common::{assert_close, device, golden, signed, uniform, values};
use halation_models::diffusion::continuous::sample::TimeGrid;
use halation_models::diffusion::continuous::*;
use halation_models::diffusion::denoiser::Denoiser;
use oracle::{Joint, Oracle, exact_bound, midpoints, source};

/// A few hundred roundings of f32; the goldens are f64.
const BOUND: f32 = 1e-5;
const LEVELS: [f64; 4] = [0.05, 0.3, 0.62, 0.97];
const GEOMETRIC: AlphaSchedule = AlphaSchedule::Geometric { low: 1e-4, high: 20.0 };
const LOG_LINEAR: AlphaSchedule = AlphaSchedule::LogLinear { epsilon: 1e-3 };
const MASK: NoiseKind = NoiseKind::Mask;
const UNIFORM: NoiseKind = NoiseKind::Uniform;

/// A network that says the same whatever it sees.
struct Fixed(Tensor<3>);

impl Denoiser for Fixed {
    fn logits(&self, _: Tensor<2, Int>, _: Tensor<1>) -> Tensor<3> {
        self.0.clone()
    }
}

fn masked(classes: usize, schedule: AlphaSchedule) -> Masked {
    Masked::new(classes, schedule).unwrap()
}

fn udlm(classes: usize, schedule: AlphaSchedule) -> Udlm {
    Udlm::new(classes, schedule).unwrap()
}

fn sedd(classes: usize, noise: NoiseKind, schedule: AlphaSchedule) -> Sedd {
    Sedd::new(classes, noise).unwrap().with_schedule(schedule).unwrap()
}

fn flow(classes: usize, source: NoiseKind, schedule: AlphaSchedule) -> FlowMatching {
    FlowMatching::new(classes, source, schedule).unwrap()
}

fn symbols(name: &str, shape: [usize; 2], classes: usize) -> Tensor<2, Int> {
    let ids = uniform(name, shape[0] * shape[1]).iter().map(|u| (u * classes as f64) as i64).collect::<Vec<_>>();
    Tensor::from_data(TensorData::new(ids, shape), &device().autodiff())
}

#[test]
fn every_bound_and_its_gradient_agree_with_pytorch() {
    let golden = golden("continuous_bounds.safetensors");
    let uniforms = uniform("noise", 20);
    let cases: [(&str, ContinuousKind); 11] = [
        ("masked_linear", ContinuousKind::Masked(masked(6, AlphaSchedule::Linear))),
        ("masked_cosine", ContinuousKind::Masked(masked(6, AlphaSchedule::Cosine))),
        ("masked_geometric", ContinuousKind::Masked(masked(6, GEOMETRIC))),
        ("masked_ten_steps", ContinuousKind::Masked(masked(6, AlphaSchedule::Cosine).with_steps(10).unwrap())),
        ("sedd_mask", ContinuousKind::Sedd(sedd(6, MASK, LOG_LINEAR))),
        ("sedd_uniform", ContinuousKind::Sedd(sedd(6, UNIFORM, GEOMETRIC))),
        ("udlm_linear", ContinuousKind::Udlm(udlm(6, AlphaSchedule::Linear))),
        ("udlm_geometric", ContinuousKind::Udlm(udlm(6, GEOMETRIC))),
        ("flow_mask", ContinuousKind::FlowMatching(flow(6, MASK, AlphaSchedule::Cosine))),
        ("flow_uniform", ContinuousKind::FlowMatching(flow(6, UNIFORM, AlphaSchedule::Cosine))),
        (
            "flow_cross_entropy",
            ContinuousKind::FlowMatching(
                flow(6, UNIFORM, AlphaSchedule::Cosine).with_objective(FlowLoss::CrossEntropy),
            ),
        ),
    ];
    let device = device().autodiff();
    for (name, bound) in cases {
        let logits = signed("logits", [4, 5, 6], 2.0, &device).require_grad();
        let loss = bound.objective(&Fixed(logits.clone()), symbols("x0", [4, 5], 6), &LEVELS, &uniforms);
        assert_close(name, &values(loss.clone()), &golden[&format!("{name}.loss")], BOUND);
        let gradients = (loss * signed("cotangent", [4], 1.0, &device)).sum().backward();
        let found = values(logits.grad(&gradients).unwrap());
        assert_close(&format!("d {name}"), &found, &golden[&format!("{name}.grad")], BOUND);
    }
}

#[test]
fn the_learnt_schedule_of_each_class_agrees_with_pytorch() {
    let golden = golden("continuous_bounds.safetensors");
    let device = device().autodiff();
    let logits = signed("logits", [4, 5, 6], 2.0, &device).require_grad();
    let mut bound = GenMasked::new(6, 1.0, &device).unwrap();
    bound.log_power = burn::module::Param::from_tensor(signed("log_power", [6], 0.5, &device));
    let loss = bound.loss(&Fixed(logits.clone()), symbols("x0", [4, 5], 6), &LEVELS, &uniform("two draws", 40));
    assert_close("loss", &values(loss.clone()), &golden["gen_masked.loss"], BOUND);
    let gradients = (loss * signed("cotangent", [4], 1.0, &device)).sum().backward();
    assert_close("d logits", &values(logits.grad(&gradients).unwrap()), &golden["gen_masked.grad"], BOUND);
    let power = values(bound.log_power.grad(&gradients).unwrap());
    assert_close("d log power", &power, &golden["gen_masked.grad_log_power"], BOUND);
}

#[test]
fn one_schedule_for_all_classes_is_masked_diffusion_with_that_schedule() {
    let device = device();
    let logits = signed("logits", [4, 5, 6], 2.0, &device);
    let twice: Vec<f64> = uniform("noise", 20).chunks(5).flat_map(|row| [row, row].concat()).collect();
    let x0 = symbols("x0", [4, 5], 6).inner();
    let learnt = GenMasked::new(6, 2.0, &device).unwrap().loss(&Fixed(logits.clone()), x0.clone(), &LEVELS, &twice);
    let fixed =
        masked(6, AlphaSchedule::Polynomial { power: 2.0 }).loss(&Fixed(logits), x0, &LEVELS, &uniform("noise", 20));
    assert_close("loss", &values(learnt), &values(fixed), 1e-5);
    assert!(GenMasked::new(6, 0.0, &device).is_err() && GenMasked::new(0, 1.0, &device).is_err());
}

#[test]
fn the_gradient_of_learnt_schedules_is_that_of_their_exact_bound() {
    let device = device().autodiff();
    let joint = Joint::new(2, 2, &[0.5, 0.1, 0.15, 0.25]);
    let t = 0.4_f64;
    let logits = |own: f32| [0.7 * own, -0.4 * own];
    // any network, here one that never looks at the other symbol, so that bounds are sums over positions
    let table = Tensor::<3>::from_floats([[logits(1.0), logits(-0.5)]], &device);
    let exact = |w: [f64; 2]| -> f64 {
        let xhat = |at: usize, k: usize| {
            let [a, b] = logits(if at == 0 { 1.0 } else { -0.5 }).map(f64::from);
            let p = 1.0 / (1.0 + (b - a).exp());
            if k == 0 { p } else { 1.0 - p }
        };
        let cost = |at: usize, k: usize| {
            let spread: f64 = (0..2).map(|y| w[y] * xhat(at, y)).sum();
            t.powf(w[k]) / t * (spread - w[k] - w[k] * xhat(at, k).ln())
        };
        joint.p.iter().enumerate().map(|(i, p)| p * (0..2).map(|at| cost(at, joint.symbols(i)[at])).sum::<f64>()).sum()
    };
    let w = [0.8, 1.7];
    let mut bound = GenMasked::new(2, 1.0, &device).unwrap();
    bound.log_power =
        burn::module::Param::from_tensor(Tensor::from_floats([(w[0] as f32).ln(), (w[1] as f32).ln()], &device));

    // every pair of outcomes of the two draws, with its probability
    let (mut ids, mut uniforms, mut weights) = (vec![], vec![], vec![]);
    for (index, p) in joint.p.iter().enumerate() {
        let x = joint.symbols(index);
        for case in 0..16 {
            let mut weight = *p;
            for slot in 0..4 {
                let rate = t.powf(w[x[slot % 2]]);
                let is_masked = (case >> slot) & 1 == 1;
                uniforms.push(if is_masked { 1.0 - rate * 0.5 } else { (1.0 - rate) * 0.5 });
                weight *= if is_masked { rate } else { 1.0 - rate };
            }
            ids.extend(x.iter().map(|&x| x as i64));
            weights.push(weight as f32);
        }
    }
    let count = weights.len();
    let x0 = Tensor::<2, Int>::from_data(TensorData::new(ids, [count, 2]), &device);
    let loss = bound.loss(&Fixed(table.expand([count, 2, 2])), x0, &vec![t; count], &uniforms);
    let mean = (loss * Tensor::from_data(TensorData::new(weights, [count]), &device)).sum();
    assert!((f64::from(values(mean.clone())[0]) - exact(w)).abs() < 1e-5);
    let found = values(bound.log_power.grad(&mean.backward()).unwrap());
    for k in 0..2 {
        let moved = |by: f64| {
            let mut other = w;
            other[k] *= by.exp();
            exact(other)
        };
        let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        assert!((f64::from(found[k]) - expected).abs() < 1e-5, "{k}: {} {expected}", found[k]);
    }
}

#[test]
fn score_entropy_of_implied_scores_is_the_masked_and_the_uniform_bound() {
    let logits = Fixed(signed("logits", [4, 5, 6], 2.0, &device()));
    let x0 = symbols("x0", [4, 5], 6).inner();
    let uniforms = uniform("noise", 20);
    for schedule in [AlphaSchedule::Linear, AlphaSchedule::Cosine, LOG_LINEAR, GEOMETRIC] {
        let implied = |noise| sedd(6, noise, schedule).with_score(SeddScore::Prediction);
        let of =
            |bound: &dyn ContinuousBound<dyn Denoiser>| values(bound.loss(&logits, x0.clone(), &LEVELS, &uniforms));
        assert_close("masks", &of(&implied(MASK)), &of(&masked(6, schedule)), 1e-5);
        assert_close("uniform", &of(&implied(UNIFORM)), &of(&udlm(6, schedule)), 1e-5);
        assert_close("flow", &of(&flow(6, MASK, schedule)), &of(&masked(6, schedule)), 1e-5);
    }
}

#[test]
fn the_sum_over_discrete_steps_tends_to_the_integral() {
    // cosine alpha, and a cross-entropy of m^2 + 0.3 at the masking rate m: the integral is 1/3 + 0.3
    for (steps, golden) in [(10, 0.688319), (100, 0.638597), (1000, 0.633857), (10_000, 0.633386)] {
        let bound = masked(3, AlphaSchedule::Cosine).with_steps(steps).unwrap();
        let sum: f64 = (1..=steps)
            .map(|step| {
                let t = step as f64 / steps as f64;
                let m = AlphaSchedule::Cosine.noise_rate(t);
                bound.weight(t) / steps as f64 * m * (m * m + 0.3)
            })
            .sum();
        assert!((sum - golden).abs() < 1e-6, "{steps}: {sum}");
    }
}

#[test]
fn discrete_masks_reach_the_best_possible_bound_of_equal_symbols() {
    // specification, item 6: (log2 K / 2) (1 + 1/T) bits for each of two symbols that are always equal
    let joint = Joint::twins(3);
    for steps in [1, 2, 5] {
        let bound = masked(3, AlphaSchedule::Linear).with_steps(steps).unwrap();
        let network = Oracle::new(&joint, MASK, AlphaSchedule::Linear);
        let weight = 1.0 / steps as f64;
        let nodes: Vec<(f64, f64)> = (1..=steps).map(|step| (step as f64 * weight, weight)).collect();
        let bits = exact_bound(&bound, &network, &joint, MASK, &|t| 1.0 - t, &nodes, &device()) / (2.0 * LN_2);
        let best = 3.0_f64.log2() / 2.0 * (1.0 + 1.0 / steps as f64);
        assert!((bits - best).abs() < 1e-5, "{steps}: {bits} {best}");
    }
}

#[test]
fn masked_bounds_of_a_perfect_network_are_the_entropy_under_every_schedule() {
    let joint = Joint::new(3, 2, &[5.0, 1.0, 0.5, 0.2, 3.0, 1.0, 2.0, 0.0, 1.0]);
    for schedule in [AlphaSchedule::Linear, AlphaSchedule::Cosine, AlphaSchedule::Polynomial { power: 2.0 }] {
        let network = Oracle::new(&joint, MASK, schedule);
        let alpha = |t| schedule.alpha(t);
        for bound in [&masked(3, schedule) as &dyn ContinuousBound<dyn Denoiser>, &flow(3, MASK, schedule)] {
            let nats = exact_bound(bound, &network, &joint, MASK, &alpha, &midpoints(200), &device());
            // the midpoint rule over a smooth integrand
            assert!((nats - joint.entropy()).abs() < 1e-4, "{schedule:?}: {nats} {}", joint.entropy());
        }
    }
}

#[test]
fn uniform_bounds_of_a_perfect_network_are_the_entropy_of_one_symbol_and_above_it_for_two() {
    let one = Joint::new(4, 1, &[0.55, 0.25, 0.15, 0.05]);
    for schedule in [AlphaSchedule::Linear, AlphaSchedule::Cosine, AlphaSchedule::PowerPath { power: 2.0 }] {
        let bound = udlm(4, schedule);
        let alpha = |t| schedule.alpha(t);
        let of = |network: Oracle| exact_bound(&bound, &network, &one, UNIFORM, &alpha, &midpoints(200), &device());
        let nats = of(Oracle::new(&one, UNIFORM, schedule));
        assert!((nats - one.entropy()).abs() < 1e-4, "{schedule:?}: {nats} {}", one.entropy());
        let worse = of(Oracle::new(&one, UNIFORM, schedule).posterior());
        assert!(worse > nats + 0.05, "the posterior is not what the bound asks for: {worse} {nats}");
    }
    let two = Joint::twins(2);
    let schedule = AlphaSchedule::Linear;
    let alpha = |t| schedule.alpha(t);
    let of =
        |network: Oracle| exact_bound(&udlm(2, schedule), &network, &two, UNIFORM, &alpha, &midpoints(100), &device());
    let nats = of(Oracle::new(&two, UNIFORM, schedule));
    assert!(nats > two.entropy() - 1e-3 && nats < two.entropy() + 0.01, "{nats} {}", two.entropy());
    assert!(of(Oracle::new(&two, UNIFORM, schedule).posterior()) > nats + 0.05);
}

#[test]
fn the_guess_that_leaves_its_own_symbol_out_times_the_kernel_is_the_posterior() {
    let (device, joint) = (device(), Joint::new(3, 2, &[5.0, 1.0, 0.5, 0.2, 3.0, 1.0, 2.0, 0.0, 1.0]));
    let tokens = Tensor::<2, Int>::from_ints([[0, 1], [2, 2], [1, 0], [0, 0]], &device);
    let time = Tensor::<1>::from_floats([0.1, 0.5, 0.9, 1.0], &device);
    let loo = Oracle::new(&joint, UNIFORM, AlphaSchedule::Cosine);
    let of = |network: &dyn Denoiser| values(network.logits(tokens.clone(), time.clone()).exp());
    let posterior = of(&KernelPosterior { denoiser: &loo, schedule: AlphaSchedule::Cosine });
    assert_close("posterior", &posterior, &of(&Oracle::new(&joint, UNIFORM, AlphaSchedule::Cosine).posterior()), 1e-5);
    let apart = posterior.iter().zip(of(&loo)).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(apart > 0.1, "the two are not the same: {apart}");
}

#[test]
fn a_flow_from_uniform_noise_is_strictly_above_the_entropy_even_with_a_perfect_network() {
    let joint = Joint::new(4, 1, &[0.05, 0.15, 0.35, 0.45]);
    let schedule = AlphaSchedule::Linear;
    let alpha = |t| schedule.alpha(t);
    let of = |bound: &dyn ContinuousBound<dyn Denoiser>, network: Oracle, noise| {
        exact_bound(bound, &network, &joint, noise, &alpha, &midpoints(200), &device())
    };
    let loose = of(&flow(4, UNIFORM, schedule), Oracle::new(&joint, UNIFORM, schedule).posterior(), UNIFORM);
    let tight = of(&udlm(4, schedule), Oracle::new(&joint, UNIFORM, schedule), UNIFORM);
    let masks = of(&flow(4, MASK, schedule), Oracle::new(&joint, MASK, schedule), MASK);
    assert!((tight - joint.entropy()).abs() < 1e-4 && (masks - joint.entropy()).abs() < 1e-4, "{tight} {masks}");
    assert!(loose > joint.entropy() + 0.3, "{loose} {}", joint.entropy());
}

#[test]
fn the_ends_of_a_schedule_are_paid_for() {
    // uniform data: a perfect network learns nothing, and every bound must be ln K, wherever the schedule starts and ends
    let joint = Joint::new(3, 1, &[1.0, 1.0, 1.0]);
    let skewed = Joint::new(3, 1, &[0.8, 0.15, 0.05]);
    for schedule in [AlphaSchedule::LogLinear { epsilon: 0.2 }, AlphaSchedule::Geometric { low: 0.1, high: 2.0 }] {
        let alpha = |t| schedule.alpha(t);
        for (noise, bound) in [
            (MASK, &masked(3, schedule) as &dyn ContinuousBound<dyn Denoiser>),
            (UNIFORM, &udlm(3, schedule)),
            (MASK, &sedd(3, MASK, schedule).with_score(SeddScore::Prediction)),
        ] {
            let of = |joint: &Joint| {
                let network = Oracle::new(joint, noise, schedule);
                exact_bound(bound, &network, joint, noise, &alpha, &midpoints(200), &device())
            };
            assert!((of(&joint) - 3.0_f64.ln()).abs() < 1e-4, "{schedule:?}: {}", of(&joint));
            assert!(of(&skewed) > skewed.entropy() + 0.01, "{schedule:?}: {}", of(&skewed));
        }
    }
}

/// One position's cost by the papers' formulas, in f64.
struct Position {
    guess: Vec<f64>,
    x: usize,
    z: usize,
}

impl Position {
    fn kernel(alpha: f64, p: f64, classes: usize) -> f64 {
        alpha * p + (1.0 - alpha) / classes as f64
    }

    /// `T KL(q(x_s | x_t, x_0) || q(x_s | x_t, xhat))` at `s = t - 1/T`, linear schedule.
    fn discrete(&self, t: f64, steps: f64) -> f64 {
        let classes = self.guess.len();
        let (alpha_t, alpha_s) = (1.0 - t, 1.0 - t + 1.0 / steps);
        let is = |a: usize, b: usize| f64::from(u8::from(a == b));
        let posterior = |clean: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let back = |y| Self::kernel(alpha_t / alpha_s, is(y, self.z), classes);
            let p: Vec<f64> = (0..classes).map(|y| back(y) * Self::kernel(alpha_s, clean(y), classes)).collect();
            let sum: f64 = p.iter().sum();
            p.iter().map(|p| p / sum).collect()
        };
        let (truth, guess) = (posterior(&|y| is(y, self.x)), posterior(&|y| self.guess[y]));
        steps * truth.iter().zip(guess).map(|(p, q)| p * (p / q).ln()).sum::<f64>()
    }

    /// The bound as Duo expands it, linear schedule.
    fn expanded(&self, t: f64) -> f64 {
        let n = self.guess.len() as f64;
        let alpha = 1.0 - t;
        let zeta = (1.0 - alpha) / (n * alpha + 1.0 - alpha);
        let bar = |y: usize| n * alpha * self.guess[y] + 1.0 - alpha;
        let logs: f64 = (0..self.guess.len()).map(|y| (bar(self.z) / bar(y)).ln()).sum();
        let own = n * alpha * f64::from(u8::from(self.x == self.z)) + 1.0 - alpha;
        let inner = match self.x == self.z {
            true => zeta * logs + (n - 1.0) * zeta * zeta.ln(),
            false => logs + n * alpha / (1.0 - alpha) * (bar(self.z) / bar(self.x)).ln() - zeta.ln() / zeta,
        };
        -1.0 / (n * alpha) * (n / own - n / bar(self.z) - inner)
    }
}

#[test]
fn the_uniform_bound_is_the_limit_of_many_steps_and_what_duo_expands() {
    let device = device();
    let bound = udlm(5, AlphaSchedule::Linear);
    let raw = uniform("guess", 5);
    let sum: f64 = raw.iter().sum();
    let guess: Vec<f64> = raw.iter().map(|u| u / sum).collect();
    let logits: Vec<f32> = guess.iter().map(|p| p.ln() as f32).collect();
    let network = Fixed(Tensor::from_data(TensorData::new(logits, [1, 1, 5]), &device));
    for t in [0.02, 0.3, 0.7, 0.98] {
        for (x, z) in [(1, 1), (1, 3), (4, 0)] {
            // the uniform that leads to z
            let u = if x == z { 0.5 * (1.0 - t) } else { 1.0 - t + t * (z as f64 + 0.5) / 5.0 };
            let x0 = Tensor::<2, Int>::from_ints([[x as i64]], &device);
            let found = f64::from(values(bound.loss(&network, x0, &[t], &[u]))[0]);
            let position = Position { guess: guess.clone(), x, z };
            let expanded = position.expanded(t);
            let discrete = position.discrete(t, 1e6);
            assert!((found - expanded).abs() < 1e-5 * (1.0 + expanded), "{t} {x} {z}: {found} {expanded}");
            // the limit is reached as 1 / (t T)
            assert!((discrete - expanded).abs() < 1e-4 * (1.0 + expanded), "{t} {x} {z}: {discrete} {expanded}");
        }
    }
}

#[test]
fn bounds_stay_finite_at_both_ends_in_value_and_gradient() {
    let device = device().autodiff();
    let ends = [1.0, 1e-9, 1e-4, 1.0 - 1e-9];
    for (name, bound) in [
        ("masked", ContinuousKind::Masked(masked(6, AlphaSchedule::Cosine))),
        ("sedd, masks", ContinuousKind::Sedd(sedd(6, MASK, LOG_LINEAR))),
        ("sedd, uniform", ContinuousKind::Sedd(sedd(6, UNIFORM, GEOMETRIC).with_score(SeddScore::Prediction))),
        ("udlm", ContinuousKind::Udlm(udlm(6, AlphaSchedule::Linear))),
        ("flow", ContinuousKind::FlowMatching(flow(6, UNIFORM, AlphaSchedule::Linear))),
    ] {
        for scale in [2.0, 60.0] {
            let logits = signed("logits", [4, 5, 6], scale, &device).require_grad();
            let loss = bound.loss(&Fixed(logits.clone()), symbols("x0", [4, 5], 6), &ends, &uniform("noise", 20));
            let found = values(loss.clone());
            let gradient = values(logits.grad(&loss.sum().backward()).unwrap());
            assert!(found.iter().chain(&gradient).all(|x| x.is_finite()), "{name}: {found:?} {gradient:?}");
        }
    }
}

#[test]
fn an_estimate_over_drawn_noise_is_near_the_entropy_and_says_how_near() {
    let joint = Joint::new(3, 2, &[5.0, 1.0, 0.5, 0.2, 3.0, 1.0, 2.0, 0.0, 1.0]);
    let schedule = AlphaSchedule::Linear;
    let network = Oracle::new(&joint, MASK, schedule);
    let (count, device) = (400, device());
    // the data in the joint's own proportions, by stratified draws
    let draw = |i: usize| {
        let mut left = (i as f64 + 0.5) / count as f64;
        joint
            .p
            .iter()
            .position(|p| {
                left -= p;
                left < 0.0
            })
            .unwrap()
    };
    let ids: Vec<i64> = (0..count).flat_map(|i| joint.symbols(draw(i))).map(|symbol| symbol as i64).collect();
    let x0 = Tensor::<2, Int>::from_data(TensorData::new(ids, [count, 2]), &device);
    let bound = masked(3, schedule).with_time_free(true);
    let mut uniforms = source(7);
    let estimate = bound.nll_mc(&network, x0, 4, &mut uniforms);
    assert_eq!((estimate.nats.len(), estimate.levels), (count, 4));
    assert!(network.told.borrow().iter().all(|&t| t == 0.0), "a network without time is told none");
    let error = estimate.standard_error();
    assert!(error > 0.0 && error < 0.2, "{error}");
    assert!((estimate.mean() - joint.entropy()).abs() < 4.0 * error, "{} {error} {}", estimate.mean(), joint.entropy());
    assert!((estimate.bits_per_char(2) - estimate.mean() / 2.0 / LN_2).abs() < 1e-12);
    let lone = NllEstimate { nats: vec![3.0 * 27.0_f64.ln()], levels: 1 };
    assert_eq!(lone.standard_error(), f64::INFINITY);
    assert!((lone.bits_per_char(3) - 27.0_f64.log2()).abs() < 1e-12);
}

#[test]
fn the_number_of_codes_counts_the_mask() {
    fn codes<'n>(bound: &dyn ContinuousBound<dyn Denoiser + 'n>) -> [usize; 4] {
        [bound.classes(), bound.input_codes(), bound.levels(9), bound.uniforms(9)]
    }
    assert_eq!(codes(&ContinuousKind::Masked(masked(5, AlphaSchedule::Linear))), [5, 6, 1, 9]);
    assert_eq!(codes(&ContinuousKind::Sedd(sedd(5, UNIFORM, LOG_LINEAR))), [5, 5, 1, 9]);
    assert_eq!(codes(&udlm(5, LOG_LINEAR)), [5, 5, 1, 9]);
    assert_eq!(codes(&GenMasked::new(5, 1.0, &device()).unwrap()), [5, 6, 1, 18]);
    assert!(Udlm::new(1, LOG_LINEAR).is_err() && Sedd::new(1, UNIFORM).is_err() && TimeGrid::cosine(0).is_err());
}
