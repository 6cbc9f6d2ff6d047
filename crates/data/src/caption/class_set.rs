//! A caption set whose images have classes.

use super::{CaptionSet, Matches};

/// A caption set with the class of every image and caption, for protocols in which a match is a shared class.
#[derive(Debug, Clone, Default)]
pub struct ClassSet {
    /// Images and captions; its matches are those of each image with its own captions.
    pub set: CaptionSet,
    /// The class of every image, `[images]`, an index into `class_names`.
    pub image_classes: Vec<usize>,
    /// The class of every caption, `[captions]`: that of the image it was written for.
    pub caption_classes: Vec<usize>,
    /// The names of all classes of the source, also of those without an image here.
    pub class_names: Vec<String>,
}

impl ClassSet {
    /// Gives each caption the class of its first image.
    ///
    /// # Panics
    /// If there is not one class per image, or a caption matches no image.
    pub fn new(set: CaptionSet, image_classes: Vec<usize>, class_names: Vec<String>) -> Self {
        assert_eq!(image_classes.len(), set.images.len(), "one class per image");
        let caption_classes = set.matches.images_of_caption().iter().map(|images| image_classes[images[0]]).collect();
        Self { set, image_classes, caption_classes, class_names }
    }

    /// Number of classes that have an image here.
    pub fn classes(&self) -> usize {
        let mut present = self.image_classes.clone();
        present.sort_unstable();
        present.dedup();
        present.len()
    }

    /// The ground truth in which every image matches every caption of its class.
    ///
    /// It is large where classes are (a list entry per pair): for training and small sets. Evaluation of a whole test set takes
    /// [`Relevance::from_classes`](halation_core::metric::Relevance::from_classes) of the two lists of classes instead.
    pub fn class_matches(&self) -> Matches {
        let mut captions_of_class = vec![Vec::new(); self.class_names.len()];
        for (caption, &class) in self.caption_classes.iter().enumerate() {
            captions_of_class[class].push(caption);
        }
        let pairs = self.image_classes.iter().enumerate();
        let pairs =
            pairs.flat_map(|(image, &class)| captions_of_class[class].iter().map(move |&caption| (image, caption)));
        Matches::from_pairs(self.set.images.len(), self.set.captions.len(), pairs)
    }
}
