//! Published weights as something that embeds: no run, no training.

use crate::embedder::Embedder;
use crate::method::{InfoNce, Loss, PcmePp};
use crate::model::{self, RetrievalModel};
use crate::recipe::{Activation, CocoOptions, KarpathyOptions, Recipe, Source, TowerKind};
use crate::tokens::Tokens;
use crate::towers::Towers;
use anyhow::anyhow;
use burn::tensor::Device;
use clap::Args;
use halation_data::source::{CsvFolderOptions, CubOptions};
use halation_models::weights::{self, PublishedKind};
use halation_train::user_error::user;
use std::path::{Path, PathBuf};

/// The names under which merge lists are published.
const MERGES: [&str; 3] = ["bpe_simple_vocab_16e6.txt.gz", "merges.txt", "merges.bpe"];

/// What goes with published weights.
#[derive(Args)]
pub struct PublishedArgs {
    /// The merge list of the weights; default: the one beside them
    #[arg(long, requires = "weights")]
    pub bpe: Option<PathBuf>,
    /// Activation of the weights, which their file does not tell; default: quick-gelu for CLIP, gelu for PCME++
    #[arg(long, requires = "weights")]
    pub activation: Option<Activation>,
}

/// Published weights, ready to embed: CLIP as points, a pretrained PCME++ as distributions. The merge list is taken from beside
/// them if none is named.
///
/// # Errors
/// User errors: a file of another model, no merge list.
pub fn embedder(args: &PublishedArgs, file: &Path, device: &Device) -> anyhow::Result<Embedder> {
    let wrong = |error: halation_models::ModelError| user(error.into());
    let kind = PublishedKind::of(file).map_err(wrong)?;
    let mut recipe = Recipe::default();
    recipe.model.towers = TowerKind::Clip;
    recipe.model.weights = Some(file.to_owned());
    match &kind {
        PublishedKind::Clip => {
            recipe.model.point = true;
            recipe.loss = Loss::InfoNce(InfoNce::default());
        }
        PublishedKind::PcmePp => recipe.loss = Loss::PcmePp(PcmePp::default()),
        PublishedKind::Other(found) => {
            let name = file.display();
            return Err(user(anyhow!(
                "{name}: this looks like {found}; weights that can be used alone are those of a CLIP with an image transformer and of a pretrained PCME++ (a ProLIP reads its captions by a tokenizer that this app does not have)"
            )));
        }
    }
    // The code of PCME++ builds its towers with the exact GELU unless told otherwise.
    let usual = if kind == PublishedKind::PcmePp { Activation::Gelu } else { Activation::QuickGelu };
    recipe.model.clip.activation = args.activation.unwrap_or(usual);
    recipe.model.bpe = Some(merges(file, args.bpe.as_deref())?);
    recipe = recipe.resolve()?;
    if let Some(sizes) = recipe.model.clip.sizes {
        (recipe.model.dim, recipe.data.image_size) = (sizes.dim, sizes.image_size);
    }
    let tokens = Tokens::new(&recipe, std::iter::empty())?;
    let model = if kind == PublishedKind::PcmePp {
        let mut config = weights::pcmepp_sizes(file).map_err(wrong)?;
        config.clip = config.clip.with_activation(recipe.model.clip.activation.into());
        let blank = config.init(device).map_err(wrong)?;
        let towers = Towers::Pretrained(weights::load_pcmepp(blank, file).map_err(wrong)?);
        RetrievalModel { towers, criterion: recipe.loss.init(device)? }
    } else {
        recipe.check().map_err(user)?;
        model::init(&recipe, &tokens, device)?
    };
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

fn merges(weights: &Path, bpe: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(bpe) = bpe {
        return Ok(bpe.to_owned());
    }
    let beside = weights.parent().unwrap_or(Path::new("."));
    MERGES.iter().map(|name| beside.join(name)).find(|path| path.is_file()).ok_or_else(|| {
        user(anyhow!("{} holds no merge list ({}): name one with --bpe", beside.display(), MERGES.join(", ")))
    })
}
