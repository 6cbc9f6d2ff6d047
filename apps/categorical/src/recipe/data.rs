//! The `[data]` table.

use halation_data::source::{LabelAugment, LabelMapOptions, TextCorpusOptions};
use halation_data::world::chains::{ChainConfig, LabelWorldKind};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is learnt from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// Symbols of a sequence. Label maps have as many as pixels, whatever stands here.
    pub length: usize,
    /// The file of a text, the folder of label maps; `--data` sets it.
    pub path: Option<PathBuf>,
    /// Where the symbols come from.
    pub source: Source,
}

impl Default for Data {
    fn default() -> Self {
        Self { length: 256, path: None, source: Source::default() }
    }
}

/// Where the symbols come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A text file: text8, enwik8, or any other.
    Text(TextCorpusOptions),
    /// A Markov chain, whose entropy is known.
    Chain(Chain),
    /// A folder of label maps.
    Labels(Labels),
    /// Generated label maps.
    World(World),
}

impl Default for Source {
    fn default() -> Self {
        Self::Text(TextCorpusOptions::default())
    }
}

/// A Markov chain and how much of it is looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Chain {
    /// The chain.
    pub kind: ChainConfig,
    /// Symbols to learn from.
    pub train: usize,
    /// Symbols of each of the other two parts.
    pub test: usize,
}

impl Default for Chain {
    fn default() -> Self {
        Self { kind: ChainConfig::default(), train: 2_000_000, test: 100_000 }
    }
}

/// A folder of label maps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// How the folder is laid out.
    pub layout: Layout,
    /// The size that maps are brought to.
    #[serde(default)]
    pub size: LabelMapOptions,
    /// Flips and shifts, in training alone.
    pub augment: Option<LabelAugment>,
}

/// How a folder of label maps is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// `gtFine/<split>/<city>/*_labelIds.png`.
    Cityscapes,
    /// CamVid in 12 classes.
    Camvid,
    /// `train`, `val`, `test` and `categories.toml`.
    Folder,
}

/// Generated label maps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// What is drawn.
    pub kind: LabelWorldKind,
    /// Rows of a map.
    pub height: usize,
    /// Columns of a map.
    pub width: usize,
    /// Classes.
    pub classes: usize,
    /// Maps to learn from.
    pub train: usize,
    /// Maps of each of the other two parts.
    pub test: usize,
}

impl Default for World {
    fn default() -> Self {
        Self { kind: LabelWorldKind::default(), height: 8, width: 16, classes: 4, train: 2_000, test: 200 }
    }
}
