//! COCO's own captions JSON.

use super::image_files::file_below;
use super::{Corpus, json::read_json, set_builder::SetBuilder};
use crate::DataError;
use crate::caption::ImageSource;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct CaptionsFile {
    images: Vec<CocoImage>,
    annotations: Vec<CocoCaption>,
}

#[derive(Deserialize)]
struct CocoImage {
    id: u64,
    file_name: String,
}

#[derive(Deserialize)]
struct CocoCaption {
    id: u64,
    image_id: u64,
    caption: String,
}

/// Reads `captions_*.json`; the images are directly in `image_folder`. There is one split, `all`.
///
/// Ids are COCO's. An image without captions, an image whose file is not there with its captions, a caption of an
/// unknown image, and an empty caption are reported in `skipped`.
///
/// # Errors
/// [`DataError::Missing`] if the JSON or the image folder is not there, [`DataError::Format`] for a file of another
/// shape, an id that occurs twice, a name that leaves the folder, or if nothing is left to use.
pub fn read_coco_captions(json: &Path, image_folder: &Path) -> Result<Corpus, DataError> {
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
            layout: "COCO caption set",
            missing,
            help: "take annotations_trainval2014.zip (or 2017) and the image zips of the same year from \
                   cocodataset.org/#download"
                .into(),
        });
    }
    let parsed: CaptionsFile = read_json(
        json,
        "COCO captions: {\"images\": [{\"id\", \"file_name\"}], \"annotations\": [{\"id\", \"image_id\", \"caption\"}]}",
    )?;
    let mut builder = SetBuilder::new(json);
    let mut absent = std::collections::HashSet::new();
    for image in parsed.images {
        let file = file_below(image_folder, &image.file_name).ok_or_else(|| {
            builder.format_error(format!("image `{}`", image.file_name), "a file name below the image folder")
        })?;
        if file.is_file() {
            builder.image(image.id.to_string(), ImageSource::File(file), "all")?;
        } else if absent.insert(image.id) {
            builder.skip(format!("image {} ({})", image.id, image.file_name), "the image file is not there");
        }
    }
    for annotation in parsed.annotations {
        match builder.find_image(&annotation.image_id.to_string()) {
            Some(image) => builder.caption(annotation.id.to_string(), &annotation.caption, image)?,
            None if absent.contains(&annotation.image_id) => {
                builder.skip(format!("caption {}", annotation.id), "its image file is not there");
            }
            None => builder.skip(format!("caption {}", annotation.id), "its image is not in the file"),
        }
    }
    builder.finish()
}
