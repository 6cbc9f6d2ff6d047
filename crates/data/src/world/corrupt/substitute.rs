//! Wrong symbols in a sequence.

use super::{Substituted, share_of};
use crate::DataError;
use crate::world::draw::{Purpose, below, shuffle, stream};

/// `symbols` with `round(rate * length)` of them replaced by another symbol, uniform over the `classes - 1` others.
///
/// Which go is a uniformly random permutation given by `seed`, and what each becomes does not depend on the rate: for
/// one seed, a sequence at a larger rate has every error that it had at a smaller one. Give every sequence its own
/// seed.
///
/// # Errors
/// [`DataError::Invalid`] if `rate` is not in `[0, 1]`, a symbol is not below `classes`, or there is only one class.
pub fn substitute(symbols: &[u16], classes: usize, rate: f64, seed: u64) -> Result<Substituted, DataError> {
    let invalid = |problem: String, help: &str| DataError::Invalid {
        what: "substituting symbols".into(),
        problem,
        help: help.into(),
    };
    let wrong = share_of(symbols.len(), rate, "substituted symbols")?;
    if classes < 2 {
        return Err(invalid(format!("{classes} classes"), "give at least two: a wrong symbol is another one"));
    }
    if let Some(at) = symbols.iter().position(|&symbol| usize::from(symbol) >= classes) {
        let problem = format!("symbol {at} is {}, there are {classes} classes", symbols[at]);
        return Err(invalid(problem, "give symbols below the number of classes"));
    }
    let mut rng = stream(seed, Purpose::Substitution, symbols.len() as u64, classes as u64);
    let mut places: Vec<usize> = (0..symbols.len()).collect();
    shuffle(&mut rng, &mut places);
    // One draw per symbol, wrong or not: what a symbol becomes must not depend on the rate.
    let others: Vec<u16> = symbols
        .iter()
        .map(|&symbol| {
            let other = below(&mut rng, classes - 1) as u16;
            other + u16::from(other >= symbol)
        })
        .collect();
    places.truncate(wrong);
    places.sort_unstable();
    let mut observed = symbols.to_vec();
    for &place in &places {
        observed[place] = others[place];
    }
    Ok(Substituted { observed, truth: symbols.to_vec(), places })
}
