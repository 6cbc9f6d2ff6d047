//! Layer normalisation over rows.

use super::Kernel;
use super::lanes::{dot, total};
use super::operand::{Float, float, values};
use super::rows::for_rows;
use rayon::prelude::*;
use std::sync::Arc;

/// See [`layer_norm`](crate::layer_norm()).
#[derive(Clone, Debug)]
pub(crate) struct LayerNorm {
    /// What is added to the variance.
    pub(crate) epsilon: f32,
}

/// What the way back reads.
#[derive(Debug)]
pub(crate) struct Saved {
    /// Rows of mean 0 and variance 1.
    standard: Vec<f32>,
    /// `1 / sqrt(variance + epsilon)` of each row.
    scales: Vec<f32>,
    gamma: Float,
}

/// Rows whose gradients of gamma and beta one task adds: the same on any number of cores, so that the sums are.
const ROWS_OF_A_SUM: usize = 128;

impl Kernel<3> for LayerNorm {
    type Saved = Arc<Saved>;

    fn forward(&self, [x, gamma, beta]: [Float; 3]) -> (Float, Arc<Saved>) {
        let (x, gamma, beta) = (x.to_contiguous(), gamma.to_contiguous(), beta.to_contiguous());
        let shape = x.layout().shape().clone();
        let (x, scale, shift) = (values(&x), values(&gamma), values(&beta));
        let width = scale.len();
        let mut out = vec![0.0; x.len()];
        let mut standard = vec![0.0; x.len()];
        let mut scales = vec![0.0; x.len() / width];
        let rows = out.par_chunks_mut(width).zip(standard.par_chunks_mut(width)).zip(&mut scales);
        for_rows(
            rows.zip(x.par_chunks(width)),
            width,
            #[inline(always)]
            |_, (((out, standard), row_scale), x)| {
                let mean = total(x) / width as f32;
                standard.iter_mut().zip(x).for_each(|(standard, x)| *standard = x - mean);
                *row_scale = 1.0 / (dot(standard, standard) / width as f32 + self.epsilon).sqrt();
                for (((out, standard), scale), shift) in out.iter_mut().zip(standard).zip(scale).zip(shift) {
                    *standard *= *row_scale;
                    *out = *standard * scale + shift;
                }
            },
        );
        (float(out, &shape), Arc::new(Saved { standard, scales, gamma }))
    }

    fn backward(&self, saved: Arc<Saved>, gradient: Float, wanted: [bool; 3]) -> [Option<Float>; 3] {
        let Saved { standard, scales, gamma } = saved.as_ref();
        let shape = gradient.layout().shape().clone();
        let (gradient, gamma) = (values(&gradient), values(gamma));
        let width = gamma.len();
        let of_x = wanted[0].then(|| {
            let mut out = vec![0.0; gradient.len()];
            let rows = out.par_chunks_mut(width).zip(standard.par_chunks(width)).zip(gradient.par_chunks(width));
            for_rows(
                rows.zip(scales),
                width,
                #[inline(always)]
                |_, (((out, standard), gradient), row_scale)| {
                    for ((out, gradient), gamma) in out.iter_mut().zip(gradient).zip(gamma) {
                        *out = gradient * gamma;
                    }
                    let (mean, along) = (total(out) / width as f32, dot(out, standard) / width as f32);
                    out.iter_mut().zip(standard).for_each(|(out, x)| *out = row_scale * (*out - mean - x * along));
                },
            );
            float(out, &shape)
        });
        let block = ROWS_OF_A_SUM * width;
        let of_parameters = (wanted[1] || wanted[2]).then(|| {
            let mut sums = vec![0.0; gradient.len().div_ceil(block) * 2 * width];
            let blocks = sums.par_chunks_mut(2 * width).zip(standard.par_chunks(block)).zip(gradient.par_chunks(block));
            for_rows(
                blocks,
                block,
                #[inline(always)]
                |_, ((sums, standard), gradient)| {
                    let (of_gamma, of_beta) = sums.split_at_mut(width);
                    for (standard, gradient) in standard.chunks_exact(width).zip(gradient.chunks_exact(width)) {
                        for (((of_gamma, of_beta), x), g) in
                            of_gamma.iter_mut().zip(&mut *of_beta).zip(standard).zip(gradient)
                        {
                            *of_gamma += x * g;
                            *of_beta += g;
                        }
                    }
                },
            );
            let mut all = vec![0.0; 2 * width];
            for part in sums.chunks_exact(2 * width) {
                all.iter_mut().zip(part).for_each(|(all, part)| *all += part);
            }
            let of_beta = all.split_off(width);
            [float(all, &[width]), float(of_beta, &[width])]
        });
        let [of_gamma, of_beta] = of_parameters.map_or([None, None], |both| both.map(Some));
        [of_x, of_gamma, of_beta]
    }
}
