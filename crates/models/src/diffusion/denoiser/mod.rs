//! Networks that guess what a noisy sequence was.

#[allow(clippy::module_inception)] // the file is named after its trait
mod denoiser;

pub use denoiser::*;
