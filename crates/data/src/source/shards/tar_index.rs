//! One pass over a tar shard: headers and texts are read, images are only located.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Component, Path};
use std::sync::Arc;

use super::ShardOptions;
use super::shard_index::{Sample, ShardIndex, captions_of};
use crate::caption::ImageSource;

const IMAGES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];

/// The end of an archive: two blocks of zeros.
const END: usize = 1024;

/// Indexes the shard `path`; whatever ends the pass early is reported, what came before it stays usable.
pub(super) fn index_tar(path: &Path, options: &ShardOptions) -> ShardIndex {
    let mut index = ShardIndex::default();
    let shard = path.display().to_string();
    if let Err(reason) = read_members(path, options, &mut index) {
        let samples = index.samples.len();
        index.skip(format!("shard {shard}"), format!("{reason}; {samples} samples before that are kept"));
    }
    index
}

fn read_members(path: &Path, options: &ShardOptions, index: &mut ShardIndex) -> Result<(), String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let whole = ends_with_zeros(&mut file, length).map_err(|error| error.to_string())?;
    let shard: Arc<Path> = Arc::from(path);
    let mut open = None; // the sample whose members are being read
    let mut archive = tar::Archive::new(BufReader::new(file));
    for entry in archive.entries_with_seek().map_err(|error| error.to_string())? {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                close(open.take(), path, options, index);
                return Err(format!("it is broken: {error}"));
            }
        };
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let item = format!("{} in {}", name, path.display());
        let (offset, size) = (entry.raw_file_position(), entry.size());
        if offset.checked_add(size).is_none_or(|end| end > length) {
            close(open.take(), path, options, index);
            return Err(format!("it was cut within `{name}`, at byte {length}"));
        }
        if !kind.is_file() {
            index.skip(item, "it is a link or device, not a file");
            continue;
        }
        let (key, extension) = match split_name(&name) {
            Ok(parts) => parts,
            Err(reason) => {
                index.skip(item, reason);
                continue;
            }
        };
        if open.as_ref().is_some_and(|open: &Open| open.key != key) {
            close(open.take(), path, options, index);
        }
        if open.is_none() && index.samples.len() >= options.max_samples {
            return Err(format!("it has more than {} samples", options.max_samples));
        }
        let sample = open.get_or_insert_with(|| Open { key, ..Open::default() });
        let is_image = IMAGES.contains(&extension.as_str());
        let slot_taken = match extension.as_str() {
            _ if is_image => sample.image.is_some(),
            "txt" => sample.text.is_some(),
            "json" => sample.json.is_some(),
            _ => continue, // labels, features and other things that a caption set has no use for
        };
        let limit = if is_image { options.max_image } else { options.max_text };
        if slot_taken {
            index.skip(item, "the sample has such a member already");
        } else if size > limit {
            index.skip(item, format!("it has {size} bytes, more than {limit}"));
        } else if is_image {
            sample.image = Some(ImageSource::Part { file: Arc::clone(&shard), offset, length: size });
        } else {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(|error| format!("`{name}`: {error}"))?;
            let slot = if extension == "txt" { &mut sample.text } else { &mut sample.json };
            *slot = Some(bytes);
        }
    }
    close(open.take(), path, options, index);
    match whole {
        true => Ok(()),
        false => Err("it has no end marker: it was cut, is still being written, or is no tar file".into()),
    }
}

/// The members of one key, as they come.
#[derive(Default)]
struct Open {
    key: String,
    image: Option<ImageSource>,
    text: Option<Vec<u8>>,
    json: Option<Vec<u8>>,
}

/// Turns the members of a key into a sample, or reports why they are none.
fn close(open: Option<Open>, path: &Path, options: &ShardOptions, index: &mut ShardIndex) {
    let Some(Open { key, image, text, json }) = open else { return };
    let item = format!("sample {key} in {}", path.display());
    let captions = match (text, json) {
        (None, None) => Err("it has no caption: no .txt and no .json member".to_owned()),
        (Some(text), _) => match String::from_utf8(text) {
            Err(_) => Err("its .txt member is not UTF-8".to_owned()),
            Ok(text) if options.caption_per_line => Ok(text.lines().map(str::to_owned).collect()),
            Ok(text) => Ok(vec![text]),
        },
        (None, Some(json)) => match serde_json::from_slice::<serde_json::Value>(&json) {
            Err(error) => Err(format!("its .json member cannot be read: {error}")),
            Ok(value) => value.get(&options.caption_column).and_then(captions_of).ok_or_else(|| {
                format!("its .json member has no `{}` that is a string or a list of strings", options.caption_column)
            }),
        },
    };
    match (image, captions) {
        (None, _) => index.skip(item, "it has no image"),
        (Some(_), Err(reason)) => index.skip(item, reason),
        (Some(_), Ok(captions)) if captions.iter().all(|caption| caption.trim().is_empty()) => {
            index.skip(item, "its caption is empty");
        }
        (Some(image), Ok(captions)) => index.samples.push(Sample { id: key, image, captions }),
    }
}

/// Key and extension of a member: its path up to the first dot of its file name, and what follows, in lower case.
fn split_name(name: &str) -> Result<(String, String), &'static str> {
    let stays = Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !stays {
        return Err("its name leaves the archive");
    }
    let name = name.strip_prefix("./").unwrap_or(name);
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(_, file)| (&name[..name.len() - file.len()], file));
    match file.split_once('.') {
        Some((stem, extension)) if !stem.is_empty() => Ok((format!("{folder}{stem}"), extension.to_lowercase())),
        _ => Err("its name has no key and extension"),
    }
}

/// Whether the file ends as a finished archive does; leaves it at its start.
fn ends_with_zeros(file: &mut File, length: u64) -> std::io::Result<bool> {
    let mut start = [0; 2];
    let mut tail = [1; END];
    if length < END as u64 {
        return match length {
            0 => Err(std::io::Error::other("it is empty")),
            _ => Err(std::io::Error::other(format!("it has {length} bytes, fewer than the smallest tar file"))),
        };
    }
    file.read_exact(&mut start)?;
    if start == [0x1f, 0x8b] {
        return Err(std::io::Error::other("it is compressed with gzip; unpack it, random access needs a plain tar"));
    }
    file.seek(SeekFrom::End(-(END as i64)))?;
    file.read_exact(&mut tail)?;
    file.rewind()?;
    // Zeros before a cut can pass for the end; blocks cannot be cut unseen.
    Ok(length.is_multiple_of(512) && tail.iter().all(|&byte| byte == 0))
}
