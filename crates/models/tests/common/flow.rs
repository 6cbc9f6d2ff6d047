//! What the tests of flows share: Jacobians by differences, determinants, and the layers with hashed weights.

use burn::tensor::{Tensor, TensorData};
use halation_models::flow::Flow;

use super::values;

/// Step of the five-point differences. For smooth maps their error h^4 and the rounding 1e-7 / h are both near 1e-5; the
/// networks of image flows (rank 4) have kinks, and a shorter step meets fewer of them.
const fn step(rank: usize) -> f64 {
    if rank == 4 { 0.004 } else { 0.03 }
}

/// The Jacobian of one item by five-point central differences, row-major, output first.
pub fn jacobian<const D: usize>(map: impl Fn(Tensor<D>) -> Tensor<D>, item: Tensor<D>) -> Vec<f64> {
    let shape = item.dims();
    assert_eq!(shape[0], 1, "one item");
    let device = item.device();
    let at: Vec<f64> = values(item).into_iter().map(f64::from).collect();
    let n = at.len();
    let offsets = [-2.0, -1.0, 1.0, 2.0];
    let mut points = Vec::with_capacity(4 * n * n);
    let mut steps = Vec::new(); // as f32 sees them
    for i in 0..n {
        for offset in offsets {
            let mut point: Vec<f32> = at.iter().map(|&x| x as f32).collect();
            point[i] = (at[i] + offset * step(D)) as f32;
            steps.push(f64::from(point[i]) - at[i]);
            points.extend(point);
        }
    }
    let mut batch = shape;
    batch[0] = 4 * n;
    let found = values(map(Tensor::from_data(TensorData::new(points, batch), &device)));
    let mut jacobian = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            let y = |k: usize| f64::from(found[(4 * i + k) * n + j]);
            let (near, far) = (steps[4 * i + 2] - steps[4 * i + 1], steps[4 * i + 3] - steps[4 * i]);
            jacobian[j * n + i] = (4.0 * (y(2) - y(1)) / near - (y(3) - y(0)) / far) / 3.0;
        }
    }
    jacobian
}

/// `log |det|` by Gaussian elimination.
pub fn log_abs_det(matrix: &[f64], n: usize) -> f64 {
    let mut rows: Vec<Vec<f64>> = matrix.chunks(n).map(<[f64]>::to_vec).collect();
    let mut log_det = 0.0;
    for column in 0..n {
        let pivot = (column..n).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs())).unwrap();
        rows.swap(column, pivot);
        log_det += rows[column][column].abs().ln();
        for row in column + 1..n {
            let factor = rows[row][column] / rows[column][column];
            for j in column..n {
                rows[row][j] -= factor * rows[column][j];
            }
        }
    }
    log_det
}

/// `inverse(forward(x)) = x`, the two log-determinants sum to zero, and that of the first item is the one of its Jacobian.
#[track_caller]
pub fn assert_bijection<const D: usize, F: Flow<D>>(name: &str, flow: &F, x: Tensor<D>, bound: f32) {
    let (z, log_det) = flow.forward(x.clone());
    let (back, inverse_log_det) = flow.inverse(z.clone());
    assert_eq!(back.dims(), x.dims(), "{name}: shape");
    assert_eq!(log_det.dims(), [x.dims()[0]], "{name}: shape of the log-determinant");
    let (log_det, inverse_log_det) = (values(log_det), values(inverse_log_det));
    for (found, expected) in values(back).iter().zip(values(x.clone())) {
        assert!((found - expected).abs() < bound, "{name}: {expected} came back as {found}");
    }
    for (forward, inverse) in log_det.iter().zip(&inverse_log_det) {
        assert!((forward + inverse).abs() < 10.0 * bound, "{name}: log-determinants {forward} and {inverse}");
    }
    let item = x.narrow(0, 0, 1);
    let n = item.dims().iter().product();
    let expected = log_abs_det(&jacobian(|x| flow.forward(x).0, item), n);
    // Differences of n numbers, each with a relative error near 1e-5.
    assert!(
        (f64::from(log_det[0]) - expected).abs() < 2e-3,
        "{name}: log-determinant {}, of the Jacobian {expected}",
        log_det[0]
    );
}
