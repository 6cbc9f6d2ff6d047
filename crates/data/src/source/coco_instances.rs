//! COCO's instances JSON: boxes, and the 90-bit category code of every image that PMRP compares.

use super::json::read_json;
use crate::DataError;
use crate::caption::Skipped;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// The boxes and categories of a COCO instances file.
#[derive(Debug, Clone, Default)]
pub struct CocoInstances {
    /// Category id and name, by id.
    pub categories: BTreeMap<u64, String>,
    /// The usable boxes, in the order of the file.
    pub boxes: Vec<CocoBox>,
    /// For every image with an annotation, the set of its categories: bit `category_id - 1`.
    pub codes: BTreeMap<String, u128>,
    /// Annotations that could not be used.
    pub skipped: Vec<Skipped>,
}

/// One box, in pixels from the top left corner.
#[derive(Debug, Clone, PartialEq)]
pub struct CocoBox {
    /// The image's id, as in the caption set.
    pub image: String,
    /// The category's id.
    pub category: u64,
    /// Left, top, width, height.
    pub rectangle: [f64; 4],
    /// Whether it stands for a crowd.
    pub crowd: bool,
}

#[derive(Deserialize)]
struct InstancesFile {
    images: Vec<ImageSize>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct ImageSize {
    id: u64,
    width: f64,
    height: f64,
}

#[derive(Deserialize)]
struct Annotation {
    id: u64,
    image_id: u64,
    category_id: u64,
    bbox: [f64; 4],
    #[serde(default)]
    iscrowd: u8,
}

#[derive(Deserialize)]
struct Category {
    id: u64,
    name: String,
}

/// Reads `instances_*.json`.
///
/// An annotation of an unknown image or category, with a box of no area, or with a box wholly outside its image is
/// reported in `skipped`. An image's code takes every annotation of a known image and category, whatever its box: it
/// says what is in the picture (spec of PMRP: PCME, Chun et al. 2021, section 4.1).
///
/// # Errors
/// [`DataError::Io`], [`DataError::Format`] for a file of another shape, a repeated annotation id, or a category id
/// outside 1 to 90.
pub fn read_coco_instances(json: &Path) -> Result<CocoInstances, DataError> {
    let parsed: InstancesFile = read_json(
        json,
        "COCO instances: {\"images\": [{\"id\", \"width\", \"height\"}], \"annotations\": [{\"id\", \"image_id\", \
         \"category_id\", \"bbox\"}], \"categories\": [{\"id\", \"name\"}]}",
    )?;
    let invalid = |problem: String, expected: &str| DataError::Format {
        path: json.to_path_buf(),
        problem,
        expected: expected.into(),
    };
    let mut instances = CocoInstances::default();
    for category in parsed.categories {
        if !(1..=90).contains(&category.id) {
            return Err(invalid(format!("category id {}", category.id), "ids from 1 to 90"));
        }
        instances.categories.insert(category.id, category.name);
    }
    let sizes: HashMap<u64, (f64, f64)> =
        parsed.images.iter().map(|image| (image.id, (image.width, image.height))).collect();
    let mut seen = HashSet::new();
    for annotation in parsed.annotations {
        if !seen.insert(annotation.id) {
            return Err(invalid(format!("annotation id {} occurs twice", annotation.id), "unique annotation ids"));
        }
        let [left, top, width, height] = annotation.bbox;
        let reason = match sizes.get(&annotation.image_id) {
            None => Some("its image is not in the file"),
            Some(_) if !instances.categories.contains_key(&annotation.category_id) => {
                Some("its category is not in the file")
            }
            Some(&(image_width, image_height)) => {
                *instances.codes.entry(annotation.image_id.to_string()).or_insert(0) |=
                    1 << (annotation.category_id - 1);
                if width <= 0.0 || height <= 0.0 {
                    Some("its box has no area")
                } else if left >= image_width || top >= image_height || left + width <= 0.0 || top + height <= 0.0 {
                    Some("its box is outside the image")
                } else {
                    None
                }
            }
        };
        match reason {
            Some(reason) => {
                instances
                    .skipped
                    .push(Skipped { item: format!("annotation {}", annotation.id), reason: reason.into() });
            }
            None => instances.boxes.push(CocoBox {
                image: annotation.image_id.to_string(),
                category: annotation.category_id,
                rectangle: annotation.bbox,
                crowd: annotation.iscrowd != 0,
            }),
        }
    }
    Ok(instances)
}
