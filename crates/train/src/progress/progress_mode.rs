//! How much to show.

/// What training shows while it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProgressMode {
    /// Burn's terminal view when stdout and stderr are a terminal, plain lines elsewhere.
    #[default]
    Auto,
    /// A line on stderr every few seconds.
    Plain,
    /// Nothing.
    Quiet,
}
