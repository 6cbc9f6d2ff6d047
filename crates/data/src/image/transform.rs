//! The steps of an image pipeline, as data.

use super::Filter;
use serde::{Deserialize, Serialize};

/// Channel means of ImageNet, of values in `[0, 1]`.
pub const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Channel standard deviations of ImageNet.
pub const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];
/// Mean of each channel in CLIP's preprocessing, as published with its weights.
pub const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
/// Standard deviation of each channel in CLIP's preprocessing.
pub const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// One step: geometry on 8-bit pixels, then [`Normalize`](Self::Normalize) once, then erasing.
///
/// In a recipe: `{ kind = "resize", size = 256 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Transform {
    /// The short side to `size`, the ratio kept (torchvision's `Resize(size)`).
    Resize {
        /// Pixels of the short side.
        size: u32,
        /// The resampling filter.
        #[serde(default)]
        filter: Filter,
    },
    /// To exactly `height x width`, the ratio ignored (torchvision's `Resize((height, width))`).
    ResizeExact {
        /// Rows.
        height: u32,
        /// Columns.
        width: u32,
        /// The resampling filter.
        #[serde(default)]
        filter: Filter,
    },
    /// The middle `size x size`, black where the image is smaller.
    CenterCrop {
        /// Pixels of both sides.
        size: u32,
    },
    /// A random part of random area and aspect ratio, resized to `size x size` (Inception-style crop).
    RandomResizedCrop {
        /// Pixels of both sides.
        size: u32,
        /// Smallest and largest fraction of the area.
        #[serde(default = "inception_scale")]
        scale: [f64; 2],
        /// Smallest and largest width / height, drawn log-uniformly.
        #[serde(default = "inception_ratio")]
        ratio: [f64; 2],
        /// The resampling filter.
        #[serde(default)]
        filter: Filter,
    },
    /// A random part whose height and width are each a fraction in `[low, high)` of the image's (PCME++).
    RandomSideCrop {
        /// Smallest fraction.
        low: f64,
        /// Largest fraction.
        high: f64,
    },
    /// A random `size x size` after `padding` black pixels on every side; more black where the image is smaller still.
    RandomCrop {
        /// Pixels of both sides.
        size: u32,
        /// Pixels added on every side first.
        #[serde(default)]
        padding: u32,
    },
    /// Left and right swapped with probability `p`.
    RandomHorizontalFlip {
        /// The probability.
        #[serde(default = "half")]
        p: f64,
    },
    /// To floats in `[0, 1]`, then `(x - mean) / std`.
    Normalize {
        /// Channel means.
        #[serde(default = "imagenet_mean")]
        mean: [f32; 3],
        /// Channel standard deviations.
        #[serde(default = "imagenet_std")]
        std: [f32; 3],
    },
    /// With probability `p`, one random rectangle set to `value` (Zhong et al. 2017; at most ten tries to fit one).
    RandomErasing {
        /// The probability.
        p: f64,
        /// Smallest and largest fraction of the area.
        #[serde(default = "erasing_scale")]
        scale: [f64; 2],
        /// Smallest and largest height / width, drawn log-uniformly.
        #[serde(default = "erasing_ratio")]
        ratio: [f64; 2],
        /// What the rectangle holds, after normalisation.
        #[serde(default)]
        value: f32,
    },
}

impl Transform {
    /// ImageNet's normalisation.
    pub const fn imagenet_normalize() -> Self {
        Self::Normalize { mean: IMAGENET_MEAN, std: IMAGENET_STD }
    }

    /// Whether the step draws random numbers.
    pub fn is_random(&self) -> bool {
        use Transform::*;
        matches!(
            self,
            RandomResizedCrop { .. }
                | RandomSideCrop { .. }
                | RandomCrop { .. }
                | RandomHorizontalFlip { .. }
                | RandomErasing { .. }
        )
    }

    /// What is wrong with the step's numbers, if anything.
    pub(super) fn problem(&self) -> Option<String> {
        let side = |name: &str, size: u32| (size == 0).then(|| format!("`{name}` is 0"));
        let probability = |p: f64| (!(0.0..=1.0).contains(&p)).then(|| format!("`p` is {p}, not a probability"));
        let range = |name: &str, [low, high]: [f64; 2], most: f64| {
            (!(low > 0.0 && low <= high && high <= most)).then(|| format!("`{name}` is [{low}, {high}]"))
        };
        match *self {
            Self::Resize { size, .. } | Self::CenterCrop { size } | Self::RandomCrop { size, .. } => side("size", size),
            Self::ResizeExact { height, width, .. } => side("height", height).or_else(|| side("width", width)),
            Self::RandomResizedCrop { size, scale, ratio, .. } => {
                side("size", size).or_else(|| range("scale", scale, 1.0)).or_else(|| range("ratio", ratio, f64::MAX))
            }
            Self::RandomSideCrop { low, high } => range("low, high", [low, high], 1.0),
            Self::RandomHorizontalFlip { p } => probability(p),
            Self::Normalize { mean, std } => {
                let usable =
                    mean.iter().all(|mean| mean.is_finite()) && std.iter().all(|&std| std.is_finite() && std > 0.0);
                (!usable).then(|| format!("mean {mean:?}, std {std:?}"))
            }
            Self::RandomErasing { p, scale, ratio, value } => probability(p)
                .or_else(|| range("scale", scale, 1.0))
                .or_else(|| range("ratio", ratio, f64::MAX))
                .or_else(|| (!value.is_finite()).then(|| format!("`value` is {value}"))),
        }
    }
}

fn inception_scale() -> [f64; 2] {
    [0.08, 1.0]
}

fn inception_ratio() -> [f64; 2] {
    [3.0 / 4.0, 4.0 / 3.0]
}

fn erasing_scale() -> [f64; 2] {
    [0.02, 0.33]
}

fn erasing_ratio() -> [f64; 2] {
    [0.3, 3.3]
}

fn half() -> f64 {
    0.5
}

fn imagenet_mean() -> [f32; 3] {
    IMAGENET_MEAN
}

fn imagenet_std() -> [f32; 3] {
    IMAGENET_STD
}
