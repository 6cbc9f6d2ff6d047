//! A trained model ready to embed: weights, tokens, frozen towers and recipe together.

use crate::dataset::Split;
use crate::frozen::FrozenTowers;
use crate::model::{self, RetrievalModel};
use crate::recipe::Recipe;
use crate::tokens::Tokens;
use anyhow::{Context, anyhow};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use halation_core::dist::{DiagNormal, LogStd, LogVar};
use halation_core::divergence::{DivergenceScores, Measure, MeasureOptions, SampleNoise, TwoWayScores};
use halation_data::image::{ChwImage, ImageCache};
use halation_models::pcme::Embedding;
use halation_train::random::{normal_noise, seed_for};
use halation_train::run::{Run, Which};
use halation_train::user_error::user;
use image::RgbImage;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Items embedded at a time.
const BATCH: usize = 256;

/// A model in evaluation mode with everything needed to feed it.
pub struct Embedder {
    model: RetrievalModel,
    tokens: Tokens,
    frozen: Option<Arc<FrozenTowers>>,
    recipe: Recipe,
    device: Device,
    /// Draws of the sampled measures; made once.
    noise: OnceLock<SampleNoise>,
}

impl Embedder {
    /// Puts a model into evaluation mode on a plain device.
    pub fn new(
        model: &RetrievalModel,
        tokens: Tokens,
        frozen: Option<Arc<FrozenTowers>>,
        recipe: Recipe,
        device: Device,
    ) -> Self {
        Self { model: model.valid(), tokens, frozen, recipe, device, noise: OnceLock::new() }
    }

    /// The last checkpoint of a run.
    ///
    /// # Errors
    /// A folder that is no run, a run without a checkpoint, a checkpoint that does not fit its recipe, frozen towers that are
    /// not those it was trained on.
    pub fn open(run: &Path, device: &Device) -> anyhow::Result<Self> {
        let reader = Run::open(run)?;
        let recipe: Recipe = reader.recipe()?;
        let tokens = Tokens::of_run(&recipe, run)?;
        let blank = model::blank(&recipe, &tokens, device)?;
        let model = reader.load_model(blank, Which::Last)?;
        let frozen = FrozenTowers::open(&recipe, &tokens, device)?;
        if let Some(frozen) = &frozen {
            frozen.expect(run)?;
        }
        Ok(Self::new(&model, tokens, frozen.map(Arc::new), recipe, device.clone()))
    }

    /// The recipe the model was trained by.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// What captions are read as.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The towers that did not train.
    pub fn frozen(&self) -> Option<&FrozenTowers> {
        self.frozen.as_deref()
    }

    /// Whether embeddings have a width; a point model's are all mean.
    pub fn is_probabilistic(&self) -> bool {
        !self.recipe.model.point
    }

    /// Embeds the images of a split, from their features where those are at hand.
    ///
    /// # Errors
    /// Features that can no longer be read.
    pub fn split_images(&self, split: &Split) -> anyhow::Result<DiagNormal> {
        match &split.features {
            Some(features) => {
                let items: Vec<usize> = (0..features.images.len()).collect();
                self.in_batches(&items, |batch| {
                    let features = features.images.batch(batch, &self.device)?;
                    Ok(as_normal(&self.model.towers.heads().images(&features)))
                })
            }
            None => self.cached_images(&split.pixels),
        }
    }

    /// Embeds the captions of a split, from their features where those are at hand.
    ///
    /// # Errors
    /// As [`captions`](Self::captions).
    pub fn split_captions(&self, split: &Split) -> anyhow::Result<DiagNormal> {
        match &split.features {
            Some(features) => {
                let items: Vec<usize> = (0..features.captions.len()).collect();
                self.in_batches(&items, |batch| {
                    let features = features.captions.batch(batch, &self.device)?;
                    Ok(as_normal(&self.model.towers.heads().captions(&features)))
                })
            }
            None => self.captions(&split.set.captions.iter().map(|caption| caption.text.as_str()).collect::<Vec<_>>()),
        }
    }

    /// Embeds decoded images of the model's size.
    ///
    /// # Errors
    /// None but those of a frozen run.
    pub fn cached_images(&self, pixels: &ImageCache) -> anyhow::Result<DiagNormal> {
        let indices: Vec<usize> = (0..pixels.len()).collect();
        let (mean, std) = self.recipe.data.mean_std();
        self.in_batches(&indices, |batch| self.planes(pixels.normalized(batch, mean, std), batch.len()))
    }

    /// Embeds images of any size.
    ///
    /// # Errors
    /// None but those of a frozen run.
    pub fn images(&self, images: &[RgbImage]) -> anyhow::Result<DiagNormal> {
        let (mean, std) = self.recipe.data.mean_std();
        self.in_batches(images, |batch| {
            let squares = batch.iter().map(|image| ChwImage::normalize(&self.resize(image), mean, std));
            self.planes(squares.flat_map(|image| image.values).collect(), batch.len())
        })
    }

    /// Embeds captions; words outside the vocabulary become `<unk>`.
    ///
    /// # Errors
    /// A user error for a caption longer than the context, where the recipe refuses those.
    pub fn captions<S: AsRef<str>>(&self, captions: &[S]) -> anyhow::Result<DiagNormal> {
        self.in_batches(captions, |batch| {
            if let Some(frozen) = &self.frozen {
                return Ok(as_normal(&self.model.towers.heads().captions(&frozen.captions(batch)?)));
            }
            let words = model::words(&self.tokens.encode_batch(batch)?, &self.device);
            Ok(as_normal(&self.model.towers.embed_captions(&words)))
        })
    }

    /// An image as the square the model sees.
    pub fn resize(&self, image: &RgbImage) -> RgbImage {
        let data = &self.recipe.data;
        data.fit.apply(image, data.image_size as u32, data.filter())
    }

    /// The measure used when none is named: the one that the method trained, or the means for a point model.
    pub fn default_measure(&self) -> Measure {
        self.model.criterion.measure(self.is_probabilistic())
    }

    /// Whether `measure` can compare this model's embeddings: whether they have what it looks at, and the method trained
    /// what it needs.
    pub fn serves(&self, measure: Measure) -> bool {
        self.measure_options(&[measure], self.recipe.model.dim * self.recipe.model.points)
            .is_ok_and(|options| measure.build(&options).is_ok())
    }

    /// Scores of a query set against a gallery. The draws of a sampled measure depend on the recipe's seed alone.
    ///
    /// # Errors
    /// A measure that the model cannot serve.
    pub fn scores(
        &self,
        measure: Measure,
        query: &DiagNormal,
        gallery: &DiagNormal,
    ) -> anyhow::Result<DivergenceScores> {
        let [_, dim] = query.dims();
        let divergence =
            measure.build(&self.measure_options(&[measure], dim)?).with_context(|| format!("measure `{measure}`"))?;
        Ok(DivergenceScores::new(divergence, query.clone(), gallery.clone()))
    }

    /// Scores of images and captions in both directions, as [`scores`](Self::scores).
    ///
    /// # Errors
    /// A measure that the model cannot serve.
    pub fn two_way_scores(
        &self,
        measure: Measure,
        images: &DiagNormal,
        captions: &DiagNormal,
    ) -> anyhow::Result<TwoWayScores> {
        let [_, dim] = images.dims();
        let options = self.measure_options(&[measure], dim)?;
        TwoWayScores::new(measure, &options, images, captions).with_context(|| format!("measure `{measure}`"))
    }

    /// Calls `take` with the scores under each of `measures`, as [`TwoWayScores::for_each`].
    ///
    /// # Errors
    /// A measure that the model cannot serve, and the first error of `take`.
    pub fn each_two_way_scores(
        &self,
        measures: &[Measure],
        images: &DiagNormal,
        captions: &DiagNormal,
        take: impl FnMut(Measure, &TwoWayScores) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let [_, dim] = images.dims();
        TwoWayScores::for_each(measures, &self.measure_options(measures, dim)?, images, captions, take)
    }

    fn measure_options(&self, measures: &[Measure], dim: usize) -> anyhow::Result<MeasureOptions> {
        let uncertain = measures.iter().find(|measure| measure.uses_uncertainty());
        if let (Some(measure), false) = (uncertain, self.is_probabilistic()) {
            return Err(user(anyhow!(
                "measure `{measure}` compares distributions; this run's model embeds points: use mean-l2"
            )));
        }
        let noise = self.noise.get_or_init(|| {
            let draw = |side: &str| {
                let seed = seed_for(self.recipe.seed, side, 0, 0);
                normal_noise([self.recipe.loss.samples(), dim], seed, &self.device)
            };
            SampleNoise::new(draw("query"), draw("gallery")).expect("both sides have as many draws of one dimension")
        });
        let options = MeasureOptions::default().with_points(self.recipe.model.points).with_noise(noise.clone());
        Ok(self.model.criterion.measure_options(options))
    }

    /// Writes the weights as safetensors.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_weights(&self, path: &Path) -> anyhow::Result<()> {
        Ok(halation_models::weights::save(&self.model, path, &BTreeMap::new())?)
    }

    /// Embeds images as normalised planes, `[count, 3, S, S]` row-major.
    ///
    /// # Errors
    /// None but those of a frozen run.
    pub fn planes(&self, values: Vec<f32>, count: usize) -> anyhow::Result<DiagNormal> {
        if let Some(frozen) = &self.frozen {
            return Ok(as_normal(&self.model.towers.heads().images(&frozen.planes(values, count)?)));
        }
        let size = self.recipe.data.image_size;
        let pixels = Tensor::<4>::from_data(TensorData::new(values, [count, 3, size, size]), &self.device); // [B, 3, S, S]
        Ok(as_normal(&self.model.towers.embed_images(pixels)))
    }

    fn in_batches<T>(
        &self,
        items: &[T],
        embed: impl Fn(&[T]) -> anyhow::Result<DiagNormal>,
    ) -> anyhow::Result<DiagNormal> {
        let (mut means, mut log_vars) = (Vec::new(), Vec::new());
        for batch in items.chunks(BATCH) {
            let part = embed(batch)?;
            means.push(part.mean());
            log_vars.push(part.log_var().0);
        }
        Ok(DiagNormal::new(Tensor::cat(means, 0), LogVar(Tensor::cat(log_vars, 0))))
    }
}

/// An embedding as something that has a scale. That of a point stands for nothing: [`Embedder::scores`] refuses every
/// measure that would look at it.
fn as_normal(embedding: &Embedding) -> DiagNormal {
    match embedding {
        Embedding::Normal(normal) => normal.clone(),
        Embedding::Point(_) | Embedding::Set(_) => {
            let points = embedding.mean();
            DiagNormal::new(points.clone(), LogStd(points.zeros_like()))
        }
    }
}

/// A matrix on the device as rows on the host.
pub fn rows(matrix: Tensor<2>) -> Vec<f32> {
    matrix.into_data_as::<f32>().try_into_vec().expect("converted to f32 just before")
}
