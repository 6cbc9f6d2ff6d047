//! Black squares over digits.

use ::image::{GrayImage, Luma};
use serde::{Deserialize, Serialize};

use crate::DataError;
use crate::world::draw::{Purpose, below, stream, unit};

/// How digits are spoiled: each, with some probability, by a black square of random side at a random place within it.
///
/// Side `s` uniform in `min_side..=max_side`; the upper left corner uniform where the square fits into the digit. All
/// draws of a digit are made whether it is spoiled or not, so with one seed a larger `share` spoils the same digits in
/// the same way and more besides.
///
/// Source: the corrupted digits of Oh et al. 2019 (HIB): side from 0 to the whole digit; the shares, a fifth of the
/// digits in training and all in test, are second-hand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DigitOcclusion {
    /// Probability that a digit is spoiled.
    pub share: f64,
    /// Smallest side of the square, pixels.
    pub min_side: usize,
    /// Largest side, pixels; at most the side of the digit counts.
    pub max_side: usize,
    /// Seed.
    pub seed: u64,
}

impl Default for DigitOcclusion {
    /// Training's: a fifth of the digits, sides from 0 to 28, seed 0.
    fn default() -> Self {
        Self { share: 0.2, min_side: 0, max_side: 28, seed: 0 }
    }
}

impl DigitOcclusion {
    /// The corrupted test set: every digit, sides from 0 to 28.
    pub fn corrupted_test(seed: u64) -> Self {
        Self { share: 1.0, seed, ..Self::default() }
    }

    /// A square of exactly `side` on every digit, for curves over the strength.
    pub fn of_side(side: usize, seed: u64) -> Self {
        Self { share: 1.0, min_side: side, max_side: side, seed }
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`DataError::Invalid`] that names the field.
    pub fn validate(&self) -> Result<(), DataError> {
        let problem = match self {
            Self { share, .. } if !(0.0..=1.0).contains(share) => format!("`share` is {share}"),
            Self { min_side, max_side, .. } if min_side > max_side => {
                format!("`min_side` {min_side} is above `max_side` {max_side}")
            }
            _ => return Ok(()),
        };
        let help = "give a share from 0 to 1 and sides in rising order".into();
        Err(DataError::Invalid { what: "digit occlusion".into(), problem, help })
    }

    /// Spoils `image`, item `index` of `epoch`, whose digits are squares side by side. Returns the side of the square on each
    /// digit, 0 where there is none.
    ///
    /// # Panics
    /// If the width of the image is not a multiple of its height.
    pub fn apply(&self, image: &mut GrayImage, epoch: u64, index: u64) -> Vec<usize> {
        let side = image.height() as usize;
        let digits = (image.width() as usize).checked_div(side).unwrap_or(0);
        assert_eq!(digits * side, image.width() as usize, "digits are squares side by side");
        let largest = self.max_side.min(side);
        let smallest = self.min_side.min(largest);
        let mut rng = stream(self.seed, Purpose::DigitOcclusion, epoch, index);
        (0..digits)
            .map(|digit| {
                let spoiled = unit(&mut rng) < self.share;
                let square = smallest + below(&mut rng, largest - smallest + 1);
                let left = digit * side + below(&mut rng, side - square + 1);
                let top = below(&mut rng, side - square + 1);
                if !spoiled {
                    return 0;
                }
                for y in top..top + square {
                    for x in left..left + square {
                        image.put_pixel(x as u32, y as u32, Luma([0]));
                    }
                }
                square
            })
            .collect()
    }
}
