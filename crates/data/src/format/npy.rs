//! The header of a NumPy `.npy` file, and where its numbers start.

use std::path::Path;

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};

use super::element::Element;
use super::mapped::format_error;
use crate::DataError;

/// Longest header read: those of plain arrays take 118 bytes, and the parser recurses into nested brackets.
const MAX_HEADER: usize = 1024;

/// What a `.npy` file holds.
#[derive(Debug)]
pub(super) struct Npy<'a> {
    pub shape: Vec<usize>,
    pub fortran: bool,
    dtype: DType,
    /// Exactly the bytes of the numbers.
    pub data: &'a [u8],
}

impl<'a> Npy<'a> {
    /// Parses `bytes`, the whole file.
    pub fn parse(path: &Path, bytes: &'a [u8]) -> Result<Self, DataError> {
        const EXPECTED: &str = "an array written by numpy.save";
        let length = match bytes {
            [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high])),
            [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
                u32::from_le_bytes([*a, *b, *c, *d]) as usize
            }
            _ => return Err(format_error(path, "no .npy signature", EXPECTED)),
        };
        if length > MAX_HEADER {
            return Err(format_error(path, format!("the header takes {length} bytes"), EXPECTED));
        }
        let mut rest = bytes;
        let header = NpyHeader::from_reader(&mut rest)
            .map_err(|error| format_error(path, format!("the header cannot be read: {error}"), EXPECTED))?;
        let shape: Option<Vec<usize>> = header.shape().iter().map(|&size| usize::try_from(size).ok()).collect();
        let width = header.dtype().num_bytes().filter(|_| !header.uses_pickled_array());
        let needed = shape
            .as_ref()
            .zip(width)
            .and_then(|(shape, width)| shape.iter().try_fold(width, |product, &size| product.checked_mul(size)));
        let (Some(shape), Some(needed)) = (shape, needed) else {
            let problem = format!("an array of {} of shape {:?}", header.dtype().descr(), header.shape());
            return Err(format_error(path, problem, "numbers of fixed size"));
        };
        if rest.len() != needed {
            let problem = format!("{} bytes of data after the header", rest.len());
            return Err(format_error(
                path,
                problem,
                format!("{needed} for shape {shape:?}; the file was cut or is still being written"),
            ));
        }
        Ok(Self { shape, fortran: header.order() == Order::Fortran, dtype: header.dtype(), data: rest })
    }

    /// The float format.
    pub fn element(&self, path: &Path) -> Result<Element, DataError> {
        match self.plain() {
            Some((TypeChar::Float, Endianness::Little, 2)) => Ok(Element::F16),
            Some((TypeChar::Float, Endianness::Little, 4)) => Ok(Element::F32),
            Some((TypeChar::Float, Endianness::Little, 8)) => Ok(Element::F64),
            _ => Err(format_error(path, format!("numbers of type {}", self.dtype.descr()), Element::EXPECTED)),
        }
    }

    /// The elements of a one-dimensional array of integers.
    pub fn integers(&self, path: &Path) -> Result<Vec<i64>, DataError> {
        let expected = "a one-dimensional array of little-endian integers of 32 or 64 bits";
        if self.shape.len() != 1 {
            return Err(format_error(path, format!("an array of shape {:?}", self.shape), expected));
        }
        let wide = |chunk: &[u8]| chunk.try_into().map(i64::from_le_bytes).unwrap_or_default();
        let narrow = |chunk: &[u8]| chunk.try_into().map(i32::from_le_bytes).unwrap_or_default();
        match self.plain() {
            Some((TypeChar::Int | TypeChar::Uint, Endianness::Little, 8)) => {
                Ok(self.data.chunks_exact(8).map(wide).collect())
            }
            Some((TypeChar::Int, Endianness::Little, 4)) => {
                Ok(self.data.chunks_exact(4).map(|chunk| i64::from(narrow(chunk))).collect())
            }
            Some((TypeChar::Uint, Endianness::Little, 4)) => {
                Ok(self.data.chunks_exact(4).map(|chunk| i64::from(narrow(chunk) as u32)).collect())
            }
            _ => Err(format_error(path, format!("numbers of type {}", self.dtype.descr()), expected)),
        }
    }

    fn plain(&self) -> Option<(TypeChar, Endianness, u64)> {
        match &self.dtype {
            DType::Plain(scalar) => Some((scalar.type_char(), scalar.endianness(), scalar.size_field())),
            _ => None,
        }
    }
}
