//! PNG files whose values are ids, not brightness or colour.

use crate::DataError;
use crate::image::DecodeLimits;
use png::{BitDepth, ColorType, Decoder, DecodingError, Transformations};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Width, height and ids, row-major, of a PNG with one channel of up to 8 bits: grey, or the indices of a palette.
pub(super) fn read_label_png(path: &Path, limits: &DecodeLimits) -> Result<(usize, usize, Vec<u8>), DataError> {
    let wrong = |problem: String, expected: &str| DataError::Format {
        path: path.to_path_buf(),
        problem,
        expected: expected.to_owned(),
    };
    let broken = |error: DecodingError| match error {
        DecodingError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            DataError::Io { path: path.to_path_buf(), source: error }
        }
        error => wrong(error.to_string(), "a whole PNG file"),
    };
    let file = File::open(path).map_err(DataError::io(path))?;
    let size = file.metadata().map_err(DataError::io(path))?.len();
    if size == 0 || size > limits.max_file {
        return Err(wrong(format!("{size} bytes"), &format!("a PNG file of at most {} bytes", limits.max_file)));
    }
    let mut decoder = Decoder::new(BufReader::new(file));
    decoder.set_transformations(Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width, reader.info().height);
    let (colour, depth) = (reader.info().color_type, reader.info().bit_depth);
    if width > limits.max_width || height > limits.max_height {
        let expected = format!("at most {} x {} pixels", limits.max_width, limits.max_height);
        return Err(wrong(format!("{width} x {height} pixels"), &expected));
    }
    if !matches!(colour, ColorType::Grayscale | ColorType::Indexed) {
        return Err(wrong(
            format!("its pixels are {colour:?}"),
            "one channel with the id of each pixel, not its colour",
        ));
    }
    if depth == BitDepth::Sixteen {
        return Err(wrong("16 bits per pixel".into(), "8 bits (of Cityscapes *_labelIds.png, not *_instanceIds.png)"));
    }
    let expected = format!("at most {} bytes decoded", limits.max_alloc);
    let bytes = reader.output_buffer_size().filter(|&bytes| bytes as u64 <= limits.max_alloc);
    let mut packed = vec![0; bytes.ok_or_else(|| wrong(format!("{width} x {height} pixels"), &expected))?];
    let line = reader.next_frame(&mut packed).map_err(broken)?.line_size;
    let (width, height, bits) = (width as usize, height as usize, depth as usize);
    let mut ids = Vec::with_capacity(width * height);
    for row in packed.chunks_exact(line).take(height) {
        if bits == 8 {
            ids.extend_from_slice(&row[..width]);
        } else {
            // Several pixels share a byte, the first in its highest bits.
            ids.extend((0..width).map(|x| row[x * bits / 8] >> (8 - bits - x * bits % 8) & (0xff >> (8 - bits))));
        }
    }
    Ok((width, height, ids))
}
