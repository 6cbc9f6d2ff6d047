//! The arguments of every verb that reads a finished run.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;

use crate::TrainError;
use crate::device::select_device;

/// Which run, and where its data and the computation are.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Run directory
    #[arg(long)]
    pub run: PathBuf,
    /// Folder or file of the data, if it has moved since training
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// flex, wgpu, wgpu:1, cuda:0, ..; default: BURN_DEVICE, else what the binary was built for
    #[arg(long)]
    pub device: Option<String>,
}

impl RunArgs {
    /// The device asked for.
    ///
    /// # Errors
    /// As [`select_device`].
    pub fn device(&self) -> Result<Device, TrainError> {
        select_device(self.device.as_deref())
    }
}
