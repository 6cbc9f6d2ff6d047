//! Where the parts of a text begin and end.

use crate::DataError;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How a text is cut by position into `train`, `val` and `test`, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TextSplit {
    /// Shares of the symbols, each rounded to the nearest; training has the rest.
    Shares {
        /// Share of `val`.
        val: f64,
        /// Share of `test`.
        test: f64,
    },
    /// Numbers of symbols (bytes for one-byte alphabets); what follows them is not used.
    Counts {
        /// Symbols of `train`.
        train: usize,
        /// Symbols of `val`.
        val: usize,
        /// Symbols of `test`.
        test: usize,
    },
}

impl Default for TextSplit {
    /// 90 / 5 / 5.
    fn default() -> Self {
        Self::Shares { val: 0.05, test: 0.05 }
    }
}

impl TextSplit {
    /// The split of text8 and enwik8: 90, 5 and 5 million bytes.
    pub const HUNDRED_MILLION: Self = Self::Counts { train: 90_000_000, val: 5_000_000, test: 5_000_000 };

    /// The ranges of `train`, `val` and `test` in a text of `symbols` symbols, which messages call `what`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if the shares are not shares, or the counts exceed the text.
    pub fn ranges(&self, what: &str, symbols: usize) -> Result<[Range<usize>; 3], DataError> {
        let invalid =
            |problem: String, help: String| DataError::Invalid { what: format!("the split of {what}"), problem, help };
        let (train, val, test) = match *self {
            Self::Shares { val, test } => {
                if !((0.0..1.0).contains(&val) && (0.0..1.0).contains(&test) && val + test < 1.0) {
                    let help = "give shares from 0 to below 1 that leave something for training".to_owned();
                    return Err(invalid(format!("`val` is {val} and `test` {test}"), help));
                }
                let [val, test] = [val, test].map(|share| (share * symbols as f64 + 0.5) as usize);
                (symbols.saturating_sub(val + test), val, test)
            }
            Self::Counts { train, val, test } => (train, val, test),
        };
        let end = train.checked_add(val).and_then(|sum| sum.checked_add(test));
        if end.is_none_or(|end| end > symbols) {
            let problem = format!("{train} + {val} + {test} symbols are asked for, the text has {symbols}");
            return Err(invalid(problem, "ask for fewer, or split by shares".into()));
        }
        Ok([0..train, train..train + val, train + val..train + val + test])
    }
}
