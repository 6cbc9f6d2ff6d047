//! Generated worlds whose ground truth is complete and whose ambiguity is known, and graded ways to spoil an item.
//!
//! * [`scenes`]: small rendered scenes with captions that mention a random part of what is there.
//! * [`digits`]: numbers written with MNIST digits side by side, whose class is the number.
//! * [`chains`]: symbols and label maps from sources of known entropy.
//! * [`corrupt`]: occlusion of images, removal of words, wrong symbols, nested in their strength.
//!
//! What does *not* live here: readers of files (see [`source`](crate::source)), batch order, models.

pub mod chains;
pub mod corrupt;
pub mod digits;
mod draw;
pub mod scenes;
