//! Parameter identities that are the same in every process.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Bool, Int, Tensor};
use sha2::{Digest, Sha256};

/// Gives every parameter an identity made from its path in the module, instead of Burn's random one.
///
/// Parameters that shared an identity still share one. Do it before the first optimiser step: optimiser states are kept
/// by identity.
pub fn with_stable_ids<M: Module>(module: M) -> M {
    module.map(&mut StableIds::default())
}

/// The identity of the parameter at `path` (`"encoder.conv1.weight"`): the first 8 bytes of its SHA-256.
pub(super) fn stable_id(path: &str) -> u64 {
    let digest = Sha256::digest(path.as_bytes());
    u64::from_le_bytes(digest[..8].try_into().expect("a SHA-256 digest has 32 bytes"))
}

#[derive(Default)]
struct StableIds {
    path: Vec<String>,
    ids: HashMap<ParamId, ParamId>,
}

impl StableIds {
    fn id(&mut self, old: ParamId) -> ParamId {
        let path = &self.path;
        *self.ids.entry(old).or_insert_with(|| ParamId::from(stable_id(&path.join("."))))
    }
}

impl ModuleMapper for StableIds {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = param.consume();
        Param::from_mapped_value(self.id(id), value, mapper)
    }
    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        let (id, value, mapper) = param.consume();
        Param::from_mapped_value(self.id(id), value, mapper)
    }
    fn map_bool<const D: usize>(&mut self, param: Param<Tensor<D, Bool>>) -> Param<Tensor<D, Bool>> {
        let (id, value, mapper) = param.consume();
        Param::from_mapped_value(self.id(id), value, mapper)
    }
}
