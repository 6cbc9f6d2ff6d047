//! Ranked id lists in JSON, both directions.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use halation_core::metric::TwoWay;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::IdLists;
use super::ids::Id;
use super::mapped::format_error;
use crate::DataError;

const EXPECTED: &str =
    r#"{"i2t": {"<image id>": [caption ids, best first], ..}, "t2i": {"<caption id>": [image ids, best first], ..}}"#;

/// What a retrieval system answered: `{"i2t": {"<image id>": [caption ids, best first]}, "t2i": {..}}`.
///
/// Ids are strings or integers. Reading is one pass and keeps four bytes per ranked id, so that full rankings fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankedLists {
    /// The lists of both directions.
    pub lists: TwoWay<IdLists>,
}

impl RankedLists {
    /// Reads a JSON file.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] with line and column if the file is not as shown above, lacks a direction, or
    /// names a query twice or an id twice for one query.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(DataError::io(path))?;
        let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, file));
        let read = json.deserialize_map(Both { path: path.to_path_buf() }).and_then(|both| json.end().map(|()| both));
        read.map_err(|error| match error.io_error_kind() {
            Some(kind) => DataError::Io { path: path.to_path_buf(), source: kind.into() },
            None => format_error(path, error, EXPECTED),
        })
    }
}

/// Reads the outer object.
struct Both {
    path: PathBuf,
}

impl<'de> Visitor<'de> for Both {
    type Value = RankedLists;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the keys `i2t` and `t2i`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RankedLists, A::Error> {
        let (mut i2t, mut t2i) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            let (slot, direction) = match key.as_str() {
                "i2t" => (&mut i2t, "i2t"),
                "t2i" => (&mut t2i, "t2i"),
                other => return Err(A::Error::unknown_field(other, &["i2t", "t2i"])),
            };
            let lists = map.next_value_seed(OneDirection { path: self.path.clone(), direction })?;
            if slot.replace(lists).is_some() {
                return Err(A::Error::duplicate_field(direction));
            }
        }
        let i2t = i2t.ok_or_else(|| A::Error::missing_field("i2t"))?;
        let t2i = t2i.ok_or_else(|| A::Error::missing_field("t2i"))?;
        Ok(RankedLists { lists: TwoWay { i2t, t2i } })
    }
}

/// Reads `{"<query>": [ids]}`.
struct OneDirection {
    path: PathBuf,
    direction: &'static str,
}

impl<'de> DeserializeSeed<'de> for OneDirection {
    type Value = IdLists;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<IdLists, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneDirection {
    type Value = IdLists;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object of ranked lists by query id in `{}`", self.direction)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IdLists, A::Error> {
        let (mut queries, mut lists, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        let mut index_of = HashMap::new();
        while let Some(query) = map.next_key::<String>()? {
            if !seen.insert(query.clone()) {
                return Err(A::Error::custom(format!("`{}` ranks for query `{query}` twice", self.direction)));
            }
            lists.push(map.next_value_seed(OneList { index_of: &mut index_of, query: &query })?);
            queries.push(query);
        }
        let mut items = vec![String::new(); index_of.len()];
        for (id, index) in index_of {
            items[index as usize] = id;
        }
        Ok(IdLists { path: self.path, direction: self.direction, queries, items, lists })
    }
}

/// Reads one list, numbering ids as they first appear.
struct OneList<'a> {
    index_of: &'a mut HashMap<String, u32>,
    query: &'a str,
}

impl<'de> DeserializeSeed<'de> for OneList<'_> {
    type Value = Vec<u32>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u32>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for OneList<'_> {
    type Value = Vec<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list of ids ranked for query `{}`", self.query)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u32>, A::Error> {
        let mut list = Vec::new();
        let mut seen = HashSet::new();
        while let Some(Id(id)) = seq.next_element()? {
            let next = self.index_of.len() as u32;
            let index = match self.index_of.get(&id) {
                Some(&index) => index,
                None => {
                    self.index_of.insert(id.clone(), next);
                    next
                }
            };
            if !seen.insert(index) {
                return Err(A::Error::custom(format!("query `{}` ranks id `{id}` twice", self.query)));
            }
            list.push(index);
        }
        Ok(list)
    }
}
