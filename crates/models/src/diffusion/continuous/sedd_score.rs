//! How the outputs of a network become log-scores.

use burn::config::Config;

/// How the outputs of a network become the log-ratios `ln p_t(y) / p_t(x)` of [`Sedd`](super::Sedd), with `0` for the symbol `x` itself.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum SeddScore {
    /// The outputs themselves.
    Direct,
    /// The outputs less `ln(e^sigma - 1) + ln(V - 1)` with `V` codes, the mask among them: what the scale of the ratios is
    /// at the noise level, so that the network need not learn it (Lou et al., 2024, for masks).
    Scaled,
    /// The ratios that guesses `softmax(outputs)` of the clean symbol imply; with them the loss is that of
    /// [`Masked`](super::Masked) or [`Udlm`](super::Udlm).
    Prediction,
}
