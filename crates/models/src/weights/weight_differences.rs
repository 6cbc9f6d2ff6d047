//! Everything in which a weight file differs from a model.

use std::fmt;

use super::TensorSpec;

/// A weight present on both sides with different shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misshapen {
    /// Name and shape in the model.
    pub expected: TensorSpec,
    /// Shape in the file.
    pub found: Vec<usize>,
}

/// The full list of differences between a model and a weight file, each part sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightDifferences {
    /// In the model, not in the file.
    pub missing: Vec<TensorSpec>,
    /// In the file, not in the model.
    pub extra: Vec<TensorSpec>,
    /// In both, with different shapes.
    pub misshapen: Vec<Misshapen>,
}

impl WeightDifferences {
    /// Whether the file fits the model.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty() && self.misshapen.is_empty()
    }
}

impl fmt::Display for WeightDifferences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {} missing, {} extra, {} misshapen", self.missing.len(), self.extra.len(), self.misshapen.len())?;
        for spec in &self.missing {
            write!(f, "\n  missing   {spec}")?;
        }
        for spec in &self.extra {
            write!(f, "\n  extra     {spec}")?;
        }
        for Misshapen { expected, found } in &self.misshapen {
            write!(f, "\n  misshapen {expected}, found {found:?}")?;
        }
        Ok(())
    }
}
