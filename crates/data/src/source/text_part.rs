//! One part of a text, cut into sequences for training and evaluation.

use crate::DataError;
use crate::sample::{Stream, index_below, keyed_rng};
use std::ops::Range;
use std::sync::Arc;

/// A stretch of symbols: the `train`, `val` or `test` part of a text. Clones share the symbols.
#[derive(Debug, Clone)]
pub struct TextPart {
    name: String,
    ids: Arc<[u16]>,
    range: Range<usize>,
}

impl TextPart {
    /// The symbols `range` of `ids`, which messages call `name`.
    ///
    /// # Panics
    /// If the range is not within `ids`.
    pub fn new(name: impl Into<String>, ids: Arc<[u16]>, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= ids.len(), "a part lies within its text");
        Self { name: name.into(), ids, range }
    }

    /// What messages call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The symbols.
    pub fn ids(&self) -> &[u16] {
        &self.ids[self.range.clone()]
    }

    /// Number of symbols.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there is no symbol.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The number of whole sequences of `length` symbols: `floor(len / length)`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if `length` is 0, or if the part is shorter than one sequence; the message says how long
    /// it must be.
    pub fn chunk_count(&self, length: usize) -> Result<usize, DataError> {
        let (problem, help) = if length == 0 {
            ("sequences of 0 symbols are asked for".to_owned(), "give a length of at least 1".to_owned())
        } else if self.len() < length {
            let problem = format!("it has {} symbols, fewer than one sequence of {length}", self.len());
            (problem, format!("it must have at least {length}: give more text, another split, or shorter sequences"))
        } else {
            return Ok(self.len() / length);
        };
        Err(DataError::Invalid { what: self.name.clone(), problem, help })
    }

    /// The sequences of `length` symbols side by side from the first symbol on; a remainder is dropped.
    ///
    /// # Errors
    /// As [`chunk_count`](Self::chunk_count).
    pub fn chunks(&self, length: usize) -> Result<std::slice::ChunksExact<'_, u16>, DataError> {
        self.chunk_count(length)?;
        Ok(self.ids().chunks_exact(length))
    }

    /// The sequences `chunks` of [`chunks`](Self::chunks) as one batch.
    ///
    /// # Shapes
    /// * output: `[B, L]` row-major, `B` the number of `chunks`
    ///
    /// # Errors
    /// As [`chunk_count`](Self::chunk_count); also if a chunk does not exist.
    pub fn batch(&self, length: usize, chunks: Range<usize>) -> Result<Vec<i32>, DataError> {
        let count = self.chunk_count(length)?;
        if chunks.start > chunks.end || chunks.end > count {
            return Err(DataError::Invalid {
                what: self.name.clone(),
                problem: format!("the sequences {chunks:?} of {length} symbols are asked for"),
                help: format!("there are {count}"),
            });
        }
        Ok(self.ids()[chunks.start * length..chunks.end * length].iter().map(|&id| i32::from(id)).collect())
    }

    /// `count` sequences of `length` symbols that begin anywhere, uniformly and independently: a training batch.
    ///
    /// A function of its arguments alone, so a resumed run needs no earlier step replayed: the beginnings are drawn
    /// from
    /// `keyed_rng(seed, epoch, step, Stream::Crop)`.
    ///
    /// # Shapes
    /// * output: `[count, L]` row-major
    ///
    /// # Errors
    /// As [`chunk_count`](Self::chunk_count).
    pub fn crops(&self, length: usize, count: usize, seed: u64, epoch: u64, step: u64) -> Result<Vec<i32>, DataError> {
        self.chunk_count(length)?;
        let mut rng = keyed_rng(seed, epoch, step, Stream::Crop);
        let mut batch = Vec::with_capacity(count * length);
        for _ in 0..count {
            let start = index_below(self.len() - length + 1, &mut rng);
            batch.extend(self.ids()[start..start + length].iter().map(|&id| i32::from(id)));
        }
        Ok(batch)
    }
}
