//! Attention, head by head.

use super::Kernel;
use super::lanes::{dot, total};
use super::operand::{Float, float, values};
use super::rows::matmul;
use super::softmax::exponentials;
use pulp::Arch;
use rayon::prelude::*;
use std::sync::Arc;

/// See [`attention`](crate::attention()).
#[derive(Clone, Debug)]
pub(crate) struct Attention {
    /// `[B, H, L, M]`, true where a query may not read a key.
    pub(crate) hidden: Option<Arc<[bool]>>,
    /// Whether a query reads keys up to its own position alone.
    pub(crate) causal: bool,
}

/// What the way back reads.
#[derive(Debug)]
pub(crate) struct Saved {
    query: Float,
    key: Float,
    value: Float,
    /// What each query reads of each key, `[L, M]` for every head.
    weights: Vec<Float>,
}

/// Head `index` of `[B, H, L, e]`, as `[L, e]`.
fn head(heads: &Float, index: usize) -> Float {
    let [_, count, rows, width] = heads.layout().shape().dims();
    heads.narrow(0, index / count, 1).narrow(1, index % count, 1).reshape([rows, width].into())
}

/// Heads `[rows, width]` one after another, as `[B, H, rows, width]`.
fn gathered(heads: &[Float], batch: usize) -> Float {
    let [rows, width] = heads[0].layout().shape().dims();
    let mut all = vec![0.0; heads.len() * rows * width];
    all.par_chunks_mut(rows * width).zip(heads).for_each(|(all, head)| all.copy_from_slice(values(head)));
    float(all, &[batch, heads.len() / batch, rows, width])
}

impl Kernel<3> for Attention {
    type Saved = Arc<Saved>;

    fn value(&self, [query, key, value]: [Float; 3]) -> Float {
        let [batch, heads, _, width] = query.layout().shape().dims();
        let read = |index: usize| {
            let weights = self.weights(index, &head(&query, index), &head(&key, index), scale(width));
            matmul(weights, head(&value, index))
        };
        let read: Vec<Float> = (0..batch * heads).into_par_iter().map(read).collect();
        gathered(&read, batch)
    }

    fn forward(&self, [query, key, value]: [Float; 3]) -> (Float, Arc<Saved>) {
        let [batch, heads, _, width] = query.layout().shape().dims();
        let read = |index: usize| {
            let weights = self.weights(index, &head(&query, index), &head(&key, index), scale(width));
            (matmul(weights.clone(), head(&value, index)), weights)
        };
        let (read, weights): (Vec<Float>, Vec<Float>) = (0..batch * heads).into_par_iter().map(read).unzip();
        (gathered(&read, batch), Arc::new(Saved { query, key, value, weights }))
    }

    fn backward(&self, saved: Arc<Saved>, gradient: Float, _: [bool; 3]) -> [Option<Float>; 3] {
        let Saved { query, key, value, weights } = saved.as_ref();
        let [batch, heads, _, width] = query.layout().shape().dims();
        let back = |index: usize| {
            let (gradient, weights) = (head(&gradient, index), &weights[index]);
            let of_value = matmul(weights.transpose(0, 1), gradient.clone());
            let of_weights = matmul(gradient, head(value, index).transpose(0, 1));
            let of_scores = of_scores(weights, &of_weights, scale(width));
            let of_query = matmul(of_scores.clone(), head(key, index));
            let of_key = matmul(of_scores.transpose(0, 1), head(query, index));
            ((of_query, of_key), of_value)
        };
        let ((of_query, of_key), of_value): ((Vec<_>, Vec<_>), Vec<_>) =
            (0..batch * heads).into_par_iter().map(back).unzip();
        [of_query, of_key, of_value].map(|heads| Some(gathered(&heads, batch)))
    }
}

/// `1 / sqrt(e)`.
fn scale(width: usize) -> f32 {
    1.0 / (width as f32).sqrt()
}

impl Attention {
    /// What the queries of a head read of its keys, `[L, M]`.
    fn weights(&self, index: usize, query: &Float, key: &Float, scale: f32) -> Float {
        let scores = matmul(query.clone(), key.transpose(0, 1));
        let [rows, keys] = scores.layout().shape().dims();
        let mut scores = values(&scores).to_vec();
        let hidden = self.hidden.as_ref().map(|hidden| &hidden[index * rows * keys..][..rows * keys]);
        Arch::new().dispatch(
            #[inline(always)]
            || {
                let mut logits = vec![0.0; keys];
                for (row, scores) in scores.chunks_exact_mut(keys).enumerate() {
                    logits.iter_mut().zip(&*scores).for_each(|(logit, score)| *logit = score * scale);
                    if let Some(hidden) = hidden {
                        let hidden = &hidden[row * keys..][..keys];
                        logits
                            .iter_mut()
                            .zip(hidden)
                            .filter(|(_, hidden)| **hidden)
                            .for_each(|(logit, _)| *logit = f32::NEG_INFINITY);
                    }
                    if self.causal {
                        logits[keys.min(row + 1)..].fill(f32::NEG_INFINITY);
                    }
                    exponentials(&logits, scores);
                    let whole = 1.0 / total(scores).max(f32::MIN_POSITIVE);
                    scores.iter_mut().for_each(|score| *score *= whole);
                }
            },
        );
        float(scores, &[rows, keys])
    }
}

/// The gradient of the scores from that of the weights.
fn of_scores(weights: &Float, gradient: &Float, scale: f32) -> Float {
    let [rows, keys] = weights.layout().shape().dims();
    let (weights, gradient) = (values(weights), values(gradient));
    let mut out = vec![0.0; rows * keys];
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let rows = out.chunks_exact_mut(keys).zip(weights.chunks_exact(keys)).zip(gradient.chunks_exact(keys));
            for ((out, weights), gradient) in rows {
                let mean = dot(weights, gradient);
                for ((out, weight), gradient) in out.iter_mut().zip(weights).zip(gradient) {
                    *out = weight * (gradient - mean) * scale;
                }
            }
        },
    );
    float(out, &[rows, keys])
}
