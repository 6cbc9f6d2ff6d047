//! The one shape every image-caption source takes.

use super::{CaptionItem, ImageItem, Matches, Skipped};

/// Images, captions, which match which, and what was left out.
#[derive(Debug, Clone, Default)]
pub struct CaptionSet {
    /// The images, in the order of the source.
    pub images: Vec<ImageItem>,
    /// The captions, in the order of the source.
    pub captions: Vec<CaptionItem>,
    /// The ground truth over indices into `images` and `captions`.
    pub matches: Matches,
    /// What the reader left out.
    pub skipped: Vec<Skipped>,
}

impl CaptionSet {
    /// The set restricted to the images `keep` (indices, in the order wanted) and the captions that match one of them.
    ///
    /// Captions keep their order; matches to images outside `keep` are dropped.
    ///
    /// # Panics
    /// If an index of `keep` is out of range or repeated.
    pub fn subset(&self, keep: &[usize]) -> Self {
        let mut new_image = vec![None; self.images.len()];
        for (new, &old) in keep.iter().enumerate() {
            assert!(new_image[old].replace(new).is_none(), "image index {old} is repeated in `keep`");
        }
        let mut captions = Vec::new();
        let mut pairs = Vec::new();
        for (old_caption, images) in self.matches.images_of_caption().iter().enumerate() {
            let kept: Vec<usize> = images.iter().filter_map(|&image| new_image[image]).collect();
            if !kept.is_empty() {
                pairs.extend(kept.into_iter().map(|image| (image, captions.len())));
                captions.push(self.captions[old_caption].clone());
            }
        }
        Self {
            images: keep.iter().map(|&index| self.images[index].clone()).collect(),
            matches: Matches::from_pairs(keep.len(), captions.len(), pairs),
            captions,
            skipped: Vec::new(),
        }
    }
}
