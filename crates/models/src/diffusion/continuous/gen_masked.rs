//! Masked diffusion in which every class has a learnt schedule of its own.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::numeric::log_predictions;
use super::{ContinuousBound, NoiseKind};
use crate::ModelError;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::{at_class, sum_positions, upload};
use crate::head::config_error;

/// Largest masking rate inside `ln(1 - rate)`, one step of f32 below 1: only visible positions use the value.
const BELOW_ONE: f64 = 1.0 - 6e-8;

/// Masked diffusion with `alpha_t,k = 1 - t^{w_k}` for class `k` and learnt `w` (GenMD4, Shi et al., 2024).
///
/// A masked position costs `1/t (sum_y w_y xhat_y - w_{x_0} - w_{x_0} ln xhat_{x_0})`. The masks depend on `w` too, so two draws of them
/// are made for each sequence, and the gradient for `w` is REINFORCE with each draw as the other's baseline (leave-one-out).
#[derive(Module, Debug)]
pub struct GenMasked {
    /// `ln w`, `[K]`.
    pub log_power: Param<Tensor<1>>,
}

impl GenMasked {
    /// Schedules that all start at `1 - t^power`; 1 is the linear one.
    ///
    /// # Errors
    /// [`ModelError::Config`] for no class or a power that is not above 0.
    pub fn new(classes: usize, power: f64, device: &Device) -> Result<Self, ModelError> {
        if classes == 0 {
            config_error("GenMasked", "classes", 0, "a symbol needs at least one class")?;
        }
        if !(power > 0.0 && power.is_finite()) {
            config_error("GenMasked", "power", power, "it must be above 0 and finite")?;
        }
        Ok(Self { log_power: Initializer::Constant { value: power.ln() }.init([classes], device) })
    }

    /// The powers `w` on the host, `K` values.
    pub fn powers(&self) -> Vec<f64> {
        let powers = self.log_power.val().exp().try_into_vec_as::<f64>();
        powers.unwrap_or_else(|error| panic!("parameters are floats: {error}"))
    }

    /// Cost and log-probability of one draw of the masks, `[B]` each.
    fn draw(
        &self,
        denoiser: &dyn Denoiser,
        x0: Tensor<2, Int>,
        t: &[f64],
        complements: Tensor<2>,
    ) -> (Tensor<1>, Tensor<1>) {
        let [batch, length] = x0.dims();
        let device = x0.device();
        let power = self.log_power.val().exp(); // [K]
        let own: Tensor<2> = power.clone().select(0, x0.clone().reshape([batch * length])).reshape([batch, length]);
        let log_rate = own.clone() * upload(t.iter().map(|t| t.ln()).collect(), [batch, 1], &device);
        let rate = log_rate.clone().exp();
        let kept = complements.greater(rate.clone());
        let mask = x0.zeros_like() + self.classes() as i64;
        let tokens = mask.mask_where(kept.clone(), x0.clone());

        let log_p = log_predictions(denoiser, tokens, t);
        let [_, _, classes] = log_p.dims();
        let spread = (log_p.clone().exp() * power.reshape([1, 1, classes])).sum_dim(2).squeeze_dim::<2>(2);
        let cost = spread - own.clone() * (at_class(log_p, x0) + 1.0);
        let inverse = upload(t.iter().map(|t| 1.0 / t).collect(), [batch], &device);
        let cost = sum_positions(cost.mask_fill(kept.clone(), 0.0)) * inverse;
        let visible = (-rate.clamp_max(BELOW_ONE)).log1p();
        (cost, sum_positions(log_rate.mask_where(kept, visible)))
    }
}

impl<'n> ContinuousBound<dyn Denoiser + 'n> for GenMasked {
    fn classes(&self) -> usize {
        self.log_power.shape()[0]
    }

    fn input_codes(&self) -> usize {
        NoiseKind::Mask.input_codes(self.classes())
    }

    /// Two for each position: those of the first draw, then those of the second.
    fn uniforms(&self, length: usize) -> usize {
        2 * length
    }

    fn loss(&self, denoiser: &(dyn Denoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        let [batch, length] = x0.dims();
        assert_eq!(t.len(), batch, "one noise level for each sequence");
        // u < 1 - rate as 1 - u > rate: small rates keep their digits in f32
        let complements: Vec<f32> = uniforms.iter().map(|&u| (1.0 - u) as f32).collect();
        let complements = Tensor::<2>::from_data(TensorData::new(complements, [batch, 2 * length]), &x0.device());
        let (first, log_first) = self.draw(denoiser, x0.clone(), t, complements.clone().narrow(1, 0, length));
        let (second, log_second) = self.draw(denoiser, x0, t, complements.narrow(1, length, length));
        // Zero in value; its gradient is that of the masks' probability.
        let advantage = (first.clone() - second.clone()).detach() * 0.5;
        let surrogate = advantage * (log_first - log_second);
        (first + second) * 0.5 + surrogate.clone() - surrogate.detach()
    }
}
