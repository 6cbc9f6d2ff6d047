//! A run that is stopped and resumed ends bit-equal to one that is not.

mod common;

use burn::module::Module;
use burn::tensor::Device;
use common::*;
use halation_train::checkpoint::{model_from_bytes, model_to_bytes};
use halation_train::metrics::{read_metrics, series};
use halation_train::random::normal_noise;
use halation_train::run::{Run, Which};
use halation_train::trainer::{Outcome, Task};

#[test]
fn the_same_recipe_and_seed_write_the_same_bytes() {
    let [a, b] = [tempdir().unwrap(), tempdir().unwrap()];
    for dir in [&a, &b] {
        assert_eq!(train(dir.path(), &Toy::new()).unwrap().outcome, Outcome::Finished);
    }
    assert_same(a.path(), b.path(), "two runs of one seed");
    let losses = series(&read_metrics(&a.path().join("metrics.jsonl")).unwrap(), "train", "loss");
    assert_eq!(losses.len() as u64, STEPS);
    // Equality is not that of two models that never moved.
    let task = Toy::new();
    let untrained = Net::new(&task.device).valid();
    let trained = train(a.path(), &task).unwrap().model.valid(); // at its end already: only loaded
    assert!(trained.first_weight() != untrained.first_weight());
    let loss = |model: &Net| task.validate(model, 0).unwrap()[0].1;
    assert!(loss(&trained) < loss(&untrained), "by step {losses:?}");
}

#[test]
fn a_run_interrupted_at_any_step_ends_bit_equal() {
    let whole = tempdir().unwrap();
    train(whole.path(), &Toy::new()).unwrap();
    for step in 1..STEPS {
        let dir = tempdir().unwrap();
        train_until(dir.path(), step);
        train(dir.path(), &Toy::new()).unwrap();
        let context = format!("interrupted after step {step}");
        for name in ["metrics.jsonl", "checkpoints/step-00000024/model.bpk", "checkpoints/step-00000024/optim.bpk"] {
            assert!(content(dir.path())[name] == content(whole.path())[name], "{context}: {name} differs");
        }
    }
}

#[test]
fn a_run_interrupted_over_and_over_ends_bit_equal() {
    let [whole, pieces] = [tempdir().unwrap(), tempdir().unwrap()];
    train(whole.path(), &Toy::new()).unwrap();
    for step in 1..STEPS {
        train_until(pieces.path(), step);
    }
    train(pieces.path(), &Toy::new()).unwrap();
    let [whole, pieces] = [content(whole.path()), content(pieces.path())];
    assert!(whole["metrics.jsonl"] == pieces["metrics.jsonl"]);
    assert!(whole["checkpoints/step-00000024/model.bpk"] == pieces["checkpoints/step-00000024/model.bpk"]);
}

#[test]
fn the_first_stage_leaves_the_frozen_layer_alone_and_the_second_moves_it() {
    let dir = tempdir().unwrap();
    let fresh = Net::new(&Device::flex().autodiff()).first_weight();
    let task = Toy { stop_after: Some(12), ..Toy::new() };
    assert_eq!(train(dir.path(), &task).unwrap().model.first_weight(), fresh);
    assert_ne!(train(dir.path(), &Toy::new()).unwrap().model.first_weight(), fresh);
}

#[test]
fn fitting_a_finished_run_only_loads_it() {
    let dir = tempdir().unwrap();
    let first = train(dir.path(), &Toy::new()).unwrap();
    let before = content(dir.path());
    let mut run = Run::resume(dir.path(), spec()).unwrap();
    assert!(run.is_done());
    let task = Toy::new();
    let again =
        halation_train::trainer::fit(&task, Net::new(&task.device), &stages(), &mut run, &options(&task)).unwrap();
    assert_eq!(model_to_bytes(&again.model).unwrap(), model_to_bytes(&first.model).unwrap());
    assert_eq!(again.validation, first.validation);
    assert_eq!(content(dir.path()), before);
}

#[test]
fn a_reader_loads_the_last_and_the_best_model_and_they_score_what_was_written_down() {
    let dir = tempdir().unwrap();
    train(dir.path(), &Toy::new()).unwrap();
    let reader = Run::open(dir.path()).unwrap();
    assert_eq!(reader.recipe::<Recipe>().unwrap(), recipe());
    let rows = reader.metrics().unwrap();
    let losses = series(&rows, "valid", "loss");
    let task = Toy::new();
    let plain = Device::flex();
    let score = |which| {
        let model = reader.load_model(Net::new(&plain), which).unwrap();
        task.validate(&model, 0).unwrap()[0].1
    };
    assert_eq!(score(Which::Last), losses.last().unwrap().1);
    let best = losses.iter().map(|(_, loss)| *loss).fold(f64::INFINITY, f64::min);
    assert_eq!(score(Which::Best), best);
    assert_eq!(reader.manifest().best.as_ref().unwrap().value, best);
    assert_eq!(series(&rows, "test", "loss"), [(STEPS as f64, losses.last().unwrap().1)]);
}

#[test]
fn only_the_last_checkpoints_and_the_best_are_kept() {
    let dir = tempdir().unwrap();
    train(dir.path(), &Toy::new()).unwrap();
    let manifest = Run::open(dir.path()).unwrap().manifest().clone();
    let mut named: Vec<String> = manifest.checkpoints.iter().map(|entry| entry.name.clone()).collect();
    assert_eq!(named, ["step-00000020", "step-00000024"]);
    named.push(manifest.best.unwrap().checkpoint.name);
    named.sort();
    named.dedup();
    let mut found: Vec<String> = std::fs::read_dir(dir.path().join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, named);
}

#[test]
fn a_model_saved_right_after_a_forward_pass_keeps_that_passs_running_statistics() {
    // Burn holds the latest update of a running statistic back; a record alone would miss it.
    let device = Device::flex().autodiff();
    let net = Net::new(&device);
    let fresh = model_to_bytes(&net).unwrap();
    net.forward(normal_noise([32, 8], 1, &device), None);
    let saved = model_to_bytes(&net).unwrap();
    assert_ne!(saved, fresh);
    let loaded = model_from_bytes(Net::new(&device), saved.clone(), "model".as_ref()).unwrap();
    assert_eq!(model_to_bytes(&loaded).unwrap(), saved);
    let x = normal_noise([4, 8], 2, &device.clone().inner());
    let [a, b] = [net.valid(), loaded.valid()].map(|net| net.forward(x.clone(), None).into_data());
    assert_eq!(a, b);
}
