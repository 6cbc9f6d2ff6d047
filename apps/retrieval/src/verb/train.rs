//! `train`: a recipe becomes a run directory.

use crate::dataset::{Dataset, data_error};
use crate::evaluation::Evaluation;
use crate::model;
use crate::recipe::Recipe;
use crate::report;
use crate::task::PairTask;
use clap::Args;
use halation_train::device::select_device;
use halation_train::progress::ProgressMode;
use halation_train::recipe::load_recipe;
use halation_train::run::{Run, RunSpec};
use halation_train::trainer::{FitOptions, Outcome, fit};
use halation_train::user_error::user;
use std::path::{Path, PathBuf};

/// Arguments of `train`.
#[derive(Args)]
pub struct TrainArgs {
    /// Recipe, a TOML file
    #[arg(long)]
    pub recipe: PathBuf,
    /// Run directory to make
    #[arg(long)]
    pub out: PathBuf,
    /// Folder of the data set the recipe reads
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

/// Trains, evaluates the test split and writes the report.
pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let mut recipe: Recipe = load_recipe(&args.recipe, &args.set)?;
    if let Some(folder) = &args.data {
        recipe.data.dir = Some(std::path::absolute(folder)?);
    }
    let evaluation = train(&recipe, &args.out, args.device.as_deref(), args.resume, args.quiet)?;
    if let Some(evaluation) = evaluation {
        if !args.quiet {
            eprint!("{}", evaluation.table());
        }
        eprintln!("report: {}", args.out.join("report.html").display());
    }
    Ok(())
}

/// Trains `recipe` into `out`; `None` when it was interrupted (and can be resumed).
pub fn train(
    recipe: &Recipe,
    out: &Path,
    device: Option<&str>,
    resume: bool,
    quiet: bool,
) -> anyhow::Result<Option<Evaluation>> {
    recipe.check().map_err(user)?;
    let device = select_device(device)?;
    let dataset = Dataset::load(&recipe.data)?;
    if !quiet {
        eprintln!("{}", dataset.summary());
    }
    let spec = RunSpec::new("retrieval", recipe, recipe.seed)?.with_data(dataset.name, dataset.sha256.clone());
    let mut run = if resume { Run::resume(out, spec)? } else { Run::create(out, spec)? };

    let task = PairTask::new(recipe, &dataset, &device)?;
    let model = model::init(recipe, task.vocabulary(), &device.clone().autodiff())?;
    task.vocabulary().save(&out.join("vocabulary.json")).map_err(data_error)?;
    let options = FitOptions {
        checkpoint_every_steps: (recipe.train.checkpoint_every > 0).then_some(recipe.train.checkpoint_every as u64),
        validate_every_epochs: recipe.train.validate_every,
        average: recipe.train.average,
        progress: if quiet { ProgressMode::Quiet } else { ProgressMode::Auto },
        ..FitOptions::default()
    };
    let stages = task.stages();
    let fitted = fit(&task, model, &stages, &mut run, &options)?;
    if matches!(fitted.outcome, Outcome::Interrupted) {
        eprintln!("interrupted; continue with the same command and --resume");
        return Ok(None);
    }
    let embedder = task.embedder(fitted.averaged.as_ref().unwrap_or(&fitted.model));
    let evaluation = Evaluation::of_split(&embedder, &dataset, "test", None)?;
    let html = report::render(recipe, &dataset, &embedder, &evaluation, &run.reader()?)?;
    run.write_artifact("report.html", html.as_bytes())?;
    Ok(Some(evaluation))
}
