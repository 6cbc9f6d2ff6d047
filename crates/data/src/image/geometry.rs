//! Crops, flips and padding on 8-bit pixels, with every number given: the random steps draw theirs and call these.

use image::RgbImage;
use image::imageops;

/// The rectangle `width x height` at column `left`, row `top`; what lies outside the image is black.
pub fn crop(pixels: &RgbImage, left: i64, top: i64, width: u32, height: u32) -> RgbImage {
    let mut out = RgbImage::new(width, height);
    imageops::replace(&mut out, pixels, -left, -top);
    out
}

/// The middle `width x height`, with black borders where the image is smaller: torchvision's `CenterCrop`.
///
/// The offset is `(side - target) / 2` rounded half to even, as Python's `round` does; borders are `floor` on the
/// left and top, the rest on the right and bottom.
pub fn center_crop(pixels: &RgbImage, width: u32, height: u32) -> RgbImage {
    let offset = |side: u32, target: u32| {
        if side < target {
            return -i64::from((target - side) / 2);
        }
        let twice = i64::from(side - target);
        let floor = twice / 2;
        if twice % 2 == 1 && floor % 2 == 1 { floor + 1 } else { floor }
    };
    crop(pixels, offset(pixels.width(), width), offset(pixels.height(), height), width, height)
}

/// Mirrors left and right.
pub fn flip_horizontal(pixels: &RgbImage) -> RgbImage {
    imageops::flip_horizontal(pixels)
}
