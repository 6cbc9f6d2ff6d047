//! A folder of images with a CSV of captions: how Flickr8k is usually handed round, and the easiest layout for one's own data.

use super::image_files::{file_below, image_names};
use super::{Corpus, HashSplit, set_builder::SetBuilder};
use crate::DataError;
use crate::caption::ImageSource;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Where the files of the folder are, and how it is split.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvFolderOptions {
    /// The CSV, relative to the folder; `captions.txt` or `captions.csv` if not given.
    pub captions: Option<PathBuf>,
    /// The folder of the images, relative to the folder; `Images`, `images` or the folder itself if not given.
    pub images: Option<PathBuf>,
    /// A CSV `image,split`, relative to the folder, that names the split of every image.
    pub split_file: Option<PathBuf>,
    /// The split by a hash of the image's name, where there is no `split_file`.
    pub split: HashSplit,
}

/// Reads a folder of images with a CSV whose header has the columns `image` and `caption`, one caption per line.
///
/// * A field with a comma or line break stands in double quotes, a double quote inside it is doubled (RFC 4180).
/// * An image's id is its name in the CSV; a caption's id is `<image>#<n>`, counted from 0.
/// * An image without captions, a caption whose image is not there, an empty caption: reported in `skipped`.
///
/// # Errors
/// [`DataError::Missing`] if the CSV or the image folder is not there; [`DataError::Format`], with the line, for a
/// missing column, a line with too many or too few fields, invalid UTF-8, or a name that leaves the folder; also if
/// nothing is left to use, or if an image is absent from the split file.
pub fn read_csv_folder(folder: &Path, options: &CsvFolderOptions) -> Result<Corpus, DataError> {
    let (csv_path, image_folder) = locate(folder, options)?;
    let splits = options.split_file.as_ref().map(|file| read_split_file(&folder.join(file))).transpose()?;

    let mut builder = SetBuilder::new(&csv_path);
    let mut caption_counts: HashMap<String, usize> = HashMap::new();
    let mut absent: BTreeMap<String, usize> = BTreeMap::new();
    for_each_row(&csv_path, ["image", "caption"], |line, [name, text]| {
        let Some(file) = file_below(&image_folder, name) else {
            return Err(
                builder.format_error(format!("line {line}: image `{name}`"), "a file name below the image folder")
            );
        };
        let image = match builder.find_image(name) {
            Some(image) => image,
            None if absent.contains_key(name) || !file.is_file() => {
                *absent.entry(name.to_owned()).or_insert(0) += 1;
                return Ok(());
            }
            None => {
                let split = match &splits {
                    None => options.split.split_of(name),
                    Some(splits) => splits.get(name).map(String::as_str).ok_or_else(|| {
                        builder.format_error(
                            format!("line {line}: image `{name}` is not in the split file"),
                            "a split for every image",
                        )
                    })?,
                };
                builder.image(name.to_owned(), ImageSource::File(file), split)?
            }
        };
        let count = caption_counts.entry(name.to_owned()).or_insert(0);
        *count += 1;
        builder.caption(format!("{name}#{}", *count - 1), text, image)
    })?;
    for (name, captions) in &absent {
        builder.skip(format!("image {name} ({captions} captions)"), "the image file is not there");
    }
    let known: HashSet<String> = caption_counts.into_keys().collect();
    for name in image_names(&image_folder).map_err(DataError::io(&image_folder))? {
        if !known.contains(&name) {
            builder.skip(format!("image {name}"), "the image has no caption");
        }
    }
    builder.finish()
}

/// The CSV and the image folder, or what is missing.
fn locate(folder: &Path, options: &CsvFolderOptions) -> Result<(PathBuf, PathBuf), DataError> {
    let csv_names = options
        .captions
        .clone()
        .map_or_else(|| vec!["captions.txt".into(), "captions.csv".into()], |given| vec![given]);
    let image_names =
        options.images.clone().map_or_else(|| vec!["Images".into(), "images".into(), "".into()], |given| vec![given]);
    let csv = csv_names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    let images = image_names.iter().map(|name| folder.join(name)).find(|path| path.is_dir());
    let or = |names: &[PathBuf]| names.iter().map(|name| name.display().to_string()).collect::<Vec<_>>().join(" or ");
    match (csv, images) {
        (Some(csv), Some(images)) => Ok((csv, images)),
        (csv, images) => {
            let mut missing = Vec::new();
            if csv.is_none() {
                missing.push(or(&csv_names));
            }
            if images.is_none() {
                missing.push(or(&image_names));
            }
            Err(DataError::Missing {
                root: folder.to_path_buf(),
                layout: "folder of images with a CSV of captions",
                missing,
                help: "write a CSV with the header `image,caption` and one caption per line beside the images; for Flickr8k take \
                       captions.txt and Images from kaggle.com/datasets/adityajn105/flickr8k"
                    .into(),
            })
        }
    }
}

/// `image -> split` of a CSV `image,split`.
fn read_split_file(path: &Path) -> Result<HashMap<String, String>, DataError> {
    let mut splits = HashMap::new();
    for_each_row(path, ["image", "split"], |line, [image, split]| {
        if split.is_empty() || splits.insert(image.to_owned(), split.to_owned()).is_some() {
            return Err(DataError::Format {
                path: path.to_path_buf(),
                problem: format!("line {line}: image `{image}` has no split or occurs twice"),
                expected: "one line with a split per image".into(),
            });
        }
        Ok(())
    })?;
    Ok(splits)
}

/// Calls `row` with the line number and the two named columns of every record.
fn for_each_row(
    path: &Path,
    columns: [&str; 2],
    mut row: impl FnMut(u64, [&str; 2]) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let broken = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(source) => DataError::Io { path: path.to_path_buf(), source },
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => DataError::Format {
            path: path.to_path_buf(),
            problem: format!("line {} has {len} fields", pos.map_or(0, |pos| pos.line())),
            expected: format!("{expected_len}, as in the header; a field with a comma must stand in double quotes"),
        },
        csv::ErrorKind::Utf8 { pos, err } => DataError::Format {
            path: path.to_path_buf(),
            problem: format!("line {}: {err}", pos.map_or(0, |pos| pos.line())),
            expected: "UTF-8".into(),
        },
        other => {
            DataError::Format { path: path.to_path_buf(), problem: format!("{other:?}"), expected: "a CSV".into() }
        }
    };
    let file = File::open(path).map_err(DataError::io(path))?;
    let mut reader = csv::ReaderBuilder::new().from_reader(file);
    let header = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| {
        let position = header.iter().position(|field| field.trim_start_matches('\u{feff}').trim() == name);
        position.ok_or_else(|| DataError::Format {
            path: path.to_path_buf(),
            problem: format!("line 1: no column `{name}` in `{}`", header.iter().collect::<Vec<_>>().join(",")),
            expected: format!("a header with the columns `{}` and `{}`", columns[0], columns[1]),
        })
    };
    let at = [column(columns[0])?, column(columns[1])?];
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(broken)? {
        let line = record.position().map_or(0, csv::Position::line);
        row(line, at.map(|column| record[column].trim()))?;
    }
    Ok(())
}
