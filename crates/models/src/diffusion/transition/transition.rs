//! What every noise process over categories can do.

use std::fmt::Debug;

use burn::tensor::{Int, Tensor};
use halation_core::categorical::log_one_hot;

use crate::diffusion::schedule::NoiseSchedule;
use crate::diffusion::tensors::{sample_class, sum_positions, upload};

/// A Markov chain of noise over `K` clean classes and `S` states: `S = K`, or `K + 1` with the mask state `K`.
///
/// Steps are `t = 1..=T` on the host, one for each sequence, so that a batch may hold any mix of them; everything that
/// depends on `t` alone is computed in `f64`. Results are log-probabilities `[B, L, S]` that sum to one over the states.
///
/// # Panics
/// All methods panic if shapes do not fit, a step is out of range, or `s >= t`.
pub trait Transition: Debug + Send + Sync {
    /// Clean classes `K`.
    fn classes(&self) -> usize;

    /// States `S` of a noisy position.
    fn states(&self) -> usize;

    /// The levels of the noise.
    fn schedule(&self) -> &NoiseSchedule;

    /// `ln q(x_t | x_0)` with the clean class drawn from `x_0`.
    ///
    /// # Shapes
    /// * `log_x0`: `[B, L, K]`, log-probabilities; `t`: `B` steps in `0..=T`
    /// * output: `[B, L, S]`
    fn log_q_t(&self, log_x0: Tensor<3>, t: &[usize]) -> Tensor<3>;

    /// `ln q(x_t | x_(t-1))` with the earlier state drawn from `x_(t-1)`.
    ///
    /// # Shapes
    /// * `log_previous`: `[B, L, S]`, log-probabilities; `t`: `B` steps in `1..=T`
    /// * output: `[B, L, S]`
    fn log_q_step(&self, log_previous: Tensor<3>, t: &[usize]) -> Tensor<3>;

    /// `ln q(x_s | x_t, x_0)`, proportional to `q(x_t | x_s) q(x_s | x_0)`, normalised over the states.
    ///
    /// A soft `x_0` enters the second factor *before* the product is normalised. With the estimate of a network this is
    /// the reverse step of D3PM (Austin et al. 2021, equation 4); it differs from the mixture of posteriors.
    ///
    /// # Shapes
    /// * `x_t`: `[B, L]`, states; `log_x0`: `[B, L, K]`; `s`, `t`: `B` steps, `0 <= s < t <= T`
    /// * output: `[B, L, S]`
    fn log_q_posterior(&self, x_t: Tensor<2, Int>, log_x0: Tensor<3>, s: &[usize], t: &[usize]) -> Tensor<3>;

    /// The logarithm of the distribution `p(x_T)` from which generation starts, `S` numbers.
    fn log_prior(&self) -> Vec<f64>;

    /// `KL(q(x_T | x_0) || p(x_T))` of each clean class, `K` numbers in nats.
    fn class_prior_kl(&self) -> Vec<f64>;

    /// The probability that `x_t` differs from `x_0`, averaged over the clean classes.
    fn change_probability(&self, t: usize) -> f64;

    /// Number of steps `T`.
    fn steps(&self) -> usize {
        self.schedule().steps()
    }

    /// `KL(q(x_T | x_0) || p(x_T))`, summed over positions, in nats.
    ///
    /// # Shapes
    /// * `x0`: `[B, L]`; output: `[B]`
    fn prior_kl(&self, x0: Tensor<2, Int>) -> Tensor<1> {
        let [batch, length] = x0.dims();
        let table = upload(self.class_prior_kl(), [self.classes()], &x0.device());
        sum_positions(table.select(0, x0.reshape([batch * length])).reshape([batch, length]))
    }

    /// Draws `x_t` by the Gumbel-max trick.
    ///
    /// # Shapes
    /// * `x0`: `[B, L]`; `t`: `B` steps in `0..=T`; `uniforms`: `[B, L, S]` in `[0, 1)`
    /// * output: `[B, L]`
    fn sample_t(&self, x0: Tensor<2, Int>, t: &[usize], uniforms: Tensor<3>) -> Tensor<2, Int> {
        sample_class(self.log_q_t(log_one_hot(x0, self.classes()), t), uniforms)
    }
}
