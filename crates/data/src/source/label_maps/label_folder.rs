//! Anyone's own label maps: a folder of PNG files and a TOML file of categories.

use super::read_maps::read_maps;
use super::{CategoryMap, LabelCorpus, LabelMapOptions};
use crate::DataError;
use crate::source::HashSplit;
use std::path::{Path, PathBuf};

/// The file of the categories.
const CATEGORIES: &str = "categories.toml";

/// Reads `folder/categories.toml` (see [`CategoryMap::read`]) and the PNG files of `folder/train`, `val` and `test`.
///
/// Where there is no folder `train`, the PNG files directly in `folder` are split by `split`, a hash of their names.
/// Maps are in the order of their names. A PNG file has one channel, grey or the index of a palette, whose values are
/// ids.
///
/// # Errors
/// [`DataError::Missing`] if the categories or all training maps are missing; [`DataError::Format`] naming the file if
/// one is no label PNG, has another size than the rest, or holds an id of no category; as [`CategoryMap::read`].
pub fn read_label_folder(
    folder: &Path,
    split: &HashSplit,
    options: &LabelMapOptions,
) -> Result<LabelCorpus, DataError> {
    let missing = |missing: &str| DataError::Missing {
        root: folder.to_path_buf(),
        layout: "folder of label maps",
        missing: vec![missing.to_owned()],
        help: format!("put PNG files of ids into {CATEGORIES}'s folder, or below it into train, val and test"),
    };
    if !folder.join(CATEGORIES).is_file() {
        return Err(missing(CATEGORIES));
    }
    let categories = CategoryMap::read(&folder.join(CATEGORIES))?;
    let parts = if folder.join("train").is_dir() {
        ["train", "val", "test"].map(|part| list(&folder.join(part)))
    } else {
        let files = list(folder)?;
        ["train", "val", "test"]
            .map(|part| Ok(files.iter().filter(|(name, _)| split.split_of(name) == part).cloned().collect()))
    };
    let [train, val, test] = parts;
    let [train, val, test] = [train?, val?, test?];
    if train.is_empty() {
        return Err(missing("training maps (*.png)"));
    }
    // Read as one, so that sizes are compared across the parts.
    let counts = [train.len(), val.len(), test.len()];
    let files: Vec<(String, PathBuf)> = [train, val, test].concat();
    let name = folder.display();
    let all = read_maps(&name.to_string(), &files, &categories, options)?;
    let (first, second) = (counts[0], counts[0] + counts[1]);
    Ok(LabelCorpus {
        categories,
        train: all.part(format!("the train part of {name}"), 0..first),
        val: all.part(format!("the val part of {name}"), first..second),
        test: all.part(format!("the test part of {name}"), second..all.len()),
    })
}

/// The PNG files directly in `folder` as (name, path), in the order of their names; none if there is no such folder.
fn list(folder: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder).map_err(DataError::io(folder))? {
        let path = file.map_err(DataError::io(folder))?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
            files.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), path));
        }
    }
    files.sort_unstable();
    Ok(files)
}
