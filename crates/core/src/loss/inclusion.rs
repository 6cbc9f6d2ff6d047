//! The inclusion loss of ProLIP: one distribution should lie inside another.

use burn::{
    config::Config,
    module::Module,
    nn::loss::Reduction,
    tensor::{Tensor, assert_shape},
};
use halation_kernels::log_sigmoid;

use crate::{CoreError, dist::DiagNormal};

/// Differences of means count up to this, so that their squares over the smallest variance stay finite.
const LARGEST_GAP: f64 = 1e9;

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
        -log_sigmoid(self.logits(included, including) * self.scale)
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
        let [n, d] = included.dims();
        assert_shape!(including.mean(), [n, d]);
        let (lv1, lv2) = (included.log_var().bounded().0, including.log_var().bounded().0);
        let gap = (included.mean() - including.mean()).clamp(-LARGEST_GAP, LARGEST_GAP).square();
        let first_in_second = log_add_twice(lv1.clone(), lv2.clone()); // ln(v1 + 2 v2)
        let second_in_first = log_add_twice(lv2.clone(), lv1.clone()); // ln(v2 + 2 v1)
        let (gap_weight, log_var_weight) = match self.form {
            InclusionForm::Exact => (1.0, 0.5),
            InclusionForm::ProLipCode(exponent) => (exponent.exp(), 1.0),
        };
        // Quotients by exponentials of logarithms: the plain ones overflow in the backward pass at the smallest variances.
        let location = gap.clone() * (-second_in_first.clone()).exp() - gap * (-first_in_second.clone()).exp();
        (lv2 - lv1) * log_var_weight + (second_in_first - first_in_second) * 0.5 + location * gap_weight
    }
}

/// `ln(exp(x) + 2 exp(y))`.
fn log_add_twice(x: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
    let y = y + std::f64::consts::LN_2;
    y.clone() - log_sigmoid(y - x)
}
