//! A world of small rendered scenes with captions that mention a random part of what is there.
//!
//! A [`Scene`] is one to four objects, each in a quadrant of its own, each with a [`Shape`], a [`Colour`] and a
//! [`Size`]. A caption's [`Meaning`] is a list of [`Mention`]s, each a random subset of an object's attributes, and it
//! matches *every* scene that it is true of. Because the distribution of scenes is known in closed form
//! ([`SceneWorld`]), so is the ambiguity of every caption and image. [`Scenes::generate`] makes the three splits.
//!
//! What does *not* live here: occlusion and word removal (see [`corrupt`](super::corrupt)), tokens, batches.

mod colour;
mod column;
mod grammar;
mod holdout;
mod holdout_rule;
mod meaning;
mod mention;
mod render;
mod row;
mod scene;
mod scene_object;
mod scene_world;
mod scenes_config;
mod scenes_set;
mod scenes_split;
mod shape;
mod size;
mod truth;

pub use colour::*;
pub use column::*;
pub use holdout::*;
pub use meaning::*;
pub use mention::*;
pub use render::*;
pub use row::*;
pub use scene::*;
pub use scene_object::*;
pub use scene_world::*;
pub use scenes_config::*;
pub use scenes_set::*;
pub use scenes_split::*;
pub use shape::*;
pub use size::*;
