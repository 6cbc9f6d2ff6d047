//! The recipe of a retrieval experiment: everything that decides its outcome, in one TOML file.

mod data;
mod model;
mod optimise;

pub use data::{Data, ShardSource, Source};
pub use model::{Backbone, Model, Pooling};
pub use optimise::{LrSchedule, Train};

use crate::method::Loss;
use anyhow::{anyhow, bail};
use halation_data::image::Pipeline;
use halation_train::recipe::Expect;
use serde::{Deserialize, Serialize};

/// A retrieval experiment. Every key has a default; a misspelt one is an error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// Seeds the weights, the order of the data, every random draw. Not the data itself.
    pub seed: u64,
    /// What is learnt from.
    pub data: Data,
    /// What learns.
    pub model: Model,
    /// What training minimises.
    pub loss: Loss,
    /// For how long, and how.
    pub train: Train,
    /// Bands that `cargo xtask repro` checks.
    pub expect: Expect,
    /// Where `cargo xtask repro` puts the figures; the app does not read it.
    #[serde(skip_serializing)]
    pub repro: toml::Table,
}

impl Recipe {
    /// Checks values that their types allow but that make no sense.
    pub fn check(&self) -> anyhow::Result<()> {
        let positive = [
            ("data.image_size", self.data.image_size),
            ("data.min_count", self.data.min_count),
            ("model.dim", self.model.dim),
            ("model.word_dim", self.model.word_dim),
            ("model.width", self.model.width),
            ("model.points", self.model.points),
            ("train.epochs", self.train.epochs),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            bail!("recipe key `{key}` is 0; it must be at least 1");
        }
        if self.train.batch < 2 {
            bail!("recipe key `train.batch` is {}; a contrastive batch needs at least 2 pairs", self.train.batch);
        }
        if !self.model.dim.is_multiple_of(2) {
            bail!("recipe key `model.dim` is {}; it must be even (half for each direction of the GRU)", self.model.dim);
        }
        for (key, lr) in [("lr", Some(self.train.lr)), ("warmup_lr", self.train.warmup_lr)] {
            if let Some(lr) = lr.filter(|lr| !(*lr > 0.0 && lr.is_finite())) {
                bail!("recipe key `train.{key}` is {lr}; it must be a positive number");
            }
        }
        if self.model.points > 1 && !self.model.point {
            bail!(
                "recipe key `model.points` is {}; a distribution has one mean: set `model.point` to true",
                self.model.points
            );
        }
        if self.model.points > 1 && !self.loss.takes_sets() {
            bail!("recipe key `model.points` is {}; only method `pvse` trains sets of points", self.model.points);
        }
        if self.model.pooling == Pooling::Gpo && (!self.model.point || self.model.points > 1) {
            bail!(
                "recipe key `model.pooling` is \"gpo\", which embeds one point: set `model.point` to true and `model.points` to 1"
            );
        }
        self.loss.check(&self.model)?;
        if !(0.0..0.5).contains(&self.data.label_smoothing) {
            bail!("recipe key `data.label_smoothing` is {}; give 0 to below 0.5", self.data.label_smoothing);
        }
        if (self.data.mix.is_some() || self.data.label_smoothing > 0.0) && !self.loss.takes_soft_labels() {
            bail!("recipe keys `data.mix` and `data.label_smoothing` make soft targets, which a hinge has no use for");
        }
        if !(0.0..1.0).contains(&self.data.drop_words) {
            bail!("recipe key `data.drop_words` is {}; it is a share, 0 to below 1", self.data.drop_words);
        }
        Pipeline::new(self.data.train_transforms())
            .map(drop)
            .map_err(|error| anyhow!("recipe key `data.augment`: {error}"))
    }
}
