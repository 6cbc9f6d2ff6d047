//! From decoded pixels to model input: a list of steps with an explicit source of randomness.

use super::{ChwImage, Filter, Transform, center_crop, crop, flip_horizontal, resize, resize_short_side};
use crate::DataError;
use crate::sample::{Stream, index_below, keyed_rng, uniform, unit};
use image::RgbImage;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Steps in an order that can be carried out: geometry, one normalisation, erasing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Transform>", into = "Vec<Transform>")]
pub struct Pipeline {
    steps: Vec<Transform>,
}

impl Pipeline {
    /// A pipeline of `steps`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if a number is out of range, or unless there is exactly one [`Transform::Normalize`], with
    /// all [`Transform::RandomErasing`] after it and everything else before it.
    pub fn new(steps: Vec<Transform>) -> Result<Self, DataError> {
        let invalid = |at: usize, problem: String| DataError::Invalid {
            what: format!("image pipeline, step {}", at + 1),
            problem,
            help: "geometry comes first, then `normalize` once, then `random-erasing`; sizes are at least 1, \
                   fractions and probabilities in 0..1, ranges ascending"
                .into(),
        };
        let mut normalized = false;
        for (at, step) in steps.iter().enumerate() {
            if let Some(problem) = step.problem() {
                return Err(invalid(at, problem));
            }
            let in_order = match step {
                Transform::Normalize { .. } => !std::mem::replace(&mut normalized, true),
                Transform::RandomErasing { .. } => normalized,
                _ => !normalized,
            };
            if !in_order {
                return Err(invalid(at, "out of order".into()));
            }
        }
        if !normalized {
            return Err(invalid(steps.len(), "there is no `normalize`".into()));
        }
        Ok(Self { steps })
    }

    /// PCME's training transform of COCO: random resized crop, flip, normalise, erase with p = 0.2.
    pub fn pcme_train(size: u32) -> Self {
        let crop = Transform::RandomResizedCrop {
            size,
            scale: [0.08, 1.0],
            ratio: [3.0 / 4.0, 4.0 / 3.0],
            filter: Filter::Bilinear,
        };
        let erase = Transform::RandomErasing { p: 0.2, scale: [0.02, 0.33], ratio: [0.3, 3.3], value: 0.0 };
        let flip = Transform::RandomHorizontalFlip { p: 0.5 };
        Self { steps: vec![crop, flip, Transform::imagenet_normalize(), erase] }
    }

    /// PCME's evaluation transform: the short side to 256/224 of `size`, the middle `size x size`.
    pub fn pcme_eval(size: u32) -> Self {
        let resize = Transform::Resize { size: (size * 8).div_ceil(7), filter: Filter::Bilinear };
        Self { steps: vec![resize, Transform::CenterCrop { size }, Transform::imagenet_normalize()] }
    }

    /// PCME++'s training transform: 60 to 100 % of each side, resized to a square, flip.
    pub fn pcmepp_train(size: u32) -> Self {
        let crop = Transform::RandomSideCrop { low: 0.6, high: 1.0 };
        let resize = Transform::ResizeExact { height: size, width: size, filter: Filter::Bilinear };
        let flip = Transform::RandomHorizontalFlip { p: 0.5 };
        Self { steps: vec![crop, resize, flip, Transform::imagenet_normalize()] }
    }

    /// PCME++'s evaluation transform: resized to a square, the ratio ignored.
    pub fn pcmepp_eval(size: u32) -> Self {
        let resize = Transform::ResizeExact { height: size, width: size, filter: Filter::Bilinear };
        Self { steps: vec![resize, Transform::imagenet_normalize()] }
    }

    /// The steps.
    pub fn steps(&self) -> &[Transform] {
        &self.steps
    }

    /// Whether any step draws random numbers.
    pub fn is_random(&self) -> bool {
        self.steps.iter().any(Transform::is_random)
    }

    /// Carries out the steps on image `item` of `epoch`: the same numbers whenever and wherever they are asked for.
    pub fn apply_at(&self, pixels: &RgbImage, seed: u64, epoch: u64, item: u64) -> ChwImage {
        self.apply(pixels, &mut keyed_rng(seed, epoch, item, Stream::Image))
    }

    /// Carries out the steps with the random numbers of `rng`.
    ///
    /// # Panics
    /// If `pixels` has a side of zero.
    pub fn apply(&self, pixels: &RgbImage, rng: &mut impl Rng) -> ChwImage {
        let mut pixels = std::borrow::Cow::Borrowed(pixels);
        let mut planes = None;
        for step in &self.steps {
            match *step {
                Transform::Normalize { mean, std } => planes = Some(ChwImage::normalize(&pixels, mean, std)),
                Transform::RandomErasing { p, scale, ratio, value } => {
                    if unit(rng) < p {
                        let planes = planes.as_mut().expect("erasing comes after normalising");
                        erase(planes, scale, ratio, value, rng);
                    }
                }
                ref step => pixels = std::borrow::Cow::Owned(geometry(step, &pixels, rng)),
            }
        }
        planes.expect("a pipeline normalises once")
    }
}

impl TryFrom<Vec<Transform>> for Pipeline {
    type Error = DataError;

    fn try_from(steps: Vec<Transform>) -> Result<Self, DataError> {
        Self::new(steps)
    }
}

impl From<Pipeline> for Vec<Transform> {
    fn from(pipeline: Pipeline) -> Self {
        pipeline.steps
    }
}

fn geometry(step: &Transform, pixels: &RgbImage, rng: &mut impl Rng) -> RgbImage {
    let (width, height) = pixels.dimensions();
    match *step {
        Transform::Resize { size, filter } => resize_short_side(pixels, size, filter),
        Transform::ResizeExact { height, width, filter } => resize(pixels, width, height, filter),
        Transform::CenterCrop { size } => center_crop(pixels, size, size),
        Transform::RandomResizedCrop { size, scale, ratio, filter } => {
            let [left, top, width, height] = resized_crop_window(width, height, scale, ratio, rng);
            resize(&crop(pixels, left.into(), top.into(), width, height), size, size, filter)
        }
        Transform::RandomSideCrop { low, high } => {
            let part = |side: u32, rng: &mut _| ((f64::from(side) * uniform(low, high, rng)) as u32).max(1);
            let (part_height, part_width) = (part(height, rng), part(width, rng));
            let top = index_below((height - part_height + 1) as usize, rng);
            let left = index_below((width - part_width + 1) as usize, rng);
            crop(pixels, left as i64, top as i64, part_width, part_height)
        }
        Transform::RandomCrop { size, padding } => {
            let place = |side: u32, rng: &mut _| {
                let padded = i64::from(side) + 2 * i64::from(padding);
                let room = padded - i64::from(size);
                // Too small even when padded: centred on black.
                let offset = if room < 0 { room.div_euclid(2) } else { index_below(room as usize + 1, rng) as i64 };
                offset - i64::from(padding)
            };
            let (top, left) = (place(height, rng), place(width, rng));
            crop(pixels, left, top, size, size)
        }
        Transform::RandomHorizontalFlip { p } if unit(rng) < p => flip_horizontal(pixels),
        _ => pixels.clone(),
    }
}

/// `[left, top, width, height]` as torchvision's `RandomResizedCrop.get_params` draws it: ten tries, then the largest
/// middle part whose ratio is in range.
fn resized_crop_window(width: u32, height: u32, scale: [f64; 2], ratio: [f64; 2], rng: &mut impl Rng) -> [u32; 4] {
    let (full_width, full_height) = (f64::from(width), f64::from(height));
    for _ in 0..10 {
        let area = full_width * full_height * uniform(scale[0], scale[1], rng);
        let aspect = uniform(ratio[0].ln(), ratio[1].ln(), rng).exp();
        let part_width = (area * aspect).sqrt().round_ties_even() as u32;
        let part_height = (area / aspect).sqrt().round_ties_even() as u32;
        if (1..=width).contains(&part_width) && (1..=height).contains(&part_height) {
            let top = index_below((height - part_height + 1) as usize, rng) as u32;
            let left = index_below((width - part_width + 1) as usize, rng) as u32;
            return [left, top, part_width, part_height];
        }
    }
    let whole = full_width / full_height;
    let (part_width, part_height) = if whole < ratio[0] {
        (width, ((full_width / ratio[0]).round_ties_even() as u32).clamp(1, height))
    } else if whole > ratio[1] {
        (((full_height * ratio[1]).round_ties_even() as u32).clamp(1, width), height)
    } else {
        (width, height)
    };
    [(width - part_width) / 2, (height - part_height) / 2, part_width, part_height]
}

/// One rectangle to `value`, if one of ten tries fits inside the image (torchvision's `RandomErasing`).
fn erase(planes: &mut ChwImage, scale: [f64; 2], ratio: [f64; 2], value: f32, rng: &mut impl Rng) {
    let (height, width) = (planes.height, planes.width);
    for _ in 0..10 {
        let area = (height * width) as f64 * uniform(scale[0], scale[1], rng);
        let aspect = uniform(ratio[0].ln(), ratio[1].ln(), rng).exp();
        let rows = (area * aspect).sqrt().round_ties_even() as usize;
        let columns = (area / aspect).sqrt().round_ties_even() as usize;
        if rows < height && columns < width {
            let top = index_below(height - rows + 1, rng);
            let left = index_below(width - columns + 1, rng);
            for row in (0..3).flat_map(|channel| (top..top + rows).map(move |row| channel * height + row)) {
                planes.values[row * width + left..][..columns].fill(value);
            }
            return;
        }
    }
}
