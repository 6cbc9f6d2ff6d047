//! The inclusion loss of ProLIP: one distribution should lie inside another.

use burn::{
    config::Config,
    module::Module,
    nn::loss::Reduction,
    tensor::{Tensor, assert_shape},
};
use halation_kernels::map;

use super::inclusion_gap::{InclusionGap, InclusionTerm, InclusionWeights};
use crate::{CoreError, dist::DiagNormal};

/// Loss above which ProLIP's code skips the step.
const CODE_LIMIT: f64 = 1e5;

/// Form of the inclusion measure in [`InclusionLoss`].
#[derive(Config, Debug, Copy, PartialEq)]
pub enum InclusionForm {
    /// The measure itself, `H(1 in 2) = ln int p1(z)^2 p2(z) dz`.
    Exact,
    /// What ProLIP's code computes: log-variances enter twice as strongly (`-2 lv1 - lv2` for `-lv1 - lv2 / 2`), and precisions are multiplied
    /// by `exp(this)`, -10 in ProLIP and -100 in LongProLIP, so the means hardly matter. A batch whose mean loss passes 1e5 counts zero.
    ProLipCode(f64),
}

/// Configuration of [`InclusionLoss`].
#[derive(Config, Debug)]
pub struct InclusionLossConfig {
    /// Sharpness `k` of the comparison. 1000 in ProLIP, 10 in LongProLIP.
    #[config(default = 1000.0)]
    pub scale: f64,
    /// Which measure is compared.
    #[config(default = "InclusionForm::Exact")]
    pub form: InclusionForm,
}

impl InclusionLossConfig {
    /// The loss. It has no parameters, so it needs no device.
    ///
    /// # Errors
    /// If the scale is not a positive number, or the exponent of the code's form not finite.
    pub fn init(&self) -> Result<InclusionLoss, CoreError> {
        if !(self.scale.is_finite() && self.scale > 0.0) {
            return Err(CoreError::argument("scale", self.scale, "a positive number"));
        }
        match self.form {
            InclusionForm::ProLipCode(exponent) if !exponent.is_finite() => {
                Err(CoreError::argument("form", exponent, "a finite exponent of the precisions"))
            }
            form => Ok(InclusionLoss { scale: self.scale, form }),
        }
    }
}

/// Asks that the first distribution of each pair lies inside the second: the inclusion loss of ProLIP (Chun et al., ICLR 2025), for an image
/// in its caption (weight 1e-7) and a full view in its masked copy (weight 1e-3).
///
/// Dimension by dimension, `loss = -ln sigmoid(k (H(1 in 2) - H(2 in 1)))` with `H(1 in 2) = ln int p1^2 p2`, which is large where the
/// narrow `p1` lies in the wide `p2`. The difference is computed in the form, equal to the published one but free of cancellation,
///
/// ```text
/// (lv2 - lv1)/2 + ln((v2 + 2 v1) / (v1 + 2 v2))/2 - d^2 / (v1 + 2 v2) + d^2 / (v2 + 2 v1),    d = mean1 - mean2
/// ```
///
/// # Reductions
/// * [`Mean`](Reduction::Mean), and [`Auto`](Reduction::Auto): over pairs and dimensions, as the code;
/// * [`Sum`](Reduction::Sum): over both; [`BatchMean`](Reduction::BatchMean): that, divided by `N`.
///
/// # Edge cases
/// Equal distributions have loss `ln 2`. Gaps of means count up to 1e9 and variances from 1e-12 to 1e20, and have no gradient beyond. An empty
/// batch gives zero.
#[derive(Module, Debug)]
pub struct InclusionLoss {
    scale: f64,
    #[module(skip)]
    form: InclusionForm,
}

impl InclusionLoss {
    /// The loss of pairs in the same place, reduced.
    ///
    /// # Shapes
    /// * `included`, `including`: `[N, D]`
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward(&self, included: &DiagNormal, including: &DiagNormal, reduction: Reduction) -> Tensor<1> {
        let [n, d] = included.dims();
        let sum = self.forward_no_reduction(included, including).sum();
        let mean = sum.clone() / (n * d).max(1) as f64;
        let reduced = match reduction {
            Reduction::Mean | Reduction::Auto => mean.clone(),
            Reduction::Sum => sum,
            Reduction::BatchMean => sum / n.max(1) as f64,
        };
        match self.form {
            InclusionForm::Exact => reduced,
            InclusionForm::ProLipCode(_) => reduced.mask_fill(mean.greater_scalar(CODE_LIMIT), 0.0),
        }
    }

    /// The loss of every pair and dimension.
    ///
    /// # Shapes
    /// * `included`, `including`: `[N, D]`
    /// * returns: `[N, D]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward_no_reduction(&self, included: &DiagNormal, including: &DiagNormal) -> Tensor<2> {
        let gap = InclusionGap { weights: self.weights() };
        map(InclusionTerm { gap, scale: self.scale }, numbers(included, including))
    }

    /// `H(1 in 2) - H(2 in 1)` of every pair and dimension, positive where the first lies inside the second.
    ///
    /// # Shapes
    /// * `included`, `including`: `[N, D]`
    /// * returns: `[N, D]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn logits(&self, included: &DiagNormal, including: &DiagNormal) -> Tensor<2> {
        map(InclusionGap { weights: self.weights() }, numbers(included, including))
    }

    /// What the gap of means and that of log-variances count for.
    fn weights(&self) -> InclusionWeights {
        match self.form {
            InclusionForm::Exact => InclusionWeights { location: 1.0, log_var: 0.5 },
            InclusionForm::ProLipCode(exponent) => InclusionWeights { location: exponent.exp(), log_var: 1.0 },
        }
    }
}

/// Means and log-variances of both, `[N, D]` each.
fn numbers(included: &DiagNormal, including: &DiagNormal) -> [Tensor<2>; 4] {
    let [n, d] = included.dims();
    assert_shape!(including.mean(), [n, d]);
    [included.mean(), included.log_var().0, including.mean(), including.log_var().0]
}
