//! Training from wherever the run stands to its end.

use std::time::Instant;

use super::session::Session;
use super::signals::Signals;
use super::{FitOptions, Fitted, Outcome, Stage, Task};
use crate::TrainError;
use crate::average::{Average, AverageSpec};
use crate::checkpoint::with_stable_ids;
use crate::progress::Progress;
use crate::run::{Position, Run};

/// Trains `model` through `stages`, from the run's last checkpoint if it has one, and saves as it goes.
///
/// `model` is freshly initialised, on an autodiff device, and the same for a start and a resume (its values are then
/// loaded). A run that is already at its end is only loaded. Metrics: split `train` gets `loss`, `learning_rate`,
/// `grad_norm` (before clipping) and what the task adds, per step; split `valid` gets what `Task::validate` returns.
///
/// # Errors
/// [`TrainError::NotFinite`] with the step and the parameter when loss or gradient is NaN or infinite,
/// [`TrainError::Task`] when the task fails, [`TrainError::Io`] when the run cannot be written; the last checkpoint stays
/// intact in all of them. [`TrainError::Invalid`] for arguments out of range.
pub fn fit<T: Task>(
    task: &T,
    model: T::Model,
    stages: &[Stage],
    run: &mut Run,
    options: &FitOptions,
) -> Result<Fitted<T::Model>, TrainError> {
    check(task, stages, options)?;
    halation_kernels::keep_freed_memory();
    let signals = Signals::listen(options.stop_on_signals);
    let position = run.manifest().position;
    let model = with_stable_ids(model);
    let mut session = Session {
        task,
        stages,
        options,
        run,
        average: Average::new(options.average, &model),
        model,
        optimizer: stages[0].optimizer.clone(),
        position,
        validation: Vec::new(),
        saved: position,
        started: Instant::now(),
        steps_taken: 0,
    }
    .enter_stage()?
    .restore()?;

    let steps_per_epoch = task.steps_per_epoch();
    let epochs = session.epochs();
    let names = stages.iter().map(|stage| stage.name.clone()).collect();
    let mut progress = Progress::new(options, names, epochs, steps_per_epoch, task.items_per_step(), position);
    let mut outcome = Outcome::Finished;
    while session.position.epoch < epochs {
        let report;
        (session, report) = session.step()?;
        progress.step(&report);

        let Position { stage, epoch, step_in_epoch, step } = session.position;
        if step_in_epoch == steps_per_epoch {
            let done = epoch + 1;
            let is_last_of_stage = session.stage_start(stage) + stages[stage].epochs == done;
            session.average.end_of_epoch(epoch, &session.model);
            let validates = done.is_multiple_of(options.validate_every_epochs) || done == epochs;
            if validates {
                progress.validating(epoch);
                session.validate()?;
                progress.validated(epoch, step, &session.validation);
            }
            session.position = Position { stage, epoch: done, step_in_epoch: 0, step };
            if is_last_of_stage && done < epochs {
                // The manifest names the stage of the next step.
                session.position.stage = session.stage_of(done);
            }
            let on_step = options.checkpoint_every_steps.is_some_and(|every| step.is_multiple_of(every));
            if on_step || is_last_of_stage || done.is_multiple_of(options.checkpoint_every_epochs) {
                session.save(validates)?;
            }
            if is_last_of_stage && done < epochs {
                session = session.enter_stage()?;
            }
        } else if options.checkpoint_every_steps.is_some_and(|every| step.is_multiple_of(every)) {
            session.save(false)?;
        }

        if session.position.epoch < epochs && (signals.came() || options.interrupter.should_stop()) {
            if session.saved != session.position {
                session.save(false)?;
            }
            outcome = Outcome::Interrupted;
            break;
        }
    }
    progress.end(outcome);
    let Session { model, average, position, validation, .. } = session;
    Ok(Fitted { averaged: average.model().cloned(), model, outcome, position, validation })
}

fn check<T: Task>(task: &T, stages: &[Stage], options: &FitOptions) -> Result<(), TrainError> {
    let invalid = |what: &str, problem: &str, help: &str| {
        Err(TrainError::Invalid { what: what.to_owned(), problem: problem.to_owned(), help: help.to_owned() })
    };
    if task.steps_per_epoch() == 0 {
        return invalid("training set", "an epoch has no steps", "use a smaller batch size or more data");
    }
    if stages.is_empty() {
        return invalid("stages", "there are none", "give at least one");
    }
    if stages[0].continues {
        return invalid("stages", "the first one is to continue an optimiser, and there is none", "let it start fresh");
    }
    for stage in stages {
        let what = format!("stage `{}`", stage.name);
        if stage.epochs == 0 {
            return invalid(&what, "it has no epochs", "give it at least one, or leave it out");
        }
        if !(stage.learning_rate.is_finite() && stage.learning_rate >= 0.0) {
            return invalid(&what, "its learning rate is negative or not a number", "use a positive one, such as 2e-4");
        }
        if stage.clip_norm.is_some_and(|norm| norm.is_nan() || norm <= 0.0) {
            return invalid(&what, "its clipping norm is not positive", "use a positive one, or none");
        }
    }
    if let Some(problem) = options.average.as_ref().and_then(AverageSpec::problem) {
        return invalid("average of the weights", problem, "use a decay such as 0.999, or every_epochs = 1");
    }
    if options.checkpoint_every_steps == Some(0)
        || [options.checkpoint_every_epochs, options.validate_every_epochs, options.keep_last].contains(&0)
        || options.log_every_steps == 0
    {
        return invalid("options", "an interval or a count is 0", "use 1 or more");
    }
    Ok(())
}
