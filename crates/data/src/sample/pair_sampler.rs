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
    /// One pair of every class in every batch, so that no two of a batch share a class (PCME on CUB); made by
    /// [`PairSampler::one_per_class`].
    OnePerClass,
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
    /// The captions of every class that has some, and the class of every caption, for [`PairPolicy::OnePerClass`].
    classes: Vec<Vec<usize>>,
    class_of_caption: Vec<usize>,
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
            PairPolicy::OnePerClass => {
                return Err(invalid(
                    "`pairs` is one-per-class, and no classes are known".into(),
                    "use a source that has classes",
                ));
            }
        };
        let sampler = Self { matches, options, pairs, anchors, classes: Vec::new(), class_of_caption: Vec::new() };
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

    /// A sampler whose batches hold one pair of every class, in random order: as many pairs as classes that have a caption.
    ///
    /// Each step starts from a caption of the epoch's order and draws one of every other class; an epoch has as many steps as
    /// full batches fit into the captions. Only the seed of `options` counts.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if there are not as many classes as captions, or fewer than two classes have captions.
    pub fn one_per_class(
        matches: Matches,
        class_of_caption: Vec<usize>,
        options: PairSamplerOptions,
    ) -> Result<Self, DataError> {
        let captions = matches.images_of_caption().len();
        if class_of_caption.len() != captions {
            let problem = format!("{} classes for {captions} captions", class_of_caption.len());
            return Err(invalid(problem, "give one class per caption"));
        }
        let mut of_class = vec![Vec::new(); class_of_caption.iter().max().map_or(0, |class| class + 1)];
        for (caption, &class) in class_of_caption.iter().enumerate() {
            if !matches.images_of_caption()[caption].is_empty() {
                of_class[class].push(caption);
            }
        }
        let classes: Vec<Vec<usize>> = of_class.into_iter().filter(|captions| !captions.is_empty()).collect();
        if classes.len() < 2 {
            let problem = format!("the captions are of {} class(es): a batch would have no negative", classes.len());
            return Err(invalid(problem, "take a set with at least two classes"));
        }
        let options = PairSamplerOptions {
            batch_size: classes.len(),
            pairs: PairPolicy::OnePerClass,
            last: LastBatch::Drop,
            ..options
        };
        let anchors = classes.concat();
        Ok(Self { matches, options, pairs: Vec::new(), anchors, classes, class_of_caption })
    }

    /// Pairs per batch.
    pub fn batch_size(&self) -> usize {
        self.options.batch_size
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
            PairPolicy::OnePerClass => (0..self.steps_per_epoch())
                .flat_map(|step| self.pair_of_every_class(self.anchors[order[step]], epoch, step as u64))
                .collect(),
        }
    }

    /// One pair of every class, that of `anchor` with `anchor` itself, shuffled.
    fn pair_of_every_class(&self, anchor: usize, epoch: u64, step: u64) -> Vec<(usize, usize)> {
        let mut rng = keyed_rng(self.options.seed, epoch, step, Stream::Draw);
        let mut pairs: Vec<(usize, usize)> = self
            .classes
            .iter()
            .map(|captions| {
                let drawn = captions[index_below(captions.len(), &mut rng)];
                let same_class = self.class_of_caption[drawn] == self.class_of_caption[anchor];
                let caption = if same_class { anchor } else { drawn };
                let images = &self.matches.images_of_caption()[caption];
                (images[index_below(images.len(), &mut rng)], caption)
            })
            .collect();
        for last in (1..pairs.len()).rev() {
            pairs.swap(last, index_below(last + 1, &mut rng));
        }
        pairs
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

fn invalid(problem: String, help: &str) -> DataError {
    DataError::Invalid { what: "pair sampler".into(), problem, help: help.into() }
}
