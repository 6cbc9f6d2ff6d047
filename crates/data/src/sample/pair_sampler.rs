//! Batches of image-caption pairs, at any epoch and step.

use super::{PairBatch, Stream, epoch_order, index_below, keyed_rng};
use crate::DataError;
use crate::caption::Matches;
use serde::{Deserialize, Serialize};

/// Which pairs make up an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairPolicy {
    /// Every matching pair once.
    #[default]
    EveryPair,
    /// Every image once, with one of its captions, drawn anew in every epoch.
    OneCaptionPerImage,
    /// Every caption once, with one of its images, drawn anew in every epoch.
    OneImagePerCaption,
}

/// What becomes of a last batch that is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastBatch {
    /// It is a batch like any other (PCME on COCO).
    #[default]
    Keep,
    /// It is left out; another order brings other pairs to the end in the next epoch.
    Drop,
}

/// How pairs become batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairSamplerOptions {
    /// Pairs per batch, B.
    pub batch_size: usize,
    /// The seed of order and draws.
    pub seed: u64,
    /// Which pairs make up an epoch.
    pub pairs: PairPolicy,
    /// What becomes of a last partial batch.
    pub last: LastBatch,
}

impl Default for PairSamplerOptions {
    /// 128 pairs, seed 0, every pair, the last batch kept.
    fn default() -> Self {
        Self { batch_size: 128, seed: 0, pairs: PairPolicy::EveryPair, last: LastBatch::Keep }
    }
}

/// Yields the batches of any epoch, from any step, as a function of seed, epoch and step.
#[derive(Debug, Clone)]
pub struct PairSampler {
    matches: Matches,
    options: PairSamplerOptions,
    /// The pairs of [`PairPolicy::EveryPair`]; empty for the others.
    pairs: Vec<(usize, usize)>,
    /// The images or captions with a match; empty for [`PairPolicy::EveryPair`].
    anchors: Vec<usize>,
}

impl PairSampler {
    /// A sampler over the pairs of `matches`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if there is no pair, if `batch_size` is 0, or if dropping the last batch leaves none.
    pub fn new(matches: Matches, options: PairSamplerOptions) -> Result<Self, DataError> {
        let with_match =
            |lists: &[Vec<usize>]| (0..lists.len()).filter(|&index| !lists[index].is_empty()).collect::<Vec<_>>();
        let (pairs, anchors) = match options.pairs {
            PairPolicy::EveryPair => (matches.pairs().collect(), Vec::new()),
            PairPolicy::OneCaptionPerImage => (Vec::new(), with_match(matches.captions_of_image())),
            PairPolicy::OneImagePerCaption => (Vec::new(), with_match(matches.images_of_caption())),
        };
        let sampler = Self { matches, options, pairs, anchors };
        let invalid = |problem: String, help: &str| DataError::Invalid {
            what: "pair sampler".into(),
            problem,
            help: help.into(),
        };
        if options.batch_size == 0 {
            return Err(invalid("`batch_size` is 0".into(), "take at least 1"));
        }
        if sampler.pairs_per_epoch() == 0 {
            return Err(invalid("the set has no matching pair".into(), "choose a split that has images with captions"));
        }
        if sampler.steps_per_epoch() == 0 {
            let problem = format!("{} pairs make no full batch of {}", sampler.pairs_per_epoch(), options.batch_size);
            return Err(invalid(problem, "lower `batch_size` or set `last = \"keep\"`"));
        }
        Ok(sampler)
    }

    /// The number of pairs of an epoch, those of a dropped last batch included.
    pub fn pairs_per_epoch(&self) -> usize {
        self.pairs.len() + self.anchors.len()
    }

    /// The number of batches of an epoch.
    pub fn steps_per_epoch(&self) -> usize {
        match self.options.last {
            LastBatch::Keep => self.pairs_per_epoch().div_ceil(self.options.batch_size),
            LastBatch::Drop => self.pairs_per_epoch() / self.options.batch_size,
        }
    }

    /// The pairs `(image, caption)` of `epoch`, in order.
    pub fn epoch_pairs(&self, epoch: u64) -> Vec<(usize, usize)> {
        let seed = self.options.seed;
        let order = epoch_order(self.pairs_per_epoch(), seed, epoch);
        let draw = |list: &[usize], anchor: usize| {
            list[index_below(list.len(), &mut keyed_rng(seed, epoch, anchor as u64, Stream::Draw))]
        };
        match self.options.pairs {
            PairPolicy::EveryPair => order.into_iter().map(|place| self.pairs[place]).collect(),
            PairPolicy::OneCaptionPerImage => {
                let pair = |image: usize| (image, draw(&self.matches.captions_of_image()[image], image));
                order.into_iter().map(|place| pair(self.anchors[place])).collect()
            }
            PairPolicy::OneImagePerCaption => {
                let pair = |caption: usize| (draw(&self.matches.images_of_caption()[caption], caption), caption);
                order.into_iter().map(|place| pair(self.anchors[place])).collect()
            }
        }
    }

    /// The batches of `epoch` from `first_step` on; a resumed run passes the step it stopped at.
    pub fn batches(&self, epoch: u64, first_step: usize) -> impl Iterator<Item = PairBatch> + '_ {
        let pairs = self.epoch_pairs(epoch);
        let size = self.options.batch_size;
        (first_step..self.steps_per_epoch()).map(move |step| {
            let end = pairs.len().min((step + 1) * size);
            PairBatch::new(&pairs[step * size..end], &self.matches)
        })
    }
}
