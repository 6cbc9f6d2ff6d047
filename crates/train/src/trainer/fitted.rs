//! What training returns.

use super::Outcome;
use crate::run::Position;

/// The trained model and where training stands.
#[derive(Debug, Clone)]
pub struct Fitted<M> {
    /// The model after the last step, on the device it was given on.
    pub model: M,
    /// The averaged model, in validation mode, if one was asked for and has begun.
    pub averaged: Option<M>,
    /// Whether training reached its end.
    pub outcome: Outcome,
    /// What is done.
    pub position: Position,
    /// What the last validation returned; empty before the first.
    pub validation: Vec<(String, f64)>,
}
