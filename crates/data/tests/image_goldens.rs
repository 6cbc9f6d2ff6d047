//! Decoding and transforms against Pillow and torchvision (`xtask/parity/pil_transforms.py`).

use halation_data::caption::ImageSource;
use halation_data::image::{
    ChwImage, DecodeLimits, Filter, IMAGENET_MEAN, IMAGENET_STD, center_crop, crop, decode, flip_horizontal, resize,
    resize_short_side,
};
use image::RgbImage;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")
}

fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string(goldens().join("pil_transforms.json")).unwrap()).unwrap()
}

/// The formula of `picture` in the script.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let level = |c: u32| ((x * 7 + y * 13 + c * 29 + (x * y) % 31 * 5 + ((x / 5 + y / 3) % 2) * 90) % 256) as u8;
        image::Rgb([level(0), level(1), level(2)])
    })
}

fn numbers(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as u32).collect()
}

fn expected(case: &Value) -> RgbImage {
    let hex = case["pixels"].as_str().unwrap();
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    RgbImage::from_raw(case["width"].as_u64().unwrap() as u32, case["height"].as_u64().unwrap() as u32, bytes).unwrap()
}

/// The largest difference in levels.
fn distance(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn transforms_match_torchvision_on_pil_images_to_one_level() {
    let golden = golden();
    let cases = golden["transforms"].as_array().unwrap();
    assert!(cases.len() > 30);
    for case in cases {
        let source = numbers(&case["source"]);
        let input = picture(source[0], source[1]);
        let expected = expected(case);
        let filter = match case["filter"].as_str() {
            Some("bicubic") => Filter::Bicubic,
            Some("nearest") => Filter::Nearest,
            _ => Filter::Bilinear,
        };
        let size = case["size"].as_u64().unwrap_or(0) as u32;
        let window = || numbers(&case["window"]);
        let (ours, levels) = match case["op"].as_str().unwrap() {
            // One level: both are fixed-point, with different numbers of bits.
            "resize" => (resize(&input, expected.width(), expected.height(), filter), 1),
            "resize_short_side" => (resize_short_side(&input, size, filter), 1),
            "resized_crop" => {
                let window = window();
                let part = crop(&input, window[0].into(), window[1].into(), window[2], window[3]);
                (resize(&part, size, size, filter), 1)
            }
            "center_crop" => (center_crop(&input, size, size), 0),
            "flip" => (flip_horizontal(&input), 0),
            "padded_crop" => {
                let (window, padding) = (window(), case["padding"].as_i64().unwrap());
                (crop(&input, i64::from(window[0]) - padding, i64::from(window[1]) - padding, window[2], window[3]), 0)
            }
            other => panic!("unknown case {other}"),
        };
        let levels = if filter == Filter::Nearest { 0 } else { levels };
        let distance = distance(&ours, &expected);
        assert!(distance <= levels, "{} {} of {source:?}: {distance} levels", case["op"], case["filter"]);
    }
}

#[test]
fn normalised_values_match_torchvision() {
    let golden = golden();
    let source = numbers(&golden["normalized"]["source"]);
    let ours = ChwImage::normalize(&picture(source[0], source[1]), IMAGENET_MEAN, IMAGENET_STD);
    let values = golden["normalized"]["values"].as_array().unwrap();
    assert_eq!(ours.values.len(), values.len());
    for (ours, theirs) in ours.values.iter().zip(values) {
        // A few units in the last place of values up to 2.7.
        assert!((f64::from(*ours) - theirs.as_f64().unwrap()).abs() < 1e-6);
    }
}

#[test]
fn every_colour_type_and_orientation_decodes_as_in_pillow() {
    let golden = golden();
    let cases = golden["decoded"].as_array().unwrap();
    assert!(cases.len() >= 26);
    for case in cases {
        let file = case["file"].as_str().unwrap();
        let ours = decode(&ImageSource::File(goldens().join("decode").join(file)), &DecodeLimits::default()).unwrap();
        let distance = distance(&ours, &expected(case));
        assert!(u64::from(distance) <= case["levels"].as_u64().unwrap(), "{file}: {distance} levels");
    }
}
