//! Generated worlds whose ground truth is complete and whose ambiguity is known, and graded ways to spoil an item.
//!
//! * [`scenes`]: small rendered scenes with captions that mention a random part of what is there.
//! * [`corrupt`]: occlusion of images and removal of words, nested in their strength.
//!
//! What does *not* live here: readers of files (see [`source`](crate::source)), batch order, models.

pub mod corrupt;
mod draw;
pub mod scenes;
