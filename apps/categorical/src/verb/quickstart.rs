//! `quickstart`: a flow and a diffusion on a source whose entropy is known.

use crate::dataset::Dataset;
use crate::drawing::line;
use crate::evaluation::Evaluation;
use crate::generator::Opened;
use crate::process::Request;
use crate::recipe::Recipe;
use crate::verb::train::train;
use clap::Args;
use halation_train::app::{RunArgs, TrainArgs};
use halation_train::recipe::parse_recipe;
use std::path::PathBuf;

const RECIPES: [(&str, &str); 2] = [
    ("argmax flow", include_str!("../../recipes/check/ring-argmax-ar.toml")),
    ("masked diffusion", include_str!("../../recipes/check/ring-masked.toml")),
];

/// Arguments of `quickstart`.
#[derive(Args)]
pub struct QuickstartArgs {
    /// Folder to make
    #[arg(long, default_value = "runs/quickstart-categorical")]
    out: PathBuf,
    /// Device, as for train
    #[arg(long)]
    device: Option<String>,
    /// No progress
    #[arg(long)]
    quiet: bool,
    /// Recipe keys of both, as for train: train.epochs=1
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Trains both, and prints bound, floor and gap, and what they draw.
pub fn run(args: &QuickstartArgs) -> anyhow::Result<()> {
    let mut rows: Vec<(&str, Evaluation, PathBuf)> = Vec::new();
    let settings = [&["train.epochs=4".to_owned()], &args.set[..]].concat();
    for (name, text) in RECIPES {
        let recipe: Recipe = parse_recipe(text, "quickstart", &settings)?;
        let folder = args.out.join(name.replace(' ', "-"));
        eprintln!("{name}:");
        let train_args = TrainArgs::into_folder(folder.clone(), args.device.clone(), args.quiet);
        match train(&recipe, &train_args)? {
            Some(evaluation) => rows.push((name, evaluation, folder)),
            None => return Ok(()),
        }
    }
    println!("{:<20}{:>16}{:>12}{:>10}{:>10}", "bits per symbol", "bound", "± s.e.", "entropy", "gap");
    for (name, evaluation, _) in &rows {
        let (floor, gap) = (evaluation.floor.unwrap_or(f64::NAN), evaluation.gap.unwrap_or(f64::NAN));
        let (bits, error) = (evaluation.bits_per_symbol, evaluation.standard_error);
        println!("{name:<20}{bits:>16.4}{error:>12.4}{floor:>10.4}{gap:>10.4}");
    }
    if let Some((_, evaluation, _)) = rows.first() {
        println!("{:<20}{:>16.4}", "guessing", evaluation.uniform);
    }
    for (name, _, folder) in &rows {
        let run = RunArgs { run: folder.clone(), data: None, device: args.device.clone() };
        let opened = Opened::new(&run)?;
        println!("\n{name}, drawn (the next letter follows nine times of ten):");
        show(&opened.dataset, &opened.generator().sample(Request::plain(2, 0))?.rows);
    }
    if let Some((_, _, folder)) = rows.last() {
        println!("\nreport: {}", folder.join("report.html").display());
        println!("next:  halation-categorical infill --run {} --text \"abcd____ijkl\"", folder.display());
    }
    Ok(())
}

fn show(dataset: &Dataset, rows: &[Vec<u16>]) {
    rows.iter().for_each(|row| println!("  {}", line(dataset, row)));
}
