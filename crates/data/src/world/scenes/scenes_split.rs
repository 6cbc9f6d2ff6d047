//! One split of the generated world.

use super::{Meaning, Scene};
use crate::caption::CaptionSet;

/// Images and captions with everything that is true of them.
#[derive(Debug, Clone)]
pub struct ScenesSplit {
    /// Images as pixels, captions with distinct texts, and the *complete* matches: every caption is checked against
    /// every image of the split.
    pub set: CaptionSet,
    /// What each image shows, `[images]`.
    pub scenes: Vec<Scene>,
    /// What each caption says, `[captions]`.
    pub caption_meanings: Vec<Meaning>,
    /// For each image the captions that were written while looking at it, in the order of writing (a repeated text is
    /// repeated): a small part of the captions that match it, and the part that spans vague to specific evenly.
    pub written_for: Vec<Vec<usize>>,
    /// The true ambiguity of each caption, nats, `[captions]`: see
    /// [`SceneWorld::caption_ambiguity`](super::SceneWorld::caption_ambiguity).
    pub caption_ambiguity: Vec<f64>,
    /// The true ambiguity of each image's scene, nats, `[images]`: see
    /// [`SceneWorld::scene_ambiguity`](super::SceneWorld::scene_ambiguity). A patch over the image is not counted here.
    pub image_ambiguity: Vec<f64>,
    /// The fraction of each image's pixels under a grey patch, `[images]`; zero outside training.
    pub occlusion: Vec<f64>,
}
