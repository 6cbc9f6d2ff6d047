//! A sequence with wrong symbols, and what it was.

/// What [`substitute`](super::substitute) makes: the truth is kept, so that a correction can be marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substituted {
    /// The sequence with wrong symbols, `[L]`.
    pub observed: Vec<u16>,
    /// The sequence as it was, `[L]`.
    pub truth: Vec<u16>,
    /// Where the two differ, ascending.
    pub places: Vec<usize>,
}
