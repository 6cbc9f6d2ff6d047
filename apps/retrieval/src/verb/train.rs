//! `train`: a recipe becomes a run directory.

use crate::dataset::Dataset;
use crate::evaluation::Evaluation;
use crate::frozen::{self, FrozenTowers};
use crate::model;
use crate::recipe::{LongCaptions, Recipe};
use crate::report;
use crate::task::PairTask;
use crate::tokens::Tokens;
use clap::Args;
use halation_train::device::select_device;
use halation_train::progress::ProgressMode;
use halation_train::recipe::load_recipe;
use halation_train::run::{Run, RunSpec};
use halation_train::trainer::{FitOptions, Outcome, Task, fit};
use halation_train::user_error::user;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a run that keeps the features of frozen towers.
pub const FEATURES: &str = "features";

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
    /// Where features of frozen towers are kept, for many runs; default: in the run directory
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
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
    let how =
        How { device: args.device.as_deref(), cache: args.cache.as_deref(), resume: args.resume, quiet: args.quiet };
    let evaluation = train(&recipe, &args.out, &how)?;
    if let Some(evaluation) = evaluation {
        if !args.quiet {
            eprint!("{}", evaluation.table());
        }
        eprintln!("report: {}", args.out.join("report.html").display());
    }
    Ok(())
}

/// How a recipe is trained; none of it changes what comes out.
#[derive(Default)]
pub struct How<'a> {
    /// The device, by name.
    pub device: Option<&'a str>,
    /// Where features of frozen towers are kept.
    pub cache: Option<&'a Path>,
    /// Whether an interrupted run is continued.
    pub resume: bool,
    /// No progress.
    pub quiet: bool,
}

/// Trains `recipe` into `out`; `None` when it was interrupted (and can be resumed).
pub fn train(recipe: &Recipe, out: &Path, how: &How) -> anyhow::Result<Option<Evaluation>> {
    let How { resume, quiet, .. } = *how;
    let recipe = &recipe.clone().resolve()?;
    recipe.check().map_err(user)?;
    let device = select_device(how.device)?;
    let mut dataset = Dataset::load(&recipe.data)?;
    if !quiet {
        eprintln!("{}", dataset.summary());
    }
    let words = dataset.split("train")?.set.captions.iter().map(|caption| caption.text.as_str());
    let tokens = Tokens::new(recipe, words)?;
    let long = tokens.too_long(dataset.captions());
    if long > 0 {
        let what = match recipe.model.clip.long_captions {
            LongCaptions::Truncate => "and lose their end",
            LongCaptions::Refuse => "which this recipe refuses",
        };
        eprintln!("{long} captions are longer than the text tower's context, {what} (`model.clip.long_captions`)");
    }
    let spec = RunSpec::new("retrieval", recipe, recipe.seed)?.with_data(dataset.name, dataset.sha256.clone());
    let frozen = FrozenTowers::open(recipe, &tokens, &device)?.map(Arc::new);
    let mut run = if resume { Run::resume(out, spec)? } else { Run::create(out, spec)? };
    tokens.save(out)?;
    if let Some(frozen) = &frozen {
        if resume {
            frozen.expect(out)?;
        }
        frozen.note(out)?;
        if recipe.model.cache_features {
            let folder = how.cache.map_or_else(|| out.join(FEATURES), Path::to_owned);
            frozen::attach(&mut dataset, frozen, &folder, true, quiet)?;
        }
    }

    let task = PairTask::new(recipe, &dataset, tokens.clone(), frozen, &device)?;
    let model = model::init(recipe, &tokens, &device.clone().autodiff())?;
    if !quiet && task.items_per_step() != recipe.train.batch {
        eprintln!("a batch holds one pair of each of {} classes; `train.batch` is not used", task.items_per_step());
    }
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
