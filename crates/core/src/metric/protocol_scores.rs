//! The outcome of one caption-retrieval protocol.

use super::{CaptionProtocol, TwoWay};

/// The metrics of one protocol, both directions.
#[derive(Debug, Clone, PartialEq)]
pub struct ProtocolScores {
    /// The protocol.
    pub protocol: CaptionProtocol,
    /// Queries that have a positive.
    pub queries: TwoWay<usize>,
    /// Queries left out because they have none.
    pub excluded: TwoWay<usize>,
    /// The metrics by name, as fractions.
    pub metrics: Vec<(&'static str, TwoWay<f64>)>,
    /// Median rank of the best positive; `None` if truncated rankings do not tell.
    pub median_rank: Option<TwoWay<f64>>,
    /// Mean rank of the best positive; `None` if truncated rankings do not tell.
    pub mean_rank: Option<TwoWay<f64>>,
}

impl ProtocolScores {
    /// The metric called `name`.
    pub fn metric(&self, name: &str) -> Option<TwoWay<f64>> {
        self.metrics.iter().find(|(other, _)| *other == name).map(|&(_, value)| value)
    }

    /// `rSum`: the six recalls in percent, added; at most 600. `None` for ECCV Caption, which reports R@1 alone.
    pub fn r_sum(&self) -> Option<f64> {
        let six = self.protocol != CaptionProtocol::EccvCaption;
        six.then(|| self.metrics.iter().map(|(_, value)| 100.0 * (value.i2t + value.t2i)).sum())
    }
}
