//! Colours of classes, to draw label maps.

use crate::DataError;
use image::{Rgb, RgbImage};

/// One colour per class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette(Vec<[u8; 3]>);

impl Palette {
    /// The colours by class.
    ///
    /// # Errors
    /// [`DataError::Invalid`] unless there are 1 to 256 colours.
    pub fn new(colours: Vec<[u8; 3]>) -> Result<Self, DataError> {
        if (1..=256).contains(&colours.len()) {
            return Ok(Self(colours));
        }
        Err(DataError::Invalid {
            what: "a palette".into(),
            problem: format!("{} colours", colours.len()),
            help: "give one for each of 1 to 256 classes".into(),
        })
    }

    /// `classes` colours that are easy to tell apart: hues a golden angle from each other, in three shades.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn distinct(classes: usize) -> Result<Self, DataError> {
        let colour = |class: usize| {
            // 6 sectors of 256 hues; 949 of 1536 is the golden section of the circle.
            let hue = class * 949 % 1536;
            let (sector, rise) = (hue / 256, (hue % 256) as u8);
            let fall = 255 - rise;
            let full = match sector {
                0 => [255, rise, 0],
                1 => [fall, 255, 0],
                2 => [0, 255, rise],
                3 => [0, fall, 255],
                4 => [rise, 0, 255],
                _ => [255, 0, fall],
            };
            let shade = [240, 190, 140][class % 3];
            full.map(|channel: u8| (usize::from(channel) * shade / 255) as u8)
        };
        Self::new((0..classes).map(colour).collect())
    }

    /// The colours by class.
    pub fn colours(&self) -> &[[u8; 3]] {
        &self.0
    }

    /// A label map in colours, every position a square of `scale` pixels.
    ///
    /// # Shapes
    /// * `classes`: `[H, W]` row-major
    ///
    /// # Errors
    /// [`DataError::Invalid`] if a class has no colour, or the sizes do not fit or are 0.
    pub fn draw(&self, classes: &[u8], height: usize, width: usize, scale: usize) -> Result<RgbImage, DataError> {
        self.sheet(&[classes], height, width, 1, scale)
    }

    /// Label maps side by side, `columns` in a row with a white line between them; the last row may be shorter.
    ///
    /// # Shapes
    /// * `maps`: each `[H, W]` row-major
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn sheet(
        &self,
        maps: &[&[u8]],
        height: usize,
        width: usize,
        columns: usize,
        scale: usize,
    ) -> Result<RgbImage, DataError> {
        let invalid = |problem: String, help: &str| DataError::Invalid {
            what: "drawing label maps".into(),
            problem,
            help: help.into(),
        };
        if maps.is_empty() || [height, width, columns, scale].contains(&0) {
            let problem = format!("{} maps of {height} x {width} in {columns} columns at scale {scale}", maps.len());
            return Err(invalid(problem, "give at least one of each"));
        }
        if let Some(map) = maps.iter().find(|map| map.len() != height * width) {
            let problem = format!("a map of {} positions, not {height} x {width}", map.len());
            return Err(invalid(problem, "give the maps' own size"));
        }
        if let Some(&class) = maps.iter().flat_map(|map| map.iter()).find(|&&class| usize::from(class) >= self.0.len())
        {
            let problem = format!("class {class} has no colour, there are {}", self.0.len());
            return Err(invalid(problem, "give a colour for every class"));
        }
        let columns = columns.min(maps.len());
        let rows = maps.len().div_ceil(columns);
        let gap = usize::from(maps.len() > 1);
        let across = columns * (width * scale + gap) - gap;
        let down = rows * (height * scale + gap) - gap;
        let (Ok(across), Ok(down)) = (u32::try_from(across), u32::try_from(down)) else {
            return Err(invalid(format!("{across} x {down} pixels"), "draw fewer maps, or at a smaller scale"));
        };
        let mut image = RgbImage::from_pixel(across, down, Rgb([255; 3]));
        for (index, map) in maps.iter().enumerate() {
            let left = index % columns * (width * scale + gap);
            let top = index / columns * (height * scale + gap);
            for y in 0..height * scale {
                for x in 0..width * scale {
                    let class = map[y / scale * width + x / scale];
                    image.put_pixel((left + x) as u32, (top + y) as u32, Rgb(self.0[usize::from(class)]));
                }
            }
        }
        Ok(image)
    }
}
