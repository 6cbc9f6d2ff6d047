//! A tiny training with everything that resume must restore: batch normalisation, noise drawn in the step, Adam's moments,
//! two stages of which the first freezes a layer, clipping, a schedule, validation.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use burn::module::{Module, ParamGroup};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use halation_train::metrics::read_metrics;
use halation_train::optim::{OptimizerSpec, Schedule};
use halation_train::progress::ProgressMode;
use halation_train::random::{normal_noise, seed_for, seeded_init};
use halation_train::run::{Goal, Run, RunSpec};
use halation_train::trainer::{FitOptions, Fitted, Interrupter, Stage, StepAt, StepOutput, Task, fit};
use halation_train::{TaskError, TrainError};
use serde::{Deserialize, Serialize};

/// A directory for one run, in memory where the system has such a place: these tests save hundreds of times, and waiting
/// for a disk tests nothing here.
pub fn tempdir() -> std::io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
}

pub const SEED: u64 = 11;
pub const STEPS_PER_EPOCH: usize = 6;
/// Two epochs in each of two stages.
pub const STEPS: u64 = 24;

#[derive(Module, Debug)]
pub struct Net {
    first: Linear,
    norm: BatchNorm,
    second: Linear,
}

impl Net {
    pub fn new(device: &Device) -> Self {
        seeded_init(device, SEED, |device| Self {
            first: LinearConfig::new(8, 16).init(device),
            norm: BatchNormConfig::new(16).init(device),
            second: LinearConfig::new(16, 1).init(device),
        })
    }

    pub fn first_weight(&self) -> Vec<f32> {
        self.first.weight.val().into_data().try_to_vec().unwrap()
    }

    pub fn forward(&self, x: Tensor<2>, noise: Option<Tensor<2>>) -> Tensor<2> {
        let hidden = relu(self.norm.forward(self.first.forward(x))); // [B, 16]
        let hidden = match noise {
            Some(noise) => hidden * (noise * 0.3 + 1.0),
            None => hidden,
        };
        self.second.forward(hidden) // [B, 1]
    }
}

/// What goes wrong in a step, if anything.
#[derive(Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    NanInBatch { step: u64 },
    InfiniteGradient { step: u64 },
    TaskError { step: u64 },
}

pub struct Toy {
    pub device: Device,
    pub fault: Fault,
    /// Asks to be stopped after this many steps of the whole training.
    pub stop_after: Option<u64>,
    pub interrupter: Interrupter,
    /// How long a step sleeps.
    pub pause: Duration,
}

impl Toy {
    pub fn new() -> Self {
        let device = Device::flex().autodiff();
        Self { device, fault: Fault::None, stop_after: None, interrupter: Interrupter::new(), pause: Duration::ZERO }
    }

    fn batch(&self, seed: u64, device: &Device) -> (Tensor<2>, Tensor<2>) {
        let x = normal_noise([12, 8], seed, device); // [B, 8]
        let target = x.clone().sum_dim(1) * 0.5; // [B, 1]
        (x, target)
    }
}

impl Task for Toy {
    type Model = Net;

    fn steps_per_epoch(&self) -> usize {
        STEPS_PER_EPOCH
    }

    fn loss(&self, model: &Net, at: StepAt) -> Result<StepOutput, TaskError> {
        std::thread::sleep(self.pause);
        if self.stop_after == Some(at.step + 1) {
            self.interrupter.stop(None);
        }
        let (x, target) = self.batch(at.seed_for("batch"), &self.device);
        let x = match self.fault {
            Fault::NanInBatch { step } if step == at.step + 1 => x * f32::NAN,
            Fault::TaskError { step } if step == at.step + 1 => return Err("the batch cannot be read".into()),
            _ => x,
        };
        let noise = normal_noise([12, 16], at.seed_for("dropout"), &self.device);
        let error = model.forward(x, Some(noise)) - target;
        let mut loss = error.clone().square().mean();
        if matches!(self.fault, Fault::InfiniteGradient { step } if step == at.step + 1) {
            // The square root has an infinite slope at 0.
            let zero = (model.second.weight.val() * 0.0).sum().sqrt();
            loss = loss + zero;
        }
        let worst: f64 = error.abs().max().into_scalar::<f64>();
        Ok(StepOutput::new(loss).with("worst", worst))
    }

    fn validate(&self, model: &Net, epoch: usize) -> Result<Vec<(String, f64)>, TaskError> {
        let device = self.device.clone().inner();
        let (x, target) = self.batch(seed_for(SEED, "valid", 0, 0), &device);
        let loss: f64 = (model.forward(x, None) - target).square().mean().into_scalar::<f64>();
        Ok(vec![("loss".to_owned(), loss), ("epoch_seen".to_owned(), epoch as f64)])
    }

    fn enter_stage(&self, stage: usize, model: Net) -> Net {
        model.set_require_grad_group(ParamGroup::from_predicate("first"), stage > 0)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub learning_rate: f64,
    pub width: usize,
}

pub fn recipe() -> Recipe {
    Recipe { learning_rate: 0.02, width: 16 }
}

pub fn spec() -> RunSpec {
    RunSpec::new("toy", &recipe(), SEED).unwrap().with_data("train", "abc")
}

pub fn stages() -> Vec<Stage> {
    let adam = OptimizerSpec::Adam { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.0 };
    // The first stage has Burn's Adam, the second our AdamP: both states must survive.
    let adamp = OptimizerSpec::AdamP { betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.01 };
    let cosine = Schedule::Cosine { total_steps: 12, floor: 0.0 };
    vec![
        Stage::new("warm-up", 2, adam.build(), 0.02).with_clip_norm(2.0),
        Stage::new("all", 2, adamp.build(), 0.02).with_schedule(cosine).with_clip_norm(0.5),
    ]
}

pub fn options(task: &Toy) -> FitOptions {
    FitOptions {
        checkpoint_every_steps: Some(4),
        best: Some(("loss".to_owned(), Goal::Minimize)),
        progress: ProgressMode::Quiet,
        interrupter: task.interrupter.clone(),
        stop_on_signals: false,
        ..FitOptions::default()
    }
}

/// Trains in `dir`, resuming what is there.
pub fn train(dir: &Path, task: &Toy) -> Result<Fitted<Net>, TrainError> {
    let mut run = Run::resume(dir, spec())?;
    let fitted = fit(task, Net::new(&task.device), &stages(), &mut run, &options(task))?;
    if fitted.position.step == STEPS {
        run.log("test", "loss", fitted.validation[0].1)?;
        run.finish()?;
    }
    Ok(fitted)
}

/// Trains in `dir` up to and including `step`.
pub fn train_until(dir: &Path, step: u64) {
    let task = Toy { stop_after: Some(step), ..Toy::new() };
    assert_eq!(train(dir, &task).unwrap().position.step, step);
}

/// Every file below `dir` with its bytes, apart from the lock and the wall-clock times.
pub fn content(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    walk(dir, dir, &mut files);
    files.retain(|name, _| name != ".lock" && name != "timing.jsonl");
    files
}

/// Asserts that two run directories hold the same bytes, naming the first file that differs.
pub fn assert_same(actual: &Path, expected: &Path, context: &str) {
    let (actual, expected) = (content(actual), content(expected));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<String>>();
    assert_eq!(names(&actual), names(&expected), "{context}");
    for (name, bytes) in &actual {
        assert!(*bytes == expected[name], "{context}: {name} differs");
    }
}

/// The last loss that training wrote down.
pub fn last_loss(dir: &Path) -> f64 {
    let rows = read_metrics(&dir.join("metrics.jsonl")).unwrap();
    rows.iter().rev().find(|row| row.split == "train" && row.name == "loss").unwrap().value
}
