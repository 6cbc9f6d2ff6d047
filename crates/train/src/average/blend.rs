//! Moving one module's values towards another's.

use std::any::Any;
use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// `average + weight (model - average)` for every float tensor, running statistics included; integers and flags stay.
///
/// In this form an average of equal values stays exactly that value. Values are matched by their path in the module,
/// because loading a checkpoint gives running statistics other identities.
///
/// # Panics
/// If the modules differ in structure.
pub(super) fn blend<M: Module>(average: M, model: &M, weight: f64) -> M {
    let mut values = Values::default();
    model.valid().visit(&mut values);
    average.map(&mut Blend { path: Vec::new(), values: values.values, weight })
}

/// Every float tensor by its path.
#[derive(Default)]
struct Values {
    path: Vec<String>,
    values: HashMap<String, Box<dyn Any>>,
}

impl ModuleVisitor for Values {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.values.insert(self.path.join("."), Box::new(param.val()));
    }
}

struct Blend {
    path: Vec<String>,
    values: HashMap<String, Box<dyn Any>>,
    weight: f64,
}

impl ModuleMapper for Blend {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        let value = self.values.get(&path).and_then(|value| value.downcast_ref::<Tensor<D>>());
        let value = value.unwrap_or_else(|| panic!("the averaged model has `{path}`, the trained one has not")).clone();
        param.map(|average| average.clone() + (value - average) * self.weight)
    }
}
