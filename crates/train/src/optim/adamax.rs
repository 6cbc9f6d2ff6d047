//! Adamax, which Burn lacks.

use burn::optim::{AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

/// Adam with the infinity norm in place of the second moment (Kingma and Ba, 2015, algorithm 2):
/// `u_t = max(beta_2 u_(t-1), |g_t| + epsilon)`, `w_t = w_(t-1) - lr / (1 - beta_1^t) m_t / u_t`.
///
/// The same steps as `torch.optim.Adamax`; the optimiser of the published coupling and segmentation flows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adamax {
    /// Decay rates of the first moment and of the infinity norm.
    pub betas: [f64; 2],
    /// Added to the magnitude of every gradient.
    pub epsilon: f64,
    /// L2 penalty, added to the gradient.
    pub weight_decay: f64,
}

impl Default for Adamax {
    /// PyTorch's defaults.
    fn default() -> Self {
        Self { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl Optimizer for Adamax {
    /// The second moment of the state holds the infinity norm.
    type State<const D: usize> = AdaptiveMomentumState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let [beta_1, beta_2] = self.betas;
        let mut state = state.unwrap_or_else(|| AdaptiveMomentumState::new(0, grad.zeros_like(), grad.zeros_like()));
        state.time += 1;
        let grad = if self.weight_decay == 0.0 { grad } else { grad + tensor.clone() * self.weight_decay };
        state.moment_1 = state.moment_1 * beta_1 + grad.clone() * (1.0 - beta_1);
        state.moment_2 = (state.moment_2 * beta_2).max_pair(grad.abs() + self.epsilon);
        let correction = 1.0 - beta_1.powf(state.time as f64);
        let step = state.moment_1.clone() / state.moment_2.clone();
        (tensor - step * (lr / correction), Some(state))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}
