//! Information by logarithms to base two.

use std::f64::consts::LN_2;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};

use super::Nats;

/// An amount of information in bits: what likelihoods are reported in, per character or per pixel.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Bits(pub f64);

impl Bits {
    /// The number, in bits.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The same amount in nats: `bits ln 2`.
    pub fn nats(self) -> Nats {
        Nats(self.0 * LN_2)
    }

    /// What a choice among `classes` equally likely ones costs: `log2 classes`.
    pub fn uniform(classes: usize) -> Self {
        Self((classes as f64).log2())
    }

    /// `2^bits`: the perplexity, where these are the bits of one token.
    pub fn perplexity(self) -> f64 {
        self.0.exp2()
    }
}

impl From<Nats> for Bits {
    fn from(nats: Nats) -> Self {
        nats.bits()
    }
}

impl Add for Bits {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Bits {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Bits {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.map(|amount| amount.0).sum())
    }
}

impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        f.write_str(" bits")
    }
}
