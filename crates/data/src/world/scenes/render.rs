//! Scenes become pixels.

use ::image::{Rgb, RgbImage};
use rand_chacha::ChaCha8Rng;

use super::{Column, Row, Scene, SceneObject, Shape, Size};
use crate::world::draw::{Purpose, around_zero, below, stream};

/// Sub-pixel units per pixel, and four samples per pixel and axis at these offsets.
const UNIT: i32 = 16;
const SAMPLES: [i32; 4] = [2, 6, 10, 14];

/// A picture of `scene`, a square of side `image_size`, anti-aliased by 4 x 4 samples per pixel.
///
/// A dark, slightly tinted background with a faint vertical gradient and pixel noise; each object sits in the middle of
/// its cell up to a jitter of 1/32 of the side, with a radius of 1/8 (small) or 1/5 (large) of the side up to 5 %, and a
/// colour up to 8 levels and 10 % of brightness off the nominal one. No object reaches out of its cell. `seed` and
/// `index` choose these nuisances; they carry no information on what is in the scene.
///
/// Integer arithmetic throughout, so the bits are the same on every platform.
///
/// # Panics
/// If `image_size` is zero.
pub fn render(scene: &Scene, image_size: u32, seed: u64, index: u64) -> RgbImage {
    render_with(scene, image_size, &mut stream(seed, Purpose::Pixels, u64::MAX, index))
}

/// [`render`] with its stream of nuisances.
pub(super) fn render_with(scene: &Scene, image_size: u32, rng: &mut ChaCha8Rng) -> RgbImage {
    assert!(image_size > 0, "an image has at least one pixel");
    let side = image_size as i32;
    let mut image = background(side, rng);
    for object in &scene.objects {
        draw(&mut image, object, side, rng);
    }
    // Noise comes last and over everything, so that it tells nothing of the objects.
    for pixel in image.pixels_mut() {
        for channel in &mut pixel.0 {
            *channel = level(i32::from(*channel) + around_zero(rng, 5));
        }
    }
    image
}

fn background(side: i32, rng: &mut ChaCha8Rng) -> RgbImage {
    let grey = 24 + below(rng, 37) as i32;
    let tint = [around_zero(rng, 8), around_zero(rng, 8), around_zero(rng, 8)];
    let slope = around_zero(rng, 10);
    RgbImage::from_fn(side as u32, side as u32, |_, y| {
        let shade = slope * (2 * y as i32 + 1 - side) / side;
        Rgb(tint.map(|tint| level(grey + tint + shade)))
    })
}

fn draw(image: &mut RgbImage, object: &SceneObject, side: i32, rng: &mut ChaCha8Rng) {
    let span = side * UNIT;
    let cell = |far: bool| if far { 3 * span / 4 } else { span / 4 };
    let centre_x = cell(object.column == Column::Right) + around_zero(rng, span / 32);
    let centre_y = cell(object.row == Row::Bottom) + around_zero(rng, span / 32);
    let nominal = match object.size {
        Size::Small => span / 8,
        Size::Large => span / 5,
    };
    let radius = nominal + around_zero(rng, nominal / 20);
    let brightness = around_zero(rng, 10);
    let colour = object.colour.rgb().map(|nominal| {
        let nominal = i32::from(nominal);
        nominal + nominal * brightness / 100 + around_zero(rng, 8)
    });
    let pixels = |centre: i32| ((centre - radius) / UNIT).max(0)..=((centre + radius) / UNIT).min(side - 1);
    for y in pixels(centre_y) {
        for x in pixels(centre_x) {
            let inside = |dx: &&i32, dy: i32| covers(object.shape, x * UNIT + **dx - centre_x, dy, radius);
            let hits: usize =
                SAMPLES.iter().map(|dy| SAMPLES.iter().filter(|dx| inside(dx, y * UNIT + dy - centre_y)).count()).sum();
            let Rgb(under) = *image.get_pixel(x as u32, y as u32);
            let hits = hits as i32;
            let mixed =
                [0, 1, 2].map(|channel| level((i32::from(under[channel]) * (16 - hits) + colour[channel] * hits) / 16));
            image.put_pixel(x as u32, y as u32, Rgb(mixed));
        }
    }
}

/// Whether the point `(x, y)`, relative to the centre and y downwards, lies in a shape that fits into the radius.
fn covers(shape: Shape, x: i32, y: i32, radius: i32) -> bool {
    let (wide, high) = (x.abs(), y.abs());
    let squared = x * x + y * y;
    match shape {
        Shape::Circle => squared <= radius * radius,
        // Side 1.76 r: about the area of the disc.
        Shape::Square => 100 * wide.max(high) <= 88 * radius,
        // Apex at the top, base at 0.8 r, base angles from a half width of r.
        Shape::Triangle => 10 * y <= 8 * radius && 18 * wide <= 10 * (y + radius),
        // The hole takes 58 % of the radius, so that two pixels of it stay open in the smallest ring of a 32-pixel image.
        Shape::Ring => squared <= radius * radius && 10_000 * squared >= 58 * 58 * radius * radius,
        Shape::Cross => wide.max(high) <= radius && 100 * wide.min(high) <= 32 * radius,
        Shape::Diamond => wide + high <= radius,
    }
}

/// The nearest 8-bit level.
fn level(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}
