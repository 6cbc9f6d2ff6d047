//! The floor under the entropy of an embedding, of MAP.

use burn::{
    config::Config,
    module::Module,
    nn::loss::Reduction,
    tensor::{Tensor, activation::relu},
};

use crate::{CoreError, dist::DiagNormal};

/// Form of the entropy in [`EntropyFloor`].
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum EntropyForm {
    /// The entropy itself, `D/2 (ln 2 pi + 1) + sum_k ls_k`.
    Exact,
    /// What MAP's code computes, `D/2 (ln 2 pi + 1) + 1/2 sum_k ls_k`: the log standard deviation stands where the log-variance belongs, which
    /// halves the pull and asks for scales twice as many powers of `e` larger.
    MapCode,
}

/// Configuration of [`EntropyFloor`].
#[derive(Config, Debug)]
pub struct EntropyFloorConfig {
    /// Entropy in nats below which a distribution costs something. MAP's example configuration: 300.
    #[config(default = 300.0)]
    pub floor: f64,
    /// What counts as the entropy.
    #[config(default = "EntropyForm::Exact")]
    pub form: EntropyForm,
}

impl EntropyFloorConfig {
    /// The loss. It has no parameters, so it needs no device.
    ///
    /// # Errors
    /// If the floor is not a finite number.
    pub fn init(&self) -> Result<EntropyFloor, CoreError> {
        if !self.floor.is_finite() {
            return Err(CoreError::argument("floor", self.floor, "a finite number of nats"));
        }
        Ok(EntropyFloor { floor: self.floor, form: self.form })
    }
}

/// Keeps distributions from collapsing to points, `max(0, floor - entropy)` per item, in nats (MAP; Ji et al., CVPR 2023; weight 0.01, mean
/// of both modalities).
///
/// The entropy grows with the dimension: a floor for one `D` means nothing for another.
///
/// # Reductions
/// * [`Mean`](Reduction::Mean), [`BatchMean`](Reduction::BatchMean) and [`Auto`](Reduction::Auto): over the items, as MAP's code;
/// * [`Sum`](Reduction::Sum).
///
/// # Edge cases
/// At and above the floor zero with zero gradient; an empty batch gives zero.
#[derive(Module, Debug)]
pub struct EntropyFloor {
    floor: f64,
    #[module(skip)]
    form: EntropyForm,
}

impl EntropyFloor {
    /// The loss of a batch, reduced.
    ///
    /// # Shapes
    /// * `embedding`: `[N, D]`
    /// * returns: `[1]`
    pub fn forward(&self, embedding: &DiagNormal, reduction: Reduction) -> Tensor<1> {
        let [items, _] = embedding.dims();
        let sum = self.forward_no_reduction(embedding).sum();
        match reduction {
            Reduction::Sum => sum,
            Reduction::Mean | Reduction::BatchMean | Reduction::Auto => sum / items.max(1) as f64,
        }
    }

    /// The loss of every item.
    ///
    /// # Shapes
    /// * `embedding`: `[N, D]`
    /// * returns: `[N]`
    pub fn forward_no_reduction(&self, embedding: &DiagNormal) -> Tensor<1> {
        let entropy = match self.form {
            EntropyForm::Exact => embedding.entropy(),
            EntropyForm::MapCode => embedding.entropy() - embedding.log_det_std() * 0.5,
        };
        relu(-entropy + self.floor)
    }
}
