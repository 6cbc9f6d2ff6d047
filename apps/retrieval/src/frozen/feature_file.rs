//! Features of one split on disk: a header that says what they depend on, then the numbers.
//!
//! ```text
//! 8 bytes   length of the header, little-endian
//! header    JSON: format, key, dim, the number of tokens of every item
//! numbers   f32, little-endian: the tokens of item 0, of item 1, ..
//! ```

use crate::clip::Features;
use anyhow::{Context, bail};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const FORMAT: &str = "halation-features 1";
/// No header of a sane set is longer.
const LONGEST_HEADER: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    key: String,
    dim: usize,
    lengths: Vec<usize>,
}

/// A file of features, read item by item: it may be larger than the memory.
#[derive(Debug)]
pub struct FeatureFile {
    file: Mutex<File>,
    dim: usize,
    lengths: Vec<usize>,
    /// Where each item begins, bytes.
    offsets: Vec<u64>,
}

impl FeatureFile {
    /// Opens a file if it holds the features of `key`, whole; `None` for any other content, or no file.
    pub fn open(path: &Path, key: &str) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut length = [0; 8];
        file.read_exact(&mut length).ok()?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_HEADER {
            return None;
        }
        let mut header = Vec::new();
        Read::by_ref(&mut file).take(length).read_to_end(&mut header).ok()?;
        let header: Header = serde_json::from_slice(&header).ok()?;
        if header.format != FORMAT || header.key != key || header.dim == 0 {
            return None;
        }
        let Header { dim, lengths, .. } = header;
        let mut at = 8 + length;
        let mut offsets = Vec::with_capacity(lengths.len());
        for &length in &lengths {
            offsets.push(at);
            at += 4 * (length * dim) as u64;
        }
        // A file that was cut short is no file.
        (file.metadata().ok()?.len() == at).then_some(Self { file: Mutex::new(file), dim, lengths, offsets })
    }

    /// Computes the features of `count` items, some at a time, and writes them; the file appears under its name only when it
    /// is complete.
    ///
    /// # Errors
    /// What `compute` returns; a file that cannot be written.
    pub fn write(
        path: &Path,
        key: &str,
        count: usize,
        chunk: usize,
        compute: impl FnMut(std::ops::Range<usize>) -> anyhow::Result<Features>,
    ) -> anyhow::Result<()> {
        // Names of this process's own: another run may compute the same features into the same folder.
        let beside = |kind: &str| path.with_extension(format!("{}.{kind}", std::process::id()));
        let scratch = [beside("numbers"), beside("part")];
        let written = Self::write_whole(path, &scratch, key, count, chunk, compute);
        for file in scratch {
            let _ = std::fs::remove_file(file);
        }
        written
    }

    fn write_whole(
        path: &Path,
        [numbers, scratch]: &[PathBuf; 2],
        key: &str,
        count: usize,
        chunk: usize,
        mut compute: impl FnMut(std::ops::Range<usize>) -> anyhow::Result<Features>,
    ) -> anyhow::Result<()> {
        let named = |path: &Path| path.display().to_string();
        let mut out = std::io::BufWriter::new(File::create(numbers).with_context(|| named(numbers))?);
        let (mut lengths, mut dim) = (Vec::with_capacity(count), 0);
        for start in (0..count).step_by(chunk) {
            let features = compute(start..(start + chunk).min(count))?;
            let [_, width, found] = features.tokens.dims();
            dim = found;
            let values = features.tokens.into_data_as::<f32>().try_into_vec::<f32>().expect("converted just before");
            for (item, &length) in features.lengths.iter().enumerate() {
                let row = &values[item * width * dim..][..length * dim];
                let bytes: Vec<u8> = row.iter().flat_map(|value| value.to_le_bytes()).collect();
                out.write_all(&bytes).with_context(|| named(numbers))?;
            }
            lengths.extend(features.lengths);
        }
        out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
        // The header knows all lengths, so it is written last, and the numbers are appended to it.
        let header = Header { format: FORMAT.into(), key: key.into(), dim, lengths };
        let header = serde_json::to_vec(&header)?;
        let mut whole = File::create(scratch).with_context(|| named(scratch))?;
        whole.write_all(&(header.len() as u64).to_le_bytes())?;
        whole.write_all(&header)?;
        std::io::copy(&mut File::open(numbers)?, &mut whole).with_context(|| named(scratch))?;
        whole.sync_all()?;
        std::fs::rename(scratch, path).with_context(|| named(path))
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Features of some items, padded with zeros.
    ///
    /// # Errors
    /// A file that can no longer be read.
    pub fn batch(&self, items: &[usize], device: &Device) -> anyhow::Result<Features> {
        let width = items.iter().map(|&item| self.lengths[item]).max().unwrap_or(0);
        let mut values = vec![0.0f32; items.len() * width * self.dim]; // [B, T, d]
        let mut bytes = Vec::new();
        let Ok(mut file) = self.file.lock() else { bail!("a thread that read features has failed") };
        for (row, &item) in items.iter().enumerate() {
            bytes.resize(4 * self.lengths[item] * self.dim, 0);
            file.seek(SeekFrom::Start(self.offsets[item]))?;
            file.read_exact(&mut bytes).context("reading cached features")?;
            let row = &mut values[row * width * self.dim..];
            for (value, bytes) in row.iter_mut().zip(bytes.chunks_exact(4)) {
                *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            }
        }
        let tokens = Tensor::from_data(TensorData::new(values, [items.len(), width, self.dim]), device);
        Ok(Features { tokens, lengths: items.iter().map(|&item| self.lengths[item]).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(device: &Device, lengths: &[usize]) -> Features {
        let width = *lengths.iter().max().unwrap();
        let values: Vec<f32> = (0..lengths.len() * width * 2).map(|value| value as f32).collect();
        let tokens = Tensor::from_data(TensorData::new(values, [lengths.len(), width, 2]), device);
        Features { tokens, lengths: lengths.to_vec() }
    }

    #[test]
    fn what_is_written_is_read_back_by_item_in_any_order_and_only_under_its_own_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("features.bin");
        let device = halation_train::device::select_device(None).unwrap();
        let lengths = [3, 1, 2, 2, 1];
        FeatureFile::write(&path, "key", 5, 2, |range| Ok(features(&device, &lengths[range]))).unwrap();
        let file = FeatureFile::open(&path, "key").unwrap();
        assert_eq!(file.len(), 5);
        let read = file.batch(&[4, 0], &device).unwrap();
        assert_eq!((read.tokens.dims(), read.lengths), ([2, 3, 2], vec![1, 3]));
        let values = read.tokens.into_data_as::<f32>().try_into_vec::<f32>().unwrap();
        assert_eq!(values, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert!(FeatureFile::open(&path, "another key").is_none());
        let whole = std::fs::read(&path).unwrap();
        for cut in [0, 4, 8, 40, whole.len() - 1] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(FeatureFile::open(&path, "key").is_none(), "{cut} of {} bytes", whole.len());
        }
    }
}
