//! Graded corruptions: the same seed at a larger fraction removes everything that it removed at a smaller one.

mod occlude;
mod remove_words;
mod substitute;
mod substituted;

pub use occlude::*;
pub use remove_words::*;
pub use substitute::*;
pub use substituted::*;

use crate::DataError;

/// How many of `total` things a fraction stands for, rounded to the nearest; refuses fractions outside `[0, 1]`.
fn share_of(total: usize, fraction: f64, what: &str) -> Result<usize, DataError> {
    if !(0.0..=1.0).contains(&fraction) {
        return Err(DataError::Invalid {
            what: format!("the fraction of {what}"),
            problem: format!("it is {fraction}"),
            help: "give a number from 0 to 1".to_owned(),
        });
    }
    // Rounding half up, without libm: the product is not negative.
    Ok((fraction * total as f64 + 0.5) as usize)
}
