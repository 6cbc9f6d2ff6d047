//! `train`: a recipe becomes a run directory.

use crate::dataset::Dataset;
use crate::evaluation::{Baselines, Evaluation};
use crate::generator::CLASSES;
use crate::process;
use crate::recipe::Recipe;
use crate::report;
use crate::task::SequenceTask;
use halation_train::app::TrainArgs;
use halation_train::random::seeded_init;
use halation_train::run::RunSpec;
use halation_train::trainer::{Outcome, fit};
use halation_train::user_error::user;

/// Trains, measures the test part and writes the report.
pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let mut recipe: Recipe = args.load_recipe()?;
    if let Some(path) = args.absolute_data()? {
        recipe.data.path = Some(path);
    }
    if let Some(evaluation) = train(&recipe, args)? {
        if !args.quiet {
            eprint!("{}", evaluation.table());
        }
        eprintln!("report: {}", args.out.join("report.html").display());
    }
    Ok(())
}

/// Trains `recipe` into the folder of `args`; `None` when it was interrupted (and can be resumed).
pub fn train(recipe: &Recipe, args: &TrainArgs) -> anyhow::Result<Option<Evaluation>> {
    recipe.check().map_err(user)?;
    let device = args.device()?;
    let dataset = Dataset::load(recipe)?;
    Baselines::check(recipe, &dataset)?;
    if !args.quiet {
        eprintln!("{}", dataset.summary());
    }
    let training_device = device.clone().autodiff();
    // Built once to find mistakes in the settings, and once from the seed: what is built then cannot fail any more.
    let (process, _) = process::build(recipe, &dataset, &training_device)?;
    let spec = RunSpec::new("categorical", recipe, recipe.seed)?.with_data(dataset.name, dataset.sha256.clone());
    let mut run = args.open_run(spec)?;
    run.write_artifact(CLASSES, dataset.classes_json().as_bytes())?;
    let network = seeded_init(&training_device, recipe.seed, |device| {
        process::build(recipe, &dataset, device).expect("the same settings have just been built").1
    });
    let first = dataset.training_batch(recipe.train.batch, recipe.seed, 0, 0)?;
    let network = process.prepare(network, process::upload(&first, dataset.length, &training_device), recipe.seed);
    let task = SequenceTask::new(recipe, &dataset, process.as_ref(), &device);
    let mut options = args.fit_options(recipe.train.checkpoint_every);
    options.average = recipe.train.average;
    let fitted = fit(&task, network, &task.stages(), &mut run, &options)?;
    if matches!(fitted.outcome, Outcome::Interrupted) {
        eprintln!("interrupted; continue with the same command and --resume");
        return Ok(None);
    }
    let generator = task.generator(fitted.averaged.as_ref().unwrap_or(&fitted.model));
    let evaluation = Evaluation::of_split(&generator, recipe, "test", |_, _| {})?;
    let html = report::render(&generator, recipe, &evaluation, &run.reader()?)?;
    run.conclude(&evaluation, &html)?;
    Ok(Some(evaluation))
}
