//! How two columns of numbers move together.

use super::MetricError;

/// Pearson's r, `cov(x, y) / (sd(x) sd(y))`; `None` if a column is constant.
///
/// # Errors
/// [`MetricError::Shape`] if the lengths differ, [`MetricError::TooFew`] below two, [`MetricError::NotFinite`].
pub fn pearson(x: &[f64], y: &[f64]) -> Result<Option<f64>, MetricError> {
    check(x, y)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (&a, &b) in x.iter().zip(y) {
        xx += (a - mean_x).powi(2);
        yy += (b - mean_y).powi(2);
        xy += (a - mean_x) * (b - mean_y);
    }
    // A constant column has deviations of rounding size at most, never a correlation.
    let constant = |values: &[f64]| values.iter().all(|&value| value == values[0]);
    Ok((!constant(x) && !constant(y)).then(|| (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0)))
}

/// Spearman's rho: Pearson's r of the ranks, equal values sharing the mean of their ranks; `None` if a column is constant.
///
/// # Errors
/// As [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<Option<f64>, MetricError> {
    check(x, y)?;
    pearson(&fractional_ranks(x), &fractional_ranks(y))
}

/// Kendall's tau-b, `(concordant - discordant) / sqrt((pairs - ties in x)(pairs - ties in y))`; `None` if a column is constant.
///
/// Knight's method: discordant pairs are the exchanges of a merge sort, `O(n log n)`.
///
/// # Errors
/// As [`pearson`].
pub fn kendall(x: &[f64], y: &[f64]) -> Result<Option<f64>, MetricError> {
    check(x, y)?;
    let mut pairs: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    // Zeros of either sign are equal.
    for (a, b) in &mut pairs {
        (*a, *b) = (*a + 0.0, *b + 0.0);
    }
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let tied = |same: &dyn Fn(usize) -> bool| -> f64 {
        let (mut pairs_tied, mut run) = (0u64, 1u64);
        for index in 1..x.len() {
            run = if same(index) { run + 1 } else { 1 };
            pairs_tied += run - 1;
        }
        pairs_tied as f64
    };
    let tied_x = tied(&|index| pairs[index].0 == pairs[index - 1].0);
    let tied_both = tied(&|index| pairs[index] == pairs[index - 1]);
    let mut second: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    let discordant = sort_counting_exchanges(&mut second) as f64;
    let tied_y = tied(&|index| second[index] == second[index - 1]);
    let all = x.len() as f64 * (x.len() as f64 - 1.0) / 2.0;
    let concordant_less_discordant = all - tied_x - tied_y + tied_both - 2.0 * discordant;
    let scale = ((all - tied_x) * (all - tied_y)).sqrt();
    Ok((scale > 0.0).then(|| concordant_less_discordant / scale))
}

/// 1-based ranks, equal values sharing the mean of theirs.
fn fractional_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| (values[a] + 0.0).total_cmp(&(values[b] + 0.0)));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        for &index in group {
            ranks[index] = start as f64 + (group.len() as f64 + 1.0) / 2.0;
        }
        start += group.len();
    }
    ranks
}

/// Sorts ascending and counts the pairs that were strictly out of order.
fn sort_counting_exchanges(values: &mut [f64]) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let middle = values.len() / 2;
    let mut exchanges = sort_counting_exchanges(&mut values[..middle]) + sort_counting_exchanges(&mut values[middle..]);
    let (left, right) = values.split_at(middle);
    let mut merged = Vec::with_capacity(values.len());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if right[j] < left[i] {
            exchanges += (left.len() - i) as u64;
            merged.push(right[j]);
            j += 1;
        } else {
            merged.push(left[i]);
            i += 1;
        }
    }
    merged.extend_from_slice(&left[i..]);
    merged.extend_from_slice(&right[j..]);
    values.copy_from_slice(&merged);
    exchanges
}

fn check(x: &[f64], y: &[f64]) -> Result<(), MetricError> {
    if x.len() != y.len() {
        return Err(MetricError::Shape {
            what: "correlation",
            found: format!("{} and {} values", x.len(), y.len()),
            expected: "as many of both".into(),
        });
    }
    if x.len() < 2 {
        return Err(MetricError::TooFew { what: "correlation", found: x.len(), needed: 2 });
    }
    for (what, values) in [("first column", x), ("second column", y)] {
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(MetricError::NotFinite { what, index });
        }
    }
    Ok(())
}
