//! Computing parts in f32 when the rest runs in half precision.
//!
//! What does *not* live here: loss scaling, and the choice of a device's default precision (Burn's `Device::configure`).

mod float_tensors;
mod in_f32;

pub use float_tensors::*;
pub use in_f32::*;
