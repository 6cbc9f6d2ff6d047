//! `eval`: a run becomes figures.

use crate::dataset::Dataset;
use crate::embedder::Embedder;
use crate::evaluation::Evaluation;
use clap::Args;
use halation_train::device::select_device;
use std::path::PathBuf;

/// Arguments of `eval`.
#[derive(Args)]
pub struct EvalArgs {
    /// Run directory
    #[arg(long)]
    pub run: PathBuf,
    /// Folder of the digits, if it has moved since training
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Device, as for train
    #[arg(long)]
    pub device: Option<String>,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// Evaluates and prints.
pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    let embedder = Embedder::open(&args.run, &select_device(args.device.as_deref())?)?;
    let mut data = embedder.recipe().data.clone();
    if let Some(folder) = &args.data {
        data.dir = Some(folder.clone());
    }
    let evaluation = Evaluation::new(&embedder, &Dataset::load(&data)?)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&evaluation)?);
    } else {
        print!("{}", evaluation.table());
    }
    Ok(())
}
