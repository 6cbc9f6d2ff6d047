//! The layout of Cityscapes: `gtFine/<split>/<city>/*_labelIds.png`.

use super::read_maps::read_maps;
use super::{CategoryMap, LabelCorpus, LabelMapOptions};
use crate::DataError;
use std::path::{Path, PathBuf};

/// The end of the names of files with label ids.
const SUFFIX: &str = "_labelIds.png";

/// Reads the fine annotations of Cityscapes as maps of its eight categories; `folder` is `gtFine` or holds it.
///
/// Maps are in the order of city and file. Of the official training maps the last 475 of 2975 are `val` (the same share
/// of another number); the official validation maps are `test`; the official test maps have no labels and are not used.
///
/// # Errors
/// [`DataError::Missing`] if `train` or `val` has no such file; [`DataError::Format`] naming the file if one is no
/// label PNG, has another size than the rest of its list, or holds an id that is no Cityscapes id; [`DataError::Io`].
///
/// Source: Hoogeboom et al. 2021, who cut 2500/475 in the order in which the system lists folders; here it is sorted.
pub fn read_cityscapes(folder: &Path, options: &LabelMapOptions) -> Result<LabelCorpus, DataError> {
    let inner = folder.join("gtFine");
    let root = if inner.is_dir() { inner } else { folder.to_path_buf() };
    let [train, val] = [list(&root.join("train"))?, list(&root.join("val"))?];
    let missing: Vec<String> = [("train", &train), ("val", &val)]
        .iter()
        .filter(|(_, files)| files.is_empty())
        .map(|(split, _)| format!("{split}/<city>/*{SUFFIX}"))
        .collect();
    if !missing.is_empty() {
        return Err(DataError::Missing {
            root,
            layout: "folder in the layout of Cityscapes gtFine",
            missing,
            help: "take gtFine_trainvaltest.zip from cityscapes-dataset.com, which asks for a registration".into(),
        });
    }
    let categories = CategoryMap::cityscapes();
    let name = folder.display();
    let all = read_maps(&format!("the official training maps of {name}"), &train, &categories, options)?;
    let [train, cut] = LabelCorpus::cut_validation(&name.to_string(), &all)?;
    let test = read_maps(&format!("the test part of {name}"), &val, &categories, options)?;
    Ok(LabelCorpus { categories, train, val: cut, test })
}

/// The label files of one split as (`city/file`, path), in the order of city and file; none if there is no such folder.
fn list(split: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    if !split.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for city in std::fs::read_dir(split).map_err(DataError::io(split))? {
        let city = city.map_err(DataError::io(split))?.path();
        if !city.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&city).map_err(DataError::io(&city))? {
            let path = file.map_err(DataError::io(&city))?.path();
            let [city, file] =
                [&city, &path].map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
            if file.ends_with(SUFFIX) {
                files.push((city, file, path));
            }
        }
    }
    files.sort_unstable();
    Ok(files.into_iter().map(|(city, file, path)| (format!("{city}/{file}"), path)).collect())
}
