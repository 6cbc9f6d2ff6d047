//! SIGKILL at random moments, during a save too; a full disk; the polite signals. Real processes: this test starts itself.
#![cfg(unix)]
#![allow(clippy::print_stdout, clippy::print_stderr)] // which moments were hit belongs in the output

mod common;

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::*;
use halation_train::run::{Run, Which};
use halation_train::trainer::{FitOptions, fit};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Where the child trains; set by the tests that start one.
const DIR: &str = "HALATION_TEST_CHILD_DIR";
/// What the child does there.
const MODE: &str = "HALATION_TEST_CHILD_MODE";

/// Not a test by itself: the body of the processes that the tests below start and kill. Without them it has nothing to do.
#[test]
fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let dir = Path::new(&dir);
    let mode = std::env::var(MODE).unwrap();
    let task = Toy::new();
    let mut run = Run::resume(dir, spec()).unwrap();
    let options = match mode.as_str() {
        // A save after every step, so that most of the time is spent saving.
        "save-always" => FitOptions { checkpoint_every_steps: Some(1), ..options(&task) },
        // No metrics, so that a checkpoint is the first thing that does not fit on the disk.
        "silent" => FitOptions { log_every_steps: 1_000, ..options(&task) },
        // As an app would be, for the signals.
        "signals" => FitOptions { stop_on_signals: true, ..options(&task) },
        other => panic!("unknown mode {other}"),
    };
    // Long enough for a signal to arrive in the middle.
    let task = if mode == "signals" { Toy { pause: Duration::from_millis(20), ..task } } else { task };
    match fit(&task, Net::new(&task.device), &stages(), &mut run, &options) {
        Ok(fitted) if fitted.position.step == STEPS => run.finish().unwrap(),
        Ok(_) => {}
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
    }
}

fn command(dir: &Path, mode: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--nocapture", "--test-threads=1"]).env(DIR, dir).env(MODE, mode);
    // One core each: the machine is shared, and the order of sums must not depend on it anyway.
    command.env("RAYON_NUM_THREADS", "1").stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Kills the child after `delay` unless it ends before; returns whether it was killed.
fn kill_after(mut child: Child, delay: Duration) -> bool {
    std::thread::sleep(delay);
    // No check whether it still lives in between: the kernel knows.
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(status.signal() == Some(9) || status.success(), "{status}");
    status.signal() == Some(9)
}

/// Whether a process died between the first byte of a save and the end of its sweep.
fn died_in_a_save(dir: &Path) -> bool {
    let Ok(reader) = Run::open(dir) else { return false };
    let manifest = reader.manifest();
    let named: Vec<&str> = manifest
        .checkpoints
        .iter()
        .map(|entry| entry.name.as_str())
        .chain(manifest.best.as_ref().map(|best| best.checkpoint.name.as_str()))
        .collect();
    let checkpoints = std::fs::read_dir(dir.join("checkpoints")).unwrap();
    checkpoints.flatten().any(|entry| !named.contains(&&*entry.file_name().to_string_lossy()))
        || content(dir).keys().any(|name| name.ends_with(".tmp"))
}

#[test]
fn twenty_runs_killed_at_random_moments_and_resumed_end_bit_equal() {
    let whole = tempdir().unwrap();
    let start = Instant::now();
    assert!(command(whole.path(), "save-always").status().unwrap().success());
    let duration = start.elapsed();
    let (mut killed_runs, mut kills, mut in_a_save) = (0, 0, 0);
    // Twenty runs that were really killed, some of them in a save; a delay may outlast a run, which then does not count.
    for seed in 0..80 {
        if killed_runs >= 20 && in_a_save >= 3 {
            break;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let dir = tempdir().unwrap();
        let mut was_killed = false;
        for _ in 0..rng.random_range(1..=2) {
            let delay = duration.mul_f64(rng.random_range(0.02..1.0));
            println!("seed {seed}: kill after {delay:?}");
            if kill_after(command(dir.path(), "save-always").spawn().unwrap(), delay) {
                was_killed = true;
                kills += 1;
                in_a_save += u32::from(died_in_a_save(dir.path()));
            }
            // Whatever the moment, what a reader sees is whole.
            if let Ok(reader) = Run::open(dir.path())
                && !reader.manifest().checkpoints.is_empty()
            {
                reader.load_model(Net::new(&Toy::new().device), Which::Last).unwrap();
            }
        }
        killed_runs += u32::from(was_killed);
        assert!(command(dir.path(), "save-always").status().unwrap().success(), "seed {seed}: does not resume");
        assert_same(dir.path(), whole.path(), &format!("seed {seed}"));
    }
    println!("{killed_runs} runs killed {kills} times, {in_a_save} of them in a save");
    assert!(killed_runs >= 20 && in_a_save >= 3, "{killed_runs} runs killed, {in_a_save} kills in a save");
}

#[test]
fn a_full_disk_stops_training_with_a_clear_message_and_the_last_checkpoint_survives() {
    let dir = tempdir().unwrap();
    let task = Toy { stop_after: Some(5), ..Toy::new() };
    let silent = FitOptions { log_every_steps: 1_000, ..options(&task) };
    let mut run = Run::resume(dir.path(), spec()).unwrap();
    fit(&task, Net::new(&task.device), &stages(), &mut run, &silent).unwrap();
    drop(run);
    let before = content(dir.path());

    // The kernel refuses every byte past the first KiB of a file, in the middle of a write: what a full disk does, without
    // needing to be root. With SIGXFSZ ignored, `write` returns the error.
    let child = command(dir.path(), "silent");
    let mut limited = Command::new("bash");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""])
        .arg(child.get_program())
        .args(child.get_args());
    let variables = child.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let output = limited.envs(variables).stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("step-00000006/model.bpk: cannot write the checkpoint: File too large"), "{text}");
    assert!(text.contains("free some space and resume: the last checkpoint is intact"), "{text}");
    let mut after = content(dir.path());
    // The stream may run ahead of the manifest; the next resume cuts it.
    let metrics = after.insert("metrics.jsonl".to_owned(), before["metrics.jsonl"].clone()).unwrap();
    assert!(metrics.starts_with(&before["metrics.jsonl"]));
    assert!(after == before, "the failed save left something behind or took something away");

    let whole = tempdir().unwrap();
    for dir in [dir.path(), whole.path()] {
        assert!(command(dir, "silent").status().unwrap().success());
    }
    let model = "checkpoints/step-00000024/model.bpk";
    assert!(content(dir.path())[model] == content(whole.path())[model]);
}

#[test]
fn sigterm_and_sigint_stop_after_the_step_and_save_it() {
    let whole = tempdir().unwrap();
    train(whole.path(), &Toy::new()).unwrap();
    for signal in ["-TERM", "-INT"] {
        let dir = tempdir().unwrap();
        let mut child = command(dir.path(), "signals").spawn().unwrap();
        // Wait until it trains, that is until the first checkpoint is named.
        let deadline = Instant::now() + Duration::from_secs(60);
        while Run::open(dir.path()).map_or(true, |reader| reader.manifest().position.step == 0) {
            assert!(Instant::now() < deadline, "the child does not train");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert!(child.wait().unwrap().success(), "{signal}");
        let position = Run::open(dir.path()).unwrap().manifest().position;
        assert!(position.step >= 4 && position.step < STEPS, "{signal}: {position:?}");
        train(dir.path(), &Toy::new()).unwrap();
        assert!(content(dir.path())["metrics.jsonl"] == content(whole.path())["metrics.jsonl"], "{signal}");
    }
}

#[test]
fn a_second_process_on_the_same_directory_is_refused_while_the_first_lives() {
    let dir = tempdir().unwrap();
    let first = Run::create(dir.path(), spec()).unwrap();
    let output = command(dir.path(), "silent").stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("Locked"), "{text}");
    drop(first);
    assert!(command(dir.path(), "silent").status().unwrap().success());
}
