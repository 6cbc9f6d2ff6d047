//! Schedules of continuous time, their noise and their levels: published values, derivatives, and the argmax of a Gaussian.

mod common;

use std::f64::consts::SQRT_2;

use common::{device, uniform, values};
use halation_models::diffusion::continuous::sample::TimeGrid;
use halation_models::diffusion::continuous::{AlphaSchedule, Corruption, DuoMap, Masked, NoiseKind, TimeDraw};

use burn::tensor::{Int, Tensor};

const SCHEDULES: [AlphaSchedule; 7] = [
    AlphaSchedule::Linear,
    AlphaSchedule::Cosine,
    AlphaSchedule::Polynomial { power: 2.0 },
    AlphaSchedule::PowerPath { power: 3.0 },
    AlphaSchedule::PowerPath { power: 1.5 },
    AlphaSchedule::LogLinear { epsilon: 1e-3 },
    AlphaSchedule::Geometric { low: 1e-4, high: 20.0 },
];
const LEVELS: [f64; 5] = [1e-3, 0.2, 0.5, 0.77, 0.99];

#[test]
fn alpha_falls_and_its_slope_is_its_derivative() {
    for schedule in SCHEDULES {
        for t in LEVELS {
            let step = 1e-6;
            let difference = (schedule.alpha(t + step) - schedule.alpha(t - step)) / (2.0 * step);
            let slope = schedule.slope(t);
            assert!(slope < 0.0);
            // a central difference of f64 with this step is good to 1e-9 here
            assert!(
                (difference - slope).abs() < 1e-8 * (1.0 + slope.abs()),
                "{schedule:?} at {t}: {difference} {slope}"
            );
        }
    }
}

#[test]
fn all_quantities_of_a_schedule_follow_from_alpha() {
    for schedule in SCHEDULES {
        for t in LEVELS {
            let (alpha, slope) = (schedule.alpha(t), schedule.slope(t));
            let close =
                |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{schedule:?} at {t}: {a} {b}");
            close(schedule.noise_rate(t), 1.0 - alpha);
            close(schedule.total_noise(t), -alpha.ln());
            close(schedule.noise_growth(t), -slope / alpha);
            close(schedule.denoising_rate(t) * (1.0 - alpha), -slope);
            close(schedule.time_of(alpha), t);
        }
    }
}

#[test]
fn the_ends_are_finite_and_the_masking_rate_keeps_its_digits_at_low_noise() {
    for schedule in SCHEDULES {
        for t in [0.0, 1.0] {
            let weight = schedule.denoising_rate(t);
            assert!(weight.is_finite() && schedule.noise_growth(t).is_finite(), "{schedule:?} at {t}");
            assert!((schedule.time_of(schedule.alpha(t)) - t).abs() < 1e-9, "{schedule:?} at {t}");
        }
    }
    assert_eq!(AlphaSchedule::Polynomial { power: 3.0 }.noise_rate(1e-6), 1e-6_f64.powf(3.0));
    assert!((AlphaSchedule::PowerPath { power: 2.0 }.noise_rate(1e-12) / 2e-12 - 1.0).abs() < 1e-11);
    assert!((AlphaSchedule::Geometric { low: 1e-4, high: 20.0 }.alpha(1.0) - (-20.0_f64).exp()).abs() < 1e-20);
    assert_eq!(AlphaSchedule::LogLinear { epsilon: 1e-3 }.time_of(1.0), 0.0);
}

#[test]
fn a_schedule_that_cannot_work_is_refused() {
    for schedule in [
        AlphaSchedule::Polynomial { power: 0.0 },
        AlphaSchedule::PowerPath { power: 0.5 },
        AlphaSchedule::PowerPath { power: f64::NAN },
        AlphaSchedule::LogLinear { epsilon: 1.0 },
        AlphaSchedule::LogLinear { epsilon: -0.1 },
        AlphaSchedule::Geometric { low: 2.0, high: 1.0 },
        AlphaSchedule::Geometric { low: 0.0, high: 1.0 },
    ] {
        assert!(schedule.check().is_err(), "{schedule:?}");
        assert!(Masked::new(3, schedule).is_err());
    }
    assert!(Masked::new(0, AlphaSchedule::Linear).is_err());
    assert!(Masked::new(3, AlphaSchedule::Linear).unwrap().with_steps(0).is_err());
}

#[test]
fn stratified_levels_fall_into_every_part_once() {
    for u in [0.0, 0.3, 0.999] {
        let mut parts: Vec<usize> =
            TimeDraw::Stratified.levels(8, &[u]).iter().map(|t| ((1.0 - t) * 8.0 + 1e-9) as usize).collect();
        parts.sort_unstable();
        assert_eq!(parts, [0, 1, 2, 3, 4, 5, 6, 7]);
    }
    let pairs = TimeDraw::Antithetic.levels(5, &[0.1, 0.25, 0.0]);
    assert_eq!(pairs, [0.9, 0.1, 0.75, 0.25, 1.0]);
    for draw in [TimeDraw::Independent, TimeDraw::Stratified, TimeDraw::Antithetic] {
        let levels = draw.levels(7, &vec![0.0; draw.uniforms(7)]);
        assert!(levels.iter().all(|&t| t > 0.0 && t <= 1.0), "{draw:?}: {levels:?}");
    }
}

#[test]
fn sampling_grids_go_from_noise_to_data() {
    let cosine = TimeGrid::cosine(10).unwrap();
    assert_eq!(cosine.levels().len(), 11);
    assert_eq!((cosine.levels()[0], cosine.levels()[10]), (1.0, 0.0));
    assert!(cosine.levels().is_sorted_by(|a, b| a > b));
    // the published grid: t -> cos(pi/2 (1 - t)) at t = 0.7
    assert!((cosine.levels()[3] - (std::f64::consts::FRAC_PI_2 * 0.3).cos()).abs() < 1e-15);
    assert_eq!(TimeGrid::uniform(4).unwrap().levels(), [1.0, 0.75, 0.5, 0.25, 0.0]);
    assert!(TimeGrid::uniform(0).is_err());
}

#[test]
fn noise_hits_and_replaces_as_often_as_the_kernel_says() {
    let (classes, count, alpha) = (4, 4000, 0.3);
    let uniforms = uniform("corruption", count);
    for kind in [NoiseKind::Mask, NoiseKind::Uniform] {
        let noise = Corruption::draw(kind, classes, &vec![alpha; count], &uniforms, [4, 1000]);
        let x0 = Tensor::<2, Int>::ones([4, 1000], &device());
        let noisy = values(noise.apply(x0).float());
        let mut counts = [0.0; 5];
        noisy.iter().for_each(|&id| counts[id as usize] += 1.0);
        let other = (1.0 - alpha) / 4.0;
        let expected = match kind {
            NoiseKind::Mask => [0.0, alpha, 0.0, 0.0, 1.0 - alpha],
            NoiseKind::Uniform => [other, alpha + other, other, other, 0.0],
        };
        for (found, p) in counts.iter().zip(expected) {
            // five standard errors of a binomial count
            assert!((found - p * 4000.0).abs() <= 5.0 * (4000.0 * p * (1.0 - p)).sqrt(), "{kind:?}: {counts:?}");
        }
    }
}

#[test]
fn the_argmax_of_a_gaussian_diffusion_is_uniform_diffusion() {
    let alpha = |classes, gaussian| DuoMap::new(classes).unwrap().alpha(gaussian);
    for (classes, gaussian, golden) in [(2, 0.6, 0.404116909), (27, 0.6, 0.101805019), (27, 0.9, 0.514605449)] {
        assert!((alpha(classes, gaussian) - golden).abs() < 1e-9, "{classes} {gaussian}");
    }
    for gaussian in [0.1, 0.5, 0.99] {
        // K = 2: erf(a / (2 sqrt(1 - a^2))), here as 2 Phi - 1 by a fine midpoint rule
        let end: f64 = gaussian / (SQRT_2 * (1.0_f64 - gaussian * gaussian).sqrt());
        let step = end / 20_000.0;
        let phi = |z: f64| (-0.5 * z * z).exp() * (2.0 / std::f64::consts::PI).sqrt();
        let erf: f64 = (0..20_000).map(|i| phi((f64::from(i) + 0.5) * step) * step).sum();
        assert!((alpha(2, gaussian) - erf).abs() < 1e-8, "{gaussian}");
    }
    for classes in [2, 27, 50_000] {
        assert!(alpha(classes, 0.0).abs() < 1e-12);
        assert_eq!(alpha(classes, 1.0), 1.0);
        assert!((alpha(classes, 1.0 - 1e-9) - 1.0).abs() < 1e-12);
        for gaussian in [0.2, 0.6, 0.95] {
            let map = DuoMap::new(classes).unwrap();
            let difference = (map.alpha(gaussian + 1e-6) - map.alpha(gaussian - 1e-6)) / 2e-6;
            assert!((difference - map.slope(gaussian)).abs() < 1e-7, "{classes} {gaussian}");
        }
    }
    assert!(DuoMap::new(1).is_err());
}

#[test]
fn drawn_gaussians_agree_with_the_map_for_27_classes() {
    let (classes, draws) = (27, 20_000);
    let gaussian = 0.9_f64;
    let noise = (1.0 - gaussian * gaussian).sqrt();
    let uniforms = uniform("gaussians", 2 * classes * draws);
    let normal = |pair: &[f64]| (-2.0 * (1.0 - pair[0]).ln()).sqrt() * (std::f64::consts::TAU * pair[1]).cos();
    let hits = uniforms
        .chunks(2 * classes)
        .filter(|row| {
            let values: Vec<f64> = row.chunks(2).map(|pair| noise * normal(pair)).collect();
            values[1..].iter().all(|&other| other < values[0] + gaussian)
        })
        .count() as f64;
    let alpha = DuoMap::new(classes).unwrap().alpha(gaussian);
    let expected = (alpha + (1.0 - alpha) / classes as f64) * draws as f64;
    // four standard errors of a count with p near a half
    assert!((hits - expected).abs() < 4.0 * (draws as f64 * 0.25).sqrt(), "{hits} {expected}");
}
