//! Correcting a symbol from its two neighbours.

use super::check_symbols;
use super::key_counts::{KeyCounts, bits_of};
use crate::DataError;

/// Counts of symbols between two neighbours: the simplest model that can tell a wrong symbol from a right one.
///
/// With `n(m)` the count of symbol `m` in training, `N` its length, `N(l, r)` the count of the pair of neighbours and
/// `T(l, r)` the number of different symbols between them:
///
/// `p(m) = (n(m) + 1) / (N + K)`, `p(m | l, r) = (n(l m r) + T(l, r) p(m)) / (N(l, r) + T(l, r))`.
///
/// At an end of the text, or between neighbours that training never saw, it is `p(m)`.
#[derive(Debug, Clone)]
pub struct NeighbourSpeller {
    single: Vec<f64>, // [K]
    bits: u32,
    triples: KeyCounts,
    pairs: KeyCounts,
    types: KeyCounts,
}

impl NeighbourSpeller {
    /// Counts `symbols`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if there is no symbol, one is not below `classes`, or there are more than 2^32 symbols.
    pub fn train(symbols: &[u16], classes: usize) -> Result<Self, DataError> {
        const WHAT: &str = "training a speller";
        check_symbols(WHAT, symbols, classes)?;
        if u32::try_from(symbols.len()).is_err() {
            let problem = format!("{} symbols", symbols.len());
            return Err(DataError::Invalid { what: WHAT.into(), problem, help: "give fewer than 2^32".into() });
        }
        let mut single = vec![1.0; classes];
        for &symbol in symbols {
            single[usize::from(symbol)] += 1.0;
        }
        let total = (symbols.len() + classes) as f64;
        single.iter_mut().for_each(|count| *count /= total);
        let bits = bits_of(classes);
        let mut speller = Self {
            single,
            bits,
            triples: KeyCounts::default(),
            pairs: KeyCounts::default(),
            types: KeyCounts::default(),
        };
        for window in symbols.windows(3) {
            let pair = speller.pack(window[0], window[2]);
            let triple = speller.triples.entry(pair << bits | u128::from(window[1])).or_insert(0);
            *triple += 1;
            if *triple == 1 {
                *speller.types.entry(pair).or_insert(0) += 1;
            }
            *speller.pairs.entry(pair).or_insert(0) += 1;
        }
        Ok(speller)
    }

    /// The distribution of the symbol between two neighbours, `[K]`; `None` is the end of the text.
    pub fn predict(&self, left: Option<u16>, right: Option<u16>) -> Vec<f64> {
        let (Some(left), Some(right)) = (left, right) else { return self.single.clone() };
        let pair = self.pack(left, right);
        let Some(&total) = self.pairs.get(&pair) else { return self.single.clone() };
        let types = f64::from(self.types[&pair]);
        let mix = |(middle, single): (usize, &f64)| {
            let count = self.triples.get(&(pair << self.bits | middle as u128)).copied().unwrap_or(0);
            (f64::from(count) + types * single) / (f64::from(total) + types)
        };
        self.single.iter().enumerate().map(mix).collect()
    }

    /// `observed` with every symbol replaced by the most likely one, its observed neighbours given.
    ///
    /// A symbol is wrong with probability `error_rate`, and then uniform over all K: the score of symbol `k` is
    /// `ln p(k | l, r) + ln((1 - error_rate) [k is observed] + error_rate / K)`. A rate of 0 never edits; a rate of 1
    /// pays no heed to what was observed. Ties go to the observed symbol, then to the lowest.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if `error_rate` is not in `[0, 1]`, or a symbol is no class.
    pub fn correct(&self, observed: &[u16], error_rate: f64) -> Result<Vec<u16>, DataError> {
        if observed.is_empty() {
            return Ok(Vec::new());
        }
        check_symbols("correcting a text", observed, self.single.len())?;
        if !(0.0..=1.0).contains(&error_rate) {
            return Err(DataError::Invalid {
                what: "correcting a text".into(),
                problem: format!("`error_rate` is {error_rate}"),
                help: "give a number from 0 to 1".into(),
            });
        }
        let wrong = error_rate / self.single.len() as f64;
        let best = |at: usize| {
            let seen = observed[at];
            let left = at.checked_sub(1).map(|before| observed[before]);
            let law = self.predict(left, observed.get(at + 1).copied());
            let mut best = seen;
            let mut score = law[usize::from(seen)] * (1.0 - error_rate + wrong);
            for (symbol, p) in law.iter().enumerate() {
                if symbol != usize::from(seen) && p * wrong > score {
                    (best, score) = (symbol as u16, p * wrong);
                }
            }
            best
        };
        Ok((0..observed.len()).map(best).collect())
    }

    fn pack(&self, left: u16, right: u16) -> u128 {
        u128::from(left) << self.bits | u128::from(right)
    }
}
