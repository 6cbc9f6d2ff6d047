//! A grey patch over part of an image.

use ::image::{Rgb, RgbImage};

use super::share_of;
use crate::DataError;
use crate::world::draw::{Purpose, below, stream};

/// The grey that [`occlude`] paints; neither a colour nor a background of the generated scenes.
pub const OCCLUSION_GREY: [u8; 3] = [128, 128, 128];

/// `image` with `round(fraction * width * height)` pixels covered by a square patch of [`OCCLUSION_GREY`].
///
/// The patch grows from a centre pixel that is drawn uniformly from `seed` (for one image size): ring by ring in
/// Chebyshev distance, within a ring row by row. It is therefore a square, cut by the borders of the image where it
/// reaches them, and its outermost ring may be incomplete. For one seed, a patch contains every smaller one, so that a
/// curve over fractions shows the effect of covering more and nothing else. Works for any image, not only scenes.
///
/// # Errors
/// [`DataError::Invalid`] if `fraction` is not in `[0, 1]`.
///
/// Source: the ambiguity curve of Chun et al. 2021 (PCME), whose square patch is black; grey keeps a dark background
/// from passing for a patch.
pub fn occlude(image: &RgbImage, fraction: f64, seed: u64) -> Result<RgbImage, DataError> {
    let (width, height) = image.dimensions();
    let mut left = share_of(width as usize * height as usize, fraction, "occluded pixels")?;
    let mut covered = image.clone();
    if left == 0 {
        return Ok(covered);
    }
    let mut rng = stream(seed, Purpose::Occlusion, u64::from(width), u64::from(height));
    let centre_x = below(&mut rng, width as usize) as i64;
    let centre_y = below(&mut rng, height as usize) as i64;
    for radius in 0i64.. {
        for y in (centre_y - radius).max(0)..=(centre_y + radius).min(i64::from(height) - 1) {
            let whole_row = (y - centre_y).abs() == radius;
            let step = if whole_row { 1 } else { 2 * radius };
            let mut x = centre_x - radius;
            while x <= centre_x + radius {
                if (0..i64::from(width)).contains(&x) {
                    covered.put_pixel(x as u32, y as u32, Rgb(OCCLUSION_GREY));
                    left -= 1;
                    if left == 0 {
                        return Ok(covered);
                    }
                }
                x += step.max(1);
            }
        }
    }
    unreachable!("the rings together hold every pixel of the image")
}
