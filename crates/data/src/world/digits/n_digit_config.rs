//! The size and the rules of N-digit MNIST.

use serde::{Deserialize, Serialize};

use super::NDigitTask;
use crate::DataError;

/// Everything that [`NDigit::generate`](super::NDigit::generate) depends on besides the digits.
///
/// The defaults give the published counts:
///
/// | set | numbers | images of each |
/// |---|---|---|
/// | 2 digits, instance: train, test | 100, 100 | 1000, 100 |
/// | 2 digits, number: train, test seen, test unseen | 70, 70, 30 | 1428, 142, 333 |
/// | 3 digits, instance: train, test | 1000, 1000 | 100, 10 |
/// | 3 digits, number: train, test seen, test unseen | 700, 100, 100 | 142, 100, 100 |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NDigitConfig {
    /// Digits per image, N, from 1 to 5; there are `10^N` numbers.
    pub digits: usize,
    /// Which numbers are in training and test.
    pub task: NDigitTask,
    /// Seed of everything random.
    pub seed: u64,
    /// Share of the numbers that training sees in [`NDigitTask::Number`].
    pub train_share: f64,
    /// Training images to aim at; a set has as many of each number as fit.
    pub train_images: usize,
    /// Images of each test set to aim at.
    pub test_images: usize,
    /// In [`NDigitTask::Number`], a test set takes fewer numbers rather than fewer images of each than this.
    pub min_per_class: usize,
}

impl Default for NDigitConfig {
    fn default() -> Self {
        Self {
            digits: 2,
            task: NDigitTask::Instance,
            seed: 714,
            train_share: 0.7,
            train_images: 100_000,
            test_images: 10_000,
            min_per_class: 100,
        }
    }
}

impl NDigitConfig {
    /// Refuses what cannot be generated.
    ///
    /// # Errors
    /// [`DataError::Invalid`] that names the field and its range.
    pub fn validate(&self) -> Result<(), DataError> {
        let invalid = |problem: String, help: String| DataError::Invalid {
            what: "the configuration of N-digit MNIST".into(),
            problem,
            help,
        };
        if !(1..=5).contains(&self.digits) {
            return Err(invalid(format!("`digits` is {}", self.digits), "give a number from 1 to 5".into()));
        }
        if !(self.train_share > 0.0 && self.train_share < 1.0) {
            let help = "give a number between 0 and 1".to_owned();
            return Err(invalid(format!("`train_share` is {}", self.train_share), help));
        }
        let all = self.numbers();
        let of_training = self.train_numbers();
        if of_training == 0 || self.task == NDigitTask::Number && of_training == all {
            let problem = format!("`train_share` {} leaves {of_training} of {all} numbers", self.train_share);
            return Err(invalid(problem, "leave at least one number for training and one for test".into()));
        }
        for (name, images, classes) in [
            ("train_images", self.train_images, of_training),
            ("test_images", self.test_images, if self.task == NDigitTask::Number { 1 } else { all }),
        ] {
            if images < classes || images > u32::MAX as usize {
                let help = format!("give at least {classes}, one image per number, and at most {}", u32::MAX);
                return Err(invalid(format!("`{name}` is {images}"), help));
            }
        }
        if self.min_per_class == 0 || self.min_per_class > self.test_images {
            let help = format!("give a number from 1 to `test_images`, {}", self.test_images);
            return Err(invalid(format!("`min_per_class` is {}", self.min_per_class), help));
        }
        Ok(())
    }

    /// `10^N`.
    pub(super) fn numbers(&self) -> usize {
        10usize.pow(self.digits as u32)
    }

    /// Numbers that training sees.
    pub(super) fn train_numbers(&self) -> usize {
        match self.task {
            NDigitTask::Instance => self.numbers(),
            NDigitTask::Number => (self.train_share * self.numbers() as f64 + 0.5) as usize,
        }
    }
}
