//! The invertible 1 x 1 convolution: one square matrix on the channels of every position.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::Flow;
use super::host_matrix::{log_det_and_inverse, normal_noise, orthogonal};
use super::tensors::for_items;
use crate::ModelError;
use crate::head::config_error;

/// Settings of an [`InvertibleConv`].
#[derive(Config, Debug)]
pub struct InvertibleConvConfig {
    /// Channels `C`.
    pub channels: usize,
    /// Where the noise of the first weights comes from; layers of one model need different seeds.
    #[config(default = 0)]
    pub seed: u64,
}

/// `z_l = W x_l` at every position, `log_det = positions * log |det W|` (Glow, Kingma and Dhariwal, 2018; plain weights, as
/// in the published code of Argmax Flows).
///
/// The determinant and the inverse are computed on the host in f64, where a matrix of a few dozen channels costs nothing; Burn's
/// own `linalg` would launch several kernels per pivot. The price is one read of `C^2` numbers for each call, and the gradient
/// `W^-T` of the log-determinant is first-order only.
///
/// # Shapes
/// `[B, L, C]`, channels last, or `[B, C, H, W]`.
#[derive(Module, Debug)]
pub struct InvertibleConv {
    /// `W`, `[C, C]`, output channel first; orthogonal at first.
    pub weight: Param<Tensor<2>>,
}

impl InvertibleConvConfig {
    /// Whether a layer can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.channels == 0 {
            return config_error("InvertibleConvConfig", "channels", 0, "a flow needs at least one channel");
        }
        Ok(())
    }

    /// A layer with an orthogonal matrix that depends on the seed alone.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> InvertibleConv {
        self.init_with(&normal_noise(self.seed, self.channels * self.channels), device)
    }

    /// A layer with an orthogonal matrix from `C^2` draws of N(0, 1).
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error, or if there are fewer draws.
    pub fn init_with(&self, noise: &[f64], device: &Device) -> InvertibleConv {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let n = self.channels;
        assert!(noise.len() >= n * n, "{} draws for {n} x {n} weights", noise.len());
        InvertibleConv { weight: Param::from_tensor(upload(&orthogonal(noise, n), n, device)) }
    }
}

impl InvertibleConv {
    /// `log |det W|`, `[1]`, with its gradient.
    pub fn log_abs_det(&self) -> Tensor<1> {
        self.log_det_and_inverse().0
    }

    /// `log |det W|`, `[1]`, and `W^-1`, `[C, C]`, both with their gradients.
    fn log_det_and_inverse(&self) -> (Tensor<1>, Tensor<2>) {
        let weight = self.weight.val();
        let constant = weight.clone().without_autodiff();
        let n = weight.dims()[0];
        let host: Vec<f64> = constant.to_data().iter::<f64>().collect();
        let (log_det, inverse) = log_det_and_inverse(&host, n);
        let inverse = upload(&inverse, n, &constant.device());
        // Zero in value; its gradients are those of the determinant, d log|det W| = tr(W^-1 dW), and of the inverse,
        // d W^-1 = -W^-1 dW W^-1.
        let change = weight - constant;
        let log_det = (change.clone() * inverse.clone().transpose()).sum() + log_det;
        let inverse = inverse.clone() - inverse.clone().matmul(change).matmul(inverse);
        (log_det, inverse)
    }
}

/// Row-major numbers of the host as a square tensor.
fn upload(values: &[f64], n: usize, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = values.iter().map(|&x| x as f32).collect();
    Tensor::from_data(TensorData::new(values, [n, n]), device)
}

/// A matrix on the channels of every position, `[B, L, C]`.
fn on_sequence(x: Tensor<3>, matrix: Tensor<2>) -> Tensor<3> {
    let [batch, length, channels] = x.dims();
    x.reshape([batch * length, channels]).matmul(matrix.transpose()).reshape([batch, length, channels])
}

/// A matrix on the channels of every position, `[B, C, H, W]`.
fn on_image(x: Tensor<4>, matrix: Tensor<2>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let columns = x.reshape([batch, channels, height * width]);
    matrix.unsqueeze::<3>().matmul(columns).reshape([batch, channels, height, width])
}

impl Flow<3> for InvertibleConv {
    fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let [batch, length, _] = x.dims();
        (on_sequence(x, self.weight.val()), for_items(self.log_abs_det() * length as f64, batch))
    }

    fn inverse(&self, z: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let [batch, length, _] = z.dims();
        let (log_det, inverse) = self.log_det_and_inverse();
        (on_sequence(z, inverse), for_items(log_det * -(length as f64), batch))
    }
}

impl Flow<4> for InvertibleConv {
    fn forward(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let [batch, _, height, width] = x.dims();
        (on_image(x, self.weight.val()), for_items(self.log_abs_det() * (height * width) as f64, batch))
    }

    fn inverse(&self, z: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let [batch, _, height, width] = z.dims();
        let (log_det, inverse) = self.log_det_and_inverse();
        (on_image(z, inverse), for_items(log_det * -((height * width) as f64), batch))
    }
}
