//! CutMix and Mixup of a batch of images.

use super::{Stream, keyed_rng, unit};
use crate::DataError;
use crate::image::ChwImage;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Mixes images of a batch with those of the reversed batch, per image, as PCME++ trains (Chun, "Improved probabilistic
/// image-text representations", ICLR 2024; CutMix: Yun et al., ICCV 2019; Mixup: Zhang et al., ICLR 2018).
///
/// Image `i` of `B` is mixed with image `B - 1 - i` with probability `p`, by CutMix with probability `cutmix`, else by
/// Mixup. `lam ~ Beta(alpha, alpha)` is the share that image `i` keeps. Mixup takes `lam x_i + (1 - lam) x_j`; CutMix
/// pastes a box of `x_j` with sides `sqrt(1 - lam)` of the image's around a uniform centre, cut off at the border, and
/// corrects `lam` to the share of pixels that stayed. Both always read unmixed images.
///
/// The middle image of an odd batch is its own partner and stays as it is; the released code drops it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchMixer {
    /// How likely an image is mixed at all.
    pub p: f64,
    /// How likely a mixed image is mixed by CutMix rather than Mixup.
    pub cutmix: f64,
    /// Both parameters of the Beta distribution of `lam`; a whole number, at least 1.
    pub alpha: usize,
}

impl Default for BatchMixer {
    /// PCME++: a quarter of the images, half of them by CutMix, `Beta(2, 2)`.
    fn default() -> Self {
        Self { p: 0.25, cutmix: 0.5, alpha: 2 }
    }
}

impl BatchMixer {
    /// Mixes the batch of step `step` of `epoch`: the same numbers whenever and wherever they are asked for.
    ///
    /// # Errors
    /// As [`mix`](Self::mix).
    pub fn mix_at(&self, images: &mut [ChwImage], seed: u64, epoch: u64, step: u64) -> Result<Vec<f32>, DataError> {
        self.mix(images, &mut keyed_rng(seed, epoch, step, Stream::Mix))
    }

    /// Mixes `images` in place with the random numbers of `rng` and returns `lam`, the share that each image kept.
    ///
    /// The targets are then `diag(lam) Y + diag(1 - lam) Y[reversed]`, with the match matrix `Y` made from ids *before*
    /// mixing, so that images with several captions keep all their positives.
    ///
    /// # Shapes
    /// - output: `[B]`, 1 for an image that is not mixed
    ///
    /// # Errors
    /// [`DataError::Invalid`] if images differ in size, a probability is not in `[0, 1]`, or `alpha` is 0.
    pub fn mix(&self, images: &mut [ChwImage], rng: &mut impl Rng) -> Result<Vec<f32>, DataError> {
        self.check(images)?;
        let count = images.len();
        // Drawn for all images first and in this order, so that how many are mixed moves no other image's numbers.
        let plans: Vec<Option<Plan>> = (0..count).map(|_| self.plan(rng)).collect();
        let mut shares = vec![1.0; count];
        for first in 0..count / 2 {
            let last = count - 1 - first;
            let (head, tail) = images.split_at_mut(last);
            let (one, other) = (&mut head[first], &mut tail[0]);
            let unmixed = plans[first].as_ref().and(plans[last].as_ref()).map(|_| one.clone());
            if let Some(plan) = &plans[first] {
                shares[first] = plan.carry_out(one, other);
            }
            if let Some(plan) = &plans[last] {
                shares[last] = plan.carry_out(other, unmixed.as_ref().unwrap_or(one));
            }
        }
        Ok(shares)
    }

    fn check(&self, images: &[ChwImage]) -> Result<(), DataError> {
        let invalid = |problem: String, help: &str| {
            Err(DataError::Invalid { what: "batch mixing".into(), problem, help: help.into() })
        };
        if ![self.p, self.cutmix].iter().all(|p| (0.0..=1.0).contains(p)) {
            return invalid(format!("probabilities {} and {}", self.p, self.cutmix), "take them from 0..1");
        }
        if self.alpha == 0 {
            return invalid("`alpha` is 0".into(), "take at least 1");
        }
        let Some(first) = images.first() else { return Ok(()) };
        match images.iter().find(|image| (image.height, image.width) != (first.height, first.width)) {
            None => Ok(()),
            Some(other) => invalid(
                format!("a {}x{} image beside a {}x{} one", other.height, other.width, first.height, first.width),
                "end the image pipeline with one size for all",
            ),
        }
    }

    /// What happens to one image; always the same number of draws.
    fn plan(&self, rng: &mut impl Rng) -> Option<Plan> {
        let (mixed, cut) = (unit(rng) < self.p, unit(rng) < self.cutmix);
        let keep = beta(self.alpha, rng);
        let centre = [unit(rng), unit(rng)];
        mixed.then_some(Plan { keep, centre: cut.then_some(centre) })
    }
}

/// How one image is mixed.
struct Plan {
    /// `lam` as it was drawn.
    keep: f64,
    /// The centre of the pasted box in units of the sides `[height, width]`; none for Mixup.
    centre: Option<[f64; 2]>,
}

impl Plan {
    /// Mixes `other` into `image` and returns the share that `image` kept.
    fn carry_out(&self, image: &mut ChwImage, other: &ChwImage) -> f32 {
        let Some([row, column]) = self.centre else {
            let keep = self.keep as f32;
            for (value, other) in image.values.iter_mut().zip(&other.values) {
                *value = keep * *value + (1.0 - keep) * other;
            }
            return keep;
        };
        let (height, width) = (image.height, image.width);
        let [top, bottom] = self.span(height, row);
        let [left, right] = self.span(width, column);
        for row in (0..3).flat_map(|channel| (top..bottom).map(move |row| channel * height + row)) {
            let cells = row * width + left..row * width + right;
            image.values[cells.clone()].copy_from_slice(&other.values[cells]);
        }
        1.0 - ((bottom - top) * (right - left)) as f32 / (height * width) as f32
    }

    /// Where the box begins and ends along a side of `length` pixels.
    fn span(&self, length: usize, centre: f64) -> [usize; 2] {
        let half = (length as f64 * (1.0 - self.keep).sqrt()) as usize / 2;
        let centre = ((length as f64 * centre) as usize).min(length.saturating_sub(1));
        [centre.saturating_sub(half), (centre + half).min(length)]
    }
}

/// A draw from `Beta(alpha, alpha)`: for whole numbers the middle one of `2 alpha - 1` uniform numbers.
///
/// Written out because the libraries' samplers may change with a version, and a resumed run must not.
fn beta(alpha: usize, rng: &mut impl Rng) -> f64 {
    let mut draws: Vec<f64> = (0..2 * alpha - 1).map(|_| unit(rng)).collect();
    draws.sort_unstable_by(f64::total_cmp);
    draws[alpha - 1]
}
