//! Information by natural logarithms.

use std::f64::consts::LN_2;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

use super::Bits;

/// An amount of information in nats: what every `log_prob` of this workspace is measured in.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Nats(pub f64);

impl Nats {
    /// The number, in nats.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The same amount in bits: `nats / ln 2`.
    pub fn bits(self) -> Bits {
        Bits(self.0 / LN_2)
    }

    /// Bits for each of `elements` parts that share this amount, such as bits per character: `nats / (elements ln 2)`.
    ///
    /// NaN for no elements: a mean over nothing.
    pub fn bits_per(self, elements: usize) -> Bits {
        Bits(self.0 / (elements as f64 * LN_2))
    }

    /// `exp(nats / elements)`: the number of equally likely choices that would be as hard to guess.
    pub fn perplexity_per(self, elements: usize) -> f64 {
        (self.0 / elements as f64).exp()
    }
}

impl From<Bits> for Nats {
    fn from(bits: Bits) -> Self {
        bits.nats()
    }
}

impl Add for Nats {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Nats {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Nats {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).sum())
    }
}

impl fmt::Display for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        f.write_str(" nats")
    }
}
