//! What became of one expectation.

use super::Band;

/// One expected metric, what was measured, and whether it is inside its band.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The metric's name.
    pub metric: String,
    /// The interval it should fall into.
    pub band: Band,
    /// What was measured; `None` when nothing of that name was.
    pub value: Option<f64>,
    /// Whether the value is there and inside.
    pub met: bool,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { metric, band, value, met } = self;
        let word = if *met { "ok" } else { "MISSED" };
        match value {
            Some(value) => write!(f, "{word}: {metric} = {value}, expected {band}"),
            None => write!(f, "{word}: {metric} was not measured, expected {band}"),
        }
    }
}
