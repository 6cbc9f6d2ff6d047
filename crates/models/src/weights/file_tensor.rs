//! Where and how a published layout keeps one tensor of a model: the unit a key map is made of.

use super::TensorSpec;

/// The place of a model's tensor in a file.
#[derive(Clone, Debug)]
pub(super) struct FileTensor {
    /// Name in the file; several where the file keeps the tensor in equal parts, stacked along the first axis.
    pub names: Vec<String>,
    /// How its numbers lie.
    pub form: FileForm,
}

/// How the numbers of a tensor lie in a file, compared with PyTorch's linear, convolution and norm layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileForm {
    /// The same.
    Same,
    /// A matrix `[in, out]` in place of `[out, in]`.
    Transposed,
    /// One number of shape `[]` in place of `[1]`; either is read.
    Scalar,
}

impl FileTensor {
    /// A tensor of one part.
    pub fn new(name: impl Into<String>, form: FileForm) -> Self {
        Self { names: vec![name.into()], form }
    }

    /// What the file should hold for a tensor of the model.
    pub fn specs(&self, model: &TensorSpec) -> Vec<TensorSpec> {
        let mut shape = model.shape.clone();
        match self.form {
            FileForm::Same => {}
            FileForm::Transposed => shape.reverse(),
            FileForm::Scalar => shape.clear(),
        }
        if let (Some(first), parts @ 2..) = (shape.first_mut(), self.names.len()) {
            *first /= parts;
        }
        self.names.iter().map(|name| TensorSpec { name: name.clone(), shape: shape.clone() }).collect()
    }

    /// The numbers of the model's tensor from those of the file's parts, in order.
    pub fn join(&self, parts: Vec<Vec<f32>>, model: &TensorSpec) -> Vec<f32> {
        let values = parts.concat();
        match (self.form, model.shape.as_slice()) {
            (FileForm::Transposed, &[rows, columns]) => transpose(&values, columns, rows),
            _ => values,
        }
    }

    /// The numbers of the file's parts from those of the model's tensor, in order.
    pub fn cut(&self, values: Vec<f32>, model: &TensorSpec) -> Vec<Vec<f32>> {
        let values = match (self.form, model.shape.as_slice()) {
            (FileForm::Transposed, &[rows, columns]) => transpose(&values, rows, columns),
            _ => values,
        };
        let part = (values.len() / self.names.len()).max(1);
        values.chunks(part).map(<[f32]>::to_vec).collect()
    }
}

/// A row-major matrix, transposed.
fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
}
