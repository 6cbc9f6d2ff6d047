//! What a stage can do beside an optimiser and a rate: groups, a loss schedule, and going on with the moments before it.

mod common;

use std::path::Path;

use burn::optim::SgdConfig;
use common::*;
use halation_train::TrainError;
use halation_train::average::{AverageSpec, EmaConfig};
use halation_train::checkpoint::model_to_bytes;
use halation_train::optim::{OptimizerSpec, ParamGroups, ParamRule, Schedule};
use halation_train::run::Run;
use halation_train::trainer::{FitOptions, Fitted, Stage, StepAt, StepOutput, Task, fit};
use halation_train::{TaskError, trainer::Interrupter};

/// The toy without frozen layers, so that stages differ in nothing but what they say.
struct Thawed(Toy);

impl Task for Thawed {
    type Model = Net;

    fn steps_per_epoch(&self) -> usize {
        self.0.steps_per_epoch()
    }
    fn loss(&self, model: &Net, at: StepAt) -> Result<StepOutput, TaskError> {
        self.0.loss(model, at)
    }
    fn validate(&self, model: &Net, epoch: usize) -> Result<Vec<(String, f64)>, TaskError> {
        self.0.validate(model, epoch)
    }
}

fn train_stages(dir: &Path, stages: &[Stage], stop_after: Option<u64>) -> Result<Fitted<Net>, TrainError> {
    let task = Thawed(Toy { stop_after, interrupter: Interrupter::new(), ..Toy::new() });
    let mut run = Run::resume(dir, spec())?;
    let average = Some(AverageSpec::Ema(EmaConfig::new(0.9)));
    fit(&task, Net::new(&task.0.device), stages, &mut run, &FitOptions { average, ..options(&task.0) })
}

fn weights(stages: &[Stage]) -> Vec<u8> {
    let dir = tempdir().unwrap();
    model_to_bytes(&train_stages(dir.path(), stages, None).unwrap().model).unwrap()
}

fn adamp() -> OptimizerSpec {
    OptimizerSpec::AdamP { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.01 }
}

fn groups() -> ParamGroups {
    ParamGroups::new()
        .with_rule(ParamRule::prefix("first").with_lr_factor(0.1))
        .with_rule(ParamRule::all().with_max_rank(1).with_weight_decay(0.0))
}

/// A stage of groups with everything on, then one that goes on with its moments at a lower rate.
fn full() -> Vec<Stage> {
    let first = Stage::grouped("first", 2, adamp(), groups(), 0.02)
        .with_clip_norm(1.0)
        .with_schedule(Schedule::drop_at_epoch(1, STEPS_PER_EPOCH, 0.1))
        .with_loss_schedule(Schedule::ramp_over_epoch(0, STEPS_PER_EPOCH));
    let second = Stage::grouped("second", 2, adamp(), groups(), 0.01).continuing_optimizer();
    vec![first, second]
}

#[test]
fn a_run_of_groups_ramp_average_and_continued_moments_interrupted_at_any_step_ends_bit_equal() {
    let whole = tempdir().unwrap();
    train_stages(whole.path(), &full(), None).unwrap();
    let whole = content(whole.path());
    for step in 1..STEPS {
        let dir = tempdir().unwrap();
        train_stages(dir.path(), &full(), Some(step)).unwrap();
        train_stages(dir.path(), &full(), None).unwrap();
        let found = content(dir.path());
        for file in ["model", "optim", "average"] {
            let name = format!("checkpoints/step-00000024/{file}.bpk");
            assert!(found[&name] == whole[&name], "interrupted after step {step}: {name} differs");
        }
        assert!(found["metrics.jsonl"] == whole["metrics.jsonl"], "interrupted after step {step}");
    }
}

#[test]
fn two_stages_that_share_moments_are_one_stage_and_two_that_do_not_are_not() {
    let stage = |name: &str, epochs| Stage::grouped(name, epochs, adamp(), groups(), 0.02);
    let one = weights(&[stage("all", 4)]);
    assert!(weights(&[stage("a", 2), stage("b", 2).continuing_optimizer()]) == one);
    assert!(weights(&[stage("a", 2), stage("b", 2)]) != one);
}

#[test]
fn groups_change_the_training_and_groups_without_differences_do_not() {
    let plain = weights(&[Stage::new("all", 1, adamp().build(), 0.02)]);
    assert!(weights(&[Stage::grouped("all", 1, adamp(), ParamGroups::new(), 0.02)]) == plain);
    assert!(weights(&[Stage::grouped("all", 1, adamp(), groups(), 0.02)]) != plain);
}

#[test]
fn a_loss_schedule_scales_the_gradient_and_not_the_loss_that_is_written_down() {
    let first_step = |stage: Stage| {
        let dir = tempdir().unwrap();
        train_stages(dir.path(), &[stage], Some(1)).unwrap();
        let rows = Run::open(dir.path()).unwrap().metrics().unwrap();
        let value = |name: &str| rows.iter().find(|row| row.name == name).unwrap().value;
        (value("loss"), value("grad_norm"))
    };
    let stage = || Stage::new("all", 1, SgdConfig::new().init(), 0.01);
    let (loss, norm) = first_step(stage());
    let (ramped_loss, ramped_norm) =
        first_step(stage().with_loss_schedule(Schedule::ramp_over_epoch(0, STEPS_PER_EPOCH)));
    assert_eq!(ramped_loss, loss);
    // The first of six steps: a sixth. One rounding of f32 per gradient.
    assert!((ramped_norm * 6.0 / norm - 1.0).abs() < 1e-6, "{ramped_norm} {norm}");
}

#[test]
fn a_first_stage_that_continues_and_a_group_that_matches_nothing_are_refused() {
    let dir = tempdir().unwrap();
    let refused = |stages: &[Stage]| train_stages(dir.path(), stages, None).unwrap_err();
    let error = refused(&[Stage::new("all", 1, adamp().build(), 0.02).continuing_optimizer()]);
    assert!(error.is_user_error() && error.to_string().contains("there is none"), "{error}");
    let misspelt = ParamGroups::new().with_rule(ParamRule::prefix("frist"));
    let error = refused(&[Stage::grouped("all", 1, adamp(), misspelt, 0.02)]);
    assert!(error.is_user_error() && error.to_string().contains("prefix `frist`"), "{error}");
}

#[test]
fn a_stage_cannot_continue_the_moments_of_another_kind_of_optimiser() {
    let dir = tempdir().unwrap();
    let stages = [
        Stage::new("a", 1, adamp().build(), 0.02),
        Stage::new("b", 1, SgdConfig::new().init(), 0.02).continuing_optimizer(),
    ];
    let error = train_stages(dir.path(), &stages, None).unwrap_err();
    assert!(error.to_string().contains("the state of this optimiser"), "{error}");
}
