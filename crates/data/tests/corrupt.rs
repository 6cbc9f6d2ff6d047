//! What occlusion and word removal promise: exact amounts, and nested ones.

use ::image::RgbImage;
use halation_data::world::corrupt::{OCCLUSION_GREY, mask_words, occlude, remove_words};
use proptest::prelude::*;

fn black(width: u32, height: u32) -> RgbImage {
    RgbImage::new(width, height)
}

fn covered(image: &RgbImage) -> Vec<usize> {
    image.pixels().enumerate().filter(|(_, pixel)| pixel.0 == OCCLUSION_GREY).map(|(index, _)| index).collect()
}

const CAPTION: &str = "a large red circle on the left and something small";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_patch_covers_exactly_the_fraction_and_every_smaller_patch(
        width in 1u32..40, height in 1u32..40, seed in any::<u64>(), low in 0.0..1.0f64, high in 0.0..1.0f64,
    ) {
        let (low, high) = (low.min(high), low.max(high));
        let [small, large] = [low, high].map(|fraction| covered(&occlude(&black(width, height), fraction, seed).unwrap()));
        let pixels = f64::from(width * height);
        prop_assert_eq!(small.len(), (low * pixels).round() as usize);
        prop_assert_eq!(large.len(), (high * pixels).round() as usize);
        prop_assert!(small.iter().all(|pixel| large.contains(pixel)));
    }

    #[test]
    fn words_that_remain_at_a_larger_fraction_remain_at_a_smaller_one(
        seed in any::<u64>(), low in 0.0..1.0f64, high in 0.0..1.0f64,
    ) {
        let (low, high) = (low.min(high), low.max(high));
        let [short, long] = [high, low].map(|fraction| mask_words(CAPTION, fraction, seed, "<unk>").unwrap());
        let masked = |text: &str| text.split(' ').map(|word| word == "<unk>").collect::<Vec<_>>();
        prop_assert_eq!(masked(&long).iter().filter(|&&gone| gone).count(), (low * 10.0).round() as usize);
        prop_assert!(masked(&long).iter().zip(masked(&short)).all(|(&before, after)| after || !before));
        // Both forms let the same words go.
        if high < 0.95 {
            let kept = short.split(' ').filter(|word| *word != "<unk>").collect::<Vec<_>>().join(" ");
            prop_assert_eq!(remove_words(CAPTION, high, seed).unwrap(), kept);
        }
    }
}

#[test]
fn the_patch_is_a_filled_square_where_the_image_has_room() {
    // Of the seeds, take those whose centre is two pixels or more from the borders: 25 pixels are then a 5 x 5 square.
    let mut squares = 0;
    for seed in 0..50 {
        let patch = covered(&occlude(&black(32, 32), 25.0 / 1024.0, seed).unwrap());
        let (xs, ys): (Vec<usize>, Vec<usize>) = patch.iter().map(|pixel| (pixel % 32, pixel / 32)).unzip();
        let span = |values: &[usize]| values.iter().max().unwrap() - values.iter().min().unwrap() + 1;
        if (span(&xs), span(&ys)) == (5, 5) {
            squares += 1;
        } else {
            assert!([&xs, &ys].iter().any(|values| values.contains(&0) || values.contains(&31)), "seed {seed}");
        }
    }
    assert!(squares > 25, "{squares} of 50; (28 / 32)^2 are expected");
}

#[test]
fn nothing_and_everything_are_fractions_too() {
    let image = RgbImage::from_fn(9, 5, |x, y| ::image::Rgb([x as u8, y as u8, 7]));
    assert_eq!(occlude(&image, 0.0, 3).unwrap(), image);
    assert!(occlude(&image, 1.0, 3).unwrap().pixels().all(|pixel| pixel.0 == OCCLUSION_GREY));
    assert_eq!(occlude(&black(0, 0), 1.0, 3).unwrap(), black(0, 0));
    assert_eq!(remove_words("  a  red\tcircle ", 0.0, 3).unwrap(), "a red circle");
    assert_eq!(mask_words("a red circle", 1.0, 3, "<unk>").unwrap(), "<unk> <unk> <unk>");
}

#[test]
fn one_word_always_stays_and_no_words_are_no_words() {
    let left = remove_words("a red circle", 1.0, 3).unwrap();
    assert!(["a", "red", "circle"].contains(&left.as_str()));
    assert_eq!(remove_words("", 0.5, 3).unwrap(), "");
}

#[test]
fn the_seed_chooses_the_place_and_the_words() {
    let places: std::collections::HashSet<Vec<usize>> =
        (0..20).map(|seed| covered(&occlude(&black(32, 32), 0.1, seed).unwrap())).collect();
    let texts: std::collections::HashSet<String> =
        (0..20).map(|seed| remove_words(CAPTION, 0.5, seed).unwrap()).collect();
    assert!(places.len() > 15 && texts.len() > 15);
}

#[test]
fn fractions_that_are_none_are_refused() {
    for fraction in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(occlude(&black(4, 4), fraction, 0).is_err());
        assert!(remove_words(CAPTION, fraction, 0).is_err());
        assert!(mask_words(CAPTION, fraction, 0, "<unk>").is_err());
    }
}
