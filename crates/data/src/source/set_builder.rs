//! Collects images, captions and matches, and refuses what would make them ambiguous.

use super::Corpus;
use crate::DataError;
use crate::caption::{CaptionItem, CaptionSet, ImageItem, ImageSource, Matches, Skipped};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// A caption set under construction; images without a caption are left out, and said so, when it is finished.
pub(super) struct SetBuilder {
    path: PathBuf,
    images: Vec<ImageItem>,
    splits: Vec<String>,
    image_index: HashMap<String, usize>,
    captions: Vec<CaptionItem>,
    caption_index: HashMap<String, usize>,
    pairs: Vec<(usize, usize)>,
    skipped: Vec<Skipped>,
}

impl SetBuilder {
    /// An empty set read from `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            images: Vec::new(),
            splits: Vec::new(),
            image_index: HashMap::new(),
            captions: Vec::new(),
            caption_index: HashMap::new(),
            pairs: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Reports an item that cannot be used.
    pub(super) fn skip(&mut self, item: impl Into<String>, reason: impl Into<String>) {
        self.skipped.push(Skipped { item: item.into(), reason: reason.into() });
    }

    /// Adds an image of `split`; an id that is there already is an error.
    pub(super) fn image(&mut self, id: String, source: ImageSource, split: &str) -> Result<usize, DataError> {
        let index = self.images.len();
        if self.image_index.insert(id.clone(), index).is_some() {
            return Err(self.format_error(format!("image id `{id}` occurs twice"), "unique image ids"));
        }
        self.images.push(ImageItem { id, source });
        self.splits.push(split.to_owned());
        Ok(index)
    }

    /// The index of the image `id`, if it was added.
    pub(super) fn find_image(&self, id: &str) -> Option<usize> {
        self.image_index.get(id).copied()
    }

    /// Adds a caption of `image`; an id that is there already is an error, an empty text is skipped.
    pub(super) fn caption(&mut self, id: String, text: &str, image: usize) -> Result<(), DataError> {
        let text = text.trim();
        if text.is_empty() {
            self.skip(format!("caption {id}"), "the caption is empty");
            return Ok(());
        }
        let index = self.captions.len();
        if self.caption_index.insert(id.clone(), index).is_some() {
            return Err(self.format_error(format!("caption id `{id}` occurs twice"), "unique caption ids"));
        }
        self.captions.push(CaptionItem { id, text: text.to_owned() });
        self.pairs.push((image, index));
        Ok(())
    }

    /// Adds `image` to the caption whose id is its text, which every image that carries it shares.
    pub(super) fn shared_caption(&mut self, text: &str, image: usize) {
        let next = self.captions.len();
        let index = *self.caption_index.entry(text.to_owned()).or_insert(next);
        if index == next {
            self.captions.push(CaptionItem { id: text.to_owned(), text: text.to_owned() });
        }
        self.pairs.push((image, index));
    }

    /// The set without images that have no caption.
    ///
    /// # Errors
    /// If nothing is left.
    pub(super) fn finish(mut self) -> Result<Corpus, DataError> {
        let mut has_caption = vec![false; self.images.len()];
        for &(image, _) in &self.pairs {
            has_caption[image] = true;
        }
        let keep: Vec<usize> = (0..self.images.len()).filter(|&image| has_caption[image]).collect();
        for image in (0..self.images.len()).filter(|&image| !has_caption[image]) {
            let item = self.images[image].id.clone();
            self.skip(format!("image {item}"), "the image has no caption");
        }
        if keep.is_empty() {
            let first: Vec<String> =
                self.skipped.iter().take(3).map(|skipped| format!("{}: {}", skipped.item, skipped.reason)).collect();
            let problem = match first.is_empty() {
                true => "no image with a caption".to_owned(),
                false => {
                    format!("no image with a caption; {} items skipped, first {}", self.skipped.len(), first.join("; "))
                }
            };
            return Err(self.format_error(problem, "at least one image that is there and has a caption"));
        }
        let matches = Matches::from_pairs(self.images.len(), self.captions.len(), self.pairs);
        let all = CaptionSet { images: self.images, captions: self.captions, matches, skipped: Vec::new() };
        let mut set = all.subset(&keep);
        set.skipped = self.skipped;
        let mut splits: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (new, &old) in keep.iter().enumerate() {
            splits.entry(self.splits[old].clone()).or_default().push(new);
        }
        Ok(Corpus { name: self.path.display().to_string(), set, splits })
    }

    /// A [`DataError::Format`] at the path of this set.
    pub(super) fn format_error(&self, problem: String, expected: &str) -> DataError {
        DataError::Format { path: self.path.clone(), problem, expected: expected.to_owned() }
    }
}
