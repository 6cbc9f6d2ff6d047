//! Every kind of model and every verb on tiny made-up data, as a user meets them.

mod common;

use common::*;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A diffusion with uniform noise on a text: what can be asked of a model, it can do.
const SPELLER: &str = "kind = \"diffusion\"\nsteps = 6\ndenoiser = { net = \"dit\", width = 16, depth = 1, heads = 2 }";

/// A text, and a run on it that the tests share.
fn shared() -> (&'static Path, &'static Path) {
    static SHARED: OnceLock<(tempfile::TempDir, [PathBuf; 2])> = OnceLock::new();
    let (_, [data, run]) = SHARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let data = write(folder.path(), "words.txt", words(4000));
        let run = trained(folder.path(), "run", &recipe("[data.source.text]", SPELLER), Some(&data));
        (folder, [data, run])
    });
    (data, run)
}

#[test]
fn a_trained_run_holds_everything_and_its_report_needs_nothing_else() {
    let (_, run) = shared();
    for name in ["recipe.toml", "run.json", "metrics.jsonl", "report.html", "classes.json"] {
        assert!(run.join(name).is_file() || run.join("artifacts").join(name).is_file(), "{name}");
    }
    let report = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.contains("<svg") && report.contains("bzip2"), "curve and baselines are in the page");
    assert!(!report.contains("src=\"http") && !report.contains("href=\"http"), "the page needs nothing else");
}

#[test]
fn eval_repeats_itself_and_says_from_how_many_draws() {
    let (_, run) = shared();
    let figures = measured(run);
    assert_eq!(figures, measured(run), "all draws are seeded");
    let file = |name| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(run.join(name)).unwrap()).unwrap()
    };
    assert_eq!(figures, file("evaluation.json"), "training keeps what it measured");
    assert_eq!(file("run.json")["done"], true, "evaluation and report are written");
    assert_eq!((figures["samples"].as_u64(), figures["diffusion_steps"].as_u64()), (Some(2), Some(6)));
    assert!((figures["uniform"].as_f64().unwrap() - 27f64.log2()).abs() < 1e-9);
    let more =
        json(&app(&["eval", "--json", "--run", text(run), "--samples", "6", "--sequences", "0", "--split", "val"]));
    assert_eq!((more["samples"].as_u64(), more["split"].as_str()), (Some(6), Some("val")));
    assert_eq!(more["sequences"].as_u64(), Some(200 / 16));
    assert!(said(&app(&["eval", "--run", text(run)])).contains("standard error"));
}

#[test]
fn every_flow_trains_and_never_reports_less_than_the_source_has() {
    let folder = tempfile::tempdir().unwrap();
    for points in ["sign", "softplus", "gumbel", "gumbel-threshold", "uniform", "variational"] {
        for density in ["coupling", "autoregressive"] {
            let model = format!(
                "kind = \"flow\"\npoints = \"{points}\"\ndensity = \"{density}\"\nhidden = 8\nsteps = 2\nmixtures = 2\n\
                 context = 8\ncontext_out = 4\ninput_dropout = 0.1\nact_norm = true\nunused = \"map-to-first\""
            );
            let run = trained(folder.path(), &format!("{points}-{density}"), &recipe("", &model), None);
            let figures = measured(&run);
            assert!(figures["iwbo_bits"].is_f64(), "{figures}");
            assert_eq!(figures["leak"].is_f64(), points == "sign", "6 of 8 codes of three bits are symbols: {figures}");
            assert_eq!(said(&app(&["sample", "--run", text(&run), "--count", "2", "--map-unused"])).lines().count(), 2);
        }
    }
}

#[test]
fn digits_of_every_base_and_every_answer_to_unused_codes_train() {
    let folder = tempfile::tempdir().unwrap();
    for (base, unused) in [(2, "map-to-first"), (3, "resample"), (6, "error")] {
        let model = format!(
            "kind = \"flow\"\npoints = \"softplus\"\nbase = {base}\nunused = \"{unused}\"\nhidden = 8\nsteps = 2\n\
             mixtures = 2\ncontext = 8\ncontext_out = 4"
        );
        measured(&trained(folder.path(), &format!("base-{base}"), &recipe("", &model), None));
    }
}

#[test]
fn both_latent_orders_train_and_draw() {
    let folder = tempfile::tempdir().unwrap();
    for inverse in [false, true] {
        let model = format!("kind = \"latent\"\ninverse = {inverse}\nhidden = 8\nlatent = 3");
        let run = trained(folder.path(), &format!("latent-{inverse}"), &recipe("", &model), None);
        measured(&run);
        let drawn = json(&app(&["sample", "--json", "--run", text(&run), "--count", "3"]));
        assert_eq!(drawn["ids"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn every_transition_schedule_and_network_of_discrete_time_trains() {
    let folder = tempfile::tempdir().unwrap();
    let local = "denoiser = { net = \"linear-local\", width = 16, depth = 1, heads = 2, window = 8 }";
    for (transition, schedule, denoiser, times) in [
        ("uniform", "cosine", local, "importance"),
        ("uniform", "mutual-information", DIT, "stratified"),
        ("absorbing", "absorbing", DIT, "uniform"),
        ("gaussian", "linear", DIT, "importance"),
        ("nearest-neighbour", "cosine-exact", local, "importance"),
    ] {
        let model = format!(
            "kind = \"diffusion\"\nsteps = 5\ntransition = \"{transition}\"\nschedule = \"{schedule}\"\n\
             time_sampler = \"{times}\"\n{denoiser}"
        );
        let run = trained(folder.path(), &format!("{transition}-{schedule}"), &recipe("", &model), None);
        assert_eq!(measured(&run)["diffusion_steps"].as_u64(), Some(5));
        let drawn = said(&app(&["sample", "--run", text(&run), "--count", "2", "--steps", "3"]));
        assert!(drawn.lines().count() == 2 && !drawn.contains('_'), "no mask is left over: {drawn}");
    }
}

#[test]
fn every_objective_of_continuous_time_trains_and_draws() {
    let folder = tempfile::tempdir().unwrap();
    for objective in ["masked", "sedd-absorb", "sedd-uniform", "uniform", "flow-mask", "flow-uniform"] {
        let model = format!("kind = \"continuous\"\nobjective = \"{objective}\"\n{DIT}");
        let run = trained(folder.path(), objective, &recipe("", &model), None);
        measured(&run);
        for steps in [&[][..], &["--steps", "4"]] {
            let drawn = said(&app(&[&["sample", "--run", text(&run), "--count", "2"], steps].concat()));
            assert!(drawn.lines().count() == 2 && !drawn.contains('_'), "{objective}: no mask is left over: {drawn}");
        }
    }
}

#[test]
fn every_sampler_that_suits_a_noise_draws_another_text_from_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    let suits =
        [("masked", &["first-hitting", "ancestral", "remasking", "dndm"][..]), ("uniform", &["ancestral", "dndm"])];
    for (objective, samplers) in suits {
        let model = format!("kind = \"continuous\"\nobjective = \"{objective}\"\n{DIT}");
        let run = trained(folder.path(), objective, &recipe("", &model), None);
        let draw = |sampler: &str| said(&app(&["sample", "--run", text(&run), "--count", "3", "--sampler", sampler]));
        let mut drawn: Vec<String> = samplers.iter().map(|sampler| draw(sampler)).collect();
        assert_eq!(drawn[0], draw(samplers[0]), "all noise is seeded");
        for text in &drawn {
            assert!(text.lines().count() == 3 && !text.contains('_'), "{objective}: no mask is left over: {text}");
        }
        drawn.sort();
        drawn.dedup();
        assert_eq!(drawn.len(), samplers.len(), "{objective}: two samplers that cannot be told apart");
    }
}

#[test]
fn label_maps_of_every_layout_train_are_measured_and_drawn_as_a_picture_and_an_animation() {
    let folder = tempfile::tempdir().unwrap();
    let unet = "kind = \"diffusion\"\nsteps = 4\ndenoiser = { net = \"u-net\", width = 8, depth = 2 }";
    for (layout, make, classes) in
        [("cityscapes", cityscapes as fn(&Path), 8), ("camvid", camvid, 8), ("folder", own_maps, 3)]
    {
        let data = folder.path().join(format!("{layout}-data"));
        make(&data);
        let source = format!("{}\naugment = {{ flip = 0.5, pads = \"published\" }}", labels(layout));
        let run = trained(folder.path(), layout, &recipe(&source, unet), Some(&data));
        let figures = measured(&run);
        assert_eq!((figures["classes"].as_u64(), figures["length"].as_u64()), (Some(classes), Some(128)));
        assert_eq!(figures["augmented_training"].as_bool(), Some(true));
        let (png, gif) = (folder.path().join("maps.png"), folder.path().join("maps.gif"));
        told(&app(&["sample", "--run", text(&run), "--out", text(&png), "--animate", text(&gif), "--count", "4"]), 0);
        let picture = image::open(&png).unwrap();
        assert!(picture.width() >= 2 * 16 * 4 && picture.height() >= 2 * 8 * 4, "two by two maps");
        assert_eq!(&std::fs::read(&gif).unwrap()[..6], b"GIF89a");
    }
}

#[test]
fn every_label_flow_trains_and_generated_columns_have_a_floor() {
    let folder = tempfile::tempdir().unwrap();
    let world =
        "[data.source.world]\nkind.columns = { stay = 0.9 }\nheight = 4\nwidth = 8\nclasses = 3\ntrain = 40\ntest = 10";
    for points in ["softplus", "gumbel", "gumbel-threshold", "uniform", "variational"] {
        let model = format!(
            "kind = \"label-flow\"\npoints = \"{points}\"\nlevels = 1\nsteps = 2\nnoise_steps = 2\nwidth = 8\ndepth = 1\n\
             growth = 4\ncontext = 4"
        );
        let run = trained(folder.path(), points, &recipe(world, &model), None);
        let figures = measured(&run);
        assert!(figures["floor"].is_f64() && figures["gap"].is_f64(), "{figures}");
        let png = folder.path().join(format!("{points}.png"));
        told(&app(&["sample", "--run", text(&run), "--out", text(&png)]), 0);
        assert!(png.is_file());
    }
}

#[test]
fn a_seed_draws_the_same_texts_and_their_making_can_be_watched() {
    let (_, run) = shared();
    let folder = tempfile::tempdir().unwrap();
    let gif = folder.path().join("way.gif");
    let arguments = ["sample", "--run", text(run), "--seed", "5", "--steps", "3", "--animate", text(&gif)];
    let drawn = said(&app(&arguments));
    assert_eq!(drawn, said(&app(&arguments)));
    assert_ne!(drawn, said(&app(&["sample", "--run", text(run), "--seed", "6", "--steps", "3"])));
    assert!(drawn.lines().all(|line| line.len() == 16), "{drawn:?}");
    assert_eq!(&std::fs::read(&gif).unwrap()[..6], b"GIF89a");
}

#[test]
fn spelling_keeps_the_length_and_never_edits_when_no_errors_are_expected() {
    let (data, run) = shared();
    let wrong = "teh quikc brown fox jumsp over the lzay dog";
    let corrected = said(&app(&["spell", "--run", text(run), "--text", wrong, "--raw"]));
    assert_eq!(corrected.trim_end_matches('\n').len(), wrong.len());
    let kept = said(&app(&["spell", "--run", text(run), "--text", wrong, "--eps", "0"]));
    assert_eq!(kept.trim_end_matches('\n'), wrong);
    let file = json(&app(&["spell", "--json", "--run", text(run), "--file", text(data), "--eps", "0"]));
    assert_eq!(file["text"].as_str(), Some(&*words(4000)));
    let short = json(&app(&["spell", "--json", "--run", text(run), "--text", "fox"]));
    assert_eq!(short["text"].as_str().unwrap().len(), 3, "less than a sequence is filled up and cut again");

    let table = json(&app(&["spell", "--measure", "--json", "--run", text(run)]));
    for percent in ["1", "3", "5"] {
        let spellers = table["spelling"][percent].as_object().unwrap();
        assert_eq!(spellers.len(), 5, "{percent} %");
        for (speller, score) in spellers {
            for key in ["precision", "recall"] {
                assert!((0.0..=1.0).contains(&score[key].as_f64().unwrap()), "{speller}: {score}");
            }
            let never = ["keep", "no_noise"].contains(&speller.as_str());
            assert!(!never || score["edits"].as_u64() == Some(0), "{speller}: {score}");
        }
    }
    assert!(said(&app(&["spell", "--measure", "--run", text(run)])).contains("noisy_channel"));
}

#[test]
fn infilling_keeps_every_given_symbol_whatever_the_diffusion() {
    let (_, discrete) = shared();
    let folder = tempfile::tempdir().unwrap();
    let data = write(folder.path(), "words.txt", words(4000));
    let masked = format!("kind = \"continuous\"\n{DIT}");
    let masked = trained(folder.path(), "masked", &recipe("[data.source.text]", &masked), Some(&data));
    for run in [discrete, &masked] {
        let filled = json(&app(&[
            "infill",
            "--json",
            "--run",
            text(run),
            "--text",
            "qu__k br?wn",
            "--count",
            "3",
            "--gap",
            "?",
        ]
        .map(|part| if part == "qu__k br?wn" { "qu??k br?wn" } else { part })));
        for line in filled["text"].as_array().unwrap() {
            let line = line.as_str().unwrap();
            assert!(
                line.len() == 11 && line.starts_with("qu") && &line[4..8] == "k br" && line.ends_with("wn"),
                "{line}"
            );
        }
        assert_eq!(filled["text"].as_array().unwrap().len(), 3);
        assert_eq!(said(&app(&["infill", "--run", text(run), "--text", "a_c", "--count", "2"])).lines().count(), 2);
    }
}

#[test]
fn a_dump_of_wikipedia_becomes_the_symbols_of_text8() {
    let folder = tempfile::tempdir().unwrap();
    let dump = "<page>\n<text xml:space=\"preserve\">The U.S. in 1984.</text>\n</page>\n";
    let dump = write(folder.path(), "dump.xml", dump);
    let out = folder.path().join("text8");
    let stderr = told(&app(&["filter-text8", "--input", text(&dump), "--out", text(&out)]), 0);
    assert!(stderr.contains("1 pages"), "{stderr}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), " the u s in one nine eight four");
    told(&app(&["filter-text8", "--input", text(&dump), "--out", text(&out), "--limit", "7"]), 0);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), " the u ");
}

#[test]
fn export_writes_weights_recipe_and_alphabet_and_never_over_anything() {
    let (_, run) = shared();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("model");
    told(&app(&["export", "--run", text(run), "--out", text(&out)]), 0);
    for name in ["model.safetensors", "recipe.toml", "classes.json"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    assert!(told(&app(&["export", "--run", text(run), "--out", text(&out)]), 2).contains("not empty"));
}

#[test]
fn bench_times_samples_and_bounds() {
    let (_, run) = shared();
    let times = json(&app(&["bench", "--json", "--run", text(run), "--rounds", "1", "--steps", "2"]));
    for key in ["seconds_one_sample", "seconds_16_samples", "seconds_32_bounds"] {
        assert!(times[key].as_f64().unwrap() > 0.0, "{key}");
    }
}

#[test]
fn quickstart_trains_both_and_prints_bound_entropy_and_gap() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("quick");
    let mut arguments = vec!["quickstart", "--quiet", "--out", text(&out)];
    for setting in ["train.epochs=1", "train.steps_per_epoch=1", "eval.sequences=8", "eval.glance=2", "eval.leak=2"] {
        arguments.extend(["--set", setting]);
    }
    for setting in ["data.source.chain.train=2000", "data.source.chain.test=400"] {
        arguments.extend(["--set", setting]);
    }
    let printed = said(&app(&arguments));
    for part in ["argmax flow", "masked diffusion", "entropy", "gap", "guessing", "report:"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
}
