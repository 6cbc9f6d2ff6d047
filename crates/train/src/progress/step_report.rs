//! What a step tells the display.

/// One step that is done. Counts start at 0, but `step` says how many are done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepReport {
    pub(crate) stage: usize,
    pub(crate) epoch: usize,
    pub(crate) step_in_epoch: usize,
    pub(crate) step: u64,
    pub(crate) loss: f64,
}
