//! Faults and mistakes: each a clear error, and nothing lost.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use burn::nn::LinearConfig;
use common::*;
use halation_train::TrainError;
use halation_train::optim::OptimizerSpec;
use halation_train::run::{Run, RunSpec, Which};
use halation_train::trainer::{FitOptions, Stage, fit};
use tempfile::TempDir;

/// A run that was stopped after step 5, with checkpoints at steps 4 and 5.
fn stopped() -> TempDir {
    let dir = tempdir().unwrap();
    train_until(dir.path(), 5);
    dir
}

/// What resuming says; it must not touch anything.
fn resume_error(dir: &Path) -> TrainError {
    let before = content(dir);
    let error = Run::resume(dir, spec()).unwrap_err();
    assert_eq!(content(dir), before, "a refused resume changed the run");
    error
}

fn assert_says(error: &TrainError, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_torn_checkpoint_is_refused_and_removing_it_resumes_from_the_one_before() {
    for name in ["model.bpk", "optim.bpk", "state.json"] {
        let dir = stopped();
        let path = dir.path().join("checkpoints/step-00000005").join(name);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = resume_error(dir.path());
        assert_says(&error, &[name, "torn or edited", "expected SHA-256", "to resume from the checkpoint before it"]);
        assert!(!error.is_user_error());
        if name == "model.bpk" {
            let error =
                Run::open(dir.path()).unwrap().load_model(Net::new(&Toy::new().device), Which::Last).unwrap_err();
            assert_says(&error, &["torn or edited"]);
        }

        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        let run = Run::resume(dir.path(), spec()).unwrap();
        assert_eq!(run.manifest().position.step, 4);
        drop(run);
        train(dir.path(), &Toy::new()).unwrap();
        let whole = tempdir().unwrap();
        train(whole.path(), &Toy::new()).unwrap();
        assert!(content(dir.path())["metrics.jsonl"] == content(whole.path())["metrics.jsonl"]);
    }
}

#[test]
fn a_missing_checkpoint_file_is_named() {
    let dir = stopped();
    fs::remove_file(dir.path().join("checkpoints/step-00000005/optim.bpk")).unwrap();
    assert_says(&resume_error(dir.path()), &["step-00000005/optim.bpk", "no such file"]);
}

#[test]
fn a_run_whose_checkpoints_are_all_gone_is_refused() {
    let dir = stopped();
    fs::remove_dir_all(dir.path().join("checkpoints")).unwrap();
    assert_says(&resume_error(dir.path()), &["no such directory, and no older checkpoint"]);
}

#[test]
fn a_single_flipped_bit_in_a_checkpoint_is_found() {
    let dir = stopped();
    let path = dir.path().join("checkpoints/step-00000005/model.bpk");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_says(&resume_error(dir.path()), &["torn or edited"]);
}

#[test]
fn a_changed_recipe_seed_app_or_data_set_is_refused_with_what_changed() {
    let dir = stopped();
    let other = Recipe { learning_rate: 0.5, ..recipe() };
    let cases = [
        (
            RunSpec::new("toy", &other, SEED).unwrap().with_data("train", "abc"),
            "the recipe changed",
            "`learning_rate = 0.5`",
        ),
        (
            RunSpec::new("toy", &recipe(), 12).unwrap().with_data("train", "abc"),
            "the seed changed",
            "expected 11, found 12",
        ),
        (RunSpec::new("other", &recipe(), SEED).unwrap().with_data("train", "abc"), "the app changed", "found other"),
        (
            RunSpec::new("toy", &recipe(), SEED).unwrap().with_data("train", "abd"),
            "data `train` changed",
            "SHA-256 abd",
        ),
        (RunSpec::new("toy", &recipe(), SEED).unwrap(), "data `train` changed", "found no such data"),
    ];
    for (spec, what, detail) in cases {
        let before = content(dir.path());
        let error = Run::resume(dir.path(), spec).unwrap_err();
        assert_says(&error, &["run.json", what, detail, "train into another directory"]);
        assert!(error.is_user_error());
        assert_eq!(content(dir.path()), before);
    }
}

#[test]
fn a_wrong_manifest_is_refused() {
    let cases = [
        ("", "expected the manifest of a run"),
        ("{\"version\": 1}", "missing field"),
        ("{\"version\": 99}", "has version 99, this program reads 1"),
        ("not json", "expected the manifest of a run"),
    ];
    for (text, expected) in cases {
        let dir = stopped();
        fs::write(dir.path().join("run.json"), text).unwrap();
        assert_says(&resume_error(dir.path()), &[expected]);
        assert_says(&Run::open(dir.path()).unwrap_err(), &[expected]);
    }
}

#[test]
fn shortened_metrics_are_refused_and_surplus_ones_are_cut() {
    let dir = stopped();
    let path = dir.path().join("metrics.jsonl");
    let good = fs::read(&path).unwrap();
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    assert_says(&resume_error(dir.path()), &["metrics.jsonl", "which the manifest counts on"]);
    fs::write(&path, [&good[..], b"{\"half a row"].concat()).unwrap();
    drop(Run::resume(dir.path(), spec()).unwrap());
    assert_eq!(fs::read(&path).unwrap(), good);
}

#[test]
fn an_edited_recipe_in_the_run_is_found() {
    let dir = stopped();
    let path = dir.path().join("recipe.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("0.02", "0.03")).unwrap();
    let error = Run::open(dir.path()).unwrap().recipe::<Recipe>().unwrap_err();
    assert_says(&error, &["recipe.toml", "must not be edited"]);
}

#[test]
fn two_runs_on_one_directory_the_second_is_refused() {
    let dir = tempdir().unwrap();
    let first = Run::create(dir.path(), spec()).unwrap();
    for second in [Run::create(dir.path(), spec()), Run::resume(dir.path(), spec())] {
        let error = second.unwrap_err();
        assert_says(&error, &["another process is training in this directory"]);
        assert!(error.is_user_error());
    }
    assert_eq!(Run::open(dir.path()).unwrap().manifest(), first.manifest());
    drop(first);
    Run::resume(dir.path(), spec()).unwrap();
}

#[test]
fn creating_over_a_run_or_over_other_files_is_refused() {
    let dir = stopped();
    let error = Run::create(dir.path(), spec()).unwrap_err();
    assert_says(&error, &["already holds a run", "--resume"]);
    assert!(error.is_user_error());

    let foreign = tempdir().unwrap();
    fs::write(foreign.path().join("recipe.toml"), "precious").unwrap();
    for attempt in [Run::create(foreign.path(), spec()), Run::resume(foreign.path(), spec())] {
        assert_says(&attempt.unwrap_err(), &["is not empty and not a run: it holds `recipe.toml`"]);
    }
    assert_eq!(fs::read_dir(foreign.path()).unwrap().count(), 1, "a foreign directory was written to");
    assert_says(&Run::open(foreign.path()).unwrap_err(), &["is not a run: it holds no run.json"]);
}

#[test]
fn a_start_that_was_killed_before_its_manifest_can_be_started_again() {
    let dir = tempdir().unwrap();
    drop(Run::create(dir.path(), spec()).unwrap());
    fs::remove_file(dir.path().join("run.json")).unwrap();
    fs::write(dir.path().join(".x.tmp"), "half a manifest").unwrap();
    drop(Run::create(dir.path(), spec()).unwrap());
    train(dir.path(), &Toy::new()).unwrap();
    assert!(!dir.path().join(".x.tmp").exists());
}

#[test]
fn a_place_that_cannot_be_written_is_a_user_error_that_says_so() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Run::create(&file.join("run"), spec()).unwrap_err();
    assert_says(&error, &["cannot make the run directory", "a file is where a directory is needed"]);
    assert!(error.is_user_error());
    // The kernel's own tree takes no directories, from root either.
    if cfg!(target_os = "linux") {
        let error = Run::create(&PathBuf::from("/sys/halation-run"), spec()).unwrap_err();
        assert_says(&error, &["cannot make the run directory", "choose a directory that you may write to"]);
        assert!(error.is_user_error());
    }
}

#[test]
fn nan_in_a_batch_stops_at_its_step_and_the_run_continues_from_its_checkpoint() {
    let [dir, whole] = [tempdir().unwrap(), tempdir().unwrap()];
    let task = Toy { fault: Fault::NanInBatch { step: 10 }, ..Toy::new() };
    let error = train(dir.path(), &task).unwrap_err();
    let expected = ["step 10 (epoch 2): the loss is not finite", "look at this step's batch", "(step 8) is intact"];
    assert_says(&error, &expected);
    assert!(!error.is_user_error());
    assert_eq!(Run::open(dir.path()).unwrap().manifest().position.step, 8);
    assert!(last_loss(dir.path()).is_finite());
    for dir in [&dir, &whole] {
        train(dir.path(), &Toy::new()).unwrap();
    }
    assert_same(dir.path(), whole.path(), "after NaN in a batch");
}

#[test]
fn a_gradient_that_is_not_finite_names_its_parameter() {
    let dir = tempdir().unwrap();
    let task = Toy { fault: Fault::InfiniteGradient { step: 3 }, ..Toy::new() };
    let error = train(dir.path(), &task).unwrap_err();
    assert_says(&error, &["step 3 (epoch 1): the gradient of `second.weight` is not finite", "(step 0) is intact"]);
}

#[test]
fn a_task_that_fails_stops_with_its_own_error_and_the_checkpoint_stays() {
    let dir = tempdir().unwrap();
    let task = Toy { fault: Fault::TaskError { step: 6 }, ..Toy::new() };
    let error = train(dir.path(), &task).unwrap_err();
    assert_says(&error, &["step 6 (epoch 1): the loss failed: the batch cannot be read"]);
    assert_eq!(Run::open(dir.path()).unwrap().manifest().position.step, 4);
}

#[test]
fn a_checkpoint_of_another_architecture_is_refused_with_the_shapes() {
    let dir = stopped();
    let reader = Run::open(dir.path()).unwrap();
    let other = LinearConfig::new(3, 4).init(&Toy::new().device);
    let error = reader.load_model(other, Which::Last).unwrap_err();
    assert_says(&error, &["model.bpk", "expected the parameters of this model", "weight"]);
    assert_says(&Run::open(&dir.path().join("no")).unwrap_err(), &["is not a run"]);
    drop(Run::create(&dir.path().join("fresh"), spec()).unwrap());
    let fresh = Run::open(&dir.path().join("fresh")).unwrap();
    assert_says(&fresh.load_model(Net::new(&Toy::new().device), Which::Last).unwrap_err(), &["has no checkpoint yet"]);
    assert_says(&reader.load_model(Net::new(&Toy::new().device), Which::Best).unwrap_err(), &["watches no metric"]);
}

#[test]
fn arguments_out_of_range_are_refused_before_the_first_step() {
    let dir = tempdir().unwrap();
    let task = Toy::new();
    let mut run = Run::create(dir.path(), spec()).unwrap();
    let stage = |epochs, rate: f64| Stage::new("s", epochs, OptimizerSpec::default().build(), rate);
    let good = options(&task);
    let cases: [(Vec<Stage>, FitOptions, &str); 6] = [
        (vec![], good.clone(), "there are none"),
        (vec![stage(0, 0.1)], good.clone(), "it has no epochs"),
        (vec![stage(1, f64::NAN)], good.clone(), "learning rate"),
        (vec![stage(1, 0.1).with_clip_norm(0.0)], good.clone(), "clipping norm"),
        (stages(), FitOptions { keep_last: 0, ..good.clone() }, "a count is 0"),
        (stages(), FitOptions { checkpoint_every_steps: Some(0), ..good }, "a count is 0"),
    ];
    for (stages, options, expected) in cases {
        let error = fit(&task, Net::new(&task.device), &stages, &mut run, &options).unwrap_err();
        assert_says(&error, &[expected]);
        assert!(error.is_user_error());
    }
    for name in ["run.json", "../x", "a/b", ""] {
        assert_says(&run.write_artifact(name, b"x").unwrap_err(), &["not a plain file name"]);
    }
    assert_eq!(fs::read(run.write_artifact("vocabulary.json", b"[]").unwrap()).unwrap(), b"[]");
}
