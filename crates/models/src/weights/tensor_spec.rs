//! Name and shape of one weight, in PyTorch's layout.

use std::fmt;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Bool, DType, Int, Shape, Tensor, TensorData};
use burn_store::{BurnToPyTorchAdapter, ModuleAdapter, ModuleContext, bridge};

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

/// All weights and running statistics of a module, in PyTorch's names and layout, sorted by name. No weight is drawn:
/// a module that was never used stays without its random numbers.
pub fn tensor_specs<M: Module>(module: &M) -> Vec<TensorSpec> {
    let mut walk = Walk::default();
    module.visit(&mut walk);
    walk.specs.sort();
    walk.specs
}

/// `ModuleSnapshot::collect` without the values, which it would have to initialise.
#[derive(Default)]
struct Walk {
    path: Vec<String>,
    containers: Vec<String>,
    specs: Vec<TensorSpec>,
}

impl Walk {
    fn record(&mut self, shape: Shape) {
        let empty = move || Ok(TensorData::new(Vec::<f32>::new(), [0]));
        let tensor = bridge::deferred(self.path.join("."), DType::F32, shape, None, empty);
        let tensor = BurnToPyTorchAdapter.adapt(tensor, ModuleContext::new(&self.containers));
        self.specs.push(TensorSpec { shape: tensor.shape.to_vec(), name: tensor.name });
    }
}

impl ModuleVisitor for Walk {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.containers.push(container.to_owned());
        if !container.starts_with("Enum:") {
            self.path.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _name: &str, container: &str) {
        self.containers.pop();
        if !container.starts_with("Enum:") {
            self.path.pop();
        }
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.record(param.lazy_shape());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.record(param.lazy_shape());
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.record(param.lazy_shape());
    }
}
