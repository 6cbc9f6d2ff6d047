//! Sequences of categories through continuous latents: a variational auto-encoder whose prior is a flow (Ziegler and Rush, ICML 2019).
//!
//! [`LatentFlowVae`] is the baseline "latent flow" of Argmax Flows in both of its rows: autoregressive in time and over latent dimensions
//! (AF/AF), inverse autoregressive in time with coupling layers (IAF/SCF). What does *not* live here: deterministic maps from points to
//! categories ([`argmax`](super::argmax)).

mod hidden_coupling;
mod hidden_flow;
mod kl_warm_up;
mod latent_flow_vae;
mod latent_flow_vae_config;
mod latent_prior;
mod latent_prior_config;
mod latent_terms;
mod masked_network;
mod nonlinear_squared;
mod position_table;
mod time_order;

pub use hidden_coupling::*;
pub use hidden_flow::*;
pub use kl_warm_up::*;
pub use latent_flow_vae::*;
pub use latent_flow_vae_config::*;
pub use latent_prior::*;
pub use latent_prior_config::*;
pub use latent_terms::*;
pub use masked_network::*;
pub use nonlinear_squared::*;
pub use position_table::*;
pub use time_order::*;
