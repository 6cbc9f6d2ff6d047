//! Diffusion over categories in discrete time: the bound, its estimators, samplers and spell checking.

mod decoder;
mod diffusion_loss;
mod discrete_diffusion;
mod drawn_times;
mod final_step;
mod guidance;
mod known;
mod likelihood;
mod sample_options;
mod sampling;
mod spell_counts;
mod spell_mode;
mod spelling;
mod time_sampler;
mod time_sampler_kind;

pub use decoder::*;
pub use diffusion_loss::*;
pub use discrete_diffusion::*;
pub use drawn_times::*;
pub use final_step::*;
pub use guidance::*;
pub use known::*;
pub use sample_options::*;
pub use spell_counts::*;
pub use spell_mode::*;
pub use spelling::*;
pub use time_sampler::*;
pub use time_sampler_kind::*;
