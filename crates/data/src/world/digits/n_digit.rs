//! The splits of N-digit MNIST.

use super::{Mnist, NDigitConfig, NDigitSet, NDigitTask};
use crate::DataError;
use crate::world::draw::{Purpose, shuffle, stream};

/// Training and test images of numbers; test images are written with MNIST's test digits.
///
/// The numbers of training are the first of a permutation of all numbers that the seed gives, the unseen the rest; a test
/// set that takes only some of its numbers takes the first ones. Each digit of each image is drawn uniformly and
/// independently among MNIST's images of that digit. (The published generator draws in another way; its index files are
/// not reproduced, only their counts.)
#[derive(Debug, Clone)]
pub struct NDigit {
    /// What a model learns from.
    pub train: NDigitSet,
    /// New images of numbers that training shows.
    pub test_seen: NDigitSet,
    /// Images of numbers that training never shows; `None` for [`NDigitTask::Instance`], where there are none.
    pub test_unseen: Option<NDigitSet>,
}

impl NDigit {
    /// Draws the splits; equal configurations give equal splits, whatever platform.
    ///
    /// # Errors
    /// [`DataError::Invalid`] for a size or share out of range, see [`NDigitConfig::validate`].
    pub fn generate(mnist: &Mnist, config: &NDigitConfig) -> Result<Self, DataError> {
        config.validate()?;
        let mut numbers: Vec<u32> = (0..config.numbers() as u32).collect();
        if config.task == NDigitTask::Number {
            shuffle(&mut stream(config.seed, Purpose::DigitClasses, config.digits as u64, 0), &mut numbers);
        }
        let (seen, unseen) = numbers.split_at(config.train_numbers());
        let draw = |digits, part: u64, numbers: &[u32], images: usize, min: usize| {
            let classes = if images / numbers.len() < min { images / min } else { numbers.len() };
            let mut numbers = numbers[..classes].to_vec();
            numbers.sort_unstable();
            NDigitSet::draw(digits, config, part, &numbers, images / classes)
        };
        let min = if config.task == NDigitTask::Number { config.min_per_class } else { 1 };
        Ok(Self {
            train: draw(&mnist.train, 0, seen, config.train_images, 1),
            test_seen: draw(&mnist.test, 1, seen, config.test_images, min),
            test_unseen: (!unseen.is_empty()).then(|| draw(&mnist.test, 2, unseen, config.test_images, min)),
        })
    }
}
