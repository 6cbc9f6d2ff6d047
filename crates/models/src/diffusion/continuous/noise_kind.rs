//! What noise puts in the place of a symbol.

use burn::config::Config;

/// What noise puts in the place of a symbol.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum NoiseKind {
    /// A mask token, whose id is the number of classes `K`: the absorbing process.
    Mask,
    /// Any of the `K` classes, all alike: the multinomial process.
    Uniform,
}

impl NoiseKind {
    /// Number of codes that a denoiser must read: `K + 1` with a mask token, else `K`.
    pub fn input_codes(self, classes: usize) -> usize {
        match self {
            Self::Mask => classes + 1,
            Self::Uniform => classes,
        }
    }

    /// What a bound over `t` from 0 to 1 leaves out at its ends, in nats for each position.
    ///
    /// With the probabilities `alpha_0` and `alpha_1` of an untouched symbol at both ends,
    /// * masks: `(1 - alpha_0) ln K` for symbols that are masked at the start (Shi et al., 2024) plus `alpha_1 ln K` for those that
    ///   are still visible at the end, under the prior `alpha_1 / K` for each class and `1 - alpha_1` for the mask;
    /// * uniform noise: the entropy of the kernel at `alpha_0`, and the divergence of the kernel at `alpha_1` from the uniform prior.
    ///
    /// Zero for schedules from 1 to 0.
    pub fn boundary(self, classes: usize, alpha_0: f64, alpha_1: f64) -> f64 {
        let ln_k = (classes as f64).ln();
        match self {
            Self::Mask => (1.0 - alpha_0 + alpha_1) * ln_k,
            Self::Uniform => kernel_entropy(classes, alpha_0) + ln_k - kernel_entropy(classes, alpha_1),
        }
    }
}

/// Entropy of `alpha x + (1 - alpha) / K`, in nats.
fn kernel_entropy(classes: usize, alpha: f64) -> f64 {
    let other = (1.0 - alpha) / classes as f64;
    let same = alpha + other;
    let term = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    term(same) + (classes as f64 - 1.0) * term(other)
}
