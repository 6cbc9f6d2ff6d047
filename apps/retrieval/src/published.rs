//! Published weights as something that embeds: no run, no training.

use crate::embedder::Embedder;
use crate::method::Loss;
use crate::model;
use crate::recipe::{CocoOptions, Head, KarpathyOptions, Recipe, Source, TowerKind};
use crate::tokens::Tokens;
use anyhow::anyhow;
use burn::tensor::Device;
use halation_data::source::{CsvFolderOptions, CubOptions};
use halation_train::user_error::user;
use std::path::{Path, PathBuf};

/// The names under which merge lists are published.
const MERGES: [&str; 3] = ["bpe_simple_vocab_16e6.txt.gz", "merges.txt", "merges.bpe"];

/// CLIP weights, ready to embed as points; the merge list is taken from beside them if none is named.
///
/// # Errors
/// User errors: a file of another model, no merge list.
pub fn embedder(weights: &Path, bpe: Option<&Path>, device: &Device) -> anyhow::Result<Embedder> {
    let recipe = recipe(weights, bpe)?;
    let tokens = Tokens::new(&recipe, std::iter::empty())?;
    let model = model::init(&recipe, &tokens, device)?;
    Ok(Embedder::new(&model, tokens, None, recipe, device.clone()))
}

/// What a data folder holds, by the files in it: a Karpathy split, COCO's own annotations, CUB, a CSV folder.
///
/// # Errors
/// A user error that lists the files looked for.
pub fn source(folder: &Path) -> anyhow::Result<Source> {
    let has = |name: &str| folder.join(name).exists();
    let karpathy = ["dataset_coco.json", "dataset_flickr30k.json", "dataset_flickr8k.json"];
    if let Some(json) = karpathy.into_iter().find(|name| has(name)) {
        return Ok(Source::Karpathy(KarpathyOptions { json: json.into(), ..KarpathyOptions::default() }));
    }
    let coco = CocoOptions::default();
    if folder.join(&coco.json).exists() {
        return Ok(Source::Coco(coco));
    }
    if has("text_c10") {
        return Ok(Source::Cub(CubOptions::default()));
    }
    if has("captions.csv") {
        return Ok(Source::Csv(CsvFolderOptions::default()));
    }
    Err(user(anyhow!(
        "{} holds none of {}, {}, text_c10 (CUB), captions.csv: train a recipe that says what it is, or name another folder",
        folder.display(),
        karpathy.join(", "),
        coco.json.display()
    )))
}

/// The recipe that says what the weights are.
fn recipe(weights: &Path, bpe: Option<&Path>) -> anyhow::Result<Recipe> {
    let mut recipe = Recipe::default();
    recipe.model.towers = TowerKind::Clip;
    recipe.model.weights = Some(weights.to_owned());
    recipe.model.bpe = Some(merges(weights, bpe)?);
    recipe.model.clip.head = Some(Head::Clip);
    recipe.model.point = true;
    recipe.loss = Loss::InfoNce(crate::method::InfoNce::default());
    recipe = recipe.resolve()?;
    if let Some(sizes) = recipe.model.clip.sizes {
        (recipe.model.dim, recipe.data.image_size) = (sizes.dim, sizes.image_size);
    }
    recipe.check().map_err(user)?;
    Ok(recipe)
}

fn merges(weights: &Path, bpe: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(bpe) = bpe {
        return Ok(bpe.to_owned());
    }
    let beside = weights.parent().unwrap_or(Path::new("."));
    MERGES.iter().map(|name| beside.join(name)).find(|path| path.is_file()).ok_or_else(|| {
        user(anyhow!("{} holds no merge list ({}): name one with --bpe", beside.display(), MERGES.join(", ")))
    })
}
