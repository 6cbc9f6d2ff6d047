//! Where features come from: CLIP's towers, the means of an earlier run, or files.

use super::EmbeddingFiles;
use crate::clip::{FeatureKind, Features};
use crate::dataset::Split;
use crate::embedder::Embedder;
use crate::model;
use crate::recipe::{Recipe, TowerKind};
use crate::tokens::Tokens;
use anyhow::anyhow;
use burn::tensor::{Device, Tensor, TensorData};
use halation_data::image::ImageCache;
use halation_data::text::CaptionBatch;
use halation_models::clip::Clip;
use halation_train::run::{Run, sha256_bytes, sha256_file};
use halation_train::user_error::user;
use std::path::{Path, PathBuf};

/// The file of a run that says which frozen towers it was trained on.
const FILE: &str = "frozen-towers.txt";

/// Towers that no gradient reaches.
pub struct FrozenTowers {
    source: Source,
    recipe: Recipe,
    device: Device,
    digest: String,
}

#[allow(clippy::large_enum_variant)] // one value per process: a box would save nothing
enum Source {
    Clip { clip: Clip, kind: FeatureKind, tokens: Tokens },
    Run(Box<Embedder>),
    Files(EmbeddingFiles),
}

const FILES: &str = "the embeddings of this run come from files: it cannot embed anything else, and its features are kept \
                     in the run directory, or where --cache says";

impl FrozenTowers {
    /// The frozen towers of a recipe; `None` where everything trains.
    ///
    /// # Errors
    /// User errors: weights that cannot be read or do not fit, a run that is none.
    pub fn open(recipe: &Recipe, tokens: &Tokens, device: &Device) -> anyhow::Result<Option<Self>> {
        if !recipe.model.is_frozen() {
            return Ok(None);
        }
        let (source, what) = match (recipe.model.towers, &recipe.model.run) {
            (TowerKind::Run, Some(run)) => {
                let reader = Run::open(run)?;
                let files = reader.manifest().checkpoints.last().map(|checkpoint| format!("{:?}", checkpoint.files));
                (Source::Run(Box::new(Embedder::open(run, device)?)), format!("run {}", files.unwrap_or_default()))
            }
            (TowerKind::Files, _) => {
                let model = &recipe.model;
                let hash = |path: &Option<PathBuf>| path.as_ref().map(|path| sha256_file(path)).transpose();
                let what = format!("files {:?}", [hash(&model.image_embeddings)?, hash(&model.caption_embeddings)?]);
                (Source::Files(EmbeddingFiles::read(model)?), what)
            }
            (TowerKind::Run, None) => {
                return Err(user(anyhow!("`model.towers` is \"run\": name the run with `model.run`")));
            }
            _ => {
                let clip = model::clip(recipe, device)?;
                let weights = match &recipe.model.weights {
                    Some(file) => sha256_file(file)?,
                    None => format!("random, seed {}", recipe.seed),
                };
                let options = &recipe.model.clip;
                let sizes = options.resolve(recipe.model.weights.as_deref())?;
                let kind = recipe.head().features();
                let what = format!(
                    "clip {weights}, {sizes:?}, {:?}, {kind:?}, {}, {:?}",
                    options.activation,
                    tokens.digest(),
                    options.long_captions
                );
                (Source::Clip { clip, kind, tokens: tokens.clone() }, what)
            }
        };
        let data = &recipe.data;
        let preprocessing =
            format!("{} px, {:?}, {:?}, {:?}", data.image_size, data.fit, data.filter(), data.mean_std());
        let digest = sha256_bytes(format!("features 1: {what}; {preprocessing}").as_bytes());
        Ok(Some(Self { source, recipe: recipe.clone(), device: device.clone(), digest }))
    }

    /// Numbers of a feature of images and of captions.
    ///
    /// # Errors
    /// Sizes that cannot be.
    pub fn widths(recipe: &Recipe) -> anyhow::Result<[usize; 2]> {
        if matches!(recipe.model.towers, TowerKind::Run | TowerKind::Files) {
            return Ok([recipe.model.dim; 2]);
        }
        let sizes = recipe.model.clip.resolve(recipe.model.weights.as_deref())?;
        Ok(match recipe.head().features() {
            FeatureKind::Tokens => [sizes.vision_width, sizes.text_width],
            FeatureKind::Pooled => [sizes.dim; 2],
        })
    }

    /// What features depend on beside the items: weights, sizes, tokens and preprocessing.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Notes in a run which towers it is trained on.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note(&self, run: &Path) -> anyhow::Result<()> {
        Ok(std::fs::write(run.join(FILE), &self.digest)?)
    }

    /// Checks that a run was trained on these towers.
    ///
    /// # Errors
    /// A user error if weights, run or preprocessing have changed since.
    pub fn expect(&self, run: &Path) -> anyhow::Result<()> {
        match std::fs::read_to_string(run.join(FILE)) {
            Ok(noted) if noted != self.digest => Err(user(anyhow!(
                "{}: its heads were trained on other frozen towers than {} holds now: put that file back, or train again",
                run.display(),
                self.recipe
                    .model
                    .weights
                    .as_ref()
                    .or(self.recipe.model.run.as_ref())
                    .map_or_else(|| "the recipe".to_owned(), |path| path.display().to_string())
            ))),
            _ => Ok(()),
        }
    }

    /// Whether items outside the data set can be embedded.
    pub fn embeds_anything(&self) -> bool {
        !matches!(self.source, Source::Files(_))
    }

    /// Features of some images of a split.
    ///
    /// # Errors
    /// A user error for an image that a file has no embedding of.
    pub fn split_images(&self, split: &Split, items: &[usize]) -> anyhow::Result<Features> {
        match &self.source {
            Source::Files(files) => {
                files.images.of(items.iter().map(|&item| split.set.images[item].id.as_str()), &self.device)
            }
            _ => self.cached_images(&split.pixels, items),
        }
    }

    /// Features of some captions of a split.
    ///
    /// # Errors
    /// A user error for a caption that a file has no embedding of, or that is longer than the context where the recipe refuses
    /// those.
    pub fn split_captions(&self, split: &Split, items: &[usize]) -> anyhow::Result<Features> {
        let captions = items.iter().map(|&item| &split.set.captions[item]);
        match &self.source {
            Source::Files(files) => files.captions.of(captions.map(|caption| caption.id.as_str()), &self.device),
            _ => self.captions(&captions.map(|caption| caption.text.as_str()).collect::<Vec<_>>()),
        }
    }

    /// Features of images as normalised planes, `[count, 3, S, S]` row-major.
    pub fn planes(&self, values: Vec<f32>, count: usize) -> anyhow::Result<Features> {
        match &self.source {
            Source::Files(_) => Err(user(anyhow!("{FILES}"))),
            Source::Run(embedder) => Ok(Features::of_vectors(embedder.planes(values, count)?.mean())),
            Source::Clip { clip, kind, .. } => {
                let size = self.recipe.data.image_size;
                let pixels = Tensor::<4>::from_data(TensorData::new(values, [count, 3, size, size]), &self.device);
                Ok(Features::of_images(&clip.visual, *kind, pixels))
            }
        }
    }

    /// Features of decoded images.
    pub fn cached_images(&self, pixels: &ImageCache, indices: &[usize]) -> anyhow::Result<Features> {
        let (mean, std) = self.recipe.data.mean_std();
        self.planes(pixels.normalized(indices, mean, std), indices.len())
    }

    /// Features of captions.
    ///
    /// # Errors
    /// A caption longer than the context, where the recipe refuses those.
    pub fn captions<S: AsRef<str>>(&self, captions: &[S]) -> anyhow::Result<Features> {
        match &self.source {
            Source::Files(_) => Err(user(anyhow!("{FILES}"))),
            Source::Run(embedder) => Ok(Features::of_vectors(embedder.captions(captions)?.mean())),
            Source::Clip { tokens, .. } => self.token_ids(&tokens.encode_batch(captions)?),
        }
    }

    /// Features of captions as ids.
    ///
    /// # Errors
    /// A frozen run, which has ids of its own.
    pub fn token_ids(&self, batch: &CaptionBatch) -> anyhow::Result<Features> {
        match &self.source {
            Source::Run(_) | Source::Files(_) => Err(anyhow!("only CLIP's towers take captions as ids")),
            Source::Clip { clip, kind, .. } => {
                Ok(Features::of_captions(&clip.text, *kind, &model::words(batch, &self.device)))
            }
        }
    }
}
