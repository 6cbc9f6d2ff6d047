//! The recipe of a retrieval experiment: everything that decides its outcome, in one TOML file.

mod clip;
mod data;
mod model;
mod optimise;

pub use clip::{Activation, ClipOptions, Head, LongCaptions};
pub use data::{CocoOptions, Data, KarpathyOptions, Normalization, ShardSource, Source};
pub use model::{Backbone, Model, Pooling, TowerKind};
pub use optimise::{LrSchedule, Train};

use crate::frozen::EmbeddingFiles;
use crate::method::Loss;
use anyhow::{anyhow, bail};
use halation_data::image::{Filter, Pipeline};
use halation_train::recipe::Expect;
use serde::{Deserialize, Serialize};

/// A retrieval experiment. Every key has a default; a misspelt one is an error.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// Seeds the weights, the order of the data, every random draw. Not the data itself.
    pub seed: u64,
    /// What is learnt from.
    pub data: Data,
    /// What learns.
    pub model: Model,
    /// What training minimises.
    pub loss: Loss,
    /// For how long, and how.
    pub train: Train,
    /// Bands that `cargo xtask repro` checks.
    pub expect: Expect,
    /// Where `cargo xtask repro` puts the figures; the app does not read it.
    #[serde(skip_serializing)]
    pub repro: toml::Table,
}

impl Recipe {
    /// Fills in what follows from the rest: the sizes of CLIP towers and their preprocessing, or that of a frozen run; paths
    /// become absolute, so that a run can be used from anywhere.
    ///
    /// # Errors
    /// User errors: a weight file of another model, a run that is none.
    pub fn resolve(mut self) -> anyhow::Result<Self> {
        let model = &mut self.model;
        let embeddings = [&mut model.image_embeddings, &mut model.caption_embeddings];
        for path in [&mut model.weights, &mut model.bpe, &mut model.run].into_iter().chain(embeddings).flatten() {
            *path = std::path::absolute(&*path)?;
        }
        match (model.towers, &model.run) {
            (TowerKind::Clip, _) => {
                model.clip.sizes = Some(model.clip.resolve(model.weights.as_deref())?);
                self.data.filter.get_or_insert(Filter::Bicubic);
                self.data.normalize.get_or_insert(Normalization::Clip);
            }
            (TowerKind::Run, Some(run)) => {
                let below: Self = halation_train::run::Run::open(run)?.recipe()?;
                (self.data.image_size, self.data.fit) = (below.data.image_size, below.data.fit);
                (self.data.filter, self.data.normalize) = (below.data.filter, below.data.normalize);
                model.dim = below.model.dim * below.model.points;
            }
            (TowerKind::Files, _) => model.dim = EmbeddingFiles::read(model)?.dim(),
            _ => {}
        }
        Ok(self)
    }

    /// What sits on CLIP towers: what the recipe says, or what goes with the method.
    pub fn head(&self) -> Head {
        self.model.clip.head.unwrap_or_else(|| self.loss.head())
    }

    /// Checks values that their types allow but that make no sense.
    pub fn check(&self) -> anyhow::Result<()> {
        let positive = [
            ("data.image_size", self.data.image_size),
            ("data.min_count", self.data.min_count),
            ("model.dim", self.model.dim),
            ("model.word_dim", self.model.word_dim),
            ("model.width", self.model.width),
            ("model.points", self.model.points),
            ("train.epochs", self.train.epochs),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            bail!("recipe key `{key}` is 0; it must be at least 1");
        }
        if self.train.batch < 2 {
            bail!("recipe key `train.batch` is {}; a contrastive batch needs at least 2 pairs", self.train.batch);
        }
        if self.model.towers == TowerKind::Cnn && !self.model.dim.is_multiple_of(2) {
            bail!("recipe key `model.dim` is {}; it must be even (half for each direction of the GRU)", self.model.dim);
        }
        for (key, lr) in [("lr", Some(self.train.lr)), ("warmup_lr", self.train.warmup_lr)] {
            if let Some(lr) = lr.filter(|lr| !(*lr > 0.0 && lr.is_finite())) {
                bail!("recipe key `train.{key}` is {lr}; it must be a positive number");
            }
        }
        if let LrSchedule::Drop { factor, .. } = self.train.schedule
            && !(factor > 0.0 && factor.is_finite())
        {
            bail!("recipe key `train.schedule` drops to {factor} times the rate; it must be a positive number");
        }
        if self.model.points > 1 && !self.model.point {
            bail!(
                "recipe key `model.points` is {}; a distribution has one mean: set `model.point` to true",
                self.model.points
            );
        }
        if self.model.points > 1 && !self.loss.takes_sets() {
            bail!("recipe key `model.points` is {}; only method `pvse` trains sets of points", self.model.points);
        }
        if self.model.pooling == Pooling::Gpo && (!self.model.point || self.model.points > 1) {
            bail!(
                "recipe key `model.pooling` is \"gpo\", which embeds one point: set `model.point` to true and `model.points` to 1"
            );
        }
        self.loss.check(&self.model)?;
        self.check_towers()?;
        if !(0.0..0.5).contains(&self.data.label_smoothing) {
            bail!("recipe key `data.label_smoothing` is {}; give 0 to below 0.5", self.data.label_smoothing);
        }
        if (self.data.mix.is_some() || self.data.label_smoothing > 0.0) && !self.loss.takes_soft_labels() {
            bail!("recipe keys `data.mix` and `data.label_smoothing` make soft targets, which a hinge has no use for");
        }
        if !(0.0..1.0).contains(&self.data.drop_words) {
            bail!("recipe key `data.drop_words` is {}; it is a share, 0 to below 1", self.data.drop_words);
        }
        Pipeline::new(self.data.train_transforms())
            .map(drop)
            .map_err(|error| anyhow!("recipe key `data.augment`: {error}"))
    }

    /// Towers, heads and what goes through them.
    fn check_towers(&self) -> anyhow::Result<()> {
        let (model, data, head) = (&self.model, &self.data, self.head());
        if model.towers == TowerKind::Cnn {
            let given = [
                ("weights", model.weights.is_some()),
                ("bpe", model.bpe.is_some()),
                ("run", model.run.is_some()),
                ("image_embeddings", model.image_embeddings.is_some()),
                ("caption_embeddings", model.caption_embeddings.is_some()),
                ("freeze_towers", model.freeze_towers),
            ];
            if let Some((key, _)) = given.iter().find(|(_, given)| *given) {
                bail!(
                    "recipe key `model.{key}` is for other towers: set `model.towers` to \"clip\", \"run\" or \"files\""
                );
            }
            return match self.loss.head() {
                Head::Adapter => {
                    bail!("method `adapter` works on frozen embeddings: set `model.towers` to \"run\" or \"clip\"")
                }
                _ => Ok(()),
            };
        }
        model.clip.check()?;
        if model.points > 1
            || model.pooling == Pooling::Gpo
            || model.glove.is_some()
            || model.backbone_weights.is_some()
        {
            bail!(
                "recipe keys `model.points`, `model.pooling`, `model.glove` and `model.backbone_weights` are for `towers = \"cnn\"`"
            );
        }
        let embeds = matches!(model.towers, TowerKind::Run | TowerKind::Files);
        if embeds && head != Head::Adapter {
            bail!("`model.towers` is \"run\" or \"files\", whose embeddings only method `adapter` builds on");
        }
        if (head == Head::Adapter) != (self.loss.head() == Head::Adapter) {
            bail!("recipe key `model.clip.head`: the head `adapter` and the method `adapter` go together");
        }
        let widths = match head {
            Head::PcmePp => None,
            Head::Clip => Some(false),
            Head::ProLip | Head::Map | Head::Adapter => Some(true),
        };
        if let Some(widths) = widths.filter(|widths| *widths == model.point) {
            bail!(
                "recipe key `model.point` is {}; the head {head:?} embeds {}",
                model.point,
                if widths { "distributions" } else { "points" }
            );
        }
        if head == Head::Map && !model.dim.is_multiple_of(2) {
            bail!("recipe key `model.dim` is {}; it must be even (half for the mean, half for the width)", model.dim);
        }
        if let Some(sizes) = model.clip.sizes {
            if data.image_size != sizes.image_size {
                bail!(
                    "recipe key `data.image_size` is {}; these towers take images of {} pixels",
                    data.image_size,
                    sizes.image_size
                );
            }
            let keeps = head == Head::Adapter || (!model.freeze_towers && matches!(head, Head::Clip | Head::ProLip));
            if keeps && model.dim != sizes.dim {
                bail!(
                    "recipe key `model.dim` is {}; CLIP's own embedding has {} numbers, and the head {head:?} keeps them",
                    model.dim,
                    sizes.dim
                );
            }
        }
        if model.towers == TowerKind::Clip && model.weights.is_some() == model.clip.random_weights {
            bail!(
                "CLIP towers start from `model.weights = FILE`, or from nothing with `model.clip.random_weights = true`: give one of the two"
            );
        }
        if model.is_frozen() && self.train.warmup_epochs > 0 {
            bail!("recipe key `train.warmup_epochs` is {}; the towers are frozen all along", self.train.warmup_epochs);
        }
        if model.towers == TowerKind::Files && !model.cache_features {
            bail!("recipe key `model.cache_features` is false; embeddings from files are read once");
        }
        let disturbed = !data.augment.is_empty() || data.mix.is_some() || data.drop_words > 0.0;
        if model.is_frozen() && disturbed && (model.cache_features || embeds) {
            bail!(
                "features of frozen towers are computed once, and `data.augment`, `data.mix` and `data.drop_words` change the items in every epoch: remove them, or set `model.cache_features = false` (CLIP towers)"
            );
        }
        Ok(())
    }
}
