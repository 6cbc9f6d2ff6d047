//! Runs that are repeated, and runs that are killed and continued.

mod common;

use common::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Few steps of the chain, so that its importance sampler leaves its warm-up before the first kill.
const DIFFUSION: &str =
    "kind = \"diffusion\"\nsteps = 3\ndenoiser = { net = \"dit\", width = 16, depth = 1, heads = 2 }";

/// Generated label maps and a flow over them.
const WORLD: &str = "[data.source.world]\nheight = 4\nwidth = 8\nclasses = 3\ntrain = 32\ntest = 16";
const LABEL_FLOW: &str = "kind = \"label-flow\"\nlevels = 1\nsteps = 1\nwidth = 8\ndepth = 1\ngrowth = 4\ncontext = 4";

/// Long enough to be killed in the middle, with a checkpoint after every step.
fn long(source: &str, model: &str) -> String {
    recipe(source, model)
        .replace("epochs = 2\nsteps_per_epoch = 2\n", "epochs = 2\nsteps_per_epoch = 40\ncheckpoint_every = 1\n")
}

/// What must be equal to the bit: the metrics, and all that the last checkpoints hold.
fn content(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::from([("metrics.jsonl".to_owned(), std::fs::read(run.join("metrics.jsonl")).unwrap())]);
    for checkpoint in std::fs::read_dir(run.join("checkpoints")).unwrap() {
        let checkpoint = checkpoint.unwrap();
        for file in std::fs::read_dir(checkpoint.path()).unwrap() {
            let file = file.unwrap();
            let name = format!("{}/{}", checkpoint.file_name().display(), file.file_name().display());
            files.insert(name, std::fs::read(file.path()).unwrap());
        }
    }
    files
}

fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (content(one), content(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(bytes == &other[name], "{name} differs");
    }
}

#[test]
fn the_same_recipe_and_seed_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, source, model) in [
        ("diffusion", "", DIFFUSION.to_owned()),
        ("continuous", "", format!("kind = \"continuous\"\n{DIT}")),
        ("label-flow", WORLD, LABEL_FLOW.to_owned()),
        (
            "flow",
            "",
            "kind = \"flow\"\nhidden = 8\nsteps = 2\ncontext = 8\ncontext_out = 4\ninput_dropout = 0.2".to_owned(),
        ),
        ("latent", "", "kind = \"latent\"\nhidden = 8\nlatent = 3".to_owned()),
    ] {
        let [one, two] = [1, 2].map(|n| trained(folder.path(), &format!("{kind}-{n}"), &recipe(source, &model), None));
        assert_same(&one, &two);
    }
}

#[test]
fn a_diffusion_killed_twice_and_resumed_ends_bit_equal_with_its_history_of_noise_levels() {
    killed_and_resumed("", DIFFUSION);
}

#[test]
fn a_flow_killed_twice_and_resumed_ends_bit_equal() {
    killed_and_resumed(
        "",
        "kind = \"flow\"\nhidden = 8\nsteps = 2\ncontext = 8\ncontext_out = 4\ninput_dropout = 0.2\nact_norm = true",
    );
}

#[test]
fn a_diffusion_in_continuous_time_killed_twice_and_resumed_ends_bit_equal() {
    killed_and_resumed("", &format!("kind = \"continuous\"\n{DIT}"));
}

#[test]
fn a_latent_flow_killed_twice_and_resumed_ends_bit_equal() {
    killed_and_resumed("", "kind = \"latent\"\nhidden = 8\nlatent = 3");
}

#[test]
fn a_flow_over_label_maps_killed_twice_and_resumed_ends_bit_equal() {
    killed_and_resumed(WORLD, LABEL_FLOW);
}

fn killed_and_resumed(source: &str, model: &str) {
    let folder = tempfile::tempdir().unwrap();
    let whole = trained(folder.path(), "whole", &long(source, model), None);
    let again = folder.path().join("again");
    let recipe = folder.path().join("whole.toml");
    let arguments = ["train", "--quiet", "--recipe", text(&recipe), "--out", text(&again), "--resume"];
    for step in [12, 50] {
        let mut child = binary().args(arguments).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(120);
        while newest(&again) < step {
            assert!(Instant::now() < deadline, "no checkpoint of step {step}");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "it was to be killed before its end");
        assert!(newest(&again) < 80);
    }
    told(&app(&arguments), 0);
    assert_same(&whole, &again);
    assert_eq!(measured(&whole), measured(&again));
}

/// The step of the newest checkpoint.
fn newest(run: &Path) -> u64 {
    let Ok(entries) = run.join("checkpoints").read_dir() else { return 0 };
    let step = |name: String| name.strip_prefix("step-").and_then(|step| step.parse().ok());
    entries.flatten().filter_map(|entry| step(entry.file_name().to_string_lossy().into_owned())).max().unwrap_or(0)
}
