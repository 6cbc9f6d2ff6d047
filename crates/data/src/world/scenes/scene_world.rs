//! The distribution of scenes, and the exact ambiguities that follow from it.

use ::image::RgbImage;
use rand_chacha::ChaCha8Rng;

use super::meaning::have_distinct_representatives;
use super::{Colour, Column, Meaning, Row, Scene, SceneObject, Shape, Size};
use crate::DataError;
use crate::world::corrupt::OCCLUSION_GREY;
use crate::world::draw::{Purpose, below, one_of, stream};

/// The cells of the grid in reading order.
const CELLS: [(Row, Column); Scene::MAX_OBJECTS] =
    [(Row::Top, Column::Left), (Row::Top, Column::Right), (Row::Bottom, Column::Left), (Row::Bottom, Column::Right)];

/// Different objects that one cell can hold.
const KINDS: usize = Shape::ALL.len() * Colour::ALL.len() * Size::ALL.len();

/// The distribution of scenes *before* anything is held out: the whole world that ambiguity is measured in.
///
/// The number of objects `n` is uniform in `1..=max_objects`, the occupied cells are a uniform `n`-subset of the four,
/// and shape, colour and size of each object are independent and uniform. Every scene of `n` objects thus has
/// probability `1 / (max_objects * C(4, n) * 72^n)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SceneWorld {
    max_objects: usize,
}

impl SceneWorld {
    /// The world whose scenes have one to `max_objects` objects.
    ///
    /// # Errors
    /// [`DataError::Invalid`] unless `max_objects` is from 1 to 4.
    pub fn new(max_objects: usize) -> Result<Self, DataError> {
        if !(1..=Scene::MAX_OBJECTS).contains(&max_objects) {
            return Err(DataError::Invalid {
                what: "the world of scenes".to_owned(),
                problem: format!("`max_objects` is {max_objects}"),
                help: format!("give a number from 1 to {}", Scene::MAX_OBJECTS),
            });
        }
        Ok(Self { max_objects })
    }

    /// The `index`-th of the independent scenes that belong to `seed`.
    pub fn scene(&self, seed: u64, index: u64) -> Scene {
        let mut rng = stream(seed, Purpose::Scene, u64::MAX, index);
        let objects = self.draw_count(&mut rng);
        draw_scene_of(&mut rng, objects)
    }

    /// The number of objects of a scene.
    pub(super) fn draw_count(&self, rng: &mut ChaCha8Rng) -> usize {
        1 + below(rng, self.max_objects)
    }

    /// The exact probability that a caption is true of a random scene of the world.
    ///
    /// For each set of occupied cells the objects are independent, so it is enough to count, cell by cell, how many of
    /// the 72 objects satisfy which subset of the mentions, and to add up the products over all combinations of such
    /// subsets that let every mention find an object of its own. All counts are integers; the only roundings are one
    /// division per number of objects and the sum over these.
    ///
    /// # Panics
    /// If there are more than eight mentions; generated captions make at most three.
    pub fn caption_probability(&self, meaning: &Meaning) -> f64 {
        let tallies = CELLS.map(|cell| tally_cell(meaning, cell));
        let mut probability = 0.0;
        for objects in 1..=self.max_objects {
            let mut true_scenes = 0u128;
            let mut layouts = 0u128;
            for occupied in (0u32..1 << CELLS.len()).filter(|cells| cells.count_ones() as usize == objects) {
                let cells: Vec<&[u128]> =
                    (0..CELLS.len()).filter(|cell| occupied >> cell & 1 == 1).map(|cell| &tallies[cell][..]).collect();
                true_scenes += count_true(&cells, &mut Vec::new(), meaning.mentions.len());
                layouts += 1;
            }
            let scenes = layouts * (KINDS as u128).pow(objects as u32);
            probability += true_scenes as f64 / scenes as f64;
        }
        probability / self.max_objects as f64
    }

    /// The true ambiguity of a caption: the logarithm of [`caption_probability`](Self::caption_probability), nats.
    ///
    /// Zero for "a scene", which is true of everything; the more specific, the further below zero. Negative infinity for
    /// a caption that no scene of this world satisfies (more mentions than objects).
    pub fn caption_ambiguity(&self, meaning: &Meaning) -> f64 {
        self.caption_probability(meaning).ln()
    }

    /// The exact probability that a random statement is true of `scene`.
    ///
    /// A random statement makes `k` mentions, `k` uniform in `1..=min(max_objects, 3)`; each mention contains each of the
    /// five attributes (shape, colour, size, row, column) with probability one half, independently, and its values are
    /// uniform. The mention is true of all objects of a set `S` with probability
    /// `prod_attributes (1/2 + [S agrees on it] / (2 * values))`; inclusion and exclusion over sets gives the probability
    /// of being true of exactly `S`, and the sum runs over the combinations in which the mentions find objects of their own.
    pub fn statement_probability(&self, scene: &Scene) -> f64 {
        let objects = scene.objects.len();
        let of_all: Vec<f64> = (0u8..1 << objects).map(|set| true_of_all(scene, set)).collect();
        let exactly: Vec<f64> = (0u8..1 << objects)
            .map(|set| {
                let supersets = (0u8..1 << objects).filter(|other| other & set == set);
                supersets
                    .map(|other| if (other & !set).count_ones() % 2 == 0 { 1.0 } else { -1.0 } * of_all[other as usize])
                    .sum()
            })
            .collect();
        let longest = self.max_objects.min(Meaning::MAX_MENTIONS);
        let total: f64 = (1..=longest).map(|mentions| all_find_objects(&exactly, &mut Vec::new(), mentions)).sum();
        total / longest as f64
    }

    /// The true ambiguity of an image: the logarithm of [`statement_probability`](Self::statement_probability) of its
    /// scene, nats. The more captions could be about it, the closer to zero; it grows with every object that is added.
    pub fn scene_ambiguity(&self, scene: &Scene) -> f64 {
        self.statement_probability(scene).ln()
    }

    /// The true ambiguity of a *view* of `scene`: the logarithm of the probability of all scenes that look the same in
    /// the cells that are not hidden, nats. It grows with every cell that is hidden, up to zero when nothing is seen.
    ///
    /// A view tells of every visible cell what it holds and of a hidden cell nothing. With `v` visible objects and `h`
    /// hidden cells it is `ln sum_n C(h, n - v) 72^(n - v) / (max_objects C(4, n) 72^n)`.
    pub fn view_ambiguity(&self, scene: &Scene, hidden: [bool; Scene::MAX_OBJECTS]) -> f64 {
        let hidden_cells = hidden.iter().filter(|&&is_hidden| is_hidden).count();
        let visible = CELLS.iter().zip(hidden).filter(|(cell, is_hidden)| {
            !is_hidden && scene.objects.iter().any(|object| (object.row, object.column) == **cell)
        });
        let seen = visible.count();
        let mut probability = 0.0;
        for objects in seen.max(1)..=self.max_objects {
            let kinds_seen = (KINDS as f64).powi(seen as i32);
            probability += choose(hidden_cells, objects - seen) / (choose(CELLS.len(), objects) * kinds_seen);
        }
        (probability / self.max_objects as f64).ln()
    }

    /// Which cells of a rendered scene are hidden, in reading order: those of whose pixels at least half have exactly the
    /// grey of [`occlude`](crate::world::corrupt::occlude).
    pub fn hidden_cells(image: &RgbImage) -> [bool; Scene::MAX_OBJECTS] {
        let (half_width, half_height) = (image.width().div_ceil(2), image.height().div_ceil(2));
        let mut grey = [0u32; Scene::MAX_OBJECTS];
        let mut pixels = [0u32; Scene::MAX_OBJECTS];
        for (x, y, pixel) in image.enumerate_pixels() {
            let cell = usize::from(y >= half_height) * 2 + usize::from(x >= half_width);
            pixels[cell] += 1;
            grey[cell] += u32::from(pixel.0 == OCCLUSION_GREY);
        }
        std::array::from_fn(|cell| 2 * grey[cell] >= pixels[cell].max(1))
    }
}

/// A scene of exactly `objects` objects.
pub(super) fn draw_scene_of(rng: &mut ChaCha8Rng, objects: usize) -> Scene {
    let mut free: Vec<usize> = (0..CELLS.len()).collect();
    let mut cells: Vec<usize> = (0..objects).map(|_| free.swap_remove(below(rng, free.len()))).collect();
    cells.sort_unstable();
    let place = |cell: usize| {
        let (row, column) = CELLS[cell];
        let (shape, colour) = (one_of(rng, &Shape::ALL), one_of(rng, &Colour::ALL));
        SceneObject { row, column, shape, colour, size: one_of(rng, &Size::ALL) }
    };
    Scene { objects: cells.into_iter().map(place).collect() }
}

/// How many of the objects that can be in `cell` satisfy exactly the mentions of each bit set, `[2^mentions]`.
fn tally_cell(meaning: &Meaning, (row, column): (Row, Column)) -> Vec<u128> {
    let mut tally = vec![0u128; 1 << meaning.mentions.len()];
    for shape in Shape::ALL {
        for colour in Colour::ALL {
            for size in Size::ALL {
                let object = SceneObject { row, column, shape, colour, size };
                let truths = meaning.mentions.iter().map(|mention| usize::from(mention.is_true_of(&object)));
                tally[truths.enumerate().fold(0, |set, (index, bit)| set | bit << index)] += 1;
            }
        }
    }
    tally
}

/// The number of ways to fill `cells` such that every mention has an object of its own. `chosen` holds, for the cells
/// filled so far, the set of mentions that their object satisfies.
fn count_true(cells: &[&[u128]], chosen: &mut Vec<u8>, mentions: usize) -> u128 {
    let Some((tally, others)) = cells.split_first() else {
        let mut candidates = [0u8; 8];
        for (mention, set) in candidates[..mentions].iter_mut().enumerate() {
            *set = chosen.iter().enumerate().fold(0, |set, (object, truths)| set | (truths >> mention & 1) << object);
        }
        return u128::from(have_distinct_representatives(&candidates[..mentions]));
    };
    let mut ways = 0;
    for (truths, &count) in tally.iter().enumerate().filter(|(_, count)| **count > 0) {
        chosen.push(truths as u8);
        ways += count * count_true(others, chosen, mentions);
        chosen.pop();
    }
    ways
}

/// The probability that a random mention is true of every object in the bit set `set`.
fn true_of_all(scene: &Scene, set: u8) -> f64 {
    let chosen: Vec<&SceneObject> =
        scene.objects.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1).map(|(_, object)| object).collect();
    let Some(first) = chosen.first() else { return 1.0 };
    let attribute = |agree: bool, values: usize| if agree { 0.5 + 0.5 / values as f64 } else { 0.5 };
    attribute(chosen.iter().all(|object| object.shape == first.shape), Shape::ALL.len())
        * attribute(chosen.iter().all(|object| object.colour == first.colour), Colour::ALL.len())
        * attribute(chosen.iter().all(|object| object.size == first.size), Size::ALL.len())
        * attribute(chosen.iter().all(|object| object.row == first.row), Row::ALL.len())
        * attribute(chosen.iter().all(|object| object.column == first.column), Column::ALL.len())
}

/// The probability that `left` more independent mentions, each true of exactly the objects `set` with probability
/// `exactly[set]`, find objects of their own together with those in `sets`.
fn all_find_objects(exactly: &[f64], sets: &mut Vec<u8>, left: usize) -> f64 {
    if !have_distinct_representatives(sets) {
        return 0.0;
    }
    if left == 0 {
        return 1.0;
    }
    let mut probability = 0.0;
    for (set, weight) in exactly.iter().enumerate().skip(1) {
        sets.push(set as u8);
        probability += weight * all_find_objects(exactly, sets, left - 1);
        sets.pop();
    }
    probability
}

/// The binomial coefficient "n choose k"; zero for `k > n`.
fn choose(n: usize, k: usize) -> f64 {
    if k > n { 0.0 } else { (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64) }
}
