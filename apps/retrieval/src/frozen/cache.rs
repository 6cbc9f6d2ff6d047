//! Features of all items of a data set, computed once.

use super::{FeatureFile, FrozenTowers};
use crate::dataset::Dataset;
use anyhow::Context;
use halation_train::run::sha256_bytes;
use std::path::Path;
use std::time::Instant;

/// Items that go through the towers at a time.
const CHUNK: usize = 32;

/// Features of a split.
#[derive(Debug)]
pub struct SplitFeatures {
    /// Of its images.
    pub images: FeatureFile,
    /// Of its captions.
    pub captions: FeatureFile,
}

/// Gives every split its features: those that lie in `folder` under the key of these towers and this data, others computed
/// and written there if `compute` says so. A split without features is embedded through the towers.
///
/// # Errors
/// A folder that cannot be written, a caption longer than the context where the recipe refuses those.
pub fn attach(
    dataset: &mut Dataset,
    towers: &FrozenTowers,
    folder: &Path,
    compute: bool,
    quiet: bool,
) -> anyhow::Result<()> {
    if compute {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let data = dataset.sha256.clone();
    for (name, split) in dataset.splits_mut() {
        let (images, captions) = (split.pixels.len(), split.set.captions.len());
        let side = |side: &str, count: usize, features: &dyn Fn(&[usize]) -> anyhow::Result<crate::clip::Features>| {
            let key = sha256_bytes(format!("{} {data} {name} {side}", towers.digest()).as_bytes());
            let path = folder.join(format!("{name}-{side}-{}.features", &key[..16]));
            if let Some(found) = FeatureFile::open(&path, &key).filter(|found| found.len() == count) {
                return Ok(Some(found));
            }
            if !compute {
                return Ok(None);
            }
            let (start, mut shown) = (Instant::now(), 0);
            FeatureFile::write(&path, &key, count, CHUNK, |range| {
                let end = range.end;
                let found = features(&range.collect::<Vec<_>>())?;
                if !quiet && (10 * end / count > shown || end == count) {
                    shown = 10 * end / count;
                    eprintln!("features of {name} {side}: {end} of {count}, {:.0} s", start.elapsed().as_secs_f64());
                }
                Ok(found)
            })?;
            FeatureFile::open(&path, &key).with_context(|| format!("{} was written just now", path.display())).map(Some)
        };
        let images = side("images", images, &|items| towers.split_images(split, items))?;
        let captions = side("captions", captions, &|items| towers.split_captions(split, items))?;
        split.features = images.zip(captions).map(|(images, captions)| SplitFeatures { images, captions });
    }
    Ok(())
}
