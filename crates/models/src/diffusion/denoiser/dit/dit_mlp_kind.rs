//! The MLPs that a diffusion transformer can have.

use burn::config::Config;

/// What stands between the two layers of the MLP.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum DitMlpKind {
    /// `gelu(W_1 x)` in its `tanh` form, as in the networks of DiT, SEDD and MDLM.
    Gelu,
    /// `silu(a) * b` with `[a, b] = W_1 x`: a gated unit (Shazeer 2020), as in MD4.
    Glu,
}
