//! A trained model ready to embed: weights, vocabulary and recipe together.

use crate::dataset::data_error;
use crate::model::{self, RetrievalModel};
use crate::recipe::Recipe;
use anyhow::{Context, anyhow};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use halation_core::dist::{DiagNormal, LogStd, LogVar};
use halation_core::divergence::{DivergenceScores, Measure, MeasureOptions, SampleNoise, TwoWayScores};
use halation_data::image::{
    ChwImage, Filter, IMAGENET_MEAN, IMAGENET_STD, ImageCache, SquareFit, center_crop, resize, resize_short_side,
};
use halation_data::text::{CaptionBatch, Vocabulary};
use halation_models::pcme::Embedding;
use halation_train::random::{normal_noise, seed_for};
use halation_train::run::{Run, Which};
use halation_train::user_error::user;
use image::RgbImage;
use std::collections::BTreeMap;
use std::path::Path;

/// Items embedded at a time.
const BATCH: usize = 256;

/// A model in evaluation mode with everything needed to feed it.
pub struct Embedder {
    model: RetrievalModel,
    vocabulary: Vocabulary,
    recipe: Recipe,
    device: Device,
}

impl Embedder {
    /// Puts a model into evaluation mode on a plain device.
    pub fn new(model: &RetrievalModel, vocabulary: Vocabulary, recipe: Recipe, device: Device) -> Self {
        Self { model: model.valid(), vocabulary, recipe, device }
    }

    /// The last checkpoint of a run.
    ///
    /// # Errors
    /// A folder that is no run, a run without a checkpoint, a checkpoint that does not fit its recipe.
    pub fn open(run: &Path, device: &Device) -> anyhow::Result<Self> {
        let run = Run::open(run)?;
        let recipe: Recipe = run.recipe()?;
        let vocabulary = Vocabulary::load(&run.artifact("vocabulary.json")).map_err(data_error)?;
        let blank = model::blank(&recipe, &vocabulary, device)?;
        let model = run.load_model(blank, Which::Last)?;
        Ok(Self::new(&model, vocabulary, recipe, device.clone()))
    }

    /// The recipe the model was trained by.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Whether embeddings have a width; a point model's are all mean.
    pub fn is_probabilistic(&self) -> bool {
        !self.recipe.model.point
    }

    /// Embeds decoded images of the model's size.
    pub fn cached_images(&self, pixels: &ImageCache) -> DiagNormal {
        let indices: Vec<usize> = (0..pixels.len()).collect();
        self.in_batches(&indices, |batch| {
            self.planes(pixels.normalized(batch, IMAGENET_MEAN, IMAGENET_STD), batch.len())
        })
    }

    /// Embeds images of any size.
    pub fn images(&self, images: &[RgbImage]) -> DiagNormal {
        self.in_batches(images, |batch| {
            let squares =
                batch.iter().map(|image| ChwImage::normalize(&self.resize(image), IMAGENET_MEAN, IMAGENET_STD));
            self.planes(squares.flat_map(|image| image.values).collect(), batch.len())
        })
    }

    /// Embeds captions; words outside the vocabulary become `<unk>`.
    pub fn captions<S: AsRef<str>>(&self, captions: &[S]) -> DiagNormal {
        self.in_batches(captions, |batch| {
            let ids: Vec<Vec<i32>> = batch.iter().map(|caption| self.vocabulary.encode(caption.as_ref())).collect();
            let words = model::words(&CaptionBatch::new(&ids), &self.device);
            as_normal(&self.model.towers.embed_captions(&words))
        })
    }

    /// An image as the square the model sees.
    pub fn resize(&self, image: &RgbImage) -> RgbImage {
        let size = self.recipe.data.image_size as u32;
        match self.recipe.data.fit {
            SquareFit::Squash => resize(image, size, size, Filter::Bilinear),
            SquareFit::CenterCrop => center_crop(&resize_short_side(image, size, Filter::Bilinear), size, size),
        }
    }

    /// The measure used when none is named: the one that the method trained, or the means for a point model.
    pub fn default_measure(&self) -> Measure {
        self.model.criterion.measure(self.is_probabilistic())
    }

    /// Whether `measure` can compare this model's embeddings: whether they have what it looks at, and the method trained
    /// what it needs.
    pub fn serves(&self, measure: Measure) -> bool {
        self.measure_options(measure, self.recipe.model.dim * self.recipe.model.points)
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
            measure.build(&self.measure_options(measure, dim)?).with_context(|| format!("measure `{measure}`"))?;
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
        let options = self.measure_options(measure, dim)?;
        TwoWayScores::new(measure, &options, images, captions).with_context(|| format!("measure `{measure}`"))
    }

    fn measure_options(&self, measure: Measure, dim: usize) -> anyhow::Result<MeasureOptions> {
        if measure.uses_uncertainty() && !self.is_probabilistic() {
            return Err(user(anyhow!(
                "measure `{measure}` compares distributions; this run's model embeds points: use mean-l2"
            )));
        }
        let draw = |side: &str| {
            let seed = seed_for(self.recipe.seed, side, 0, 0);
            normal_noise([self.recipe.loss.samples(), dim], seed, &self.device)
        };
        let options = MeasureOptions::default().with_points(self.recipe.model.points);
        let options = options.with_noise(SampleNoise::new(draw("query"), draw("gallery"))?);
        Ok(self.model.criterion.measure_options(options))
    }

    /// Writes the weights as safetensors.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_weights(&self, path: &Path) -> anyhow::Result<()> {
        Ok(halation_models::weights::save(&self.model, path, &BTreeMap::new())?)
    }

    fn planes(&self, values: Vec<f32>, count: usize) -> DiagNormal {
        let size = self.recipe.data.image_size;
        let pixels = Tensor::<4>::from_data(TensorData::new(values, [count, 3, size, size]), &self.device); // [B, 3, S, S]
        as_normal(&self.model.towers.embed_images(pixels))
    }

    fn in_batches<T>(&self, items: &[T], embed: impl Fn(&[T]) -> DiagNormal) -> DiagNormal {
        let (means, log_vars): (Vec<Tensor<2>>, Vec<Tensor<2>>) =
            items.chunks(BATCH).map(embed).map(|part| (part.mean(), part.log_var().0)).unzip();
        DiagNormal::new(Tensor::cat(means, 0), LogVar(Tensor::cat(log_vars, 0)))
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
