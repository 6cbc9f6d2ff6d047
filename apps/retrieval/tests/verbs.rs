//! The binary as a user meets it: every verb on a tiny world, and what bad input gets told.

mod common;

use common::{app, json, losses, picture, text, tiny_coco, told, write};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Small enough to train in a second or two.
const RECIPE: &str = r#"
[data]
image_size = 16
[data.source.scenes]
image_size = 16
train = 64
val = 16
test = 24
[model]
dim = 8
word_dim = 8
[loss]
method = "pcme"
samples = 2
[train]
epochs = 1
steps_per_epoch = 4
batch = 16
checkpoint_every = 2
"#;

/// A run that all tests share; trained once.
fn run() -> &'static Path {
    static RUN: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, run) = RUN.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let recipe = write(folder.path(), "recipe.toml", RECIPE);
        let run = folder.path().join("run");
        told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&run)]), 0);
        (folder, run)
    });
    run
}

#[test]
fn a_trained_run_holds_everything_the_house_promises() {
    for name in ["recipe.toml", "run.json", "metrics.jsonl", "report.html", "vocabulary.json"] {
        assert!(run().join(name).is_file(), "{name}");
    }
    let report = std::fs::read_to_string(run().join("report.html")).unwrap();
    assert!(report.contains("<svg") && report.contains("data:image/png;base64,"), "plots and pictures are in the page");
    assert!(!report.contains("src=\"http") && !report.contains("href=\"http"), "the page needs nothing else");
}

#[test]
fn eval_reports_both_directions_chance_and_uncertainty_and_repeats_itself() {
    let arguments = ["eval", "--json", "--run", text(run())];
    let figures = json(&app(&arguments));
    for key in ["i2t", "t2i", "mean"] {
        let share = figures[key]["rprecision"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&share), "{key}: {share}");
    }
    assert!(figures["chance"]["rprecision"].as_f64().unwrap() > 0.0);
    assert_eq!(figures["uncertainty"]["occlusion"]["sigma"].as_array().unwrap().len(), 10);
    assert_eq!(figures, json(&app(&arguments)), "the draws of a sampled measure are seeded");
    let other = json(&app(&["eval", "--json", "--run", text(run()), "--measure", "csd", "--split", "val"]));
    assert_eq!((other["measure"].as_str(), other["split"].as_str()), (Some("csd"), Some("val")));
}

#[test]
fn every_measure_makes_one_row_of_a_table_in_which_the_own_one_repeats_the_evaluation() {
    let table = json(&app(&["eval", "--json", "--run", text(run()), "--measure", "all"]));
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 17);
    let own = rows.iter().find(|row| row["measure"] == table["own"]).expect("the measure it was trained for");
    assert_eq!(own["mean"], json(&app(&["eval", "--json", "--run", text(run())]))["mean"]);
    let shown = String::from_utf8(app(&["eval", "--run", text(run()), "--measure", "all"]).stdout).unwrap();
    assert_eq!(shown.lines().count(), 18);
    assert!(shown.contains("match-probability *"), "{shown}");
}

#[test]
fn a_run_compared_with_itself_differs_by_nothing_and_with_another_on_the_same_queries_by_something() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = write(folder.path(), "recipe.toml", RECIPE);
    let other = folder.path().join("other");
    told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&other), "--set", "seed=1"]), 0);
    let compare = |run: &Path| json(&app(&["compare", "--json", "--base", text(self::run()), "--run", text(run)]));
    let same = compare(run());
    assert_eq!((&same["i2t"]["difference"], &same["i2t"]["p"]), (&Value::from(0.0), &Value::from(1.0)));
    let found = compare(&other);
    let [low, high] = [0, 1].map(|end| found["t2i"]["interval"][end].as_f64().unwrap());
    let difference = found["t2i"]["difference"].as_f64().unwrap();
    assert!(low <= difference && difference <= high && low < high, "{found}");
    assert!(found["i2t"]["queries"] == 24 && found["t2i"]["p"].as_f64().unwrap() > 0.0);

    let elsewhere = folder.path().join("elsewhere");
    let smaller = ["--set", "data.source.scenes.test=20"];
    let arguments = ["train", "--quiet", "--recipe", text(&recipe), "--out", text(&elsewhere)];
    told(&app(&[&arguments[..], &smaller[..]].concat()), 0);
    let stderr = told(&app(&["compare", "--base", text(run()), "--run", text(&elsewhere)]), 2);
    assert!(stderr.contains("same data"), "{stderr}");
}

#[test]
fn sets_of_points_and_pooled_points_train_and_are_ranked_by_what_they_have() {
    let folder = tempfile::tempdir().unwrap();
    for (name, method, model, own) in [
        ("pvse", "method = 'pvse'", "points = 2", "best-of-points"),
        ("vse", "method = 'vse'\nall_negatives_epochs = 2", "pooling = 'gpo'\nbackbone = 'patches'", "mean-l2"),
    ] {
        let recipe = RECIPE.replace("method = \"pcme\"\nsamples = 2", method);
        let recipe = recipe.replace("[model]", &format!("[model]\npoint = true\n{model}"));
        let recipe = write(folder.path(), &format!("{name}.toml"), recipe);
        let out = folder.path().join(name);
        told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out)]), 0);
        let table = json(&app(&["eval", "--json", "--run", text(&out), "--measure", "all"]));
        let names: Vec<&str> =
            table["rows"].as_array().unwrap().iter().map(|row| row["measure"].as_str().unwrap()).collect();
        assert_eq!(names, ["mean-l2", "min-coordinate", "max-coordinate", "best-of-points"]);
        assert_eq!(table["own"], own);
    }
}

#[test]
fn an_average_of_the_weights_is_evaluated_and_leaves_the_training_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let average = "[train]\naverage = { kind = 'ema', decay = 0.5 }";
    let recipe = write(folder.path(), "recipe.toml", RECIPE.replace("[train]", average));
    let out = folder.path().join("out");
    told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out)]), 0);
    assert!(!losses(&out).is_empty());
    assert_eq!(losses(&out), losses(run()));
    let sigma = |run: &Path| json(&app(&["eval", "--json", "--run", text(run)]))["uncertainty"]["image_sigma"].clone();
    assert_ne!(sigma(&out), sigma(run()));
}

#[test]
fn mixed_images_smooth_labels_and_groups_each_change_the_training_and_repeat_bit_equal() {
    let folder = tempfile::tempdir().unwrap();
    let groups = "groups = { rules = [{ prefix = 'towers', lr_factor = 0.5 }] }";
    for (name, table, keys) in [
        ("mix", "[data]\n", "mix = { p = 1.0 }\n"),
        ("smooth", "[data]\n", "label_smoothing = 0.1\n"),
        ("groups", "[train]\n", &format!("{groups}\n")),
    ] {
        let changed = RECIPE.replace(table, &format!("{table}{keys}"));
        let recipe = write(folder.path(), &format!("{name}.toml"), changed);
        let [one, other] = ["one", "other"].map(|run| folder.path().join(format!("{name}-{run}")));
        for out in [&one, &other] {
            told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(out)]), 0);
        }
        assert_eq!(losses(&one), losses(&other), "{name}");
        assert_ne!(losses(&one), losses(run()), "{name}");
    }
    let refused = RECIPE.replace("method = \"pcme\"\nsamples = 2", "method = 'vse'");
    let refused = write(folder.path(), "vse.toml", refused.replace("[data]\n", "[data]\nlabel_smoothing = 0.1\n"));
    let arguments = ["train", "--recipe", text(&refused), "--out", "x", "--set", "model.point=true"];
    assert!(told(&app(&arguments), 2).contains("hinge"));
}

#[test]
fn every_method_of_the_table_trains_and_is_evaluated_by_its_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (name, point) in
        [("pcme", false), ("pcme++", false), ("prolip", false), ("map", false), ("vse", true), ("info-nce", true)]
    {
        let recipe = RECIPE.replace("method = \"pcme\"\nsamples = 2", &format!("method = '{name}'"));
        let recipe = write(folder.path(), "recipe.toml", recipe);
        let out = folder.path().join(name);
        let point = format!("model.point={point}");
        told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out), "--set", &point]), 0);
        let figures = json(&app(&["eval", "--json", "--run", text(&out)]));
        assert!(figures["rsum"].as_f64().is_some_and(|sum| sum > 0.0), "{name}: {figures}");
    }
}

#[test]
fn the_same_recipe_and_seed_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = write(folder.path(), "recipe.toml", RECIPE);
    let again = folder.path().join("again");
    told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&again)]), 0);
    let metrics = |run: &Path| std::fs::read(run.join("metrics.jsonl")).unwrap();
    assert!(metrics(run()) == metrics(&again), "metrics.jsonl differs between two runs of one recipe");
    let other = folder.path().join("other");
    told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&other), "--set", "seed=1"]), 0);
    assert!(metrics(run()) != metrics(&other), "another seed gave the same metrics");
}

#[test]
fn embed_then_search_finds_hits_with_scores_in_order_and_an_uncertainty_each() {
    let folder = tempfile::tempdir().unwrap();
    let captions =
        write(folder.path(), "captions.txt", "first\ta red circle\nsecond\ta blue square\nthird\tsomething\n");
    for extension in ["safetensors", "parquet"] {
        let out = folder.path().join(format!("captions.{extension}"));
        told(&app(&["embed", "--run", text(run()), "--captions", text(&captions), "--out", text(&out)]), 0);
        let arguments = ["search", "--json", "--run", text(run()), "--text", "a red circle", "--gallery", text(&out)];
        let answer = json(&app(&arguments));
        let hits = answer["hits"].as_array().unwrap();
        assert_eq!(hits.len(), 3, "{extension}");
        let scores: Vec<f64> = hits.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
        assert!(hits.iter().all(|hit| hit["uncertainty"].as_f64().unwrap() > 0.0));
    }
    let answer = json(&app(&["search", "--json", "--run", text(run()), "--text", "a red circle", "--top", "5"]));
    assert_eq!(answer["hits"].as_array().unwrap().len(), 5, "without --gallery the run's own test split is searched");
}

#[test]
fn embedding_a_folder_skips_bad_images_and_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    std::fs::create_dir(&images).unwrap();
    image::RgbImage::from_pixel(20, 30, image::Rgb([200, 30, 30])).save(images.join("good.png")).unwrap();
    write(&images, "empty.jpg", "");
    write(&images, "text.jpg", "this is no picture");
    let out = folder.path().join("images.safetensors");
    let stderr = told(&app(&["embed", "--run", text(run()), "--images", text(&images), "--out", text(&out)]), 0);
    assert!(stderr.contains("empty.jpg") && stderr.contains("text.jpg"), "{stderr}");
    assert!(stderr.contains("wrote 1 embeddings"), "{stderr}");
}

#[test]
fn export_writes_weights_recipe_and_vocabulary_and_never_over_anything() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("exported");
    told(&app(&["export", "--run", text(run()), "--out", text(&out)]), 0);
    for name in ["model.safetensors", "recipe.toml", "vocabulary.json"] {
        assert!(out.join(name).metadata().unwrap().len() > 0, "{name}");
    }
    let stderr = told(&app(&["export", "--run", text(run()), "--out", text(&out)]), 2);
    assert!(stderr.contains("not empty"), "{stderr}");
}

#[test]
fn a_misspelt_key_names_file_line_key_and_the_nearest_right_one() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = write(folder.path(), "typo.toml", "seed = 1\n[train]\nepoch = 3\n");
    let out = folder.path().join("run");
    let stderr = told(&app(&["train", "--recipe", text(&recipe), "--out", text(&out)]), 2);
    for part in ["typo.toml", "3", "epoch", "epochs"] {
        assert!(stderr.contains(part), "`{part}` is missing: {stderr}");
    }
    assert!(!out.exists(), "nothing was made");
}

#[test]
fn a_second_run_on_one_directory_is_refused_and_the_first_is_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = write(folder.path(), "recipe.toml", RECIPE);
    let before = std::fs::read(run().join("metrics.jsonl")).unwrap();
    told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(run())]), 2);
    assert!(before == std::fs::read(run().join("metrics.jsonl")).unwrap());
}

#[test]
fn resuming_with_another_recipe_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = write(folder.path(), "recipe.toml", RECIPE);
    let arguments =
        ["train", "--quiet", "--resume", "--recipe", text(&recipe), "--out", text(run()), "--set", "train.lr=0.5"];
    told(&app(&arguments), 2);
}

#[test]
fn what_the_user_got_wrong_exits_with_2_and_says_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = write(folder.path(), "recipe.toml", RECIPE);
    let emoji = write(folder.path(), "emoji.toml", "[data.source.emoji]\n");
    let nowhere = folder.path().join("nowhere");
    let out = text(&nowhere).to_owned();
    let cases: &[(&[&str], &str)] = &[
        (&["eval", "--run", text(folder.path())], "run"),
        (&["eval", "--run", text(run()), "--split", "dev"], "val"),
        (&["eval", "--run", text(run()), "--measure", "cosin"], "csd"),
        (&["train", "--recipe", text(&emoji), "--out", &out], "--data"),
        (&["train", "--recipe", text(&emoji), "--out", &out, "--data", text(folder.path())], "noto"),
        (&["train", "--recipe", text(&recipe), "--out", &out, "--set", "train.batch=1"], "train.batch"),
        (&["train", "--recipe", text(&recipe), "--out", &out, "--set", "train.batch=5000"], "batch"),
        (&["train", "--recipe", text(&recipe), "--out", &out, "--set", "model.dim=7"], "even"),
        (&["train", "--recipe", text(&recipe), "--out", &out, "--set", "model.points=2"], "model.point"),
        (&["train", "--recipe", text(&recipe), "--out", &out, "--set", "model.pooling=gpo"], "model.point"),
        (&["train", "--recipe", text(&recipe), "--out", &out, "--set", "model.points=0"], "model.points"),
        (&["train", "--recipe", text(&recipe), "--out", &out, "--device", "cuda"], "cuda"),
        (&["train", "--recipe", "missing.toml", "--out", &out], "missing.toml"),
        (&["search", "--run", text(run()), "--image", "missing.png"], "missing.png"),
        (&["embed", "--run", text(run()), "--captions", "missing.txt", "--out", "x.safetensors"], "missing.txt"),
    ];
    for (arguments, part) in cases {
        let stderr = told(&app(arguments), 2);
        assert!(stderr.contains(part), "{arguments:?} should mention `{part}`: {stderr}");
    }
}

#[test]
fn a_csv_folder_with_faults_trains_on_what_is_good_and_counts_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = String::from("image,caption\n");
    for index in 0..40u8 {
        let shade = image::Rgb([index * 6, 255 - index * 6, 90]);
        let name = format!("{index}.png");
        std::fs::create_dir_all(folder.path().join("images")).unwrap();
        image::RgbImage::from_pixel(24, 20, shade).save(folder.path().join("images").join(&name)).unwrap();
        csv += &format!("{name},\"shade {}, number {index}\"\n", index / 4);
    }
    write(folder.path(), "images/broken.png", b"\x89PNG\r\n\x1a\nrubbish");
    write(folder.path(), "images/no-caption.png", "");
    csv += "broken.png,a broken one\nabsent.png,not there\n";
    write(folder.path(), "captions.csv", csv);
    let recipe = write(
        folder.path(),
        "csv.toml",
        "[data]\nimage_size = 16\n[data.source.csv.split]\nval = 0.2\ntest = 0.2\n[model]\ndim = 8\nword_dim = 8\n\
         [loss]\nmethod = \"pcme\"\nsamples = 2\n[train]\nepochs = 1\nbatch = 8\n",
    );
    let out = folder.path().join("run");
    let stderr =
        told(&app(&["train", "--recipe", text(&recipe), "--data", text(folder.path()), "--out", text(&out)]), 0);
    for part in ["absent.png", "broken.png", "no-caption.png"] {
        assert!(stderr.contains(part), "`{part}` is not reported: {stderr}");
    }
}

/// CUB's layout with three seen classes and two unseen ones.
fn tiny_cub(folder: &Path) {
    for (class, name) in ["001.Auk", "002.Bunting", "003.Crow", "004.Duck", "005.Egret"].iter().enumerate() {
        for bird in 1..=4 {
            picture(folder, &format!("images/{name}/Bird_{bird}.jpg"), (class * 50 + bird) as u8);
            let words = format!("a {} bird\nthe bird number {bird} has a long bill\n", &name[4..]);
            write(folder, &format!("text_c10/{name}/Bird_{bird}.txt"), words);
        }
    }
    write(folder, "trainvalclasses.txt", "001.Auk\n002.Bunting\n003.Crow\n");
    write(folder, "testclasses.txt", "004.Duck\n005.Egret\n");
    write(folder, "seen_test_images.txt", "001.Auk/Bird_4.jpg\n002.Bunting/Bird_4.jpg\n");
}

#[test]
fn every_recipe_of_the_published_tables_starts_on_the_real_layout() {
    let folder = tempfile::tempdir().unwrap();
    let (cub, coco) = (folder.path().join("cub"), folder.path().join("coco"));
    tiny_cub(&cub);
    tiny_coco(&coco);
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/full");
    let mut started = 0;
    for entry in std::fs::read_dir(recipes).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("coco-clip") {
            continue; // tests/clip.rs
        }
        // What is published weighs 300 MB and trains for days: the same recipe at the smallest size.
        let published = std::fs::read_to_string(&path).unwrap();
        let kept = published.lines().filter(|line| !line.starts_with("backbone") && !line.starts_with("glove"));
        let small: String = kept.map(|line| line.replace("224", "16") + "\n").collect();
        let recipe = write(folder.path(), &format!("{name}.toml"), small);
        let out = folder.path().join(&name);
        let data = if name.starts_with("cub") { &cub } else { &coco };
        let mut arguments =
            vec!["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out), "--data", text(data)];
        for setting in [
            "model.width=4",
            "model.dim=8",
            "model.word_dim=8",
            "train.epochs=1",
            "train.warmup_epochs=1",
            "train.steps_per_epoch=1",
            "data.min_count=1",
            "train.batch=3",
        ] {
            arguments.extend(["--set", setting]);
        }
        told(&app(&arguments), 0);
        let figures = json(&app(&["eval", "--json", "--run", text(&out)]));
        let expected: toml::Table = toml::from_str(&published).unwrap();
        for metric in expected["expect"].as_table().unwrap().keys() {
            let (side, figure) = metric.split_once('.').unwrap();
            assert!(figures[side][figure].is_f64(), "{name}: eval reports no {metric}");
        }
        started += 1;
    }
    assert!(started >= 10, "{started}");
}

#[test]
fn a_class_set_with_one_class_and_a_folder_without_shards_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    tiny_cub(folder.path());
    write(folder.path(), "trainvalclasses.txt", "001.Auk\n");
    write(folder.path(), "testclasses.txt", "004.Duck\n");
    write(folder.path(), "seen_test_images.txt", "001.Auk/Bird_4.jpg\n");
    let cub = write(
        folder.path(),
        "cub.toml",
        RECIPE.replace("[data.source.scenes]\nimage_size = 16\ntrain = 64\nval = 16\ntest = 24", "[data.source.cub]"),
    );
    let shards = write(folder.path(), "shards.toml", "[data.source.shards]\n");
    let empty = folder.path().join("images");
    let out = folder.path().join("out");
    for (recipe, data, part) in [(&cub, folder.path(), "class"), (&shards, empty.as_path(), ".tar")] {
        let arguments = ["train", "--quiet", "--recipe", text(recipe), "--out", text(&out), "--data", text(data)];
        let stderr = told(&app(&arguments), 2);
        assert!(stderr.contains(part), "{stderr}");
    }
}
