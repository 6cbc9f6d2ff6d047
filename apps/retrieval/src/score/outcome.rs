//! What `score` says: a JSON document and a table.

use halation_core::metric::{ProtocolScores, TwoWay};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The outcome of all protocols; recalls and precisions are fractions.
#[derive(Serialize)]
pub struct Outcome {
    /// By the protocol's name.
    protocols: BTreeMap<&'static str, Protocol>,
    /// The protocols in the order of the table.
    #[serde(skip)]
    order: Vec<&'static str>,
}

#[derive(Serialize)]
struct Protocol {
    /// Queries that have a positive.
    queries: Both<usize>,
    /// Queries left out because they have none.
    excluded: Both<usize>,
    /// Under the names of the `eccv_caption` package.
    metrics: BTreeMap<&'static str, Directions>,
    /// The six recalls in percent, added.
    #[serde(skip_serializing_if = "Option::is_none")]
    rsum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_rank: Option<Both<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_rank: Option<Both<f64>>,
}

#[derive(Clone, Copy, Serialize)]
struct Both<T> {
    i2t: T,
    t2i: T,
}

#[derive(Clone, Copy, Serialize)]
struct Directions {
    i2t: f64,
    t2i: f64,
    mean: f64,
}

impl<T> From<TwoWay<T>> for Both<T> {
    fn from(both: TwoWay<T>) -> Self {
        Self { i2t: both.i2t, t2i: both.t2i }
    }
}

impl Outcome {
    /// The document of `scores`.
    pub fn new(scores: &[ProtocolScores]) -> Self {
        let protocol = |scores: &ProtocolScores| {
            let metrics = scores.metrics.iter();
            Protocol {
                queries: scores.queries.into(),
                excluded: scores.excluded.into(),
                metrics: metrics
                    .map(|&(name, value)| (name, Directions { i2t: value.i2t, t2i: value.t2i, mean: value.mean() }))
                    .collect(),
                rsum: scores.r_sum(),
                median_rank: scores.median_rank.map(Into::into),
                mean_rank: scores.mean_rank.map(Into::into),
            }
        };
        Self {
            protocols: scores.iter().map(|scores| (scores.protocol.name(), protocol(scores))).collect(),
            order: scores.iter().map(|scores| scores.protocol.name()).collect(),
        }
    }

    /// The same for people, recalls and precisions in percent.
    pub fn table(&self) -> String {
        let mut table = format!("{:<18} {:>9} {:>9} {:>9}\n", "", "i2t", "t2i", "mean");
        let mut line = |name: &str, i2t: f64, t2i: f64| {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{name:<18} {i2t:>9.2} {t2i:>9.2} {:>9.2}", (i2t + t2i) / 2.0);
        };
        for name in &self.order {
            let protocol = &self.protocols[name];
            for (metric, value) in &protocol.metrics {
                line(&format!("{metric} (%)"), 100.0 * value.i2t, 100.0 * value.t2i);
            }
            if let Some(rank) = protocol.median_rank {
                line(&format!("{name} median rank"), rank.i2t, rank.t2i);
            }
        }
        for name in &self.order {
            let protocol = &self.protocols[name];
            if let Some(rsum) = protocol.rsum {
                let _ = writeln!(table, "{name} rSum {rsum:.2} of 600");
            }
            if protocol.excluded.i2t + protocol.excluded.t2i > 0 {
                let (excluded, queries) = (protocol.excluded, protocol.queries);
                let _ = writeln!(
                    table,
                    "{name}: {} images and {} captions asked; {} and {} have no positive and were left out",
                    queries.i2t, queries.t2i, excluded.i2t, excluded.t2i
                );
            }
        }
        table
    }
}
