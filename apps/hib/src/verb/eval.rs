//! `eval`: a run becomes figures.

use crate::dataset::Dataset;
use crate::embedder::Embedder;
use crate::evaluation::Evaluation;
use clap::Args;
use halation_train::app::RunArgs;

/// Arguments of `eval`.
#[derive(Args)]
pub struct EvalArgs {
    #[command(flatten)]
    run: RunArgs,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// Evaluates and prints.
pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    let embedder = Embedder::open(&args.run.run, &args.run.device()?)?;
    let mut data = embedder.recipe().data.clone();
    if let Some(folder) = &args.run.data {
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
