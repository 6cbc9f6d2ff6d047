//! The idx format of MNIST: a magic number, the shape, the bytes.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use flate2::read::GzDecoder;

use crate::DataError;

/// More than any MNIST-like set holds (EMNIST's largest file has 0.6 GiB).
const MAX_BYTES: usize = 2 << 30;

/// Reads an array of unsigned bytes with `D` dimensions, compressed with gzip or not.
pub(super) fn read_idx<const D: usize>(path: &Path) -> Result<([usize; D], Vec<u8>), DataError> {
    let mut file = File::open(path).map_err(DataError::io(path))?;
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start).map_err(DataError::io(path))?;
    file.rewind().map_err(DataError::io(path))?;
    let file = BufReader::new(file);
    match start[..] == [0x1f, 0x8b] {
        true => parse(path, GzDecoder::new(file)),
        false => parse(path, file),
    }
}

fn parse<const D: usize>(path: &Path, mut reader: impl Read) -> Result<([usize; D], Vec<u8>), DataError> {
    let expected = || format!("an idx file of unsigned bytes with {D} dimensions");
    let wrong = |problem: String| DataError::Format { path: path.to_path_buf(), problem, expected: expected() };
    let broken = |error: std::io::Error| wrong(format!("it cannot be read: {error}"));
    let mut read_up_to = |count: usize| {
        let mut bytes = Vec::new();
        reader.by_ref().take(count as u64).read_to_end(&mut bytes).map(|_| bytes)
    };
    let header = read_up_to(4 + 4 * D).map_err(broken)?;
    if header.len() < 4 || header[..4] != [0, 0, 0x08, D as u8] {
        let found = header.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        return Err(wrong(format!("it starts with {found}, not 00 00 08 {D:02x}")));
    }
    if header.len() < 4 + 4 * D {
        return Err(wrong("it ends within its header".into()));
    }
    let mut shape = [0; D];
    for (size, bytes) in shape.iter_mut().zip(header[4..].chunks_exact(4)) {
        *size = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    }
    let count = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
    let Some(count) = count.filter(|&count| count <= MAX_BYTES) else {
        return Err(wrong(format!("its header claims the shape {shape:?}, more than {MAX_BYTES} bytes")));
    };
    let data = read_up_to(count + 1).map_err(broken)?;
    match data.len() {
        length if length < count => Err(wrong(format!("it was cut: {length} of {count} bytes of shape {shape:?}"))),
        length if length > count => Err(wrong(format!("more than the {count} bytes of shape {shape:?} follow"))),
        _ => Ok((shape, data)),
    }
}
