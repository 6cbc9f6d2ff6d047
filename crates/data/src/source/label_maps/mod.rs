//! Segmentation label maps: a category for every pixel, small enough to model whole.
//!
//! [`read_cityscapes`], [`read_camvid`] and [`read_label_folder`] read PNG files of ids, map the ids to categories
//! ([`CategoryMap`]) and shrink them to one size; a [`LabelMapSet`] gives batches, for training with [`LabelAugment`].
//!
//! What does *not* live here: photographs, generated maps (see [`LabelWorld`](crate::world::chains::LabelWorld)).

mod camvid;
mod category;
mod category_map;
mod cityscapes;
mod label_augment;
mod label_corpus;
mod label_folder;
mod label_map_options;
mod label_map_set;
mod label_pads;
mod label_png;
mod read_maps;

pub use camvid::*;
pub use category::*;
pub use category_map::*;
pub use cityscapes::*;
pub use label_augment::*;
pub use label_corpus::*;
pub use label_folder::*;
pub use label_map_options::*;
pub use label_map_set::*;
pub use label_pads::*;
