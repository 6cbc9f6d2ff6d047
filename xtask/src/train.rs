//! `cargo xtask train`: how people and CI start experiments.

use crate::app::{self, Backend};
use crate::root::workspace_root;
use anyhow::{Context, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Arguments of `cargo xtask train`.
#[derive(Args)]
pub struct TrainArgs {
    /// App to build, a folder of apps/
    app: String,
    /// Recipe: a file, or the name of one below apps/APP/recipes
    recipe: String,
    /// Backend to build for
    #[arg(long, value_enum, default_value_t)]
    backend: Backend,
    /// Number of seeds: 0, 1, .. each into its own run directory
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Everything else goes to the app's `train` verb
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Trains every seed, one after the other, resuming what was interrupted.
pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let recipe = app::find_recipe(&args.app, &args.recipe)?;
    let binary = app::build(&args.app, args.backend)?;
    for seed in 0..args.seeds {
        let run = run_dir(&recipe, seed);
        train(&binary, &recipe, seed, &run, &args.rest)?;
        println!("{}", run.display());
    }
    Ok(())
}

/// `runs/<recipe>-<seed>`.
pub fn run_dir(recipe: &Path, seed: u64) -> PathBuf {
    let name = recipe.file_stem().unwrap_or_default().to_string_lossy();
    workspace_root().join("runs").join(format!("{name}-{seed}"))
}

/// Runs one seed into `run`; a run directory that is already there is resumed.
pub fn train(binary: &Path, recipe: &Path, seed: u64, run: &Path, rest: &[String]) -> anyhow::Result<()> {
    let mut command = Command::new(binary);
    command.arg("train").arg("--recipe").arg(recipe).arg("--out").arg(run);
    command.arg("--set").arg(format!("seed={seed}")).args(rest);
    if run.join("run.json").is_file() {
        command.arg("--resume");
    }
    let status = command.status().with_context(|| format!("could not start {}", binary.display()))?;
    if !status.success() {
        bail!("training {} with seed {seed} failed ({status})", recipe.display());
    }
    Ok(())
}
