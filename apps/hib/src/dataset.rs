//! The data of a recipe: N-digit images over a folder of single digits.

use crate::recipe::Data;
use anyhow::anyhow;
use halation_data::DataError;
use halation_data::world::digits::{Mnist, NDigit, NDigitSet};
use halation_models::hib::DIGIT;
use halation_train::run::sha256_bytes;
use halation_train::user_error::user;

/// What is learnt from and what is asked.
pub struct Dataset {
    /// Training images.
    pub train: NDigitSet,
    /// Test images, of the same numbers with digits that training never saw.
    pub test: NDigitSet,
    /// Hash over every digit and label.
    pub sha256: String,
}

impl Dataset {
    /// Reads the digits and draws the numbers.
    ///
    /// # Errors
    /// User errors: a folder that is not named or not there, a file that is missing or damaged, digits of another size.
    pub fn load(data: &Data) -> anyhow::Result<Self> {
        let Some(folder) = &data.dir else {
            return Err(user(anyhow!("name the folder of MNIST's four idx files with --data DIR")));
        };
        let mnist = Mnist::read(folder).map_err(data_error)?;
        if mnist.train.side() != DIGIT {
            let (folder, side) = (folder.display(), mnist.train.side());
            return Err(user(anyhow!(
                "{folder}: digits of {side} x {side} pixels; the network takes {DIGIT} x {DIGIT}"
            )));
        }
        let mut bytes = Vec::new();
        for digits in [&mnist.train, &mnist.test] {
            bytes.extend_from_slice(digits.labels());
            (0..digits.len()).for_each(|index| bytes.extend_from_slice(digits.pixels(index)));
        }
        let drawn = NDigit::generate(&mnist, &data.numbers).map_err(data_error)?;
        Ok(Self { train: drawn.train, test: drawn.test_seen, sha256: sha256_bytes(&bytes) })
    }

    /// One line on what there is.
    pub fn summary(&self) -> String {
        let (train, test) = (self.train.len(), self.test.len());
        format!(
            "{} numbers of {} digits: {train} training images, {test} test images",
            self.train.numbers().len(),
            self.train.digits()
        )
    }
}

/// What is wrong with data is for the user to put right.
pub fn data_error(error: DataError) -> anyhow::Error {
    user(error.into())
}
