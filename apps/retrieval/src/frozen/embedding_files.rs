//! Embeddings of a data set that another program made.

use crate::clip::Features;
use crate::dataset::data_error;
use crate::recipe::Model;
use anyhow::anyhow;
use burn::tensor::{Device, Tensor, TensorData};
use halation_data::format::EmbeddingFile;
use halation_train::user_error::user;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Embeddings of images and of captions, by their ids.
pub struct EmbeddingFiles {
    /// Of the images.
    pub images: ById,
    /// Of the captions.
    pub captions: ById,
}

/// Rows of a file by id.
pub struct ById {
    path: PathBuf,
    dim: usize,
    rows: HashMap<String, usize>,
    values: Vec<f32>,
}

impl EmbeddingFiles {
    /// Reads the two files that a recipe names.
    ///
    /// # Errors
    /// User errors: a file that is not named or cannot be read, files of different dimensions.
    pub fn read(model: &Model) -> anyhow::Result<Self> {
        let (Some(images), Some(captions)) = (&model.image_embeddings, &model.caption_embeddings) else {
            return Err(user(anyhow!(
                "`model.towers` is \"files\": name both with `model.image_embeddings` and `model.caption_embeddings`"
            )));
        };
        let files = Self { images: ById::read(images)?, captions: ById::read(captions)? };
        let [of_images, of_captions] = [files.images.dim, files.captions.dim];
        if of_images != of_captions {
            return Err(user(anyhow!(
                "{} holds embeddings of dimension {of_images}, {} of {of_captions}: give two of one model",
                images.display(),
                captions.display()
            )));
        }
        Ok(files)
    }

    /// The dimension of both.
    pub fn dim(&self) -> usize {
        self.images.dim
    }
}

impl ById {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let file = EmbeddingFile::read(path).map_err(data_error)?;
        let dim = file.dim();
        let (ids, values, _) = file.into_parts();
        let rows = ids.into_iter().enumerate().map(|(row, id)| (id, row)).collect();
        Ok(Self { path: path.to_owned(), dim, rows, values })
    }

    /// The embeddings of some items.
    ///
    /// # Errors
    /// A user error that names the first item without one.
    pub fn of<'a>(&self, ids: impl Iterator<Item = &'a str>, device: &Device) -> anyhow::Result<Features> {
        let (mut values, mut count) = (Vec::new(), 0);
        for id in ids {
            let Some(&row) = self.rows.get(id) else {
                let path = self.path.display();
                return Err(user(anyhow!("{path} has no embedding of `{id}`: its ids must be those of the data set")));
            };
            values.extend_from_slice(&self.values[row * self.dim..][..self.dim]);
            count += 1;
        }
        Ok(Features::of_vectors(Tensor::from_data(TensorData::new(values, [count, self.dim]), device)))
    }
}
