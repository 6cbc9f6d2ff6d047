//! A trained model ready to embed.

use crate::embedded::Embedded;
use crate::model::{self, HibModel};
use crate::recipe::Recipe;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use halation_core::divergence::MatchFunction;
use halation_data::world::digits::{DigitOcclusion, NDigitSet};
use halation_train::random::{normal_noise, seed_for};
use halation_train::run::{Run, Which};
use std::path::Path;

/// Images embedded at a time.
const BATCH: usize = 250;

/// A model in evaluation mode with everything needed to feed it.
pub struct Embedder {
    model: HibModel,
    recipe: Recipe,
    device: Device,
}

impl Embedder {
    /// Puts a model into evaluation mode on a plain device.
    pub fn new(model: &HibModel, recipe: Recipe, device: Device) -> Self {
        Self { model: model.valid(), recipe, device }
    }

    /// The last checkpoint of a run.
    ///
    /// # Errors
    /// A folder that is no run, a run without a checkpoint, a checkpoint that does not fit its recipe.
    pub fn open(run: &Path, device: &Device) -> anyhow::Result<Self> {
        let run = Run::open(run)?;
        let recipe: Recipe = run.recipe()?;
        let model = run.load_model(model::blank(&recipe, device)?, Which::Last)?;
        Ok(Self::new(&model, recipe, device.clone()))
    }

    /// The recipe the model was trained by.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The match probability of two points as learnt.
    pub fn match_function(&self) -> MatchFunction {
        self.model.criterion.match_function()
    }

    /// Embeds images of a set, spoiled or not.
    pub fn embed(&self, set: &NDigitSet, images: &[usize], occlusion: Option<&DigitOcclusion>) -> Embedded {
        let [height, width] = set.size();
        let batch = |images: &[usize]| {
            let values = set.values(images, occlusion, 0);
            let data = TensorData::new(values, [images.len(), 1, height, width]);
            Embedded::new(self.model.encoder.forward(Tensor::<4>::from_data(data, &self.device)))
        };
        Embedded::cat(&images.chunks(BATCH).map(batch).collect::<Vec<_>>())
    }

    /// Samples of embeddings, `[B, J, D]`. Every row gets the same draws, so that an embedding does not depend on what is beside it;
    /// two `sides` have independent ones.
    pub fn samples(&self, embedded: &Embedded, side: &str, count: usize) -> Tensor<3> {
        let seed = seed_for(self.recipe.seed, side, 0, 0);
        embedded.samples(normal_noise([1, count, self.recipe.model.dim], seed, &self.device))
    }
}
