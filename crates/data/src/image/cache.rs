//! All images of a set, decoded and resized once, as bytes in memory.

use super::{ChwImage, DecodeLimits, Filter, center_crop, decode, resize, resize_short_side};
use crate::DataError;
use crate::caption::{CaptionSet, Skipped};
use image::RgbImage;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How an image becomes a square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SquareFit {
    /// The short side to the size, then the middle.
    #[default]
    CenterCrop,
    /// Both sides to the size, the ratio ignored.
    Squash,
}

impl SquareFit {
    /// The square of an image, `size` on a side.
    ///
    /// # Panics
    /// If a side of the image or the size is zero.
    pub fn apply(self, pixels: &RgbImage, size: u32, filter: Filter) -> RgbImage {
        match self {
            Self::Squash => resize(pixels, size, size, filter),
            Self::CenterCrop => center_crop(&resize_short_side(pixels, size, filter), size, size),
        }
    }
}

/// The images of a set as one block of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageCache {
    planes: Vec<u8>, // [N, 3, S, S]
    size: usize,
}

impl ImageCache {
    /// Decodes and resizes every image of `set`, in parallel, to `size x size`.
    ///
    /// Returns the cache and the set it belongs to: without the images that could not be decoded and the captions that
    /// match no other; both are reported in its `skipped`, after what was there before.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if `size` is 0, or if no image is left; the message holds the first image's error.
    pub fn build(
        set: &CaptionSet,
        size: u32,
        fit: SquareFit,
        limits: &DecodeLimits,
    ) -> Result<(Self, CaptionSet), DataError> {
        Self::build_filtered(set, size, fit, Filter::Bilinear, limits)
    }

    /// [`build`](Self::build) with another filter than the bilinear one: CLIP's preprocessing is bicubic.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn build_filtered(
        set: &CaptionSet,
        size: u32,
        fit: SquareFit,
        filter: Filter,
        limits: &DecodeLimits,
    ) -> Result<(Self, CaptionSet), DataError> {
        let side = size as usize;
        let bytes = 3 * side * side;
        if bytes == 0 {
            let what = "image cache".to_owned();
            return Err(DataError::Invalid { what, problem: "the size is 0".into(), help: "take at least 1".into() });
        }
        let mut planes = vec![0; set.images.len() * bytes]; // [N, 3, S, S]
        let outcomes: Vec<Result<(), DataError>> = planes
            .par_chunks_exact_mut(bytes)
            .zip(&set.images)
            .map(|(target, item)| {
                let pixels = decode(&item.source, limits)?;
                let square = fit.apply(&pixels, size, filter);
                for (at, pixel) in square.as_raw().chunks_exact(3).enumerate() {
                    for channel in 0..3 {
                        target[channel * side * side + at] = pixel[channel];
                    }
                }
                Ok(())
            })
            .collect();

        let mut keep = Vec::new();
        let mut skipped = set.skipped.clone();
        for (index, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Ok(()) => {
                    planes.copy_within(index * bytes..(index + 1) * bytes, keep.len() * bytes);
                    keep.push(index);
                }
                Err(error) => {
                    skipped
                        .push(Skipped { item: format!("image {}", set.images[index].id), reason: error.to_string() });
                }
            }
        }
        if keep.is_empty() {
            let first = skipped.last().map_or_else(
                || "the set is empty".to_owned(),
                |skipped| format!("{}: {}", skipped.item, skipped.reason),
            );
            return Err(DataError::Invalid {
                what: format!("caption set of {} images", set.images.len()),
                problem: format!("no image can be used; {first}"),
                help: "check that the files are images".into(),
            });
        }
        planes.truncate(keep.len() * bytes);
        for (caption, images) in set.matches.images_of_caption().iter().enumerate() {
            if !images.iter().any(|&image| outcomes[image].is_ok()) {
                let item = format!("caption {}", set.captions[caption].id);
                skipped.push(Skipped { item, reason: "no image of it could be decoded".into() });
            }
        }
        let kept = CaptionSet { skipped, ..set.subset(&keep) };
        Ok((Self { planes, size: side }, kept))
    }

    /// The number of images, N.
    pub fn len(&self) -> usize {
        self.planes.len() / (3 * self.size * self.size)
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.planes.is_empty()
    }

    /// The side of every image, S.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Image `index` as planes, `[3, S, S]`.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn planes(&self, index: usize) -> &[u8] {
        let bytes = 3 * self.size * self.size;
        &self.planes[index * bytes..(index + 1) * bytes]
    }

    /// Image `index` as interleaved pixels, for a pipeline.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn pixels(&self, index: usize) -> RgbImage {
        let planes = self.planes(index);
        let area = self.size * self.size;
        RgbImage::from_fn(self.size as u32, self.size as u32, |x, y| {
            let at = y as usize * self.size + x as usize;
            image::Rgb([planes[at], planes[area + at], planes[2 * area + at]])
        })
    }

    /// Images `indices` scaled to `[0, 1]`, then `(x - mean) / std`: `[B, 3, S, S]` row-major.
    ///
    /// # Panics
    /// If an index is out of range.
    pub fn normalized(&self, indices: &[usize], mean: [f32; 3], std: [f32; 3]) -> Vec<f32> {
        let area = self.size * self.size;
        let mut values = Vec::with_capacity(indices.len() * 3 * area);
        for &index in indices {
            for (channel, plane) in self.planes(index).chunks_exact(area).enumerate() {
                values.extend(plane.iter().map(|&level| (f32::from(level) / 255.0 - mean[channel]) / std[channel]));
            }
        }
        values // [B, 3, S, S]
    }

    /// Images `indices` through `pipeline` as items of `epoch`, in parallel.
    ///
    /// # Panics
    /// If an index is out of range.
    pub fn transformed(&self, indices: &[usize], pipeline: &super::Pipeline, seed: u64, epoch: u64) -> Vec<ChwImage> {
        indices.par_iter().map(|&index| pipeline.apply_at(&self.pixels(index), seed, epoch, index as u64)).collect()
    }
}
