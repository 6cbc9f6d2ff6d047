//! Networks that guess what a noisy sequence was.

#[allow(clippy::module_inception)] // the trait names its folder
mod denoiser;
mod denoiser_fn;
mod dit;
mod sinusoid;
mod text;
mod unet;

pub use denoiser::*;
pub use denoiser_fn::*;
pub use dit::*;
pub use text::*;
pub use unet::*;
