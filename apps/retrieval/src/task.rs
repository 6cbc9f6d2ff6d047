//! Training on pairs: what a step sees is a function of seed, epoch and step.

use crate::dataset::{Dataset, Split, data_error};
use crate::embedder::Embedder;
use crate::evaluation;
use crate::method::EmbeddedBatch;
use crate::model::{RetrievalModel, words};
use crate::recipe::{LrSchedule, Recipe};
use burn::tensor::{Device, Tensor, TensorData};
use halation_core::loss::MatchMatrix;
use halation_data::image::Pipeline;
use halation_data::sample::{
    BatchMixer, LastBatch, PairBatch, PairPolicy, PairSampler, PairSamplerOptions, Stream, keyed_rng,
};
use halation_data::text::{CaptionBatch, Vocabulary, drop_tokens};
use halation_train::TaskError;
use halation_train::optim::Schedule;
use halation_train::trainer::{Stage, StepAt, StepOutput, Task};

/// Image-caption pairs of a training split, batched.
pub struct PairTask<'a> {
    recipe: &'a Recipe,
    train: &'a Split,
    validation: &'a Split,
    vocabulary: Vocabulary,
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
    /// A set without pairs, or a pipeline that changes the size of the images.
    pub fn new(recipe: &'a Recipe, dataset: &'a Dataset, device: &Device) -> anyhow::Result<Self> {
        let (train, validation) = (dataset.split("train")?, dataset.split("val")?);
        let texts = || train.set.captions.iter().map(|caption| caption.text.as_str());
        let vocabulary = Vocabulary::from_captions(texts(), recipe.data.min_count);
        let options = PairSamplerOptions {
            batch_size: recipe.train.batch,
            seed: recipe.seed,
            pairs: PairPolicy::EveryPair,
            // A contrastive loss over a short rest is another loss; the next epoch's order brings other pairs to the end.
            last: LastBatch::Drop,
        };
        Ok(Self {
            captions: texts().map(|text| vocabulary.encode(text)).collect(),
            sampler: match &train.caption_classes {
                Some(classes) => PairSampler::one_per_class(train.training_pairs.clone(), classes.clone(), options),
                None => PairSampler::new(train.training_pairs.clone(), options),
            }
            .map_err(data_error)?,
            pipeline: Pipeline::new(recipe.data.train_transforms()).map_err(data_error)?,
            vocabulary,
            recipe,
            train,
            validation,
            device: device.clone(),
            training_device: device.clone().autodiff(),
        })
    }

    /// The words of the training captions.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The model as something that embeds.
    pub fn embedder(&self, model: &RetrievalModel) -> Embedder {
        Embedder::new(model, self.vocabulary.clone(), self.recipe.clone(), self.device.clone())
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
                LrSchedule::CosinePerEpoch => {
                    stage.with_schedule_per_epoch(Schedule::Cosine { total_steps, floor: 0.0 })
                }
            }
        };
        let warmup_lr = train.warmup_lr.unwrap_or(train.lr);
        let warmup = (train.warmup_epochs > 0).then(|| stage("warm-up", train.warmup_epochs, warmup_lr));
        warmup.into_iter().chain([stage("train", train.epochs, train.lr)]).collect()
    }

    /// Images of a batch, augmented and mixed, `[B, 3, S, S]`, and the share that each kept of itself.
    fn images(&self, batch: &PairBatch, at: StepAt) -> anyhow::Result<(Tensor<4>, Option<Vec<f32>>)> {
        let (size, seed) = (self.recipe.data.image_size, self.recipe.seed);
        let mut images = self.train.pixels.transformed(&batch.images, &self.pipeline, seed, at.epoch as u64);
        let mix = |mixer: &BatchMixer| mixer.mix_at(&mut images, seed, at.epoch as u64, at.step).map_err(data_error);
        let shares = self.recipe.data.mix.as_ref().map(mix).transpose()?;
        let values: Vec<f32> = images.into_iter().flat_map(|image| image.values).collect();
        let images = Tensor::from_data(TensorData::new(values, [batch.len(), 3, size, size]), &self.training_device);
        Ok((images, shares))
    }

    /// Token ids of a batch, words dropped for `epoch`.
    fn captions(&self, batch: &PairBatch, epoch: usize) -> CaptionBatch {
        let rate = self.recipe.data.drop_words;
        let ids: Vec<Vec<i32>> = batch
            .captions
            .iter()
            .map(|&caption| {
                let mut rng = keyed_rng(self.recipe.seed, epoch as u64, caption as u64, Stream::Caption);
                drop_tokens(&self.captions[caption], rate, &mut rng)
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
        let (images, shares) = self.images(&batch, at)?;
        let images = model.towers.embed_images(images); // [B, D]
        let captions = model.towers.embed_captions(&words(&self.captions(&batch, at.epoch), &self.training_device)); // [B, D]
        let matches = self.matches(&batch, shares.as_deref())?;
        let embedded = EmbeddedBatch { images: &images, captions: &captions, matches: &matches, at };
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
