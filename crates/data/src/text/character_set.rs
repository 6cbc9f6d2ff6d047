//! The characters of an alphabet that a text decides.

use crate::DataError;
use serde::{Deserialize, Serialize};

/// Distinct characters in the order of their code points; a character's id is its place.
///
/// Stored as one string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CharacterSet(Vec<char>);

impl CharacterSet {
    /// The most characters there may be: ids are 16 bits.
    pub const MAX_SIZE: usize = 1 << 16;

    /// The distinct characters of `text`, which messages call `what`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if there is none, or more than [`MAX_SIZE`](Self::MAX_SIZE).
    pub fn of_text(what: &str, text: &str) -> Result<Self, DataError> {
        let mut seen = vec![false; char::MAX as usize + 1];
        let mut characters: Vec<char> =
            text.chars().filter(|&character| !std::mem::replace(&mut seen[character as usize], true)).collect();
        characters.sort_unstable();
        let invalid = |problem: String, help: &str| DataError::Invalid {
            what: format!("the alphabet of {what}"),
            problem,
            help: help.into(),
        };
        match characters.len() {
            0 => Err(invalid("there is no character".into(), "give a text that is not empty")),
            count if count > Self::MAX_SIZE => {
                Err(invalid(format!("{count} distinct characters"), "use the alphabet `bytes`"))
            }
            _ => Ok(Self(characters)),
        }
    }

    /// The characters by id.
    pub fn characters(&self) -> &[char] {
        &self.0
    }

    /// The id of `character`, `None` if it is not in the set.
    pub fn id(&self, character: char) -> Option<u16> {
        self.0.binary_search(&character).ok().map(|id| id as u16)
    }
}

impl From<CharacterSet> for String {
    fn from(set: CharacterSet) -> Self {
        set.0.into_iter().collect()
    }
}

impl TryFrom<String> for CharacterSet {
    type Error = DataError;

    /// Refuses characters out of order: sorting them would give a stored model other ids than it was trained with.
    fn try_from(characters: String) -> Result<Self, DataError> {
        let set = Self::of_text("a stored model", &characters)?;
        if set.0.iter().copied().eq(characters.chars()) {
            return Ok(set);
        }
        Err(DataError::Invalid {
            what: "a stored alphabet".into(),
            problem: "its characters are not distinct and in the order of their code points".into(),
            help: "restore the file as it was written".into(),
        })
    }
}
