//! One layer of flow over the dimensions of a latent, given a context.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{HiddenCoupling, MaskedNetwork, NonlinearSquared};

/// A layer of [`NonlinearSquared`] maps whose parameters come from other dimensions and a context.
#[derive(Module, Debug)]
pub enum HiddenFlow {
    /// Each dimension by those before it: forward in one pass, backward in `D`.
    Autoregressive(MaskedNetwork),
    /// The second half by the first: one pass either way.
    Coupling(HiddenCoupling),
}

impl HiddenFlow {
    /// From latent to base: `z -> (e, ln |de/dz|)`.
    ///
    /// # Shapes
    /// * `z`: `[N, D]`; `context`: `[N, C]`
    /// * output: `[N, D]` and `[N]`
    pub fn forward(&self, z: Tensor<2>, context: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
        match self {
            Self::Autoregressive(network) => {
                let maps = NonlinearSquared::new(network.forward(z.clone(), context));
                let (e, log_slope) = maps.forward(z);
                (e, log_slope.sum_dim(1).squeeze_dim(1))
            }
            Self::Coupling(network) => {
                let (kept, rest) = halves(z);
                let maps = NonlinearSquared::new(network.forward(kept.clone(), context));
                let (moved, log_slope) = maps.forward(rest);
                (join(kept, moved), log_slope.sum_dim(1).squeeze_dim(1))
            }
        }
    }

    /// From base to latent, without a gradient.
    ///
    /// # Shapes
    /// As [`forward`](Self::forward).
    pub fn inverse(&self, e: Tensor<2>, context: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Autoregressive(network) => {
                let [_, dim] = e.dims();
                let mut z = e.zeros_like();
                for index in 0..dim {
                    // Dimensions up to `index` are right after this pass, as their parameters are.
                    let maps = NonlinearSquared::new(network.forward(z.clone(), context.clone()));
                    let solved = maps.inverse(e.clone());
                    z = z.slice_assign([0..e.dims()[0], index..index + 1], solved.narrow(1, index, 1));
                }
                z
            }
            Self::Coupling(network) => {
                let (kept, moved) = halves(e);
                let maps = NonlinearSquared::new(network.forward(kept.clone(), context));
                join(kept, maps.inverse(moved))
            }
        }
    }
}

fn halves(x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let [rows, dim] = x.dims();
    let kept = dim / 2;
    let first = if kept == 0 { Tensor::zeros([rows, 0], &x.device()) } else { x.clone().narrow(1, 0, kept) };
    (first, x.narrow(1, kept, dim - kept))
}

fn join(kept: Tensor<2>, rest: Tensor<2>) -> Tensor<2> {
    if kept.dims()[1] == 0 { rest } else { Tensor::cat(vec![kept, rest], 1) }
}
