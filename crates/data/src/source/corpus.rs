//! A caption set with its named splits: what every reader returns.

use super::HashSplit;
use crate::DataError;
use crate::caption::CaptionSet;
use std::collections::BTreeMap;

/// A whole caption set and the images of each of its splits.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    /// Which data this is, for messages: the path it was read from.
    pub name: String,
    /// Everything that was read, with what was skipped.
    pub set: CaptionSet,
    /// For every split, its indices into `set.images`, ascending.
    pub splits: BTreeMap<String, Vec<usize>>,
}

impl Corpus {
    /// The split `name`, or several joined by `+` (`train+restval`), as a set of its own.
    ///
    /// A caption that matches images of two splits is in both, each time with that split's images only.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if a split does not exist or is empty; the message lists those there are.
    pub fn split(&self, name: &str) -> Result<CaptionSet, DataError> {
        let mut keep = Vec::new();
        for part in name.split('+') {
            let images = self.splits.get(part).ok_or_else(|| self.no_such_split(part, "does not exist"))?;
            if images.is_empty() {
                return Err(self.no_such_split(part, "is empty"));
            }
            keep.extend_from_slice(images);
        }
        keep.sort_unstable();
        keep.dedup();
        Ok(self.set.subset(&keep))
    }

    /// Replaces the splits by `train`, `val` and `test` drawn by a hash of each image's id.
    #[must_use]
    pub fn with_hash_split(mut self, split: &HashSplit) -> Self {
        self.splits = split.assign(self.set.images.iter().map(|image| image.id.as_str()));
        self
    }

    /// How many items were skipped for each reason, most frequent first.
    pub fn skip_summary(&self) -> Vec<(String, usize)> {
        let mut counts = BTreeMap::new();
        for skipped in &self.set.skipped {
            *counts.entry(skipped.reason.clone()).or_insert(0) += 1;
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    fn no_such_split(&self, part: &str, problem: &str) -> DataError {
        let known: Vec<String> =
            self.splits.iter().map(|(name, images)| format!("{name} ({} images)", images.len())).collect();
        DataError::Invalid {
            what: format!("split `{part}` of {}", self.name),
            problem: problem.into(),
            help: format!("choose from {}", known.join(", ")),
        }
    }
}
