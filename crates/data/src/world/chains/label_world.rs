//! Generated label maps: a stand-in for annotated photographs.

use super::{LabelWorldKind, MarkovChain};
use crate::DataError;
use crate::source::{Category, CategoryMap, LabelCorpus, LabelMapSet};
use crate::world::draw::{Purpose, below, stream};
use serde::{Deserialize, Serialize};

/// Random label maps of one size, a function of seed and index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelWorld {
    /// What the maps look like.
    pub kind: LabelWorldKind,
    /// Height, H, pixels.
    pub height: usize,
    /// Width, W, pixels.
    pub width: usize,
    /// Number of classes, K.
    pub classes: usize,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for LabelWorld {
    /// Voronoi maps of 32 x 64 with 8 classes, the size of the Cityscapes experiments.
    fn default() -> Self {
        Self { kind: LabelWorldKind::default(), height: 32, width: 64, classes: 8, seed: 0 }
    }
}

impl LabelWorld {
    /// Refuses what cannot be generated.
    ///
    /// # Errors
    /// [`DataError::Invalid`] that names the field.
    pub fn check(&self) -> Result<(), DataError> {
        let problem = match *self {
            Self { height, width, .. } if height == 0 || width == 0 || height > 1 << 14 || width > 1 << 14 => {
                format!("`height` x `width` is {height} x {width}")
            }
            Self { classes, .. } if !(2..=256).contains(&classes) => format!("`classes` is {classes}"),
            Self { kind: LabelWorldKind::Voronoi { sites: 0 }, .. } => "`sites` is 0".to_owned(),
            Self { kind: LabelWorldKind::Columns { stay }, .. } if !(0.0..=1.0).contains(&stay) => {
                format!("`stay` is {stay}")
            }
            _ => return Ok(()),
        };
        let help = "give 1 to 16384 pixels a side, 2 to 256 classes, at least one site, a probability".into();
        Err(DataError::Invalid { what: "the world of label maps".into(), problem, help })
    }

    /// The maps `first..first + count`, which messages call `name`.
    ///
    /// Splits are stretches of one world: give each its own.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn generate(&self, name: &str, first: u64, count: usize) -> Result<LabelMapSet, DataError> {
        self.check()?;
        let indices = first..first + count as u64;
        let items = indices.clone().map(|index| format!("map {index}")).collect();
        let mut pixels = Vec::with_capacity(count * self.height * self.width);
        for index in indices {
            pixels.extend(self.draw(index)?);
        }
        LabelMapSet::new(name, items, [self.height, self.width], self.classes, pixels)
    }

    /// A corpus of `train`, `val` and `test` maps, stretches of this world that follow each other; class `k` is called
    /// `class k`.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn corpus(&self, [train, val, test]: [usize; 3]) -> Result<LabelCorpus, DataError> {
        self.check()?;
        let category =
            |class: usize| Category { name: format!("class {class}"), ids: vec![class as i32], colour: None };
        let part = |which: &str, first: usize, count| {
            self.generate(&format!("the {which} part of generated label maps"), first as u64, count)
        };
        Ok(LabelCorpus {
            categories: CategoryMap::new("generated label maps", (0..self.classes).map(category).collect())?,
            train: part("train", 0, train)?,
            val: part("val", train, val)?,
            test: part("test", train + val, test)?,
        })
    }

    /// The exact entropy of a pixel, bits, where it is known: of [`LabelWorldKind::Columns`].
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn entropy_per_pixel(&self) -> Result<Option<f64>, DataError> {
        self.check()?;
        match self.kind {
            LabelWorldKind::Columns { stay } => {
                Ok(Some(MarkovChain::sticky(self.classes, stay)?.entropy_per_symbol(self.height)))
            }
            _ => Ok(None),
        }
    }

    /// Map `index`, `[H, W]`; the world was checked.
    fn draw(&self, index: u64) -> Result<Vec<u8>, DataError> {
        let Self { height, width, classes, seed, .. } = *self;
        let mut rng = stream(seed, Purpose::LabelMap, index, 0);
        let mut map = vec![0u8; height * width];
        match self.kind {
            LabelWorldKind::Voronoi { sites } => {
                // Sites lie on pixels; of two at the same distance the earlier wins.
                let sites: Vec<[usize; 3]> =
                    (0..sites).map(|_| [height, width, classes].map(|n| below(&mut rng, n))).collect();
                for (at, class) in map.iter_mut().enumerate() {
                    let (y, x) = (at / width, at % width);
                    let nearest =
                        sites.iter().min_by_key(|site| site[0].abs_diff(y).pow(2) + site[1].abs_diff(x).pow(2));
                    *class = nearest.expect("there is a site")[2] as u8;
                }
            }
            LabelWorldKind::Rectangles { rectangles } => {
                map.fill(below(&mut rng, classes) as u8);
                for _ in 0..rectangles {
                    let [top, bottom] = sorted([below(&mut rng, height), below(&mut rng, height)]);
                    let [left, right] = sorted([below(&mut rng, width), below(&mut rng, width)]);
                    let class = below(&mut rng, classes) as u8;
                    for row in map.chunks_exact_mut(width).take(bottom + 1).skip(top) {
                        row[left..=right].fill(class);
                    }
                }
            }
            LabelWorldKind::Columns { stay } => {
                let chain = MarkovChain::sticky(classes, stay)?;
                let first = index.wrapping_mul(width as u64);
                for x in 0..width {
                    for (y, class) in chain.sample(seed, first.wrapping_add(x as u64), height).into_iter().enumerate() {
                        map[y * width + x] = class as u8;
                    }
                }
            }
        }
        Ok(map)
    }
}

fn sorted([a, b]: [usize; 2]) -> [usize; 2] {
    [a.min(b), a.max(b)]
}
