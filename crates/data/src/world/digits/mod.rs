//! N-digit MNIST: numbers written with real digits side by side, whose class is the number.
//!
//! [`Mnist::read`] takes any folder in the layout of MNIST, [`NDigit::generate`] draws the splits of a task over it,
//! [`NDigitSet`] builds images when they are asked for, [`DigitOcclusion`] spoils them. The data of the hedged-embedding
//! experiments (Oh et al. 2019, HIB); the published index files are not needed, so counts agree with theirs, draws do not.
//!
//! What does *not* live here: encoders, batches, verification scores.

mod digit_images;
mod digit_occlusion;
mod idx;
mod mnist;
mod n_digit;
mod n_digit_config;
mod n_digit_set;
mod n_digit_task;

pub use digit_images::*;
pub use digit_occlusion::*;
pub use mnist::*;
pub use n_digit::*;
pub use n_digit_config::*;
pub use n_digit_set::*;
pub use n_digit_task::*;
