//! Any function of numbers in the same place of several tensors.

use burn::tensor::Tensor;
use std::fmt::Debug;

/// A function of `N` numbers with its slopes, for [`map`].
pub trait Function<const N: usize>: Clone + Copy + Debug + Send + Sync + 'static {
    /// The value and its derivative by each number. Marked `#[inline(always)]` and without branches (a choice between two computed
    /// values is none), it becomes vector code, and slopes that nobody reads are not computed. [`math`](crate::math) has what it
    /// can be made of.
    fn value_and_slopes(&self, x: [f32; N]) -> (f32, [f32; N]);

    /// The same from Burn's operations, for other backends and types of floats.
    fn composed<const D: usize>(&self, x: [Tensor<D>; N]) -> Tensor<D>;
}

/// `function` of the numbers in each place. On Flex that is one pass on all cores, and one on the way back.
///
/// # Shapes
/// * `inputs`: all the same; so is the output
///
/// # Panics
/// If the shapes differ.
pub fn map<F: Function<N>, const N: usize, const D: usize>(function: F, inputs: [Tensor<D>; N]) -> Tensor<D> {
    assert!(inputs.iter().all(|input| input.dims() == inputs[0].dims()), "numbers in the same place need equal shapes");
    #[cfg(feature = "flex")]
    {
        let operands = inputs.each_ref().map(crate::flex::Operand::of);
        if operands.iter().all(Option::is_some) {
            return crate::flex::run(
                crate::flex::Map(function),
                operands.map(|operand| operand.expect("all are there")),
            );
        }
    }
    function.composed(inputs)
}
