//! Safetensors in the layouts that torchvision, timm and PyTorch modules publish.
//!
//! Names and shapes are PyTorch's: linear weights `[out, in]`, norms `weight` and `bias`. A file either fits a model
//! exactly or is refused with the full list of what is missing, extra and misshapen. CLIP and the pretrained PCME++ have key maps for their
//! layouts.

mod clip_layout;
mod clip_part;
mod clip_sizes;
mod clip_weights;
mod family;
mod file_tensor;
mod load;
mod load_options;
mod pcmepp_weights;
mod published_kind;
mod save;
mod tensor_spec;
mod weight_differences;

pub use clip_layout::ClipLayout;
pub use clip_part::ClipPart;
pub use clip_sizes::*;
pub use clip_weights::*;
pub use load::*;
pub use load_options::*;
pub use pcmepp_weights::*;
pub use published_kind::*;
pub use save::*;
pub use tensor_spec::*;
pub use weight_differences::*;
