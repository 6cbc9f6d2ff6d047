//! Diffusion over categories: noise that replaces classes, and networks that undo it.
//!
//! * [`schedule`]: how much of a clean class is left at each step, in `f64` on the host.
//! * [`transition`]: which class the noise puts in its place; marginals and posteriors in log space.
//! * [`discrete`]: the bound in discrete time, its estimators, samplers and spell checking.
//! * [`continuous`]: the bounds, estimators and samplers in continuous time.
//! * [`denoiser`]: the networks.
//!
//! What does *not* live here: random numbers. Every draw takes its uniform numbers from the caller.

pub mod continuous;
pub mod denoiser;
pub mod discrete;
pub mod schedule;
mod tensors;
pub mod transition;
