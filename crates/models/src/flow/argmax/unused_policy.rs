//! What to do with codes that stand for no class.

use burn::config::Config;

/// What [`Surjection::decode`](super::Surjection::decode) does where the digits of a sample stand for no class, as 5 of the 32 codes of
/// five bits do for 27 letters.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum UnusedPolicy {
    /// Put this class there. The published code maps to the space of text8, class 0; the sampled law is then not `P`.
    MapTo(usize),
    /// The whole sequence is to be drawn again, which samples `P` given that all codes are used: see
    /// [`Surjection::decode_or_redraw`](super::Surjection::decode_or_redraw). Until then class 0 stands there.
    Resample,
    /// Refuse.
    Error,
}
