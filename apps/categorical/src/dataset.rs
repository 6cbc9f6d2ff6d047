//! The data of a recipe: three parts of sequences of one length over one set of classes.

use crate::recipe::{Data, Layout, Recipe, Source};
use anyhow::anyhow;
use halation_data::DataError;
use halation_data::sample::{Stream, index_below, keyed_rng};
use halation_data::source::{
    HashSplit, LabelAugment, LabelCorpus, LabelMapSet, TextCorpus, TextPart, read_camvid, read_cityscapes,
    read_label_folder,
};
use halation_data::text::Alphabet;
use halation_data::world::chains::{ChainConfig, LabelWorld};
use halation_train::run::sha256_bytes;
use halation_train::user_error::user;
use std::path::Path;

/// What is learnt from, and what is asked.
pub struct Dataset {
    /// What kind of source it is.
    pub name: &'static str,
    /// Hash over the data.
    pub sha256: String,
    /// Classes of a symbol, K.
    pub classes: usize,
    /// Symbols of a sequence, L.
    pub length: usize,
    /// Bits of a symbol that no model can go below, where they are known.
    pub floor: Option<f64>,
    corpus: Corpus,
    augment: Option<LabelAugment>,
}

#[allow(clippy::large_enum_variant)] // there is one of it
enum Corpus {
    Text(TextCorpus),
    Maps(LabelCorpus),
}

impl Dataset {
    /// Reads or generates the data.
    ///
    /// # Errors
    /// User errors: a path that is not named or not there, a file that is damaged or does not fit.
    pub fn load(recipe: &Recipe) -> anyhow::Result<Self> {
        let data = &recipe.data;
        let dataset = Self::read(data, recipe.seed).map_err(|error| match error.downcast::<DataError>() {
            Ok(error) => data_error(error),
            Err(error) => error,
        })?;
        for part in ["train", "val", "test"] {
            dataset.count(part)?;
        }
        Ok(dataset)
    }

    fn read(data: &Data, seed: u64) -> anyhow::Result<Self> {
        let text = |name, corpus: TextCorpus, floor| Self {
            name,
            sha256: corpus.sha256.clone(),
            classes: corpus.alphabet.size(),
            length: data.length,
            floor,
            corpus: Corpus::Text(corpus),
            augment: None,
        };
        let maps = |name, corpus: LabelCorpus, floor, augment: Option<LabelAugment>| -> anyhow::Result<Self> {
            if let Some(augment) = &augment {
                augment.check()?;
            }
            let hashes: Vec<String> = [&corpus.train, &corpus.val, &corpus.test].iter().map(|p| p.sha256()).collect();
            Ok(Self {
                name,
                sha256: sha256_bytes(hashes.concat().as_bytes()),
                classes: corpus.categories.len(),
                length: corpus.train.height() * corpus.train.width(),
                floor,
                corpus: Corpus::Maps(corpus),
                augment,
            })
        };
        match &data.source {
            Source::Text(options) => Ok(text("text", TextCorpus::read(path(data, "the text file")?, options)?, None)),
            Source::Chain(chain) => {
                let (ChainConfig::Sticky { classes, .. } | ChainConfig::Ring { classes, .. }) = chain.kind;
                if classes < 2 {
                    return Err(user(anyhow!(
                        "recipe key `data.source.chain.kind`: classes = {classes}; a chain has at least 2"
                    )));
                }
                let floor = chain.kind.build()?.entropy_per_symbol(data.length);
                let corpus = chain.kind.corpus(seed, [chain.train, chain.test, chain.test])?;
                Ok(text("chain", corpus, Some(floor)))
            }
            Source::Labels(labels) => {
                let folder = path(data, "the folder of label maps")?;
                let corpus = match labels.layout {
                    Layout::Cityscapes => read_cityscapes(folder, &labels.size)?,
                    Layout::Camvid => read_camvid(folder, &labels.size)?,
                    Layout::Folder => read_label_folder(folder, &HashSplit::default(), &labels.size)?,
                };
                maps("labels", corpus, None, labels.augment)
            }
            Source::World(world) => {
                let (kind, classes) = (world.kind, world.classes);
                let generated = LabelWorld { kind, height: world.height, width: world.width, classes, seed };
                let floor = generated.entropy_per_pixel()?;
                maps("world", generated.corpus([world.train, world.test, world.test])?, floor, None)
            }
        }
    }

    /// Height and width of a label map; `None` of a text.
    pub fn size(&self) -> Option<[usize; 2]> {
        match &self.corpus {
            Corpus::Text(_) => None,
            Corpus::Maps(corpus) => Some([corpus.train.height(), corpus.train.width()]),
        }
    }

    /// The alphabet of a text; `None` of label maps.
    pub fn alphabet(&self) -> Option<&Alphabet> {
        match &self.corpus {
            Corpus::Text(corpus) => Some(&corpus.alphabet),
            Corpus::Maps(_) => None,
        }
    }

    /// What the classes are, as JSON: the alphabet of a text, names and ids of the categories of label maps.
    pub fn classes_json(&self) -> String {
        let text = match &self.corpus {
            Corpus::Text(corpus) => serde_json::to_string(&corpus.alphabet),
            Corpus::Maps(corpus) => {
                let categories = corpus.categories.categories().iter();
                serde_json::to_string(&categories.map(|category| (&category.name, &category.ids)).collect::<Vec<_>>())
            }
        };
        text.expect("plain values")
    }

    /// The label maps and their categories; `None` of a text.
    pub fn maps(&self) -> Option<&LabelCorpus> {
        match &self.corpus {
            Corpus::Text(_) => None,
            Corpus::Maps(corpus) => Some(corpus),
        }
    }

    /// The symbols of a part of a text; `None` of label maps.
    ///
    /// # Errors
    /// A part that does not exist.
    pub fn symbols(&self, part: &str) -> anyhow::Result<Option<&[u16]>> {
        match &self.corpus {
            Corpus::Text(corpus) => Ok(Some(text_part(corpus, part)?.ids())),
            Corpus::Maps(_) => Ok(None),
        }
    }

    /// Sequences of a part.
    ///
    /// # Errors
    /// A part that does not exist or is shorter than one sequence.
    pub fn count(&self, part: &str) -> anyhow::Result<usize> {
        match &self.corpus {
            Corpus::Text(corpus) => text_part(corpus, part)?.chunk_count(self.length).map_err(data_error),
            Corpus::Maps(corpus) => match map_part(corpus, part)?.len() {
                0 => Err(user(anyhow!("the {part} part has no label map"))),
                count => Ok(count),
            },
        }
    }

    /// Sequences of a part by number, `[B, L]` row by row.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn sequences(&self, part: &str, indices: &[usize]) -> anyhow::Result<Vec<i32>> {
        match &self.corpus {
            Corpus::Text(corpus) => {
                let part = text_part(corpus, part)?;
                let rows = indices.iter().map(|&index| part.batch(self.length, index..index + 1));
                Ok(rows.collect::<Result<Vec<_>, _>>().map_err(data_error)?.concat())
            }
            Corpus::Maps(corpus) => Ok(map_part(corpus, part)?.batch(indices)),
        }
    }

    /// A batch to learn from: a function of seed, epoch and step.
    ///
    /// # Errors
    /// As [`count`](Self::count).
    pub fn training_batch(&self, count: usize, seed: u64, epoch: u64, step: u64) -> anyhow::Result<Vec<i32>> {
        match &self.corpus {
            Corpus::Text(corpus) => corpus.train.crops(self.length, count, seed, epoch, step).map_err(data_error),
            Corpus::Maps(corpus) => {
                let mut rng = keyed_rng(seed, epoch, step, Stream::Draw);
                let indices: Vec<usize> = (0..count).map(|_| index_below(corpus.train.len(), &mut rng)).collect();
                Ok(match &self.augment {
                    Some(augment) => corpus.train.augmented(&indices, augment, seed, epoch, step),
                    None => corpus.train.batch(&indices),
                })
            }
        }
    }

    /// One line on what there is.
    pub fn summary(&self) -> String {
        let count = |part| self.count(part).unwrap_or(0);
        let floor = self.floor.map_or(String::new(), |floor| format!(", entropy {floor:.4} bits a symbol"));
        format!(
            "{}: {} classes, sequences of {} symbols: {} train, {} val, {} test{floor}",
            self.name,
            self.classes,
            self.length,
            count("train"),
            count("val"),
            count("test")
        )
    }
}

fn path<'a>(data: &'a Data, what: &str) -> anyhow::Result<&'a Path> {
    data.path.as_deref().ok_or_else(|| user(anyhow!("name {what} with --data PATH")))
}

fn text_part<'a>(corpus: &'a TextCorpus, part: &str) -> anyhow::Result<&'a TextPart> {
    corpus.part(part).map_err(data_error)
}

fn map_part<'a>(corpus: &'a LabelCorpus, part: &str) -> anyhow::Result<&'a LabelMapSet> {
    corpus.part(part).map_err(data_error)
}

/// What is wrong with data is for the user to put right.
pub fn data_error(error: DataError) -> anyhow::Error {
    user(error.into())
}
