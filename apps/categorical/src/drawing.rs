//! Sequences as something to look at: text on a line, label maps as pictures.

use crate::dataset::Dataset;
use anyhow::Context;
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbImage, RgbaImage};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Pixels of a symbol in a picture.
const SCALE: usize = 4;

/// Frames of an animation at most, and how often the last is shown again.
const FRAMES: usize = 150;
const LAST: usize = 10;

/// A text for people's eyes, one line; classes above the alphabet, as the mask, are `_`.
pub fn line(dataset: &Dataset, row: &[u16]) -> String {
    let Some(alphabet) = dataset.alphabet() else { return String::new() };
    let shown: String = row
        .iter()
        .map(
            |&id| if usize::from(id) < alphabet.size() { alphabet.show(&[id]).unwrap_or_default() } else { "_".into() },
        )
        .collect();
    shown.replace(['\n', '\r', '\t'], " ")
}

/// Label maps, or the symbols of texts as coloured squares, in `columns` columns.
///
/// # Errors
/// None for sequences of the data set.
pub fn sheet(dataset: &Dataset, rows: &[Vec<u16>], columns: usize) -> anyhow::Result<RgbImage> {
    let [height, width] = dataset.size().unwrap_or([1, dataset.length]);
    // One colour more than classes: a mask is grey. Of 256 classes it shares the colour of the last one: a palette has no more.
    let mut colours = match dataset.maps() {
        Some(maps) => maps.categories.palette().colours().to_vec(),
        None => halation_data::image::Palette::distinct(dataset.classes)?.colours().to_vec(),
    };
    if colours.len() < 256 {
        colours.push([128, 128, 128]);
    }
    let last = colours.len() - 1;
    let palette = halation_data::image::Palette::new(colours)?;
    let maps: Vec<Vec<u8>> =
        rows.iter().map(|row| row.iter().map(|&id| usize::from(id).min(last) as u8).collect()).collect();
    let maps: Vec<&[u8]> = maps.iter().map(Vec::as_slice).collect();
    Ok(palette.sheet(&maps, height, width, columns, SCALE)?)
}

/// Writes the states of a sampler as an animated GIF.
///
/// # Errors
/// A file that cannot be written.
pub fn animate(dataset: &Dataset, states: &[Vec<Vec<u16>>], columns: usize, path: &Path) -> anyhow::Result<()> {
    let file = File::create(path).with_context(|| path.display().to_string())?;
    let mut encoder = GifEncoder::new_with_speed(BufWriter::new(file), 10);
    encoder.set_repeat(Repeat::Infinite)?;
    let chosen = crate::evaluation::spread(states.len(), FRAMES);
    let last = std::iter::repeat_n(states.len().saturating_sub(1), LAST);
    for index in chosen.into_iter().chain(last) {
        let picture = sheet(dataset, &states[index], columns)?;
        let (width, height) = picture.dimensions();
        let rgba = RgbaImage::from_fn(width, height, |x, y| {
            let [r, g, b] = picture.get_pixel(x, y).0;
            image::Rgba([r, g, b, 255])
        });
        encoder.encode_frame(Frame::from_parts(rgba, 0, 0, Delay::from_numer_denom_ms(80, 1)))?;
    }
    Ok(())
}
