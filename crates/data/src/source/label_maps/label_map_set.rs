//! Label maps of one size, in memory.

use super::LabelAugment;
use crate::DataError;
use crate::sample::{Stream, keyed_rng};
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Label maps with their names, one byte per pixel; the order is that of the names where files were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelMapSet {
    name: String,
    items: Vec<String>,
    height: usize,
    width: usize,
    classes: usize,
    pixels: Vec<u8>, // [N, H, W]
}

impl LabelMapSet {
    /// Puts maps together; messages call the set `name`.
    ///
    /// # Shapes
    /// * `items`: names, `[N]`; `pixels`: `[N, H, W]` row-major, every value below `classes`
    ///
    /// # Errors
    /// [`DataError::Invalid`] if a size is 0, there are not 1 to 256 classes, the numbers do not fit, or a value is no
    /// class, naming the item.
    pub fn new(
        name: impl Into<String>,
        items: Vec<String>,
        [height, width]: [usize; 2],
        classes: usize,
        pixels: Vec<u8>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        let invalid =
            |problem: String, help: &str| Err(DataError::Invalid { what: name.clone(), problem, help: help.into() });
        if height == 0 || width == 0 {
            return invalid(format!("label maps of {height} x {width}"), "give a size of at least 1 x 1");
        }
        if !(1..=256).contains(&classes) {
            return invalid(format!("{classes} classes"), "give 1 to 256");
        }
        if pixels.len() != items.len() * height * width {
            let problem = format!("{} pixels for {} maps of {height} x {width}", pixels.len(), items.len());
            return invalid(problem, "give all pixels of every map");
        }
        if let Some(at) = pixels.iter().position(|&class| usize::from(class) >= classes) {
            let item = &items[at / (height * width)];
            return invalid(
                format!("{item} holds class {} of {classes}", pixels[at]),
                "give classes below their number",
            );
        }
        Ok(Self { name, items, height, width, classes, pixels })
    }

    /// Number of maps, N.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no map.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What messages call the set.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the maps.
    pub fn items(&self) -> &[String] {
        &self.items
    }

    /// Height, H.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width, W.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of classes, K.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Map `index`, `[H, W]` row-major.
    ///
    /// # Panics
    /// If there is no such map.
    pub fn map(&self, index: usize) -> &[u8] {
        let size = self.height * self.width;
        &self.pixels[index * size..(index + 1) * size]
    }

    /// The maps `range` as a set that messages call `name`.
    ///
    /// # Panics
    /// If the range is not within the set.
    pub fn part(&self, name: impl Into<String>, range: Range<usize>) -> Self {
        let size = self.height * self.width;
        Self {
            name: name.into(),
            items: self.items[range.clone()].to_vec(),
            pixels: self.pixels[range.start * size..range.end * size].to_vec(),
            ..*self
        }
    }

    /// The share of each class among all pixels, `[K]`; zeros if there is no map.
    pub fn shares(&self) -> Vec<f64> {
        let mut counts = vec![0usize; self.classes];
        for &class in &self.pixels {
            counts[usize::from(class)] += 1;
        }
        counts.iter().map(|&count| count as f64 / self.pixels.len().max(1) as f64).collect()
    }

    /// SHA-256 over the size, the number of classes and all pixels, in hexadecimal: what a run writes down about its
    /// data.
    pub fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        for number in [self.len(), self.height, self.width, self.classes] {
            digest.update((number as u64).to_le_bytes());
        }
        digest.update(&self.pixels);
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The maps `indices` as they are.
    ///
    /// # Shapes
    /// * output: `[B, H, W]` row-major
    ///
    /// # Panics
    /// If there is no such map.
    pub fn batch(&self, indices: &[usize]) -> Vec<i32> {
        indices.iter().flat_map(|&index| self.map(index)).map(|&class| i32::from(class)).collect()
    }

    /// The maps `indices`, each augmented: a training batch.
    ///
    /// A function of its arguments alone; all draws come from `keyed_rng(seed, epoch, step, Stream::LabelMap)`.
    ///
    /// # Shapes
    /// * output: `[B, H, W]` row-major
    ///
    /// # Panics
    /// If there is no such map.
    pub fn augmented(&self, indices: &[usize], augment: &LabelAugment, seed: u64, epoch: u64, step: u64) -> Vec<i32> {
        let mut rng = keyed_rng(seed, epoch, step, Stream::LabelMap);
        let mut batch = Vec::with_capacity(indices.len() * self.height * self.width);
        for &index in indices {
            let map = augment.apply(self.map(index), self.height, self.width, &mut rng);
            batch.extend(map.into_iter().map(i32::from));
        }
        batch
    }
}
