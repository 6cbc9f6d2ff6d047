//! Ranked lists of one direction.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::mapped::format_error;
use crate::DataError;

/// For each query id its gallery ids, best first. Every id's text is kept once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdLists {
    pub(super) path: PathBuf,
    pub(super) direction: &'static str,
    pub(super) queries: Vec<String>,
    pub(super) items: Vec<String>,
    pub(super) lists: Vec<Vec<u32>>,
}

impl IdLists {
    /// Number of queries.
    pub fn queries(&self) -> usize {
        self.queries.len()
    }

    /// The ids ranked for `query`, if it is there, best first.
    pub fn get(&self, query: &str) -> Option<Vec<&str>> {
        let index = self.queries.iter().position(|other| other == query)?;
        Some(self.lists[index].iter().map(|&item| self.items[item as usize].as_str()).collect())
    }

    /// The lists as gallery indices, in the order of `query_ids`; a query that is not there gets an empty list.
    ///
    /// # Errors
    /// [`DataError::Format`] if the file ranks an id that is not in `gallery_ids`, or for a query that is not in `query_ids`.
    pub fn indices(self, query_ids: &[String], gallery_ids: &[String]) -> Result<Vec<Vec<u32>>, DataError> {
        let index_of = |ids: &[String]| -> HashMap<String, u32> {
            ids.iter().enumerate().map(|(index, id)| (id.clone(), index as u32)).collect()
        };
        let (of_query, of_item) = (index_of(query_ids), index_of(gallery_ids));
        let look_up = |map: &HashMap<String, u32>, id: &str, what: &str| {
            let unknown = || unknown_id(&self.path, self.direction, what, id);
            map.get(id).copied().ok_or_else(unknown)
        };
        let item_index: Vec<u32> =
            self.items.iter().map(|id| look_up(&of_item, id, "a ranked id")).collect::<Result<_, _>>()?;
        let query_index: Vec<u32> =
            self.queries.iter().map(|id| look_up(&of_query, id, "a query id")).collect::<Result<_, _>>()?;
        let mut result = vec![Vec::new(); query_ids.len()];
        for (query, mut list) in query_index.into_iter().zip(self.lists) {
            list.iter_mut().for_each(|item| *item = item_index[*item as usize]);
            result[query as usize] = list;
        }
        Ok(result)
    }
}

fn unknown_id(path: &Path, direction: &str, what: &str, id: &str) -> DataError {
    format_error(
        path,
        format!("`{direction}`: {what} is `{id}`, which the ground truth does not know"),
        "ids of the test set",
    )
}
