//! The published ground truths of COCO caption retrieval: COCO 5K, Crisscrossed Captions and ECCV Caption.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use halation_core::metric::{CaptionTruth, Folds, MetricError, Relevance, TwoWay};

use super::mapped::format_error;
use super::npy::Npy;
use crate::DataError;

/// The positives of every query, by id.
type Positives = BTreeMap<u64, Vec<u64>>;

/// The members of the folder: the test list, then image-to-caption and caption-to-image of the three ground truths.
const MEMBERS: [&str; 7] = [
    "coco_test_ids.npy",
    "original_image_to_caption.json",
    "original_caption_to_image.json",
    "cxc_image_to_caption.json",
    "cxc_caption_to_image.json",
    "eccv_image_to_caption.json",
    "eccv_caption_to_image.json",
];

/// No member comes near this; a larger one is not what its name says.
const MAX_MEMBER: u64 = 64 << 20;

/// Number of folds of COCO 1K.
const FOLDS: usize = 5;

/// The ground truths of the `eccv_caption` package (Chun et al., 2022), by id, and the order of the test list.
#[derive(Debug, Clone)]
pub struct CaptionGroundTruth {
    root: PathBuf,
    image_ids: Vec<u64>,
    caption_ids: Vec<u64>,
    coco: TwoWay<Positives>,
    cxc: TwoWay<Positives>,
    eccv: TwoWay<Positives>,
}

impl CaptionGroundTruth {
    /// Reads `root`, the package's `data` folder or a `.tar.gz` of it.
    ///
    /// # Errors
    /// [`DataError::Io`], [`DataError::Missing`] with every file that is not there (all seven if `root` itself is not),
    /// [`DataError::Format`].
    pub fn read(root: &Path) -> Result<Self, DataError> {
        let mut members = match root.try_exists().map_err(DataError::io(root))? {
            true if root.is_dir() => read_folder(root)?,
            true => read_archive(root)?,
            false => HashMap::new(),
        };
        let missing: Vec<String> =
            MEMBERS.iter().filter(|&&name| !members.contains_key(name)).map(|&name| name.into()).collect();
        if !missing.is_empty() {
            return Err(DataError::Missing {
                root: root.to_path_buf(),
                layout: "caption ground truth",
                missing,
                help: "take the folder `eccv_caption/data` of the Python package eccv_caption (ECCV Caption, Chun et al. 2022; \
                       it holds the Crisscrossed Captions ground truth too), or a .tar.gz of it"
                    .into(),
            });
        }
        let mut take = |name: &str| (root.join(name), members.remove(name).unwrap_or_default());
        let (path, bytes) = take(MEMBERS[0]);
        let caption_ids: Vec<u64> =
            Npy::parse(&path, &bytes)?.integers(&path)?.into_iter().map(|id| id as u64).collect();
        let mut positives = |name: &str| {
            let (path, bytes) = take(name);
            serde_json::from_slice::<Positives>(&bytes)
                .map_err(|error| format_error(&path, error, "an object that maps ids to lists of ids"))
        };
        let coco = TwoWay { i2t: positives(MEMBERS[1])?, t2i: positives(MEMBERS[2])? };
        let cxc = TwoWay { i2t: positives(MEMBERS[3])?, t2i: positives(MEMBERS[4])? };
        let eccv = TwoWay { i2t: positives(MEMBERS[5])?, t2i: positives(MEMBERS[6])? };
        let image_ids = images_in_order(&root.join(MEMBERS[0]), &caption_ids, &coco.t2i)?;
        Ok(Self { root: root.to_path_buf(), image_ids, caption_ids, coco, cxc, eccv })
    }

    /// The images in the order of the test list: what the rows of a score matrix without ids are taken to be.
    pub fn image_ids(&self) -> Vec<String> {
        self.image_ids.iter().map(u64::to_string).collect()
    }

    /// The captions in the order of the test list: what the columns of a score matrix without ids are taken to be.
    pub fn caption_ids(&self) -> Vec<String> {
        self.caption_ids.iter().map(u64::to_string).collect()
    }

    /// Whether `image` and `caption` are a positive pair in any of the ground truths, in either direction.
    pub fn is_positive_anywhere(&self, image: u64, caption: u64) -> bool {
        let holds = |positives: &Positives, query: &u64, item: &u64| {
            positives.get(query).is_some_and(|list| list.contains(item))
        };
        [&self.coco, &self.cxc, &self.eccv]
            .iter()
            .any(|truth| holds(&truth.i2t, &image, &caption) || holds(&truth.t2i, &caption, &image))
    }

    /// The ground truths over the positions of ids in `image_ids` and `caption_ids`.
    ///
    /// The gallery must be the whole test set, in any order: leaving items out or adding some would change every figure. Positives
    /// outside the test set (ECCV Caption has two) count as absent.
    ///
    /// # Errors
    /// [`DataError::Invalid`] with the number of ids that are missing, unknown or repeated, and the first of each.
    pub fn truth(&self, image_ids: &[String], caption_ids: &[String]) -> Result<CaptionTruth, DataError> {
        let image = self.positions("image", image_ids, &self.image_ids)?;
        let caption = self.positions("caption", caption_ids, &self.caption_ids)?;
        let both = |truth: &TwoWay<Positives>| -> Result<TwoWay<Relevance>, DataError> {
            Ok(TwoWay {
                i2t: relevance(&truth.i2t, &image, &caption).map_err(|error| self.inconsistent(&error))?,
                t2i: relevance(&truth.t2i, &caption, &image).map_err(|error| self.inconsistent(&error))?,
            })
        };
        Ok(CaptionTruth {
            coco: both(&self.coco)?,
            cxc: both(&self.cxc)?,
            eccv: both(&self.eccv)?,
            folds: self.folds(&image, &caption).map_err(|error| self.inconsistent(&error))?,
        })
    }

    /// Five consecutive folds of the test list; a fold's images are those of its captions.
    fn folds(&self, image: &HashMap<u64, usize>, caption: &HashMap<u64, usize>) -> Result<TwoWay<Folds>, MetricError> {
        let mut image_fold = vec![0; self.image_ids.len()];
        let mut caption_fold = vec![0; self.caption_ids.len()];
        for (index, id) in self.image_ids.iter().enumerate() {
            image_fold[image[id]] = index * FOLDS / self.image_ids.len();
        }
        for (index, id) in self.caption_ids.iter().enumerate() {
            caption_fold[caption[id]] = index * FOLDS / self.caption_ids.len();
        }
        Ok(TwoWay { i2t: Folds::new(&image_fold, &caption_fold)?, t2i: Folds::new(&caption_fold, &image_fold)? })
    }

    /// Where each id of the test set is in `given`.
    fn positions(&self, what: &str, given: &[String], expected: &[u64]) -> Result<HashMap<u64, usize>, DataError> {
        let known: HashMap<String, u64> = expected.iter().map(|&id| (id.to_string(), id)).collect();
        let mut positions = HashMap::with_capacity(expected.len());
        let (mut unknown, mut repeated) = (Vec::new(), Vec::new());
        for (index, id) in given.iter().enumerate() {
            match known.get(id) {
                None => unknown.push(id.as_str()),
                Some(&known) => {
                    if positions.insert(known, index).is_some() {
                        repeated.push(id.as_str());
                    }
                }
            }
        }
        let missing: Vec<String> =
            expected.iter().filter(|id| !positions.contains_key(id)).map(u64::to_string).collect();
        let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
        let problems: Vec<String> = [("missing", missing), ("not in the test set", unknown), ("repeated", repeated)]
            .iter()
            .filter_map(|(kind, ids)| Some(format!("{} {kind}, the first is `{}`", ids.len(), ids.first()?)))
            .collect();
        if problems.is_empty() {
            return Ok(positions);
        }
        Err(DataError::Invalid {
            what: format!("{what} ids"),
            problem: problems.join("; "),
            help: format!("give exactly the {} {what}s of the COCO 5K test list, in any order", expected.len()),
        })
    }

    fn inconsistent(&self, error: &MetricError) -> DataError {
        format_error(&self.root, error, "a consistent ground truth")
    }
}

/// The images of the captions in order of first appearance; each must come as one run.
fn images_in_order(path: &Path, captions: &[u64], image_of: &Positives) -> Result<Vec<u64>, DataError> {
    let mut images = Vec::new();
    for caption in captions {
        let Some([image]) = image_of.get(caption).map(Vec::as_slice) else {
            return Err(format_error(
                path,
                format!("caption {caption} has no single image"),
                "captions of the ground truth",
            ));
        };
        if images.last() != Some(image) {
            images.push(*image);
        }
    }
    let mut distinct = images.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() != images.len() || images.len() < FOLDS {
        return Err(format_error(
            path,
            "the captions of an image do not stand together",
            "the test list, image by image",
        ));
    }
    Ok(images)
}

/// One direction over positions; ids outside the gallery count as absent.
fn relevance(
    positives: &Positives,
    query_position: &HashMap<u64, usize>,
    gallery_position: &HashMap<u64, usize>,
) -> Result<Relevance, MetricError> {
    let mut lists = vec![Vec::new(); query_position.len()];
    let mut absent = Vec::new();
    for (query, items) in positives {
        let Some(&query) = query_position.get(query) else { continue };
        let mut distinct = items.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let found: Vec<usize> = distinct.iter().filter_map(|item| gallery_position.get(item).copied()).collect();
        absent.push((query, (distinct.len() - found.len()) as u32));
        lists[query] = found;
    }
    let relevance = Relevance::from_lists(gallery_position.len(), &lists)?;
    Ok(absent.into_iter().fold(relevance, |relevance, (query, count)| relevance.with_absent(query, count)))
}

fn read_folder(root: &Path) -> Result<HashMap<String, Vec<u8>>, DataError> {
    let mut members = HashMap::new();
    for name in MEMBERS {
        let path = root.join(name);
        if path.exists() {
            members.insert(name.to_owned(), std::fs::read(&path).map_err(DataError::io(&path))?);
        }
    }
    Ok(members)
}

fn read_archive(root: &Path) -> Result<HashMap<String, Vec<u8>>, DataError> {
    let broken = |error: std::io::Error| format_error(root, error, "a folder, or a whole .tar.gz of it");
    let file = File::open(root).map_err(DataError::io(root))?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut members = HashMap::new();
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if !entry.header().entry_type().is_file() || !MEMBERS.contains(&name.as_str()) {
            continue;
        }
        if entry.size() > MAX_MEMBER {
            return Err(broken(std::io::Error::other(format!("{name} has {} bytes", entry.size()))));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(broken)?;
        members.insert(name, bytes);
    }
    Ok(members)
}
