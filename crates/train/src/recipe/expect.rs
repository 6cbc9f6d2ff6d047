//! The `[expect]` table of a recipe.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Band, Verdict};

/// Metric name to the [`Band`] it must fall into: what `xtask repro` checks after a run.
///
/// ```toml
/// [expect]
/// r_precision = { min = 0.42, max = 0.60 }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expect(pub BTreeMap<String, Band>);

impl Expect {
    /// One verdict per expected metric, by name; a metric that was not measured is missed.
    pub fn check(&self, measured: &BTreeMap<String, f64>) -> Vec<Verdict> {
        self.0
            .iter()
            .map(|(metric, band)| {
                let value = measured.get(metric).copied();
                let met = value.is_some_and(|value| band.contains(value));
                Verdict { metric: metric.clone(), band: band.clone(), value, met }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_outside_its_band_or_never_measured_is_missed() {
        let expect: Expect =
            toml::from_str("loss = { max = 1.0 }\nrecall = { min = 0.5, max = 0.9 }\nspeed = { min = 1 }").unwrap();
        let measured = BTreeMap::from([("loss".to_owned(), 1.0), ("recall".to_owned(), 0.4)]);
        let verdicts = expect.check(&measured);
        let met: Vec<bool> = verdicts.iter().map(|verdict| verdict.met).collect();
        assert_eq!(met, [true, false, false]);
        assert_eq!(verdicts[1].to_string(), "MISSED: recall = 0.4, expected 0.5 to 0.9");
        assert_eq!(verdicts[2].to_string(), "MISSED: speed was not measured, expected at least 1");
    }

    #[test]
    fn nan_is_in_no_band() {
        assert!(!Band::default().contains(f64::NAN));
    }
}
