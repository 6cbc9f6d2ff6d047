//! The `[data]` table.

use halation_data::image::{CLIP_MEAN, CLIP_STD, Filter, IMAGENET_MEAN, IMAGENET_STD, SquareFit, Transform};
use halation_data::sample::BatchMixer;
use halation_data::source::{CsvFolderOptions, CubOptions, EmojiOptions, HashSplit, ShardOptions};
use halation_data::world::scenes::ScenesConfig;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where images and captions come from, and how they become tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// The folder of a source that is read from disk; `--data` sets it.
    pub dir: Option<PathBuf>,
    /// Side of the square images that the model sees, pixels.
    pub image_size: usize,
    /// How an image becomes a square.
    pub fit: SquareFit,
    /// How pixels are resampled; `bicubic` for CLIP towers, else `bilinear`, if left out.
    pub filter: Option<Filter>,
    /// Whose mean and deviation the pixels are normalised by; CLIP's for CLIP towers, else ImageNet's, if left out.
    pub normalize: Option<Normalization>,
    /// A word of the training captions needs this many occurrences to enter the vocabulary.
    pub min_count: usize,
    /// Each word of a training caption becomes `<unk>` with this probability, then this share of them is deleted.
    pub drop_words: f64,
    /// Whether the match matrix of a batch holds every true match, or the drawn pairs alone (the published code).
    pub multi_positive: bool,
    /// CutMix and Mixup of training batches (PCME++: `mix = {}`); targets are mixed with them, whatever they are.
    pub mix: Option<BatchMixer>,
    /// Label smoothing: a match counts `1 - e`, a mismatch `e` (PCME++: 1e-4).
    pub label_smoothing: f64,
    /// Steps that training images go through before they are normalised; they keep the image's size.
    pub augment: Vec<Transform>,
    /// The source.
    pub source: Source,
}

impl Default for Data {
    fn default() -> Self {
        Self {
            dir: None,
            image_size: 32,
            fit: SquareFit::default(),
            filter: None,
            normalize: None,
            min_count: 1,
            drop_words: 0.0,
            multi_positive: true,
            mix: None,
            label_smoothing: 0.0,
            augment: Vec::new(),
            source: Source::default(),
        }
    }
}

impl Data {
    /// The pipeline of the training images.
    pub fn train_transforms(&self) -> Vec<Transform> {
        let (mean, std) = self.mean_std();
        let normalise = std::iter::once(Transform::Normalize { mean, std });
        let erases = |step: &&Transform| matches!(step, Transform::RandomErasing { .. });
        // Erasing works on normalised values, so it comes last.
        let before = self.augment.iter().filter(|step| !erases(step)).cloned();
        before.chain(normalise).chain(self.augment.iter().filter(erases).cloned()).collect()
    }
}

impl Data {
    /// Mean and deviation that pixels are normalised by.
    pub fn mean_std(&self) -> ([f32; 3], [f32; 3]) {
        match self.normalize {
            Some(Normalization::Clip) => (CLIP_MEAN, CLIP_STD),
            Some(Normalization::Imagenet) | None => (IMAGENET_MEAN, IMAGENET_STD),
        }
    }

    /// How pixels are resampled.
    pub fn filter(&self) -> Filter {
        self.filter.unwrap_or_default()
    }
}

/// Whose mean and deviation pixels are normalised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names are the documentation
pub enum Normalization {
    Imagenet,
    Clip,
}

/// The source, one table each: `[data.source.scenes]`, `[data.source.emoji]`, ..
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A generated world; needs no folder.
    Scenes(ScenesConfig),
    /// Noto emoji and their CLDR names and keywords.
    Emoji(EmojiOptions),
    /// A folder of images and a CSV file `image,caption`.
    Csv(CsvFolderOptions),
    /// Karpathy's `dataset_*.json` for COCO, Flickr8k and Flickr30k.
    Karpathy(KarpathyOptions),
    /// COCO's own caption annotations.
    Coco(CocoOptions),
    /// CUB-200-2011 with the captions of Reed et al.: trained on the 150 seen classes, one pair of every class in a batch;
    /// `val` is the seen test set and `test` the 50 unseen classes, where a match is a shared class.
    Cub(CubOptions),
    /// WebDataset tar shards or Parquet files.
    Shards(ShardSource),
}

impl Default for Source {
    fn default() -> Self {
        Self::Scenes(ScenesConfig::default())
    }
}

/// Where the files of a Karpathy split are, below the data folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KarpathyOptions {
    /// The JSON.
    pub json: PathBuf,
    /// The folder of the images.
    pub images: PathBuf,
    /// Captions to take of each image, the first ones.
    pub captions_per_image: Option<usize>,
}

impl Default for KarpathyOptions {
    fn default() -> Self {
        Self { json: "dataset_coco.json".into(), images: ".".into(), captions_per_image: Some(5) }
    }
}

/// Which shards of a folder are read, and how.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShardSource {
    /// The shards, below the data folder; all its `.tar` and `.parquet` files, by name, if none is named.
    pub files: Vec<PathBuf>,
    /// Columns, keys and limits.
    pub read: ShardOptions,
    /// The split, by a hash of the sample's id.
    pub split: HashSplit,
}

/// Where the files of a COCO caption set are, below the data folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CocoOptions {
    /// The annotations.
    pub json: PathBuf,
    /// The folder of the images.
    pub images: PathBuf,
    /// The split, by a hash of the image's id.
    pub split: HashSplit,
}

impl Default for CocoOptions {
    fn default() -> Self {
        Self { json: "annotations/captions_val2017.json".into(), images: "val2017".into(), split: HashSplit::default() }
    }
}
