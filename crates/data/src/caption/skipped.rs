//! What a reader left out, and why.

/// An item that was skipped and is reported, never silently dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The file, id or line.
    pub item: String,
    /// Why it could not be used.
    pub reason: String,
}
