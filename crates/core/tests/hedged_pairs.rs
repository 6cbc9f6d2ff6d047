//! The loss of pairs within one modality (HIB), and the mixtures it embeds by: oracles in loops, laws, limits.

mod common;

use burn::{
    nn::loss::Reduction,
    tensor::{Device, Int, Tensor, TensorData},
};
use common::{Draws, assert_all_finite, assert_close, autodiff, device, scalar, values};
use halation_core::{
    dist::{DiagNormal, DiagNormalMixture, LogStd},
    divergence::MatchFunction,
    loss::*,
};

fn pair_match(balanced: bool, device: &Device) -> PairMatchLoss {
    PairMatchLossConfig::new().with_balanced(balanced).init(device).unwrap()
}

#[test]
fn the_pair_loss_is_the_mean_over_the_pairs_of_different_items() {
    let (mut draws, device) = (Draws::new(17), device());
    let samples = draws.tensor::<3>([4, 3, 2], &device);
    let labels = [0, 1, 0, 1];
    let matches = MatchMatrix::from_ids(&labels, &labels, &device);
    let loss = pair_match(false, &device);
    let losses = values(&loss.contrastive.forward_no_reduction(samples.clone(), samples.clone(), &matches));
    let pairs: Vec<(usize, usize)> = (0..4).flat_map(|i| (i + 1..4).map(move |k| (i, k))).collect();
    let sum: f64 = pairs.iter().map(|(i, k)| losses[i * 4 + k]).sum();
    let reduced = |reduction| scalar(loss.forward(samples.clone(), &matches, reduction));
    assert_close("mean", &[reduced(Reduction::Mean), reduced(Reduction::Auto)], &[sum / 6.0, sum / 6.0], 1e-5);
    assert_close("sum", &[reduced(Reduction::Sum)], &[sum], 1e-5);
    assert_close("batch mean", &[reduced(Reduction::BatchMean)], &[sum / 4.0], 1e-5);
    let of = |matching: bool| -> f64 {
        let list: Vec<f64> = pairs
            .iter()
            .filter(|(i, k)| (labels[*i] == labels[*k]) == matching)
            .map(|(i, k)| losses[i * 4 + k])
            .collect();
        list.iter().sum::<f64>() / list.len() as f64
    };
    let balanced = scalar(pair_match(true, &device).forward(samples.clone(), &matches, Reduction::Mean));
    assert_close("balanced", &[balanced], &[(of(true) + of(false)) / 2.0], 1e-5);

    // The same pairs, aligned.
    let side = |pick: fn(&(usize, usize)) -> usize| {
        let places: Vec<i64> = pairs.iter().map(|pair| pick(pair) as i64).collect();
        samples.clone().select(0, Tensor::<1, Int>::from_ints(places.as_slice(), &device))
    };
    let targets: Vec<f32> = pairs.iter().map(|(i, k)| f32::from(u8::from(labels[*i] == labels[*k]))).collect();
    let targets = Tensor::<1>::from_floats(targets.as_slice(), &device);
    let aligned = loss.forward_aligned(side(|pair| pair.0), side(|pair| pair.1), targets, Reduction::Mean);
    assert_close("aligned", &values(&aligned), &[sum / 6.0], 1e-5);
}

#[test]
fn pairs_of_one_kind_make_half_of_the_balanced_loss_and_a_single_item_has_none() {
    let device = autodiff();
    let samples = Draws::new(18).tensor::<3>([3, 2, 4], &device).require_grad();
    let all = MatchMatrix::from_tensor(Tensor::ones([3, 3], &device)).unwrap();
    let balanced = scalar(pair_match(true, &device).forward(samples.clone(), &all, Reduction::Mean));
    let plain = scalar(pair_match(false, &device).forward(samples.clone(), &all, Reduction::Mean));
    assert_close("half", &[balanced], &[plain / 2.0], 1e-5);
    let single = samples.clone().narrow(0, 0, 1);
    let loss = pair_match(true, &device).forward(single, &MatchMatrix::identity(1, &device), Reduction::Mean);
    assert_eq!(scalar(loss.clone()), 0.0);
    assert_eq!(values(&samples.grad(&loss.backward()).unwrap()), [0.0; 24]);
}

#[test]
fn the_pair_loss_does_not_depend_on_the_order_of_the_items() {
    let (mut draws, device) = (Draws::new(19), device());
    let samples = draws.tensor::<3>([5, 3, 2], &device);
    let order = [3, 0, 4, 2, 1];
    let shuffled = samples.clone().select(0, Tensor::<1, Int>::from_ints(order, &device));
    let labels = [0, 1, 0, 1, 2];
    let shuffled_labels = order.map(|place| labels[place as usize]);
    let loss = pair_match(true, &device);
    let at = |samples, labels: [i32; 5]| {
        scalar(loss.forward(samples, &MatchMatrix::from_ids(&labels, &labels, &device), Reduction::Mean))
    };
    assert_close("loss", &[at(shuffled, shuffled_labels)], &[at(samples, labels)], 1e-5);
}

#[test]
fn the_self_mismatch_grows_with_the_width_of_an_embedding_and_is_that_of_the_match_measure() {
    let (mut draws, device) = (Draws::new(20), device());
    let function = MatchFunction::new(2.0, 3.0, 1).unwrap();
    let (noise, other) = (draws.tensor::<3>([1, 64, 3], &device), draws.tensor::<3>([1, 64, 3], &device));
    let widths = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0];
    let log_std = Tensor::<2>::from_floats(widths.map(|width| [width; 3]), &device);
    let items = DiagNormal::new(draws.tensor([6, 3], &device), LogStd(log_std));
    let (one, two) = (items.rsample(noise), items.rsample(other));
    let mismatch = values(&function.self_mismatch(one.clone(), two.clone()));
    assert!(mismatch.windows(2).all(|pair| pair[0] < pair[1]), "{mismatch:?}");
    let matching: Vec<f64> =
        values(&function.log_match_of_samples(one, two)).iter().map(|log| 1.0 - log.exp()).collect();
    assert_close("1 - p", &mismatch, &matching, 1e-5);
    // A certain item: 1 - p would round to 0 in an f32.
    let certain = MatchFunction::new(2.0, 30.0, 1).unwrap();
    let point = Tensor::<3>::zeros([1, 1, 3], &device);
    let mismatch = values(&certain.self_mismatch(point.clone(), point))[0];
    assert!((0.9..1.1).contains(&(mismatch / (-30f64 + 2e-3).exp())), "{mismatch:e}");
}

#[test]
fn a_mixture_of_one_component_or_of_equal_ones_is_that_component() {
    let (mut draws, device) = (Draws::new(21), device());
    let one = draws.distributions(4, 3, &device);
    let points = draws.tensor::<2>([4, 3], &device);
    for copies in 1..4 {
        let logits = draws.tensor([4, copies], &device);
        let mixture = DiagNormalMixture::new(vec![one.clone(); copies], logits).unwrap();
        assert_close("mean", &values(&mixture.mean()), &values(&one.mean()), 1e-5);
        let log_prob = mixture.log_prob(points.clone().unsqueeze_dim(1));
        assert_close("log_prob", &values(&log_prob), &values(&one.log_prob(points.clone())), 1e-5);
        let noise = draws.tensor::<3>([4, 6, 3], &device);
        let samples = mixture.rsample(noise.clone(), mixture.in_turn(6));
        assert_close("samples", &values(&samples), &values(&one.rsample(noise)), 0.0);
    }
}

/// Two components in one dimension, of weights 1/4 and 3/4.
fn bimodal(device: &Device) -> DiagNormalMixture {
    let part = |mean: f32, log_std: f32| {
        DiagNormal::new(Tensor::from_floats([[mean]], device), LogStd(Tensor::from_floats([[log_std]], device)))
    };
    let logits = Tensor::from_floats([[0.0, 3f32.ln()]], device);
    DiagNormalMixture::new(vec![part(-1.0, -1.0), part(2.0, 0.3)], logits).unwrap()
}

#[test]
fn a_mixture_density_integrates_to_one_and_its_divergence_is_estimated_without_bias() {
    let device = device();
    let mixture = bimodal(&device);
    let step = 0.01;
    let grid: Vec<f32> = (-1000..=1500).map(|place| place as f32 * step as f32).collect();
    let points = Tensor::<1>::from_floats(grid.as_slice(), &device).reshape([1, grid.len(), 1]);
    let log_density = values(&mixture.log_prob(points));
    assert_close("integral", &[log_density.iter().map(|log| log.exp() * step).sum()], &[1.0], 1e-5);
    let log_prior = |z: f64| -0.5 * (z * z + std::f64::consts::TAU.ln());
    let divergence: f64 =
        log_density.iter().zip(&grid).map(|(log, z)| log.exp() * (log - log_prior(f64::from(*z))) * step).sum();
    // Three in four samples come from the second component.
    let count = 40_000;
    let choices: Vec<i64> = (0..count).map(|place| i64::from(place % 4 != 0)).collect();
    let choices = Tensor::<2, Int>::from_data(TensorData::new(choices, [1, count as usize]), &device);
    let noise = Draws::new(22).tensor::<3>([1, count as usize, 1], &device);
    let samples = mixture.rsample(noise, choices);
    // The integrand has a standard deviation of about 4: 0.02 at 40,000 draws, four of them.
    assert_close("divergence", &values(&mixture.sampled_kl_standard(samples.clone())), &[divergence], 0.08);
    assert_close("mean", &values(&samples.mean_dim(1)), &values(&mixture.mean()), 0.03);
    assert_close("closed mean", &values(&mixture.mean()), &[-0.25 + 1.5], 1e-5);
}

#[test]
fn components_are_chosen_by_number_and_taken_in_turn() {
    let device = device();
    let mixture = bimodal(&device);
    let samples = mixture.rsample(Tensor::zeros([1, 5, 1], &device), mixture.in_turn(5));
    assert_close("samples", &values(&samples), &[-1.0, 2.0, -1.0, 2.0, -1.0], 1e-6);
    let uniform = DiagNormalMixture::uniform(mixture.components().to_vec()).unwrap();
    assert_close("weights", &values(&uniform.log_weights().exp()), &[0.5, 0.5], 1e-6);
}

#[test]
fn a_mixture_stays_finite_at_hostile_scales_and_means() {
    let device = autodiff();
    for (mean, log_std) in [(0.0, 0.0), (1e20, 0.0), (1.0, -25.0), (1.0, 25.0), (1e20, -25.0)] {
        let leaf = Tensor::<2>::full([2, 3], mean, &device).require_grad();
        let part = |sign: f64| DiagNormal::new(leaf.clone() * sign, LogStd(leaf.full_like(log_std)));
        let mixture = DiagNormalMixture::uniform(vec![part(1.0), part(-1.0)]).unwrap();
        let samples = mixture.rsample(Draws::new(23).tensor([2, 4, 3], &device), mixture.in_turn(4));
        let divergence = mixture.sampled_kl_standard(samples).sum();
        assert_all_finite("divergence", &values(&divergence));
        assert_all_finite("gradient", &values(&leaf.grad(&divergence.backward()).unwrap()));
    }
}

#[test]
#[should_panic(expected = "square match matrix")]
fn pairs_within_a_batch_need_a_square_matrix() {
    let matches = MatchMatrix::from_ids(&[1, 2], &[1, 2, 3], &device());
    pair_match(false, &device()).forward(Tensor::zeros([2, 1, 3], &device()), &matches, Reduction::Mean);
}
