//! Image pipelines: laws of the random steps, and recipes that are refused.

use halation_data::image::{Filter, Pipeline, Transform};
use halation_data::sample::{Stream, keyed_rng};
use image::RgbImage;

const IDENTITY: Transform = Transform::Normalize { mean: [0.0; 3], std: [1.0; 3] };

/// Column in red, row in green.
fn coordinates(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 200]))
}

fn pipeline(step: Transform) -> Pipeline {
    Pipeline::new(vec![step, IDENTITY]).unwrap()
}

#[test]
fn the_same_seed_epoch_and_item_give_the_same_image_and_any_other_gives_another() {
    let train = Pipeline::pcme_train(24);
    let input = coordinates(60, 40);
    let reference = train.apply_at(&input, 1, 2, 3);
    assert_eq!((reference.height, reference.width, reference.values.len()), (24, 24, 3 * 24 * 24));
    assert_eq!(reference, train.apply_at(&input, 1, 2, 3));
    for (seed, epoch, item) in [(9, 2, 3), (1, 9, 3), (1, 2, 9)] {
        assert_ne!(reference, train.apply_at(&input, seed, epoch, item));
    }
}

#[test]
fn evaluation_pipelines_draw_nothing_and_have_the_published_sizes() {
    let eval = Pipeline::pcme_eval(224);
    assert_eq!(eval.steps()[0], Transform::Resize { size: 256, filter: Filter::Bilinear });
    for (pipeline, random) in [
        (eval, false),
        (Pipeline::pcmepp_eval(32), false),
        (Pipeline::pcme_train(32), true),
        (Pipeline::pcmepp_train(32), true),
    ] {
        assert_eq!(pipeline.is_random(), random);
        Pipeline::new(pipeline.steps().to_vec()).unwrap();
    }
}

#[test]
fn every_pipeline_survives_images_of_one_pixel_and_of_extreme_ratio() {
    for (width, height) in [(1, 1), (1, 200), (200, 1), (3, 2)] {
        for pipeline in
            [Pipeline::pcme_train(16), Pipeline::pcme_eval(16), Pipeline::pcmepp_train(16), Pipeline::pcmepp_eval(16)]
        {
            for epoch in 0..20 {
                let out = pipeline.apply_at(&coordinates(width, height), 0, epoch, 0);
                assert_eq!((out.height, out.width), (16, 16));
                assert!(out.values.iter().all(|value| value.is_finite()));
            }
        }
    }
}

#[test]
fn a_flip_happens_with_its_probability_and_mirrors_columns() {
    let input = coordinates(4, 2);
    let flip = pipeline(Transform::RandomHorizontalFlip { p: 0.25 });
    let mut rng = keyed_rng(0, 0, 0, Stream::Image);
    let mut flipped = 0;
    for _ in 0..2000 {
        let first_row: Vec<f32> = flip.apply(&input, &mut rng).values[..4].iter().map(|value| value * 255.0).collect();
        let mirrored = first_row[0] > first_row[3];
        for (column, value) in first_row.into_iter().enumerate() {
            assert!((value - if mirrored { 3.0 - column as f32 } else { column as f32 }).abs() < 1e-4); // x / 255 * 255
        }
        flipped += i32::from(mirrored);
    }
    assert!((flipped - 500).abs() < 97, "{flipped}"); // five standard deviations
}

#[test]
fn a_random_crop_reaches_every_offset_and_pads_with_black() {
    let crop = pipeline(Transform::RandomCrop { size: 4, padding: 2 });
    let mut rng = keyed_rng(0, 0, 0, Stream::Image);
    let mut offsets = std::collections::HashSet::new();
    for _ in 0..600 {
        let out = crop.apply(&coordinates(4, 4), &mut rng);
        let blue = &out.values[32..48];
        let inside: Vec<usize> = (0..16).filter(|&at| blue[at] > 0.0).collect();
        offsets.insert((inside[0], inside.len()));
        assert!(out.values[..32].iter().enumerate().all(|(at, &value)| value == 0.0 || blue[at % 16] > 0.0));
    }
    // 5 x 5 offsets, each with its own first visible pixel and number of visible pixels, (0, n) shared by mirror images.
    assert!(offsets.len() >= 13, "{offsets:?}");
}

#[test]
fn a_resized_crop_stays_in_range_of_scale_and_ratio() {
    let step = Transform::RandomResizedCrop { size: 2, scale: [0.2, 0.5], ratio: [0.5, 2.0], filter: Filter::Nearest };
    let crop = pipeline(step);
    let mut rng = keyed_rng(5, 0, 0, Stream::Image);
    for _ in 0..300 {
        let out = crop.apply(&coordinates(100, 80), &mut rng);
        let side = |low: usize, high: usize| f64::from((out.values[high] - out.values[low]) * 255.0) * 2.0;
        // Two nearest samples a half side apart, each within a pixel.
        let (width, height) = (side(0, 1), side(4, 6));
        assert!((width + 3.0) * (height + 3.0) >= 0.2 * 8000.0 && (width - 3.0) * (height - 3.0) <= 0.5 * 8000.0);
        assert!((width + 3.0) / (height - 3.0) >= 0.5 && (width - 3.0) / (height + 3.0) <= 2.0);
    }
}

#[test]
fn erasing_sets_one_rectangle_in_all_channels_with_its_probability() {
    let erase = Transform::RandomErasing { p: 0.5, scale: [0.1, 0.3], ratio: [0.5, 2.0], value: -7.0 };
    let pipeline = Pipeline::new(vec![IDENTITY, erase]).unwrap();
    let mut rng = keyed_rng(0, 0, 0, Stream::Image);
    let mut erased = 0;
    for _ in 0..1000 {
        let out = pipeline.apply(&coordinates(20, 20), &mut rng);
        let holes: Vec<Vec<usize>> =
            out.values.chunks(400).map(|plane| (0..400).filter(|&at| plane[at] == -7.0).collect()).collect();
        assert!(holes[0] == holes[1] && holes[1] == holes[2]);
        if let (Some(first), Some(last)) = (holes[0].first(), holes[0].last()) {
            erased += 1;
            let (rows, columns) = (last / 20 - first / 20 + 1, last % 20 - first % 20 + 1);
            assert_eq!(holes[0].len(), rows * columns, "not a rectangle");
            // 0.1 to 0.3 of 400, each side rounded by at most half a pixel.
            assert!((28..=136).contains(&holes[0].len()), "{}", holes[0].len());
        }
    }
    assert!((erased - 500i32).abs() < 80, "{erased}"); // five standard deviations
}

#[test]
fn pcmepp_crops_sixty_to_a_hundred_percent_of_each_side() {
    let crop = pipeline(Transform::RandomSideCrop { low: 0.6, high: 1.0 });
    let mut rng = keyed_rng(0, 0, 0, Stream::Image);
    for _ in 0..200 {
        let out = crop.apply(&coordinates(50, 30), &mut rng);
        assert!((30..=50).contains(&out.width) && (18..=30).contains(&out.height), "{} {}", out.width, out.height);
    }
}

#[test]
fn a_pipeline_survives_serialisation_and_takes_defaults() {
    let json = r#"[{"kind": "resize", "size": 256}, {"kind": "center-crop", "size": 224}, {"kind": "normalize"}]"#;
    let pipeline: Pipeline = serde_json::from_str(json).unwrap();
    assert_eq!(pipeline, Pipeline::pcme_eval(224));
    let train = Pipeline::pcme_train(224);
    assert_eq!(serde_json::from_str::<Pipeline>(&serde_json::to_string(&train).unwrap()).unwrap(), train);
}

#[test]
fn pipelines_in_the_wrong_order_with_wrong_numbers_or_misspelt_keys_are_errors() {
    let erase = r#"{"kind": "random-erasing", "p": 0.2}"#;
    let normal = r#"{"kind": "normalize"}"#;
    for (json, says) in [
        ("[]".to_owned(), "there is no `normalize`"),
        (format!("[{erase}, {normal}]"), "step 1: out of order"),
        (format!("[{normal}, {normal}]"), "step 2: out of order"),
        (format!(r#"[{normal}, {{"kind": "center-crop", "size": 3}}]"#), "step 2: out of order"),
        (format!(r#"[{{"kind": "center-crop", "size": 0}}, {normal}]"#), "`size` is 0"),
        (format!(r#"[{{"kind": "random-horizontal-flip", "p": 1.5}}, {normal}]"#), "`p` is 1.5"),
        (format!(r#"[{{"kind": "random-resized-crop", "size": 8, "scale": [0.9, 0.1]}}, {normal}]"#), "`scale`"),
        (r#"[{"kind": "normalize", "std": [0, 1, 1]}]"#.to_owned(), "std [0.0"),
        (format!(r#"[{{"kind": "center-crop", "sise": 3}}, {normal}]"#), "sise"),
        (r#"[{"kind": "normalise"}]"#.to_owned(), "unknown variant"),
    ] {
        let message = serde_json::from_str::<Pipeline>(&json).unwrap_err().to_string();
        assert!(message.contains(says), "{json}: {message}");
    }
}
