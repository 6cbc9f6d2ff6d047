//! How a kernel becomes an operation that autodiff knows.

use super::operand::{Float, Operand, Tracked};
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, Flex};
use burn::tensor::Tensor;
use std::fmt::Debug;

/// A function of `N` tensors with a gradient written by hand.
pub(crate) trait Kernel<const N: usize>: Clone + Debug + Send + 'static {
    /// What the way back needs of the way there.
    type Saved: Clone + Debug + Send + 'static;

    /// The value alone.
    fn value(&self, inputs: [Float; N]) -> Float {
        self.forward(inputs).0
    }

    /// The value, and what the way back needs.
    fn forward(&self, inputs: [Float; N]) -> (Float, Self::Saved);

    /// The gradient of each input from that of the value; `wanted` says which are read.
    fn backward(&self, saved: Self::Saved, gradient: Float, wanted: [bool; N]) -> [Option<Float>; N];
}

/// The value of `kernel` as a tensor; autodiff learns of it where an input is on the way to a loss.
pub(crate) fn run<K: Kernel<N>, const N: usize, const D: usize>(kernel: K, inputs: [Operand; N]) -> Tensor<D> {
    if inputs.iter().all(|input| matches!(input, Operand::Plain(_))) {
        let plain = inputs.map(|input| match input {
            Operand::Plain(plain) => plain,
            Operand::Tracked(tracked) => tracked.into_primitive(),
        });
        return Tensor::from_primitive::<Flex>(kernel.value(plain));
    }
    let tracked: [Tracked; N] = inputs.map(|input| match input {
        Operand::Plain(plain) => Tracked::new(plain),
        Operand::Tracked(tracked) => tracked,
    });
    let plain = tracked.each_ref().map(|input| input.primitive().clone());
    let nodes = tracked.each_ref().map(Tracked::node);
    let output = match Step(kernel.clone()).prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => {
            let (output, saved) = kernel.forward(plain);
            step.finish(saved, output)
        }
        OpsKind::UnTracked(step) => step.finish(kernel.value(plain)),
    };
    Tensor::from_primitive::<Autodiff<Flex, NoCheckpointing>>(output)
}

/// A kernel on the way back.
#[derive(Clone, Debug)]
struct Step<K>(K);

impl<K: Kernel<N>, const N: usize> Backward<Flex, N> for Step<K> {
    type State = K::Saved;

    fn backward(self, ops: Ops<K::Saved, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = self.0.backward(ops.state, gradient.to_contiguous(), wanted);
        for (parent, found) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(found)) = (parent, found) {
                gradients.register::<Flex>(parent.id, found);
            }
        }
    }
}
