//! Files of ids into a set of one size.

use super::label_png::read_label_png;
use super::{CategoryMap, LabelMapOptions, LabelMapSet};
use crate::DataError;
use rayon::prelude::*;
use std::path::PathBuf;

/// The largest side that maps are brought to.
const MAX_SIDE: usize = 1 << 14;

/// Reads `files` (item name, path) in their order: ids to categories, then to the size of `options`, nearest.
///
/// Source pixel of target pixel `i`: `floor((i + 1/2) * source / target)`, as in Pillow.
///
/// # Errors
/// Of a size that is 0 or above 16,384; of the first file, in their order, that cannot be read, has another size than the first, or holds an id that is in
/// no category.
pub(super) fn read_maps(
    name: &str,
    files: &[(String, PathBuf)],
    categories: &CategoryMap,
    options: &LabelMapOptions,
) -> Result<LabelMapSet, DataError> {
    let [height, width] = [options.height, options.width];
    if !(1..=MAX_SIDE).contains(&height) || !(1..=MAX_SIDE).contains(&width) {
        return Err(DataError::Invalid {
            what: name.to_owned(),
            problem: format!("label maps of {height} x {width}"),
            help: format!("give a size of at least 1 x 1 and at most {MAX_SIDE} x {MAX_SIDE}"),
        });
    }
    let first = match files.first() {
        Some((_, path)) => read_label_png(path, &options.limits).map(|(width, height, _)| (width, height))?,
        None => (0, 0),
    };
    let maps: Vec<Result<Vec<u8>, DataError>> = files
        .par_iter()
        .map(|(_, path)| {
            let (from_width, from_height, ids) = read_label_png(path, &options.limits)?;
            let wrong = |problem: String, expected: String| DataError::Format { path: path.clone(), problem, expected };
            if (from_width, from_height) != first {
                let problem = format!("{from_width} x {from_height} pixels");
                let expected = format!("{} x {}, the size of {}", first.0, first.1, files[0].1.display());
                return Err(wrong(problem, expected));
            }
            let mut seen = [false; 256];
            for &id in &ids {
                seen[usize::from(id)] = true;
            }
            let strange = |id: u8| seen[usize::from(id)] && categories.category(i32::from(id)).is_none();
            if (0..=255).any(strange) {
                let at = ids.iter().position(|&id| strange(id)).expect("one of the ids was seen");
                let problem = format!("id {} at row {}, column {}", ids[at], at / from_width, at % from_width);
                return Err(wrong(problem, "an id of one of the categories".into()));
            }
            let source = |place: usize, size: usize, from: usize| (2 * place + 1) * from / (2 * size);
            let mut map = Vec::with_capacity(height * width);
            for y in 0..height {
                let row = &ids[source(y, height, from_height) * from_width..][..from_width];
                map.extend((0..width).map(|x| {
                    let id = row[source(x, width, from_width)];
                    categories.category(i32::from(id)).expect("every id was looked up above")
                }));
            }
            Ok(map)
        })
        .collect();
    let mut pixels = Vec::with_capacity(files.len() * height * width);
    for map in maps {
        pixels.extend(map?);
    }
    let items = files.iter().map(|(item, _)| item.clone()).collect();
    LabelMapSet::new(name, items, [height, width], categories.len(), pixels)
}
