//! Bits of a code that knows how often each symbol occurs, and nothing else.

use super::check_symbols;
use crate::DataError;

/// The empirical entropy of single symbols, bits per symbol: `-sum over k of f_k log2 f_k`, `f` the shares in this very
/// text.
///
/// # Errors
/// [`DataError::Invalid`] if there is no symbol, or one is not below `classes`.
pub fn order0_bits(symbols: &[u16], classes: usize) -> Result<f64, DataError> {
    check_symbols("the entropy of a text", symbols, classes)?;
    let mut counts = vec![0u64; classes];
    for &symbol in symbols {
        counts[usize::from(symbol)] += 1;
    }
    let total = symbols.len() as f64;
    let shares = counts.iter().filter(|&&count| count > 0).map(|&count| count as f64 / total);
    Ok(-shares.map(|share| share * share.log2()).sum::<f64>())
}
