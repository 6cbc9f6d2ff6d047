//! A float image as models take it.

/// One image as planes.
#[derive(Debug, Clone, PartialEq)]
pub struct ChwImage {
    /// Values, `[3, height, width]` row-major.
    pub values: Vec<f32>,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ChwImage {
    /// Scales to `[0, 1]`, then `(x - mean) / std` per channel (torchvision's `ToTensor` and `Normalize`).
    pub fn normalize(pixels: &image::RgbImage, mean: [f32; 3], std: [f32; 3]) -> Self {
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let area = width * height;
        let mut values = vec![0.0; 3 * area]; // [3, H, W]
        for (at, pixel) in pixels.as_raw().chunks_exact(3).enumerate() {
            for channel in 0..3 {
                values[channel * area + at] = (f32::from(pixel[channel]) / 255.0 - mean[channel]) / std[channel];
            }
        }
        Self { values, height, width }
    }
}
