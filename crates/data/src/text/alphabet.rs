//! Characters or bytes as classes `0..K`, for models of text as a sequence of symbols.
//!
//! What does *not* live here: words and their vocabulary (see [`Vocabulary`](super::Vocabulary)), reading of files.

use super::{AlphabetKind, CharacterSet};
use crate::DataError;
use serde::{Deserialize, Serialize};

/// The symbols of a text, in the order of their ids.
///
/// Stored as `"text8"`, `"bytes"` or `{"custom": "characters"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alphabet {
    /// The 27 symbols of text8: space is 0, a to z are 1 to 26.
    ///
    /// The order is that of the sorted characters. Some published checkpoints have a to z at 0 to 25 and the space at
    /// 26; ids of the two must never meet.
    Text8,
    /// The 256 byte values, each its own id; any file is valid.
    Bytes,
    /// Given characters, sorted by code point and distinct.
    Custom(CharacterSet),
}

/// What is outside an alphabet is listed up to this many.
const LISTED: usize = 10;

impl Alphabet {
    /// The distinct characters of `text`, which messages call `what`, sorted by code point.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if the text is not UTF-8 (with the offset); else as [`CharacterSet::of_text`].
    pub fn distinct(what: &str, text: &[u8]) -> Result<Self, DataError> {
        CharacterSet::of_text(what, utf8(what, text)?).map(Self::Custom)
    }

    /// Number of symbols, K.
    pub fn size(&self) -> usize {
        match self {
            Self::Text8 => 27,
            Self::Bytes => 256,
            Self::Custom(set) => set.characters().len(),
        }
    }

    /// Which kind of alphabet this is.
    pub fn kind(&self) -> AlphabetKind {
        match self {
            Self::Text8 => AlphabetKind::Text8,
            Self::Bytes => AlphabetKind::Bytes,
            Self::Custom(_) => AlphabetKind::Custom,
        }
    }

    /// The ids of `text`, which messages call `what`; one per character, or per byte for [`Bytes`](Self::Bytes).
    ///
    /// # Errors
    /// [`DataError::Invalid`] if a character is outside the alphabet, with the byte offsets of the first ten, how many
    /// there are, and the way out; or if the text is not UTF-8, with the offset, unless the alphabet is that of bytes.
    pub fn encode(&self, what: &str, text: &[u8]) -> Result<Vec<u16>, DataError> {
        match self {
            Self::Bytes => return Ok(text.iter().map(|&byte| u16::from(byte)).collect()),
            // What is in order needs no look at characters.
            Self::Text8 if text.iter().all(|&byte| byte == b' ' || byte.is_ascii_lowercase()) => {
                return Ok(text
                    .iter()
                    .map(|&byte| if byte == b' ' { 0 } else { u16::from(byte - b'a') + 1 })
                    .collect());
            }
            Self::Text8 | Self::Custom(_) => {}
        }
        let text = utf8(what, text)?;
        let mut ids = Vec::with_capacity(text.len());
        let mut outside = Vec::new();
        let mut count = 0;
        for (offset, character) in text.char_indices() {
            match self.id(character) {
                Some(id) => ids.push(id),
                None => {
                    count += 1;
                    if outside.len() < LISTED {
                        outside.push(format!("{character:?} at byte {offset}"));
                    }
                }
            }
        }
        if count == 0 { Ok(ids) } else { Err(self.outside(what, &outside, count)) }
    }

    /// The bytes that `ids` stand for, UTF-8 unless the alphabet is that of bytes.
    ///
    /// # Errors
    /// [`DataError::Invalid`] for the first id that is not below K, with its position.
    pub fn decode(&self, ids: &[u16]) -> Result<Vec<u8>, DataError> {
        if let Some(position) = ids.iter().position(|&id| usize::from(id) >= self.size()) {
            return Err(DataError::Invalid {
                what: format!("symbol {position}"),
                problem: format!("its id is {}", ids[position]),
                help: format!("give ids below {}, the size of the alphabet", self.size()),
            });
        }
        Ok(match self {
            Self::Text8 => ids.iter().map(|&id| if id == 0 { b' ' } else { b'a' + id as u8 - 1 }).collect(),
            Self::Bytes => ids.iter().map(|&id| id as u8).collect(),
            Self::Custom(set) => {
                ids.iter().map(|&id| set.characters()[usize::from(id)]).collect::<String>().into_bytes()
            }
        })
    }

    /// [`decode`](Self::decode) for people's eyes: bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn show(&self, ids: &[u16]) -> Result<String, DataError> {
        Ok(String::from_utf8_lossy(&self.decode(ids)?).into_owned())
    }

    /// The id of `character`, `None` outside the alphabet; of bytes, those of the characters U+0000 to U+00FF.
    fn id(&self, character: char) -> Option<u16> {
        match self {
            Self::Text8 => match character {
                ' ' => Some(0),
                'a'..='z' => Some(character as u16 - u16::from(b'a') + 1),
                _ => None,
            },
            Self::Bytes => u8::try_from(character).ok().map(u16::from),
            Self::Custom(set) => set.id(character),
        }
    }

    fn outside(&self, what: &str, first: &[String], count: usize) -> DataError {
        let (name, help) = match self {
            Self::Text8 => (
                "space and a to z",
                "filter the text first (`letters` for any text, `wikipedia` for a dump), or use the alphabet `bytes` or \
                 `custom`",
            ),
            _ => ("the alphabet", "use the alphabet of this text or that of bytes, or take these characters out"),
        };
        let more = if count > first.len() { format!(" and {} more", count - first.len()) } else { String::new() };
        let plural = if count == 1 { "character is" } else { "characters are" };
        DataError::Invalid {
            what: what.to_owned(),
            problem: format!("{count} {plural} outside {name}: {}{more}", first.join(", ")),
            help: help.into(),
        }
    }
}

/// `bytes` as text.
fn utf8<'a>(what: &str, bytes: &'a [u8]) -> Result<&'a str, DataError> {
    std::str::from_utf8(bytes).map_err(|error| DataError::Invalid {
        what: what.to_owned(),
        problem: format!(
            "it is not UTF-8 from byte {} (0x{:02x})",
            error.valid_up_to(),
            bytes.get(error.valid_up_to()).copied().unwrap_or_default()
        ),
        help: "use the alphabet `bytes`, or convert the file to UTF-8".into(),
    })
}
