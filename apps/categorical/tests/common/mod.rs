//! What the tests of the binary share: how it is started, tiny data, tiny recipes.
#![allow(dead_code)] // each test file uses a part of it

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A ring of six symbols and so little of everything that training takes a moment.
pub const CHAIN: &str = r#"
[data]
length = 16
[data.source.chain]
kind.ring = { classes = 6, next = 0.9 }
train = 2000
test = 480
[train]
epochs = 2
steps_per_epoch = 2
batch = 8
[eval]
sequences = 8
samples = 2
glance = 4
leak = 8
markov = 2
"#;

/// A Transformer of the smallest size.
pub const DIT: &str = "denoiser = { net = \"dit\", width = 16, depth = 1, heads = 2 }";

/// [`CHAIN`] with another source and a model.
pub fn recipe(source: &str, model: &str) -> String {
    let (head, tail) = CHAIN.split_once("[data.source.chain]").unwrap();
    let (chain, rest) = tail.split_once("[train]").unwrap();
    let source = if source.is_empty() { format!("[data.source.chain]{chain}") } else { format!("{source}\n") };
    format!("{head}{source}[train]{rest}\n[model]\n{model}\n")
}

pub fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_halation-categorical"))
}

pub fn app(arguments: &[&str]) -> Output {
    binary().args(arguments).output().expect("the binary starts")
}

/// Asserts an exit code and returns what stderr said.
pub fn told(output: &Output, code: i32) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    stderr
}

pub fn json(output: &Output) -> Value {
    told(output, 0);
    serde_json::from_slice(&output.stdout).expect("--json prints one document and nothing else")
}

/// Standard output of a call that must succeed.
pub fn said(output: &Output) -> String {
    told(output, 0);
    String::from_utf8(output.stdout.clone()).expect("text")
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

pub fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("has a parent")).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

/// Starts training of a recipe into `folder/name`.
pub fn train(folder: &Path, name: &str, recipe: &str, data: Option<&Path>) -> (PathBuf, Output) {
    let recipe = write(folder, &format!("{name}.toml"), recipe);
    let out = folder.join(name);
    let mut arguments = vec!["train", "--quiet", "--recipe", text(&recipe), "--out", text(&out)];
    if let Some(data) = data {
        arguments.extend(["--data", text(data)]);
    }
    let output = app(&arguments);
    (out, output)
}

/// A run of a recipe.
pub fn trained(folder: &Path, name: &str, recipe: &str, data: Option<&Path>) -> PathBuf {
    let (out, output) = train(folder, name, recipe, data);
    told(&output, 0);
    out
}

/// What a user's `eval --json` says of a run, and that it can be true.
pub fn measured(run: &Path) -> Value {
    let figures = json(&app(&["eval", "--json", "--run", text(run)]));
    let number = |key: &str| figures[key].as_f64();
    let (bits, error) = (number("bits_per_symbol").unwrap(), number("standard_error").unwrap());
    assert!(bits.is_finite() && error.is_finite() && bits > 0.0 && error >= 0.0, "{figures}");
    if let Some(floor) = number("floor") {
        assert!(bits >= floor - 3.0 * error, "less than the source has: {figures}");
    }
    if let Some(iwbo) = number("iwbo_bits") {
        // Jensen: over the same draws the importance-weighted bound is never the looser one; the slack is rounding.
        assert!(iwbo <= bits + 1e-9, "{figures}");
    }
    figures
}

/// A little English of the 27 symbols of text8.
pub fn words(symbols: usize) -> String {
    let line = "the quick brown fox jumps over the lazy dog while five boxing wizards watch a queen and seven kings ";
    line.chars().cycle().take(symbols).collect()
}

/// A grey PNG file of ids.
pub fn label(folder: &Path, name: &str, width: u32, height: u32, id: impl Fn(u32, u32) -> u8) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("has a parent")).unwrap();
    image::GrayImage::from_fn(width, height, |x, y| image::Luma([id(x, y)])).save(path).unwrap();
}

/// The layout of Cityscapes, eight maps to learn from and three of the official validation.
pub fn cityscapes(folder: &Path) {
    for index in 0..11u32 {
        let split = if index < 8 { "train/aachen" } else { "val/lindau" };
        let name = format!("gtFine/{split}/a_{index:06}_gtFine_labelIds.png");
        label(folder, &name, 32, 16, |x, y| if y < 4 + index % 3 { 23 } else { 7 + (x / 8) as u8 * 5 });
    }
}

/// The layout of CamVid in 12 classes.
pub fn camvid(folder: &Path) {
    for (split, count) in [("train", 6), ("val", 2), ("test", 3)] {
        let mut list = String::new();
        for index in 0..count {
            label(folder, &format!("{split}annot/{index:03}.png"), 32, 16, |x, y| ((x / 8 + y / 8 + index) % 12) as u8);
            list += &format!("/SegNet/CamVid/{split}/{index:03}.png /SegNet/CamVid/{split}annot/{index:03}.png\n");
        }
        write(folder, &format!("{split}.txt"), list);
    }
}

/// One's own label maps: three categories, the ids 0, 1 and 2.
pub fn own_maps(folder: &Path) {
    write(folder, "categories.toml", CATEGORIES);
    for (part, count) in [("train", 6), ("val", 2), ("test", 3)] {
        for index in 0..count {
            label(folder, &format!("{part}/{index}.png"), 32, 16, |x, _| ((x / 12 + index) % 3) as u8);
        }
    }
}

/// The categories of [`own_maps`].
pub const CATEGORIES: &str = r#"
[[category]]
name = "sky"
ids = [0]
[[category]]
name = "road"
ids = [1]
[[category]]
name = "tree"
ids = [2]
"#;

/// The `[data.source]` of label maps in a layout, at 8 x 16.
pub fn labels(layout: &str) -> String {
    format!("[data.source.labels]\nlayout = \"{layout}\"\nsize = {{ height = 8, width = 16 }}")
}
