//! How to train, apart from what is trained.

use super::Interrupter;
use crate::average::AverageSpec;
use crate::progress::ProgressMode;
use crate::run::Goal;

/// When to save, validate, log and show, and how to be stopped. None of it changes the trained model.
#[derive(Clone)]
pub struct FitOptions {
    /// Save also every so many steps of the whole training; `None` saves at the end of epochs only.
    pub checkpoint_every_steps: Option<u64>,
    /// Save at the end of every so many epochs, and of every stage. Default 1.
    pub checkpoint_every_epochs: usize,
    /// How many checkpoints to keep, beside the best. Default 2.
    pub keep_last: usize,
    /// Keep the checkpoint with the best value of this validation metric.
    pub best: Option<(String, Goal)>,
    /// Validate after every so many epochs, and after the last. Default 1.
    pub validate_every_epochs: usize,
    /// Write the metrics of every so many steps. Default 1.
    pub log_every_steps: u64,
    /// Keep an average of the weights beside the trained ones. It is what validation sees and what
    /// [`RunReader::load_model`](crate::run::RunReader::load_model) loads; the trained weights go on unchanged. Default
    /// none.
    pub average: Option<AverageSpec>,
    /// What to show.
    pub progress: ProgressMode,
    /// Asks training to stop after its current step, saved.
    pub interrupter: Interrupter,
    /// Whether SIGINT (ctrl-c) and SIGTERM ask it to stop too; a second one ends the process at once. Default true.
    pub stop_on_signals: bool,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            checkpoint_every_steps: None,
            checkpoint_every_epochs: 1,
            keep_last: 2,
            best: None,
            validate_every_epochs: 1,
            log_every_steps: 1,
            average: None,
            progress: ProgressMode::Auto,
            interrupter: Interrupter::new(),
            stop_on_signals: true,
        }
    }
}
