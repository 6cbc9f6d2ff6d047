//! What is done to a text before it becomes symbols.

use serde::{Deserialize, Serialize};

/// A filter by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextFilter {
    /// Nothing: the text as it is.
    #[default]
    None,
    /// Letters and single spaces, digits spelt: [`letters_only`](super::letters_only), for any text.
    Letters,
    /// The rule of text8 for a Wikipedia XML dump: [`filter_text8`](super::filter_text8).
    Wikipedia,
}
