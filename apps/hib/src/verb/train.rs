//! `train`: a recipe becomes a run directory.

use crate::dataset::Dataset;
use crate::evaluation::Evaluation;
use crate::model;
use crate::recipe::Recipe;
use crate::report;
use crate::task::DigitTask;
use clap::Args;
use halation_train::device::select_device;
use halation_train::progress::ProgressMode;
use halation_train::recipe::load_recipe;
use halation_train::run::{Run, RunSpec};
use halation_train::trainer::{FitOptions, Outcome, fit};
use halation_train::user_error::user;
use std::path::PathBuf;

/// Arguments of `train`.
#[derive(Args)]
pub struct TrainArgs {
    /// Recipe, a TOML file
    #[arg(long)]
    pub recipe: PathBuf,
    /// Run directory to make
    #[arg(long)]
    pub out: PathBuf,
    /// Folder of MNIST's four idx files, or of any set in its layout
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

/// Trains, evaluates on the test images and writes the report.
pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let mut recipe: Recipe = load_recipe(&args.recipe, &args.set)?;
    if let Some(folder) = &args.data {
        recipe.data.dir = Some(std::path::absolute(folder)?);
    }
    recipe.check().map_err(user)?;
    let device = select_device(args.device.as_deref())?;
    let dataset = Dataset::load(&recipe.data)?;
    if !args.quiet {
        eprintln!("{}", dataset.summary());
    }
    let spec = RunSpec::new("hib", &recipe, recipe.seed)?.with_data("n-digit-mnist", dataset.sha256.clone());
    let mut run = if args.resume { Run::resume(&args.out, spec)? } else { Run::create(&args.out, spec)? };

    let task = DigitTask::new(&recipe, &dataset, &device);
    let model = model::init(&recipe, &device.clone().autodiff())?;
    let options = FitOptions {
        checkpoint_every_steps: (recipe.train.checkpoint_every > 0).then_some(recipe.train.checkpoint_every as u64),
        progress: if args.quiet { ProgressMode::Quiet } else { ProgressMode::Auto },
        ..FitOptions::default()
    };
    let fitted = fit(&task, model, &task.stages(), &mut run, &options)?;
    if matches!(fitted.outcome, Outcome::Interrupted) {
        eprintln!("interrupted; continue with the same command and --resume");
        return Ok(());
    }
    let embedder = task.embedder(&fitted.model);
    let evaluation = Evaluation::new(&embedder, &dataset)?;
    let html = report::render(&dataset, &embedder, &evaluation, &run.reader()?)?;
    run.write_artifact("report.html", html.as_bytes())?;
    if !args.quiet {
        eprint!("{}", evaluation.table());
    }
    eprintln!("report: {}", args.out.join("report.html").display());
    Ok(())
}
