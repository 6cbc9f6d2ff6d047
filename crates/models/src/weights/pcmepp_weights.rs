//! The pretrained PCME++ of its authors: a key map, the sizes, loading and saving.

use std::collections::BTreeMap;
use std::path::Path;

use super::clip_sizes::names_in;
use super::clip_weights::save_mapped;
use super::file_tensor::{FileForm, FileTensor};
use super::load::{found, load_mapped, parse, read};
use super::{ClipLayout, LoadOptions, clip_sizes};
use crate::ModelError;
use crate::clip::{BranchedClip, BranchedClipConfig};

/// Whether the names of a file are those of a pretrained PCME++.
pub(super) fn is_pcmepp<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.any(|name| name == "uncertainty_text_projection" || name.starts_with("visual.uncertainty_transformer."))
}

/// The settings with which [`load_pcmepp`] takes a file, from the shapes in its header. Heads of 64 numbers and QuickGELU are
/// assumed, as by [`clip_sizes`]; the file tells neither.
///
/// # Errors
/// As [`clip_sizes`].
pub fn pcmepp_sizes(path: impl AsRef<Path>) -> Result<BranchedClipConfig, ModelError> {
    let path = path.as_ref();
    let names = names_in(path)?;
    if !is_pcmepp(names.iter().map(String::as_str)) {
        return Err(other(path, super::family::describe(names.iter().map(String::as_str))));
    }
    let block = |at: usize| format!("visual.uncertainty_transformer.resblocks.{at}.ln_1.weight");
    let blocks = (0..).take_while(|&at| names.contains(&block(at))).count();
    Ok(BranchedClipConfig::new(clip_sizes(path, &LoadOptions::new())?).with_blocks(blocks))
}

/// Loads the weights that `naver-ai/pcmepp` publishes for its `HfPCMEPPModel` into a model of the same sizes.
///
/// # Errors
/// As [`load_clip`](super::load_clip).
pub fn load_pcmepp(model: BranchedClip, path: impl AsRef<Path>) -> Result<BranchedClip, ModelError> {
    let path = path.as_ref();
    let (bytes, origin) = read(path)?;
    let file = parse(&bytes, &origin)?;
    let mut found = found(&file, &LoadOptions::new());
    if !is_pcmepp(found.keys().copied()) {
        return Err(other(path, super::family::describe(found.keys().copied())));
    }
    found.retain(|name, _| !ClipLayout::ignores(name));
    let trunk = trunk(&model);
    load_mapped(model, &found, &|name| locate(name, trunk), &origin)
}

/// Writes a model under the names of `HfPCMEPPModel`, as f32; [`load_pcmepp`] reads it back bit for bit.
///
/// # Errors
/// [`ModelError::Write`].
pub fn save_pcmepp(model: &BranchedClip, path: impl AsRef<Path>) -> Result<(), ModelError> {
    let trunk = trunk(model);
    save_mapped(model, path.as_ref(), &|name| locate(name, trunk), &BTreeMap::new())
}

fn other(path: &Path, found: String) -> ModelError {
    ModelError::OtherModel { origin: path.display().to_string(), expected: "a pretrained PCME++", found }
}

/// Blocks before the branch of the image and the text tower.
fn trunk(model: &BranchedClip) -> [usize; 2] {
    [model.image.trunk.resblocks.len(), model.text.trunk.resblocks.len()]
}

/// Where the file keeps a tensor of [`BranchedClip`].
fn locate(name: &str, [image, text]: [usize; 2]) -> FileTensor {
    let (form, name) = match name {
        "image_proj.weight" => (FileForm::Transposed, "visual.proj".to_owned()),
        "image_sigma.weight" => (FileForm::Transposed, "visual.uncertainty_proj".to_owned()),
        "text_proj.weight" => (FileForm::Transposed, "text_projection".to_owned()),
        "text_sigma.weight" => (FileForm::Transposed, "uncertainty_text_projection".to_owned()),
        "logit_scale" => (FileForm::Scalar, name.to_owned()),
        _ => (FileForm::Same, rename(name, image, text)),
    };
    FileTensor::new(name, form)
}

fn rename(name: &str, image: usize, text: usize) -> String {
    let name = name.replace("attn.in_proj.", "attn.in_proj_");
    let (tower, rest, before) = match name.split_once('.') {
        Some(("image", rest)) => ("visual.", rest, image),
        Some(("text", rest)) => ("", rest, text),
        Some(("image_norm", rest)) => return format!("visual.ln_post.{rest}"),
        _ => return name,
    };
    let rest = rest.strip_prefix("patches.").or_else(|| rest.strip_prefix("words.")).unwrap_or(rest);
    if let Some(block) = rest.strip_prefix("trunk.") {
        return format!("{tower}transformer.{block}");
    }
    if let Some(block) = rest.strip_prefix("sigma.") {
        return format!("{tower}uncertainty_transformer.{block}");
    }
    // The mean's blocks go on where the trunk's end.
    let moved = rest.strip_prefix("mean.resblocks.").and_then(|block| block.split_once('.'));
    match moved.and_then(|(at, field)| Some((at.parse::<usize>().ok()?, field))) {
        Some((at, field)) => format!("{tower}transformer.resblocks.{}.{field}", before + at),
        None => format!("{tower}{rest}"),
    }
}
