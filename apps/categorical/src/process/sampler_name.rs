//! The ways of sampling that one can ask for by name.

use clap::ValueEnum;

/// How a diffusion in continuous time is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SamplerName {
    /// Exact, one call for each symbol: the moments at which symbols appear are drawn, and nothing happens between them; masks only
    FirstHitting,
    /// `--steps` steps back through the noise levels, exact as they become many
    Ancestral,
    /// As ancestral, but symbols are also masked again, and so corrected (ReMDM, rescaled by 0.015); masks only
    Remasking,
    /// The moments of all symbols are drawn first, out of `--steps` (DNDM): no more calls than there are different ones
    Dndm,
}
