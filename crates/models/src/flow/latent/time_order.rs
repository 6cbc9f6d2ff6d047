//! Which of latent and base a time step looks back at.

use burn::config::Config;

/// What the context of a time step is made of.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum TimeOrder {
    /// Earlier latents: densities in one pass, samples step by step.
    Autoregressive,
    /// Earlier base variables: samples in one pass, densities step by step.
    InverseAutoregressive,
}
