//! Lists of ids: what the rows and columns of a matrix are.

use std::collections::HashMap;
use std::path::Path;

use super::mapped::{format_error, map};
use super::npy::Npy;
use crate::DataError;

/// Reads a list of ids, which must all differ; numbers become their decimal text.
///
/// * `.txt`: one id per line; spaces around it are not part of it.
/// * `.json`: one array of strings or integers.
/// * `.npy`: a one-dimensional array of integers.
///
/// # Errors
/// [`DataError::Io`], or [`DataError::Format`] with the line or position.
pub fn read_ids(path: &Path) -> Result<Vec<String>, DataError> {
    const EXPECTED: &str =
        "ids: .txt (one per line), .json (an array of strings or integers) or .npy (an array of integers)";
    let bytes = map(path, EXPECTED)?;
    let ids: Vec<String> = match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "txt" => {
            let text = std::str::from_utf8(&bytes).map_err(|error| format_error(path, error, "UTF-8 text"))?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            text.trim_end().lines().map(|line| line.trim().to_owned()).collect()
        }
        "json" => {
            let ids: Vec<Id> = serde_json::from_slice(&bytes).map_err(|error| format_error(path, error, EXPECTED))?;
            ids.into_iter().map(|id| id.0).collect()
        }
        "npy" => Npy::parse(path, &bytes)?.integers(path)?.iter().map(i64::to_string).collect(),
        other => return Err(format_error(path, format!("the extension is `{other}`"), EXPECTED)),
    };
    if let Some(index) = ids.iter().position(String::is_empty) {
        return Err(format_error(path, format!("id {} is empty", index + 1), "an id on every line"));
    }
    check_unique(path, &ids)?;
    Ok(ids)
}

/// Fails if an id occurs twice.
pub(super) fn check_unique(path: &Path, ids: &[String]) -> Result<(), DataError> {
    let mut first = HashMap::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        if let Some(earlier) = first.insert(id.as_str(), index) {
            let problem = format!("id `{id}` is number {} and number {}", earlier + 1, index + 1);
            return Err(format_error(path, problem, "every id once"));
        }
    }
    Ok(())
}

/// An id in JSON: a string or an integer.
pub(super) struct Id(pub String);

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Id;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an id: a string or an integer")
            }
            fn visit_u64<E>(self, value: u64) -> Result<Id, E> {
                Ok(Id(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Id, E> {
                Ok(Id(value.to_string()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Id, E> {
                Ok(Id(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
