//! Scaled dot-product attention.

use burn::tensor::{Bool, Tensor, module, ops::AttentionModuleOptions};

/// `softmax(q k^T / sqrt(e)) v` over the last two axes (Vaswani et al. 2017). A query that may read no key gets zeros.
///
/// On Flex a head is worked through as a whole, so that its scores stay in the cache of one core.
///
/// # Shapes
/// * `query`: `[B, H, L, e]`; `key`: `[B, H, M, e]`; `value`, output: `[B, H, M, f]`, `[B, H, L, f]`
/// * `hidden`: `[B, H, L, M]`, true where a query may not read a key
/// * `causal`: whether position `l` reads keys up to `l` alone; there are as many keys as queries then
///
/// # Panics
/// If the shapes do not fit.
pub fn attention(
    query: Tensor<4>,
    key: Tensor<4>,
    value: Tensor<4>,
    hidden: Option<Tensor<4, Bool>>,
    causal: bool,
) -> Tensor<4> {
    let ([batch, heads, length, width], [_, _, keys, _]) = (query.dims(), key.dims());
    assert_eq!(key.dims(), [batch, heads, keys, width], "keys are [B, H, M, e] for queries [B, H, L, e]");
    assert_eq!(value.dims()[..3], [batch, heads, keys], "values are [B, H, M, f] for keys [B, H, M, e]");
    if let Some(hidden) = &hidden {
        assert_eq!(hidden.dims(), [batch, heads, length, keys], "what is hidden is [B, H, L, M]");
    }
    assert!(!causal || query.dims()[2] == key.dims()[2], "causal attention is of a sequence to itself");
    #[cfg(feature = "flex")]
    {
        use crate::flex::{Attention, Operand, flags, run};
        let operands = (Operand::of(&query), Operand::of(&key), Operand::of(&value));
        let any = batch * heads * length * keys * width * value.dims()[3] > 0;
        if let (true, (Some(query), Some(key), Some(value))) = (any, operands) {
            let hidden = hidden.map(|hidden| flags(&hidden));
            return run(Attention { hidden, causal }, [query, key, value]);
        }
    }
    let options = AttentionModuleOptions { is_causal: causal, ..Default::default() };
    module::attention(query, key, value, hidden, None, options)
}
