//! One split of N-digit MNIST, built image by image when asked for.

use std::sync::Arc;

use ::image::GrayImage;

use super::{DigitImages, DigitOcclusion, NDigitConfig};
use crate::DataError;
use crate::world::draw::{Purpose, below, stream};

/// Images of numbers as lists of digit images; only the single digits are in memory.
///
/// Images come number by number, as many of each.
#[derive(Debug, Clone)]
pub struct NDigitSet {
    digits: Arc<DigitImages>,
    places: usize,
    numbers: Vec<u32>,
    per_class: usize,
    parts: Vec<u32>, // [images, places], indices into `digits`
}

impl NDigitSet {
    pub(super) fn draw(
        digits: &Arc<DigitImages>,
        config: &NDigitConfig,
        part: u64,
        numbers: &[u32],
        per_class: usize,
    ) -> Self {
        let places = config.digits;
        let mut parts = Vec::with_capacity(numbers.len() * per_class * places);
        for &number in numbers {
            // A stream per number: its images do not depend on which other numbers there are.
            let mut rng = stream(config.seed, Purpose::DigitParts, part << 8 | places as u64, u64::from(number));
            for _ in 0..per_class {
                for place in 0..places {
                    let candidates = digits.of_digit(digit_at(number, place, places));
                    parts.push(candidates[below(&mut rng, candidates.len())]);
                }
            }
        }
        Self { digits: Arc::clone(digits), places, numbers: numbers.to_vec(), per_class, parts }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.numbers.len() * self.per_class
    }

    /// Whether there is no image; never so.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The numbers that occur, ascending.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Images of each number.
    pub fn per_class(&self) -> usize {
        self.per_class
    }

    /// Digits per image, N.
    pub fn digits(&self) -> usize {
        self.places
    }

    /// Height and width of every image: `S` and `N * S`, for digits of side `S`.
    pub fn size(&self) -> [usize; 2] {
        [self.digits.side(), self.places * self.digits.side()]
    }

    /// The number that image `index` shows: its class.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn number(&self, index: usize) -> u32 {
        self.numbers[index / self.per_class]
    }

    /// The class of every image, `[images]`.
    pub fn classes(&self) -> Vec<usize> {
        (0..self.len()).map(|index| self.number(index) as usize).collect()
    }

    /// The digit images that image `index` is made of, as indices into MNIST's own files, left to right, `[N]`.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn parts(&self, index: usize) -> &[u32] {
        &self.parts[index * self.places..(index + 1) * self.places]
    }

    /// Image `index`: its digits side by side.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn image(&self, index: usize) -> GrayImage {
        let [height, width] = self.size();
        let mut pixels = vec![0; height * width]; // [S, N S]
        for (place, &part) in self.parts(index).iter().enumerate() {
            for (row, line) in self.digits.pixels(part as usize).chunks_exact(height).enumerate() {
                let start = row * width + place * height;
                pixels[start..start + height].copy_from_slice(line);
            }
        }
        GrayImage::from_raw(width as u32, height as u32, pixels).expect("the buffer has the size of the image")
    }

    /// Images `indices` as numbers in `[0, 1]`, spoiled as `occlusion` says for `epoch`: `[B, 1, S, N S]`, row-major.
    ///
    /// # Panics
    /// If an index is out of range.
    pub fn values(&self, indices: &[usize], occlusion: Option<&DigitOcclusion>, epoch: u64) -> Vec<f32> {
        let [height, width] = self.size();
        let mut values = Vec::with_capacity(indices.len() * height * width);
        for &index in indices {
            let mut image = self.image(index);
            if let Some(occlusion) = occlusion {
                occlusion.apply(&mut image, epoch, index as u64);
            }
            values.extend(image.as_raw().iter().map(|&level| f32::from(level) / 255.0));
        }
        values // [B, 1, S, N S]
    }

    /// `count` pairs of images to verify, every other of the same number: `(first, second, same)`.
    ///
    /// Numbers are drawn uniformly, and images of them; the two images of a pair are never one and the same.
    ///
    /// # Errors
    /// [`DataError::Invalid`] unless there are two numbers with two images each.
    pub fn verification_pairs(&self, count: usize, seed: u64) -> Result<Vec<(usize, usize, bool)>, DataError> {
        if self.numbers.len() < 2 || self.per_class < 2 {
            return Err(DataError::Invalid {
                what: "pairs of N-digit images".into(),
                problem: format!("{} numbers with {} images each", self.numbers.len(), self.per_class),
                help: "take at least two numbers with two images each".into(),
            });
        }
        let mut rng = stream(seed, Purpose::DigitPairs, 0, 0);
        let mut pair = |same: bool| {
            let mut two = |bound: usize, other: bool| {
                let first = below(&mut rng, bound);
                // Among the others: the draw skips over the first.
                let second = below(&mut rng, bound - usize::from(other));
                (first, second + usize::from(other && second >= first))
            };
            let (number, second_number) = if same {
                let number = two(self.numbers.len(), false).0;
                (number, number)
            } else {
                two(self.numbers.len(), true)
            };
            let (image, second_image) = two(self.per_class, same);
            (number * self.per_class + image, second_number * self.per_class + second_image, same)
        };
        Ok((0..count).map(|index| pair(index % 2 == 0)).collect())
    }
}

/// The decimal digit of `number` at `place`, counted from the left of `places`.
fn digit_at(number: u32, place: usize, places: usize) -> usize {
    (number / 10u32.pow((places - 1 - place) as u32) % 10) as usize
}
