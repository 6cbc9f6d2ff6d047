//! A picture inside the page.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::TrainError;

/// An RGB picture, kept as the PNG that goes into the page.
#[derive(Debug, Clone)]
pub struct Picture {
    width: u32,
    base64: String,
}

impl Picture {
    /// Encodes 8-bit RGB pixels.
    ///
    /// # Shapes
    /// - `rgb`: `[height, width, 3]`, row-major
    ///
    /// # Errors
    /// [`TrainError::Invalid`] when a side is 0 or `rgb` has another length.
    pub fn from_rgb(width: u32, height: u32, rgb: &[u8]) -> Result<Self, TrainError> {
        let expected = width as usize * height as usize * 3;
        if expected == 0 || rgb.len() != expected {
            return Err(TrainError::Invalid {
                what: format!("picture of {width} x {height}"),
                problem: format!("it needs {expected} bytes (more than 0) and has {}", rgb.len()),
                help: "give height * width * 3 bytes, in rows".to_owned(),
            });
        }
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(rgb, width, height, ExtendedColorType::Rgb8)
            .expect("encoding checked pixels into memory does not fail");
        Ok(Self { width, base64: BASE64_STANDARD.encode(png) })
    }

    /// The image element. Tiny pictures are enlarged without blurring them.
    pub(super) fn to_html(&self) -> String {
        let class = if self.width <= 48 { " class=\"tiny\"" } else { "" };
        format!("<img{class} alt=\"\" src=\"data:image/png;base64,{}\">", self.base64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_png_decodes_to_the_same_pixels() {
        let rgb: Vec<u8> = (0..2 * 3 * 3).map(|value| value * 14).collect();
        let picture = Picture::from_rgb(2, 3, &rgb).unwrap();
        let png = BASE64_STANDARD.decode(&picture.base64).unwrap();
        let decoded = image::load_from_memory(&png).unwrap().to_rgb8();
        assert_eq!((decoded.dimensions(), decoded.into_raw()), ((2, 3), rgb));
    }

    #[test]
    fn pixels_of_another_size_are_refused() {
        for (width, height, length) in [(2, 2, 11), (0, 5, 0), (2, 2, 13)] {
            let error = Picture::from_rgb(width, height, &vec![0; length]).unwrap_err();
            assert!(error.to_string().contains("height * width * 3"), "{error}");
        }
    }
}
