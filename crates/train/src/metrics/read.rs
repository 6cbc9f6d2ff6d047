//! Reading the metric stream.

use std::path::Path;

use super::MetricRow;
use crate::TrainError;

/// Reads a `metrics.jsonl`.
///
/// A last line without its line feed is what a writer is in the middle of, and is left out.
///
/// # Errors
/// [`TrainError::Io`], or [`TrainError::Corrupt`] with the line that is not a row.
pub fn read_metrics(path: &Path) -> Result<Vec<MetricRow>, TrainError> {
    let text = std::fs::read_to_string(path).map_err(TrainError::io(path, "read metrics"))?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| TrainError::Corrupt {
                path: path.to_owned(),
                expected: "a metric on every line".to_owned(),
                found: format!("on line {}: {error}", index + 1),
                help: "restore the file, or train into another directory".to_owned(),
            })
        })
        .collect()
}

/// One metric of one split as (step, value) points, in the order they were written.
pub fn series(rows: &[MetricRow], split: &str, name: &str) -> Vec<(f64, f64)> {
    rows.iter().filter(|row| row.split == split && row.name == name).map(|row| (row.step as f64, row.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_written_last_line_is_left_out_and_a_bad_line_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.jsonl");
        let line = r#"{"step":1,"epoch":1,"split":"train","name":"loss","value":0.5}"#;
        std::fs::write(&path, format!("{line}\n{}", &line[..20])).unwrap();
        let rows = read_metrics(&path).unwrap();
        assert_eq!(series(&rows, "train", "loss"), [(1.0, 0.5)]);
        assert_eq!(series(&rows, "valid", "loss"), []);
        std::fs::write(&path, format!("{line}\nnonsense\n{line}\n")).unwrap();
        let error = read_metrics(&path).unwrap_err();
        assert!(error.to_string().contains("on line 2"), "{error}");
    }
}
