//! Which published model a weight file is of.

use std::path::Path;

use super::clip_sizes::names_in;
use super::pcmepp_weights::is_pcmepp;
use super::{ClipLayout, family};
use crate::ModelError;

/// What a weight file looks like by the names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedKind {
    /// A CLIP with an image transformer: [`load_clip`](super::load_clip).
    Clip,
    /// A pretrained PCME++: [`load_pcmepp`](super::load_pcmepp).
    PcmePp,
    /// Something else, in words.
    Other(String),
}

impl PublishedKind {
    /// Reads the header of a safetensors file, no weights.
    ///
    /// # Errors
    /// [`ModelError::Io`], [`ModelError::Format`].
    pub fn of(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let names = names_in(path.as_ref())?;
        let names = || names.iter().map(String::as_str);
        if is_pcmepp(names()) {
            return Ok(Self::PcmePp);
        }
        // ProLIP has a text tower of its own kind beside CLIP's names.
        if names().any(|name| matches!(name, "visual.unc_embedding" | "text.unc_emb")) {
            return Ok(Self::Other("a ProLIP of its authors".to_owned()));
        }
        Ok(match ClipLayout::detect(names()) {
            Some(_) => Self::Clip,
            None => Self::Other(family::describe(names())),
        })
    }
}
