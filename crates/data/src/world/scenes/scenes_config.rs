//! The size and the rules of a generated world.

use serde::{Deserialize, Serialize};

use super::{Holdout, Scene};
use crate::DataError;

/// Everything that [`Scenes::generate`](super::Scenes::generate) depends on; the same value gives the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScenesConfig {
    /// Seed of everything random. Item `i` of a split depends on the seed and `i`, not on the sizes of the splits.
    pub seed: u64,
    /// Images in the training split.
    pub train: usize,
    /// Images in the validation split.
    pub val: usize,
    /// Images in the test split.
    pub test: usize,
    /// Side of the square images, pixels, from 16 to 512.
    pub image_size: u32,
    /// Captions written for each image, before equal texts are merged; from 1 to 100.
    pub captions_per_image: usize,
    /// Most objects in a scene, from 1 to 4; their number is uniform from 1.
    pub max_objects: usize,
    /// What test and validation hold that training never sees.
    pub holdout: Holdout,
    /// Expected share of *training* images with a grey patch over a uniformly drawn part of up to
    /// [`max_occlusion`](Self::max_occlusion) of their pixels: what teaches a model that hidden means uncertain.
    /// Validation and test images are never covered.
    pub occluded_share: f64,
    /// Largest covered part of a training image, as a fraction of its pixels.
    pub max_occlusion: f64,
}

impl Default for ScenesConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            train: 4000,
            val: 500,
            test: 500,
            image_size: 32,
            captions_per_image: 4,
            max_objects: 3,
            holdout: Holdout::Pairs,
            occluded_share: 0.25,
            max_occlusion: 0.9,
        }
    }
}

impl ScenesConfig {
    /// Most bytes of pixels that a world may take.
    const MAX_PIXEL_BYTES: u128 = 4 << 30;
    /// Most (image, caption) pairs that the ground truth of one split may have to check.
    const MAX_PAIRS: u128 = 20_000_000_000;

    /// Refuses what cannot be generated.
    ///
    /// # Errors
    /// [`DataError::Invalid`] that names the field and its range.
    pub fn validate(&self) -> Result<(), DataError> {
        for (name, images) in [("train", self.train), ("val", self.val), ("test", self.test)] {
            in_range(name, images as f64, 1.0, f64::INFINITY)?;
            let pairs = (images as u128 * images as u128).saturating_mul(self.captions_per_image as u128);
            if pairs > Self::MAX_PAIRS {
                let problem =
                    format!("`{name}` = {images} images would give up to {pairs} pairs of the complete ground truth");
                return Err(invalid(
                    problem,
                    format!("stay below {} (images^2 x captions_per_image)", Self::MAX_PAIRS),
                ));
            }
        }
        in_range("image_size", f64::from(self.image_size), 16.0, 512.0)?;
        in_range("captions_per_image", self.captions_per_image as f64, 1.0, 100.0)?;
        in_range("max_objects", self.max_objects as f64, 1.0, Scene::MAX_OBJECTS as f64)?;
        in_range("occluded_share", self.occluded_share, 0.0, 1.0)?;
        in_range("max_occlusion", self.max_occlusion, 0.0, 1.0)?;
        let images = self.train as u128 + self.val as u128 + self.test as u128;
        let bytes = images * 3 * u128::from(self.image_size) * u128::from(self.image_size);
        if bytes > Self::MAX_PIXEL_BYTES {
            let problem = format!("{images} images of side {} take {bytes} bytes", self.image_size);
            return Err(invalid(problem, format!("stay below {} bytes of pixels", Self::MAX_PIXEL_BYTES)));
        }
        Ok(())
    }
}

fn in_range(name: &str, value: f64, low: f64, high: f64) -> Result<(), DataError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    let help =
        if high.is_finite() { format!("give a number from {low} to {high}") } else { format!("give at least {low}") };
    Err(invalid(format!("`{name}` is {value}"), help))
}

fn invalid(problem: String, help: String) -> DataError {
    DataError::Invalid { what: "the configuration of the scenes".to_owned(), problem, help }
}
