//! What bad input gets told: exit code 2, the file or key, the way out, and nothing half made.

mod common;

use common::*;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const UNIFORM: &str = "kind = \"diffusion\"\nsteps = 4\ndenoiser = { net = \"dit\", width = 16, depth = 1, heads = 2 }";

const FLOW: &str = "kind = \"flow\"\nhidden = 8\nsteps = 2\nmixtures = 2\ncontext = 8\ncontext_out = 4";

/// A folder with runs that the tests share: `uniform` and `masked` diffusions and a `flow` over the chain.
fn shared() -> &'static Path {
    static SHARED: OnceLock<tempfile::TempDir> = OnceLock::new();
    SHARED
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            trained(folder.path(), "uniform", &recipe("", UNIFORM), None);
            trained(folder.path(), "masked", &recipe("", &format!("kind = \"continuous\"\n{DIT}")), None);
            trained(folder.path(), "flow", &recipe("", FLOW), None);
            folder
        })
        .path()
}

fn shared_run(name: &str) -> PathBuf {
    shared().join(name)
}

/// Asserts that training is refused in words that hold all `parts`, and that nothing was made.
fn refused(recipe: &str, data: Option<&Path>, parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let (out, output) = train(folder.path(), "out", recipe, data);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "expected {parts:?}: {stderr}\n{recipe}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "`{part}` is not said: {stderr}\n{recipe}");
    }
    assert!(!out.exists(), "{parts:?}: nothing was made");
}

#[test]
fn texts_that_do_not_fit_are_told_where_and_what_would_help() {
    let folder = tempfile::tempdir().unwrap();
    let text8 = recipe("[data.source.text]", UNIFORM);
    let outside = write(folder.path(), "outside.txt", format!("Ab1{}", words(2000)));
    refused(&text8, Some(&outside), &["outside.txt", "'A' at byte 0", "'1' at byte 2", "filter"]);
    let short = write(folder.path(), "short.txt", words(40));
    refused(&text8, Some(&short), &["short.txt", "16"]);
    let empty = write(folder.path(), "empty.txt", "");
    refused(&text8, Some(&empty), &["empty.txt"]);
    let broken =
        write(folder.path(), "broken.txt", [words(1000).as_bytes(), b"\xff\xfe", words(1000).as_bytes()].concat());
    refused(&text8, Some(&broken), &["broken.txt", "1000", "UTF-8"]);
    refused(&text8, Some(&folder.path().join("absent.txt")), &["absent.txt"]);
    refused(&text8, None, &["--data"]);
    let bytes = recipe("[data.source.text]\nalphabet = \"bytes\"", UNIFORM);
    measured(&trained(folder.path(), "bytes", &bytes, Some(&broken)));
    let (png, gif) = (folder.path().join("bytes.png"), folder.path().join("bytes.gif"));
    let run = folder.path().join("bytes");
    told(&app(&["sample", "--run", text(&run), "--out", text(&png), "--animate", text(&gif)]), 0);
    // Letters only: the same file as text8, by the filter that the message offers.
    let filtered = recipe("[data.source.text]\nfilter = \"letters\"", UNIFORM);
    measured(&trained(folder.path(), "filtered", &filtered, Some(&outside)));
}

#[test]
fn label_maps_that_do_not_fit_are_told_which() {
    let folder = tempfile::tempdir().unwrap();
    let unet = "kind = \"diffusion\"\nsteps = 4\ndenoiser = { net = \"u-net\", width = 8, depth = 2 }";
    let own = recipe(&labels("folder"), unet);
    let data = |name: &str| {
        let path = folder.path().join(name);
        own_maps(&path);
        path
    };
    let outside = data("outside");
    label(&outside, "val/1.png", 32, 16, |x, _| if x == 3 { 9 } else { 0 });
    refused(&own, Some(&outside), &["1.png", "9"]);
    let mixed = data("mixed");
    label(&mixed, "train/2.png", 16, 16, |_, _| 0);
    refused(&own, Some(&mixed), &["2.png", "16"]);
    let no_test = data("no-test");
    std::fs::remove_dir_all(no_test.join("test")).unwrap();
    refused(&own, Some(&no_test), &["test"]);
    let no_categories = data("no-categories");
    std::fs::remove_file(no_categories.join("categories.toml")).unwrap();
    refused(&own, Some(&no_categories), &["categories.toml"]);
    let good = data("good");
    refused(&recipe(&labels("cityscapes"), unet), Some(&good), &["Cityscapes"]);
    refused(&recipe(&labels("camvid"), unet), Some(&good), &["train.txt"]);
    refused(&recipe(&labels("folder"), FLOW), Some(&good), &["model.kind", "label-flow"]);
    refused(&recipe(&labels("folder"), "kind = \"latent\""), Some(&good), &["model.kind", "label-flow"]);
    let levels = |levels: usize| format!("kind = \"label-flow\"\nlevels = {levels}\nwidth = 8\ndepth = 1\ngrowth = 4");
    for count in [0, 4, 70] {
        refused(&recipe(&labels("folder"), &levels(count)), Some(&good), &["levels"]);
    }
    for depth in [0, 5, 70] {
        let unet = unet.replace("depth = 2", &format!("depth = {depth}"));
        refused(&recipe(&labels("folder"), &unet), Some(&good), &["model.denoiser"]);
    }
    let dropout = unet.replace("depth = 2", "depth = 2, dropout = 1.5");
    refused(&recipe(&labels("folder"), &dropout), Some(&good), &["model.denoiser.dropout"]);
    let signs = format!("{}\npoints = \"sign\"", levels(1));
    refused(&recipe(&labels("folder"), &signs), Some(&good), &["softplus"]);
}

#[test]
fn settings_that_make_no_sense_are_named_with_what_would_be_right() {
    let dit = |keys: &str| UNIFORM.replace("width = 16, depth = 1, heads = 2", keys);
    let local =
        |keys: &str| format!("kind = \"diffusion\"\nsteps = 4\ndenoiser = {{ net = \"linear-local\", {keys} }}");
    let cases: Vec<(String, &[&str])> = vec![
        (UNIFORM.replace("steps = 4", "steps = 0"), &["model", "steps"]),
        (UNIFORM.replace("steps = 4", "steps = -1"), &["-1", "model"]),
        (format!("schedule = \"cosin\"\n{UNIFORM}"), &["cosin"]),
        (format!("transition = \"unifrom\"\n{UNIFORM}"), &["unifrom"]),
        (format!("auxiliary = -1.0\n{UNIFORM}"), &["model"]),
        (format!("stepz = 3\n{UNIFORM}"), &["stepz"]),
        (UNIFORM.replace("diffusion", "difusion"), &["difusion"]),
        (dit("width = 16, depth = 1, heads = 3"), &["model.denoiser.heads", "16"]),
        (dit("width = 16, depth = 1, heads = 0"), &["model.denoiser.heads"]),
        (dit("width = 0, depth = 1, heads = 2"), &["model.denoiser"]),
        (dit("width = 16, depth = 0, heads = 2"), &["model.denoiser"]),
        (dit("widht = 16"), &["widht"]),
        (local("width = 16, depth = 1, heads = 2, window = 5"), &["model.denoiser", "window"]),
        (local("width = 16, depth = 1, heads = 5"), &["model.denoiser.heads"]),
        (UNIFORM.replace("\"dit\"", "\"u-net\""), &["model.denoiser.net", "label maps"]),
        ("kind = \"label-flow\"".into(), &["model.kind", "flow"]),
        (format!("{FLOW}\ninput_dropout = 1.0"), &["model.input_dropout"]),
        (format!("{FLOW}\ninput_dropout = -0.1"), &["model.input_dropout"]),
        (format!("{FLOW}\npoints = \"softplus\"\nbase = 1"), &["base"]),
        (FLOW.replace("mixtures = 2", "mixtures = 0"), &["mixtures"]),
        (FLOW.replace("hidden = 8", "hidden = 0"), &["hidden"]),
        (FLOW.replace("steps = 2", "steps = 0"), &["steps"]),
        (FLOW.replace("context = 8", "context = 0"), &["model"]),
        (format!("kind = \"continuous\"\nobjective = \"maskd\"\n{DIT}"), &["maskd"]),
    ];
    for (model, parts) in &cases {
        refused(&recipe("", model), None, parts);
    }
    for (from, to, part) in [
        ("classes = 6", "classes = 0", "classes"),
        ("classes = 6", "classes = 1", "classes"),
        ("next = 0.9", "next = 1.9", "probability 1.9"),
        ("length = 16", "length = 0", "data.length"),
        ("length = 16", "length = 600", "600"),
        ("epochs = 2", "epochs = 0", "train.epochs"),
        ("batch = 8", "batch = 0", "train.batch"),
        ("batch = 8", "batch = 8\nlr = 0.0", "train.lr"),
        ("batch = 8", "batch = 8\nschedule = { per-epoch = 1.5 }", "per-epoch"),
        ("batch = 8", "batch = 8\naverage = { kind = \"ema\", decay = 2.0 }", "decay"),
        ("samples = 2", "samples = 0", "eval.samples"),
        ("glance = 4", "glance = 0", "eval.glance"),
        ("markov = 2", "markov = 1000000", "eval.markov"),
        ("markov = 2", "markov = 2\nmarkof = 3", "markof"),
    ] {
        let text = recipe("", UNIFORM);
        assert!(text.contains(from), "{from}");
        refused(&text.replace(from, to), None, &[part]);
    }
}

#[test]
fn data_of_another_alphabet_or_other_categories_are_refused_by_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    let custom = recipe("[data.source.text]\nalphabet = \"custom\"", UNIFORM);
    let (one, other) =
        (write(folder.path(), "one.txt", words(2000)), write(folder.path(), "other.txt", "xyz!".repeat(500)));
    let run = trained(folder.path(), "custom", &custom, Some(&one));
    for verb in [&["eval"][..], &["sample"], &["spell", "--text", "fox"], &["infill", "--text", "f_x"], &["bench"]] {
        let stderr = told(&app(&[verb, &["--run", text(&run), "--data", text(&other)]].concat()), 2);
        assert!(stderr.contains("alphabet"), "{verb:?}: {stderr}");
    }
    let unet = "kind = \"diffusion\"\nsteps = 4\ndenoiser = { net = \"u-net\", width = 8, depth = 2 }";
    let maps = ["three", "two"].map(|name| {
        let path = folder.path().join(name);
        own_maps(&path);
        path
    });
    write(
        &maps[1],
        "categories.toml",
        "[[category]]\nname = \"a\"\nids = [0]\n[[category]]\nname = \"b\"\nids = [1, 2]\n",
    );
    let run = trained(folder.path(), "maps", &recipe(&labels("folder"), unet), Some(&maps[0]));
    let stderr = told(&app(&["eval", "--run", text(&run), "--data", text(&maps[1])]), 2);
    assert!(stderr.contains("other categories (2 classes)"), "{stderr}");
}

#[test]
fn what_a_model_cannot_do_is_said_and_what_could() {
    let [uniform, masked, flow] = ["uniform", "masked", "flow"].map(shared_run);
    let [uniform, masked, flow] = [text(&uniform), text(&masked), text(&flow)];
    let cases: &[(&[&str], &str)] = &[
        (&["sample", "--run", uniform, "--steps", "5"], "1 to 4"),
        (&["sample", "--run", uniform, "--steps", "0"], "steps"),
        (&["sample", "--run", masked, "--steps", "0"], "steps"),
        (&["sample", "--run", uniform, "--count", "0"], "--count"),
        (&["sample", "--run", flow, "--steps", "3"], "--steps"),
        (&["sample", "--run", flow, "--animate", "x.gif"], "--animate"),
        (&["bench", "--run", flow, "--steps", "3"], "--steps"),
        (&["sample", "--run", uniform, "--sampler", "dndm"], "continuous"),
        (&["sample", "--run", flow, "--sampler", "ancestral"], "continuous"),
        (&["sample", "--run", masked, "--sampler", "first-hitting", "--steps", "3"], "leave out --steps"),
        (&["sample", "--run", masked, "--sampler", "best"], "first-hitting"),
        (&["spell", "--run", flow, "--text", "abc"], "diffusion"),
        (&["spell", "--run", masked, "--text", "abc"], "diffusion"),
        (&["spell", "--run", flow, "--measure"], "diffusion"),
        (&["spell", "--run", uniform, "--text", "a", "--eps", "2"], "--eps"),
        (&["spell", "--run", uniform], "--text"),
        (&["spell", "--run", uniform, "--file", "absent.txt"], "absent.txt"),
        (&["infill", "--run", flow, "--text", "a_c"], "diffusion"),
        (&["infill", "--run", uniform, "--text", ""], "1 to 16"),
        (&["infill", "--run", uniform, "--text", "a", "--count", "0"], "--count"),
        (&["infill", "--run", uniform, "--text", "aaaaaaaaaaaaaaaaaaaa"], "1 to 16"),
        (&["infill", "--run", uniform, "--text", "aa_!"], "at byte 3"),
        (&["eval", "--run", uniform, "--samples", "0"], "--samples"),
        (&["eval", "--run", uniform, "--split", "tset"], "train, val, test"),
        (&["eval", "--run", "absent"], "absent"),
        (&["filter-text8", "--input", "absent.xml", "--out", "absent.out"], "absent.xml"),
    ];
    for (arguments, part) in cases {
        let output = app(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked") && stderr.contains(part), "{arguments:?} should say `{part}`: {stderr}");
    }
}

#[test]
fn codes_without_a_class_are_measured_always_and_drawn_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "error", &recipe("", &format!("{FLOW}\nunused = \"error\"")), None);
    assert!(measured(&run)["leak"].as_f64().unwrap() > 0.0, "6 of 8 codes are symbols, and nothing is learnt yet");
    // A quarter of 1024 positions leaks: that none does has a chance of 1e-128.
    let arguments = ["sample", "--run", text(&run), "--count", "64"];
    assert!(told(&app(&arguments), 2).contains("--map-unused"));
    told(&app(&[&arguments[..], &["--map-unused"]].concat()), 0);
}

#[test]
fn a_second_run_on_one_directory_and_a_resume_of_another_recipe_are_refused() {
    let run = shared_run("uniform");
    let folder = tempfile::tempdir().unwrap();
    let same = write(folder.path(), "same.toml", recipe("", UNIFORM));
    let other = write(folder.path(), "other.toml", recipe("", UNIFORM).replace("steps = 4", "steps = 5"));
    told(&app(&["train", "--quiet", "--recipe", text(&same), "--out", text(&run)]), 2);
    told(&app(&["train", "--quiet", "--recipe", text(&other), "--out", text(&run), "--resume"]), 2);
}
