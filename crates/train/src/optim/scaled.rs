//! An optimiser with a learning-rate factor of its own.

use burn::optim::{LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

/// `optimizer` at `factor` times the learning rate; the state is the inner optimiser's own.
///
/// Burn 0.22.1 takes another *optimiser* per parameter group (`ModuleOptimizer::with_group`), but another learning rate
/// only from one of its own schedulers; here the trainer's single rate serves all groups.
#[derive(Debug, Clone)]
pub(super) struct Scaled<O> {
    pub(super) optimizer: O,
    pub(super) factor: f64,
}

impl<O: Optimizer> Optimizer for Scaled<O> {
    type State<const D: usize> = O::State<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        self.optimizer.step(lr * self.factor, tensor, grad, state)
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        O::to_device(state, device)
    }
}
