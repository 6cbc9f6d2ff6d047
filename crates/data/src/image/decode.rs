//! Encoded bytes to RGB pixels, under limits, upright, on a stated background.

use super::{DecodeLimits, encoded_bytes::encoded_bytes, truncation::is_truncated};
use crate::DataError;
use crate::caption::ImageSource;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage};
use std::io::Cursor;
use std::path::Path;

/// Decodes `source` to 8-bit RGB, with transparency composited on white.
///
/// The same as [`decode_on`] with `background` `[255; 3]`.
///
/// # Errors
/// See [`decode_on`].
pub fn decode(source: &ImageSource, limits: &DecodeLimits) -> Result<RgbImage, DataError> {
    decode_on(source, limits, [255; 3])
}

/// Decodes `source` to 8-bit RGB.
///
/// * The format is read from the bytes, never from the file's name.
/// * Limits are checked against the header, before pixels are allocated.
/// * The EXIF orientation is applied, so that the picture is upright (`ImageOps.exif_transpose` in PIL).
/// * Grey becomes three equal channels; 16 bits are scaled to 8; palettes are looked up; CMYK becomes `(1-c)(1-k)`.
/// * Transparency: `(a * colour + (255 - a) * background) / 255`, rounded.
///
/// # Errors
/// [`DataError::Io`] if the file cannot be read, [`DataError::Format`] (naming the path, with the bytes or row where it is
/// part of a file, or "image in memory") if it is empty, not an image, truncated, or larger than `limits`.
pub fn decode_on(source: &ImageSource, limits: &DecodeLimits, background: [u8; 3]) -> Result<RgbImage, DataError> {
    if let ImageSource::Pixels(pixels) = source {
        return Ok(RgbImage::clone(pixels));
    }
    let (path, bytes) = encoded_bytes(source, limits.max_file)?;
    decode_bytes(&path, &bytes, limits, background)
}

fn decode_bytes(path: &Path, bytes: &[u8], limits: &DecodeLimits, background: [u8; 3]) -> Result<RgbImage, DataError> {
    const FORMATS: &str = "a PNG, JPEG, GIF, BMP, PNM, TIFF or WebP image";
    if bytes.is_empty() {
        return Err(format_error(path, "the file is empty".into(), FORMATS.into()));
    }
    let format = image::guess_format(bytes)
        .map_err(|_| format_error(path, "the bytes are of no known image format".into(), FORMATS.into()))?;
    let broken = |error: image::ImageError| {
        let expected = match &error {
            image::ImageError::Limits(_) => {
                format!(
                    "at most {} x {} pixels, {} bytes decoded",
                    limits.max_width, limits.max_height, limits.max_alloc
                )
            }
            image::ImageError::Unsupported(_) => FORMATS.into(),
            _ => format!("a whole {format:?} file"),
        };
        format_error(path, error.to_string(), expected)
    };

    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder_limits = Limits::default();
    decoder_limits.max_image_width = Some(limits.max_width);
    decoder_limits.max_image_height = Some(limits.max_height);
    decoder_limits.max_alloc = Some(limits.max_alloc);
    reader.limits(decoder_limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;

    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(format_error(path, format!("{width} x {height} pixels"), "at least one pixel".into()));
    }
    let needed = decoder.total_bytes().saturating_add(u64::from(width) * u64::from(height) * 3);
    if needed > limits.max_alloc {
        let problem = format!("{width} x {height} pixels need {needed} bytes decoded");
        return Err(format_error(path, problem, format!("at most {} bytes", limits.max_alloc)));
    }
    if is_truncated(format, bytes) {
        return Err(format_error(path, "the file is truncated".into(), format!("a whole {format:?} file")));
    }
    let orientation = decoder.orientation().map_err(broken)?;
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(broken)?;
    decoded.apply_orientation(orientation);
    Ok(flatten(decoded, background))
}

/// Any colour type to RGB, with transparency composited on `background`.
fn flatten(decoded: DynamicImage, background: [u8; 3]) -> RgbImage {
    if !decoded.color().has_alpha() {
        return decoded.into_rgb8();
    }
    let rgba = decoded.into_rgba8();
    let mut flat = RgbImage::new(rgba.width(), rgba.height());
    for (out, pixel) in flat.pixels_mut().zip(rgba.pixels()) {
        let alpha = u32::from(pixel[3]);
        for channel in 0..3 {
            let blended = alpha * u32::from(pixel[channel]) + (255 - alpha) * u32::from(background[channel]);
            out[channel] = ((blended + 127) / 255) as u8;
        }
    }
    flat
}

fn format_error(path: &Path, problem: String, expected: String) -> DataError {
    DataError::Format { path: path.to_path_buf(), problem, expected }
}
