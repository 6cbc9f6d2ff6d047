//! Random flips and shifts of label maps, for training alone.

use super::LabelPads;
use crate::DataError;
use crate::sample::{index_below, unit};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// A horizontal flip with some probability, then edge padding and a random crop of the original size.
///
/// Padding repeats the edge, so that no class comes in that was not there.
///
/// Source: the segmentation experiments of Hoogeboom et al. 2021, which augment for diffusion only, and there the test
/// maps as well; here nothing but training ever augments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelAugment {
    /// Probability of a flip.
    pub flip: f64,
    /// The largest shifts.
    pub pads: LabelPads,
}

impl Default for LabelAugment {
    /// A flip of every second map, the intended pads.
    fn default() -> Self {
        Self { flip: 0.5, pads: LabelPads::Intended }
    }
}

impl LabelAugment {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if `flip` is no probability.
    pub fn check(&self) -> Result<(), DataError> {
        if (0.0..=1.0).contains(&self.flip) {
            return Ok(());
        }
        Err(DataError::Invalid {
            what: "the augmentation of label maps".into(),
            problem: format!("`flip` is {}", self.flip),
            help: "give a probability, from 0 to 1".into(),
        })
    }

    /// One map, flipped and shifted; three draws of `rng`.
    ///
    /// # Shapes
    /// * `map`: `[H, W]` row-major, and so the output
    ///
    /// # Panics
    /// If the map has not `height * width` positions.
    pub fn apply(&self, map: &[u8], height: usize, width: usize, rng: &mut impl Rng) -> Vec<u8> {
        assert_eq!(map.len(), height * width, "a map of {height} x {width}");
        let (rows, columns) = self.pads.rows_and_columns(height, width);
        let flip = unit(rng) < self.flip;
        // The crop begins at `down`, `right` in the padded map; `rows`, `columns` is the map in its place.
        let down = index_below(2 * rows + 1, rng);
        let right = index_below(2 * columns + 1, rng);
        let source =
            |place: usize, shift: usize, pad: usize, size: usize| (place + shift).saturating_sub(pad).min(size - 1);
        let mut out = Vec::with_capacity(map.len());
        for y in 0..height {
            let row = &map[source(y, down, rows, height) * width..][..width];
            out.extend((0..width).map(|x| {
                let x = source(x, right, columns, width);
                row[if flip { width - 1 - x } else { x }]
            }));
        }
        out
    }
}
