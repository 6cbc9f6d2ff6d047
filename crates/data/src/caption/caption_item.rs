//! One caption of a caption set.

/// A caption with the identity it keeps through every file this workspace writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptionItem {
    /// Unique within the set.
    pub id: String,
    /// The caption as published, untokenised.
    pub text: String,
}
