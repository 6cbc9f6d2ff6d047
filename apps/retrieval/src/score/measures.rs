//! All measures beside each other.

use halation_core::divergence::Measure;
use halation_core::metric::{CaptionProtocol, ProtocolScores};
use serde::Serialize;
use std::fmt::Write;

use super::outcome::Outcome;

/// What every measure gets, in the order of [`Measure::ALL`].
#[derive(Serialize)]
pub struct MeasuresOutcome {
    /// One row per measure.
    measures: Vec<Row>,
    /// Measures that were left out, and why.
    left_out: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    measure: &'static str,
    /// Scoring and ranking both directions. Of measures that share their sums, the first has the time of the sums.
    seconds: f64,
    #[serde(flatten)]
    outcome: Outcome,
    #[serde(skip)]
    cells: Vec<(String, f64)>,
}

impl MeasuresOutcome {
    /// The table of `scores`.
    pub fn new(mut scores: Vec<(Measure, Vec<ProtocolScores>, f64)>, left_out: Vec<String>) -> Self {
        scores.sort_by_key(|&(measure, ..)| measure);
        let row = |(measure, scores, seconds): (Measure, Vec<ProtocolScores>, f64)| Row {
            measure: measure.name(),
            seconds,
            cells: scores.iter().flat_map(cells).collect(),
            outcome: Outcome::new(&scores),
        };
        Self { measures: scores.into_iter().map(row).collect(), left_out }
    }

    /// The table for people.
    pub fn table(&self) -> String {
        let mut table = String::new();
        let names = self.measures.first().map(|row| row.cells.iter().map(|(name, _)| name.as_str()));
        let heads: String = names.into_iter().flatten().map(|name| format!(" {name:>15}")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{:<18}{heads} {:>8}   means of both directions; rSum adds both", "", "seconds");
        for row in &self.measures {
            let cells: String = row.cells.iter().map(|(_, value)| format!(" {value:>15.2}")).collect();
            let _ = writeln!(table, "{:<18}{cells} {:>8.2}", row.measure, row.seconds);
        }
        for reason in &self.left_out {
            let _ = writeln!(table, "left out: {reason}");
        }
        table
    }
}

/// What is shown of a protocol: R@1 and the sum of the recalls, or the three metrics of ECCV Caption, in percent.
fn cells(scores: &ProtocolScores) -> Vec<(String, f64)> {
    let metrics = scores.metrics.iter().map(|&(name, value)| (name.replace('_', " "), 100.0 * value.mean()));
    let r_sum = scores.r_sum().map(|sum| (format!("{} rSum", scores.protocol.name()), sum));
    match scores.protocol {
        CaptionProtocol::EccvCaption => metrics.collect(),
        _ => metrics.filter(|(name, _)| name.ends_with("r1")).chain(r_sum).collect(),
    }
}
