//! Samplers of diffusions in continuous time draw what a perfect network knows, count their passes, and keep what is given.
//!
//! Laws are tested by Pearson's chi-square on hashed draws, at a level that a right sampler misses once in about 1e5.

mod common;
mod oracle;

use std::cell::RefCell;

use burn::tensor::{Int, Tensor, TensorData};
use common::{device, signed, values};
use halation_models::diffusion::continuous::sample::*;
use halation_models::diffusion::continuous::*;
use halation_models::diffusion::denoiser::Denoiser;
use oracle::{Joint, Oracle, assert_law, chi_square, source};

const MASK: NoiseKind = NoiseKind::Mask;
const UNIFORM: NoiseKind = NoiseKind::Uniform;
const LINEAR: AlphaSchedule = AlphaSchedule::Linear;

/// Two dependent symbols of three classes, every pair possible: samplers of finite steps may draw any.
fn pair() -> Joint {
    Joint::new(3, 2, &[5.0, 1.0, 0.5, 0.3, 3.0, 1.0, 2.0, 0.4, 1.0])
}

fn grid(steps: usize) -> TimeGrid {
    TimeGrid::uniform(steps).unwrap()
}

fn ancestral(noise: NoiseKind, schedule: AlphaSchedule, steps: usize) -> Ancestral {
    Ancestral { noise, schedule, grid: grid(steps) }
}

fn remasking(steps: usize, mode: RemaskMode) -> Remasking {
    Remasking::new(LINEAR, grid(steps), mode).unwrap()
}

const MODES: [RemaskMode; 4] = [
    RemaskMode::Cap { eta: 0.008 },
    RemaskMode::Rescale { eta: 0.015 },
    RemaskMode::Confidence,
    RemaskMode::Loop { on: 0.55, off: 0.05, held: 0.9, sigma: 0.02 },
];

fn draw(sampler: &dyn Sampler, network: &dyn Denoiser, joint: &Joint, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let device = device();
    let mut predictor = Predictor::new(network, joint.classes, &device);
    sampler.sample(&mut predictor, &Canvas::blank(count, joint.length), &mut source(seed))
}

#[test]
fn first_hitting_and_fine_ancestral_steps_have_the_law_of_the_data() {
    let joint = pair();
    for schedule in [LINEAR, AlphaSchedule::Cosine] {
        let network = Oracle::new(&joint, MASK, schedule);
        let hit = draw(&FirstHitting { schedule }, &network, &joint, 4000, 1);
        assert_law("first hitting", &hit, &joint);
        let holed = Joint::new(3, 2, &[5.0, 1.0, 0.5, 0.2, 3.0, 0.0, 2.0, 0.0, 1.0]);
        let exact = draw(&FirstHitting { schedule }, &Oracle::new(&holed, MASK, schedule), &holed, 4000, 17);
        assert_law("first hitting, some pairs impossible", &exact, &holed);
        // two masks that go in one step are drawn apart: of 300 steps that is one pair in 300
        let fine = draw(&ancestral(MASK, schedule, 300), &network, &joint, 1000, 2);
        assert_law("ancestral", &fine, &joint);
    }
}

#[test]
fn few_ancestral_steps_draw_symbols_apart_and_the_test_sees_it() {
    let joint = pair();
    let network = Oracle::new(&joint, MASK, LINEAR);
    let mut counts = vec![0; 9];
    for sample in draw(&ancestral(MASK, LINEAR, 1), &network, &joint, 4000, 3) {
        counts[joint.index(&sample)] += 1;
    }
    let (statistic, _) = chi_square(&counts, &joint.p);
    assert!(statistic > 100.0, "{statistic}");
}

#[test]
fn first_hitting_calls_the_network_once_for_each_symbol_at_falling_levels() {
    let joint = Joint::new(2, 6, &vec![1.0; 64]);
    let network = Oracle::new(&joint, MASK, LINEAR);
    let device = device();
    let mut predictor = Predictor::new(&network, 2, &device);
    let samples = FirstHitting { schedule: LINEAR }.sample(&mut predictor, &Canvas::blank(1, 6), &mut source(4));
    assert_eq!(predictor.calls(), 6);
    assert!(samples[0].iter().all(|&symbol| symbol < 2));
    let told = network.told.borrow();
    assert!(told.is_sorted_by(|a, b| a > b) && told[0] < 1.0 && told[5] > 0.0, "{told:?}");
}

#[test]
fn uniform_noise_is_taken_off_to_the_law_of_the_data() {
    let joint = pair();
    let network = Oracle::new(&joint, UNIFORM, LINEAR);
    assert_law("ancestral", &draw(&ancestral(UNIFORM, LINEAR, 100), &network, &joint, 2000, 5), &joint);
    // one symbol needs no fine steps
    let one = Joint::new(4, 1, &[0.5, 0.3, 0.15, 0.05]);
    let network = Oracle::new(&one, UNIFORM, LINEAR);
    assert_law("one symbol", &draw(&ancestral(UNIFORM, LINEAR, 3), &network, &one, 4000, 6), &one);
}

#[test]
fn a_schedule_for_each_class_has_the_law_of_the_data_and_its_entropy_as_the_bound() {
    /// `p(x_0 | masked at t)`, proportional to `p_k t^{w_k}`.
    struct Late(Vec<f64>, Vec<f64>);
    impl Denoiser for Late {
        fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
            let ([batch, _], device) = (tokens.dims(), tokens.device());
            let time = time.try_into_vec_as::<f64>().unwrap();
            let of =
                |t: &f64| self.0.iter().zip(&self.1).map(|(p, w)| (p.ln() + w * t.ln()) as f32).collect::<Vec<_>>();
            let logits: Vec<f32> = time.iter().flat_map(of).collect();
            Tensor::from_data(TensorData::new(logits, [batch, 1, self.0.len()]), &device)
        }
    }
    let one = Joint::new(3, 1, &[0.6, 0.3, 0.1]);
    let powers = vec![0.5, 1.0, 3.0];
    let network = Late(one.p.clone(), powers.clone());
    let sampler = GenAncestral::new(powers.clone(), grid(6)).unwrap();
    assert_law("one symbol", &draw(&sampler, &network, &one, 4000, 18), &one);
    assert!(GenAncestral::new(vec![1.0, 0.0], grid(6)).is_err());

    let device = device();
    let mut bound = GenMasked::new(3, 1.0, &device).unwrap();
    let logs: Vec<f32> = powers.iter().map(|w| w.ln() as f32).collect();
    bound.log_power = burn::module::Param::from_data(TensorData::new(logs, [3]), &device);
    assert!(bound.powers().iter().zip(&powers).all(|(a, b)| (a - b).abs() < 1e-6));
    // the cost of a masked symbol times the probability of the mask, over levels v^4 that resolve the root at 0
    let (mut ids, mut levels, mut weights) = (vec![], vec![], vec![]);
    for i in 0..400 {
        let v = (f64::from(i) + 0.5) / 400.0;
        for k in 0..3 {
            let t = v.powi(4);
            ids.push(k as i64);
            levels.push(t);
            weights.push(one.p[k] * t.powf(powers[k]) * 4.0 * v.powi(3) / 400.0);
        }
    }
    let x0 = Tensor::<2, Int>::from_data(TensorData::new(ids, [1200, 1]), &device);
    let always = vec![1.0 - 1e-12; 2400];
    let costs = values(bound.loss(&network, x0, &levels, &always));
    let nats: f64 = costs.iter().zip(weights).map(|(&cost, weight)| f64::from(cost) * weight).sum();
    assert!((nats - one.entropy()).abs() < 1e-3, "{nats} {}", one.entropy());
}

#[test]
fn remasking_keeps_the_marginals_and_probabilities_in_every_mode() {
    for mode in MODES {
        let sampler = remasking(64, mode);
        for (t, s) in grid(64).steps() {
            let (alpha_t, alpha_s, sigma) = (sampler.alpha(t), sampler.alpha(s), sampler.sigma(t, s));
            let unmask = sampler.unmask(t, s, sigma);
            let in_unit = |p: f64| (-1e-12..=1.0 + 1e-12).contains(&p);
            assert!(in_unit(sigma) && in_unit(unmask), "{mode:?} {t}: {sigma} {unmask}");
            let after = alpha_t * (1.0 - sigma) + (1.0 - alpha_t) * unmask;
            assert!((after - alpha_s).abs() < 1e-12, "{mode:?} {t}: {after} {alpha_s}");
        }
        assert_eq!((sampler.alpha(1.0), sampler.alpha(0.0)), (0.0, 1.0));
    }
    let sigma = |mode, t, s| remasking(10, mode).sigma(t, s);
    assert_eq!(sigma(MODES[0], 0.5, 0.4), 0.008);
    assert!((sigma(MODES[1], 0.5, 0.4) - 0.015 * 0.8).abs() < 1e-15);
    assert_eq!((sigma(MODES[3], 0.9, 0.8), sigma(MODES[3], 0.4, 0.3), sigma(MODES[3], 0.05, 0.0)), (0.0, 0.02, 0.0));
}

#[test]
fn remasking_has_the_law_of_the_data() {
    let joint = pair();
    let network = Oracle::new(&joint, MASK, LINEAR);
    for mode in [MODES[0], RemaskMode::Rescale { eta: 0.5 }, MODES[3]] {
        assert_law("remasking", &draw(&remasking(300, mode), &network, &joint, 600, 7), &joint);
    }
    // one symbol alone has the law of the data in every mode and in few steps
    let one = Joint::new(4, 1, &[0.5, 0.3, 0.15, 0.05]);
    let network = Oracle::new(&one, MASK, LINEAR);
    for mode in MODES {
        let samples = draw(&remasking(20, mode), &network, &one, 2000, 8);
        // where masks have no share of sigma, the marginals are not kept
        if mode != RemaskMode::Confidence {
            assert_law("one symbol", &samples, &one);
        }
        assert!(samples.iter().flatten().all(|&symbol| symbol < 4), "no mask is left");
    }
}

#[test]
fn remasking_goes_back_on_what_was_drawn() {
    let joint = Joint::new(2, 8, &vec![1.0; 256]);
    let passes = |sampler: &dyn Sampler| {
        let device = device();
        let network = Oracle::new(&joint, MASK, LINEAR);
        let mut predictor = Predictor::new(&network, 2, &device).with_time_free(true);
        sampler.sample(&mut predictor, &Canvas::blank(1, 8), &mut source(9));
        predictor.calls()
    };
    assert!(passes(&ancestral(MASK, LINEAR, 200)) <= 8);
    for mode in [RemaskMode::Rescale { eta: 0.5 }, RemaskMode::Confidence] {
        assert!(passes(&remasking(200, mode)) > 12, "{mode:?}: symbols changed more often than there are");
    }
}

#[test]
fn a_network_without_time_is_asked_only_when_something_changed() {
    let joint = Joint::new(3, 5, &vec![1.0; 243]);
    let network = Oracle::new(&joint, MASK, LINEAR);
    let device = device();
    let mut cached = Predictor::new(&network, 3, &device).with_time_free(true);
    let sampler = ancestral(MASK, LINEAR, 500);
    let samples = sampler.sample(&mut cached, &Canvas::blank(4, 5), &mut source(10));
    assert!(cached.sequences() <= 4 * 5 && cached.sequences() >= 4, "{}", cached.sequences());
    let mut fresh = Predictor::new(&network, 3, &device);
    assert_eq!(sampler.sample(&mut fresh, &Canvas::blank(4, 5), &mut source(10)), samples, "the same draws");
    assert!(fresh.sequences() > 100);
}

#[test]
fn transition_times_drawn_beforehand_reproduce_the_data_for_one_symbol() {
    let one = Joint::new(4, 1, &[0.5, 0.3, 0.15, 0.05]);
    for noise in [MASK, UNIFORM] {
        let network = Oracle::new(&one, noise, LINEAR);
        for law in [TransitionLaw::Schedule, TransitionLaw::Beta { a: 3.0, b: 2.0 }] {
            let sampler = Dndm::new(noise, LINEAR, 50).unwrap().with_law(law).unwrap();
            assert_law("dndm", &draw(&sampler, &network, &one, 4000, 11), &one);
        }
    }
}

#[test]
fn transition_times_follow_their_law_and_cost_one_pass_each() {
    let sampler = Dndm::new(MASK, AlphaSchedule::Cosine, 8).unwrap();
    let law = sampler.law();
    assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    for (step, p) in (1..=8).zip(&law) {
        let alpha = |step: i32| AlphaSchedule::Cosine.alpha(f64::from(step) / 8.0);
        assert!((p - (alpha(step - 1) - alpha(step))).abs() < 1e-12);
    }
    let joint = Joint::new(2, 6, &vec![1.0; 64]);
    for order in [RevealOrder::Drawn, RevealOrder::MostProbable] {
        let network = Oracle::new(&joint, MASK, AlphaSchedule::Cosine);
        let device = device();
        let mut predictor = Predictor::new(&network, 2, &device);
        let sampler = Dndm::new(MASK, AlphaSchedule::Cosine, 1000).unwrap().with_order(order);
        let samples = sampler.sample(&mut predictor, &Canvas::blank(1, 6), &mut source(12));
        assert!(predictor.calls() <= 6 && predictor.calls() > 1, "{}", predictor.calls());
        assert!(samples[0].iter().all(|&symbol| symbol < 2), "every mask had its turn: {samples:?}");
    }
    assert!(Dndm::new(MASK, LINEAR, 0).is_err());
    assert!(Dndm::new(MASK, LINEAR, 5).unwrap().with_law(TransitionLaw::Beta { a: 0.0, b: 1.0 }).is_err());
}

#[test]
fn the_most_probable_draws_come_first_where_that_is_asked_for() {
    // position 2 is certain, the others are a coin each: two steps with one symbol each would take position 2 first
    let mut weights = vec![0.0; 8];
    [0, 2, 4, 6].into_iter().for_each(|index| weights[index] = 1.0);
    let joint = Joint::new(2, 3, &weights);
    struct Watch(Oracle, RefCell<Vec<Vec<i64>>>);
    impl Denoiser for Watch {
        fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
            self.1.borrow_mut().push(tokens.clone().try_into_vec_as::<i64>().unwrap());
            self.0.logits(tokens, time)
        }
    }
    for seed in 0..20 {
        let network = Watch(Oracle::new(&joint, MASK, LINEAR), RefCell::default());
        let device = device();
        let sampler = Dndm::new(MASK, LINEAR, 1000).unwrap().with_order(RevealOrder::MostProbable);
        sampler.sample(&mut Predictor::new(&network, 2, &device), &Canvas::blank(1, 3), &mut source(seed));
        let seen = network.1.borrow();
        assert!(seen[1..].iter().all(|tokens| tokens[2] == 0), "{seen:?}");
    }
}

#[test]
fn analytic_steps_of_implied_scores_are_ancestral_steps() {
    let joint = pair();
    let schedule = AlphaSchedule::LogLinear { epsilon: 1e-3 };
    for noise in [MASK, UNIFORM] {
        let network = Oracle::new(&joint, noise, schedule);
        let sedd = Sedd::new(3, noise).unwrap().with_schedule(schedule).unwrap().with_score(SeddScore::Prediction);
        let sampler = SeddSampler { sedd, grid: grid(7), step: SeddStep::Analytic };
        // the same probabilities in the same order, so the same draws
        let from_scores = draw(&sampler, &network, &joint, 200, 13);
        assert_eq!(from_scores, draw(&ancestral(noise, schedule, 7), &network, &joint, 200, 13), "{noise:?}");
    }
}

#[test]
fn euler_steps_of_scores_have_the_law_of_the_data_when_they_are_fine() {
    let joint = pair();
    for (noise, schedule) in [(MASK, LINEAR), (UNIFORM, AlphaSchedule::Geometric { low: 1e-3, high: 8.0 })] {
        let network = Oracle::new(&joint, noise, schedule);
        let sedd = Sedd::new(3, noise).unwrap().with_schedule(schedule).unwrap().with_score(SeddScore::Prediction);
        let sampler = SeddSampler { sedd, grid: grid(300), step: SeddStep::Euler };
        assert_law("euler", &draw(&sampler, &network, &joint, 600, 14), &joint);
    }
}

#[test]
fn flows_have_the_law_of_the_data_with_and_without_corrector() {
    let joint = pair();
    for (source_of_flow, leave_one_out) in [(MASK, true), (UNIFORM, true), (UNIFORM, false)] {
        for corrector in [0.0, 8.0] {
            let schedule = AlphaSchedule::PowerPath { power: 2.0 };
            let oracle = Oracle::new(&joint, source_of_flow, schedule);
            let network = if leave_one_out { oracle } else { oracle.posterior() };
            let flow = FlowMatching::new(3, source_of_flow, schedule).unwrap();
            let sampler = FlowEuler { flow, grid: grid(250), corrector, leave_one_out };
            assert_law("flow", &draw(&sampler, &network, &joint, 600, 15), &joint);
        }
    }
}

#[test]
fn given_symbols_stay_and_the_others_follow_them() {
    // equal twins: with one given, the other must be the same
    let joint = Joint::twins(3);
    let flow = FlowMatching::new(3, MASK, LINEAR).unwrap();
    let sedd = Sedd::new(3, MASK).unwrap().with_schedule(LINEAR).unwrap().with_score(SeddScore::Prediction);
    let samplers: Vec<(NoiseKind, Box<dyn Sampler>)> = vec![
        (MASK, Box::new(ancestral(MASK, LINEAR, 10))),
        (UNIFORM, Box::new(ancestral(UNIFORM, LINEAR, 10))),
        (MASK, Box::new(FirstHitting { schedule: LINEAR })),
        (MASK, Box::new(remasking(10, RemaskMode::Rescale { eta: 1.0 }))),
        (MASK, Box::new(remasking(10, RemaskMode::Confidence))),
        (MASK, Box::new(Dndm::new(MASK, LINEAR, 10).unwrap())),
        (MASK, Box::new(SeddSampler { sedd, grid: grid(10), step: SeddStep::Euler })),
        (MASK, Box::new(FlowEuler { flow, grid: grid(10), corrector: 2.0, leave_one_out: true })),
    ];
    let rows: Vec<Vec<Option<usize>>> = (0..30).map(|i| vec![Some(i % 3), None]).collect();
    let canvas = Canvas::given(rows, 3).unwrap();
    for (index, (noise, sampler)) in samplers.iter().enumerate() {
        let network = Oracle::new(&joint, *noise, LINEAR);
        let device = device();
        let samples = sampler.sample(&mut Predictor::new(&network, 3, &device), &canvas, &mut source(16));
        for (i, sample) in samples.iter().enumerate() {
            assert_eq!(sample[0], i % 3, "sampler {index}");
            // with uniform noise a perfect network still allows for noise on the given symbol
            assert!(*noise == UNIFORM || sample[1] == i % 3, "sampler {index}: {sample:?}");
        }
    }
    assert!(Canvas::given(vec![vec![Some(3)]], 3).is_err());
    assert!(Canvas::given(vec![vec![None], vec![None, None]], 3).is_err());
}

#[test]
fn decoding_sharpens_and_cuts_off_the_tail() {
    let logits: Vec<f64> = [0.5_f64, 0.3, 0.15, 0.05].iter().map(|p| p.ln() + 3.0).collect();
    let close = |found: Vec<f64>, expected: [f64; 4]| {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} {expected:?}");
    };
    close(Decoding::new().probabilities(&logits), [0.5, 0.3, 0.15, 0.05]);
    close(Decoding::new().with_nucleus(0.75).probabilities(&logits), [0.5 / 0.8, 0.3 / 0.8, 0.0, 0.0]);
    close(Decoding::new().with_nucleus(0.01).probabilities(&logits), [1.0, 0.0, 0.0, 0.0]);
    let squares = 0.25 + 0.09 + 0.0225 + 0.0025;
    close(
        Decoding::new().with_temperature(0.5).probabilities(&logits),
        [0.25, 0.09, 0.0225, 0.0025].map(|p| p / squares),
    );
    for (temperature, nucleus) in [(0.0, 1.0), (f64::NAN, 1.0), (1.0, 0.0), (1.0, 1.5)] {
        assert!(Decoding { temperature, nucleus }.check().is_err());
    }
    assert!(Decoding::new().check().is_ok());
}

#[test]
fn guidance_multiplies_what_the_condition_adds() {
    let device = device();
    struct Fixed(Tensor<3>);
    impl Denoiser for Fixed {
        fn logits(&self, _: Tensor<2, Int>, _: Tensor<1>) -> Tensor<3> {
            self.0.clone()
        }
    }
    let (with, without) = (Fixed(signed("c", [1, 1, 4], 2.0, &device)), Fixed(signed("u", [1, 1, 4], 2.0, &device)));
    let p = |network: &dyn Denoiser| {
        let tokens = Tensor::<2, Int>::from_data(TensorData::new(vec![4_i64], [1, 1]), &device);
        let logits = values(network.logits(tokens, Tensor::ones([1], &device)));
        Decoding::new().probabilities(&logits.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
    };
    let guided = |scale| p(&Guided { conditional: &with, unconditional: &without, scale });
    let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close(&guided(1.0), &p(&with)) && close(&guided(0.0), &p(&without)));
    let raw: Vec<f64> = p(&with).iter().zip(p(&without)).map(|(p, q)| p.powf(2.5) * q.powf(-1.5)).collect();
    let sum: f64 = raw.iter().sum();
    let expected: Vec<f64> = raw.iter().map(|w| w / sum).collect();
    assert!(close(&guided(2.5), &expected));

    // whole steps: one step of masks draws from the mixture of guesses, and scale 1 is the conditional sampler
    let sampler = ancestral(MASK, LINEAR, 1);
    let of = |scale| {
        let (mut a, mut b) = (Predictor::new(&with, 4, &device), Predictor::new(&without, 4, &device));
        sampler.sample_guided(&mut a, &mut b, scale, &Canvas::blank(1, 1), &mut |count| vec![0.5; count])
    };
    let plain =
        sampler.sample(&mut Predictor::new(&with, 4, &device), &Canvas::blank(1, 1), &mut |count| vec![0.5; count]);
    assert_eq!(of(1.0), plain);
    let mut left = 0.5;
    let median = expected
        .iter()
        .position(|p| {
            left -= p;
            left < 0.0
        })
        .unwrap();
    assert_eq!(of(2.5), [[median]]);
}
