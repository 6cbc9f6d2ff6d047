//! Drawing: steps for training, sequences, corrections. Exact denoisers make every law computable.
//!
//! Frequencies are checked at the 99.9 % point of their statistic; draws are fixed, so a test passes always or never.

mod common;

use std::cell::Cell;
use std::sync::Arc;

use burn::tensor::{Bool, Int, Tensor, TensorData};
use common::tabular::{Tabular, View, mask_kernels, uniform_kernels};
use common::{device, uniform};
use halation_models::diffusion::denoiser::{Denoiser, DenoiserFn};
use halation_models::diffusion::discrete::*;
use halation_models::diffusion::schedule::{CosineVariant, NoiseSchedule};
use halation_models::diffusion::transition::{Absorbing, Transition, Uniform};

fn cosine(steps: usize) -> NoiseSchedule {
    NoiseSchedule::cosine(steps, CosineVariant::Clipped).unwrap()
}

fn diffusion(noise: impl Transition + 'static) -> DiscreteDiffusion {
    DiscreteDiffusion::new(Arc::new(noise), Decoder::Posterior, 0.0).unwrap()
}

/// Hashed uniform numbers, new ones at every call.
fn draws(name: &str) -> impl FnMut([usize; 3]) -> Tensor<3> {
    let name = name.to_owned();
    let mut calls = 0;
    move |shape| {
        calls += 1;
        let u: Vec<f32> =
            uniform(&format!("{name}{calls}"), shape.iter().product()).into_iter().map(|u| u as f32).collect();
        Tensor::from_data(TensorData::new(u, shape), &device())
    }
}

fn ints(tensor: Tensor<2, Int>) -> Vec<i64> {
    tensor.into_data().convert::<i64>().try_to_vec().unwrap()
}

fn chi_squared(draws: &[i64], probabilities: &[f64]) -> f64 {
    let mut counts = vec![0.0; probabilities.len()];
    draws.iter().for_each(|&draw| counts[draw as usize] += 1.0);
    let expected = |p: &f64| p * draws.len() as f64;
    counts.iter().zip(probabilities).map(|(count, p)| (count - expected(p)).powi(2) / expected(p)).sum()
}

/// The same estimate everywhere.
fn constant(probabilities: [f32; 3]) -> impl Denoiser {
    DenoiserFn(move |tokens: Tensor<2, Int>, _| {
        let [batch, length] = tokens.dims();
        Tensor::<3>::from_floats([[probabilities]], &tokens.device()).log().expand([batch, length, 3])
    })
}

fn twins(k: usize, kernels: Vec<Vec<f64>>) -> Tabular {
    Tabular { classes: k, support: (0..k).map(|c| (vec![c, c], 1.0 / k as f64)).collect(), kernels }
}

#[test]
fn importance_waits_until_every_step_was_seen_more_than_ten_times() {
    let mut sampler = TimeSampler::new(TimeSamplerKind::Importance, 3).unwrap();
    let all = [1, 2, 3].repeat(10);
    sampler.update(&all, &[2.0; 30]);
    assert!(!sampler.is_warm());
    sampler.update(&[1, 2], &[2.0; 2]);
    assert_eq!(sampler.probabilities(), [1.0 / 3.0; 3]);
    sampler.update(&[3], &[9.0]);
    assert!(sampler.is_warm());
    assert_eq!(sampler.counts, [11, 11, 11]);
    // 0.1 * 4 once, 0.9 * that + 0.4, ..
    assert!((sampler.history[1] - (0.4 * 0.9 + 0.4)).abs() < 1e-12);
    assert!((sampler.history[2] - (0.4 * 0.9 + 8.1)).abs() < 1e-12);
    let p = sampler.probabilities();
    let weight = |h: f64| (h + 1e-10).sqrt() + 1e-4;
    let (w2, w3) = (weight(0.76), weight(8.46));
    assert!((p[1] - w2 / (2.0 * w2 + w3)).abs() < 1e-12 && (p[2] - w3 / (2.0 * w2 + w3)).abs() < 1e-12);
    assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn the_decoder_is_drawn_as_often_as_the_second_step_whatever_its_term() {
    let mut sampler = TimeSampler::new(TimeSamplerKind::Importance, 3).unwrap();
    for _ in 0..11 {
        sampler.update(&[1, 2, 3], &[1000.0, 1.0, 2.0]);
    }
    let p = sampler.probabilities();
    assert_eq!(p[0], p[1]);
    assert!(p[2] > p[1]);
    let one_step = TimeSampler::new(TimeSamplerKind::Importance, 1).unwrap();
    assert_eq!(one_step.probabilities(), [1.0]);
    assert!(TimeSampler::new(TimeSamplerKind::Uniform, 0).is_err());
}

#[test]
fn a_guarded_sampler_starves_no_step_and_draws_the_others_by_importance() {
    let mut sampler = TimeSampler::new(TimeSamplerKind::GuardedImportance, 4).unwrap();
    for _ in 0..11 {
        sampler.update(&[1, 2, 3, 4], &[0.0, 0.0, 1.0, 3.0]);
    }
    let guarded = sampler.probabilities();
    let published = TimeSampler { kind: TimeSamplerKind::Importance, ..sampler }.probabilities();
    assert!(published[1] < 1e-4);
    for (guarded, published) in guarded.iter().zip(&published) {
        assert!(*guarded >= 0.025 && (guarded - (0.9 * published + 0.025)).abs() < 1e-12);
    }
    assert!((guarded.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn steps_that_occur_twice_in_a_batch_are_averaged_in_any_order() {
    let sampler = TimeSampler::new(TimeSamplerKind::Importance, 4).unwrap();
    let (mut a, mut b) = (sampler.clone(), sampler);
    a.update(&[2, 4, 2, 2], &[1.0, 5.0, 0.1, 0.7]);
    b.update(&[2, 2, 2, 4], &[0.7, 1.0, 0.1, 5.0]);
    assert_eq!(a, b);
    assert!((a.history[1] - 0.1 * (1.0 + 0.01 + 0.49) / 3.0).abs() < 1e-12);
    assert_eq!(a.counts, [0, 3, 0, 1]);
}

#[test]
fn a_sampler_survives_its_way_through_a_checkpoint_and_another_model_refuses_it() {
    let mut sampler = TimeSampler::new(TimeSamplerKind::Importance, 3).unwrap();
    sampler.update(&[1, 3], &[0.1, 1.0 / 3.0]);
    let text = serde_json::to_string(&sampler).unwrap();
    let mut read: TimeSampler = serde_json::from_str(&text).unwrap();
    assert_eq!(read, sampler);
    assert!(read.check(3).is_ok() && read.check(4).is_err());
    read.history[0] = f64::NAN;
    assert!(read.check(3).is_err());
    assert!(serde_json::from_str::<TimeSampler>(&text.replace("importance", "magic")).is_err());
}

#[test]
fn steps_are_drawn_with_the_probabilities_that_come_with_them() {
    let mut sampler = TimeSampler::new(TimeSamplerKind::Importance, 4).unwrap();
    for _ in 0..11 {
        sampler.update(&[1, 2, 3, 4], &[1.0, 1.0, 2.0, 4.0]);
    }
    let draw = sampler.sample(&uniform("steps", 20_000));
    let zero_based: Vec<i64> = draw.t.iter().map(|&t| t as i64 - 1).collect();
    let p = sampler.probabilities();
    assert!(chi_squared(&zero_based, &p) < 16.3);
    assert!(draw.t.iter().zip(&draw.q_t).all(|(&t, &q)| q == p[t - 1]));
    let ends = sampler.sample(&[0.0, 1.0 - f64::EPSILON]);
    assert_eq!(ends.t, [1, 4]);
}

#[test]
fn stratified_steps_cover_the_range_evenly_in_every_batch() {
    let sampler = TimeSampler::new(TimeSamplerKind::Stratified, 8).unwrap();
    for first in [0.0, 0.37, 0.99] {
        let mut t = sampler.sample(&[first, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]).t;
        t.sort_unstable();
        assert_eq!(t, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}

#[test]
fn with_the_exact_estimate_single_letters_have_their_frequencies_for_every_noise_and_choice_of_steps() {
    // Of one letter the other positions say nothing: the best estimate is its frequency.
    let frequencies = [0.6_f32, 0.3, 0.1];
    let expected = frequencies.map(f64::from);
    let models =
        [diffusion(Uniform::new(3, cosine(20))), diffusion(Absorbing::new(3, NoiseSchedule::absorbing(20).unwrap()))];
    for model in models {
        for count in [1, 3, 20] {
            let times = model.some_steps(count);
            assert_eq!(times.len(), count);
            let options = SampleOptions::default();
            let x = model.sample(&constant(frequencies), [4, 2000], &times, options, &mut draws("letters")).unwrap();
            let found = chi_squared(&ints(x), &expected);
            assert!(found < 13.8, "{:?} in {count} steps: {found}", model.transition());
        }
    }
}

#[test]
fn two_bound_letters_part_as_often_as_one_step_shows_both() {
    let (k, steps, count) = (4, 12, 3000);
    let schedule = NoiseSchedule::absorbing(steps).unwrap();
    let table = twins(k, mask_kernels(k, &schedule));
    let model = diffusion(Absorbing::new(k, schedule));
    for calls in [steps, 4, 2] {
        let times = model.some_steps(calls);
        let oracle = table.denoiser(View::LeaveOneOut);
        let x = model.sample(&oracle, [count, 2], &times, SampleOptions::default(), &mut draws("twins")).unwrap();
        let apart = ints(x).chunks(2).filter(|x| x[0] != x[1]).count() as f64 / count as f64;
        // Both in one of the equal steps, and then by chance the same.
        let expected = 1.0 / calls as f64 * (1.0 - 1.0 / k as f64);
        let error = (expected * (1.0 - expected) / count as f64).sqrt();
        assert!((apart - expected).abs() < 3.3 * error, "{calls} calls: {apart}, expected {expected}");
    }
}

#[test]
fn the_network_is_told_the_step_of_the_full_chain() {
    let model = diffusion(Uniform::new(3, cosine(10)));
    assert_eq!(model.some_steps(4), [10, 8, 5, 3]);
    assert_eq!(model.some_steps(1), [10]);
    assert_eq!(model.some_steps(99), model.all_steps());
    let told = Cell::new(Vec::new());
    let network = DenoiserFn(|tokens: Tensor<2, Int>, time: Tensor<1>| {
        let mut all = told.take();
        all.push(time.into_scalar::<f32>());
        told.set(all);
        Tensor::<3>::zeros([1, 2, 3], &tokens.device())
    });
    model.sample(&network, [1, 2], &[10, 8, 5, 3], SampleOptions::default(), &mut draws("told")).unwrap();
    assert_eq!(told.take(), [1.0, 0.8, 0.5, 0.3]);
}

#[test]
fn every_state_is_shown_and_the_last_one_is_the_sample() {
    let model = diffusion(Absorbing::new(3, NoiseSchedule::absorbing(5).unwrap()));
    let mut seen = Vec::new();
    let mut watch = |t: usize, x: &Tensor<2, Int>| seen.push((t, ints(x.clone())));
    let options = SampleOptions { watch: Some(&mut watch), ..Default::default() };
    let network = constant([0.2, 0.3, 0.5]);
    let x = model.sample(&network, [2, 4], &model.all_steps(), options, &mut draws("watch")).unwrap();
    assert_eq!(seen.iter().map(|(t, _)| *t).collect::<Vec<_>>(), [5, 4, 3, 2, 1, 0]);
    assert_eq!(seen[0].1, [3; 8], "all masks");
    assert_eq!(seen[5].1, ints(x));
    for pair in seen.windows(2) {
        // What was shown once stays.
        assert!(pair[0].1.iter().zip(&pair[1].1).all(|(a, b)| *a == 3 || a == b));
    }
}

#[test]
fn the_last_step_may_take_the_most_probable_class() {
    let model = diffusion(Absorbing::new(3, NoiseSchedule::absorbing(1).unwrap()));
    let options = || SampleOptions { final_step: FinalStep::Argmax, ..Default::default() };
    let x = model.sample(&constant([0.2, 0.45, 0.35]), [2, 50], &[1], options(), &mut draws("argmax")).unwrap();
    assert_eq!(ints(x), [1; 100]);
}

#[test]
fn guidance_raises_the_ratio_of_both_networks_to_its_power() {
    let model = diffusion(Absorbing::new(3, NoiseSchedule::absorbing(1).unwrap()));
    let (conditional, plain) = ([0.5_f32, 0.3, 0.2], [0.2_f32, 0.4, 0.4]);
    let unconditional = constant(plain);
    for scale in [0.0, 1.0, 2.0] {
        let guidance = Some(Guidance { unconditional: &unconditional, scale });
        let options = SampleOptions { guidance, ..Default::default() };
        let x = model.sample(&constant(conditional), [1, 8000], &[1], options, &mut draws("guided")).unwrap();
        let weight = |k: usize| f64::from(conditional[k]).powf(scale) * f64::from(plain[k]).powf(1.0 - scale);
        let sum: f64 = (0..3).map(weight).sum();
        let expected: Vec<f64> = (0..3).map(|k| weight(k) / sum).collect();
        let found = chi_squared(&ints(x), &expected);
        assert!(found < 13.8, "scale {scale}: {found}");
    }
}

#[test]
fn infilling_holds_what_is_known_and_the_rest_follows_from_it() {
    let (k, steps) = (4, 6);
    let schedule = NoiseSchedule::absorbing(steps).unwrap();
    let table = twins(k, mask_kernels(k, &schedule));
    let model = diffusion(Absorbing::new(k, schedule));
    let ids: Vec<i64> = (0..40).flat_map(|row| [row % 4, 0]).collect();
    let known = Known {
        ids: Tensor::from_data(TensorData::new(ids, [40, 2]), &device()),
        mask: Tensor::<2, Bool>::from_data([[true, false]], &device()).expand([40, 2]),
    };
    let options = SampleOptions { known: Some(known), ..Default::default() };
    let oracle = table.denoiser(View::LeaveOneOut);
    let x = ints(model.sample(&oracle, [40, 2], &model.all_steps(), options, &mut draws("infill")).unwrap());
    for (row, pair) in x.chunks(2).enumerate() {
        assert_eq!(pair, [row as i64 % 4; 2]);
    }
}

#[test]
fn lists_of_steps_that_make_no_chain_are_refused() {
    let model = diffusion(Uniform::new(3, cosine(5)));
    for times in [&[][..], &[4, 2], &[5, 5], &[5, 2, 3], &[5, 0]] {
        let sample = model.sample(&constant([0.3; 3]), [1, 2], times, SampleOptions::default(), &mut draws("bad"));
        assert!(sample.is_err(), "{times:?}");
    }
}

/// 27 letters in a ring: the next one with probability 0.9, else one of the other 26.
fn ring(from: usize, to: usize) -> f64 {
    if to == (from + 1) % 27 { 0.9 } else { 0.1 / 26.0 }
}

/// Three letters of the ring, the first one 0: all 729 of them, and their probabilities.
fn triples() -> (Vec<[i64; 3]>, Vec<f64>) {
    let all: Vec<[i64; 3]> = (0..27).flat_map(|b| (0..27).map(move |c| [0, b, c])).collect();
    let p = all.iter().map(|x| ring(0, x[1] as usize) * ring(x[1] as usize, x[2] as usize)).collect();
    (all, p)
}

/// What the middle letter should be, given the outer two without errors.
fn reader() -> impl Denoiser {
    DenoiserFn(|tokens: Tensor<2, Int>, _| {
        let ([rows, _], device) = (tokens.dims(), tokens.device());
        let mut logits = Vec::new();
        for x in ints(tokens).chunks(3) {
            let middle: Vec<f64> = (0..27).map(|k| ring(x[0] as usize, k) * ring(k, x[2] as usize)).collect();
            for _ in 0..3 {
                logits.extend(middle.iter().map(|p| p.ln() as f32));
            }
        }
        Tensor::from_data(TensorData::new(logits, [rows, 3, 27]), &device)
    })
}

/// Proposals for the middle letters.
fn middle(texts: &[[i64; 3]], mode: SpellMode) -> Vec<i64> {
    let model = diffusion(Uniform::new(27, cosine(1000)));
    let flat: Vec<i64> = texts.concat();
    let ids = Tensor::from_data(TensorData::new(flat, [texts.len(), 3]), &device());
    let spelling = model.spell_check(&reader(), ids, 100, mode).unwrap();
    ints(spelling.proposals).chunks(3).map(|x| x[1]).collect()
}

#[test]
fn an_oracle_corrects_nine_of_ten_isolated_substitutions_on_the_ring() {
    let (texts, p) = triples();
    let wrong: Vec<[i64; 3]> = texts.iter().map(|x| [x[0], (x[1] + 13) % 27, x[2]]).collect();
    let found = middle(&wrong, SpellMode::Raw);
    let corrected: f64 = texts.iter().zip(&found).zip(&p).filter(|((x, y), _)| x[1] == **y).map(|(_, p)| p).sum();
    // Two regular steps are always restored (0.81); of one regular step and one jump, in either order, one order wins (0.09).
    assert!((corrected - 0.9).abs() < 1e-9, "{corrected}");
}

#[test]
fn a_noisy_channel_edits_less_the_fewer_errors_it_expects_and_never_if_none() {
    let (texts, p) = triples();
    let edited = |eps: f64| -> f64 {
        let found = middle(&texts, SpellMode::NoisyChannel { eps });
        texts.iter().zip(found).zip(&p).filter(|((x, y), _)| x[1] != *y).map(|(_, p)| p).sum()
    };
    assert_eq!(edited(0.0), 0.0);
    assert_eq!(edited(1e-12), 0.0);
    // Clean text at 5 %: only two jumps that end where two regular steps would have ended look like an error.
    assert!((edited(0.05) - 26.0 * (0.1_f64 / 26.0).powi(2)).abs() < 1e-9);
    // At 1 what was read has no say.
    let raw = middle(&texts, SpellMode::Raw);
    assert_eq!(middle(&texts, SpellMode::NoisyChannel { eps: 1.0 }), raw);
}

#[test]
fn the_decoder_would_never_correct_anything() {
    let model = diffusion(Uniform::new(27, cosine(1000)));
    let (texts, _) = triples();
    let ids = Tensor::from_data(TensorData::new(texts.concat(), [729, 3]), &device());
    let decoded = model.denoise_posterior(&reader(), ids.clone(), 1).argmax(2).squeeze_dim::<2>(2);
    assert_eq!(ints(decoded), ints(ids));
}

#[test]
fn spell_checking_with_impossible_settings_is_refused() {
    let model = diffusion(Uniform::new(27, cosine(10)));
    let ids = || Tensor::<2, Int>::zeros([1, 3], &device());
    for (t, mode) in [
        (0, SpellMode::Raw),
        (11, SpellMode::Raw),
        (1, SpellMode::NoisyChannel { eps: 1.5 }),
        (1, SpellMode::NoisyChannel { eps: f64::NAN }),
    ] {
        assert!(model.spell_check(&reader(), ids(), t, mode).is_err());
    }
}

#[test]
fn precision_and_recall_count_restored_letters() {
    let (truth, observed, proposed) = ([1, 2, 3, 4, 5], [1, 9, 9, 9, 5], [1, 2, 8, 9, 6]);
    let mut counts = SpellCounts::count(&observed, &proposed, &truth);
    assert_eq!((counts.errors, counts.edits, counts.detected, counts.corrected), (3, 3, 2, 1));
    assert_eq!((counts.precision(), counts.recall()), (1.0 / 3.0, 1.0 / 3.0));
    counts += SpellCounts::count(&[1, 1], &[1, 2], &[1, 2]);
    assert_eq!((counts.positions, counts.precision(), counts.recall()), (7, 0.5, 0.5));
    let nothing = SpellCounts::default();
    assert_eq!((nothing.precision(), nothing.recall()), (1.0, 1.0));
}

#[test]
fn exact_uniform_chains_bind_two_letters() {
    let (k, steps, count) = (3, 60, 400);
    let schedule = cosine(steps);
    let table = twins(k, uniform_kernels(k, &schedule));
    let model = diffusion(Uniform::new(k, schedule));
    let oracle = table.denoiser(View::LeaveOneOut);
    let x =
        model.sample(&oracle, [count, 2], &model.all_steps(), SampleOptions::default(), &mut draws("pairs")).unwrap();
    let together = ints(x).chunks(2).filter(|x| x[0] == x[1]).count() as f64 / count as f64;
    // Independent letters agree in a third of the pairs, three standard errors of which are 0.07.
    assert!(together > 0.9, "{together}");
}
