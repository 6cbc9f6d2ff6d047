//! What counting alone can do with a text: the bits and the corrections that a trained model must beat.
//!
//! [`order0_bits`] and [`bzip2_bits`] need no training; [`MarkovModel`] is trained on one part and scored on another;
//! [`NeighbourSpeller`] corrects single symbols.
//!
//! What does *not* live here: models with gradients (see `halation-models`), sources of known entropy (see
//! [`chains`](crate::world::chains)).

mod bzip2_bits;
mod key_counts;
mod markov_model;
mod neighbour_speller;
mod order0;

pub use bzip2_bits::*;
pub use markov_model::*;
pub use neighbour_speller::*;
pub use order0::*;

use crate::DataError;

/// Refuses symbols that are no classes, and alphabets without any.
fn check_symbols(what: &str, symbols: &[u16], classes: usize) -> Result<(), DataError> {
    let invalid =
        |problem: String, help: &str| Err(DataError::Invalid { what: what.to_owned(), problem, help: help.into() });
    if !(1..=1 << 16).contains(&classes) {
        return invalid(format!("{classes} classes"), "give 1 to 65536");
    }
    if symbols.is_empty() {
        return invalid("there is no symbol".into(), "give a text that is not empty");
    }
    match symbols.iter().position(|&symbol| usize::from(symbol) >= classes) {
        Some(at) => invalid(
            format!("symbol {at} is {}, there are {classes} classes", symbols[at]),
            "give symbols below the number of classes",
        ),
        None => Ok(()),
    }
}
