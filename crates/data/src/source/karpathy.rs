//! Karpathy's JSON: `dataset_coco.json`, `dataset_flickr8k.json`, `dataset_flickr30k.json`.

use super::image_files::file_below;
use super::{Corpus, json::read_json, set_builder::SetBuilder};
use crate::DataError;
use crate::caption::ImageSource;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct KarpathyFile {
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

/// Reads Karpathy's split file `json`; the images are below `image_folder`, for COCO in `train2014` and `val2014` there.
///
/// * Splits are the file's own: `train`, `val`, `test`, and for COCO `restval`; `train+restval` is the usual training set.
/// * An image's id is its `cocoid`, or its file name where there is none; a caption's id is its `sentid`, for COCO the
///   annotation id that the CxC and ECCV Caption ground truths use.
/// * `captions_per_image`: keep only the first so many sentences of an image; 5 is the convention for COCO, where some
///   images have 6 or 7. The rest is reported in `skipped`, as are images whose file is not there and empty captions.
///
/// # Errors
/// [`DataError::Missing`] if the JSON or the image folder is not there, [`DataError::Format`] for a file of another
/// shape, an id that occurs twice, a name that leaves the folder, or if nothing is left to use.
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
        return Err(DataError::Missing {
            root: json.parent().unwrap_or(json).to_path_buf(),
            layout: "Karpathy caption set",
            missing,
            help: "the JSON files are in cs.stanford.edu/people/karpathy/deepimagesent/caption_datasets.zip; the images of \
                   COCO are train2014.zip and val2014.zip at images.cocodataset.org/zips, those of Flickr8k and Flickr30k \
                   come on request from their authors at the University of Illinois"
                .into(),
        });
    }
    let parsed: KarpathyFile = read_json(json, SHAPE)?;
    let mut builder = SetBuilder::new(json);
    for entry in parsed.images {
        let id = entry.cocoid.map_or_else(|| entry.filename.clone(), |id| id.to_string());
        let name = match &entry.filepath {
            Some(folder) => format!("{folder}/{}", entry.filename),
            None => entry.filename.clone(),
        };
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
