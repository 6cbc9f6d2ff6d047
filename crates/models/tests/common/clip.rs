//! The small CLIP of the goldens, its captions, and weight files hashed by the names of a published layout.

use burn::tensor::Device;
use halation_models::clip::{Clip, ClipConfig, ClipTextConfig, ClipVisionConfig};
use halation_models::encoder::Words;
use halation_models::weights::{ClipLayout, ClipPart, save_clip};
use safetensors::SafeTensors;

use super::{device, file, weight};

pub const CAPTIONS: [&[usize]; 2] = [&[98, 5, 17, 42, 3, 99], &[98, 61, 99]];
pub const LONG_CAPTION: &[usize] = &[98, 7, 7, 7, 80, 12, 33, 2, 1, 54, 99];

/// The sizes of xtask/parity/clip.py.
pub fn config() -> ClipConfig {
    ClipConfig::new(
        ClipVisionConfig::new(32, 8, 64, 3, 2, 40),
        ClipTextConfig::new(48, 3, 3, 40).with_vocabulary(100).with_context(16),
    )
}

/// The captions of xtask/parity/clip.py.
pub fn captions(device: &Device) -> Words {
    let rows = [CAPTIONS[0], CAPTIONS[1], LONG_CAPTION];
    Words::from_sequences(&rows, 0, 100, device).unwrap()
}

/// Names and shapes of a file in a layout, as `save_clip` writes it.
pub fn file_specs<M: ClipPart>(model: &M, layout: ClipLayout) -> Vec<(String, Vec<usize>)> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clip.safetensors");
    save_clip(model, &path, layout, &Default::default()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut specs: Vec<_> = file.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec())).collect();
    specs.sort();
    specs
}

/// The content of a file of the small CLIP in a layout, hashed by the names of that layout.
pub fn hashed_file(layout: ClipLayout) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    file_specs(&small(), layout)
        .into_iter()
        .map(|(name, shape)| {
            let values = weight(&name, &shape);
            (name, shape, values)
        })
        .collect()
}

/// The bytes of that file.
pub fn hashed_bytes(layout: ClipLayout) -> Vec<u8> {
    file(&hashed_file(layout))
}

/// The small CLIP with random weights.
pub fn small() -> Clip {
    config().init(&device())
}
