//! A folder in the layout of MNIST.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DigitImages;
use crate::DataError;

/// The training and the test digits of an MNIST-like folder.
#[derive(Debug, Clone)]
pub struct Mnist {
    /// `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`.
    pub train: Arc<DigitImages>,
    /// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`.
    pub test: Arc<DigitImages>,
}

impl Mnist {
    /// Reads the four idx files of `folder`, each as it is or with `.gz`, with `-` or `.` before `idx`.
    ///
    /// # Errors
    /// [`DataError::Missing`] with every file that is not there; [`DataError::Invalid`] if training and test digits have
    /// other sizes; else as [`DigitImages::read`].
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        const FILES: [[&str; 2]; 4] =
            [["train-images", "idx3"], ["train-labels", "idx1"], ["t10k-images", "idx3"], ["t10k-labels", "idx1"]];
        let found: Vec<Option<PathBuf>> = FILES
            .iter()
            .map(|[stem, kind]| {
                let names = ["-", "."].map(|dot| format!("{stem}{dot}{kind}-ubyte"));
                let all = names.iter().flat_map(|name| [folder.join(name), folder.join(format!("{name}.gz"))]);
                all.into_iter().find(|path| path.is_file())
            })
            .collect();
        let [Some(train), Some(train_labels), Some(test), Some(test_labels)] = &found[..] else {
            let missing = FILES.iter().zip(&found).filter(|(_, path)| path.is_none());
            return Err(DataError::Missing {
                root: folder.to_path_buf(),
                layout: "folder in the layout of MNIST",
                missing: missing.map(|([stem, kind], _)| format!("{stem}-{kind}-ubyte[.gz]")).collect(),
                help: "take the four files from the MNIST database of handwritten digits (LeCun, Cortes, Burges); \
                       they may stay compressed"
                    .into(),
            });
        };
        let train = DigitImages::read(train, train_labels)?;
        let test = DigitImages::read(test, test_labels)?;
        if train.side() != test.side() {
            return Err(DataError::Invalid {
                what: folder.display().to_string(),
                problem: format!("training digits have side {}, test digits {}", train.side(), test.side()),
                help: "take both from the same data".into(),
            });
        }
        Ok(Self { train: Arc::new(train), test: Arc::new(test) })
    }
}
