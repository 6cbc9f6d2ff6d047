//! What the tests of the binary share: running it, and files to run it on.

#![allow(dead_code)] // each test file uses some of it

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs the binary.
pub fn app(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_halation-retrieval")).args(arguments).output().expect("the binary starts")
}

/// Asserts an exit code and returns what stderr said.
pub fn told(output: &Output, code: i32) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    stderr
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

pub fn json(output: &Output) -> Value {
    told(output, 0);
    serde_json::from_slice(&output.stdout).expect("--json prints one document and nothing else")
}

/// The losses of a run's training steps.
pub fn losses(run: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.filter(|row| row["name"] == "loss").map(|row| row["value"].as_f64().unwrap()).collect()
}

/// A picture of one colour.
pub fn picture(folder: &Path, name: &str, colour: u8) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("has a parent")).unwrap();
    image::RgbImage::from_pixel(20, 20, image::Rgb([colour, 255 - colour, 90])).save(path).unwrap();
}

/// Karpathy's layout of COCO with twelve images.
pub fn tiny_coco(folder: &Path) {
    let mut images = Vec::new();
    for index in 0..12 {
        let name = format!("COCO_{index}.jpg");
        picture(folder, &format!("val2014/{name}"), (index * 20) as u8);
        let sentences: Vec<Value> = (0..5)
            .map(|at| serde_json::json!({"sentid": 10 * index + at, "raw": format!("picture {index}, said {at}"), "tokens": []}))
            .collect();
        let split = ["train", "restval", "val", "test"][index % 4];
        images.push(
            serde_json::json!({"filepath": "val2014", "filename": name, "imgid": index, "cocoid": index, "split": split,
            "sentids": (0..5).map(|at| 10 * index + at).collect::<Vec<_>>(), "sentences": sentences}),
        );
    }
    let document = serde_json::json!({"dataset": "coco", "images": images});
    write(folder, "dataset_coco.json", document.to_string());
}
