//! Where the parts of CUB Captions are, and how its list of seen test images is read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Folders of CUB Captions, and the reading of its defective list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CubOptions {
    /// The folder with one folder of images per class, relative to the root; `images` or `CUB_200_2011/images` if not given.
    pub images: Option<PathBuf>,
    /// The folder with one folder of text files per class; `text_c10` or `cvpr2016_cub/text_c10` if not given.
    pub captions: Option<PathBuf>,
    /// The folder of the class lists and `seen_test_images.txt`; the root, `lists` or `annotations/cub` if not given.
    pub lists: Option<PathBuf>,
    /// What entries of `seen_test_images.txt` mean that lie in unseen classes.
    pub seen_test: SeenTestList,
}

/// What becomes of entries of the list of seen test images that lie in classes that training never sees.
///
/// The published list names 1,764 images, ten of them in unseen classes, each the first image of its class: most likely an
/// index list that was read off by one. The ten cannot be "seen"; both readings report them, and neither takes anything
/// out of training for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeenTestList {
    /// They are no seen test images (1,754 remain). PCME's own loader comes to the same, as it looks for listed images in
    /// the training classes only.
    #[default]
    WithinSeenClasses,
    /// The list as published: all 1,764 are seen test images, the ten are in the unseen test set as well.
    AsListed,
}
