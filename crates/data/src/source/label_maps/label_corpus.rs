//! Label maps with their splits.

use super::{CategoryMap, LabelMapSet};
use crate::DataError;

/// The three parts of a label-map data set, and what their classes are.
#[derive(Debug, Clone)]
pub struct LabelCorpus {
    /// The classes.
    pub categories: CategoryMap,
    /// For training.
    pub train: LabelMapSet,
    /// For choices during training.
    pub val: LabelMapSet,
    /// For the figures that are reported.
    pub test: LabelMapSet,
}

impl LabelCorpus {
    /// The part `train`, `val` or `test`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] for another name, or if the part is empty.
    pub fn part(&self, name: &str) -> Result<&LabelMapSet, DataError> {
        let part = match name {
            "train" => &self.train,
            "val" => &self.val,
            "test" => &self.test,
            _ => {
                return Err(DataError::Invalid {
                    what: format!("split `{name}` of label maps"),
                    problem: "it does not exist".into(),
                    help: "choose from train, val, test".into(),
                });
            }
        };
        if part.is_empty() {
            return Err(DataError::Invalid {
                what: part.name().to_owned(),
                problem: "it is empty".into(),
                help: "choose another split".into(),
            });
        }
        Ok(part)
    }

    /// Cuts the last maps off official training maps, for validation: 475 of 2975, and of other numbers the same share.
    pub(super) fn cut_validation(name: &str, all: &LabelMapSet) -> Result<[LabelMapSet; 2], DataError> {
        if all.len() < 2 {
            return Err(DataError::Invalid {
                what: all.name().to_owned(),
                problem: format!("{} label map", all.len()),
                help: "give at least two, one of which is for validation".into(),
            });
        }
        let val = ((all.len() * 475 + 2975 / 2) / 2975).max(1);
        let train = all.len() - val;
        Ok([
            all.part(format!("the train part of {name}"), 0..train),
            all.part(format!("the val part of {name}"), train..all.len()),
        ])
    }
}
