//! Which mismatches count as matches because they look like one.

use burn::{
    config::Config,
    tensor::{Int, Tensor},
};

/// Pseudo-positives (PCME++; Chun, ICLR 2024): mismatches of a row that are at least as similar as one of its matches are probably matches
/// that nobody labelled, and take the label of that match.
///
/// Only the best matches of a row count, those with its largest label `y*`; their label is what pseudo-positives get. In a row without
/// matches nothing changes. Both rules are the same where a row has one best match.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum PseudoPositives {
    /// At least as similar as *any* of the best matches, the least similar of them, as the paper's definition reads. Does not depend on the
    /// order of the batch.
    AnyBestMatch,
    /// At least as similar as the *first* of the best matches: what PCME++'s code computes, by `argmax`.
    FirstBestMatch,
}

impl PseudoPositives {
    /// The targets with pseudo-positives, row by row; a constant to autodiff.
    ///
    /// # Shapes
    /// * `logits`, `targets`: `[N, M]`, not empty
    /// * returns: `[N, M]`
    pub fn relabel(&self, logits: Tensor<2>, targets: Tensor<2>) -> Tensor<2> {
        let (logits, targets) = (logits.detach(), targets.detach());
        let [n, m] = targets.dims();
        let best = targets.clone().max_dim(1); // [N, 1]
        let is_best = targets.clone().equal(best.clone().expand([n, m]));
        let threshold = match self {
            Self::AnyBestMatch => logits.clone().mask_fill(is_best.bool_not(), f32::INFINITY).min_dim(1),
            Self::FirstBestMatch => {
                let places = Tensor::<1, Int>::arange(0..m as i64, &targets.device()).unsqueeze::<2>().expand([n, m]);
                let first = places.mask_fill(is_best.bool_not(), m as i64).min_dim(1); // [N, 1]
                logits.clone().gather(1, first)
            }
        };
        let close = logits.greater_equal(threshold.expand([n, m]));
        targets.mask_where(close, best.expand([n, m]))
    }
}
