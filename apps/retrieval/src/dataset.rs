//! The data of a recipe: three splits, each a caption set with what is known to be true of it.

use crate::frozen::SplitFeatures;
use crate::recipe::{Data, ShardSource, Source};
use anyhow::{Context, anyhow};
use halation_data::DataError;
use halation_data::caption::{CaptionSet, ClassSet, Matches};
use halation_data::image::{DecodeLimits, ImageCache};
use halation_data::source::{
    Corpus, Cub, read_coco_captions, read_csv_folder, read_cub, read_emoji, read_karpathy, read_shards,
};
use halation_data::world::scenes::{Scenes, ScenesSplit};
use halation_train::user_error::user;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// The splits `train`, `val` and `test`.
pub struct Dataset {
    /// What it is called in the manifest.
    pub name: &'static str,
    /// Hash over every id, caption, match and pixel.
    pub sha256: String,
    splits: BTreeMap<&'static str, Split>,
}

/// One split, its images decoded.
pub struct Split {
    /// Images, captions and all their matches.
    pub set: CaptionSet,
    /// The pixels of `set.images`.
    pub pixels: ImageCache,
    /// The pairs that training draws from.
    pub training_pairs: Matches,
    /// The class of every caption, where a batch is to hold one pair of every class.
    pub caption_classes: Option<Vec<usize>>,
    /// The true ambiguity of every caption and image, nats, where the world is known.
    pub ambiguity: Option<Ambiguity>,
    /// What frozen towers made of it, where that was computed.
    pub features: Option<SplitFeatures>,
}

/// The truth about a generated world.
pub struct Ambiguity {
    /// Of every caption.
    pub captions: Vec<f64>,
    /// Of every image.
    pub images: Vec<f64>,
}

impl Dataset {
    /// Reads or generates what the recipe names; bad items are skipped, counted and reported by [`Self::summary`].
    ///
    /// # Errors
    /// User errors: a folder that is not named, is not there, or does not hold the layout.
    pub fn load(data: &Data) -> anyhow::Result<Self> {
        let (name, parts) = match &data.source {
            Source::Scenes(config) => {
                let world = Scenes::generate(config).map_err(data_error)?;
                let parts = [("train", world.train), ("val", world.val), ("test", world.test)];
                ("scenes", parts.map(|(split, part)| (split, Part::from(part))))
            }
            Source::Emoji(options) => {
                ("emoji", three(&read_emoji(&folder(data)?, options).map_err(data_error)?, "train")?)
            }
            Source::Csv(options) => {
                ("csv", three(&read_csv_folder(&folder(data)?, options).map_err(data_error)?, "train")?)
            }
            Source::Karpathy(options) => {
                let folder = folder(data)?;
                let (json, images) = (folder.join(&options.json), folder.join(&options.images));
                let corpus = read_karpathy(&json, &images, options.captions_per_image).map_err(data_error)?;
                let train = if corpus.splits.contains_key("restval") { "train+restval" } else { "train" };
                ("karpathy", three(&corpus, train)?)
            }
            Source::Coco(options) => {
                let folder = folder(data)?;
                let corpus = read_coco_captions(&folder.join(&options.json), &folder.join(&options.images));
                ("coco", three(&corpus.map_err(data_error)?.with_hash_split(&options.split), "train")?)
            }
            Source::Cub(options) => ("cub", cub(&read_cub(&folder(data)?, options).map_err(data_error)?)?),
            Source::Shards(source) => {
                let corpus = read_shards(&shards(&folder(data)?, source)?, &source.read).map_err(data_error)?;
                ("shards", three(&corpus.with_hash_split(&source.split), "train")?)
            }
        };
        let mut splits = BTreeMap::new();
        for (split, part) in parts {
            splits.insert(split, part.decode(data).with_context(|| format!("split `{split}`"))?);
        }
        Ok(Self { name, sha256: hash(&splits), splits })
    }

    /// A split by name.
    ///
    /// # Errors
    /// A user error that lists the names there are.
    pub fn split(&self, name: &str) -> anyhow::Result<&Split> {
        let names = || self.splits.keys().copied().collect::<Vec<_>>().join(", ");
        self.splits.get(name).ok_or_else(|| user(anyhow!("there is no split `{name}`; choose from {}", names())))
    }

    /// All splits, by name.
    pub fn splits_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut Split)> {
        self.splits.iter_mut().map(|(&name, split)| (name, split))
    }

    /// Every caption.
    pub fn captions(&self) -> impl Iterator<Item = &str> {
        self.splits.values().flat_map(|split| split.set.captions.iter().map(|caption| caption.text.as_str()))
    }

    /// One line a split, and how many items were left out for which reason.
    pub fn summary(&self) -> String {
        let mut lines = Vec::new();
        let mut reasons: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
        for name in ["train", "val", "test"] {
            let split = &self.splits[name];
            let (images, captions) = (split.set.images.len(), split.set.captions.len());
            let pairs: usize = split.set.matches.captions_of_image().iter().map(Vec::len).sum();
            lines.push(format!("{name}: {images} images, {captions} captions, {pairs} matching pairs"));
            for skipped in &split.set.skipped {
                reasons.entry(&skipped.reason).or_insert((0, &skipped.item)).0 += 1;
            }
        }
        for (reason, (count, first)) in reasons {
            lines.push(format!("skipped {count} ({first}, ..): {reason}"));
        }
        lines.join("\n")
    }
}

/// A split before its images are decoded.
struct Part {
    set: CaptionSet,
    training_pairs: Option<Matches>,
    caption_classes: Option<HashMap<String, usize>>,
    ambiguity: Option<Ambiguity>,
}

impl From<ScenesSplit> for Part {
    fn from(split: ScenesSplit) -> Self {
        // A vague caption matches half the world: drawing from all matches would hardly ever show a specific one.
        let written = split.written_for.iter().enumerate();
        let pairs = written.flat_map(|(image, captions)| captions.iter().map(move |&caption| (image, caption)));
        let (images, captions) = (split.set.images.len(), split.set.captions.len());
        Self {
            training_pairs: Some(Matches::from_pairs(images, captions, pairs)),
            caption_classes: None,
            ambiguity: Some(Ambiguity { captions: split.caption_ambiguity, images: split.image_ambiguity }),
            set: split.set,
        }
    }
}

impl Part {
    fn plain(set: CaptionSet) -> Self {
        Self { set, training_pairs: None, caption_classes: None, ambiguity: None }
    }

    fn decode(self, data: &Data) -> anyhow::Result<Split> {
        let (size, limits) = (data.image_size as u32, DecodeLimits::default());
        let (pixels, set) =
            ImageCache::build_filtered(&self.set, size, data.fit, data.filter(), &limits).map_err(data_error)?;
        let training_pairs = self.training_pairs.unwrap_or_else(|| set.matches.clone());
        // Captions whose image could not be decoded are gone by now: classes are found by id.
        let caption_classes =
            self.caption_classes.map(|class_of| set.captions.iter().map(|caption| class_of[&caption.id]).collect());
        Ok(Split { pixels, training_pairs, caption_classes, ambiguity: self.ambiguity, features: None, set })
    }
}

fn three(corpus: &Corpus, train: &str) -> anyhow::Result<[(&'static str, Part); 3]> {
    let part = |name: &str| -> anyhow::Result<Part> {
        let set = corpus.split(name).map_err(data_error)?;
        Ok(Part::plain(set))
    };
    let mut first = part(train)?;
    first.set.skipped.clone_from(&corpus.set.skipped);
    Ok([("train", first), ("val", part("val")?), ("test", part("test")?)])
}

/// CUB Captions: classes for the batches of training, and for what counts as a match in evaluation.
fn cub(cub: &Cub) -> anyhow::Result<[(&'static str, Part); 3]> {
    let part = |name: &str| cub.split(name).map_err(data_error);
    let evaluated = |classes: ClassSet| {
        let matches = classes.class_matches();
        Part::plain(CaptionSet { matches, ..classes.set })
    };
    let train = part("train")?;
    let ids = train.set.captions.iter().map(|caption| caption.id.clone());
    let caption_classes = Some(ids.zip(train.caption_classes.iter().copied()).collect());
    let mut first = Part { caption_classes, ..Part::plain(train.set) };
    first.set.skipped.clone_from(&cub.corpus.set.skipped);
    Ok([("train", first), ("val", evaluated(part("test_seen")?)), ("test", evaluated(part("test_unseen")?))])
}

/// The shards of a folder that a recipe names, or all of them by name.
fn shards(folder: &Path, source: &ShardSource) -> anyhow::Result<Vec<PathBuf>> {
    if !source.files.is_empty() {
        return Ok(source.files.iter().map(|file| folder.join(file)).collect());
    }
    let entries = std::fs::read_dir(folder).map_err(|error| user(anyhow!("{}: {error}", folder.display())))?;
    let mut found: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    found.retain(|path| path.extension().is_some_and(|kind| kind == "tar" || kind == "parquet"));
    found.sort();
    if found.is_empty() {
        return Err(user(anyhow!("{} holds no shard: no file ends in .tar or .parquet", folder.display())));
    }
    Ok(found)
}

fn folder(data: &Data) -> anyhow::Result<PathBuf> {
    data.dir
        .clone()
        .ok_or_else(|| user(anyhow!("this recipe reads a data set from disk: name its folder with --data DIR")))
}

/// What is wrong with data is for the user to put right.
pub fn data_error(error: DataError) -> anyhow::Error {
    user(error.into())
}

fn hash(splits: &BTreeMap<&'static str, Split>) -> String {
    let mut bytes = Vec::new();
    for (name, split) in splits {
        bytes.extend_from_slice(name.as_bytes());
        for image in 0..split.pixels.len() {
            bytes.extend_from_slice(split.set.images[image].id.as_bytes());
            bytes.extend_from_slice(split.pixels.planes(image));
        }
        for caption in &split.set.captions {
            bytes.extend_from_slice(caption.id.as_bytes());
            bytes.extend_from_slice(caption.text.as_bytes());
        }
        for (image, caption) in split.set.matches.pairs() {
            bytes.extend_from_slice(&(image as u64).to_le_bytes());
            bytes.extend_from_slice(&(caption as u64).to_le_bytes());
        }
    }
    halation_train::run::sha256_bytes(&bytes)
}
