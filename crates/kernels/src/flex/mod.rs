//! The fast forms.

mod attention;
mod gru;
mod kernel;
mod lanes;
mod layer_norm;
mod lstm;
mod map;
mod operand;
mod pair_map;
mod plane_map;
mod row_map;
mod rows;
mod softmax;

pub(crate) use attention::Attention;
pub(crate) use gru::Gru;
pub(crate) use kernel::{Kernel, run};
pub(crate) use layer_norm::LayerNorm;
pub(crate) use lstm::Lstm;
pub(crate) use map::Map;
pub(crate) use operand::{Operand, flags};
pub(crate) use pair_map::pair_map;
pub(crate) use plane_map::plane_map;
pub(crate) use row_map::row_map;
pub(crate) use softmax::{LogSoftmax, Softmax};
