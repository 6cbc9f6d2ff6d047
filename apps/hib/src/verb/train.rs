//! `train`: a recipe becomes a run directory.

use crate::dataset::Dataset;
use crate::evaluation::Evaluation;
use crate::model;
use crate::recipe::Recipe;
use crate::report;
use crate::task::DigitTask;
use halation_train::app::TrainArgs;
use halation_train::run::RunSpec;
use halation_train::trainer::{Outcome, fit};
use halation_train::user_error::user;

/// Trains, evaluates on the test images and writes the report.
pub fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let mut recipe: Recipe = args.load_recipe()?;
    if let Some(folder) = args.absolute_data()? {
        recipe.data.dir = Some(folder);
    }
    recipe.check().map_err(user)?;
    let device = args.device()?;
    let dataset = Dataset::load(&recipe.data)?;
    if !args.quiet {
        eprintln!("{}", dataset.summary());
    }
    let spec = RunSpec::new("hib", &recipe, recipe.seed)?.with_data("n-digit-mnist", dataset.sha256.clone());
    let mut run = args.open_run(spec)?;

    let task = DigitTask::new(&recipe, &dataset, &device);
    let model = model::init(&recipe, &device.clone().autodiff())?;
    let options = args.fit_options(recipe.train.checkpoint_every);
    let fitted = fit(&task, model, &task.stages(), &mut run, &options)?;
    if matches!(fitted.outcome, Outcome::Interrupted) {
        eprintln!("interrupted; continue with the same command and --resume");
        return Ok(());
    }
    let embedder = task.embedder(&fitted.model);
    let evaluation = Evaluation::new(&embedder, &dataset)?;
    let html = report::render(&dataset, &embedder, &evaluation, &run.reader()?)?;
    run.conclude(&evaluation, &html)?;
    if !args.quiet {
        eprint!("{}", evaluation.table());
    }
    eprintln!("report: {}", args.out.join("report.html").display());
    Ok(())
}
