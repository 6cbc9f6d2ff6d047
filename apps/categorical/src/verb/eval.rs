//! `eval`: a run becomes bits.

use crate::evaluation::Evaluation;
use crate::generator::Opened;
use anyhow::anyhow;
use clap::Args;
use halation_train::app::RunArgs;
use halation_train::user_error::user;

/// Arguments of `eval`.
#[derive(Args)]
pub struct EvalArgs {
    #[command(flatten)]
    run: RunArgs,
    /// train, val or test
    #[arg(long, default_value = "test")]
    split: String,
    /// Draws for each sequence: noise levels of a diffusion, points of a flow and the S of its IWBO
    #[arg(long)]
    samples: Option<usize>,
    /// Sequences to measure, spread over the split; 0: all
    #[arg(long)]
    sequences: Option<usize>,
    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    let mut opened = Opened::new(&args.run)?;
    if let Some(samples) = args.samples {
        if samples == 0 {
            return Err(user(anyhow!("--samples is 0; a bound needs at least one draw")));
        }
        opened.recipe.eval.samples = samples;
    }
    if let Some(sequences) = args.sequences {
        opened.recipe.eval.sequences = sequences;
    }
    let mut told = 0;
    let evaluation = Evaluation::of_split(&opened.generator(), &opened.recipe, &args.split, |done, total| {
        if !args.json && done * 10 / total.max(1) > told {
            told = done * 10 / total.max(1);
            eprintln!("measured {done} of {total} sequences");
        }
    })?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&evaluation)?);
    } else {
        print!("{}", evaluation.table());
    }
    Ok(())
}
