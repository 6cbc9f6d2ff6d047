//! A batch becomes features: [`ResNet`] for images, [`BiGru`] over a [`WordTable`] for captions.

mod batch_norm2d;
mod bigru;
mod bigru_pooling;
mod block_kind;
mod packed_words;
mod residual_block;
mod resnet;
mod resnet_config;
mod stem;
mod word_table;
mod words;

pub use batch_norm2d::*;
pub use bigru::*;
pub use bigru_pooling::*;
pub use block_kind::*;
pub use packed_words::*;
pub use residual_block::*;
pub use resnet::*;
pub use resnet_config::*;
pub use stem::*;
pub use word_table::*;
pub(crate) use words::check_lengths;
pub use words::*;
