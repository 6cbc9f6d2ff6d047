//! The fast forms.

mod gru;
mod kernel;
mod lanes;
mod lstm;
mod math;
mod operand;
mod pointwise;
mod rows;
mod softmax;

pub(crate) use gru::Gru;
pub(crate) use kernel::{Kernel, run};
pub(crate) use lstm::Lstm;
pub(crate) use operand::Operand;
pub(crate) use pointwise::{Gelu, GeluTanh, LogSigmoid, Mish, Pointwise, Sigmoid, Silu, Softplus, Tanh};
pub(crate) use softmax::{LogSoftmax, Softmax};
