//! The losses of PVSE over sets of embeddings: limits and laws.

mod common;

use burn::{nn::loss::Reduction, tensor::Tensor};
use common::{Draws, assert_close, autodiff, device, scalar, values};
use halation_core::loss::*;

#[test]
fn bags_of_one_embedding_are_compared_by_their_cosine() {
    let (mut draws, device) = (Draws::new(3), device());
    let (rows, columns) = (draws.tensor::<2>([4, 5], &device), draws.tensor::<2>([3, 5], &device));
    let cosines = values(&HingeSimilarity::Cosine.pairwise(rows.clone(), columns.clone()));
    for form in [BagSimilarity::Max, BagSimilarity::LogSumExp(7.0), BagSimilarity::SmoothChamfer(16.0)] {
        let similarity = form.pairwise(rows.clone().unsqueeze_dim(1), columns.clone().unsqueeze_dim(1));
        assert_close("cosine", &values(&similarity), &cosines, 1e-5);
    }
}

#[test]
fn the_order_of_a_bag_does_not_matter() {
    let (mut draws, device) = (Draws::new(4), device());
    let (rows, columns) = (draws.tensor::<3>([3, 4, 5], &device), draws.tensor::<3>([3, 4, 5], &device));
    for form in [BagSimilarity::Max, BagSimilarity::LogSumExp(7.0), BagSimilarity::SmoothChamfer(16.0)] {
        let there = form.pairwise(rows.clone(), columns.clone());
        let back = form.pairwise(rows.clone().flip([1]), columns.clone().flip([1]));
        assert_close("similarity", &values(&there), &values(&back), 1e-5);
    }
}

#[test]
fn the_smooth_maximum_approaches_the_maximum() {
    let (mut draws, device) = (Draws::new(5), device());
    let (rows, columns) = (draws.tensor::<3>([3, 4, 5], &device), draws.tensor::<3>([3, 4, 5], &device));
    let max = values(&BagSimilarity::Max.pairwise(rows.clone(), columns.clone()));
    for sharpness in [1.0, 10.0, 1000.0] {
        let smooth = values(&BagSimilarity::LogSumExp(sharpness).pairwise(rows.clone(), columns.clone()));
        for (smooth, max) in smooth.iter().zip(&max) {
            assert!((-1e-5..=16f64.ln() / sharpness + 1e-5).contains(&(smooth - max)), "{smooth} of {max}");
        }
    }
}

#[test]
fn diversity_is_zero_for_orthogonal_vectors_and_largest_for_equal_ones() {
    let device = autodiff();
    let orthogonal = Tensor::<3>::from_floats([[[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 1.0]]], &device);
    let single = Draws::new(6).tensor::<3>([4, 1, 5], &device);
    let zero = Tensor::<3>::zeros([2, 3, 4], &device);
    for vectors in [orthogonal, single, zero] {
        let vectors = vectors.require_grad();
        let loss = DiversityLoss.forward(vectors.clone(), Reduction::Mean);
        // A clamped root: 1e-12 over K^2 for the Frobenius norm of nothing.
        assert!(scalar(loss.clone()) <= 1e-12);
        let gradient = values(&vectors.grad(&loss.backward()).unwrap());
        assert!(gradient.iter().all(|&value| value == 0.0), "{gradient:?}");
    }
    // Every off-diagonal entry is 1: sqrt(K (K - 1)) / K^2.
    let equal = DiversityLoss.forward(Tensor::ones([2, 3, 4], &device), Reduction::Mean);
    assert_close("equal", &values(&equal), &[6f64.sqrt() / 9.0], 1e-6);
    let random = DiversityLoss.forward(Draws::new(7).tensor::<3>([2, 3, 4], &device), Reduction::Mean);
    assert!(scalar(random) < scalar(equal));
}

#[test]
fn the_discrepancy_of_a_set_to_itself_is_zero_and_grows_with_a_shift() {
    let device = device();
    let set = Draws::new(8).tensor::<2>([20, 3], &device);
    let loss = MmdLossConfig::new().init().unwrap();
    // The distance of a point to its copy in the other set carries rounding of 1e-3 at most, its kernel 5e-4, one in twenty entries.
    assert_close("itself", &values(&loss.forward(set.clone(), set.clone())), &[0.0], 1e-4);
    let shifted = |by: f64| scalar(loss.forward(set.clone(), set.clone() + by));
    assert!(0.0 < shifted(0.5) && shifted(0.5) < shifted(1.0) && shifted(1.0) < shifted(10.0));
    let other = Draws::new(9).tensor::<2>([7, 3], &device);
    let (there, back) = (loss.forward(set.clone(), other.clone()), loss.forward(other, set));
    assert_close("symmetric, sets of two sizes", &values(&there), &values(&back), 1e-6);
}
