//! Which checkpoint of a run to load.

/// The last checkpoint, or the one with the best value of the metric that the run was told to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// The last one saved.
    #[default]
    Last,
    /// The best one by the watched metric.
    Best,
}
