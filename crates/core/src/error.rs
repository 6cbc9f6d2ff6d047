//! The error type of this crate.

/// What a user can get wrong in an argument of this crate: what, what was found, what was expected, and the way out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CoreError {
    /// An argument has a value that makes no sense.
    #[error("{argument} = {found}: expected {expected}")]
    Argument {
        /// The argument or configuration key.
        argument: &'static str,
        /// Its value, or a description of it.
        found: String,
        /// What would have been right.
        expected: String,
    },
    /// A name that is looked up in a closed list is not in it.
    #[error("unknown {kind} `{name}`; known are: {}", known.join(", "))]
    UnknownName {
        /// What the name should have named.
        kind: &'static str,
        /// The name as given.
        name: String,
        /// Every name there is.
        known: Vec<&'static str>,
    },
}

impl CoreError {
    /// An [`Argument`](Self::Argument) error.
    pub(crate) fn argument(argument: &'static str, found: impl ToString, expected: impl ToString) -> Self {
        Self::Argument { argument, found: found.to_string(), expected: expected.to_string() }
    }
}
