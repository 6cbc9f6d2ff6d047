//! Burnpack bytes that depend on their content alone.

use std::collections::HashMap;

use burn::tensor::Bytes;
use burn_pack::{Error, Reader, Tensor, Writer};

use super::stable_id;

/// Rewrites the bytes of a `ModuleRecord` with identities made from paths.
///
/// Parameters that share an identity (tied weights) keep sharing one. Running statistics need this: Burn lets a mapper
/// change their values but not their random identities.
pub(super) fn canonical_model(bytes: Bytes) -> Result<Vec<u8>, Error> {
    let reader = Reader::from_bytes(bytes)?;
    let mut first_path: HashMap<u64, u64> = HashMap::new();
    let mut tensors = Vec::new();
    for tensor in reader.into_tensors()? {
        let (name, dtype, shape, id, bytes) = tensor.into_parts()?;
        let id = id.map(|id| *first_path.entry(id).or_insert_with(|| stable_id(&name)));
        tensors.push(Tensor::new(name, dtype, shape, id, bytes));
    }
    Ok(Writer::new(tensors).into_bytes()?.to_vec())
}

/// Rewrites the bytes of an `OptimizerRecord` with its tensors sorted by name.
pub(super) fn canonical_optimizer(bytes: Bytes) -> Result<Vec<u8>, Error> {
    let reader = Reader::from_bytes(bytes)?;
    let scalars = reader.scalars().clone();
    let metadata = reader.metadata().clone();
    let mut parts = Vec::new();
    for tensor in reader.into_tensors()? {
        parts.push(tensor.into_parts()?);
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    let tensors = parts.into_iter().map(|(name, dtype, shape, id, bytes)| Tensor::new(name, dtype, shape, id, bytes));
    let mut writer = Writer::new(tensors.collect());
    for (key, value) in &scalars {
        writer = writer.with_scalar(key, *value);
    }
    for (key, value) in &metadata {
        writer = writer.with_metadata(key, value);
    }
    Ok(writer.into_bytes()?.to_vec())
}
