//! Which images and captions match: many to many.

/// The ground truth of a caption set, as sorted lists in both directions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    captions_of_image: Vec<Vec<usize>>,
    images_of_caption: Vec<Vec<usize>>,
}

impl Matches {
    /// Builds both directions from `(image, caption)` index pairs; repeated pairs count once.
    ///
    /// # Panics
    /// If an index reaches past `images` or `captions`.
    pub fn from_pairs(images: usize, captions: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut captions_of_image = vec![Vec::new(); images];
        let mut images_of_caption = vec![Vec::new(); captions];
        for (image, caption) in pairs {
            captions_of_image[image].push(caption);
            images_of_caption[caption].push(image);
        }
        for list in captions_of_image.iter_mut().chain(&mut images_of_caption) {
            list.sort_unstable();
            list.dedup();
        }
        Self { captions_of_image, images_of_caption }
    }

    /// For every image, its captions, ascending.
    pub fn captions_of_image(&self) -> &[Vec<usize>] {
        &self.captions_of_image
    }

    /// For every caption, its images, ascending.
    pub fn images_of_caption(&self) -> &[Vec<usize>] {
        &self.images_of_caption
    }

    /// Whether `image` and `caption` match.
    pub fn contains(&self, image: usize, caption: usize) -> bool {
        self.captions_of_image[image].binary_search(&caption).is_ok()
    }

    /// All matching `(image, caption)` pairs, by image, then by caption.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.captions_of_image
            .iter()
            .enumerate()
            .flat_map(|(image, list)| list.iter().map(move |&caption| (image, caption)))
    }
}
