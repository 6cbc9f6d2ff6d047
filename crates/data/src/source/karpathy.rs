//! Karpathy's JSON: `dataset_coco.json`, `dataset_flickr8k.json`, `dataset_flickr30k.json`.

use super::image_files::file_below;
use super::missing::first_few;
use super::{Corpus, json::read_json, set_builder::SetBuilder};
use crate::DataError;
use crate::caption::ImageSource;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Missing images that an error names.
const NAMED: usize = 3;

#[derive(Deserialize)]
struct KarpathyFile {
    #[serde(default)]
    dataset: String,
    images: Vec<KarpathyImage>,
}

#[derive(Deserialize)]
struct KarpathyImage {
    filename: String,
    #[serde(default)]
    filepath: Option<String>,
    #[serde(default)]
    cocoid: Option<u64>,
    split: String,
    sentences: Vec<KarpathySentence>,
}

#[derive(Deserialize)]
struct KarpathySentence {
    sentid: u64,
    raw: String,
}

impl KarpathyImage {
    /// Where the image is below the image folder.
    fn path(&self) -> String {
        match &self.filepath {
            Some(folder) => format!("{folder}/{}", self.filename),
            None => self.filename.clone(),
        }
    }
}

/// Reads Karpathy's split file `json`; the images are below `image_folder`, for COCO in `train2014` and `val2014` there.
///
/// * Splits are the file's own: `train`, `val`, `test`, and for COCO `restval`; `train+restval` is the usual training set.
/// * An image's id is its `cocoid`, or its file name where there is none; a caption's id is its `sentid`, for COCO the
///   annotation id that the CxC and ECCV Caption ground truths use.
/// * `captions_per_image`: keep only the first so many sentences of an image; 5 is the convention for COCO, where some
///   images have 6 or 7. The rest is reported in `skipped`, as are images whose file is not there and empty captions.
///
/// # Errors
/// [`DataError::Missing`] if the JSON, the image folder, a folder below it that the JSON names, or every single image is not
/// there, with where to get it; [`DataError::Format`] for a file of another shape, an id that occurs twice, a name that leaves
/// the folder, or if nothing is left to use.
pub fn read_karpathy(json: &Path, image_folder: &Path, captions_per_image: Option<usize>) -> Result<Corpus, DataError> {
    const SHAPE: &str = "Karpathy's {\"images\": [{\"filename\", \"split\", \"sentences\": [{\"sentid\", \"raw\"}]}]}";
    let mut missing = Vec::new();
    if !json.is_file() {
        missing.push(json.display().to_string());
    }
    if !image_folder.is_dir() {
        missing.push(image_folder.display().to_string());
    }
    if !missing.is_empty() {
        return Err(missing_error(json, missing, ""));
    }
    let parsed: KarpathyFile = read_json(json, SHAPE)?;
    check_images(json, image_folder, &parsed)?;
    let mut builder = SetBuilder::new(json);
    for entry in parsed.images {
        let id = entry.cocoid.map_or_else(|| entry.filename.clone(), |id| id.to_string());
        let name = entry.path();
        let file = file_below(image_folder, &name)
            .ok_or_else(|| builder.format_error(format!("image `{name}`"), "a file name below the image folder"))?;
        if !file.is_file() {
            builder.skip(format!("image {name} ({} captions)", entry.sentences.len()), "the image file is not there");
            continue;
        }
        let image = builder.image(id, ImageSource::File(file), &entry.split)?;
        for (position, sentence) in entry.sentences.iter().enumerate() {
            if captions_per_image.is_some_and(|limit| position >= limit) {
                builder.skip(format!("caption {}", sentence.sentid), "past the number of captions kept per image");
            } else {
                builder.caption(sentence.sentid.to_string(), &sentence.raw, image)?;
            }
        }
    }
    builder.finish()
}

/// Fails if a folder that the JSON names is not there, or no image is; single images that are not are left to the reader.
fn check_images(json: &Path, image_folder: &Path, parsed: &KarpathyFile) -> Result<(), DataError> {
    let folders: BTreeMap<&str, usize> = parsed.images.iter().filter_map(|image| image.filepath.as_deref()).fold(
        BTreeMap::new(),
        |mut counts, folder| {
            *counts.entry(folder).or_insert(0) += 1;
            counts
        },
    );
    // Folders that climb out are refused by the reader, which says so.
    let absent = |folder: &str| file_below(image_folder, folder).is_some_and(|path| !path.is_dir());
    let missing: Vec<String> = folders
        .iter()
        .filter(|(folder, _)| absent(folder))
        .map(|(folder, images)| format!("{} (folder of {images} images)", image_folder.join(folder).display()))
        .collect();
    if !missing.is_empty() {
        return Err(missing_error(json, missing, &parsed.dataset));
    }
    let files = || parsed.images.iter().filter_map(|image| file_below(image_folder, &image.path()));
    if files().next().is_some() && !files().any(|path| path.is_file()) {
        let names = files().map(|path| path.display().to_string()).collect();
        return Err(missing_error(json, first_few(names, NAMED), &parsed.dataset));
    }
    Ok(())
}

/// What is missing, and where to get it for the data set that the JSON says it is of.
fn missing_error(json: &Path, missing: Vec<String>, dataset: &str) -> DataError {
    const JSON: &str = "the JSON files are in caption_datasets.zip of Karpathy's page \"Deep Visual-Semantic Alignments for \
                        Generating Image Descriptions\"";
    const COCO: &str = "the images of COCO are train2014.zip and val2014.zip of the download page of cocodataset.org";
    const FLICKR30K: &str = "the images of Flickr30k (flickr30k-images) come on request through the page \"Flickr 30K\" of the \
                             University of Illinois";
    const FLICKR8K: &str = "the images of Flickr8k (Flickr8k_Dataset) come on request from their authors at the University of \
                            Illinois";
    let help = match dataset {
        "coco" => COCO.to_owned(),
        "flickr30k" => FLICKR30K.to_owned(),
        "flickr8k" => FLICKR8K.to_owned(),
        _ => [JSON, COCO, FLICKR30K, FLICKR8K].join("; "),
    };
    DataError::Missing {
        root: json.parent().unwrap_or(json).to_path_buf(),
        layout: "Karpathy caption set",
        missing,
        help,
    }
}
