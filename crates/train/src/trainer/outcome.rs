//! How a call of `fit` ended.

/// Whether training reached its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every stage is complete.
    Finished,
    /// Somebody asked it to stop; everything up to the last step is saved.
    Interrupted,
}
