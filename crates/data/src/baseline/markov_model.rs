//! An n-gram model of symbols.

use super::check_symbols;
use super::key_counts::{KeyCounts, bits_of};
use crate::DataError;

/// A model of order n: a symbol from the n before it, with the counts of all shorter contexts mixed in.
///
/// Interpolated Witten-Bell smoothing. With `N(h)` the count of context `h` in training, `T(h)` the number of different
/// symbols that followed it, and `h'` the context without its oldest symbol:
///
/// `p(c | h) = (count(h c) + T(h) p(c | h')) / (N(h) + T(h))`, and below the empty context `p = 1 / K`.
///
/// A context that training never saw has the probabilities of the shorter one. Every distribution sums to 1 and gives
/// every symbol some mass, so bits on a held-back text are exact and finite.
///
/// Source: Witten and Bell 1991, method C; interpolated form of Chen and Goodman 1998.
#[derive(Debug, Clone)]
pub struct MarkovModel {
    classes: usize,
    bits: u32,
    orders: Vec<Order>,
}

/// What training says about the contexts of one length.
#[derive(Debug, Clone, Default)]
struct Order {
    /// `count(h c)`, by the packed symbols of `h` and `c`.
    grams: KeyCounts,
    /// `N(h)`, by the packed symbols of `h`.
    totals: KeyCounts,
    /// `T(h)`.
    types: KeyCounts,
}

impl MarkovModel {
    /// Counts `symbols`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if there is no symbol, one is not below `classes`, there are more than 2^32 symbols, or
    /// `order + 1` symbols do not fit into 128 bits (order 24 for 27 classes, 15 for bytes).
    pub fn train(symbols: &[u16], classes: usize, order: usize) -> Result<Self, DataError> {
        check_symbols("training a Markov model", symbols, classes)?;
        let bits = bits_of(classes);
        let longest = (128 / bits) as usize - 1;
        if order > longest || u32::try_from(symbols.len()).is_err() {
            return Err(DataError::Invalid {
                what: "training a Markov model".into(),
                problem: format!("order {order} over {classes} classes, {} symbols", symbols.len()),
                help: format!("give an order of at most {longest} and fewer than 2^32 symbols"),
            });
        }
        let mut model = Self { classes, bits, orders: vec![Order::default(); order + 1] };
        let mut history = 0u128;
        for (at, &symbol) in symbols.iter().enumerate() {
            for (length, counts) in model.orders.iter_mut().enumerate().take(at + 1) {
                let context = history & low_bits(length as u32 * bits);
                let gram = counts.grams.entry(context << bits | u128::from(symbol)).or_insert(0);
                *gram += 1;
                if *gram == 1 {
                    *counts.types.entry(context).or_insert(0) += 1;
                }
                *counts.totals.entry(context).or_insert(0) += 1;
            }
            history = history << bits | u128::from(symbol);
        }
        Ok(model)
    }

    /// The order, n.
    pub fn order(&self) -> usize {
        self.orders.len() - 1
    }

    /// Number of symbols, K.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The distribution of the symbol after `history`, `[K]`; of a history, the last n symbols count.
    ///
    /// # Panics
    /// If a symbol is not below K.
    pub fn predict(&self, history: &[u16]) -> Vec<f64> {
        let kept = &history[history.len().saturating_sub(self.order())..];
        let packed = kept.iter().fold(0u128, |packed, &symbol| {
            assert!(usize::from(symbol) < self.classes, "symbol {symbol} of {} classes", self.classes);
            packed << self.bits | u128::from(symbol)
        });
        (0..self.classes).map(|symbol| self.probability(packed, kept.len(), symbol as u16)).collect()
    }

    /// `ln P(symbols)`, nats, the first symbols with what little context they have.
    ///
    /// # Panics
    /// If a symbol is not below K.
    pub fn log_prob(&self, symbols: &[u16]) -> f64 {
        let mut history = 0u128;
        let mut total = 0.0;
        for (at, &symbol) in symbols.iter().enumerate() {
            assert!(usize::from(symbol) < self.classes, "symbol {symbol} of {} classes", self.classes);
            total += self.probability(history, at.min(self.order()), symbol).ln();
            history = history << self.bits | u128::from(symbol);
        }
        total
    }

    /// Bits per symbol over `sequences`, each scored on its own, weighted by their lengths; 0 for no symbol.
    ///
    /// Give one whole text for its bits as a stream, or the chunks that a model of short sequences is scored on.
    ///
    /// # Panics
    /// If a symbol is not below K.
    pub fn bits_per_char<'a>(&self, sequences: impl IntoIterator<Item = &'a [u16]>) -> f64 {
        let (mut nats, mut count) = (0.0, 0usize);
        for sequence in sequences {
            nats -= self.log_prob(sequence);
            count += sequence.len();
        }
        if count == 0 { 0.0 } else { nats / (count as f64 * std::f64::consts::LN_2) }
    }

    /// `p(symbol | the last known symbols of history)`.
    fn probability(&self, history: u128, known: usize, symbol: u16) -> f64 {
        let mut p = 1.0 / self.classes as f64;
        for (length, counts) in self.orders.iter().enumerate().take(known + 1) {
            let context = history & low_bits(length as u32 * self.bits);
            let Some(&total) = counts.totals.get(&context) else { break }; // no longer context was seen either
            let types = f64::from(counts.types[&context]);
            let count = counts.grams.get(&(context << self.bits | u128::from(symbol))).copied().unwrap_or(0);
            p = (f64::from(count) + types * p) / (f64::from(total) + types);
        }
        p
    }
}

/// A mask of the lowest `count` bits, fewer than 128.
fn low_bits(count: u32) -> u128 {
    (1u128 << count) - 1
}
