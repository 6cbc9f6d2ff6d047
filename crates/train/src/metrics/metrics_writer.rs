//! Appending to `metrics.jsonl`.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::MetricRow;
use crate::TrainError;

/// The open metric stream of a run.
#[derive(Debug)]
pub(crate) struct MetricsWriter {
    path: PathBuf,
    file: File,
    bytes: u64,
}

const DOING: &str = "write metrics";

impl MetricsWriter {
    /// Opens (or makes) the stream at `path` and cuts it to its first `bytes` bytes.
    ///
    /// # Errors
    /// [`TrainError::Corrupt`] when the file is shorter than that: somebody edited it.
    pub(crate) fn open(path: &Path, bytes: u64) -> Result<Self, TrainError> {
        let fail = |source| TrainError::Io { path: path.to_owned(), doing: DOING, source };
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path).map_err(fail)?;
        let found = file.metadata().map_err(fail)?.len();
        if found < bytes {
            return Err(TrainError::Corrupt {
                path: path.to_owned(),
                expected: format!("at least {bytes} bytes, which the manifest counts on"),
                found: format!("{found} bytes"),
                help: "restore the file, or train into another directory".to_owned(),
            });
        }
        file.set_len(bytes).map_err(fail)?;
        file.seek(SeekFrom::End(0)).map_err(fail)?;
        Ok(Self { path: path.to_owned(), file, bytes })
    }

    /// Appends rows, in one write.
    pub(crate) fn append(&mut self, rows: &[MetricRow]) -> Result<(), TrainError> {
        let mut text = String::new();
        for row in rows {
            text.push_str(&serde_json::to_string(row).expect("a row is plain data"));
            text.push('\n');
        }
        self.file.write_all(text.as_bytes()).map_err(TrainError::io(&self.path, DOING))?;
        self.bytes += text.len() as u64;
        Ok(())
    }

    /// Flushes to disk and returns the length, for the manifest.
    pub(crate) fn sync(&mut self) -> Result<u64, TrainError> {
        self.file.sync_data().map_err(TrainError::io(&self.path, DOING))?;
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::read_metrics;

    fn row(step: u64, value: f64) -> MetricRow {
        MetricRow { step, epoch: 1, split: "train".into(), name: "loss".into(), value }
    }

    #[test]
    fn every_number_reads_back_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.jsonl");
        // Values whose shortest decimal form is easy to misread by one bit, and the ends of the range.
        let values = [0.1 + 0.2, 1.0 / 3.0, f64::MIN_POSITIVE, f64::MAX, 5e-324, -0.0, 9007199254740993.0, 2.5e-8];
        let mut writer = MetricsWriter::open(&path, 0).unwrap();
        let rows: Vec<MetricRow> = values.iter().enumerate().map(|(i, value)| row(i as u64, *value)).collect();
        writer.append(&rows).unwrap();
        writer.append(&[row(99, f64::NAN)]).unwrap();
        let read = read_metrics(&path).unwrap();
        for (read, value) in read.iter().zip(values) {
            assert_eq!(read.value.to_bits(), value.to_bits());
        }
        assert!(read.last().unwrap().value.is_nan());
    }

    #[test]
    fn reopening_cuts_to_the_length_of_the_manifest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.jsonl");
        let mut writer = MetricsWriter::open(&path, 0).unwrap();
        writer.append(&[row(1, 1.0)]).unwrap();
        let bytes = writer.sync().unwrap();
        writer.append(&[row(2, 2.0), row(3, 3.0)]).unwrap();
        drop(writer);
        let mut writer = MetricsWriter::open(&path, bytes).unwrap();
        writer.append(&[row(2, 4.0)]).unwrap();
        assert_eq!(read_metrics(&path).unwrap(), [row(1, 1.0), row(2, 4.0)]);
        let error = MetricsWriter::open(&path, 10_000).unwrap_err();
        assert!(error.to_string().contains("expected at least 10000 bytes"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_says_so() {
        let path = PathBuf::from("/dev/full");
        let file = File::options().write(true).open(&path).unwrap();
        let mut writer = MetricsWriter { path, file, bytes: 0 };
        let error = writer.append(&[row(1, 1.0)]).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("/dev/full: cannot write metrics: No space left on device"), "{text}");
        assert!(text.contains("free some space and resume: the last checkpoint is intact"), "{text}");
        assert!(!error.is_user_error());
    }
}
