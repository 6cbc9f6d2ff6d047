//! `eval`: a run becomes figures.

use crate::dataset::Dataset;
use crate::embedder::Embedder;
use crate::evaluation::{Evaluation, MeasureTable};
use crate::frozen;
use crate::published::{self, PublishedArgs};
use crate::verb::train::FEATURES;
use clap::Args;
use halation_train::device::select_device;
use std::path::PathBuf;

/// Arguments of `eval`.
#[derive(Args)]
pub struct EvalArgs {
    /// Run directory
    #[arg(long, conflicts_with = "weights", required_unless_present = "weights")]
    pub run: Option<PathBuf>,
    /// Published weights, without a run: needs nothing else but --data
    #[arg(long, requires = "data")]
    pub weights: Option<PathBuf>,
    /// What goes with the weights
    #[command(flatten)]
    pub published: PublishedArgs,
    /// train, val or test
    #[arg(long, default_value = "test")]
    pub split: String,
    /// How two embeddings are compared; default: what the method trained. `all`: a table of every measure
    #[arg(long)]
    pub measure: Option<String>,
    /// Folder of the data set, if it has moved since training
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Where features of frozen towers are kept, if not in the run directory
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Device, as for train
    #[arg(long)]
    pub device: Option<String>,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// Evaluates and prints.
pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    let device = select_device(args.device.as_deref())?;
    let embedder = match (&args.run, &args.weights) {
        (Some(run), _) => Embedder::open(run, &device)?,
        (None, Some(weights)) => published::embedder(&args.published, weights, &device)?,
        (None, None) => unreachable!("clap asks for one of the two"),
    };
    let mut data = embedder.recipe().data.clone();
    if let Some(folder) = &args.data {
        data.dir = Some(folder.clone());
        if args.weights.is_some() {
            data.source = published::source(folder)?;
        }
    }
    let mut dataset = Dataset::load(&data)?;
    if let (Some(frozen), Some(run)) = (embedder.frozen(), &args.run) {
        let folder = args.cache.clone().unwrap_or_else(|| run.join(FEATURES));
        frozen::attach(&mut dataset, frozen, &folder, false, true)?;
    }
    if args.measure.as_deref() == Some("all") {
        let table = MeasureTable::of_split(&embedder, &dataset, &args.split)?;
        print!("{}", if args.json { serde_json::to_string_pretty(&table)? + "\n" } else { table.table() });
        return Ok(());
    }
    let evaluation = Evaluation::of_split(&embedder, &dataset, &args.split, args.measure.as_deref())?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&evaluation)?);
    } else {
        print!("{}", evaluation.table());
    }
    Ok(())
}
