//! Small square matrices on the host, in f64: determinant with inverse, and orthogonal matrices from noise.

/// `log |det|` and the inverse of a row-major `n x n` matrix, by Gauss-Jordan elimination with row pivots; a singular matrix
/// gives negative infinity and numbers that are not finite.
pub(super) fn log_det_and_inverse(matrix: &[f64], n: usize) -> (f64, Vec<f64>) {
    let mut left = matrix.to_vec();
    let mut right = vec![0.0; n * n];
    (0..n).for_each(|i| right[i * n + i] = 1.0);
    let mut log_det = 0.0;
    for column in 0..n {
        let size = |row: usize| left[row * n + column].abs();
        let pivot = (column..n).max_by(|&a, &b| size(a).total_cmp(&size(b))).unwrap_or(column);
        for matrix in [&mut left, &mut right] {
            (0..n).for_each(|j| matrix.swap(column * n + j, pivot * n + j));
        }
        let scale = left[column * n + column];
        log_det += scale.abs().ln();
        for row in (0..n).filter(|&row| row != column) {
            let factor = left[row * n + column] / scale;
            for matrix in [&mut left, &mut right] {
                (0..n).for_each(|j| matrix[row * n + j] -= factor * matrix[column * n + j]);
            }
        }
        for matrix in [&mut left, &mut right] {
            (0..n).for_each(|j| matrix[column * n + j] /= scale);
        }
    }
    (log_det, right)
}

/// An orthogonal matrix from `n * n` draws of N(0, 1): its rows by Gram and Schmidt, which is uniform over such matrices.
pub(super) fn orthogonal(noise: &[f64], n: usize) -> Vec<f64> {
    let mut rows: Vec<Vec<f64>> = noise.chunks(n).take(n).map(<[f64]>::to_vec).collect();
    for i in 0..n {
        let (before, rest) = rows.split_at_mut(i);
        let row = &mut rest[0];
        // The second pass removes what rounding left of the first.
        for other in before.iter().chain(before.iter()) {
            let dot: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(other).for_each(|(a, b)| *a -= dot * b);
        }
        let norm = row.iter().map(|a| a * a).sum::<f64>().sqrt();
        row.iter_mut().for_each(|a| *a /= norm);
    }
    rows.concat()
}

/// Draws of N(0, 1) that depend on the seed alone (splitmix64, then Box and Muller).
pub(super) fn normal_noise(seed: u64, count: usize) -> Vec<f64> {
    let uniform = |index: u64| {
        let mut z =
            seed.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add((index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    (0..count as u64)
        .map(|i| (-2.0 * uniform(2 * i).ln()).sqrt() * (std::f64::consts::TAU * uniform(2 * i + 1)).cos())
        .collect()
}
