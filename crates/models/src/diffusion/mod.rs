//! Categorical diffusion: noise is taken off sequences of symbols.
//!
//! What does *not* live here: tables of symbols and files of text (`halation-data`), training loops.

pub mod continuous;
pub mod denoiser;
