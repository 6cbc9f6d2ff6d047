//! Training on pairs: what a step sees is a function of seed, epoch and step.

use crate::clip::Features;
use crate::dataset::{Dataset, Split, data_error};
use crate::embedder::Embedder;
use crate::evaluation;
use crate::frozen::FrozenTowers;
use crate::method::{Adapted, EmbeddedBatch};
use crate::model::{RetrievalModel, words};
use crate::recipe::{LrSchedule, Recipe};
use crate::tokens::Tokens;
use crate::towers::Towers;
use burn::tensor::{Device, Tensor, TensorData};
use halation_core::loss::MatchMatrix;
use halation_data::image::Pipeline;
use halation_data::sample::{
    BatchMixer, LastBatch, PairBatch, PairPolicy, PairSampler, PairSamplerOptions, Stream, keyed_rng,
};
use halation_data::text::CaptionBatch;
use halation_models::pcme::Embedding;
use halation_train::TaskError;
use halation_train::optim::Schedule;
use halation_train::trainer::{Stage, StepAt, StepOutput, Task};
use std::sync::Arc;

/// Image-caption pairs of a training split, batched.
pub struct PairTask<'a> {
    recipe: &'a Recipe,
    train: &'a Split,
    validation: &'a Split,
    tokens: Tokens,
    frozen: Option<Arc<FrozenTowers>>,
    /// Token ids of every training caption.
    captions: Vec<Vec<i32>>,
    sampler: PairSampler,
    pipeline: Pipeline,
    device: Device,
    training_device: Device,
}

impl<'a> PairTask<'a> {
    /// Prepares a dataset for training on `device`.
    ///
    /// # Errors
    /// A set without pairs, a pipeline that changes the size of the images, captions that the recipe refuses.
    pub fn new(
        recipe: &'a Recipe,
        dataset: &'a Dataset,
        tokens: Tokens,
        frozen: Option<Arc<FrozenTowers>>,
        device: &Device,
    ) -> anyhow::Result<Self> {
        let (train, validation) = (dataset.split("train")?, dataset.split("val")?);
        let texts = || train.set.captions.iter().map(|caption| caption.text.as_str());
        let options = PairSamplerOptions {
            batch_size: recipe.train.batch,
            seed: recipe.seed,
            pairs: PairPolicy::EveryPair,
            // A contrastive loss over a short rest is another loss; the next epoch's order brings other pairs to the end.
            last: LastBatch::Drop,
        };
        Ok(Self {
            captions: match tokens {
                Tokens::OfRun => Vec::new(),
                _ => texts().map(|text| tokens.encode(text)).collect::<anyhow::Result<_>>()?,
            },
            sampler: match &train.caption_classes {
                Some(classes) => PairSampler::one_per_class(train.training_pairs.clone(), classes.clone(), options),
                None => PairSampler::new(train.training_pairs.clone(), options),
            }
            .map_err(data_error)?,
            pipeline: Pipeline::new(recipe.data.train_transforms()).map_err(data_error)?,
            tokens,
            frozen,
            recipe,
            train,
            validation,
            device: device.clone(),
            training_device: device.clone().autodiff(),
        })
    }

    /// The model as something that embeds.
    pub fn embedder(&self, model: &RetrievalModel) -> Embedder {
        Embedder::new(model, self.tokens.clone(), self.frozen.clone(), self.recipe.clone(), self.device.clone())
    }

    /// The optimiser lifetimes of the recipe.
    pub fn stages(&self) -> Vec<Stage> {
        let train = &self.recipe.train;
        let stage = |name, epochs: usize, lr| {
            let total_steps = (epochs * self.steps_per_epoch()) as u64;
            let stage = match &train.groups {
                Some(groups) => Stage::grouped(name, epochs, train.optimizer, groups.clone(), lr),
                None => Stage::new(name, epochs, train.optimizer.build(), lr),
            };
            let stage = stage.with_clip_norm(train.clip);
            match train.schedule {
                LrSchedule::WarmupCosine => {
                    let warmup_steps = total_steps / 20;
                    stage.with_schedule(Schedule::WarmupCosine { warmup_steps, total_steps, floor: 0.0 })
                }
                LrSchedule::Drop { epoch, factor } => {
                    stage.with_schedule(Schedule::drop_at_epoch(epoch, self.steps_per_epoch(), factor))
                }
                LrSchedule::CosinePerEpoch => {
                    stage.with_schedule_per_epoch(Schedule::Cosine { total_steps, floor: 0.0 })
                }
            }
        };
        let warmup_lr = train.warmup_lr.unwrap_or(train.lr);
        let warmup = (train.warmup_epochs > 0).then(|| stage("warm-up", train.warmup_epochs, warmup_lr));
        warmup.into_iter().chain([stage("train", train.epochs, train.lr)]).collect()
    }

    /// Images of a batch, augmented and mixed, `[B, 3, S, S]` row-major, and the share that each kept of itself.
    fn images(&self, batch: &PairBatch, at: StepAt) -> anyhow::Result<(Vec<f32>, Option<Vec<f32>>)> {
        let seed = self.recipe.seed;
        let mut images = self.train.pixels.transformed(&batch.images, &self.pipeline, seed, at.epoch as u64);
        let mix = |mixer: &BatchMixer| mixer.mix_at(&mut images, seed, at.epoch as u64, at.step).map_err(data_error);
        let shares = self.recipe.data.mix.as_ref().map(mix).transpose()?;
        Ok((images.into_iter().flat_map(|image| image.values).collect(), shares))
    }

    /// Features of a batch on the training device, from the cache or through the towers.
    fn features(
        &self,
        towers: &FrozenTowers,
        batch: &PairBatch,
        at: StepAt,
    ) -> anyhow::Result<([Features; 2], Option<Vec<f32>>)> {
        if let Some(features) = &self.train.features {
            let images = features.images.batch(&batch.images, &self.training_device)?;
            return Ok(([images, features.captions.batch(&batch.captions, &self.training_device)?], None));
        }
        let (images, shares) = self.images(batch, at)?;
        let images = towers.planes(images, batch.len())?;
        let captions = match self.tokens {
            Tokens::OfRun => {
                let text = |&caption: &usize| self.train.set.captions[caption].text.as_str();
                towers.captions(&batch.captions.iter().map(text).collect::<Vec<_>>())?
            }
            _ => towers.token_ids(&self.captions(batch, at.epoch))?,
        };
        Ok(([images, captions].map(|features| features.on(&self.training_device)), shares))
    }

    /// Both towers on a batch; the share that each mixed image kept of itself, and what adapters made of the pairs.
    fn embed(&self, model: &RetrievalModel, batch: &PairBatch, at: StepAt) -> anyhow::Result<Embedded> {
        if let (Some(towers), Towers::Heads(heads)) = (&self.frozen, &model.towers) {
            let ([images, captions], shares) = self.features(towers, batch, at)?;
            let adapted = heads.image.adapt(&images).zip(heads.text.adapt(&captions)).map(|(image, caption)| Adapted {
                images: image.0,
                captions: caption.0,
                around_images: image.1,
                around_captions: caption.1,
            });
            return Ok(Embedded {
                images: heads.images(&images),
                captions: heads.captions(&captions),
                shares,
                adapted,
            });
        }
        let (values, shares) = self.images(batch, at)?;
        let size = self.recipe.data.image_size;
        let images = Tensor::from_data(TensorData::new(values, [batch.len(), 3, size, size]), &self.training_device);
        Ok(Embedded {
            images: model.towers.embed_images(images), // [B, D]
            captions: model.towers.embed_captions(&words(&self.captions(batch, at.epoch), &self.training_device)),
            shares,
            adapted: None,
        })
    }

    /// Token ids of a batch, words dropped for `epoch`.
    fn captions(&self, batch: &PairBatch, epoch: usize) -> CaptionBatch {
        let rate = self.recipe.data.drop_words;
        let ids: Vec<Vec<i32>> = batch
            .captions
            .iter()
            .map(|&caption| {
                let mut rng = keyed_rng(self.recipe.seed, epoch as u64, caption as u64, Stream::Caption);
                self.tokens.disturb(&self.captions[caption], rate, &mut rng)
            })
            .collect();
        CaptionBatch::new(&ids)
    }

    /// The targets: true matches or drawn pairs, smoothed, then mixed as the images are.
    fn matches(&self, batch: &PairBatch, shares: Option<&[f32]>) -> anyhow::Result<MatchMatrix> {
        let mut matches = if self.recipe.data.multi_positive {
            let rows: Vec<Vec<bool>> = batch.matches.chunks(batch.len()).map(<[bool]>::to_vec).collect();
            MatchMatrix::from_rows(&rows, &self.training_device)?
        } else {
            MatchMatrix::identity(batch.len(), &self.training_device)
        };
        if self.recipe.data.label_smoothing > 0.0 {
            matches = matches.smoothed(self.recipe.data.label_smoothing)?;
        }
        match shares {
            Some(shares) => Ok(matches.mixed_with_reversed(shares)?),
            None => Ok(matches),
        }
    }
}

/// A batch after both towers.
struct Embedded {
    images: Embedding,
    captions: Embedding,
    shares: Option<Vec<f32>>,
    adapted: Option<Adapted>,
}

impl Task for PairTask<'_> {
    type Model = RetrievalModel;

    fn steps_per_epoch(&self) -> usize {
        match self.recipe.train.steps_per_epoch {
            0 => self.sampler.steps_per_epoch(),
            steps => steps,
        }
    }

    fn items_per_step(&self) -> usize {
        self.sampler.batch_size()
    }

    fn loss(&self, model: &RetrievalModel, at: StepAt) -> Result<StepOutput, TaskError> {
        // An epoch of the recipe may be shorter or longer than a pass over the pairs: count passes from all steps.
        let per_pass = self.sampler.steps_per_epoch() as u64;
        let (pass, step) = (at.step / per_pass, (at.step % per_pass) as usize);
        let drawn = self.sampler.batches(pass, step).next().expect("the step lies in the pass");
        let pairs: Vec<(usize, usize)> = drawn.images.into_iter().zip(drawn.captions).collect();
        let batch = PairBatch::new(&pairs, &self.train.set.matches);
        let Embedded { images, captions, shares, adapted } = self.embed(model, &batch, at)?;
        let matches = self.matches(&batch, shares.as_deref())?;
        let embedded = EmbeddedBatch { images: &images, captions: &captions, matches: &matches, adapted, at };
        let terms = model.criterion.terms(&self.recipe.loss, &embedded);
        let parts = terms.parts.into_iter().map(|(name, value)| (name, f64::from(value.into_scalar::<f32>())));
        Ok(parts.fold(StepOutput::new(terms.loss), |output, (name, value)| output.with(name, value)))
    }

    fn validate(&self, model: &RetrievalModel, _epoch: usize) -> Result<Vec<(String, f64)>, TaskError> {
        Ok(evaluation::glance(&self.embedder(model), self.validation)?)
    }

    fn enter_stage(&self, stage: usize, model: RetrievalModel) -> RetrievalModel {
        let RetrievalModel { towers, criterion } = model;
        let warming_up = stage == 0 && self.recipe.train.warmup_epochs > 0;
        RetrievalModel { towers: towers.train_backbones(!warming_up), criterion }
    }
}
