//! Diffusion over categories: noise that replaces classes, and networks that undo it.

pub mod denoiser;
