//! The generated world: three splits.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::grammar::write_caption;
use super::holdout_rule::{HoldoutRule, Split};
use super::render::render_with;
use super::scene_world::draw_scene_of;
use super::truth::complete_matches;
use super::{Colour, Meaning, Scene, SceneWorld, ScenesConfig, ScenesSplit, Shape};
use crate::DataError;
use crate::caption::{CaptionItem, CaptionSet, ImageItem, ImageSource};
use crate::world::corrupt::occlude;
use crate::world::draw::{Purpose, below, stream, unit};

/// Scenes, their pictures and captions, split such that validation and test show combinations that training never does.
///
/// ```
/// use halation_data::world::scenes::{Scenes, ScenesConfig};
///
/// let scenes = Scenes::generate(&ScenesConfig { train: 20, val: 5, test: 5, ..ScenesConfig::default() })?;
/// for (caption, images) in scenes.test.set.matches.images_of_caption().iter().enumerate() {
///     // The image it was written for is among the images, and the less it says, the closer to zero is its ambiguity.
///     assert!(!images.is_empty() && scenes.test.caption_ambiguity[caption] <= 0.0);
/// }
/// # Ok::<(), halation_data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scenes {
    /// The distribution that ambiguities are measured in.
    pub world: SceneWorld,
    /// What a model learns from.
    pub train: ScenesSplit,
    /// What stopping and choices are based on.
    pub val: ScenesSplit,
    /// What is reported.
    pub test: ScenesSplit,
    /// The (shape, colour) pairs set aside for validation.
    pub val_pairs: Vec<(Shape, Colour)>,
    /// The (shape, colour) pairs set aside for test.
    pub test_pairs: Vec<(Shape, Colour)>,
}

impl Scenes {
    /// Generates the world that `config` describes: bit-equal for equal configurations, whatever platform and threads.
    ///
    /// A scene of a split is drawn from the [`SceneWorld`], given its number of objects, until it belongs to the split
    /// (see [`Holdout`](super::Holdout)), so the number of objects is uniform in every split.
    ///
    /// # Errors
    /// [`DataError::Invalid`] for a size or share out of range, see [`ScenesConfig::validate`].
    pub fn generate(config: &ScenesConfig) -> Result<Self, DataError> {
        config.validate()?;
        let world = SceneWorld::new(config.max_objects)?;
        let rule = HoldoutRule::new(config.holdout, config.seed);
        Ok(Self {
            world,
            train: generate_split(config, world, &rule, Split::Train)?,
            val: generate_split(config, world, &rule, Split::Val)?,
            test: generate_split(config, world, &rule, Split::Test)?,
            val_pairs: rule.pairs(Split::Val),
            test_pairs: rule.pairs(Split::Test),
        })
    }
}

/// One image on its way into a split.
struct Drawn {
    scene: Scene,
    pixels: ::image::RgbImage,
    occlusion: f64,
    captions: Vec<(Meaning, String)>,
}

fn generate_split(
    config: &ScenesConfig,
    world: SceneWorld,
    rule: &HoldoutRule,
    split: Split,
) -> Result<ScenesSplit, DataError> {
    let (name, count) = match split {
        Split::Train => ("train", config.train),
        Split::Val => ("val", config.val),
        Split::Test => ("test", config.test),
    };
    let drawn: Vec<Drawn> = (0..count as u64)
        .into_par_iter()
        .map(|index| draw_item(config, world, rule, split, index))
        .collect::<Result<_, DataError>>()?;

    let mut index_of: HashMap<String, usize> = HashMap::new();
    let mut captions = Vec::new();
    let mut caption_meanings = Vec::new();
    let mut written_for = Vec::with_capacity(count);
    let mut images = Vec::with_capacity(count);
    let mut scenes = Vec::with_capacity(count);
    let mut occlusion = Vec::with_capacity(count);
    for (number, item) in drawn.into_iter().enumerate() {
        images
            .push(ImageItem { id: format!("{name}-{number:06}"), source: ImageSource::Pixels(Arc::new(item.pixels)) });
        scenes.push(item.scene);
        occlusion.push(item.occlusion);
        let mut written = Vec::with_capacity(item.captions.len());
        for (meaning, text) in item.captions {
            // Each text once, where it is first written: a second copy would be the same query again.
            let index = *index_of.entry(text.clone()).or_insert(captions.len());
            if index == captions.len() {
                captions.push(CaptionItem { id: format!("{name}-caption-{index:06}"), text });
                caption_meanings.push(meaning);
            }
            written.push(index);
        }
        written_for.push(written);
    }
    let matches = complete_matches(&scenes, &caption_meanings);
    Ok(ScenesSplit {
        caption_ambiguity: caption_meanings.par_iter().map(|meaning| world.caption_ambiguity(meaning)).collect(),
        image_ambiguity: scenes.par_iter().map(|scene| world.scene_ambiguity(scene)).collect(),
        set: CaptionSet { images, captions, matches, skipped: Vec::new() },
        scenes,
        caption_meanings,
        written_for,
        occlusion,
    })
}

fn draw_item(
    config: &ScenesConfig,
    world: SceneWorld,
    rule: &HoldoutRule,
    split: Split,
    index: u64,
) -> Result<Drawn, DataError> {
    let group = split as u64;
    let mut rng = stream(config.seed, Purpose::Scene, group, index);
    let objects = world.draw_count(&mut rng);
    // Ends: for every number of objects, each split takes a fixed share of the scenes, at least about a twentieth.
    let scene = loop {
        let scene = draw_scene_of(&mut rng, objects);
        if rule.split_of(&scene) == Some(split) {
            break scene;
        }
    };
    let mut pixels = render_with(&scene, config.image_size, &mut stream(config.seed, Purpose::Pixels, group, index));
    let mut occlusion = 0.0;
    let mut rng = stream(config.seed, Purpose::TrainOcclusion, group, index);
    if split == Split::Train && unit(&mut rng) < config.occluded_share {
        let area = f64::from(config.image_size).powi(2);
        // The fraction that the whole number of covered pixels makes.
        occlusion = (config.max_occlusion * unit(&mut rng) * area).round() / area;
        pixels = occlude(&pixels, occlusion, below(&mut rng, 1 << 31) as u64)?;
    }
    let mut rng = stream(config.seed, Purpose::Caption, group, index);
    let captions = (0..config.captions_per_image).map(|_| write_caption(&scene, &mut rng)).collect();
    Ok(Drawn { scene, pixels, occlusion, captions })
}
