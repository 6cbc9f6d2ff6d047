//! Is one run better than another, or did it draw the luckier queries?

use rayon::prelude::*;

use super::split_mix::SplitMix;
use super::{MetricError, PairedSignificance};

/// How two runs are compared query by query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedTest {
    /// Bootstrap resamples, and sign flips where they are drawn; 10,000.
    pub resamples: usize,
    /// Share of resampled differences inside the interval; 0.95.
    pub confidence: f64,
    /// Seed of both; 0.
    pub seed: u64,
}

impl Default for PairedTest {
    fn default() -> Self {
        Self { resamples: 10_000, confidence: 0.95, seed: 0 }
    }
}

impl PairedTest {
    /// Up to so many queries with a difference, all `2^n` sign flips are enumerated.
    pub const EXACT_UP_TO: usize = 16;

    const BOOTSTRAP: u64 = 1;
    const FLIP: u64 = 2;

    /// Compares the per-query metrics of two runs over the same queries, as
    /// [`PositiveRanks::per_query`](super::PositiveRanks::per_query) gives them.
    ///
    /// With `d_q = second_q - first_q`:
    /// * the interval is the percentile interval of the paired bootstrap: queries are drawn with replacement, each draw
    ///   giving one mean difference; quantiles interpolate linearly (NumPy's default);
    /// * `p` is that of the two-sided sign-flip (permutation) test of "no difference": the share of the assignments of
    ///   signs to the `d_q` whose sum is at least as far from zero as the observed one. Queries without a difference do not
    ///   matter to it. Enumerated up to [`EXACT_UP_TO`](Self::EXACT_UP_TO), else `(1 + hits) / (1 + resamples)` over
    ///   drawn signs, which is never zero.
    ///
    /// Queries are taken as independent. The captions of one image are not quite: average them per image first to be strict.
    ///
    /// # Errors
    /// [`MetricError::Shape`] if the runs have other queries or other queries without a metric, or if `resamples` or
    /// `confidence` make no sense; [`MetricError::TooFew`] without a query; [`MetricError::NotFinite`].
    ///
    /// Source: Efron and Tibshirani 1993, chapters 13 and 15.
    pub fn compare(&self, first: &[Option<f64>], second: &[Option<f64>]) -> Result<PairedSignificance, MetricError> {
        self.check()?;
        let differences = differences(first, second)?;
        let sum: f64 = differences.iter().sum();
        let moved: Vec<f64> = differences.iter().copied().filter(|&difference| difference != 0.0).collect();
        let exact = moved.len() <= Self::EXACT_UP_TO;
        Ok(PairedSignificance {
            queries: differences.len(),
            difference: sum / differences.len() as f64,
            interval: self.bootstrap(&differences),
            p: if exact { flip_all(&moved, sum) } else { self.flip_some(&moved, sum) },
            exact,
        })
    }

    fn check(&self) -> Result<(), MetricError> {
        let shape = |found: String, expected: &str| MetricError::Shape {
            what: "paired test",
            found,
            expected: expected.into(),
        };
        if self.resamples == 0 {
            return Err(shape("0 resamples".into(), "at least 1"));
        }
        if !(self.confidence > 0.0 && self.confidence < 1.0) {
            return Err(shape(format!("confidence {}", self.confidence), "a number between 0 and 1"));
        }
        Ok(())
    }

    fn bootstrap(&self, differences: &[f64]) -> [f64; 2] {
        let count = differences.len();
        let mut means: Vec<f64> = (0..self.resamples as u64)
            .into_par_iter()
            .map(|resample| {
                let mut draws = SplitMix::stream(self.seed, Self::BOOTSTRAP, resample);
                (0..count).map(|_| differences[draws.below(count)]).sum::<f64>() / count as f64
            })
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - self.confidence) / 2.0;
        [quantile(&means, tail), quantile(&means, 1.0 - tail)]
    }

    fn flip_some(&self, moved: &[f64], sum: f64) -> f64 {
        let threshold = threshold(moved, sum);
        let hits = (0..self.resamples as u64)
            .into_par_iter()
            .filter(|&resample| {
                let mut draws = SplitMix::stream(self.seed, Self::FLIP, resample);
                let flipped: f64 = moved
                    .chunks(64)
                    .map(|chunk| {
                        let signs = draws.bits();
                        chunk.iter().enumerate().map(|(at, &d)| if signs >> at & 1 == 1 { -d } else { d }).sum::<f64>()
                    })
                    .sum();
                flipped.abs() >= threshold
            })
            .count();
        (1 + hits) as f64 / (1 + self.resamples) as f64
    }
}

/// The share of all assignments of signs that are at least as extreme.
fn flip_all(moved: &[f64], sum: f64) -> f64 {
    let threshold = threshold(moved, sum);
    let assignments = 1u32 << moved.len();
    let hits = (0..assignments)
        .filter(|signs| {
            let flipped: f64 = moved.iter().enumerate().map(|(at, &d)| if signs >> at & 1 == 1 { -d } else { d }).sum();
            flipped.abs() >= threshold
        })
        .count();
    hits as f64 / f64::from(assignments)
}

/// The observed sum, less what rounding can take off an equal one that is added up in another order.
fn threshold(moved: &[f64], sum: f64) -> f64 {
    sum.abs() - 1e-12 * moved.iter().map(|d| d.abs()).sum::<f64>()
}

fn differences(first: &[Option<f64>], second: &[Option<f64>]) -> Result<Vec<f64>, MetricError> {
    let shape = |found: String, expected: &str| MetricError::Shape {
        what: "paired test",
        found,
        expected: expected.to_owned(),
    };
    if first.len() != second.len() {
        return Err(shape(format!("{} and {} queries", first.len(), second.len()), "the same queries in both runs"));
    }
    let mut differences = Vec::with_capacity(first.len());
    for (query, pair) in first.iter().zip(second).enumerate() {
        match pair {
            (Some(a), Some(b)) if !(a.is_finite() && b.is_finite()) => {
                return Err(MetricError::NotFinite { what: "paired test", index: query });
            }
            (Some(a), Some(b)) => differences.push(b - a),
            (None, None) => {}
            _ => {
                let found = format!("query {query} has a value in one run only");
                return Err(shape(found, "two runs scored by the same ground truth"));
            }
        }
    }
    if differences.is_empty() {
        return Err(MetricError::TooFew { what: "paired test", found: 0, needed: 1 });
    }
    Ok(differences)
}

/// The `q`-quantile of ascending values, interpolated linearly between the two around place `q (n - 1)`.
fn quantile(ascending: &[f64], q: f64) -> f64 {
    let place = q * (ascending.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(ascending.len() - 1);
    ascending[below] + (place - below as f64) * (ascending[above] - ascending[below])
}
