//! Which states of a bidirectional GRU stand for the whole caption.

use burn::config::Config;

/// How a [`BiGru`](super::BiGru) turns a caption into one vector (pcme.md section 1.3).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum BiGruPooling {
    /// The last state of each direction: both halves have read the whole caption. For new work.
    FinalStates,
    /// The outputs at the last word, as the released PCME and PVSE checkpoints were trained: the backward half has
    /// read nothing but that last word (`<end>`), so it is the same for every caption.
    LegacyLastStep,
}
