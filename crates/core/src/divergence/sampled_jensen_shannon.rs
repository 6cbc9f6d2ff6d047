//! The Monte-Carlo Jensen-Shannon divergence.

use std::f64::consts::LN_2;

use burn::tensor::Tensor;
use halation_kernels::log_sigmoid;

use super::{Direction, Divergence, SampleNoise, ToGallery, sample_noise::sample};
use crate::{
    dist::DiagNormal,
    pairs::{log_det, over_flipped_density_ratios, squared_mahalanobis, tiled},
};

/// Jensen-Shannon divergence `1/2 KL(p1 || m) + 1/2 KL(p2 || m)` with `m = (p1 + p2)/2`, in nats, estimated from `J` samples of each side,
/// because normal distributions have no closed form:
/// `ln 2 + 1/2J sum_j (ln sigmoid(ln p1(z1_j)/p2(z1_j)) + ln sigmoid(ln p2(z2_j)/p1(z2_j)))`.
///
/// The divergence lies in `[0, ln 2]`; the estimate may fall below zero, and embeddings that hardly overlap tie at `ln 2`.
#[derive(Debug, Clone)]
pub struct SampledJensenShannon {
    noise: SampleNoise,
}

impl SampledJensenShannon {
    /// The measure, sampling with this noise.
    pub fn new(noise: SampleNoise) -> Self {
        Self { noise }
    }

    fn of_all_samples(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        let of_query = half(query, gallery, self.noise.query_draws());
        let of_gallery = half(gallery, query, self.noise.gallery_draws()).transpose();
        (of_query + of_gallery) * 0.5 + LN_2
    }
}

/// `-2 ln p(z)` of a distribution's own samples `z = mean + sigma draw`, without the constant `D ln 2 pi`: `[J, N]`.
fn own_energy(own: &DiagNormal, draws: &Tensor<2>) -> Tensor<2> {
    draws.clone().square().sum_dim(1) + log_det(own).transpose() // [J, N]
}

/// `1/J sum_j ln sigmoid(ln own(z_j)/other(z_j))` over the samples of `own`, all pairs: `[N, M]`.
fn half(own: &DiagNormal, other: &DiagNormal, draws: Tensor<2>) -> Tensor<2> {
    let ([n, d], [m, _], [j, _]) = (own.dims(), other.dims(), draws.dims());
    tiled(n, m, j, |rows, columns| {
        let (own, other) = (own.rows(rows), other.rows(columns));
        let ([n, _], [m, _]) = (own.dims(), other.dims());
        let samples = sample(&own, draws.clone()).swap_dims(0, 1).reshape([j * n, d]); // [N, J, D] -> [J N, D]
        let energy = squared_mahalanobis(samples, &other) + log_det(&other).transpose(); // [J N, M]
        let log_ratio = (energy - own_energy(&own, &draws).reshape([j * n, 1])) * 0.5;
        log_sigmoid(log_ratio).reshape([j, n, m]).mean_dim(0).squeeze_dim(0) // [N, M]
    })
}

/// [`half`] of the pairs in the same place, `[N]`.
fn aligned_half(own: &DiagNormal, other: &DiagNormal, draws: Tensor<2>) -> Tensor<1> {
    let samples = sample(own, draws.clone()); // [N, J, D]
    let log_var: Tensor<3> = other.log_var().bounded().0.unsqueeze_dim(1); // [N, 1, D]
    let gap = samples - other.mean().unsqueeze_dim(1);
    let energy: Tensor<2> = (gap.square() * (-log_var.clone()).exp() + log_var).sum_dim(2).squeeze_dim(2); // [N, J]
    let log_ratio = (energy - own_energy(own, &draws).transpose()) * 0.5;
    log_sigmoid(log_ratio).mean_dim(1).squeeze_dim(1)
}

impl Divergence for SampledJensenShannon {
    fn name(&self) -> &'static str {
        "sampled-js"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        self.to_gallery(gallery).map_or_else(|| self.of_all_samples(query, gallery), |values| values(query))
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        let (this, all) = (self.clone(), gallery.clone());
        let halves = over_flipped_density_ratios(self.noise.flips()?, gallery, move |query| {
            (this.of_all_samples(query, &all) - LN_2) * 2.0
        })?;
        Some(Box::new(move |query| halves(query) * 0.5 + LN_2))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        let of_query = aligned_half(query, gallery, self.noise.query_draws());
        let of_gallery = aligned_half(gallery, query, self.noise.gallery_draws());
        (of_query + of_gallery) * 0.5 + LN_2
    }
}
