//! Shards become a caption set.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::ShardOptions;
use super::shard_index::ShardIndex;
use super::tar_index::index_tar;
use crate::DataError;
use crate::source::Corpus;
use crate::source::set_builder::SetBuilder;

/// Indexes shards and gives their samples as a caption set; there is one split, `all`.
///
/// One pass reads ids, captions and where each image is; images stay in their files and are read when they are decoded, in
/// any order. A set of shards is therefore used as any other: the order of an epoch is the same function of seed and epoch, and
/// memory holds the captions alone. Shards are indexed in parallel and joined in the order of `paths`.
///
/// * `.tar` (WebDataset): consecutive members whose paths agree up to the first dot of the file name are one sample; its image is
///   the member `.jpg`, `.png`, `.webp` (also `.gif`, `.bmp`, `.tif`), its caption the `.txt` or, without one, a key of the `.json`.
///   The id is that common path. Plain tar only: a compressed one has no random access.
/// * `.parquet` (feature `parquet`): a column of encoded images and one of captions, see [`ShardOptions`].
/// * Reported in `skipped` and left out: a shard that is not there, of another kind, broken or cut (what comes before the cut is
///   kept); a sample without image or caption; a member that is too large or whose name leaves the archive; an id that occurs
///   again, in whichever shard. Images are looked into only when they are decoded.
///
/// # Errors
/// [`DataError::Format`] if no sample is left; the message holds the first reasons.
pub fn read_shards(paths: &[PathBuf], options: &ShardOptions) -> Result<Corpus, DataError> {
    let name = match paths {
        [] => PathBuf::from("no shards"),
        [one] => one.clone(),
        [first, ..] => first.parent().unwrap_or(first).to_path_buf(),
    };
    let indices: Vec<ShardIndex> = paths.par_iter().map(|path| index_shard(path, options)).collect();
    let mut builder = SetBuilder::new(&name);
    for (path, index) in paths.iter().zip(indices) {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        for skipped in index.skipped {
            builder.skip(skipped.item, skipped.reason);
        }
        for sample in index.samples {
            let id = if options.id_with_shard { format!("{stem}/{}", sample.id) } else { sample.id };
            if builder.find_image(&id).is_some() {
                let item = format!("sample {id} in {}", path.display());
                let reason = if options.id_with_shard {
                    "its id occurred before"
                } else {
                    "its id occurred before; `id_with_shard` tells shards apart"
                };
                builder.skip(item, reason);
                continue;
            }
            let image = builder.image(id.clone(), sample.image, "all")?;
            for (number, caption) in sample.captions.iter().enumerate() {
                builder.caption(format!("{id}#{number}"), caption, image)?;
            }
        }
    }
    builder.finish()
}

fn index_shard(path: &Path, options: &ShardOptions) -> ShardIndex {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut refused = ShardIndex::default();
    let mut refuse = |reason: &str| refused.skip(format!("shard {}", path.display()), reason);
    if !path.is_file() {
        refuse("the file is not there");
        return refused;
    }
    match extension.as_str() {
        "tar" => return index_tar(path, options),
        #[cfg(feature = "parquet")]
        "parquet" => return super::parquet_index::index_parquet(path, options),
        #[cfg(not(feature = "parquet"))]
        "parquet" => refuse("Parquet needs a build with the feature `parquet`"),
        _ => refuse("its name ends neither in .tar nor in .parquet"),
    }
    refused
}
