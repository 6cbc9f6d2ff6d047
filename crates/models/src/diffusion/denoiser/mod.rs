//! Networks that guess what a noisy sequence was.

#[allow(clippy::module_inception)] // the trait names its folder
mod denoiser;

pub use denoiser::*;
