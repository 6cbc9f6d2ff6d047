//! One number of the metric stream.

use serde::{Deserialize, Serialize};

/// A named number, and when it was measured.
///
/// In JSON: `{"step":120,"epoch":3,"split":"train","name":"loss","value":0.25}`. `value` is printed with as many digits as
/// reading it back exactly needs; a number that is not finite is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    /// How many steps had been taken, so 1 for the first step's loss.
    pub step: u64,
    /// In which epoch, from 1; 0 before the first step.
    pub epoch: usize,
    /// The split it was measured on: `train`, `valid`, `test`.
    pub split: String,
    /// Which metric.
    pub name: String,
    /// Its value.
    #[serde(deserialize_with = "null_is_nan")]
    pub value: f64,
}

fn null_is_nan<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
