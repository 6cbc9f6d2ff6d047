//! A density over sequences of latents: a flow over dimensions at each step, given the steps before.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

use super::{HiddenFlow, PositionTable, TimeOrder};
use crate::flow::tensors::standard_normal_log_prob;
use crate::flow::{Density, Lstm, LstmMemory};

/// The prior of Ziegler and Rush (2019): `e_t = F(z_t; h_t)` with standard normal `e_t`, where an LSTM makes `h_t` of the position and of
/// `z_<t` or `e_<t`, and `F` is a stack of flow layers over dimensions.
///
/// The LSTM reads a linear layer over what came before and a learnt position; the published code gives it both as they are, positions as one-hot
/// codes, and derives its first state from them.
#[derive(Module, Debug)]
pub struct LatentPrior {
    /// Where a step is.
    pub positions: PositionTable,
    /// From what came before and the position to the LSTM.
    pub input: Linear,
    /// Over time.
    pub lstm: Lstm,
    /// Over dimensions, from latent to base; the order of dimensions turns round after each.
    pub flows: Vec<HiddenFlow>,
    /// What a step looks back at.
    #[module(skip)]
    pub order: TimeOrder,
}

impl LatentPrior {
    /// From latents to base: `z -> (e, ln |de/dz|)`.
    ///
    /// # Shapes
    /// * `z`: `[B, L, D]`; returns `[B, L, D]` and `[B]`
    ///
    /// # Panics
    /// If `L` is larger than the longest sequence.
    pub fn forward(&self, z: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let [batch, length, dim] = z.dims();
        match self.order {
            TimeOrder::Autoregressive => {
                let context = self.contexts(z.clone());
                let (e, log_det) = self.flow(z.reshape([batch * length, dim]), context);
                let log_det = log_det.reshape([batch, length]).sum_dim(1).squeeze_dim(1);
                (e.reshape([batch, length, dim]), log_det)
            }
            TimeOrder::InverseAutoregressive => {
                let mut log_dets = Vec::with_capacity(length);
                let base = self.step_by_step(z, |z, context| {
                    let (e, log_det) = self.flow(z, context);
                    log_dets.push(log_det);
                    e
                });
                (base, Tensor::stack::<2>(log_dets, 0).sum_dim(0).squeeze_dim(0))
            }
        }
    }

    /// From base to latents, without a gradient.
    ///
    /// # Shapes
    /// * `e` and output: `[B, L, D]`
    ///
    /// # Panics
    /// If `L` is larger than the longest sequence.
    pub fn inverse(&self, e: Tensor<3>) -> Tensor<3> {
        let [batch, length, dim] = e.dims();
        match self.order {
            TimeOrder::Autoregressive => self.step_by_step(e, |e, context| self.unflow(e, context)),
            TimeOrder::InverseAutoregressive => {
                let context = self.contexts(e.clone());
                self.unflow(e.reshape([batch * length, dim]), context).reshape([batch, length, dim])
            }
        }
    }

    /// The context of every step from the given variables before it, `[B, L, D] -> [B L, H]`.
    fn contexts(&self, given: Tensor<3>) -> Tensor<2> {
        let [batch, length, dim] = given.dims();
        let first = Tensor::zeros([batch, 1, dim], &given.device());
        let before = match length {
            1 => first,
            _ => Tensor::cat(vec![first, given.narrow(1, 0, length - 1)], 1),
        };
        let input = Tensor::cat(vec![before, self.positions.forward(batch, length)], 2);
        let context = self.lstm.forward(self.input.forward(input)); // [B, L, H]
        let [_, _, width] = context.dims();
        context.reshape([batch * length, width])
    }

    /// Maps each step with a context of what the steps before were mapped to.
    fn step_by_step(&self, given: Tensor<3>, mut map: impl FnMut(Tensor<2>, Tensor<2>) -> Tensor<2>) -> Tensor<3> {
        let [batch, length, dim] = given.dims();
        let positions = self.positions.forward(batch, length);
        let mut memory: LstmMemory = self.lstm.start(batch, &given.device());
        let mut before = Tensor::zeros([batch, dim], &given.device());
        let mut mapped = Vec::with_capacity(length);
        for t in 0..length {
            let at = |x: &Tensor<3>| x.clone().narrow(1, t, 1).squeeze_dim::<2>(1);
            let input = self.input.forward(Tensor::cat(vec![before, at(&positions)], 1));
            let context = self.lstm.step(input, &mut memory);
            before = map(at(&given), context);
            mapped.push(before.clone());
        }
        Tensor::stack(mapped, 1)
    }

    fn flow(&self, z: Tensor<2>, context: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
        let start = Tensor::zeros([z.dims()[0]], &z.device());
        self.flows.iter().fold((z, start), |(x, sum), layer| {
            let (x, log_det) = layer.forward(x, context.clone());
            (x.flip([1]), sum + log_det)
        })
    }

    fn unflow(&self, e: Tensor<2>, context: Tensor<2>) -> Tensor<2> {
        self.flows.iter().rev().fold(e, |x, layer| layer.inverse(x.flip([1]), context.clone()))
    }
}

impl Density<3> for LatentPrior {
    fn log_prob(&self, x: Tensor<3>) -> Tensor<1> {
        let (base, log_det) = self.forward(x);
        standard_normal_log_prob(base) + log_det
    }

    fn sample(&self, noise: Tensor<3>) -> Tensor<3> {
        self.inverse(noise)
    }
}
