//! What a sampler is to fill.

use crate::ModelError;
use crate::diffusion::continuous::Uniforms;
use crate::head::config_error;

/// What a sampler is to fill: sequences of one length in which some symbols may be given (infilling).
///
/// Given symbols are clean at every noise level, and so are what the network sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canvas {
    rows: Vec<Vec<Option<usize>>>,
    length: usize,
}

impl Canvas {
    /// `batch` empty sequences of `length` symbols.
    pub fn blank(batch: usize, length: usize) -> Self {
        Self { rows: vec![vec![None; length]; batch], length }
    }

    /// Sequences in which `Some(class)` is given.
    ///
    /// # Errors
    /// [`ModelError::Config`] if the lengths differ or a symbol is not below `classes`.
    pub fn given(rows: Vec<Vec<Option<usize>>>, classes: usize) -> Result<Self, ModelError> {
        let length = rows.first().map_or(0, Vec::len);
        if let Some(row) = rows.iter().find(|row| row.len() != length) {
            config_error("Canvas", "rows", row.len(), "all sequences of a canvas have one length")?;
        }
        if let Some(class) = rows.iter().flatten().flatten().find(|&&class| class >= classes) {
            config_error("Canvas", "rows", class, "a given symbol must be one of the classes")?;
        }
        Ok(Self { rows, length })
    }

    /// Sequences and their length, `[B, L]`.
    pub fn dims(&self) -> [usize; 2] {
        [self.rows.len(), self.length]
    }

    /// The positions `first..first + length` of every sequence.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn narrow(&self, first: usize, length: usize) -> Self {
        let rows = self.rows.iter().map(|row| row[first..first + length].to_vec()).collect();
        Self { rows, length }
    }

    /// Whether a symbol is given.
    pub(super) fn is_given(&self, row: usize, position: usize) -> bool {
        self.rows[row][position].is_some()
    }

    /// Every open position a mask.
    pub(super) fn masked(&self, mask: usize) -> Vec<Vec<usize>> {
        self.rows.iter().map(|row| row.iter().map(|given| given.unwrap_or(mask)).collect()).collect()
    }

    /// Every open position a class drawn from all alike.
    pub(super) fn uniform(&self, classes: usize, uniforms: Uniforms<'_>) -> Vec<Vec<usize>> {
        let class = |u: f64| ((u * classes as f64) as usize).min(classes - 1);
        let mut fill = |row: &Vec<Option<usize>>| {
            let drawn = uniforms(row.len());
            row.iter().zip(drawn).map(|(given, u)| given.unwrap_or_else(|| class(u))).collect()
        };
        self.rows.iter().map(&mut fill).collect()
    }
}
