//! Log density ratios at samples that are sign flips of one draw, for all pairs.

use burn::tensor::Tensor;
use halation_kernels::math::{self, LANES};
use halation_kernels::{PlaneFunction, has_row_form, plane_map};

use super::flips::{FLIPS, GROUPS, Lanes, by_pattern, grouped};
use super::gram::laid_out;
use super::tiles::in_bands;
use super::{ToGallery, log_det};
use crate::dist::DiagNormal;

/// Planes for one direction: what all samples of an item share, and seven sums of groups.
const PLANES: usize = 1 + GROUPS;

/// `sum_j ln sigmoid(ln p(z_j) / q(z_j)) / 8` at the samples of the query, plus the same at those of the gallery with `p` and `q`
/// exchanged.
///
/// Twice a negative log density at a sample `mean + sign step` is, up to constants, the inner product of
/// `(mean^2 + step^2, mean)` and `(1 / v, -2 mean / v)`, plus with the signs that of `(2 mean step, step)` and the same weights.
#[derive(Clone, Copy)]
struct BothHalves;

impl PlaneFunction for BothHalves {
    #[inline(always)]
    fn values(&self, planes: &[Lanes], row: &[f32], columns: &[Lanes]) -> Lanes {
        let mut sum = [0.0; LANES];
        for (direction, planes) in planes.chunks_exact(PLANES).enumerate() {
            let signed = by_pattern(&planes[1..]);
            for signed in &signed {
                for lane in 0..LANES {
                    let excess = planes[0][lane] + signed[lane] + row[direction] + columns[direction][lane];
                    sum[lane] -= math::softplus(-0.5 * excess).0;
                }
            }
        }
        sum.map(|sum| sum / FLIPS as f32)
    }
}

/// One side of all pairs, as what is sampled and as what is compared with.
struct Side {
    shared: Tensor<2>,        // [N, 2 D]: mean^2 + step^2, mean
    signed: Tensor<3>,        // [7, N, 2 D / 7]: 2 mean step, step
    weights: Tensor<2>,       // [N, 2 D]: 1 / v, -2 mean / v
    weight_groups: Tensor<3>, // [7, N, 2 D / 7]: the same
    own_energy: Tensor<2>,    // [N, 1]: of a sample under its own distribution
    other_energy: Tensor<2>,  // [N, 1]: what all samples of others get under this one
}

impl Side {
    fn new(distribution: &DiagNormal, draw: Tensor<2>, centre: Tensor<2>) -> Self {
        assert_eq!(draw.dims()[1], distribution.dims()[1], "draws and embeddings of one dimension");
        let mean = distribution.mean() - centre;
        let log_var = distribution.log_var().bounded();
        let step = log_var.log_std().std() * draw.clone();
        let precision = (-log_var.0).exp();
        let weighted = mean.clone() * precision.clone();
        let log_det = log_det(distribution);
        Self {
            shared: Tensor::cat(vec![mean.clone().square() + step.clone().square(), mean.clone()], 1),
            signed: groups(mean.clone() * step.clone() * 2.0, step),
            own_energy: log_det.clone() + draw.square().sum_dim(1),
            other_energy: log_det + (mean * weighted.clone()).sum_dim(1),
            weights: Tensor::cat(vec![precision.clone(), weighted.clone() * -2.0], 1),
            weight_groups: groups(precision, weighted * -2.0),
        }
    }
}

/// The columns of every group, of both next to each other.
fn groups(left: Tensor<2>, right: Tensor<2>) -> Tensor<3> {
    Tensor::cat(vec![grouped(left), grouped(right)], 2)
}

/// The sums of both directions for blocks of queries with one gallery, whose samples are sign flips of `draws` (`[1, D]`, the query's and
/// the gallery's): `ln sigmoid` of log density ratios, averaged over the eight samples. `general` of queries that this form does not
/// serve, and `None` if it does not serve the gallery.
pub(crate) fn over_flipped_density_ratios(
    [query_draw, gallery_draw]: [Tensor<2>; 2],
    gallery: &DiagNormal,
    general: impl Fn(&DiagNormal) -> Tensor<2> + Send + Sync + 'static,
) -> Option<ToGallery> {
    if !has_row_form(&gallery.mean()) {
        return None;
    }
    let centre = gallery.mean().mean_dim(0);
    let side = Side::new(gallery, gallery_draw, centre.clone());
    let (weights, shared) = (laid_out(side.weights.transpose()), laid_out(side.shared.transpose())); // [2 D, M]
    let columns_of = |groups: Tensor<3>| laid_out(groups.swap_dims(1, 2));
    let (weight_groups, signed) = (columns_of(side.weight_groups), columns_of(side.signed)); // [7, 2 D / 7, M]
    let columns = Tensor::cat(vec![side.other_energy, -side.own_energy], 1).transpose(); // [2, M]
    let [_, count] = columns.dims();
    let band = move |query: &DiagNormal| {
        let side = Side::new(query, query_draw.clone(), centre.clone());
        let rows = Tensor::cat(vec![-side.own_energy, side.other_energy], 1); // [N, 2]
        let planes = [
            side.shared.matmul(weights.clone()).unsqueeze_dim(0),
            side.signed.matmul(weight_groups.clone()),
            side.weights.matmul(shared.clone()).unsqueeze_dim(0),
            side.weight_groups.matmul(signed.clone()),
        ];
        plane_map(BothHalves, &planes, &rows, &columns)
    };
    Some(Box::new(move |query| {
        let bands = || in_bands(query.dims()[0], 2 * PLANES * count, |rows| band(&query.rows(rows)));
        has_row_form(&query.mean()).then(bands).flatten().unwrap_or_else(|| general(query))
    }))
}
