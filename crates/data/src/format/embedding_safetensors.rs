//! Embeddings as a safetensors file.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use rayon::prelude::*;
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensors};

use super::ids::Id;
use super::mapped::{format_error, map};
use super::{EmbeddingFile, write_atomically};
use crate::DataError;

/// The parts of [`EmbeddingFile::new`], unchecked.
pub(super) type Parts = (Vec<String>, usize, Vec<f32>, Option<Vec<f32>>);

const EXPECTED: &str = "a safetensors file with F32 tensors `mean` and `log_var` of shape [N, D] and the metadata entry `ids`, \
                        a JSON array of N strings";

pub(super) fn read(path: &Path) -> Result<Parts, DataError> {
    let wrong = |problem: String| format_error(path, problem, EXPECTED);
    let bytes = map(path, EXPECTED)?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes)
        .map_err(|error| wrong(format!("the header does not fit the file: {error}")))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| wrong(error.to_string()))?;
    let ids = metadata.metadata().as_ref().and_then(|entries| entries.get("ids"));
    let ids = ids.ok_or_else(|| wrong("there is no metadata entry `ids`".into()))?;
    let ids: Vec<Id> = serde_json::from_str(ids).map_err(|error| wrong(format!("metadata entry `ids`: {error}")))?;
    let tensor = |name: &str| -> Result<(usize, Vec<f32>), DataError> {
        let tensor = file
            .tensor(name)
            .map_err(|_| wrong(format!("there is no tensor `{name}` among {}", file.names().join(", "))))?;
        let &[rows, dim] = tensor.shape() else {
            return Err(wrong(format!("tensor `{name}` has shape {:?}", tensor.shape())));
        };
        if tensor.dtype() != Dtype::F32 {
            return Err(wrong(format!("tensor `{name}` holds {:?}", tensor.dtype())));
        }
        if rows != ids.len() {
            return Err(wrong(format!("tensor `{name}` has {rows} rows for {} ids", ids.len())));
        }
        let values = tensor.data().as_chunks::<4>().0;
        Ok((dim, values.par_iter().map(|&value| f32::from_le_bytes(value)).collect()))
    };
    let (dim, mean) = tensor("mean")?;
    let log_var = if file.names().contains(&"log_var") {
        let (other, log_var) = tensor("log_var")?;
        if other != dim {
            return Err(wrong(format!("`mean` has dimension {dim}, `log_var` {other}")));
        }
        Some(log_var)
    } else {
        None
    };
    Ok((ids.into_iter().map(|id| id.0).collect(), dim, mean, log_var))
}

pub(super) fn write(path: &Path, file: &EmbeddingFile) -> Result<(), DataError> {
    let failed = |error: &dyn std::fmt::Display| {
        format_error(path, error, "embeddings that fit a safetensors header; use .parquet")
    };
    let shape = vec![file.ids().len(), file.dim()];
    let mut tensors = Vec::new();
    let mut end = 0;
    for (name, values) in [("mean", Some(file.mean())), ("log_var", file.log_var())] {
        let Some(values) = values else { continue };
        let start = end;
        end += size_of_val(values);
        tensors.push((
            name.to_owned(),
            TensorInfo { dtype: Dtype::F32, shape: shape.clone(), data_offsets: (start, end) },
        ));
    }
    let ids = serde_json::to_string(file.ids()).map_err(|error| failed(&error))?;
    let entries = HashMap::from([("ids".to_owned(), ids)]);
    let metadata = Metadata::new(Some(entries), tensors).map_err(|error| failed(&error))?;
    let mut header = serde_json::to_vec(&metadata).map_err(|error| failed(&error))?;
    // The format's readers refuse longer headers, and want the data aligned.
    const MAX_HEADER: usize = 100_000_000;
    header.resize(header.len().next_multiple_of(8), b' ');
    if header.len() > MAX_HEADER {
        return Err(failed(&format!("the ids of {} rows take {} bytes", file.ids().len(), header.len())));
    }
    write_atomically(path, |writer| {
        let mut put = |bytes: &[u8]| writer.write_all(bytes).map_err(DataError::io(path));
        put(&(header.len() as u64).to_le_bytes())?;
        put(&header)?;
        for values in [Some(file.mean()), file.log_var()].into_iter().flatten() {
            // In pieces: a second copy of all embeddings would double the memory.
            for piece in values.chunks(1 << 16) {
                let bytes: Vec<u8> = piece.iter().flat_map(|value| value.to_le_bytes()).collect();
                put(&bytes)?;
            }
        }
        Ok(())
    })
}
