//! The loop over steps: loss, gradients, clipping, optimiser, metrics, validation, checkpoints.
//!
//! A step is a function of (model, optimiser state, [`StepAt`]), and nothing else: that is why a run that was killed and
//! resumed ends bit-equal to one that was not (on Flex; GPU kernels may sum in another order each time).
//!
//! What does *not* live here: losses, data, randomness that is not derived from [`StepAt`].

mod fit;
mod fit_options;
mod fitted;
mod outcome;
mod session;
mod signals;
mod stage;
mod step_at;
mod step_output;
mod task;

pub use fit::*;
pub use fit_options::*;
pub use fitted::*;
pub use outcome::*;
pub use stage::*;
pub use step_at::*;
pub use step_output::*;
pub use task::*;

/// The handle that asks a training to stop after its current step; cheap to clone.
pub use burn::train::Interrupter;
