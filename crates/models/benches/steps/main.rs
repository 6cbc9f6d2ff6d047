//! Times of training steps and samples on the CPU, as one JSON line. The same work in PyTorch: xtask/bench/pytorch_steps.py and
//! xtask/bench/pytorch_categorical.py.
//!
//! Forward and backward, without an optimiser:
//!
//! * `heads`: both towers' heads and the PCME loss on cached features. B = 128, J = 7, D = 1024, feature maps [128, 2048, 7, 7],
//!   word vectors [128, 16, 300] of lengths 8 to 16, prior weight 1e-5, fresh noise.
//! * `pcmepp`: both heads of PCME++ (generalised pooling) and its closed-form loss with pseudo-positives and prior on cached
//!   tokens of CLIP ViT-B/32: [128, 50, 768] and [128, 32, 512] of lengths 8 to 32, D = 1024.
//! * `prolip`: both heads of ProLIP and its loss with inclusion and prior on cached tokens, [128, 768] and [128, 512] twice,
//!   D = 1024.
//! * `resnet18`: ResNet-18 with 1000 classes and cross-entropy on [16, 3, 64, 64] in train mode.
//! * `text-denoiser`: multinomial diffusion of 1000 steps over 27 characters, fresh noise and steps. B = 8, L = 256, d = 256,
//!   4 layers, 8 heads of which 4 local.
//! * `ar-flow`: the argmax flow with signs and the autoregressive density, fresh noise. B = 16, L = 64, D = 5, LSTM of 2 layers
//!   of 512, 27 logistics, context LSTM of 64 in both directions.
//!
//! One text of 256 characters out of 27, without gradients; all models of width 128:
//!
//! * `sample-ar`: the autoregressive argmax flow with a kept LSTM state, and (`-full-passes`) by one pass over the sequence for
//!   each of its 1280 numbers.
//! * `sample-coupling`: the coupling argmax flow of 8 steps.
//! * `sample-diffusion`: multinomial diffusion with a denoiser of 4 layers in 1000 and 100 steps, and masked diffusion by first
//!   hitting.
//!
//! `cargo bench --profile dev --workspace --bench steps -- [NAME] [--repeats N]`; slow samples are drawn less often.
#![allow(clippy::print_stdout)] // its job

mod categorical;
mod heads;
mod samples;

use std::time::Instant;

use burn::tensor::Device;

/// One training step or sample; gives a number that depends on all of it.
type Step = Box<dyn FnMut() -> f32>;

/// What is timed under one name.
struct Row {
    /// Comes after the name of the bench.
    suffix: &'static str,
    step: Step,
    /// Most repetitions that are worth their time; with a single one there is no warm-up either.
    most: usize,
}

/// Prepares rows on a device with gradients.
type Bench = fn(&Device) -> Vec<Row>;

const BENCHES: [(&str, Bench); 9] = [
    ("heads", |device| step(heads::heads(device))),
    ("pcmepp", |device| step(heads::pcmepp(device))),
    ("prolip", |device| step(heads::prolip(device))),
    ("resnet18", |device| step(heads::resnet18(device))),
    ("text-denoiser", |device| step(categorical::text_denoiser(device))),
    ("ar-flow", |device| step(categorical::ar_flow(device))),
    ("sample-ar", samples::autoregressive),
    ("sample-coupling", samples::coupling),
    ("sample-diffusion", samples::diffusion),
];

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
    halation_kernels::keep_freed_memory(); // as training does
    let device = Device::default().autodiff();
    let only = BENCHES.iter().map(|(name, _)| *name).find(|name| arguments.iter().any(|argument| argument == name));
    let wanted = BENCHES.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name));
    let entries: Vec<String> =
        wanted.flat_map(|(name, make)| make(&device).into_iter().map(move |row| entry(name, repeats, row))).collect();
    println!("{{\"library\":\"halation\",\"unit\":\"ms\",{}}}", entries.join(","));
}

/// A training step, which is timed under the bench's own name.
fn step(step: Step) -> Vec<Row> {
    vec![Row { suffix: "", step, most: usize::MAX }]
}

/// Minimum, median and maximum of some runs after two to warm up.
fn entry(name: &str, repeats: usize, mut row: Row) -> String {
    let repeats = repeats.min(row.most);
    let warm_up = if row.most == 1 { 0 } else { 2 };
    let mut times: Vec<f64> = (0..repeats + warm_up)
        .map(|_| {
            let start = Instant::now();
            assert!((row.step)().is_finite());
            start.elapsed().as_secs_f64() * 1e3
        })
        .skip(warm_up)
        .collect();
    times.sort_by(f64::total_cmp);
    let (min, median, max) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    format!("\"{name}{}\":{{\"min\":{min:.1},\"median\":{median:.1},\"max\":{max:.1}}}", row.suffix)
}
