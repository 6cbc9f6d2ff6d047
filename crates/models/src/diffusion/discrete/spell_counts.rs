//! How good a spell checker is on text whose errors are known.

use std::ops::AddAssign;

/// Counts over positions; add up the counts of several texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpellCounts {
    /// Positions.
    pub positions: u64,
    /// Positions with an error.
    pub errors: u64,
    /// Positions that were changed.
    pub edits: u64,
    /// Errors that were changed to the truth.
    pub corrected: u64,
    /// Errors that were changed, to whatever class.
    pub detected: u64,
}

impl SpellCounts {
    /// Counts what was observed, what was proposed, and what is true.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn count(observed: &[i64], proposed: &[i64], truth: &[i64]) -> Self {
        assert!(observed.len() == proposed.len() && observed.len() == truth.len(), "texts of different lengths");
        let mut counts = Self { positions: observed.len() as u64, ..Self::default() };
        for ((observed, proposed), truth) in observed.iter().zip(proposed).zip(truth) {
            let (error, edit) = (observed != truth, proposed != observed);
            counts.errors += u64::from(error);
            counts.edits += u64::from(edit);
            counts.detected += u64::from(error && edit);
            counts.corrected += u64::from(error && proposed == truth);
        }
        counts
    }

    /// Share of the edits that restored the truth; 1 without any edit.
    pub fn precision(&self) -> f64 {
        if self.edits == 0 { 1.0 } else { self.corrected as f64 / self.edits as f64 }
    }

    /// Share of the errors that were restored; 1 without any error.
    pub fn recall(&self) -> f64 {
        if self.errors == 0 { 1.0 } else { self.corrected as f64 / self.errors as f64 }
    }
}

impl AddAssign for SpellCounts {
    fn add_assign(&mut self, other: Self) {
        self.positions += other.positions;
        self.errors += other.errors;
        self.edits += other.edits;
        self.corrected += other.corrected;
        self.detected += other.detected;
    }
}
