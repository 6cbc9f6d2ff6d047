//! The sizes of a CLIP from its weight file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::tensor::Metadata;

use super::clip_weights::CLIP;
use super::file_tensor::FileForm;
use super::{ClipLayout, LoadOptions, TensorSpec, WeightDifferences, family};
use crate::ModelError;
use crate::clip::{ClipConfig, ClipTextConfig, ClipVisionConfig};

/// The format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;

/// The settings with which [`load_clip`](super::load_clip) takes a file, from the shapes in its header; the weights are
/// not read.
///
/// Two things are not in a file and follow OpenAI's models, to be changed where a model differs: heads of 64 numbers, and
/// QuickGELU as activation.
///
/// # Errors
/// [`ModelError::Io`], [`ModelError::Format`], [`ModelError::OtherModel`] for the weights of something else,
/// [`ModelError::Weights`] naming what the sizes would be read from, [`ModelError::Config`] for sizes that cannot be.
pub fn clip_sizes(path: impl AsRef<Path>, options: &LoadOptions) -> Result<ClipConfig, ModelError> {
    let path = path.as_ref();
    let origin = path.display().to_string();
    let metadata = metadata(path)?;
    let shapes = Shapes::new(&metadata, options, &origin)?;

    let [width, _, patch, _] = shapes.of("visual.patches.conv1.weight")?;
    let [positions, _] = shapes.of("visual.patches.positional_embedding")?;
    let [embed_dim, _] = shapes.of("visual.proj.weight")?;
    let [hidden, _] = shapes.of("visual.transformer.resblocks.0.mlp.c_fc.weight")?;
    let side = positions.saturating_sub(1).isqrt();
    let vision = ClipVisionConfig::new(side * patch, patch, width, shapes.layers("visual"), width / 64, embed_dim)
        .with_mlp_width(Some(hidden));

    let [vocabulary, width] = shapes.of("text.words.token_embedding.weight")?;
    let [context, _] = shapes.of("text.words.positional_embedding")?;
    let [embed_dim, _] = shapes.of("text.proj.weight")?;
    let [hidden, _] = shapes.of("text.transformer.resblocks.0.mlp.c_fc.weight")?;
    let text = ClipTextConfig::new(width, shapes.layers("text"), width / 64, embed_dim)
        .with_vocabulary(vocabulary)
        .with_context(context)
        .with_mlp_width(Some(hidden));

    let config = ClipConfig::new(vision, text);
    config.check()?;
    Ok(config)
}

/// The names in a safetensors file.
pub(super) fn names_in(path: &Path) -> Result<Vec<String>, ModelError> {
    Ok(metadata(path)?.tensors().into_keys().collect())
}

fn metadata(path: &Path) -> Result<Metadata, ModelError> {
    let header = header(path).map_err(|source| ModelError::Io { path: path.to_owned(), source })?;
    serde_json::from_slice(&header)
        .map_err(|error| ModelError::Format { origin: path.display().to_string(), reason: error.to_string() })
}

/// The JSON of a safetensors file: its first eight bytes say how long it is. A length past the end reads what there is.
fn header(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let (mut length, mut header) = (Vec::new(), Vec::new());
    file.by_ref().take(8).read_to_end(&mut length)?;
    let length = length.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    file.take(length.min(LONGEST_HEADER)).read_to_end(&mut header)?;
    Ok(header)
}

/// Shapes in a file by the model's names.
struct Shapes<'a> {
    layout: ClipLayout,
    found: BTreeMap<String, Vec<usize>>,
    origin: &'a str,
}

impl<'a> Shapes<'a> {
    fn new(metadata: &Metadata, options: &LoadOptions, origin: &'a str) -> Result<Self, ModelError> {
        let found: BTreeMap<String, Vec<usize>> = metadata
            .tensors()
            .into_iter()
            .filter_map(|(name, info)| Some((options.model_name(&name)?.to_owned(), info.shape.clone())))
            .collect();
        let names = found.keys().map(String::as_str);
        match ClipLayout::detect(names.clone()) {
            Some(layout) => Ok(Self { layout, found, origin }),
            None => Err(ModelError::OtherModel {
                origin: origin.to_owned(),
                expected: CLIP,
                found: family::describe(names),
            }),
        }
    }

    /// Shape of the model's tensor, in PyTorch's layout.
    fn of<const D: usize>(&self, name: &str) -> Result<[usize; D], ModelError> {
        let place = self.layout.locate(name);
        let file = &place.names[0];
        let missing = || ModelError::Weights {
            origin: self.origin.to_owned(),
            differences: WeightDifferences {
                missing: vec![TensorSpec { name: file.clone(), shape: Vec::new() }],
                ..Default::default()
            },
        };
        let mut shape = self.found.get(file).cloned().ok_or_else(missing)?;
        if place.form == FileForm::Transposed {
            shape.reverse();
        }
        shape.try_into().map_err(|_| missing())
    }

    /// Blocks of a tower.
    fn layers(&self, tower: &str) -> usize {
        let name = |layer| self.layout.locate(&format!("{tower}.transformer.resblocks.{layer}.ln_1.weight"));
        (0..).take_while(|&layer| self.found.contains_key(&name(layer).names[0])).count()
    }
}
