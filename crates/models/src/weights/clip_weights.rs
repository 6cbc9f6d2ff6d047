//! CLIP weights from and to the published layouts.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::module::Module;
use burn_store::{BurnToPyTorchAdapter, ModuleSnapshot, bridge};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::clip_part::{locate, wants};
use super::file_tensor::FileTensor;
use super::load::{found, load_mapped, parse, read};
use super::{ClipLayout, ClipPart, LoadOptions, TensorSpec, family};
use crate::ModelError;

/// What a file should hold, for messages.
pub(super) const CLIP: &str = "a CLIP with an image transformer";

/// Loads published CLIP weights into a [`Clip`](crate::clip::Clip) or one of its towers; the layout is told by the
/// names. Buffers such as `position_ids` are passed over, a tower passes over the other tower.
///
/// The activation is not in the file: see [`ClipActivation`](crate::clip::ClipActivation).
///
/// # Errors
/// [`ModelError::Io`], [`ModelError::Format`], [`ModelError::Dtype`], [`ModelError::OtherModel`] for the weights of
/// something else, [`ModelError::Weights`] with every missing, extra and misshapen tensor by its name in the file.
pub fn load_clip<M: ClipPart>(model: M, path: impl AsRef<Path>, options: &LoadOptions) -> Result<M, ModelError> {
    let (bytes, origin) = read(path.as_ref())?;
    load_from(model, &bytes, options, &origin)
}

/// [`load_clip`] from the bytes of a safetensors file.
///
/// # Errors
/// As [`load_clip`], apart from [`ModelError::Io`].
pub fn load_clip_bytes<M: ClipPart>(model: M, bytes: &[u8], options: &LoadOptions) -> Result<M, ModelError> {
    load_from(model, bytes, options, "memory")
}

fn load_from<M: ClipPart>(model: M, bytes: &[u8], options: &LoadOptions, origin: &str) -> Result<M, ModelError> {
    let file: SafeTensors = parse(bytes, origin)?;
    let mut found = found(&file, options);
    let Some(layout) = ClipLayout::detect(found.keys().copied()) else {
        return Err(ModelError::OtherModel {
            origin: origin.to_owned(),
            expected: CLIP,
            found: family::describe(found.keys().copied()),
        });
    };
    found.retain(|name, _| wants(M::TOWER, layout, name));
    load_mapped(model, &found, &|name| locate(M::TOWER, layout, name), origin)
}

/// Writes a [`Clip`](crate::clip::Clip), or one of its towers, in a published layout, as f32.
///
/// The file appears under its name only when it is complete; an existing one is replaced. [`load_clip`] reads it back
/// bit for bit.
///
/// # Errors
/// [`ModelError::Write`].
pub fn save_clip<M: ClipPart>(
    model: &M,
    path: impl AsRef<Path>,
    layout: ClipLayout,
    metadata: &BTreeMap<String, String>,
) -> Result<(), ModelError> {
    save_mapped(model, path.as_ref(), &|name| locate(M::TOWER, layout, name), metadata)
}

/// Writes a module by a key map: `locate` says where the file keeps the model's tensor of a name.
pub(super) fn save_mapped<M: Module>(
    model: &M,
    path: &Path,
    locate: &dyn Fn(&str) -> FileTensor,
    metadata: &BTreeMap<String, String>,
) -> Result<(), ModelError> {
    let failed = |reason: String| ModelError::Write { path: path.to_owned(), reason };
    let mut tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for tensor in model.collect(None, Some(Box::new(BurnToPyTorchAdapter)), true) {
        let spec = TensorSpec { name: tensor.name.clone(), shape: tensor.shape.to_vec() };
        let data = bridge::into_data(tensor).map_err(|error| failed(error.to_string()))?;
        let values = data.convert::<f32>().try_into_vec::<f32>().map_err(|error| failed(format!("{error:?}")))?;
        let place = locate(&spec.name);
        for (part, values) in place.specs(&spec).into_iter().zip(place.cut(values, &spec)) {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            tensors.insert(part.name, (part.shape, bytes));
        }
    }
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, (shape, bytes))| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<_, safetensors::SafeTensorError>>();
    let metadata: HashMap<String, String> = metadata.clone().into_iter().collect();
    // `serialize_to_file` writes beside the path and renames.
    views
        .and_then(|views| safetensors::serialize_to_file(views, Some(metadata), path))
        .map_err(|error| failed(error.to_string()))
}
