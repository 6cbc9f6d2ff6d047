//! The arguments of every app's `train`.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;
use serde::de::DeserializeOwned;

use crate::TrainError;
use crate::device::select_device;
use crate::progress::ProgressMode;
use crate::recipe::load_recipe;
use crate::run::{Run, RunSpec};
use crate::trainer::FitOptions;

/// Which recipe, where to, and how.
#[derive(Args, Clone, Debug)]
pub struct TrainArgs {
    /// Recipe, a TOML file
    #[arg(long)]
    pub recipe: PathBuf,
    /// Run directory to make
    #[arg(long)]
    pub out: PathBuf,
    /// Folder or file of the data that the recipe reads
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// flex, wgpu, wgpu:1, cuda:0, ..; default: BURN_DEVICE, else what the binary was built for
    #[arg(long)]
    pub device: Option<String>,
    /// Override a key of the recipe: --set train.epochs=5
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Continue a run that was interrupted
    #[arg(long)]
    pub resume: bool,
    /// No progress
    #[arg(long)]
    pub quiet: bool,
}

impl TrainArgs {
    /// Arguments that train into `out`, for verbs that bring their own recipe.
    pub fn into_folder(out: PathBuf, device: Option<String>, quiet: bool) -> Self {
        Self { recipe: PathBuf::new(), out, data: None, device, set: Vec::new(), resume: false, quiet }
    }

    /// The recipe, overrides applied.
    ///
    /// # Errors
    /// As [`load_recipe`].
    pub fn load_recipe<R: DeserializeOwned>(&self) -> Result<R, TrainError> {
        load_recipe(&self.recipe, &self.set)
    }

    /// The data named, as a path that holds wherever the run is read from later.
    ///
    /// # Errors
    /// A path that cannot be made absolute.
    pub fn absolute_data(&self) -> std::io::Result<Option<PathBuf>> {
        self.data.as_ref().map(std::path::absolute).transpose()
    }

    /// The device asked for.
    ///
    /// # Errors
    /// As [`select_device`].
    pub fn device(&self) -> Result<Device, TrainError> {
        select_device(self.device.as_deref())
    }

    /// Makes the run directory, or opens it to go on.
    ///
    /// # Errors
    /// As [`Run::create`] and [`Run::resume`].
    pub fn open_run(&self, spec: RunSpec) -> Result<Run, TrainError> {
        if self.resume { Run::resume(&self.out, spec) } else { Run::create(&self.out, spec) }
    }

    /// How to fit, with a checkpoint every so many steps (0: at the end of epochs only).
    pub fn fit_options(&self, checkpoint_every: usize) -> FitOptions {
        FitOptions {
            checkpoint_every_steps: (checkpoint_every > 0).then_some(checkpoint_every as u64),
            progress: if self.quiet { ProgressMode::Quiet } else { ProgressMode::Auto },
            ..FitOptions::default()
        }
    }
}
