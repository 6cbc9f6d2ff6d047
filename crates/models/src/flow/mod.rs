//! Invertible maps and the densities made of them.
//!
//! * [`argmax`]: the maps between categories and real numbers;
//! * traits [`Flow`] and [`Density`]; the base [`DiagonalBase`];
//! * layers of text flows, over `[B, L, D]`: [`ActNorm`], [`InvertibleConv`], [`Reverse`], [`MixtureCoupling`] (over
//!   [`MixtureMap`]), [`SplineCoupling`] (over [`RationalQuadratic`]), with the conditioner [`PositionLstm`];
//! * layers of image flows, over `[B, C, H, W]`: [`ActNorm`], [`InvertibleConv`], [`Squeeze`], [`AffineCoupling`], with the
//!   conditioner [`DenseNet`];
//! * whole densities: [`CouplingTextFlow`], [`AutoregressiveFlow`], [`ImageFlow`], [`ConditionalImageFlow`];
//! * [`latent`]: the auto-encoder with a flow for its prior;
//! * models of categories: [`CategoricalFlow`] over sequences, [`LabelFlow`] over label maps.
//!
//! What does *not* live here: losses.

mod act_norm;
mod affine_coupling;
pub mod argmax;
mod autoregressive_flow;
mod categorical_flow;
mod channel_head;
mod conditional_image_flow;
mod coupling_text_flow;
mod coupling_text_step;
mod dense_block;
mod dense_layer;
mod dense_net;
mod diagonal_base;
#[allow(clippy::module_inception)] // the file bears the name of its trait
mod flow;
mod host_matrix;
mod image_flow;
mod image_level;
mod image_step;
mod invertible_conv;
mod label_flow;
mod label_flow_config;
pub mod latent;
mod lstm;
mod lstm_direction;
mod lstm_layer;
mod lstm_memory;
mod mixture_coupling;
mod mixture_map;
mod mixture_root;
mod position_lstm;
mod rational_quadratic;
mod reverse;
mod scale_bounds;
mod sequence_density;
mod spline_coupling;
mod squeeze;
mod tensors;

pub use act_norm::*;
pub use affine_coupling::*;
pub use autoregressive_flow::*;
pub use categorical_flow::*;
pub use channel_head::*;
pub use conditional_image_flow::*;
pub use coupling_text_flow::*;
pub use coupling_text_step::*;
pub use dense_block::*;
pub use dense_layer::*;
pub use dense_net::*;
pub use diagonal_base::*;
pub use flow::*;
pub use image_flow::*;
pub use image_level::*;
pub use image_step::*;
pub use invertible_conv::*;
pub use label_flow::*;
pub use label_flow_config::*;
pub use lstm::*;
pub use lstm_direction::*;
pub use lstm_layer::*;
pub use lstm_memory::*;
pub use mixture_coupling::*;
pub use mixture_map::*;
pub use position_lstm::*;
pub use rational_quadratic::*;
pub use reverse::*;
pub use scale_bounds::*;
pub use sequence_density::*;
pub use spline_coupling::*;
pub use squeeze::*;
