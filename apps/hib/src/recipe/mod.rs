//! The recipe of a hedging experiment: everything that decides its outcome, in one TOML file.

mod data;
mod eval;
mod head;
mod loss;
mod model;
mod pairing;
mod train;

pub use data::Data;
pub use eval::Eval;
pub use head::Head;
pub use loss::Loss;
pub use model::Model;
pub use pairing::Pairing;
pub use train::Train;

use anyhow::{anyhow, bail};
use halation_data::world::digits::NDigitTask;
use halation_train::recipe::Expect;
use serde::{Deserialize, Serialize};

/// A hedging experiment. Every key has a default; a misspelt one is an error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// Seeds the weights, the batches, every random draw. Not the data itself.
    pub seed: u64,
    /// What is learnt from.
    pub data: Data,
    /// What learns.
    pub model: Model,
    /// What training minimises.
    pub loss: Loss,
    /// For how long, and how.
    pub train: Train,
    /// How much is evaluated.
    pub eval: Eval,
    /// Bands that `cargo xtask repro` checks.
    pub expect: Expect,
    /// Where `cargo xtask repro` puts the figures; the app does not read it.
    #[serde(skip_serializing)]
    pub repro: toml::Table,
}

impl Recipe {
    /// Checks values that their types allow but that make no sense.
    pub fn check(&self) -> anyhow::Result<()> {
        self.data.numbers.validate().map_err(|error| anyhow!("recipe table `data.numbers`: {error}"))?;
        self.data.occlusion.validate().map_err(|error| anyhow!("recipe table `data.occlusion`: {error}"))?;
        self.model
            .config(self.data.numbers.digits)
            .check()
            .map_err(|error| anyhow!("recipe table `model`: {error}"))?;
        if self.data.numbers.task != NDigitTask::Instance {
            bail!("recipe key `data.numbers.task`: the gallery is of training images, so use \"instance\"");
        }
        let components = self.model.head.components();
        for (key, samples) in [("loss.samples", self.loss.samples), ("eval.samples", self.eval.samples)] {
            if samples == 0 || samples % components != 0 {
                bail!(
                    "recipe key `{key}` is {samples}; it must be a multiple of the {components} component(s) of the head"
                );
            }
        }
        let positive = [
            ("train.epochs", self.train.epochs),
            ("train.steps_per_epoch", self.train.steps_per_epoch),
            ("eval.neighbours", self.eval.neighbours),
            ("eval.gallery", self.eval.gallery),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            bail!("recipe key `{key}` is 0; it must be at least 1");
        }
        for (key, pairs) in [("train.batch", self.train.batch), ("eval.pairs", self.eval.pairs)] {
            if pairs < 2 {
                bail!("recipe key `{key}` is {pairs}; it must be at least 2, a match and a mismatch");
            }
        }
        self.train.check(10usize.pow(self.data.numbers.digits as u32))?;
        if !(self.loss.kl_weight >= 0.0 && self.loss.kl_weight.is_finite()) {
            bail!("recipe key `loss.kl_weight` is {}; it must be 0 or positive", self.loss.kl_weight);
        }
        for (key, value) in [("negative_scale", self.loss.negative_scale), ("shift", self.loss.shift)] {
            if !value.is_finite() {
                bail!("recipe key `loss.{key}` is {value}; it must be a number");
            }
        }
        Ok(())
    }
}
