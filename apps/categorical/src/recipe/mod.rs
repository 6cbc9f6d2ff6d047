//! The recipe of an experiment: everything that decides its outcome, in one TOML file.

mod data;
mod denoiser;
mod eval;
mod model;
mod train;

pub use data::{Data, Layout, Source};
pub use denoiser::{Denoiser, Net};
pub use eval::Eval;
pub use model::{
    ContinuousModel, Density, DiffusionModel, FlowModel, LabelFlowModel, LatentModel, Model, Objective, Points, Unused,
};
pub use train::{LrSchedule, Train};

use anyhow::bail;
use halation_train::recipe::Expect;
use serde::{Deserialize, Serialize};

/// An experiment. Every key has a default; a misspelt one is an error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// Seeds the weights, the batches, every random draw; generated data too.
    pub seed: u64,
    /// What is learnt from.
    pub data: Data,
    /// What learns.
    pub model: Model,
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
    /// Checks values that their types allow but that make no sense, as far as the data does not decide.
    pub fn check(&self) -> anyhow::Result<()> {
        self.train.check()?;
        for (key, value) in
            [("data.length", self.data.length), ("eval.samples", self.eval.samples), ("eval.glance", self.eval.glance)]
        {
            if value == 0 {
                bail!("recipe key `{key}` is 0; it must be at least 1");
            }
        }
        Ok(())
    }
}
