//! Resizing as PIL does it.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use serde::{Deserialize, Serialize};

/// The resampling filter. All but `Nearest` widen with the scale when shrinking, as PIL's do (torchvision's `antialias`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// The nearest pixel.
    Nearest,
    /// Triangle filter: torchvision's default.
    #[default]
    Bilinear,
    /// Cubic with a = -0.5: what CLIP's preprocessing uses.
    Bicubic,
}

/// Resizes to exactly `width x height`; within one level of PIL's `Image.resize`.
///
/// # Panics
/// If a side of `pixels` or of the target is zero.
pub fn resize(pixels: &RgbImage, width: u32, height: u32, filter: Filter) -> RgbImage {
    if pixels.dimensions() == (width, height) {
        return pixels.clone();
    }
    assert!(width > 0 && height > 0, "a target of {width} x {height} pixels");
    let filter = match filter {
        Filter::Nearest => return nearest(pixels, width, height),
        Filter::Bilinear => FilterType::Bilinear,
        Filter::Bicubic => FilterType::CatmullRom,
    };
    // PIL resamples the rows first and rounds to 8 bits, then the columns; the resizer does the columns first. With the
    // negative lobes of the cubic, which clip, the order shows: so each pass is a call.
    convolve(&convolve(pixels, width, pixels.height(), filter), width, height, filter)
}

fn convolve(pixels: &RgbImage, width: u32, height: u32, filter: FilterType) -> RgbImage {
    let source = ImageRef::new(pixels.width(), pixels.height(), pixels.as_raw(), PixelType::U8x3)
        .expect("an RgbImage holds 3 bytes per pixel");
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    Resizer::new().resize(&source, &mut target, &options).expect("source and target share one pixel type");
    RgbImage::from_raw(width, height, target.into_vec()).expect("the target has 3 bytes per pixel")
}

/// Each pixel from under its centre. Our own loop: where a centre falls on an edge between pixels, the choice depends on the
/// rounding of a sum, and PIL's sum is the one that people compare with.
fn nearest(pixels: &RgbImage, width: u32, height: u32) -> RgbImage {
    let (columns, rows) = (centres(pixels.width(), width), centres(pixels.height(), height));
    RgbImage::from_fn(width, height, |x, y| *pixels.get_pixel(columns[x as usize], rows[y as usize]))
}

/// The source index under each target centre: half a step, then step after step, as PIL adds them up.
fn centres(source: u32, target: u32) -> Vec<u32> {
    let step = f64::from(source) / f64::from(target);
    let positions = std::iter::successors(Some(step * 0.5), |position| Some(position + step));
    positions.take(target as usize).map(|position| (position as u32).min(source - 1)).collect()
}

/// Resizes so that the short side is `size` and the ratio is kept: torchvision's `Resize(size)`.
///
/// The long side is `floor(size * long / short)`.
pub fn resize_short_side(pixels: &RgbImage, size: u32, filter: Filter) -> RgbImage {
    let (width, height) = pixels.dimensions();
    let long_side = |long: u32, short: u32| (u64::from(size) * u64::from(long) / u64::from(short)) as u32;
    if width <= height {
        resize(pixels, size, long_side(height, width), filter)
    } else {
        resize(pixels, long_side(width, height), size, filter)
    }
}
