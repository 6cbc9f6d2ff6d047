//! A matrix of similarities that some tool wrote.

use std::path::{Path, PathBuf};

use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};

use super::MatrixRows;
use super::element::Element;
use super::mapped::{format_error, map};
use super::npy::Npy;
use crate::DataError;

/// A similarity matrix `[images, captions]`, larger is closer, memory-mapped: its size on disk, not in memory.
///
/// * `.npy`: one two-dimensional array of 16, 32 or 64 bit floats, in C or Fortran order.
/// * `.safetensors`: one two-dimensional tensor, or one of several that is called `scores`; F16, BF16, F32 or F64.
#[derive(Debug)]
pub struct ScoreMatrix {
    path: PathBuf,
    map: Mmap,
    offset: usize,
    element: Element,
    images: usize,
    captions: usize,
    /// Whether the numbers of one caption lie together instead of those of one image.
    by_caption: bool,
}

impl ScoreMatrix {
    /// Maps `path`; the format follows from the extension.
    ///
    /// # Errors
    /// [`DataError::Io`], or [`DataError::Format`] for a wrong extension, a file that was cut, a wrong number type or shape.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        const EXPECTED: &str = "a score matrix of shape [images, captions] in a .npy or .safetensors file";
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let bytes = map(path, EXPECTED)?;
        let (shape, fortran, element, data) = match extension {
            "npy" => {
                let npy = Npy::parse(path, &bytes)?;
                let element = npy.element(path)?;
                (npy.shape, npy.fortran, element, npy.data)
            }
            "safetensors" => {
                let (shape, element, data) = safetensors_matrix(path, &bytes)?;
                (shape, false, element, data)
            }
            other => return Err(format_error(path, format!("the extension is `{other}`"), EXPECTED)),
        };
        let &[images, captions] = shape.as_slice() else {
            return Err(format_error(path, format!("an array of shape {shape:?}"), EXPECTED));
        };
        let offset = data.as_ptr().addr() - bytes.as_ptr().addr();
        Ok(Self { path: path.to_path_buf(), map: bytes, offset, element, images, captions, by_caption: fortran })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of images (rows).
    pub fn images(&self) -> usize {
        self.images
    }

    /// Number of captions (columns).
    pub fn captions(&self) -> usize {
        self.captions
    }

    /// Images ask, captions answer.
    pub fn image_rows(&self) -> MatrixRows<'_> {
        MatrixRows::new(self.data(), self.element, self.images, self.captions, !self.by_caption)
    }

    /// Captions ask, images answer.
    pub fn caption_rows(&self) -> MatrixRows<'_> {
        MatrixRows::new(self.data(), self.element, self.captions, self.images, self.by_caption)
    }

    fn data(&self) -> &[u8] {
        &self.map[self.offset..][..self.images * self.captions * self.element.size()]
    }
}

/// The one matrix of a safetensors file.
fn safetensors_matrix<'a>(path: &Path, bytes: &'a [u8]) -> Result<(Vec<usize>, Element, &'a [u8]), DataError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
        format_error(path, format!("the header does not fit the file: {error}"), "a whole safetensors file")
    })?;
    let names = file.names();
    let name = match names.as_slice() {
        [only] => *only,
        several if several.contains(&"scores") => "scores",
        several => {
            let problem = format!("{} tensors: {}", several.len(), several.join(", "));
            return Err(format_error(path, problem, "one tensor, or one that is called `scores`"));
        }
    };
    let tensor = file.tensor(name).map_err(|error| format_error(path, error, "a readable tensor"))?;
    let element = match tensor.dtype() {
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        Dtype::F32 => Element::F32,
        Dtype::F64 => Element::F64,
        other => return Err(format_error(path, format!("tensor `{name}` holds {other:?}"), Element::EXPECTED)),
    };
    Ok((tensor.shape().to_vec(), element, tensor.data()))
}
