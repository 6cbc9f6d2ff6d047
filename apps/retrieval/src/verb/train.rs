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
use halation_train::app::TrainArgs;
use halation_train::run::RunSpec;
use halation_train::trainer::{FitOptions, Outcome, Task, fit};
use halation_train::user_error::user;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a run that keeps the features of frozen towers.
pub const FEATURES: &str = "features";

/// Arguments of `train`.
#[derive(Args)]
pub struct RetrievalTrainArgs {
    #[command(flatten)]
    common: TrainArgs,
    /// Where features of frozen towers are kept, for many runs; default: in the run directory
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

/// Trains, evaluates the test split and writes the report.
pub fn run(args: &RetrievalTrainArgs) -> anyhow::Result<()> {
    let mut recipe: Recipe = args.common.load_recipe()?;
    if let Some(folder) = args.common.absolute_data()? {
        recipe.data.dir = Some(folder);
    }
    if let Some(evaluation) = train(&recipe, &args.common, args.cache.as_deref())? {
        if !args.common.quiet {
            eprint!("{}", evaluation.table());
        }
        eprintln!("report: {}", args.common.out.join("report.html").display());
    }
    Ok(())
}

/// Trains `recipe` into the folder of `args`; `None` when it was interrupted (and can be resumed).
pub fn train(recipe: &Recipe, args: &TrainArgs, cache: Option<&Path>) -> anyhow::Result<Option<Evaluation>> {
    let TrainArgs { out, resume, quiet, .. } = args;
    let (resume, quiet) = (*resume, *quiet);
    let recipe = &recipe.clone().resolve()?;
    recipe.check().map_err(user)?;
    let device = args.device()?;
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
    let mut run = args.open_run(spec)?;
    tokens.save(out)?;
    if let Some(frozen) = &frozen {
        if resume {
            frozen.expect(out)?;
        }
        frozen.note(out)?;
        if recipe.model.cache_features {
            let folder = cache.map_or_else(|| out.join(FEATURES), Path::to_owned);
            frozen::attach(&mut dataset, frozen, &folder, true, quiet)?;
        }
    }

    let task = PairTask::new(recipe, &dataset, tokens.clone(), frozen, &device)?;
    let model = model::init(recipe, &tokens, &device.clone().autodiff())?;
    if !quiet && task.items_per_step() != recipe.train.batch {
        eprintln!("a batch holds one pair of each of {} classes; `train.batch` is not used", task.items_per_step());
    }
    let options = FitOptions {
        validate_every_epochs: recipe.train.validate_every,
        average: recipe.train.average,
        ..args.fit_options(recipe.train.checkpoint_every)
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
    run.conclude(&evaluation, &html)?;
    Ok(Some(evaluation))
}
