//! The order of positions turned round.

use burn::tensor::Tensor;

use super::Flow;

/// `z_l = x_(L-1-l)`, its own inverse; the volume stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reverse;

impl Flow<3> for Reverse {
    fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let log_det = Tensor::zeros([x.dims()[0]], &x.device());
        (x.flip([1]), log_det)
    }

    fn inverse(&self, z: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        self.forward(z)
    }
}
