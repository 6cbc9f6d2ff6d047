//! CutMix and Mixup of a batch.

use halation_data::image::ChwImage;
use halation_data::sample::{BatchMixer, Stream, keyed_rng};

const HEIGHT: usize = 6;
const WIDTH: usize = 9;

/// Images whose values tell image, channel, row and column apart.
fn batch(count: usize) -> Vec<ChwImage> {
    let image = |index: usize| {
        let values = (0..3 * HEIGHT * WIDTH).map(|at| (1 + index) as f32 * 1000.0 + at as f32).collect();
        ChwImage { values, height: HEIGHT, width: WIDTH }
    };
    (0..count).map(image).collect()
}

/// What became of an image.
#[derive(Debug, PartialEq)]
enum Kind {
    Same,
    Mixup,
    CutMix { pasted: usize },
}

/// Checks image `at` of a mixed batch against the unmixed one, pixel by pixel.
fn kind(before: &[ChwImage], after: &[ChwImage], shares: &[f32], at: usize) -> Kind {
    let (own, other) = (&before[at].values, &before[before.len() - 1 - at].values);
    let (now, share) = (&after[at].values, shares[at]);
    if now == own {
        assert!(share == 1.0 || before.len() - 1 - at == at, "share {share} of an untouched image");
        return Kind::Same;
    }
    let is_pasted: Vec<bool> = now.iter().zip(other).map(|(now, other)| now == other).collect();
    if now.iter().zip(own).zip(&is_pasted).all(|((now, own), pasted)| *pasted || now == own) {
        let area = HEIGHT * WIDTH;
        let plane = &is_pasted[..area];
        assert!(is_pasted.chunks(area).all(|channel| channel == plane), "the box differs between channels");
        let rows: Vec<usize> = (0..area).filter(|at| plane[*at]).map(|at| at / WIDTH).collect();
        let columns: Vec<usize> = (0..area).filter(|at| plane[*at]).map(|at| at % WIDTH).collect();
        let span = |places: &[usize]| places.iter().max().unwrap() - places.iter().min().unwrap() + 1;
        assert_eq!(rows.len(), span(&rows) * span(&columns), "the pasted part is no rectangle");
        assert_eq!(share, 1.0 - rows.len() as f32 / area as f32, "the share is not that of the pixels that stayed");
        return Kind::CutMix { pasted: rows.len() };
    }
    for ((now, own), other) in now.iter().zip(own).zip(other) {
        assert_eq!(*now, share * own + (1.0 - share) * other);
    }
    Kind::Mixup
}

#[test]
fn every_image_is_untouched_or_mixed_with_the_unmixed_image_of_the_reversed_batch() {
    let before = batch(8);
    let mut seen = [0; 3];
    for step in 0..200 {
        let mut after = before.clone();
        let mixer = BatchMixer { p: 0.7, ..BatchMixer::default() };
        let shares = mixer.mix_at(&mut after, 3, 1, step).unwrap();
        assert_eq!(shares.len(), 8);
        for at in 0..8 {
            match kind(&before, &after, &shares, at) {
                Kind::Same => seen[0] += 1,
                Kind::Mixup => seen[1] += 1,
                Kind::CutMix { pasted } => {
                    assert!(pasted > 0);
                    seen[2] += 1;
                }
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 300), "{seen:?}");
}

#[test]
fn a_quarter_is_mixed_half_of_it_by_cutmix_with_shares_of_beta_2_2() {
    let before = batch(50);
    let (mut mixup, mut cutmix, mut empty) = (Vec::new(), 0, 0);
    let steps = 800;
    for step in 0..steps {
        let mut after = before.clone();
        let shares = BatchMixer::default().mix_at(&mut after, 9, 0, step).unwrap();
        for at in 0..50 {
            match kind(&before, &after, &shares, at) {
                Kind::Same => empty += 1,
                Kind::Mixup => mixup.push(f64::from(shares[at])),
                Kind::CutMix { .. } => cutmix += 1,
            }
        }
    }
    let total = f64::from(steps as u32) * 50.0;
    // Five standard deviations of binomial shares at n = 40,000: 0.0083 around 1/8. A CutMix box of a 6 x 9 image is empty
    // when a side rounds below two pixels, at lam > 1 - (2/6)^2 = 8/9: Beta(2, 2) has (1/9)^2 (3 - 2/9) = 0.034 of its mass
    // there, and the image then counts as untouched.
    let expected_cutmix = 0.125 * (1.0 - 0.0343);
    assert!((mixup.len() as f64 / total - 0.125).abs() < 0.0083, "{}", mixup.len());
    assert!((f64::from(cutmix) / total - expected_cutmix).abs() < 0.0083, "{cutmix}");
    assert_eq!(f64::from(empty) + mixup.len() as f64 + f64::from(cutmix), total);
    let count = mixup.len() as f64;
    let mean = mixup.iter().sum::<f64>() / count;
    let variance = mixup.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / count;
    // Beta(2, 2): mean 1/2, variance 1/20; five standard errors at n = 5,000.
    assert!((mean - 0.5).abs() < 0.016 && (variance - 0.05).abs() < 0.004, "{mean} {variance}");
}

#[test]
fn both_partners_can_be_mixed_and_both_read_the_unmixed_other() {
    let before = batch(6);
    let mut after = before.clone();
    let mixer = BatchMixer { p: 1.0, cutmix: 0.0, alpha: 2 };
    let shares = mixer.mix_at(&mut after, 1, 2, 3).unwrap();
    assert!((0..6).all(|at| kind(&before, &after, &shares, at) == Kind::Mixup));
    assert!(shares[0] != shares[5]);
}

#[test]
fn the_middle_image_of_an_odd_batch_stays_as_it_is() {
    let before = batch(5);
    for step in 0..20 {
        let mut after = before.clone();
        let shares = BatchMixer { p: 1.0, ..BatchMixer::default() }.mix_at(&mut after, 4, 0, step).unwrap();
        assert_eq!((&after[2], shares[2]), (&before[2], 1.0));
        for at in [0, 1, 3, 4] {
            kind(&before, &after, &shares, at);
        }
    }
    let mut one = batch(1);
    assert_eq!(BatchMixer::default().mix_at(&mut one, 0, 0, 0).unwrap(), [1.0]);
    assert!(BatchMixer::default().mix_at(&mut [], 0, 0, 0).unwrap().is_empty());
}

#[test]
fn mixing_is_a_function_of_seed_epoch_and_step_and_none_of_the_images_shifts_anothers_numbers() {
    let mixer = BatchMixer { p: 0.5, ..BatchMixer::default() };
    let mixed = |seed, epoch, step, mixer: BatchMixer| {
        let mut images = batch(8);
        let shares = mixer.mix_at(&mut images, seed, epoch, step).unwrap();
        (images, shares)
    };
    let first = mixed(1, 2, 3, mixer);
    assert_eq!(first, mixed(1, 2, 3, mixer));
    for other in [mixed(2, 2, 3, mixer), mixed(1, 3, 3, mixer), mixed(1, 2, 4, mixer)] {
        assert_ne!(first, other);
    }
    let mut rng = keyed_rng(1, 2, 3, Stream::Mix);
    let mut images = batch(8);
    assert_eq!(mixer.mix(&mut images, &mut rng).unwrap(), first.1);
    // With a higher probability, the images that were mixed before are mixed the same way.
    let more = mixed(1, 2, 3, BatchMixer { p: 1.0, ..mixer });
    for at in (0..8).filter(|&at| first.1[at] != 1.0) {
        assert_eq!(first.0[at], more.0[at]);
    }
}

#[test]
fn nothing_is_mixed_with_probability_zero() {
    let before = batch(8);
    let mut after = before.clone();
    let shares = BatchMixer { p: 0.0, ..BatchMixer::default() }.mix_at(&mut after, 0, 0, 0).unwrap();
    assert_eq!((after, shares), (before, vec![1.0; 8]));
}

#[test]
fn images_of_two_sizes_and_numbers_out_of_range_are_errors() {
    let mut images = batch(2);
    images[1] = ChwImage { values: vec![0.0; 12], height: 2, width: 2 };
    let message = BatchMixer::default().mix_at(&mut images, 0, 0, 0).unwrap_err().to_string();
    assert!(message.contains("2x2 image beside a 6x9"), "{message}");
    for mixer in [
        BatchMixer { p: 1.5, ..BatchMixer::default() },
        BatchMixer { cutmix: f64::NAN, ..BatchMixer::default() },
        BatchMixer { alpha: 0, ..BatchMixer::default() },
    ] {
        assert!(mixer.mix_at(&mut batch(2), 0, 0, 0).is_err(), "{mixer:?}");
    }
    assert!(serde_json::from_str::<BatchMixer>(r#"{"prob": 0.1}"#).is_err());
}
