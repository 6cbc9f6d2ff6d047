//! Name and shape of one weight, in PyTorch's layout.

use std::fmt;

use burn::module::Module;
use burn_store::{BurnToPyTorchAdapter, ModuleSnapshot};

/// A weight as a PyTorch state dict would list it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TensorSpec {
    /// Dotted name, e.g. `layer1.0.conv1.weight`.
    pub name: String,
    /// Shape in PyTorch's layout.
    pub shape: Vec<usize>,
}

impl fmt::Display for TensorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.name, self.shape)
    }
}

/// All weights and running statistics of a module, in PyTorch's names and layout, sorted by name.
pub fn tensor_specs<M: Module>(module: &M) -> Vec<TensorSpec> {
    let mut specs: Vec<TensorSpec> = module
        .collect(None, Some(Box::new(BurnToPyTorchAdapter)), true)
        .into_iter()
        .map(|tensor| TensorSpec { shape: tensor.shape.to_vec(), name: tensor.name })
        .collect();
    specs.sort();
    specs
}
