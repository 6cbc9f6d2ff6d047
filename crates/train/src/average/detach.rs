//! A clone of a module that shares nothing with it.

use burn::module::Module;

/// A copy of `model` that shares no running statistics with it, in the same mode (training or validation).
///
/// `clone` shares them: Burn 0.22.1 keeps the running mean and variance of a batch normalisation behind a shared pointer
/// (`burn_core::module::RunningState`), so that a forward pass of a student moves the statistics of a teacher that was
/// cloned from it. Parameter identities and gradient flags are kept; checkpointing strategies of autodiff are not.
pub fn detach_running_state<M: Module>(model: &M) -> M {
    // `valid` copies every running state, with the update that Burn holds back applied; `train` restores the flags.
    let copy = model.valid();
    if model.devices().iter().any(|device| device.is_autodiff()) { copy.train() } else { copy }
}
