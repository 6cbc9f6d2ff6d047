//! Single digits with their labels.

use std::path::Path;

use super::idx::read_idx;
use crate::DataError;

/// Square grey images of single digits, ink bright on black, in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitImages {
    pixels: Vec<u8>, // [count, side, side]
    labels: Vec<u8>,
    side: usize,
    of_label: Vec<Vec<u32>>, // ascending indices, by label
}

impl DigitImages {
    /// Puts images and labels together.
    ///
    /// # Shapes
    /// * `pixels`: `[count, side, side]`, row-major; `labels`: `[count]`, each from 0 to 9
    ///
    /// # Errors
    /// [`DataError::Invalid`] if the numbers of images and labels differ, a label is above 9, a digit has no image, or `side` is 0.
    pub fn new(pixels: Vec<u8>, labels: Vec<u8>, side: usize) -> Result<Self, DataError> {
        let invalid = |problem: String, help: &str| DataError::Invalid {
            what: "digit images".into(),
            problem,
            help: help.into(),
        };
        let area = side.saturating_mul(side);
        let images = pixels.len().checked_div(area).unwrap_or(0);
        if area == 0 || images * area != pixels.len() {
            return Err(invalid(format!("{} bytes are not images of side {side}", pixels.len()), "give square images"));
        }
        if images != labels.len() {
            let help = "take the images and labels of the same part of the data";
            return Err(invalid(format!("{images} images, {} labels", labels.len()), help));
        }
        let mut of_label = vec![Vec::new(); 10];
        for (index, &label) in labels.iter().enumerate() {
            match of_label.get_mut(usize::from(label)) {
                Some(list) => list.push(index as u32),
                None => return Err(invalid(format!("label {index} is {label}"), "take a set of the digits 0 to 9")),
            }
        }
        if let Some(digit) = of_label.iter().position(Vec::is_empty) {
            return Err(invalid(format!("no image shows a {digit}"), "take a set in which every digit occurs"));
        }
        Ok(Self { pixels, labels, side, of_label })
    }

    /// Reads an idx file of images and one of labels, compressed with gzip or not.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] for a wrong magic number, a cut file, or bytes past its end, naming the
    /// file; else as [`new`](Self::new), naming the file of the images.
    pub fn read(images: &Path, labels: &Path) -> Result<Self, DataError> {
        let ([_, rows, columns], pixels) = read_idx::<3>(images)?;
        let ([_], values) = read_idx::<1>(labels)?;
        if rows != columns {
            return Err(DataError::Format {
                path: images.to_path_buf(),
                problem: format!("images of {rows} x {columns} pixels"),
                expected: "square images".into(),
            });
        }
        Self::new(pixels, values, rows).map_err(|error| match error {
            DataError::Invalid { problem, help, .. } => {
                let what = format!("{} with {}", images.display(), labels.display());
                DataError::Invalid { what, problem, help }
            }
            other => other,
        })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none; never so.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Side of every image, pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// The digit that each image shows, `[count]`.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The images of `digit`, ascending.
    ///
    /// # Panics
    /// If `digit` is above 9.
    pub fn of_digit(&self, digit: usize) -> &[u32] {
        &self.of_label[digit]
    }

    /// The pixels of image `index`, `[side, side]`.
    ///
    /// # Panics
    /// If `index` is out of range.
    pub fn pixels(&self, index: usize) -> &[u8] {
        let area = self.side * self.side;
        &self.pixels[index * area..(index + 1) * area]
    }
}
