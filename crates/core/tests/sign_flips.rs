//! Samples that are sign flips of one draw: their fast form beside the general one with the same eight draws, and what they estimate.

mod common;

use burn::tensor::{DType, Tensor};
use common::{Draws, assert_close, autodiff, device, values};
use halation_core::{
    CoreError,
    dist::{DiagNormal, LogStd},
    divergence::*,
};

/// The measures that have a fast form.
const FAST: [Measure; 3] = [Measure::MatchProbability, Measure::SampledL2, Measure::SampledJs];

/// The draws written out: dimension `d` changes its sign in pattern `j` where `j` and `1 + d mod 7` have an odd number of bits in common.
fn written_out(draw: &Tensor<2>) -> Tensor<2> {
    let [_, dims] = draw.dims();
    let base = values(draw);
    let draws: Vec<f64> = (0..8usize)
        .flat_map(|j| {
            base.iter().enumerate().map(move |(d, x)| if (j & (1 + d % 7)).count_ones() % 2 == 1 { -x } else { *x })
        })
        .collect();
    Tensor::<1>::from_data(draws.as_slice(), (&draw.device(), draw.dtype())).reshape([8, dims])
}

/// The same in double precision.
fn double(side: &DiagNormal) -> DiagNormal {
    DiagNormal::new(side.mean().cast(DType::F64), LogStd(side.log_std().0.cast(DType::F64)))
}

/// The same eight draws, known as flips and, in double precision, as draws of their own.
fn both(draws: &mut Draws, dims: usize) -> [SampleNoise; 2] {
    let (query, gallery) = (draws.tensor([1, dims], &device()), draws.tensor([1, dims], &device()));
    [
        SampleNoise::sign_flips(query.clone(), gallery.clone()).unwrap(),
        SampleNoise::new(written_out(&query.cast(DType::F64)), written_out(&gallery.cast(DType::F64))).unwrap(),
    ]
}

fn build(measure: Measure, noise: SampleNoise, a: f64, b: f64) -> Box<dyn Divergence> {
    let function = MatchFunction::new(a, b, 2).unwrap();
    measure.build(&MeasureOptions::default().with_noise(noise).with_match_function(function)).unwrap()
}

#[test]
fn flips_give_what_the_same_draws_written_out_give() {
    let mut draws = Draws::new(7);
    // Dimensions in whole groups and not, gallery sizes around the sixteen pairs that are taken together.
    for (dims, n, m) in [(7, 3, 16), (5, 4, 3), (21, 2, 33), (64, 1, 1)] {
        let (query, gallery) = (draws.distributions(n, dims, &device()), draws.distributions(m, dims, &device()));
        let [flips, apart] = both(&mut draws, dims);
        // Probabilities in the middle, all close to 1 (their logarithms about -e^-11), and all too small for an f32: e^-400 and less; with
        // the absolute and the relative error that distances within about 1e-6 leave in their logarithm.
        for (a, b, absolute, relative) in [(1.0, 2.0, 1e-5, 1e-5), (0.1, 6.0, 0.0, 1e-4), (60.0, -100.0, 5e-3, 0.0)] {
            for measure in FAST {
                let (fast, general) = (build(measure, flips.clone(), a, b), build(measure, apart.clone(), a, b));
                let close = |found: &Tensor<2>, expected: &Tensor<2>| {
                    let [absolute, relative] =
                        if measure == Measure::MatchProbability { [absolute, relative] } else { [1e-5, 1e-5] };
                    for (found, expected) in values(found).into_iter().zip(values(expected)) {
                        let bound = absolute + relative * expected.abs();
                        assert!((found - expected).abs() <= bound, "{measure} a = {a}: {found} {expected}");
                    }
                };
                let expected = general.pairwise(&double(&query), &double(&gallery));
                close(&fast.pairwise(&query, &gallery), &expected);
                close(&fast.to_gallery(&gallery).expect("flips prepare their gallery")(&query), &expected);
                let row = |values: Tensor<1>| values.unsqueeze_dim(0);
                let diagonal = general.aligned(&double(&gallery), &double(&gallery));
                if measure != Measure::MatchProbability || a != 0.1 {
                    // One value per item takes the general form, which in an f32 is coarse near 1.
                    close(&row(fast.aligned(&gallery, &gallery)), &row(diagonal));
                }
            }
        }
    }
}

#[test]
fn probabilities_that_round_to_one_keep_their_order() {
    let point = |x: f64| {
        let mean = Tensor::<2>::from_floats([[x, 0.0, 0.0]], &device());
        DiagNormal::new(mean.clone(), LogStd(mean.zeros_like() - 12.0))
    };
    let gallery = |xs: [f64; 3]| {
        let mean = Tensor::<2>::cat(xs.map(|x| point(x).mean()).to_vec(), 0);
        DiagNormal::new(mean.clone(), LogStd(mean.zeros_like() - 12.0))
    };
    let zeros = || Tensor::<2>::zeros([1, 3], &device());
    let measure = build(Measure::MatchProbability, SampleNoise::sign_flips(zeros(), zeros()).unwrap(), 1.0, 20.0);
    // Logits of 38, 36 and 34: each probability is 1 to an f32.
    let found = values(&measure.pairwise(&point(0.0), &gallery([1.0, 2.0, 3.0])));
    for (found, logit) in found.into_iter().zip([38.0f64, 36.0, 34.0]) {
        let exact = -(-logit).exp();
        assert!((found / exact - 1.0).abs() < 1e-3, "{found} {exact}");
    }
}

#[test]
fn where_the_fast_form_does_not_reach_the_general_one_answers() {
    let mut draws = Draws::new(8);
    let [flips, apart] = both(&mut draws, 6);
    let near = draws.distributions(3, 6, &device());
    let far = DiagNormal::new(near.mean() * 1e18, near.log_std());
    for measure in FAST {
        let (fast, general) = (build(measure, flips.clone(), 1.0, 1.0), build(measure, apart.clone(), 1.0, 1.0));
        for (query, gallery) in [(&near, &far), (&far, &near), (&far, &far)] {
            let (found, expected) =
                (values(&fast.pairwise(query, gallery)), values(&general.pairwise(&double(query), &double(gallery))));
            assert!(found.iter().all(|value| !value.is_nan()), "{measure}: {found:?}");
            // So far out, the sums of squares behind the Jensen-Shannon divergence cancel to noise in both forms.
            for (found, expected) in found.iter().zip(&expected).filter(|_| measure != Measure::SampledJs) {
                assert!(
                    found == expected || ((found - expected) / expected).abs() < 1e-4,
                    "{measure}: {found} {expected}"
                );
            }
        }
        // With a gradient, and in f64.
        let tracked = DiagNormal::new(
            Tensor::from_data(near.mean().into_data(), &autodiff()),
            LogStd(Tensor::from_data(near.log_std().0.into_data(), &autodiff())),
        );
        let query = DiagNormal::new(tracked.mean().require_grad(), tracked.log_std());
        let noise = |device| {
            let draw = |seed| Tensor::from_data(Draws::new(seed).tensor([1, 6], &device).into_data(), &device);
            SampleNoise::sign_flips(draw(1), draw(2)).unwrap()
        };
        let value = build(measure, noise(autodiff()), 1.0, 1.0).pairwise(&query, &tracked);
        let plain = build(measure, noise(device()), 1.0, 1.0).pairwise(&near, &near);
        assert_close(measure.name(), &values(&value), &values(&plain), 1e-4);
        assert!(query.mean().grad(&value.sum().backward()).is_some());
        let draw = |seed| Draws::new(seed).tensor([1, 6], &device()).cast(DType::F64);
        let noise = SampleNoise::sign_flips(draw(1), draw(2)).unwrap();
        let value = build(measure, noise, 1.0, 1.0).pairwise(&double(&near), &double(&near));
        assert_close(measure.name(), &values(&value), &values(&plain), 1e-4);
    }
}

#[test]
fn a_mean_over_flips_estimates_what_a_mean_over_draws_of_their_own_does_with_a_spread_like_it() {
    // 300 estimates each of the mean distance of one pair: standard errors of 0.0130 and 0.0143 at this seed.
    let dims = 32;
    let mut draws = Draws::new(9);
    let (one, other) = (draws.distributions(1, dims, &device()), draws.distributions(1, dims, &device()));
    let mut estimates = |flips: bool| -> (f64, f64) {
        let rounds = 300;
        let found: Vec<f64> = (0..rounds)
            .map(|_| {
                let rows = if flips { 1 } else { 8 };
                let (query, gallery) = (draws.tensor([rows, dims], &device()), draws.tensor([rows, dims], &device()));
                let noise =
                    if flips { SampleNoise::sign_flips(query, gallery) } else { SampleNoise::new(query, gallery) };
                values(&SampledL2::new(noise.unwrap()).pairwise(&one, &other))[0]
            })
            .collect();
        let mean = found.iter().sum::<f64>() / f64::from(rounds);
        let variance = found.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / f64::from(rounds - 1);
        (mean, (variance / f64::from(rounds)).sqrt())
    };
    let ((flips, flips_error), (apart, apart_error)) = (estimates(true), estimates(false));
    assert!((flips - apart).abs() < 4.0 * flips_error.hypot(apart_error), "{flips} {apart}");
    // The ratio of two such spreads has a standard error of 6 %.
    assert!((flips_error / apart_error - 1.0).abs() < 0.25, "{flips_error} {apart_error}");
    // What is linear in the draws cancels: the mean inner product is exact.
    let noise =
        SampleNoise::sign_flips(draws.tensor([1, dims], &device()), draws.tensor([1, dims], &device())).unwrap();
    let exact = (one.mean() * other.mean()).sum_dim(1);
    assert_close("inner product", &values(&SampledDot::new(noise).pairwise(&one, &other)), &values(&exact), 1e-5);
}

#[test]
fn flips_are_made_of_one_draw_for_each_side() {
    let zeros = |rows: usize, dims: usize| Tensor::<2>::zeros([rows, dims], &device());
    for (query, gallery) in [(zeros(2, 4), zeros(2, 4)), (zeros(1, 4), zeros(1, 5))] {
        let error = SampleNoise::sign_flips(query, gallery).unwrap_err();
        assert!(matches!(error, CoreError::Argument { argument: "noise", .. }), "{error}");
    }
    assert_eq!(SampleNoise::sign_flips(zeros(1, 4), zeros(1, 4)).unwrap().samples(), 8);
}
