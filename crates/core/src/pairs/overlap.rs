//! What two normal distributions have in common, for every pair: the sums behind the likelihood kernel and the Bhattacharyya distance.

use burn::tensor::Tensor;
use halation_kernels::{PairFunction, has_row_form, pair_map};

use super::log_product::{LANES, LogProduct};
use crate::dist::DiagNormal;

/// The sum over the dimensions `gap (mean1 - mean2)^2 / (v1 + v2) + log ln((v1 + v2) (sigma1 sigma2)^power factor)`.
#[derive(Clone, Copy)]
pub(crate) struct Overlap {
    /// Weight of the distance of the means.
    pub(crate) gap: f32,
    /// Weight of the logarithm.
    pub(crate) log: f32,
    /// Power of both standard deviations in it.
    pub(crate) power: f64,
    /// What else is in it.
    pub(crate) factor: f32,
}

impl Overlap {
    /// The sums of all pairs, `[N, M]`; `None` where [`pair_map`] has none.
    pub(crate) fn all_pairs(self, query: &DiagNormal, gallery: &DiagNormal) -> Option<Tensor<2>> {
        if !has_row_form(&query.mean()) {
            return None;
        }
        let side = |side: &DiagNormal| {
            let log_var = side.log_var().bounded().0;
            Tensor::cat(vec![side.mean(), log_var.clone().exp(), (log_var * (self.power / 2.0)).exp()], 1) // [N, 3 D]
        };
        pair_map(self, &side(query), &side(gallery))
    }
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

impl PairFunction for Overlap {
    #[inline(always)]
    fn value(&self, left: &[f32], right: &[f32]) -> f32 {
        let dims = left.len() / 3;
        let (mean1, rest1) = left.split_at(dims);
        let (variance1, factor1) = rest1.split_at(dims);
        let (mean2, rest2) = right.split_at(dims);
        let (variance2, factor2) = rest2.split_at(dims);
        let mut gaps = [0.0; LANES];
        let mut product = LogProduct::one();
        let whole = dims / LANES * LANES;
        for at in (0..whole).step_by(LANES) {
            let lanes = |row: &[f32]| -> [f32; LANES] { std::array::from_fn(|lane| row[at..at + LANES][lane]) };
            let (m1, m2, v1, v2) = (lanes(mean1), lanes(mean2), lanes(variance1), lanes(variance2));
            let (f1, f2) = (lanes(factor1), lanes(factor2));
            let mut ratios = [0.0; LANES];
            for lane in 0..LANES {
                let (gap, sum) = (m1[lane] - m2[lane], v1[lane] + v2[lane]);
                gaps[lane] += gap * gap * reciprocal(sum);
                ratios[lane] = sum * f1[lane] * f2[lane] * self.factor;
            }
            product.multiply(&ratios);
        }
        let (mut gap_sum, mut log_sum) = (gaps.iter().sum::<f32>(), product.ln());
        for k in whole..dims {
            let (gap, sum) = (mean1[k] - mean2[k], variance1[k] + variance2[k]);
            gap_sum += gap * gap / sum;
            log_sum += (sum * factor1[k] * factor2[k] * self.factor).ln();
        }
        self.gap * gap_sum + self.log * log_sum
    }
}
