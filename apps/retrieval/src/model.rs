//! The trainable whole: both towers and the criterion's scalars.

use crate::clip::{BranchedTowers, HeadSpec, Heads, UncTokenTowers, WholeTowers};
use crate::dataset::data_error;
use crate::frozen::FrozenTowers;
use crate::method::Criterion;
use crate::recipe::{Backbone, Head, Pooling, Recipe, TowerKind};
use crate::tokens::Tokens;
use crate::towers::Towers;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use halation_data::text::{CaptionBatch, WordVectors};
use halation_models::ModelError;
use halation_models::clip::Clip;
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
pub fn init(recipe: &Recipe, tokens: &Tokens, device: &Device) -> anyhow::Result<RetrievalModel> {
    // Checked before anything is drawn: what is built below cannot fail any more.
    blank(recipe, tokens, device)?;
    let loaded = match &recipe.model.weights {
        Some(_) if !recipe.model.is_frozen() => Some(clip(recipe, device)?),
        _ => None,
    };
    let mut model = seeded_init(device, recipe.seed, |device| {
        build(recipe, tokens, loaded, device).expect("the same recipe has just been built")
    });
    if let (Some((cnn, table)), Some(vocabulary)) = (model.towers.backbones_mut(), tokens.words()) {
        let words = match &recipe.model.glove {
            Some(path) => {
                WordVectors::read_glove(path, vocabulary, recipe.model.word_dim, recipe.seed).map_err(data_error)?
            }
            None => WordVectors::random(vocabulary.len(), recipe.model.word_dim, recipe.seed),
        };
        let config = WordTableConfig::new(vocabulary.len()).with_dim(recipe.model.word_dim);
        *table = config.init_with(words.rows, device)?;
        if let Some(path) = &recipe.model.backbone_weights {
            let options = LoadOptions::new().without_classifier();
            *cnn = weights::load(cnn.clone(), path, &options).map_err(|error| user(error.into()))?;
        }
    }
    Ok(model)
}

/// A model of the recipe's shape, to load a checkpoint into.
///
/// # Errors
/// A logit gain other than 1 and 2, sizes of towers and heads that cannot be.
pub fn blank(recipe: &Recipe, tokens: &Tokens, device: &Device) -> anyhow::Result<RetrievalModel> {
    build(recipe, tokens, None, device)
}

/// CLIP's towers with the weights that the recipe names, or with its random ones.
///
/// # Errors
/// User errors: a weight file that cannot be read, or is of another model or size.
pub fn clip(recipe: &Recipe, device: &Device) -> anyhow::Result<Clip> {
    let options = &recipe.model.clip;
    let config = options.resolve(recipe.model.weights.as_deref())?.config(options.activation);
    match &recipe.model.weights {
        Some(path) => {
            weights::load_clip(config.init(device), path, &LoadOptions::new()).map_err(|error| user(error.into()))
        }
        None => Ok(seeded_init(device, recipe.seed, |device| config.init(device))),
    }
}

/// Token ids on a device.
pub fn words(batch: &CaptionBatch, device: &Device) -> Words {
    let shape = [batch.len(), batch.width()];
    let tokens = Tensor::<2, Int>::from_data(TensorData::new(batch.tokens.clone(), shape), device); // [B, L]
    Words::new(tokens, batch.lengths.clone()).expect("a caption batch has lengths from 1 to its width")
}

fn build(recipe: &Recipe, tokens: &Tokens, loaded: Option<Clip>, device: &Device) -> anyhow::Result<RetrievalModel> {
    Ok(RetrievalModel {
        towers: match recipe.model.towers {
            TowerKind::Cnn => cnn_towers(recipe, tokens.words().map_or(0, |words| words.len()), device),
            _ if recipe.model.is_frozen() => Towers::Heads(
                Heads::new(head_specs(recipe, FrozenTowers::widths(recipe)?), device).map_err(model_error)?,
            ),
            _ => clip_towers(recipe, loaded, device)?,
        },
        criterion: recipe.loss.init(device).map_err(|error| user(error.into()))?,
    })
}

fn model_error(error: ModelError) -> anyhow::Error {
    user(error.into())
}

fn clip_towers(recipe: &Recipe, loaded: Option<Clip>, device: &Device) -> anyhow::Result<Towers> {
    let options = &recipe.model.clip;
    let config = options.resolve(recipe.model.weights.as_deref())?.config(options.activation);
    let clip = loaded.unwrap_or_else(|| config.init(device));
    let head = recipe.head();
    Ok(match (head, recipe.model.point) {
        (Head::PcmePp, false) => Towers::Branched(
            BranchedTowers::new(clip, &config, options, recipe.model.dim, device).map_err(model_error)?,
        ),
        (Head::ProLip, _) => Towers::UncToken(UncTokenTowers::new(clip, options.log_var_init, device)),
        _ => {
            let specs = head_specs(recipe, FrozenTowers::widths(recipe)?);
            Towers::Whole(WholeTowers::new(clip, specs, device).map_err(model_error)?)
        }
    })
}

/// The heads of images and captions on features of these widths.
fn head_specs(recipe: &Recipe, widths: [usize; 2]) -> [HeadSpec; 2] {
    let spec = |input, class_first| HeadSpec {
        head: recipe.head(),
        input,
        dim: recipe.model.dim,
        point: recipe.model.point,
        maps: recipe.model.is_frozen(),
        log_var_init: recipe.model.clip.log_var_init,
        class_first,
    };
    [spec(widths[0], true), spec(widths[1], false)]
}

fn cnn_towers(recipe: &Recipe, vocabulary: usize, device: &Device) -> Towers {
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
        let config = VseConfig::new(backbone, vocabulary).with_embed_dim(model.dim).with_word_dim(model.word_dim);
        return Towers::Pooling(config.init(device));
    }
    let pooling = if model.legacy_pooling { BiGruPooling::LegacyLastStep } else { BiGruPooling::FinalStates };
    let config = PcmeConfig::new(backbone, vocabulary)
        .with_embed_dim(model.dim)
        .with_word_dim(model.word_dim)
        .with_pooling(pooling)
        .with_points(model.points)
        .with_uncertainty(!model.point)
        .with_log_std_init(model.log_std_init);
    Towers::Attention(config.init(device))
}
