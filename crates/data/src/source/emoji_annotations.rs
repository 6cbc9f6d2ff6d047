//! Captions of emoji: CLDR names and keywords, emojilib keywords.

use super::archive::for_each_member;
use super::emoji_sequence::comparable;
use super::json::read_json;
use crate::DataError;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// For every emoji (U+FE0F dropped), its captions: the name first, then the keywords, each once.
pub(super) type Annotations = HashMap<String, Vec<String>>;

#[derive(Deserialize)]
struct CldrFile {
    #[serde(alias = "annotationsDerived")]
    annotations: CldrAnnotations,
}

#[derive(Deserialize)]
struct CldrAnnotations {
    annotations: BTreeMap<String, CldrEntry>,
}

#[derive(Deserialize)]
struct CldrEntry {
    #[serde(default)]
    default: Vec<String>,
    #[serde(default)]
    tts: Vec<String>,
}

/// The annotations of `language` in an archive of `<language>/annotations.json` and `<language>/annotations-derived.json`.
pub(super) fn read_cldr(archive: &Path, language: &str) -> Result<Annotations, DataError> {
    let mut languages = BTreeSet::new();
    let mut members = BTreeMap::new();
    for_each_member(
        archive,
        |name| name.ends_with(".json"),
        |name, bytes| {
            let mut parts = name.rsplit('/');
            let (file, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            languages.insert(folder.to_owned());
            if folder == language && matches!(file, "annotations.json" | "annotations-derived.json") {
                members.insert(file.to_owned(), bytes); // base sorts after derived
            }
            Ok(())
        },
    )?;
    if members.is_empty() {
        return Err(DataError::Invalid {
            what: format!("language `{language}`"),
            problem: format!("not in {}", archive.display()),
            help: format!("choose from {}", languages.into_iter().collect::<Vec<_>>().join(", ")),
        });
    }
    let mut annotations = Annotations::new();
    for (file, bytes) in members {
        let parsed: CldrFile = serde_json::from_slice(&bytes).map_err(|error| DataError::Format {
            path: archive.join(language).join(file),
            problem: error.to_string(),
            expected:
                "CLDR annotations: {\"annotations\": {\"annotations\": {emoji: {\"default\": [..], \"tts\": [..]}}}}"
                    .into(),
        })?;
        for (key, entry) in parsed.annotations.annotations {
            extend(annotations.entry(comparable(&key)).or_default(), entry.tts.into_iter().chain(entry.default));
        }
    }
    Ok(annotations)
}

/// The keywords of an emojilib file, underscores as spaces; the first is the name.
pub(super) fn read_emojilib(path: &Path) -> Result<Annotations, DataError> {
    let parsed: BTreeMap<String, Vec<String>> = read_json(path, "emojilib keywords: {emoji: [keyword, ..]}")?;
    let mut annotations = Annotations::new();
    for (key, keywords) in parsed {
        let spaced = keywords.into_iter().map(|keyword| keyword.replace('_', " "));
        extend(annotations.entry(comparable(&key)).or_default(), spaced);
    }
    Ok(annotations)
}

/// Appends what is not there yet; empty strings are no captions.
pub(super) fn extend(captions: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for text in more {
        let text = text.trim();
        if !text.is_empty() && !captions.iter().any(|known| known == text) {
            captions.push(text.to_owned());
        }
    }
}
