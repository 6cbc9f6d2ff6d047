//! Which noise a sampler wants.

/// The distribution of the noise that a caller draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseLaw {
    /// Independent draws of U(0, 1).
    Uniform,
    /// Independent draws of N(0, 1).
    Normal,
}
