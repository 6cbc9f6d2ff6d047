//! Bits of a compressor that everyone has.

use bzip2::Compression;
use bzip2::read::BzEncoder;
use std::io;

/// What `bzip2 -9` makes of `text`, in bits per byte of it: 8 times the compressed size over the size; 0 for no text.
///
/// The whole file counts, header and tables too, and nothing but the text itself is known to it: a fair first target
/// for a trained model, not a bound.
pub fn bzip2_bits(text: &[u8]) -> f64 {
    if text.is_empty() {
        return 0.0;
    }
    let mut encoder = BzEncoder::new(text, Compression::best());
    let size = io::copy(&mut encoder, &mut io::sink()).expect("memory can be read and thrown away");
    8.0 * size as f64 / text.len() as f64
}
