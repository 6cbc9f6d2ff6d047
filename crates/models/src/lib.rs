//! Encoders, heads and whole models: `Config -> Module`, and the import of published weights.
//!
//! * [`encoder`]: a batch becomes features (a feature map, or a sequence with lengths).
//! * [`head`]: features become an embedding or a distribution.
//! * [`diffusion`]: categorical diffusion: noise is taken off sequences of symbols.
//! * [`hib`]: hedged embeddings of digit strings.
//! * [`flow`]: invertible maps and the densities made of them.
//! * [`clip`]: the two transformers of CLIP, plain, branched (PCME++) and with an uncertainty token (ProLIP).
//! * [`diffusion`]: noise over categories, its exact bounds and samplers, and the denoisers that undo it.
//! * [`pcme`]: the probabilistic cross-modal model, two towers of the above.
//! * [`vse`]: VSE-infinity, two towers with learnt pooling.
//! * [`weights`]: safetensors in the layouts that torchvision, timm, OpenAI and transformers publish, with a full list of differences.
//!
//! What does *not* live here: losses (`halation-core`), files of data (`halation-data`), training loops.
#![warn(missing_docs)]

pub mod clip;
pub mod diffusion;
pub mod encoder;
mod error;
pub mod flow;
pub mod head;
pub mod hib;
mod layer_norm;
pub mod pcme;
pub mod vse;
pub mod weights;

pub use error::ModelError;
pub use layer_norm::{LayerNorm, LayerNormConfig};
