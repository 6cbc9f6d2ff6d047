//! The recipes of the published tables start on the real layouts, at the smallest sizes.

mod common;

use common::*;
use std::path::Path;

#[test]
fn every_recipe_of_the_published_tables_starts_on_the_real_layout() {
    let folder = tempfile::tempdir().unwrap();
    let text8 = write(folder.path(), "text8", words(1400));
    let enwik8 = write(folder.path(), "enwik8", (0..1400).map(|place| (place * place % 251) as u8).collect::<Vec<_>>());
    let maps = folder.path().join("maps");
    cityscapes(&maps);
    let mut started = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/full")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let published: toml::Table = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let layout = name.split('-').next().unwrap();
        let (data, mut settings) = match layout {
            "text8" => (&text8, vec!["data.length=16"]),
            "enwik8" => (&enwik8, vec!["data.length=16"]),
            "cityscapes" => (&maps, vec!["data.source.labels.size.height=16", "data.source.labels.size.width=16"]),
            other => panic!("no layout for {other}"),
        };
        if layout != "cityscapes" {
            for part in ["train=1000", "val=200", "test=200"] {
                settings.push(match part {
                    "train=1000" => "data.source.text.split.counts.train=1000",
                    "val=200" => "data.source.text.split.counts.val=200",
                    _ => "data.source.text.split.counts.test=200",
                });
            }
        }
        let model = published["model"].as_table().unwrap();
        settings.extend::<&[&str]>(match model["kind"].as_str().unwrap() {
            "flow" => &["model.hidden=8", "model.mixtures=2", "model.context=8", "model.context_out=4"],
            "label-flow" => &["model.width=8", "model.depth=1", "model.growth=4", "model.context=4", "model.steps=1"],
            "diffusion" => &["model.steps=4"],
            _ => &[],
        });
        if let Some(denoiser) = model.get("denoiser") {
            settings.extend::<&[&str]>(match denoiser["net"].as_str().unwrap() {
                "u-net" => &["model.denoiser.width=8", "model.denoiser.depth=2"],
                "linear-local" => &["model.denoiser.width=16", "model.denoiser.depth=1", "model.denoiser.window=8"],
                _ => &["model.denoiser.width=24", "model.denoiser.depth=1"],
            });
        }
        settings.extend(["train.epochs=1", "train.steps_per_epoch=1", "train.batch=2"]);
        settings.extend(["eval.samples=1", "eval.sequences=2", "eval.glance=1", "eval.leak=1"]);
        let out = folder.path().join(&name);
        let mut arguments =
            vec!["train", "--quiet", "--recipe", text(&path), "--out", text(&out), "--data", text(data)];
        settings.iter().for_each(|setting| arguments.extend(["--set", setting]));
        told(&app(&arguments), 0);
        let figures = measured(&out);
        for (metric, band) in published["expect"].as_table().unwrap() {
            assert!(figures[metric].is_f64(), "{name}: eval reports no {metric}");
            let tagged = band["published"].as_str().unwrap();
            let value: f64 = tagged.split(' ').next().unwrap().parse().unwrap();
            let inside = band["min"].as_float().unwrap() <= value && value <= band["max"].as_float().unwrap();
            assert!(inside && tagged.ends_with(']'), "{name}: {metric} = {band}");
        }
        started += 1;
    }
    assert!(started >= 15, "{started}");
}
