//! Averages of weights: what they are, that they share nothing, and that they resume.

mod common;

use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use common::*;
use halation_train::TrainError;
use halation_train::average::{AverageSpec, Ema, EmaConfig, Swa, SwaConfig, detach_running_state};
use halation_train::checkpoint::model_to_bytes;
use halation_train::metrics::series;
use halation_train::random::{normal_noise, seeded_init};
use halation_train::run::{Run, Which};
use halation_train::trainer::{FitOptions, Fitted, Task, fit};

#[derive(Module, Debug)]
struct Small {
    linear: Linear,
    norm: BatchNorm,
}

fn small(seed: u64, device: &Device) -> Small {
    seeded_init(device, seed, |device| Small {
        linear: LinearConfig::new(3, 2).init(device),
        norm: BatchNormConfig::new(2).init(device),
    })
}

impl Small {
    /// A forward pass in the module's mode, which moves the running statistics while training.
    fn forward(&self, seed: u64, device: &Device) -> Tensor<2> {
        self.norm.forward(self.linear.forward(normal_noise([8, 3], seed, device)))
    }
}

/// Every float of a module in module order, running statistics included.
fn floats<M: Module>(model: &M) -> Vec<f64> {
    struct Collect(Vec<f64>);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.extend(param.val().into_data().iter::<f64>());
        }
    }
    let mut collect = Collect(Vec::new());
    model.valid().visit(&mut collect);
    collect.0
}

#[test]
fn a_clone_shares_running_statistics_and_a_detached_copy_does_not() {
    let device = Device::flex().autodiff();
    let student = small(1, &device);
    let (clone, detached) = (student.clone(), detach_running_state(&student));
    let before = floats(&student);
    assert_eq!((floats(&clone), floats(&detached)), (before.clone(), before.clone()));
    for seed in 0..3 {
        student.forward(seed, &device);
    }
    assert_ne!(floats(&student), before);
    // What Burn 0.22.1 does; when this fails, `detach_running_state` has become an ordinary clone.
    assert_eq!(floats(&clone), floats(&student));
    assert_eq!(floats(&detached), before);
    // And the other way round, with gradients still flowing.
    let moved = floats(&student);
    let output = detached.forward(7, &device);
    assert_ne!(floats(&detached), before);
    assert_eq!(floats(&student), moved);
    let grads = output.square().sum().backward();
    assert!(detached.linear.weight.val().grad(&grads).is_some());
    assert_eq!(detached.linear.weight.id, student.linear.weight.id);
}

#[test]
fn a_detached_copy_of_a_validation_model_stays_one() {
    let device = Device::flex().autodiff();
    let copy = detach_running_state(&small(1, &device).valid());
    assert!(copy.devices().iter().all(|device| !device.is_autodiff()));
}

#[test]
fn a_detached_copy_keeps_frozen_parameters_frozen() {
    let device = Device::flex().autodiff();
    let model = small(1, &device);
    let frozen = Small { linear: model.linear.no_grad(), norm: model.norm };
    let copy = detach_running_state(&frozen);
    assert!(!copy.linear.weight.is_require_grad() && copy.norm.gamma.is_require_grad());
}

#[test]
fn an_ema_is_the_recursion_over_every_parameter_and_running_statistic() {
    let device = Device::flex().autodiff();
    for config in [EmaConfig::new(0.9), EmaConfig::new(0.9).with_warmup()] {
        let first = small(0, &device);
        let mut ema = Ema::new(config, &first);
        let mut expected = floats(&first);
        for update in 0..12 {
            let next = small(1 + update, &device);
            next.forward(update, &device);
            ema.update(&next);
            let decay = if config.warmup { 0.9_f64.min((1.0 + update as f64) / (10.0 + update as f64)) } else { 0.9 };
            for (expected, value) in expected.iter_mut().zip(floats(&next)) {
                *expected = decay * *expected + (1.0 - decay) * value;
            }
        }
        assert_eq!(ema.updates(), 12);
        for (value, expected) in floats(ema.model()).into_iter().zip(&expected) {
            // Twelve roundings of values of order 1 in f32.
            assert!((value - expected).abs() < 1e-6, "{value} {expected}");
        }
    }
    // (1 + t) / (10 + t) reaches 0.9 at t = 80.
    let config = EmaConfig::new(0.9).with_warmup();
    assert_eq!([0, 8, 80, 1000].map(|t| config.decay_at(t)), [0.1, 0.5, 0.9, 0.9]);
}

#[test]
fn the_average_of_one_model_is_exactly_that_model() {
    let device = Device::flex().autodiff();
    let model = small(5, &device);
    model.forward(1, &device);
    let mut ema = Ema::new(EmaConfig::new(0.99), &model);
    let mut swa = Swa::new(SwaConfig::new(0));
    for epoch in 0..7 {
        ema.update(&model);
        swa.end_of_epoch(epoch, &model);
    }
    assert_eq!(floats(ema.model()), floats(&model));
    assert_eq!(floats(swa.model().unwrap()), floats(&model));
}

#[test]
fn swa_is_the_mean_over_the_epochs_that_count() {
    let device = Device::flex().autodiff();
    let mut swa = Swa::new(SwaConfig::new(2).with_every_epochs(3));
    let mut counted = Vec::new();
    for epoch in 0..12 {
        let model = small(epoch as u64, &device);
        model.forward(epoch as u64, &device);
        swa.end_of_epoch(epoch, &model);
        assert_eq!(swa.model().is_some(), epoch >= 2);
        if [2, 5, 8, 11].contains(&epoch) {
            counted.push(floats(&model));
        }
    }
    assert_eq!(swa.count(), 4);
    for (at, value) in floats(swa.model().unwrap()).into_iter().enumerate() {
        let mean = counted.iter().map(|values| values[at]).sum::<f64>() / 4.0;
        // Four roundings of values of order 1 in f32.
        assert!((value - mean).abs() < 5e-7, "{value} {mean}");
    }
}

#[test]
fn averaging_leaves_the_trained_model_and_its_statistics_alone() {
    let device = Device::flex().autodiff();
    let model = small(5, &device);
    let mut ema = Ema::new(EmaConfig::new(0.5), &model);
    model.forward(1, &device);
    let before = floats(&model);
    ema.update(&model);
    ema.update(&small(6, &device));
    assert_eq!(floats(&model), before);
}

fn average(kind: &str) -> AverageSpec {
    match kind {
        "ema" => AverageSpec::Ema(EmaConfig::new(0.8).with_warmup()),
        _ => AverageSpec::Swa(SwaConfig::new(1)),
    }
}

/// Trains the toy in `dir` with an average, resuming what is there, up to and including `stop_after`.
fn train_average(dir: &Path, average: Option<AverageSpec>, stop_after: Option<u64>) -> Result<Fitted<Net>, TrainError> {
    let task = Toy { stop_after, ..Toy::new() };
    let mut run = Run::resume(dir, spec())?;
    fit(&task, Net::new(&task.device), &stages(), &mut run, &FitOptions { average, ..options(&task) })
}

#[test]
fn a_run_with_an_average_interrupted_at_any_step_ends_bit_equal() {
    for kind in ["ema", "swa"] {
        let whole = tempdir().unwrap();
        train_average(whole.path(), Some(average(kind)), None).unwrap();
        let whole = content(whole.path());
        assert!(whole.contains_key("checkpoints/step-00000024/average.bpk"));
        for step in 1..STEPS {
            let dir = tempdir().unwrap();
            train_average(dir.path(), Some(average(kind)), Some(step)).unwrap();
            train_average(dir.path(), Some(average(kind)), None).unwrap();
            let found = content(dir.path());
            for name in
                ["metrics.jsonl", "checkpoints/step-00000024/average.bpk", "checkpoints/step-00000024/model.bpk"]
            {
                assert!(found[name] == whole[name], "{kind} interrupted after step {step}: {name} differs");
            }
        }
    }
}

#[test]
fn the_trained_weights_are_those_of_a_run_without_an_average() {
    let plain = tempdir().unwrap();
    let expected = model_to_bytes(&train_average(plain.path(), None, None).unwrap().model).unwrap();
    for kind in ["ema", "swa"] {
        let dir = tempdir().unwrap();
        let fitted = train_average(dir.path(), Some(average(kind)), None).unwrap();
        assert!(model_to_bytes(&fitted.model).unwrap() == expected, "{kind}");
        assert_ne!(floats(&fitted.averaged.unwrap()), floats(&fitted.model));
    }
}

#[test]
fn validation_and_a_reader_see_the_averaged_model() {
    for kind in ["ema", "swa"] {
        let dir = tempdir().unwrap();
        let fitted = train_average(dir.path(), Some(average(kind)), None).unwrap();
        let reader = Run::open(dir.path()).unwrap();
        let losses = series(&reader.metrics().unwrap(), "valid", "loss");
        let task = Toy::new();
        let score = |model: &Net| task.validate(model, 0).unwrap()[0].1;
        let plain = Device::flex();
        let averaged = reader.load_model(Net::new(&plain), Which::Last).unwrap();
        assert_eq!(score(&averaged), losses.last().unwrap().1);
        assert_eq!(floats(&averaged), floats(&fitted.averaged.unwrap()));
        let best = losses.iter().map(|(_, loss)| *loss).fold(f64::INFINITY, f64::min);
        assert_eq!(score(&reader.load_model(Net::new(&plain), Which::Best).unwrap()), best);
        let trained = reader.load_trained_model(Net::new(&plain), Which::Last).unwrap();
        assert_eq!(floats(&trained), floats(&fitted.model));
    }
}

#[test]
fn before_the_first_epoch_that_counts_a_reader_sees_the_trained_model() {
    let dir = tempdir().unwrap();
    let fitted = train_average(dir.path(), Some(average("swa")), Some(7)).unwrap();
    assert!(fitted.averaged.is_none());
    let loaded = Run::open(dir.path()).unwrap().load_model(Net::new(&Device::flex()), Which::Last).unwrap();
    assert_eq!(floats(&loaded), floats(&fitted.model));
}

#[test]
fn resuming_with_another_average_is_refused() {
    let cases = [(Some("ema"), Some("swa")), (Some("ema"), None), (None, Some("ema")), (Some("swa"), None)];
    for (started, resumed) in cases {
        let dir = tempdir().unwrap();
        train_average(dir.path(), started.map(average), Some(5)).unwrap();
        let before = content(dir.path());
        let error = train_average(dir.path(), resumed.map(average), None).unwrap_err();
        let text = error.to_string();
        let expected = format!("expected {}, found {}", started.unwrap_or("none"), resumed.unwrap_or("none"));
        assert!(text.contains("the average of the weights changed") && text.contains(&expected), "{text}");
        assert!(error.is_user_error());
        assert_eq!(content(dir.path()), before);
    }
}

#[test]
fn a_decay_out_of_range_is_refused() {
    for spec in [
        AverageSpec::Ema(EmaConfig::new(1.0)),
        AverageSpec::Ema(EmaConfig::new(f64::NAN)),
        AverageSpec::Swa(SwaConfig::new(0).with_every_epochs(0)),
    ] {
        let dir = tempdir().unwrap();
        let error = train_average(dir.path(), Some(spec), None).unwrap_err();
        assert!(error.is_user_error() && error.to_string().contains("average of the weights"), "{error}");
    }
}

#[test]
fn a_recipe_names_an_average() {
    #[derive(serde::Deserialize, Debug)]
    struct Recipe {
        average: AverageSpec,
    }
    let parse = |text: &str| toml::from_str::<Recipe>(text).map(|recipe| recipe.average);
    assert_eq!(parse("average = { kind = 'ema', decay = 0.9 }").unwrap(), AverageSpec::Ema(EmaConfig::new(0.9)));
    assert_eq!(parse("average = { kind = 'swa', from_epoch = 3 }").unwrap(), AverageSpec::Swa(SwaConfig::new(3)));
    assert!(parse("average = { kind = 'ema', decay = 0.9, warm = true }").is_err());
}
