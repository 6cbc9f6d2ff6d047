//! A U-Net over maps of labels.

mod segmentation_unet;
mod segmentation_unet_config;
mod unet_attention;
mod unet_conv;
mod unet_down;
mod unet_res_block;
mod unet_up;

pub use segmentation_unet::*;
pub use segmentation_unet_config::*;
pub use unet_attention::*;
pub use unet_conv::*;
pub use unet_down::*;
pub use unet_res_block::*;
pub use unet_up::*;
