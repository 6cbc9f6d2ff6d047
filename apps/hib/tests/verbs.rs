//! The binary as a user meets it: both verbs on a few made-up digits, and what bad input gets told.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Small enough to train in a second or two.
const RECIPE: &str = r#"
[data.numbers]
train_images = 400
test_images = 200
[model]
channels = [2, 3]
hidden = [12, 8]
log_std_init = -2.0
[loss]
samples = 2
[train]
epochs = 2
steps_per_epoch = 3
batch = 16
per_number = 2
checkpoint_every = 2
[eval]
gallery = 200
pairs = 60
samples = 2
"#;

fn app(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_halation-hib")).args(arguments).output().expect("the binary starts")
}

/// Asserts an exit code and returns what stderr said.
fn told(output: &Output, code: i32) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    stderr
}

fn json(output: &Output) -> Value {
    told(output, 0);
    serde_json::from_slice(&output.stdout).expect("--json prints one document and nothing else")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

/// The bytes of an idx file.
fn idx(shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape.iter().for_each(|size| bytes.extend_from_slice(&size.to_be_bytes()));
    bytes.extend_from_slice(data);
    bytes
}

/// Four idx files: two images of each digit in training and two in test, a bar at the height of the digit.
fn digits(folder: &Path, side: usize) -> PathBuf {
    for (stem, shade) in [("train", 200), ("t10k", 250)] {
        let labels: Vec<u8> = (0..20).map(|image| image % 10).collect();
        let mut pixels = Vec::new();
        for (image, &label) in labels.iter().enumerate() {
            let bar = |row: usize| if row / 2 == 2 + usize::from(label) { shade + (image / 10) as u8 } else { 0 };
            pixels.extend((0..side * side).map(|place| bar(place / side)));
        }
        write(folder, &format!("{stem}-images-idx3-ubyte"), idx(&[20, side as u32, side as u32], &pixels));
        write(folder, &format!("{stem}-labels-idx1-ubyte"), idx(&[20], &labels));
    }
    folder.to_owned()
}

/// Digits, a recipe and a run that all tests share.
fn shared() -> (&'static Path, &'static Path, &'static Path) {
    static SHARED: OnceLock<(tempfile::TempDir, [PathBuf; 3])> = OnceLock::new();
    let (_, [digits, recipe, run]) = SHARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let digits = digits(&folder.path().join("digits"), 28);
        let recipe = write(folder.path(), "recipe.toml", RECIPE);
        let run = folder.path().join("run");
        told(&app(&["train", "--recipe", text(&recipe), "--data", text(&digits), "--out", text(&run)]), 0);
        (folder, [digits, recipe, run])
    });
    (digits, recipe, run)
}

#[test]
fn a_trained_run_holds_everything_and_its_report_needs_nothing_else() {
    let (_, _, run) = shared();
    for name in ["recipe.toml", "run.json", "metrics.jsonl", "report.html"] {
        assert!(run.join(name).is_file(), "{name}");
    }
    let report = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.contains("<svg") && report.contains("<ellipse"), "the plane of embeddings is in the page");
    assert!(!report.contains("src=\"http") && !report.contains("href=\"http"), "the page needs nothing else");
}

#[test]
fn eval_reports_clean_and_corrupted_figures_and_repeats_itself() {
    let (_, _, run) = shared();
    let arguments = ["eval", "--json", "--run", text(run)];
    let figures = json(&app(&arguments));
    for kind in ["clean", "corrupted"] {
        for key in ["knn", "ap", "eta"] {
            let share = figures[kind][key].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&share), "{kind}.{key}: {share}");
        }
    }
    assert_eq!(figures["occlusion"]["eta"].as_array().unwrap().len(), 10);
    assert!((0.0..=1.0).contains(&figures["occlusion_monotone"].as_f64().unwrap()));
    assert_eq!(figures["chance"]["knn"].as_f64(), Some(0.01));
    assert_eq!(figures, json(&app(&arguments)), "all draws are seeded");
}

#[test]
fn every_head_pairing_and_dimension_trains_and_points_have_no_uncertainty() {
    let (digits, recipe, _) = shared();
    let folder = tempfile::tempdir().unwrap();
    for (place, settings) in [
        ["model.head=\"point\"", "model.dim=2"],
        ["model.head=\"mog-2\"", "model.dim=3"],
        ["train.pairing=\"drawn\"", "model.dim=1"],
    ]
    .iter()
    .enumerate()
    {
        let out = folder.path().join(place.to_string());
        let [first, second] = settings;
        let arguments =
            ["--recipe", text(recipe), "--data", text(digits), "--out", text(&out), "--set", first, "--set", second];
        told(&app(&[&["train", "--quiet"], &arguments[..]].concat()), 0);
        let figures = json(&app(&["eval", "--json", "--run", text(&out)]));
        assert_eq!(figures["clean"]["eta"].is_null(), figures["head"] == "point", "{settings:?}");
    }
}

#[test]
fn a_run_cut_short_and_resumed_ends_like_one_that_was_not() {
    let (digits, recipe, run) = shared();
    let folder = tempfile::tempdir().unwrap();
    let again = folder.path().join("again");
    // Killed when its first checkpoint is there. Should it have finished by then, resuming must change nothing either.
    let arguments = ["train", "--quiet", "--recipe", text(recipe), "--data", text(digits), "--out", text(&again)];
    let mut child = Command::new(env!("CARGO_BIN_EXE_halation-hib")).args(arguments).spawn().unwrap();
    for _ in 0..2_000 {
        if again.join("checkpoints").read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    told(&app(&[&arguments[..], &["--resume"]].concat()), 0);
    let metrics = |run: &Path| std::fs::read(run.join("metrics.jsonl")).unwrap();
    assert!(metrics(run) == metrics(&again), "metrics.jsonl differs from that of the uninterrupted run");
    assert_eq!(
        json(&app(&["eval", "--json", "--run", text(run)])),
        json(&app(&["eval", "--json", "--run", text(&again)]))
    );
}

#[test]
fn a_second_run_on_one_directory_is_refused() {
    let (digits, recipe, run) = shared();
    told(&app(&["train", "--quiet", "--recipe", text(recipe), "--data", text(digits), "--out", text(run)]), 2);
}

#[test]
fn what_the_user_got_wrong_exits_with_2_and_says_what_would_be_right() {
    let (digits_folder, recipe, run) = shared();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("nowhere");
    let settings: &[(&str, &str)] = &[
        ("data.numbers.digits=0", "digits"),
        ("data.numbers.digits=6", "1 to 5"),
        ("data.numbers.task=\"number\"", "instance"),
        ("model.dim=0", "dimension"),
        ("model.head=\"mog-3\"", "mog-2"),
        ("model.heads=\"point\"", "head"),
        ("loss.samples=0", "loss.samples"),
        ("loss.kl_weight=-1.0", "kl_weight"),
        ("train.lr=0.0", "train.lr"),
        ("train.batch=1", "train.batch"),
        ("train.per_number=1", "per_number"),
        ("eval.neighbours=0", "eval.neighbours"),
        ("data.occlusion.share=1.5", "share"),
    ];
    for (setting, part) in settings {
        let arguments =
            ["train", "--recipe", text(recipe), "--data", text(digits_folder), "--out", text(&out), "--set", setting];
        let stderr = told(&app(&arguments), 2);
        assert!(stderr.contains(part), "{setting} should mention `{part}`: {stderr}");
        assert!(!out.exists(), "{setting}: nothing was made");
    }
    let odd = ["--set", "model.head=\"mog-2\"", "--set", "loss.samples=3"];
    let arguments = ["train", "--recipe", text(recipe), "--data", text(digits_folder), "--out", text(&out)];
    let stderr = told(&app(&[&arguments[..], &odd].concat()), 2);
    assert!(stderr.contains("multiple of the 2"), "{stderr}");

    told(&app(&["eval", "--run", text(folder.path())]), 2);
    let stderr = told(&app(&["train", "--recipe", "missing.toml", "--out", text(&out)]), 2);
    assert!(stderr.contains("missing.toml"), "{stderr}");
    let stderr = told(&app(&["train", "--recipe", text(recipe), "--out", text(&out)]), 2);
    assert!(stderr.contains("--data"), "{stderr}");
    let stderr = told(&app(&["eval", "--run", text(run), "--data", text(folder.path())]), 2);
    assert!(stderr.contains("train-images"), "{stderr}");
}

#[test]
fn damaged_digits_are_named_with_what_is_wrong() {
    let (_, recipe, _) = shared();
    let folder = tempfile::tempdir().unwrap();
    type Damage = fn(&Path);
    let cases: &[(&str, Damage, &str)] = &[
        ("missing", |folder| std::fs::remove_file(folder.join("t10k-labels-idx1-ubyte")).unwrap(), "t10k-labels"),
        ("magic", |folder| drop(write(folder, "train-images-idx3-ubyte", "this is no idx file")), "train-images"),
        ("cut", |folder| drop(write(folder, "train-labels-idx1-ubyte", idx(&[20], &[1; 7]))), "cut"),
        ("label", |folder| drop(write(folder, "t10k-labels-idx1-ubyte", idx(&[20], &[11; 20]))), "label"),
        ("count", |folder| drop(write(folder, "t10k-labels-idx1-ubyte", idx(&[3], &[1; 3]))), "3 labels"),
        ("size", |folder| drop(digits(folder, 24)), "28"),
    ];
    for (name, damage, part) in cases {
        let data = digits(&folder.path().join(name), 28);
        damage(&data);
        let out = folder.path().join("nowhere");
        let stderr = told(&app(&["train", "--recipe", text(recipe), "--data", text(&data), "--out", text(&out)]), 2);
        assert!(stderr.contains(part), "{name} should mention `{part}`: {stderr}");
        assert!(!out.exists(), "{name}: nothing was made");
    }
}

#[test]
fn training_that_diverges_exits_with_1_and_says_at_which_step() {
    let (digits, recipe, _) = shared();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let wild = ["--set", "train.lr=1e30", "--set", "train.clip=1e30"];
    let arguments = ["train", "--quiet", "--recipe", text(recipe), "--data", text(digits), "--out", text(&out)];
    let stderr = told(&app(&[&arguments[..], &wild].concat()), 1);
    assert!(stderr.contains("step"), "{stderr}");
}
