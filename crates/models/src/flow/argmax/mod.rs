//! From categories to the real line and back: probabilistic inverses of the argmax, and dequantization (Hoogeboom et al., 2021).
//!
//! [`Surjection`] is what a model holds; the maps themselves are functions. What does *not* live here: the density `p(v)` of what comes
//! out, which is any [`Density`](crate::flow::Density), and how bounds are averaged ([`halation_core::bound`]).

mod argmax_inverse;
mod conditional_network;
mod context_config;
mod context_encoder;
mod decoded;
mod dequantization;
mod digit_codec;
mod gumbel_argmax;
mod gumbel_threshold;
mod match_frequencies;
mod noise_law;
mod on_class;
mod position_context;
mod recurrent_context;
mod sign_softplus;
mod softplus_threshold;
mod surjection;
mod surjection_config;
mod surjection_method;
mod unused_policy;

pub use argmax_inverse::*;
pub use conditional_network::*;
pub use context_config::*;
pub use context_encoder::*;
pub use decoded::*;
pub use dequantization::*;
pub use digit_codec::*;
pub use gumbel_argmax::*;
pub use gumbel_threshold::*;
pub use noise_law::*;
use on_class::*;
pub use position_context::*;
pub use recurrent_context::*;
pub use sign_softplus::*;
pub use softplus_threshold::*;
pub use surjection::*;
pub use surjection_config::*;
pub use surjection_method::*;
pub use unused_policy::*;
