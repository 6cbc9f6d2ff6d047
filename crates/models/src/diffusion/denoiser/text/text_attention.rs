//! Attention whose heads are of two kinds: local windows, and linear in the length.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Bool, Device, Tensor, TensorData};
use halation_kernels::{attention, softmax};

/// Self-attention with `local` heads that read their own window and its two neighbours, and others that read everything
/// at a cost linear in the length; in this order (the layout of linear-attention-transformer 0.15).
///
/// * local: `softmax(Q K^T / sqrt(e)) V` over three windows of `w`; the whole sequence where it has at most two windows.
/// * linear: `softmax_features(Q e^-1/4) (softmax_positions(K e^-1/4)^T V)` (Shen et al. 2018), without a further normaliser.
///
/// `e` is the width of a head.
#[derive(Module, Debug)]
pub struct TextAttention {
    /// Queries, without offset.
    pub to_q: Linear,
    /// Keys, without offset.
    pub to_k: Linear,
    /// Values, without offset.
    pub to_v: Linear,
    /// Output.
    pub to_out: Linear,
    /// Heads; divide the width.
    #[module(skip)]
    pub heads: usize,
    /// How many of them are local.
    #[module(skip)]
    pub local: usize,
    /// Positions `w` in a window.
    #[module(skip)]
    pub window: usize,
}

impl TextAttention {
    pub(super) fn new(dim: usize, heads: usize, local: usize, window: usize, device: &Device) -> Self {
        let plain = || LinearConfig::new(dim, dim).with_bias(false).init(device);
        Self {
            to_q: plain(),
            to_k: plain(),
            to_v: plain(),
            to_out: LinearConfig::new(dim, dim).init(device),
            heads,
            local,
            window,
        }
    }

    /// Attends.
    ///
    /// # Shapes
    /// * `x`, output: `[B, L, d]`, `L` a multiple of the window
    ///
    /// # Panics
    /// If the length is no multiple of the window.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, length, dim] = x.dims();
        assert!(length.is_multiple_of(self.window), "a length of {length} in windows of {}", self.window);
        let split = |linear: &Linear| {
            let heads = linear.forward(x.clone()).reshape([batch, length, self.heads, dim / self.heads]);
            heads.swap_dims(1, 2) // [B, heads, L, e]
        };
        let (q, k, v) = (split(&self.to_q), split(&self.to_k), split(&self.to_v));
        let part = |x: &Tensor<4>, start: usize, count: usize| x.clone().narrow(1, start, count);
        let mut read = Vec::new();
        if self.local > 0 {
            let [q, k, v] = [&q, &k, &v].map(|x| part(x, 0, self.local));
            // With one window or two, everything is within reach.
            let full = length <= 2 * self.window;
            read.push(if full { attention(q, k, v, None, false) } else { self.windows(q, k, v) });
        }
        if self.local < self.heads {
            let [q, k, v] = [&q, &k, &v].map(|x| part(x, self.local, self.heads - self.local));
            read.push(linear(q, k, v));
        }
        self.to_out.forward(Tensor::cat(read, 1).swap_dims(1, 2).reshape([batch, length, dim]))
    }

    /// Attention of each window to itself and its neighbours, `[B, heads, L, e]`.
    fn windows(&self, q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
        let [batch, heads, length, width] = q.dims();
        let (w, count, device) = (self.window, length / self.window, q.device());
        let group = batch * heads;
        let own = |x: Tensor<4>| x.reshape([group, count, w, width]);
        let with_neighbours = |x: Tensor<4>| {
            let (x, edge) = (own(x), Tensor::zeros([group, 1, w, width], &device));
            let before = Tensor::cat(vec![edge.clone(), x.clone().narrow(1, 0, count - 1)], 1);
            let after = Tensor::cat(vec![x.clone().narrow(1, 1, count - 1), edge], 1);
            Tensor::cat(vec![before, x, after], 2) // [B heads, windows, 3 w, e]
        };
        let outside: Vec<bool> = (0..count)
            .flat_map(|i| (0..3 * w).map(move |key| (i == 0 && key < w) || (i == count - 1 && key >= 2 * w)))
            .collect();
        let outside = Tensor::<4, Bool>::from_data(TensorData::new(outside, [1, count, 1, 3 * w]), &device);
        let mask = outside.expand([group, count, w, 3 * w]);
        let read = attention(own(q), with_neighbours(k), with_neighbours(v), Some(mask), false);
        read.reshape([batch, heads, length, width])
    }
}

/// Linear attention, `[B, heads, L, e]`.
fn linear(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
    let [_, _, _, width] = q.dims();
    let scale = (width as f64).powf(-0.25);
    // Over the positions, which lie side by side in the order that the product needs.
    let (q, k) = (softmax(q * scale, 3), softmax((k * scale).swap_dims(2, 3), 3));
    q.matmul(k.matmul(v)) // [.., L, e] = [.., L, e] ([.., e, L] [.., L, e])
}
