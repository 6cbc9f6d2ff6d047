//! What two normal distributions have in common, for every pair: the likelihood kernel and the Bhattacharyya distance, which are
//! made of the same sums.

use std::f64::consts::{LN_2, PI};

use burn::tensor::{DType, Tensor};
use halation_kernels::math::LANES;
use halation_kernels::{PairFunction, has_row_form, pair_map};

use super::log_product::LogProduct;
use crate::dist::DiagNormal;

/// Dimensions that are taken together: two for every lane, which share a reciprocal and a factor of the product.
const STEP: usize = 2 * LANES;

/// Means are scaled by this and variances by its square, so that the product of two sums of variances, which lie within 2e-12 and 2e20,
/// is within an `f32`. A power of two: nothing is rounded. Gaps of 1e14 and more may still be infinite in units of the variances next to
/// them.
const UNIT: f32 = 1.0 / 128.0;

/// Both values of all pairs, from the sums over the dimensions of `(mean1 - mean2)^2 / (v1 + v2)` and of `ln (v1 + v2)`.
#[derive(Clone, Copy)]
pub(crate) struct Overlap {
    dims: usize,
}

impl Overlap {
    /// The logarithm of the expected likelihood kernel and the Bhattacharyya distance of blocks of queries with `gallery`, `[N, 2, M]`;
    /// `None` where [`pair_map`] has no form.
    pub(crate) fn to_gallery(
        gallery: &DiagNormal,
    ) -> Option<impl Fn(&DiagNormal) -> Option<Tensor<3>> + Send + Sync + use<>> {
        let [_, dims] = gallery.dims();
        let right = has_row_form(&gallery.mean()).then(|| side(gallery))?;
        Some(move |query: &DiagNormal| {
            // Widths that are filled up alike would hide it.
            assert_eq!(query.dims()[1], dims, "dimensions of query and gallery embeddings differ");
            pair_map(Self { dims }, &side(query), &right)
        })
    }
}

/// Scaled means and variances, each filled up to whole steps with what adds nothing, and the log-determinant in two parts whose sum
/// has the digits of a double: the difference of log-determinants is small beside them.
fn side(distribution: &DiagNormal) -> Tensor<2> {
    let ([rows, dims], device) = (distribution.dims(), distribution.mean().device());
    let missing = dims.next_multiple_of(STEP) - dims;
    let filled = |columns: Tensor<2>, value: f64| match missing {
        0 => columns,
        missing => Tensor::cat(vec![columns, Tensor::full([rows, missing], value, &device)], 1),
    };
    let log_var = distribution.log_var().bounded().0;
    let log_det = log_var.clone().cast(DType::F64).sum_dim(1);
    let high = log_det.clone().cast(DType::F32);
    let low = (log_det - high.clone().cast(DType::F64)).cast(DType::F32);
    let (mean, variance) = (distribution.mean() * UNIT, log_var.exp() * (UNIT * UNIT));
    Tensor::cat(vec![filled(mean, 0.0), filled(variance, 0.5), high, low], 1)
}

/// `1 / x` of a positive normal number within 2 units in the last place, by Newton's method from the bits: a vector division takes
/// twice as long.
#[inline(always)]
fn reciprocal(x: f32) -> f32 {
    let mut inverse = f32::from_bits(0x7ef3_11c7_u32.wrapping_sub(x.to_bits()));
    for _ in 0..3 {
        inverse *= 2.0 - x * inverse;
    }
    inverse
}

/// The columns of a [`side`].
#[inline(always)]
fn parts(row: &[f32], padded: usize) -> (&[f32], &[f32], &[f32]) {
    let (mean, rest) = row.split_at(padded);
    let (variance, log_det) = rest.split_at(padded);
    (mean, variance, log_det)
}

/// Numbers `at..` of a row, one for each lane.
#[inline(always)]
fn lanes(row: &[f32], at: usize) -> [f32; LANES] {
    std::array::from_fn(|lane| row[at..at + LANES][lane])
}

impl PairFunction<2> for Overlap {
    #[inline(always)]
    fn values(&self, left: &[f32], right: &[f32]) -> [f32; 2] {
        let padded = self.dims.next_multiple_of(STEP);
        let (mean1, variance1, log_det1) = parts(left, padded);
        let (mean2, variance2, log_det2) = parts(right, padded);
        let (mut gaps, mut product) = ([0.0; LANES], LogProduct::one());
        for at in (0..padded).step_by(STEP) {
            let (m1, m2, v1, v2) = (lanes(mean1, at), lanes(mean2, at), lanes(variance1, at), lanes(variance2, at));
            let next = at + LANES;
            let (n1, n2, w1, w2) =
                (lanes(mean1, next), lanes(mean2, next), lanes(variance1, next), lanes(variance2, next));
            let mut products = [0.0; LANES];
            for lane in 0..LANES {
                let (gap, sum) = (m1[lane] - m2[lane], v1[lane] + v2[lane]);
                let (other_gap, other_sum) = (n1[lane] - n2[lane], w1[lane] + w2[lane]);
                let both = sum * other_sum;
                // gap^2 / sum + other_gap^2 / other_sum over their common denominator.
                gaps[lane] += (gap * gap * other_sum + other_gap * other_gap * sum) * reciprocal(both);
                products[lane] = both;
            }
            product.multiply(&products);
        }
        let (gap, dims) = (f64::from(gaps.iter().sum::<f32>()), self.dims as f64);
        let log_sum = product.ln() - dims * 2.0 * f64::from(UNIT).ln();
        let log_dets: f64 = log_det1.iter().chain(log_det2).copied().map(f64::from).sum();
        let kernel = -0.5 * (gap + log_sum + dims * (2.0 * PI).ln());
        let distance = 0.25 * gap + 0.5 * (log_sum - dims * LN_2 - 0.5 * log_dets);
        // Of items that hardly differ, rounding may be all that is left.
        let distance = if distance < 0.0 { 0.0 } else { distance };
        [kernel as f32, distance as f32]
    }
}
