//! Times of CLIP ViT-B/32 on the CPU, as one JSON line. The same work in transformers: xtask/bench/pytorch_clip.py.
//!
//! * `clip_images`: embedding 8 images of 224 px, without gradients.
//! * `clip_captions`: embedding 8 captions of 77 tokens, without gradients.
//!
//! `cargo bench -p halation-models --bench clip [--profile dev] -- [clip_images|clip_captions] [--repeats N]`; the threads
//! are `RAYON_NUM_THREADS`.
#![allow(clippy::print_stdout)] // its job

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use halation_models::clip::ClipConfig;
use halation_models::encoder::Words;

const BATCH: usize = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return; // `cargo test --all-targets` only asks whether it runs
    }
    let repeats = arguments
        .iter()
        .position(|argument| argument == "--repeats")
        .and_then(|position| arguments.get(position + 1)?.parse().ok())
        .unwrap_or(10);
    let only = arguments.iter().find(|argument| ["clip_images", "clip_captions"].contains(&argument.as_str()));
    let wanted = |name: &str| only.is_none_or(|only| only == name);

    let device = Device::default();
    let mut entries = Vec::new();
    if wanted("clip_images") {
        let model = ClipConfig::vit_b_32().vision.init(&device);
        let images = Tensor::<4>::random([BATCH, 3, 224, 224], Distribution::Normal(0.0, 1.0), &device);
        entries.push(entry("clip_images", repeats, || {
            model.forward(images.clone()).expect("224 px is its size").pooled.sum().into_scalar()
        }));
    }
    if wanted("clip_captions") {
        let model = ClipConfig::vit_b_32().text.init(&device);
        let captions: Vec<Vec<usize>> = (0..BATCH)
            .map(|row| {
                let words = (1..76).map(|position| 1 + (row * 7919 + position * 104_729) % 49_000);
                [49_406].into_iter().chain(words).chain([49_407]).collect()
            })
            .collect();
        let words = Words::from_sequences(&captions, 0, 49_408, &device).expect("ids within the vocabulary");
        entries.push(entry("clip_captions", repeats, || {
            model.forward(&words).expect("77 tokens fit").pooled.sum().into_scalar()
        }));
    }
    println!("{{\"library\":\"halation\",\"unit\":\"ms\",{}}}", entries.join(","));
}

/// Minimum, median and maximum of some steps after two to warm up.
fn entry(name: &str, repeats: usize, mut step: impl FnMut() -> f32) -> String {
    let mut times: Vec<f64> = (0..repeats + 2)
        .map(|_| {
            let start = Instant::now();
            assert!(step().is_finite());
            start.elapsed().as_secs_f64() * 1e3
        })
        .skip(2)
        .collect();
    times.sort_by(f64::total_cmp);
    let (min, median, max) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    format!("\"{name}\":{{\"min\":{min:.1},\"median\":{median:.1},\"max\":{max:.1}}}")
}
