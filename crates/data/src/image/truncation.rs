//! Whether a file ends before its picture does, for the formats whose decoders do not tell.
//!
//! The JPEG decoder fills what a cut file lacks with grey and reports success, so a truncated photograph would train
//! silently; the WebP decoder does not look past the last byte that it needs.

use image::ImageFormat;

/// Whether `bytes`, a file of `format`, was cut short.
pub(super) fn is_truncated(format: ImageFormat, bytes: &[u8]) -> bool {
    match format {
        ImageFormat::Jpeg => !reaches_end_of_image(bytes),
        ImageFormat::WebP => !holds_its_riff(bytes),
        _ => false, // their decoders say so
    }
}

/// Whether a JPEG stream has an end-of-image marker after its first scan starts.
///
/// Thumbnails inside EXIF segments carry end markers of their own: segments are skipped by their length.
fn reaches_end_of_image(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xDA;
    let mut at = 2; // past the start-of-image marker
    while let Some(&[0xFF, marker]) = bytes.get(at..at + 2) {
        match marker {
            0xFF => at += 1,               // fill byte
            0x01 | 0xD0..=0xD7 => at += 2, // markers without a length
            START_OF_SCAN => return bytes[at..].windows(2).any(|pair| pair == [0xFF, 0xD9]),
            _ => match bytes.get(at + 2..at + 4) {
                Some(&[high, low]) => at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2),
                _ => return false,
            },
        }
    }
    false
}

/// Whether a RIFF file is as long as its header says: eight bytes of header and the size they state.
fn holds_its_riff(bytes: &[u8]) -> bool {
    let size = bytes.get(4..8).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    size.is_some_and(|size| bytes.len() as u64 >= 8 + u64::from(size))
}
