//! Second moments of one distribution around the mean of another, in units of its variance, by one matrix product: what KL, Jeffreys
//! and squared Mahalanobis distances are made of.

use burn::tensor::Tensor;

use super::gram::laid_out;
use crate::dist::{DiagNormal, LogVar};

/// One side of all pairs, made ready once for any number of blocks of the other.
///
/// The sum `sum_k (v1_k + (mean1_k - mean2_k)^2) / v2_k` is the inner product of what the first says, `(v1 + mean1^2, mean1)`, and what
/// the second says, `(1 / v2, -2 mean2 / v2)`, and `sum_k mean2_k^2 / v2_k`. Means are those around the gallery's centre.
#[derive(Debug)]
pub(crate) struct ScatterGallery {
    centre: Tensor<2>,  // [1, D]
    columns: Tensor<2>, // [2 D, M]
    /// `[1, M]` where queries scatter around the gallery; where the gallery scatters around queries, they bring it.
    constant: Option<Tensor<2>>,
}

impl ScatterGallery {
    /// For queries that scatter around `gallery` `[M, D]`.
    pub(crate) fn of_centres(gallery: &DiagNormal) -> Self {
        let centre = centre(gallery);
        let (weights, constant) = weights(gallery.mean() - centre.clone(), gallery.log_var());
        Self { centre, columns: laid_out(weights.transpose()), constant: Some(constant.transpose()) }
    }

    /// For queries around which `gallery` `[M, D]` scatters.
    pub(crate) fn of_scatters(gallery: &DiagNormal) -> Self {
        let centre = centre(gallery);
        let moments = moments(gallery.mean() - centre.clone(), gallery.log_var().bounded().variance());
        Self { centre, columns: laid_out(moments.transpose()), constant: None }
    }

    /// The sums of all pairs.
    ///
    /// # Shapes
    /// * `query`: `[N, D]`; returns `[N, M]`
    pub(crate) fn scatter(&self, query: &DiagNormal) -> Tensor<2> {
        let mean = query.mean() - self.centre.clone();
        let (rows, constant) = match &self.constant {
            Some(constant) => (moments(mean, query.log_var().bounded().variance()), constant.clone()),
            None => weights(mean, query.log_var()),
        };
        rows.matmul(self.columns.clone()) + constant
    }
}

/// Squared Mahalanobis distances `sum_k (x_k - mean_k)^2 / v_k` of every point to every centre: points do not scatter.
///
/// # Shapes
/// * `points`: `[N, D]`, `centres`: `[M, D]`; returns `[N, M]`
pub(crate) fn squared_mahalanobis(points: Tensor<2>, centres: &DiagNormal) -> Tensor<2> {
    let centre = centre(centres);
    let (weights, constant) = weights(centres.mean() - centre.clone(), centres.log_var());
    let no_variance = points.zeros_like();
    moments(points - centre, no_variance).matmul(weights.transpose()) + constant.transpose()
}

/// Logarithms of the products of all variances, `[N, 1]`.
pub(crate) fn log_det(distribution: &DiagNormal) -> Tensor<2> {
    distribution.log_var().bounded().0.sum_dim(1)
}

/// Sums do not see a common shift, but the rounding of their large terms does.
fn centre(gallery: &DiagNormal) -> Tensor<2> {
    gallery.mean().detach().mean_dim(0)
}

/// `(v + mean^2, mean)`, `[N, 2 D]`.
fn moments(mean: Tensor<2>, variance: Tensor<2>) -> Tensor<2> {
    Tensor::cat(vec![variance + mean.clone().square(), mean], 1)
}

/// `(1 / v, -2 mean / v)`, `[N, 2 D]`, and `sum mean^2 / v`, `[N, 1]`.
fn weights(mean: Tensor<2>, log_var: LogVar) -> (Tensor<2>, Tensor<2>) {
    let precision = (-log_var.bounded().0).exp();
    let weighted = mean.clone() * precision.clone();
    let constant = (mean * weighted.clone()).sum_dim(1);
    (Tensor::cat(vec![precision, weighted * -2.0], 1), constant)
}
