//! CUB-200-2011 with the captions of Reed et al. (2016), in the splits of PCME.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::image_files::{file_below, image_names};
use super::missing::first_few;
use super::set_builder::SetBuilder;
use super::{Corpus, CubOptions, SeenTestList};
use crate::DataError;
use crate::caption::{ClassSet, ImageSource, Skipped};

/// Larger caption files are not what they should be: ten captions take a kilobyte.
const MAX_CAPTION_FILE: u64 = 1 << 20;

/// Missing files and folders that an error lists.
const LISTED: usize = 20;

/// CUB Captions with its splits and classes.
///
/// Splits: `train` (the 150 seen classes without the seen test images), `test_unseen` (the 50 others: the benchmark),
/// `test_seen`, and, where their lists are there, three folds of the seen classes for choosing hyperparameters, `train1` and
/// `val1` to `train3` and `val3` (100 and 50 classes; the training folds without the seen test images, the validation folds
/// with them, as published).
#[derive(Debug, Clone)]
pub struct Cub {
    /// Images, captions and splits. Matches are those of each image with its own captions.
    pub corpus: Corpus,
    /// The classes, in the order of their names.
    pub class_names: Vec<String>,
    /// The class of every image of the corpus.
    pub image_classes: Vec<usize>,
    /// Entries of the list of seen test images that lie in unseen classes, in the order of the list: ten in the published one.
    pub misplaced: Vec<String>,
}

impl Cub {
    /// The split `name`, or several joined by `+`, with classes: a match is then a shared class.
    ///
    /// # Errors
    /// As [`Corpus::split`].
    pub fn split(&self, name: &str) -> Result<ClassSet, DataError> {
        let set = self.corpus.split(name)?;
        let images = self.corpus.set.images.iter().zip(&self.image_classes);
        let class_of: HashMap<&str, usize> = images.map(|(image, &class)| (image.id.as_str(), class)).collect();
        let classes = set.images.iter().map(|image| class_of[image.id.as_str()]).collect();
        Ok(ClassSet::new(set, classes, self.class_names.clone()))
    }
}

/// Reads CUB Captions below `root`.
///
/// * Images: `<images>/<class>/<name>.jpg`, the id is `<class>/<name>.jpg`; sorted, so the order is that of no file system.
/// * Captions: `<captions>/<class>/<name>.txt`, one per line, the id is `<class>/<name>#<line>`, counted from 0.
/// * Lists: `trainvalclasses.txt`, `testclasses.txt`, `seen_test_images.txt`; optionally `trainclasses1.txt` and
///   `valclasses1.txt` to `3`. Blank lines do not count.
/// * Reported in `skipped`: an image without a text file, a text file without its image, a line that is empty or not UTF-8, a class
///   folder that is in no list, a listed seen test image that is not there or lies in an unseen class (see [`SeenTestList`]).
///
/// # Errors
/// [`DataError::Missing`] with all folders, lists and class folders that are not there; [`DataError::Format`] if the lists
/// contradict each other or leave nothing to use.
pub fn read_cub(root: &Path, options: &CubOptions) -> Result<Cub, DataError> {
    let layout = Layout::locate(root, options)?;
    let seen = layout.list("trainvalclasses.txt")?;
    let unseen = layout.list("testclasses.txt")?;
    layout.disjoint("testclasses.txt", &unseen, &seen)?;
    let listed = layout.list("seen_test_images.txt")?;
    let class_names: Vec<String> = seen.iter().chain(&unseen).cloned().collect::<BTreeSet<_>>().into_iter().collect();
    layout.require_classes(root, &class_names)?;

    let mut builder = SetBuilder::new(root);
    for class in &class_names {
        read_class(&layout, class, &mut builder)?;
    }
    let mut corpus = builder.finish()?;
    let class_index: HashMap<&str, usize> =
        class_names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let image_classes = corpus.set.images.iter().map(|image| class_index[class_of(&image.id)]).collect();

    let known: HashSet<&str> = corpus.set.images.iter().map(|image| image.id.as_str()).collect();
    let (mut misplaced, mut reports) = (Vec::new(), Vec::new());
    let mut seen_test = HashSet::new();
    for id in &listed {
        let in_unseen = holds(&unseen, class_of(id));
        if in_unseen {
            misplaced.push(id.clone());
            reports.push((id, "it is listed as a seen test image but lies in an unseen class"));
        } else if !known.contains(id.as_str()) {
            reports.push((id, "it is listed as a seen test image but is not in the set"));
        }
        if !in_unseen || options.seen_test == SeenTestList::AsListed {
            seen_test.insert(id.as_str());
        }
    }
    let images_where = |keep: &dyn Fn(&str, &str) -> bool| -> Vec<usize> {
        let images = corpus.set.images.iter().enumerate();
        images.filter(|(_, image)| keep(&image.id, class_of(&image.id))).map(|(index, _)| index).collect()
    };
    let mut splits = BTreeMap::from([
        ("train".to_owned(), images_where(&|id, class| holds(&seen, class) && !seen_test.contains(id))),
        ("test_seen".to_owned(), images_where(&|id, _| seen_test.contains(id))),
        ("test_unseen".to_owned(), images_where(&|_, class| holds(&unseen, class))),
    ]);
    for fold in 1..=3 {
        let names = [format!("trainclasses{fold}.txt"), format!("valclasses{fold}.txt")];
        if !names.iter().all(|name| layout.lists.join(name).is_file()) {
            continue;
        }
        let (train, val) = (layout.list(&names[0])?, layout.list(&names[1])?);
        layout.disjoint(&names[1], &val, &train)?;
        layout.contained(&names[0], &train, &seen)?;
        layout.contained(&names[1], &val, &seen)?;
        let training = images_where(&|id, class| holds(&train, class) && !seen_test.contains(id));
        splits.insert(format!("train{fold}"), training);
        splits.insert(format!("val{fold}"), images_where(&|_, class| holds(&val, class)));
    }
    let reports: Vec<Skipped> = reports
        .into_iter()
        .map(|(id, reason)| Skipped { item: format!("seen_test_images.txt: {id}"), reason: reason.to_owned() })
        .chain(layout.unlisted_classes(&class_names)?)
        .collect();
    corpus.set.skipped.extend(reports);
    corpus.splits = splits;
    Ok(Cub { corpus, class_names, image_classes, misplaced })
}

/// The folder of an image's id: its class.
fn class_of(id: &str) -> &str {
    id.split_once('/').map_or("", |(class, _)| class)
}

fn holds(list: &[String], name: &str) -> bool {
    list.iter().any(|item| item == name)
}

/// Adds the images and captions of one class.
fn read_class(layout: &Layout, class: &str, builder: &mut SetBuilder) -> Result<(), DataError> {
    let (images, captions) = (layout.images.join(class), layout.captions.join(class));
    let mut stems = HashSet::new();
    for name in image_names(&images).map_err(DataError::io(&images))? {
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem).to_owned();
        let file = captions.join(format!("{stem}.txt"));
        stems.insert(stem.clone());
        let size = match std::fs::metadata(&file) {
            Ok(metadata) => metadata.len(),
            Err(_) => {
                builder.skip(format!("image {class}/{name}"), "its caption file is not there");
                continue;
            }
        };
        if size > MAX_CAPTION_FILE {
            builder.skip(format!("image {class}/{name}"), format!("its caption file has {size} bytes"));
            continue;
        }
        let bytes = std::fs::read(&file).map_err(DataError::io(&file))?;
        let image = builder.image(format!("{class}/{name}"), ImageSource::File(images.join(&name)), "all")?;
        let lines = bytes.strip_suffix(b"\n").unwrap_or(&bytes).split(|&byte| byte == b'\n');
        for (line, text) in lines.enumerate() {
            let id = format!("{class}/{stem}#{line}");
            match std::str::from_utf8(text) {
                Ok(text) => builder.caption(id, text, image)?,
                Err(_) => builder.skip(format!("caption {id}"), "it is not UTF-8"),
            }
        }
    }
    let mut lonely = Vec::new();
    for entry in std::fs::read_dir(&captions).map_err(DataError::io(&captions))? {
        let path = entry.map_err(DataError::io(&captions))?.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "txt") && !stems.contains(&stem) {
            lonely.push(format!("captions {class}/{stem}.txt"));
        }
    }
    lonely.sort_unstable();
    for item in lonely {
        builder.skip(item, "the image file is not there");
    }
    Ok(())
}

/// Where the parts are.
struct Layout {
    images: PathBuf,
    captions: PathBuf,
    lists: PathBuf,
}

impl Layout {
    const LISTS: [&str; 3] = ["trainvalclasses.txt", "testclasses.txt", "seen_test_images.txt"];

    fn locate(root: &Path, options: &CubOptions) -> Result<Self, DataError> {
        let candidates = |given: &Option<PathBuf>, defaults: &[&str]| match given {
            Some(given) => vec![given.clone()],
            None => defaults.iter().map(PathBuf::from).collect::<Vec<_>>(),
        };
        let or =
            |names: &[PathBuf]| names.iter().map(|name| name.display().to_string()).collect::<Vec<_>>().join(" or ");
        let mut missing = Vec::new();
        let mut folder = |names: &[PathBuf]| {
            let found = names.iter().map(|name| root.join(name)).find(|path| path.is_dir());
            if found.is_none() {
                missing.push(format!("{} (folder)", or(names)));
            }
            found.unwrap_or_default()
        };
        let images = folder(&candidates(&options.images, &["images", "CUB_200_2011/images"]));
        let captions = folder(&candidates(&options.captions, &["text_c10", "cvpr2016_cub/text_c10"]));
        // The folder of the lists is the one that holds most of them.
        let lists = candidates(&options.lists, &["", "lists", "annotations/cub"]);
        let held = |folder: &PathBuf| Self::LISTS.iter().filter(|name| root.join(folder).join(name).is_file()).count();
        let lists =
            lists.iter().rev().max_by_key(|folder| held(folder)).map(|name| root.join(name)).unwrap_or_default();
        missing.extend(Self::LISTS.iter().filter(|name| !lists.join(name).is_file()).map(|&name| name.to_owned()));
        for fold in 1..=3 {
            let names = [format!("trainclasses{fold}.txt"), format!("valclasses{fold}.txt")];
            let absent: Vec<String> = names.into_iter().filter(|name| !lists.join(name).is_file()).collect();
            if absent.len() == 1 {
                missing.extend(absent); // half a fold
            }
        }
        match missing.is_empty() {
            true => Ok(Self { images, captions, lists }),
            false => Err(Self::missing(root, missing)),
        }
    }

    fn missing(root: &Path, missing: Vec<String>) -> DataError {
        DataError::Missing {
            root: root.to_path_buf(),
            layout: "CUB caption set",
            missing: first_few(missing, LISTED),
            help: "the images are CUB_200_2011.tgz of the page \"Caltech-UCSD Birds-200-2011\"; the captions are the folder \
                   text_c10 of the data of Reed et al. 2016, \"Learning Deep Representations of Fine-Grained Visual \
                   Descriptions\"; the lists are in datasets/annotations/cub of PCME's repository naver-ai/pcme"
                .into(),
        }
    }

    /// The lines of a list; none may occur twice.
    fn list(&self, name: &str) -> Result<Vec<String>, DataError> {
        let path = self.lists.join(name);
        let text = std::fs::read_to_string(&path).map_err(DataError::io(&path))?;
        let mut list: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        for (line, entry) in text.lines().map(str::trim).enumerate().filter(|(_, entry)| !entry.is_empty()) {
            if file_below(&path, entry).is_none() {
                return Err(self.contradiction(name, format!("line {}: `{entry}` leaves the folder", line + 1)));
            }
            if !known.insert(entry) {
                return Err(self.contradiction(name, format!("line {}: `{entry}` occurs twice", line + 1)));
            }
            list.push(entry.to_owned());
        }
        if list.is_empty() {
            return Err(self.contradiction(name, "the list is empty".into()));
        }
        Ok(list)
    }

    fn disjoint(&self, name: &str, list: &[String], other: &[String]) -> Result<(), DataError> {
        match list.iter().find(|class| holds(other, class)) {
            Some(class) => Err(self.contradiction(name, format!("class `{class}` is in training as well"))),
            None => Ok(()),
        }
    }

    fn contained(&self, name: &str, list: &[String], all: &[String]) -> Result<(), DataError> {
        match list.iter().find(|class| !holds(all, class)) {
            Some(class) => Err(self.contradiction(name, format!("class `{class}` is not in trainvalclasses.txt"))),
            None => Ok(()),
        }
    }

    fn contradiction(&self, name: &str, problem: String) -> DataError {
        let expected =
            "the lists of PCME: classes once each, test classes apart from training, folds within training".into();
        DataError::Format { path: self.lists.join(name), problem, expected }
    }

    /// Fails with every listed class that has no folder of images or of captions.
    fn require_classes(&self, root: &Path, classes: &[String]) -> Result<(), DataError> {
        let folders = [&self.images, &self.captions]
            .into_iter()
            .flat_map(|folder| classes.iter().map(|class| folder.join(class)));
        let missing: Vec<String> = folders
            .filter(|path| !path.is_dir())
            .map(|path| format!("{} (folder)", path.strip_prefix(root).unwrap_or(&path).display()))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Self::missing(root, missing)) }
    }

    /// Class folders that no list names.
    fn unlisted_classes(&self, classes: &[String]) -> Result<Vec<Skipped>, DataError> {
        let mut unlisted = Vec::new();
        for entry in std::fs::read_dir(&self.images).map_err(DataError::io(&self.images))? {
            let path = entry.map_err(DataError::io(&self.images))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && classes.binary_search(&name).is_err() {
                unlisted.push(Skipped { item: format!("class {name}"), reason: "it is in no class list".into() });
            }
        }
        unlisted.sort_unstable_by(|a, b| a.item.cmp(&b.item));
        Ok(unlisted)
    }
}
