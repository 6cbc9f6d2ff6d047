//! CLIP towers in the binary: heads on them, frozen features, zero-shot classification, the adapter, bad input.
#![cfg(feature = "clip")]

mod common;

use common::{app, json, losses, text, told, write};
use halation_models::clip::{BranchedClipConfig, ClipConfig, ClipTextConfig, ClipVisionConfig};
use halation_models::weights::{ClipLayout, save_clip};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A merge list of four merges: 512 symbols of bytes, the merges, start and end.
const MERGES: &str = "#version\nr e\nre d</w>\nc i\nb l\n";
const VOCABULARY: usize = 512 + 4 + 2;

/// The same, as a recipe writes it.
const SIZES: &str = "sizes = { image_size = 16, patch = 8, vision_width = 64, vision_layers = 2, vision_heads = 1, \
                     text_width = 64, text_layers = 2, text_heads = 1, dim = 16, context = 48, vocabulary = 518 }";

/// Towers small enough to train in a second.
fn config() -> ClipConfig {
    let text = ClipTextConfig::new(64, 2, 1, 16).with_vocabulary(VOCABULARY).with_context(48);
    ClipConfig::new(ClipVisionConfig::new(16, 8, 64, 2, 1, 16), text)
}

/// A folder with weights in a published layout and their merge list.
struct Towers {
    folder: tempfile::TempDir,
    weights: PathBuf,
    bpe: PathBuf,
}

impl Towers {
    fn new(layout: ClipLayout) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bpe = write(folder.path(), "merges.txt", MERGES);
        let weights = folder.path().join("clip.safetensors");
        save(&weights, layout, 3);
        Self { folder, weights, bpe }
    }

    /// A recipe on these towers.
    fn recipe(&self, name: &str, model: &str, loss: &str) -> PathBuf {
        let content = format!(
            "[data]\nimage_size = 16\n[data.source.scenes]\nimage_size = 16\ntrain = 48\nval = 16\ntest = 24\n\
             [model]\ntowers = 'clip'\nweights = '{}'\nbpe = '{}'\ndim = 16\n{model}\n[loss]\n{loss}\n\
             [train]\nepochs = 1\nsteps_per_epoch = 3\nbatch = 16\n",
            text(&self.weights),
            text(&self.bpe)
        );
        write(self.folder.path(), &format!("{name}.toml"), content)
    }

    /// Trains a recipe of this name and returns its run and what was said.
    fn train(&self, name: &str, model: &str, loss: &str, more: &[&str]) -> (PathBuf, String) {
        let recipe = self.recipe(name, model, loss);
        let out = self.folder.path().join(name);
        let arguments = [&["train", "--recipe", text(&recipe), "--out", text(&out)][..], more].concat();
        let said = told(&app(&arguments), 0);
        (out, said)
    }

    /// What a recipe that cannot be trained is told.
    fn refused(&self, model: &str, loss: &str, more: &[&str]) -> String {
        let recipe = self.recipe("refused", model, loss);
        let out = self.folder.path().join("refused");
        told(&app(&[&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out)][..], more].concat()), 2)
    }
}

fn save(path: &Path, layout: ClipLayout, seed: u64) {
    let device = halation_train::device::select_device(None).unwrap();
    let model = halation_train::random::seeded_init(&device, seed, |device| config().init(device));
    save_clip(&model, path, layout, &BTreeMap::new()).unwrap();
}

fn eval(run: &Path) -> Value {
    json(&app(&["eval", "--json", "--run", text(run)]))
}

#[test]
fn every_head_trains_on_towers_of_either_layout_and_the_run_needs_no_weight_file_any_more() {
    let openai = Towers::new(ClipLayout::OpenAi);
    let transformers = Towers::new(ClipLayout::Transformers);
    for (at, (name, model, loss)) in [
        ("pcmepp", "", "method = 'pcme++'"),
        ("pcme", "", "method = 'pcme'\nsamples = 2"),
        ("prolip", "", "method = 'prolip'"),
        ("map", "", "method = 'map'\nentropy_floor = 3.0"),
        ("gpo", "point = true", "method = 'vse'"),
        ("info-nce", "point = true", "method = 'info-nce'"),
    ]
    .into_iter()
    .enumerate()
    {
        let towers = if at % 2 == 0 { &openai } else { &transformers };
        let (run, _) = towers.train(name, model, loss, &["--quiet"]);
        let hidden = towers.folder.path().join("hidden");
        std::fs::rename(&towers.weights, &hidden).unwrap();
        let figures = eval(&run);
        std::fs::rename(&hidden, &towers.weights).unwrap();
        assert!(figures["rsum"].as_f64().is_some_and(|sum| sum > 0.0), "{name}: {figures}");
        assert_eq!(figures["uncertainty"].is_null(), model.contains("point"), "{name}");
    }
}

#[test]
fn both_layouts_of_the_same_weights_train_alike_and_other_weights_do_not() {
    let [openai, transformers] = [ClipLayout::OpenAi, ClipLayout::Transformers].map(Towers::new);
    let train = |towers: &Towers, name| losses(&towers.train(name, "", "method = 'pcme++'", &["--quiet"]).0);
    let expected = train(&openai, "openai");
    assert!(!expected.is_empty());
    assert_eq!(expected, train(&transformers, "transformers"));
    save(&openai.weights, ClipLayout::OpenAi, 4);
    assert_ne!(expected, train(&openai, "other"));
}

#[test]
fn features_from_the_cache_and_through_the_towers_give_the_same_training_to_the_last_bit() {
    let towers = Towers::new(ClipLayout::OpenAi);
    for (name, model, loss) in [
        ("pcmepp", "", "method = 'pcme++'"),
        ("prolip", "", "method = 'prolip'"),
        ("map", "", "method = 'map'\nentropy_floor = 3.0"),
        ("clip", "point = true", "method = 'info-nce'"),
    ] {
        let frozen = format!("{model}\nfreeze_towers = true");
        let (cached, said) = towers.train(&format!("{name}-cached"), &frozen, loss, &[]);
        assert!(said.contains("features of train images: 48 of 48"), "{said}");
        let uncached = format!("{frozen}\ncache_features = false");
        let (uncached, said) = towers.train(&format!("{name}-uncached"), &uncached, loss, &[]);
        assert!(!said.contains("features of"), "{said}");
        assert!(!losses(&cached).is_empty());
        assert_eq!(losses(&cached), losses(&uncached), "{name}");
        assert_eq!(eval(&cached), eval(&uncached), "{name}");
    }
}

#[test]
fn a_cache_serves_many_runs_and_never_those_of_other_weights_or_other_data() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let cache = towers.folder.path().join("cache");
    let frozen = "freeze_towers = true";
    let train = |name: &str, more: &[&str]| {
        let more = [&["--cache", text(&cache)][..], more].concat();
        let (run, said) = towers.train(name, frozen, "method = 'pcme++'", &more);
        (losses(&run), said.contains("features of train images"))
    };
    let (first, computed) = train("first", &[]);
    assert!(computed);
    let (again, computed) = train("again", &["--set", "train.epochs=2"]);
    assert!(!computed, "another schedule reads the same features");
    assert_eq!(first[0], again[0]);
    assert!(train("data", &["--set", "data.source.scenes.train=40"]).1, "other data");
    save(&towers.weights, ClipLayout::OpenAi, 4);
    let (other, computed) = train("weights", &[]);
    assert!(computed, "other weights");
    assert_ne!(first, other);
    // What was cut short is made anew.
    for entry in std::fs::read_dir(&cache).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
    }
    let (mended, computed) = train("mended", &[]);
    assert!(computed);
    assert_eq!(other, mended);

    // And heads are not put on towers that they were not trained on.
    let stderr = told(&app(&["eval", "--run", text(&towers.folder.path().join("first"))]), 2);
    assert!(stderr.contains("other frozen towers") && stderr.contains("clip.safetensors"), "{stderr}");
}

#[test]
fn a_frozen_run_is_continued_on_the_features_it_has() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let (run, _) = towers.train("run", "freeze_towers = true", "method = 'pcme++'", &[]);
    let before = (losses(&run), eval(&run));
    let (_, said) = towers.train("run", "freeze_towers = true", "method = 'pcme++'", &["--resume"]);
    assert!(!said.contains("features of"), "{said}");
    assert_eq!(before, (losses(&run), eval(&run)));
    save(&towers.weights, ClipLayout::OpenAi, 4);
    let recipe = towers.recipe("run", "freeze_towers = true", "method = 'pcme++'");
    let stderr = told(&app(&["train", "--resume", "--recipe", text(&recipe), "--out", text(&run)]), 2);
    assert!(stderr.contains("other frozen towers"), "{stderr}");
}

#[test]
fn the_published_merge_list_goes_with_a_text_tower_of_its_size() {
    let Some(bpe) = halation_data::testing::shared_data("captions/clip_bpe/bpe_simple_vocab_16e6.txt.gz") else {
        return;
    };
    let towers = Towers::new(ClipLayout::OpenAi);
    let sizes = SIZES.replace("vocabulary = 518", "vocabulary = 49408").replace("64", "16");
    let model = format!("[model.clip]\n{sizes}\nrandom_weights = true");
    let recipe = towers.recipe("published", &model, "method = 'pcme++'");
    let content = std::fs::read_to_string(&recipe).unwrap();
    let kept = content.lines().filter(|line| !line.starts_with("weights") && !line.starts_with("bpe"));
    let content: String = kept.map(|line| line.to_owned() + "\n").collect();
    let content = content.replace("[model]", &format!("[model]\nbpe = '{}'", text(&bpe)));
    std::fs::write(&recipe, content).unwrap();
    let out = towers.folder.path().join("published");
    told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out)]), 0);
    assert!(std::fs::read(out.join("merges.bpe")).unwrap() == std::fs::read(&bpe).unwrap());
    assert!(eval(&out)["rsum"].as_f64().is_some_and(|sum| sum > 0.0));
}

#[test]
fn an_adapter_on_a_frozen_run_or_on_clip_ranks_as_before_and_reports_its_calibration() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let (below, _) = towers.train("below", "point = true", "method = 'info-nce'", &["--quiet"]);
    let recipe = towers.recipe("adapter", "", "method = 'adapter'");
    let content = std::fs::read_to_string(&recipe).unwrap();
    let kept = content.lines().filter(|line| !line.starts_with("weights") && !line.starts_with("bpe"));
    let content: String = kept.map(|line| line.to_owned() + "\n").collect();
    let content = content.replace("towers = 'clip'", &format!("towers = 'run'\nrun = '{}'", text(&below)));
    std::fs::write(&recipe, content).unwrap();
    let out = towers.folder.path().join("adapter");
    told(&app(&["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out)]), 0);
    let (figures, before) = (eval(&out), eval(&below));
    assert_eq!(figures["mean"], before["mean"], "the ranking is that of the frozen embeddings");
    assert!(before["uncertainty"].is_null());
    let uncertainty = &figures["uncertainty"];
    assert!(uncertainty["caption_aurc"].is_f64() && uncertainty["caption_bins"].is_object(), "{uncertainty}");
    for key in ["spearman", "r_squared", "score"] {
        assert!(uncertainty["caption_calibration"][key].is_f64(), "{uncertainty}");
    }
    let shown = String::from_utf8(app(&["eval", "--run", text(&out)]).stdout).unwrap();
    assert!(shown.contains("calibration") && shown.contains("AURC"), "{shown}");
    let report = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("Calibration"), "the report has the table");

    let (on_clip, _) = towers.train("on-clip", "freeze_towers = true", "method = 'adapter'", &["--quiet"]);
    assert!(losses(&on_clip).iter().all(|loss| loss.is_finite()));
    assert!(eval(&on_clip)["uncertainty"]["image_sigma"].as_f64().unwrap() > 0.0);
}

#[test]
fn an_adapter_on_two_embedding_files_needs_no_tower_and_names_the_item_without_an_embedding() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, ids: Vec<String>, dim: usize| {
        let values = (0..ids.len() * dim).map(|at| ((at * 7919) % 101) as f32 / 50.0 - 1.0).collect();
        let path = folder.path().join(name);
        halation_data::format::EmbeddingFile::new(ids, dim, values, None).unwrap().write(&path).unwrap();
        path
    };
    let ids = |kind: &str, splits: &[&str]| {
        splits.iter().flat_map(|split| (0..600).map(move |at| format!("{split}-{kind}{at:06}"))).collect::<Vec<_>>()
    };
    let all = ["train", "val", "test"];
    let images = file("images.safetensors", ids("", &all), 6);
    let captions = file("captions.parquet", ids("caption-", &all), 6);
    let recipe = write(
        folder.path(),
        "recipe.toml",
        format!(
            "[data]\nimage_size = 16\n[data.source.scenes]\nimage_size = 16\ntrain = 48\nval = 16\ntest = 24\n[model]\n\
             towers = 'files'\nimage_embeddings = '{}'\ncaption_embeddings = '{}'\n[loss]\nmethod = 'adapter'\n\
             [train]\nepochs = 1\nsteps_per_epoch = 3\nbatch = 16\n",
            text(&images),
            text(&captions)
        ),
    );
    let out = folder.path().join("out");
    let train = |out: &Path, more: &[&str]| {
        app(&[&["train", "--quiet", "--recipe", text(&recipe), "--out", text(out)][..], more].concat())
    };
    told(&train(&out, &[]), 0);
    let uncertainty = &eval(&out)["uncertainty"];
    assert!(
        uncertainty["caption_sigma"].as_f64().unwrap() > 0.0 && uncertainty["occlusion"].is_null(),
        "{uncertainty}"
    );
    let stderr = told(&app(&["search", "--run", text(&out), "--text", "a red circle"]), 2);
    assert!(stderr.contains("come from files"), "{stderr}");

    let narrow = file("narrow.safetensors", ids("caption-", &all), 5);
    let few = file("few.safetensors", ids("caption-", &all[..1]), 6);
    for (captions, parts) in [(narrow, ["dimension 6", "of 5"]), (few, ["no embedding of `", "data set"])] {
        let set = format!("model.caption_embeddings={:?}", text(&captions));
        let stderr = told(&train(&folder.path().join("refused"), &["--set", &set]), 2);
        assert!(parts.iter().all(|part| stderr.contains(part)), "{stderr}");
        let _ = std::fs::remove_dir_all(folder.path().join("refused"));
    }
}

#[test]
fn zero_shot_classifies_folders_by_prompts_and_again_by_the_sure_ones() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let (run, _) = towers.train("run", "", "method = 'pcme++'", &["--quiet"]);
    let images = towers.folder.path().join("images");
    for (class, colour) in [("red", [220, 30, 30]), ("blue", [30, 30, 220])] {
        std::fs::create_dir_all(images.join(class)).unwrap();
        for at in 0..3u8 {
            let shade = image::Rgb(colour.map(|level: u8| level + at));
            image::RgbImage::from_pixel(20, 20, shade).save(images.join(class).join(format!("{at}.png"))).unwrap();
        }
    }
    write(&images, "red/broken.png", "no picture");
    let prompts = write(towers.folder.path(), "prompts.txt", "a {}\nred\tred circle\nthe {} thing\n");
    let base = ["zero-shot", "--json", "--images", text(&images), "--prompts", text(&prompts)];
    let with_run = [&base[..], &["--run", text(&run)]].concat();
    let found = json(&app(&[&with_run[..], &["--filter-by-uncertainty", "top=1"]].concat()));
    assert_eq!((&found["images"], &found["skipped"], &found["prompts"]), (&6.into(), &1.into(), &5.into()));
    assert_eq!((&found["all"]["prompts"], &found["filtered"]["prompts"]), (&5.into(), &2.into()));
    assert_eq!(found["all"]["per_class"][1]["class"], "red");
    let every = json(&app(&[&with_run[..], &["--filter-by-uncertainty", "max=1e9"]].concat()));
    assert_eq!(every["all"], every["filtered"], "a bound above all keeps all");
    let none = json(&app(&[&with_run[..], &["--filter-by-uncertainty", "max=0"]].concat()));
    assert_eq!(none["filtered"], found["filtered"], "a bound below all keeps the surest of each class");

    // Published weights alone do the same, as points.
    let alone = json(&app(&[&base[..], &["--weights", text(&towers.weights)]].concat()));
    let accuracy = alone["all"]["accuracy"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&accuracy) && alone["filtered"].is_null());
    let filtered = [&base[..], &["--weights", text(&towers.weights), "--filter-by-uncertainty", "top=1"]].concat();
    assert!(told(&app(&filtered), 2).contains("points"));
    let wrong = write(towers.folder.path(), "wrong.txt", "green\ta green thing\n");
    let arguments = ["zero-shot", "--run", text(&run), "--images", text(&images), "--prompts", text(&wrong)];
    assert!(told(&app(&arguments), 2).contains("green"));
}

#[test]
fn published_weights_are_evaluated_from_themselves_and_a_data_folder() {
    let towers = Towers::new(ClipLayout::Transformers);
    let data = towers.folder.path().join("coco");
    common::tiny_coco(&data);
    let arguments = ["eval", "--json", "--weights", text(&towers.weights), "--data", text(&data)];
    let figures = json(&app(&arguments));
    assert_eq!((figures["images"].as_u64(), figures["captions"].as_u64()), (Some(3), Some(15)));
    std::fs::remove_file(&towers.bpe).unwrap();
    assert!(told(&app(&arguments), 2).contains("--bpe"));
}

#[test]
fn a_pretrained_pcme_plus_plus_is_loaded_under_its_own_names_and_knows_how_sure_it_is() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let data = towers.folder.path().join("coco");
    common::tiny_coco(&data);
    let path = towers.folder.path().join("pcmepp.safetensors");
    let device = halation_train::device::select_device(None).unwrap();
    let model = BranchedClipConfig::new(config()).with_blocks(1).init(&device).unwrap();
    halation_models::weights::save_pcmepp(&model, &path).unwrap();
    // The attributes of `HfPCMEPPModel` and its towers, as naver-ai/pcmepp spells them.
    let bytes = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    for (name, shape) in [
        ("visual.conv1.weight", vec![64, 3, 8, 8]),
        ("visual.class_embedding", vec![64]),
        ("visual.ln_pre.weight", vec![64]),
        ("visual.transformer.resblocks.0.attn.in_proj_weight", vec![192, 64]),
        ("visual.transformer.resblocks.1.mlp.c_fc.weight", vec![256, 64]),
        ("visual.uncertainty_transformer.resblocks.0.attn.out_proj.bias", vec![64]),
        ("visual.ln_post.bias", vec![64]),
        ("visual.proj", vec![64, 16]),
        ("visual.uncertainty_proj", vec![64, 16]),
        ("token_embedding.weight", vec![VOCABULARY, 64]),
        ("positional_embedding", vec![48, 64]),
        ("transformer.resblocks.1.ln_2.weight", vec![64]),
        ("uncertainty_transformer.resblocks.0.mlp.c_proj.weight", vec![64, 256]),
        ("ln_final.weight", vec![64]),
        ("text_projection", vec![64, 16]),
        ("uncertainty_text_projection", vec![64, 16]),
        ("logit_scale", vec![]),
        ("shift", vec![1]),
        ("negative_scale", vec![1]),
    ] {
        assert_eq!(header[name]["shape"], serde_json::json!(shape), "{name}");
    }
    // Two towers of 2 + 1 blocks of 12 tensors, 9 and 6 outside them, 3 scalars.
    let tensors = header.as_object().unwrap().keys().filter(|name| *name != "__metadata__").count();
    assert_eq!(tensors, 2 * 3 * 12 + 9 + 6 + 3);

    let loaded = halation_models::weights::pcmepp_sizes(&path).unwrap();
    assert_eq!(loaded.blocks, 1);
    let other = halation_models::weights::load_pcmepp(loaded.init(&device).unwrap(), &path).unwrap();
    let again = towers.folder.path().join("again.safetensors");
    halation_models::weights::save_pcmepp(&other, &again).unwrap();
    assert!(bytes == std::fs::read(&again).unwrap(), "what was loaded is what was saved");

    let figures = json(&app(&["eval", "--json", "--weights", text(&path), "--data", text(&data)]));
    assert_eq!(figures["measure"], "csd");
    assert!(figures["uncertainty"]["caption_sigma"].as_f64().unwrap() > 0.0);
    let gelu = ["eval", "--json", "--weights", text(&path), "--data", text(&data), "--activation", "quick-gelu"];
    assert_ne!(figures["uncertainty"]["image_sigma"], json(&app(&gelu))["uncertainty"]["image_sigma"]);
}

#[test]
fn long_captions_are_counted_and_cut_or_refused() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let small = "[model.clip]\nsizes = { image_size = 16, patch = 8, vision_width = 16, vision_layers = 1, vision_heads = 1, \
                 text_width = 16, text_layers = 1, text_heads = 1, dim = 16, context = 8, vocabulary = 518 }\nrandom_weights = true";
    let recipe = towers.recipe("short", small, "method = 'pcme++'");
    let content = std::fs::read_to_string(&recipe).unwrap();
    let content: String =
        content.lines().filter(|line| !line.starts_with("weights")).map(|line| line.to_owned() + "\n").collect();
    std::fs::write(&recipe, content).unwrap();
    let out = towers.folder.path().join("short");
    let arguments = ["train", "--recipe", text(&recipe), "--out", text(&out)];
    let said = told(&app(&arguments), 0);
    assert!(said.contains("captions are longer than the text tower's context"), "{said}");
    let out = towers.folder.path().join("refused");
    let arguments =
        ["train", "--recipe", text(&recipe), "--out", text(&out), "--set", "model.clip.long_captions='refuse'"];
    let said = told(&app(&arguments), 2);
    assert!(said.contains("which this recipe refuses") && said.contains("tokens"), "{said}");
}

#[test]
fn towers_and_heads_that_do_not_go_together_are_refused_with_the_key() {
    let towers = Towers::new(ClipLayout::OpenAi);
    for (model, loss, more, part) in [
        ("point = true", "method = 'info-nce'", "model.dim=32", "CLIP's own embedding has 16"),
        ("", "method = 'prolip'", "model.dim=32", "CLIP's own embedding has 16"),
        ("", "method = 'pcme++'", "data.image_size=32", "16 pixels"),
        ("", "method = 'info-nce'", "seed=1", "model.point"),
        ("point = true", "method = 'map'", "seed=1", "model.point"),
        ("", "method = 'adapter'", "seed=1", "freeze_towers"),
        ("", "method = 'pcme++'", "model.clip.random_weights=true", "one of the two"),
        ("", "method = 'pcme++'", "model.clip.branched_blocks=3", "branched"),
        ("freeze_towers = true", "method = 'pcme++'", "data.drop_words=0.2", "cache_features"),
        ("", "method = 'pcme++'", "model.towers='cnn'", "model.weights"),
    ] {
        let stderr = towers.refused(model, loss, &["--set", more]);
        assert!(stderr.contains(part), "{model} {loss} {more} should mention `{part}`: {stderr}");
    }
}

#[test]
fn weights_of_another_model_and_a_merge_list_of_other_weights_are_refused_by_name() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let path = towers.folder.path().join("other.safetensors");
    let device = halation_train::device::select_device(None).unwrap();
    let resnet = halation_models::encoder::ResNetConfig::small(vec![4, 8, 8], vec![1, 1, 1]).init(&device);
    halation_models::weights::save(&resnet, &path, &BTreeMap::new()).unwrap();
    let set = |key: &str, path: &Path| format!("{key}={:?}", text(path));
    let stderr = towers.refused("", "method = 'pcme++'", &["--set", &set("model.weights", &path)]);
    assert!(stderr.contains("other.safetensors") && stderr.contains("CLIP"), "{stderr}");
    let longer = write(towers.folder.path(), "longer.txt", format!("{MERGES}re a\nrea l\n"));
    let stderr = towers.refused("", "method = 'pcme++'", &["--set", &set("model.bpe", &longer)]);
    assert!(stderr.contains("longer.txt") && stderr.contains("518"), "{stderr}");
    let stderr = towers.refused("", "method = 'pcme++'", &["--set", "model.clip.size='vit-b-32'"]);
    assert!(stderr.contains("224"), "{stderr}");
}

#[test]
fn a_tower_run_is_exported_with_its_merge_list() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let (run, _) = towers.train("run", "", "method = 'prolip'", &["--quiet"]);
    let out = towers.folder.path().join("exported");
    told(&app(&["export", "--run", text(&run), "--out", text(&out)]), 0);
    assert_eq!(std::fs::read_to_string(out.join("merges.bpe")).unwrap(), MERGES);
    assert!(out.join("model.safetensors").metadata().unwrap().len() > 0);
}

#[test]
fn every_recipe_on_clip_starts_on_the_real_layout_at_the_smallest_size() {
    let towers = Towers::new(ClipLayout::OpenAi);
    let data = towers.folder.path().join("coco");
    common::tiny_coco(&data);
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/full");
    let mut started = 0;
    for entry in std::fs::read_dir(recipes).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("coco-clip") {
            continue;
        }
        // The published towers weigh 600 MB and train for days: the same recipe on towers of two blocks.
        let published = std::fs::read_to_string(&path).unwrap();
        let small: String = published
            .lines()
            .map(|line| match line.split(" = ").next().unwrap() {
                "weights" => format!("weights = {:?}\n", text(&towers.weights)),
                "bpe" => format!("bpe = {:?}\n", text(&towers.bpe)),
                "size" => SIZES.to_owned() + "\n",
                _ => line.replace("224", "16") + "\n",
            })
            .collect();
        let recipe = write(towers.folder.path(), &format!("{name}.toml"), small);
        let out = towers.folder.path().join(&name);
        let mut arguments =
            vec!["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out), "--data", text(&data)];
        for setting in
            ["model.dim=16", "train.epochs=1", "train.warmup_epochs=1", "train.steps_per_epoch=1", "train.batch=4"]
        {
            arguments.extend(["--set", setting]);
        }
        told(&app(&arguments), 0);
        let figures = eval(&out);
        let expected: toml::Table = toml::from_str(&published).unwrap();
        for (metric, band) in expected["expect"].as_table().unwrap() {
            let (side, figure) = metric.split_once('.').unwrap();
            assert!(figures[side][figure].is_f64(), "{name}: eval reports no {metric}");
            assert!(band["published"].as_str().unwrap().contains("[S]"), "{name}: {metric} has no tag");
        }
        started += 1;
    }
    assert!(started >= 10, "{started}");
}
