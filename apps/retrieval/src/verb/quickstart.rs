//! `quickstart`: from nothing to two trained models, a comparison and a report.

use crate::evaluation::Evaluation;
use crate::recipe::Recipe;
use crate::verb::train::train;
use clap::Args;
use halation_train::app::TrainArgs;
use halation_train::recipe::parse_recipe;
use std::path::PathBuf;

/// The recipe of both models; the control has no width, and so no prior on it.
const RECIPE: &str = include_str!("../../recipes/check/scenes-pcme.toml");

/// Arguments of `quickstart`.
#[derive(Args)]
pub struct QuickstartArgs {
    /// Folder to make
    #[arg(long, default_value = "runs/quickstart")]
    pub out: PathBuf,
    /// Device, as for train
    #[arg(long)]
    pub device: Option<String>,
    /// No progress
    #[arg(long)]
    pub quiet: bool,
}

/// Trains PCME and the same encoder with mean-only embeddings, and prints what to do next.
pub fn run(args: &QuickstartArgs) -> anyhow::Result<()> {
    let budget = "train.epochs=8".to_owned();
    let pcme: Recipe = parse_recipe(RECIPE, "quickstart", std::slice::from_ref(&budget))?;
    let point: Recipe =
        parse_recipe(RECIPE, "quickstart", &[budget, "model.point=true".to_owned(), "loss.kl_weight=0.0".to_owned()])?;
    let mut rows = Vec::new();
    for (name, recipe, folder) in [("PCME", pcme, "pcme"), ("mean only", point, "mean-only")] {
        eprintln!("{name}:");
        let into = TrainArgs::into_folder(args.out.join(folder), args.device.clone(), args.quiet);
        match train(&recipe, &into, None)? {
            Some(evaluation) => rows.push((name, evaluation)),
            None => return Ok(()),
        }
    }
    print_comparison(&rows);
    let run = args.out.join("pcme");
    println!("\nreport with pictures: {}", run.join("report.html").display());
    println!("next:  halation-retrieval search --run {} --text \"a red circle\"", run.display());
    Ok(())
}

fn print_comparison(rows: &[(&str, Evaluation)]) {
    println!("{:<12}{:>15}{:>10}{:>10}{:>22}", "", "R-Precision %", "mAP@R %", "R@1 %", "sigma ~ ambiguity");
    for (name, evaluation) in rows {
        let correlation = evaluation.uncertainty.as_ref().and_then(|u| u.caption_ambiguity_spearman);
        println!(
            "{name:<12}{:>15.1}{:>10.1}{:>10.1}{:>22}",
            100.0 * evaluation.mean.rprecision,
            100.0 * evaluation.mean.map_at_r,
            100.0 * evaluation.mean.r1,
            correlation.map_or_else(|| "-".to_owned(), |r| format!("{r:.3}")),
        );
    }
    if let Some((_, evaluation)) = rows.first() {
        println!(
            "{:<12}{:>15.1}{:>20.1}",
            "chance",
            100.0 * evaluation.chance.rprecision,
            100.0 * evaluation.chance.r1
        );
    }
}
