//! The trainable whole: both towers and the criterion's scalars.

use crate::dataset::data_error;
use crate::method::Criterion;
use crate::recipe::{Backbone, Pooling, Recipe};
use crate::towers::Towers;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use halation_data::text::{CaptionBatch, Vocabulary, WordVectors};
use halation_models::encoder::{BiGruPooling, ResNetConfig, WordTableConfig, Words};
use halation_models::pcme::PcmeConfig;
use halation_models::vse::VseConfig;
use halation_models::weights::{self, LoadOptions};
use halation_train::random::seeded_init;
use halation_train::user_error::user;

/// Everything that training changes.
#[derive(Module, Debug)]
pub struct RetrievalModel {
    /// The two towers.
    pub towers: Towers,
    /// The criterion.
    pub criterion: Criterion,
}

/// A model with the recipe's random weights and the published ones it asks for.
///
/// # Errors
/// Weights or word vectors that cannot be read or do not fit.
pub fn init(recipe: &Recipe, vocabulary: &Vocabulary, device: &Device) -> anyhow::Result<RetrievalModel> {
    // Checked before anything is drawn: what is built below cannot fail any more.
    blank(recipe, vocabulary, device)?;
    let mut model = seeded_init(device, recipe.seed, |device| {
        blank(recipe, vocabulary, device).expect("the same recipe has just been built")
    });
    let words = match &recipe.model.glove {
        Some(path) => {
            WordVectors::read_glove(path, vocabulary, recipe.model.word_dim, recipe.seed).map_err(data_error)?
        }
        None => WordVectors::random(vocabulary.len(), recipe.model.word_dim, recipe.seed),
    };
    let table = WordTableConfig::new(vocabulary.len()).with_dim(recipe.model.word_dim);
    *model.towers.words_mut() = table.init_with(words.rows, device)?;
    if let Some(path) = &recipe.model.backbone_weights {
        let options = LoadOptions::new().without_classifier();
        let cnn = model.towers.cnn_mut();
        *cnn = weights::load(cnn.clone(), path, &options).map_err(|error| user(error.into()))?;
    }
    Ok(model)
}

/// A model of the recipe's shape, to load a checkpoint into.
///
/// # Errors
/// A logit gain other than 1 and 2.
pub fn blank(recipe: &Recipe, vocabulary: &Vocabulary, device: &Device) -> anyhow::Result<RetrievalModel> {
    Ok(RetrievalModel {
        towers: towers(recipe, vocabulary, device),
        criterion: recipe.loss.init(device).map_err(|error| user(error.into()))?,
    })
}

/// Token ids on a device.
pub fn words(batch: &CaptionBatch, device: &Device) -> Words {
    let shape = [batch.len(), batch.width()];
    let tokens = Tensor::<2, Int>::from_data(TensorData::new(batch.tokens.clone(), shape), device); // [B, L]
    Words::new(tokens, batch.lengths.clone()).expect("a caption batch has lengths from 1 to its width")
}

fn towers(recipe: &Recipe, vocabulary: &Vocabulary, device: &Device) -> Towers {
    let model = &recipe.model;
    let backbone = match model.backbone {
        Backbone::Small => ResNetConfig::small([1, 2, 4].map(|times| times * model.width).to_vec(), vec![1, 1, 1]),
        Backbone::Patches => ResNetConfig::patches(4, vec![model.width], vec![1]),
        Backbone::Resnet18 => ResNetConfig::resnet18(),
        Backbone::Resnet34 => ResNetConfig::resnet34(),
        Backbone::Resnet50 => ResNetConfig::resnet50(),
        Backbone::Resnet101 => ResNetConfig::resnet101(),
        Backbone::Resnet152 => ResNetConfig::resnet152(),
    };
    if model.pooling == Pooling::Gpo {
        let config = VseConfig::new(backbone, vocabulary.len()).with_embed_dim(model.dim).with_word_dim(model.word_dim);
        return Towers::Pooling(config.init(device));
    }
    let pooling = if model.legacy_pooling { BiGruPooling::LegacyLastStep } else { BiGruPooling::FinalStates };
    let config = PcmeConfig::new(backbone, vocabulary.len())
        .with_embed_dim(model.dim)
        .with_word_dim(model.word_dim)
        .with_pooling(pooling)
        .with_points(model.points)
        .with_uncertainty(!model.point)
        .with_log_std_init(model.log_std_init);
    Towers::Attention(config.init(device))
}
