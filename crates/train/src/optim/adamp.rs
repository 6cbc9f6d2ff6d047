//! AdamP, which Burn lacks.

use burn::optim::{AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

/// Adam that does not let the norm of scale-invariant weights grow (Heo et al., "AdamP", ICLR 2021).
///
/// A weight followed by a normalisation is scale-invariant: its gradient is orthogonal to it, and any step lengthens it.
/// Where `max |cos(gradient, weight)| < delta / sqrt(columns)`, tried per output channel and then for the whole tensor, the
/// part of the step along the weight is taken out, and weight decay is multiplied by `wd_ratio`. Vectors are plain Adam.
///
/// The same steps as the `adamp` package 0.3.0 without Nesterov momentum. `torch.nn.Linear` keeps one output per row, Burn
/// one per column, hence [`rows_are_channels`](Self::rows_are_channels). Nothing is read back from the device.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamP {
    /// Decay rates of the first and second moment.
    pub betas: [f64; 2],
    /// Added to the square root of the second moment, and to norms.
    pub epsilon: f64,
    /// Decoupled weight decay, in units of the learning rate.
    pub weight_decay: f64,
    /// How orthogonal gradient and weight must be, in units of `1 / sqrt(columns)`.
    pub delta: f64,
    /// What weight decay is multiplied by on scale-invariant weights.
    pub wd_ratio: f64,
    /// Whether the rows of a matrix are its output channels, as in an embedding table; by default its columns are, as in
    /// Burn's `Linear`. Tensors of more than two dimensions always have their output channels first.
    pub rows_are_channels: bool,
}

impl Default for AdamP {
    /// The defaults of the reference, without weight decay.
    fn default() -> Self {
        let (delta, wd_ratio) = (0.1, 0.1);
        Self { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.0, delta, wd_ratio, rows_are_channels: false }
    }
}

impl AdamP {
    /// The step without its part along the weight where that applies, and the factor on weight decay.
    ///
    /// # Shapes
    /// - `weight`, `grad`, `step`: `[channels, columns]`
    /// - output: `[channels, columns]` and `[1, 1]`
    fn project(&self, weight: &Tensor<2>, grad: &Tensor<2>, step: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let shape = weight.dims();
        let per_channel = self.view(weight.clone(), grad.clone(), step.clone());
        let flat = |tensor: Tensor<2>| tensor.reshape([1, shape[0] * shape[1]]);
        let whole = self.view(flat(weight.clone()), flat(grad.clone()), flat(step.clone()));
        let (channel_step, channel_holds) = per_channel;
        let (whole_step, whole_holds) = (whole.0.reshape(shape), whole.1);
        // The first view that holds is used; 0 and 1 in place of branches keep everything on the device.
        let whole_holds = whole_holds * (channel_holds.clone() * -1.0 + 1.0); // [1, 1]
        let holds = channel_holds.clone() + whole_holds.clone();
        let projected = (channel_step - step.clone()) * channel_holds + (whole_step - step.clone()) * whole_holds;
        (step + projected, holds * (self.wd_ratio - 1.0) + 1.0)
    }

    /// One view: the projected step, and 1 where the view's rows are all nearly orthogonal to their gradients, else 0.
    ///
    /// # Shapes
    /// - `weight`, `grad`, `step`: `[rows, columns]`
    /// - output: `[rows, columns]` and `[1, 1]`
    fn view(&self, weight: Tensor<2>, grad: Tensor<2>, step: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let columns = weight.dims()[1] as f64;
        let norm = |tensor: &Tensor<2>| tensor.clone().square().sum_dim(1).sqrt(); // [rows, 1]
        let (weight_norm, grad_norm) = (norm(&weight), norm(&grad));
        let dot = (weight.clone() * grad).sum_dim(1);
        let cosine = dot / (weight_norm.clone().clamp_min(self.epsilon) * grad_norm.clamp_min(self.epsilon));
        let holds = cosine.abs().max_dim(0).lower_elem(self.delta / columns.sqrt()).float(); // [1, 1]
        let unit = weight / (weight_norm + self.epsilon);
        let along = (unit.clone() * step.clone()).sum_dim(1); // [rows, 1]
        (step - unit * along, holds)
    }
}

impl Optimizer for AdamP {
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
        state.moment_1 = state.moment_1 * beta_1 + grad.clone() * (1.0 - beta_1);
        state.moment_2 = state.moment_2 * beta_2 + grad.clone().square() * (1.0 - beta_2);
        let time = state.time as f64;
        let (correction_1, correction_2) = (1.0 - beta_1.powf(time), 1.0 - beta_2.powf(time));
        let denominator = state.moment_2.clone().sqrt() / correction_2.sqrt() + self.epsilon;
        let step = state.moment_1.clone() / denominator;

        let shape = tensor.dims();
        let decay = lr * self.weight_decay;
        let updated = if D > 1 {
            let columns_are_channels = D == 2 && !self.rows_are_channels;
            let matrix = |tensor: Tensor<D>| {
                let tensor = tensor.reshape([shape[0] as i32, -1]);
                if columns_are_channels { tensor.transpose() } else { tensor } // [channels, columns]
            };
            let weight = matrix(tensor);
            let (step, ratio) = self.project(&weight, &matrix(grad), matrix(step));
            let weight = if decay > 0.0 { weight * (ratio * -decay + 1.0) } else { weight };
            let updated = weight - step * (lr / correction_1);
            let updated = if columns_are_channels { updated.transpose() } else { updated };
            updated.reshape(shape)
        } else {
            let tensor = if decay > 0.0 { tensor * (1.0 - decay) } else { tensor };
            tensor - step * (lr / correction_1)
        };
        (updated, Some(state))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.to_device(device)
    }
}
