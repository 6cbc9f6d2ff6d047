//! What every diffusion in continuous time offers to a training loop.

use burn::tensor::{Int, Tensor};

use super::{NllEstimate, Uniforms};

/// A diffusion in continuous time, as an estimate of a bound of the negative log-likelihood.
///
/// `N` is the kind of network: [`dyn Denoiser`](crate::diffusion::denoiser::Denoiser), or
/// [`dyn BlockDenoiser`](super::BlockDenoiser) of a diffusion in blocks.
pub trait ContinuousBound<N: ?Sized> {
    /// Number of classes `K` of a clean symbol.
    fn classes(&self) -> usize;

    /// Number of codes that the network reads: `K + 1` with a mask token, else `K`.
    fn input_codes(&self) -> usize;

    /// Noise levels for each sequence of `length` symbols.
    fn levels(&self, _length: usize) -> usize {
        1
    }

    /// Uniforms for each sequence of `length` symbols.
    fn uniforms(&self, length: usize) -> usize {
        length
    }

    /// An unbiased estimate of the bound of `-ln p(x_0)` of each sequence, in nats; differentiable in the network.
    ///
    /// # Shapes
    /// * `x0`: `[B, L]`, classes
    /// * `t`: `B * levels(L)` noise levels from `(0, 1]`, row by row; uniform ones for an unbiased estimate
    /// * `uniforms`: `B * uniforms(L)` draws from `[0, 1)`
    /// * returns: `[B]`
    ///
    /// # Panics
    /// If the counts do not fit.
    fn loss(&self, network: &N, x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1>;

    /// What training minimises, in the shapes of [`loss`](Self::loss): the bound, unless the method trains on something else.
    fn objective(&self, network: &N, x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        self.loss(network, x0, t, uniforms)
    }

    /// The bound of each sequence, averaged over `n_t` noise levels, one from each of `n_t` equal parts of `(0, 1]`.
    ///
    /// # Panics
    /// If `n_t` is 0, or the loss has another type than float.
    fn nll_mc(&self, network: &N, x0: Tensor<2, Int>, n_t: usize, uniforms: Uniforms<'_>) -> NllEstimate {
        assert!(n_t > 0, "an estimate needs at least one noise level");
        let [batch, length] = x0.dims();
        let mut nats = vec![0.0; batch];
        for part in 0..n_t {
            let level = |u: f64| (part as f64 + 1.0 - u) / n_t as f64;
            let t: Vec<f64> = uniforms(batch * self.levels(length)).into_iter().map(level).collect();
            let drawn = uniforms(batch * self.uniforms(length));
            let loss = self.loss(network, x0.clone(), &t, &drawn);
            let values = loss.try_into_vec_as::<f64>().unwrap_or_else(|error| panic!("a loss of floats: {error}"));
            nats.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / n_t as f64);
        }
        NllEstimate { nats, levels: n_t }
    }
}
