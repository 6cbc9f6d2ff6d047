//! Size augmentation of PCME++: an image loses some of its tokens before pooling, in training only.

use burn::tensor::{Int, Tensor, TensorData};

use super::TokenStreams;

/// Drops tokens at random, the same ones of both sequences; those that stay move to the front.
///
/// For each item with `u > rate`, each token is dropped with probability `rate * u` (PCME++ and VSE-infinity use rate
/// 0.2). Differs from the published code in that an item always keeps its first token, where that code could be left
/// with none.
///
/// # Shapes
/// * `items`: `B` numbers `u` uniform in `[0, 1)`
/// * `tokens`: `B * T` numbers uniform in `[0, 1)`, item by item
/// * output: `[B, T', d]` with `T'` the most tokens an item has left; zeros past an item's length
///
/// # Panics
/// If there are not `B` and `B * T` numbers.
pub fn drop_tokens(streams: TokenStreams, rate: f64, items: &[f64], tokens: &[f64]) -> TokenStreams {
    let [batch, count, dim] = streams.mean.dims();
    assert_eq!(items.len(), batch, "one number for each item");
    assert_eq!(tokens.len(), batch * count, "one number for each token");
    let kept: Vec<Vec<usize>> = (0..batch)
        .map(|item| {
            let bound = if items[item] > rate { rate * items[item] } else { 0.0 };
            let row = &tokens[item * count..][..streams.lengths[item]];
            (0..row.len()).filter(|&token| token == 0 || row[token] >= bound).collect()
        })
        .collect();
    let lengths: Vec<usize> = kept.iter().map(Vec::len).collect();
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let mut places = Vec::with_capacity(batch * longest);
    let mut present = Vec::with_capacity(batch * longest);
    for (item, kept) in kept.iter().enumerate() {
        places.extend(kept.iter().map(|token| (item * count + token) as i64));
        present.extend(kept.iter().map(|_| 1.0_f32));
        places.resize((item + 1) * longest, (item * count) as i64);
        present.resize((item + 1) * longest, 0.0);
    }
    let device = streams.mean.device();
    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [batch * longest]), &device);
    let present = Tensor::<2>::from_data(TensorData::new(present, [batch * longest, 1]), &device);
    let pick = |stream: Tensor<3>| {
        let rows = stream.reshape([batch * count, dim]).select(0, places.clone()) * present.clone();
        rows.reshape([batch, longest, dim])
    };
    TokenStreams { mean: pick(streams.mean), sigma: pick(streams.sigma), lengths }
}
