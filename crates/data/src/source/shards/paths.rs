//! Which shards a user means.

use std::path::{Path, PathBuf};

use crate::DataError;

/// Most shards that a range may stand for.
const MAX_RANGE: u64 = 1_000_000;

/// The shards that `spec` names, in the order in which they are read.
///
/// * A folder: its `.tar` and `.parquet` files, by name.
/// * A pattern with one range, `train-{00000..00127}.tar`, as WebDataset writes it: all of them, there or not, with as many
///   digits as the first bound has. A shard that is not there is then reported by [`read_shards`](super::read_shards).
/// * Anything else: that one file.
///
/// # Errors
/// [`DataError::Io`] for a folder that cannot be read; [`DataError::Missing`] for one without shards;
/// [`DataError::Invalid`] for a range that is none.
pub fn shard_paths(spec: &str) -> Result<Vec<PathBuf>, DataError> {
    let path = Path::new(spec);
    if path.is_dir() {
        let mut shards = Vec::new();
        for entry in std::fs::read_dir(path).map_err(DataError::io(path))? {
            let file = entry.map_err(DataError::io(path))?.path();
            let extension = file.extension().map(|extension| extension.to_string_lossy().to_lowercase());
            if file.is_file() && extension.is_some_and(|extension| extension == "tar" || extension == "parquet") {
                shards.push(file);
            }
        }
        shards.sort_unstable();
        return match shards.is_empty() {
            false => Ok(shards),
            true => Err(DataError::Missing {
                root: path.to_path_buf(),
                layout: "folder of shards",
                missing: vec!["*.tar or *.parquet".into()],
                help: "name a folder that holds WebDataset tar files or Parquet files with images and captions".into(),
            }),
        };
    }
    let Some((before, range)) = spec.split_once('{') else { return Ok(vec![path.to_path_buf()]) };
    let invalid = |problem: String| DataError::Invalid {
        what: format!("shards `{spec}`"),
        problem,
        help: "write one range of numbers, such as train-{00000..00127}.tar".into(),
    };
    let (range, after) = range.split_once('}').ok_or_else(|| invalid("`{` without `}`".into()))?;
    let bounds = range.split_once("..").and_then(|(first, last)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let parse = |text: &str| digits(text).then(|| text.parse::<u64>().ok()).flatten();
        Some((first.len(), parse(first)?, parse(last)?))
    });
    let Some((width, first, last)) = bounds else { return Err(invalid(format!("`{range}` is no range"))) };
    if after.contains(['{', '}']) {
        return Err(invalid("more than one range".into()));
    }
    if first > last || last - first >= MAX_RANGE {
        return Err(invalid(format!("the range runs from {first} to {last}")));
    }
    Ok((first..=last).map(|number| PathBuf::from(format!("{before}{number:0width$}{after}"))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_keeps_its_leading_zeros() {
        let names: Vec<String> =
            shard_paths("/data/t-{008..011}.tar").unwrap().iter().map(|path| path.display().to_string()).collect();
        assert_eq!(names, ["/data/t-008.tar", "/data/t-009.tar", "/data/t-010.tar", "/data/t-011.tar"]);
        assert_eq!(shard_paths("one.tar").unwrap(), [PathBuf::from("one.tar")]);
    }

    #[test]
    fn ranges_that_are_none_are_errors() {
        for spec in
            ["{0..3", "{3..1}.tar", "{a..b}.tar", "{0-3}.tar", "{0..1}-{0..1}.tar", "{0..99999999999}.tar", "{..3}"]
        {
            assert!(matches!(shard_paths(spec), Err(DataError::Invalid { .. })), "{spec}");
        }
    }
}
