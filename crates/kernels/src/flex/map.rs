//! A function of numbers in the same place: one loop over the numbers, another over the slopes on the way back.

use super::Kernel;
use super::operand::{Float, float, values};
use super::rows::{for_rows, over_two};
use crate::Function;
use rayon::prelude::*;

/// See [`map`](crate::map()).
#[derive(Clone, Debug)]
pub(crate) struct Map<F>(pub(crate) F);

/// Numbers that one task takes at a time.
const BLOCK: usize = 4096;

/// Block `index` of each tensor.
fn block<'a, const N: usize>(tensors: &[&'a [f32]; N], index: usize) -> [&'a [f32]; N] {
    tensors.map(|values| &values[index * BLOCK..values.len().min((index + 1) * BLOCK)])
}

/// The numbers in place `at` of each tensor.
#[inline(always)]
fn place<const N: usize>(tensors: &[&[f32]; N], at: usize) -> [f32; N] {
    std::array::from_fn(
        #[inline(always)]
        |input| tensors[input][at],
    )
}

impl<F: Function<N>, const N: usize> Kernel<N> for Map<F> {
    /// The slopes: all that the way back needs, and no larger than the inputs, which may go.
    type Saved = [Float; N];

    fn value(&self, inputs: [Float; N]) -> Float {
        let inputs = inputs.map(|input| input.to_contiguous());
        let x = inputs.each_ref().map(values);
        let mut out = vec![0.0; x[0].len()];
        for_rows(
            out.par_chunks_mut(BLOCK),
            BLOCK,
            #[inline(always)]
            |index, out| {
                let x = block(&x, index).map(|x| &x[..out.len()]);
                for (at, out) in out.iter_mut().enumerate() {
                    *out = self.0.value_and_slopes(place(&x, at)).0;
                }
            },
        );
        float(out, inputs[0].layout().shape())
    }

    fn forward(&self, inputs: [Float; N]) -> (Float, [Float; N]) {
        let inputs = inputs.map(|input| input.to_contiguous());
        let shape = inputs[0].layout().shape();
        let x = inputs.each_ref().map(values);
        let mut out = vec![0.0; x[0].len()];
        let mut slopes: [Vec<f32>; N] = std::array::from_fn(|_| vec![0.0; x[0].len()]);
        let mut of_input = slopes.each_mut().map(|slopes| slopes.chunks_mut(BLOCK));
        let blocks: Vec<(&mut [f32], [&mut [f32]; N])> = out
            .chunks_mut(BLOCK)
            .map(|out| (out, of_input.each_mut().map(|blocks| blocks.next().expect("as many as of the output"))))
            .collect();
        for_rows(
            blocks.into_par_iter(),
            BLOCK,
            #[inline(always)]
            |index, (out, slopes)| {
                let x = block(&x, index).map(|x| &x[..out.len()]);
                let slopes = slopes.map(|slopes| &mut slopes[..out.len()]);
                for (at, out) in out.iter_mut().enumerate() {
                    let (value, found) = self.0.value_and_slopes(place(&x, at));
                    *out = value;
                    for input in 0..N {
                        slopes[input][at] = found[input];
                    }
                }
            },
        );
        (float(out, shape), slopes.map(|slopes| float(slopes, shape)))
    }

    fn backward(&self, slopes: [Float; N], gradient: Float, wanted: [bool; N]) -> [Option<Float>; N] {
        let mut wanted = wanted.into_iter();
        slopes.map(|slopes| {
            let wanted = wanted.next().expect("one for each input");
            wanted.then(|| {
                over_two(
                    &slopes,
                    &gradient,
                    BLOCK,
                    #[inline(always)]
                    |slopes, gradient, out| {
                        for ((out, slope), gradient) in out.iter_mut().zip(slopes).zip(gradient) {
                            *out = slope * gradient;
                        }
                    },
                )
            })
        })
    }
}
