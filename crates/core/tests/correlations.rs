//! Correlations beside their definitions over all pairs.

use halation_core::metric::*;
use proptest::prelude::*;

/// Tau-b by looking at every pair.
fn slow_kendall(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mut difference, mut untied_x, mut untied_y) = (0.0, 0.0, 0.0);
    for i in 0..x.len() {
        for j in 0..i {
            let sign = |a: f64, b: f64| if a == b { 0.0 } else { (a - b).signum() };
            let (dx, dy) = (sign(x[i], x[j]), sign(y[i], y[j]));
            difference += dx * dy;
            untied_x += dx * dx;
            untied_y += dy * dy;
        }
    }
    (untied_x * untied_y > 0.0).then(|| difference / (untied_x * untied_y).sqrt())
}

/// 1 + values below + half of the other equals.
fn slow_ranks(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .map(|a| {
            values
                .iter()
                .map(|b| {
                    if b < a {
                        1.0
                    } else if b == a {
                        0.5
                    } else {
                        0.0
                    }
                })
                .sum::<f64>()
                + 0.5
        })
        .collect()
}

proptest! {
    #[test]
    fn kendall_and_spearman_equal_their_definitions_under_ties(
        pairs in prop::collection::vec((-4i8..4, -4i8..4), 2..40),
    ) {
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().map(|&(a, b)| (f64::from(a) * 0.5, f64::from(b) * -0.0 + f64::from(b))).unzip();
        let close = |found: Option<f64>, expected: Option<f64>| match (found, expected) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-12,
            (a, b) => a == b,
        };
        prop_assert!(close(kendall(&x, &y).unwrap(), slow_kendall(&x, &y)));
        prop_assert!(close(spearman(&x, &y).unwrap(), pearson(&slow_ranks(&x), &slow_ranks(&y)).unwrap()));
        prop_assert_eq!(kendall(&x, &y).unwrap(), kendall(&y, &x).unwrap());
    }
}

#[test]
fn any_increasing_function_has_rank_correlation_one() {
    let x: Vec<f64> = (0..50).map(|i| f64::from(i * i % 97)).collect();
    let y: Vec<f64> = x.iter().map(|value| value.exp().ln_1p().sqrt()).collect();
    assert!((spearman(&x, &y).unwrap().unwrap() - 1.0).abs() < 1e-12);
    assert!((kendall(&x, &y).unwrap().unwrap() - 1.0).abs() < 1e-12);
    let negated: Vec<f64> = y.iter().map(|value| -value).collect();
    assert!((kendall(&x, &negated).unwrap().unwrap() + 1.0).abs() < 1e-12);
}

#[test]
fn pearson_of_a_hand_worked_example() {
    // Deviations (-1, 0, 1) and (-1, 1, 0): covariance 1, variances 2 and 2.
    assert!((pearson(&[1.0, 2.0, 3.0], &[2.0, 4.0, 3.0]).unwrap().unwrap() - 0.5).abs() < 1e-15);
}

#[test]
fn a_constant_column_has_no_correlation_and_bad_columns_are_errors() {
    assert_eq!(pearson(&[0.1; 3], &[1.0, 2.0, 3.0]), Ok(None));
    assert_eq!(spearman(&[0.1; 3], &[1.0, 2.0, 3.0]), Ok(None));
    assert_eq!(kendall(&[0.1; 3], &[1.0, 2.0, 3.0]), Ok(None));
    assert!(matches!(pearson(&[1.0], &[1.0]), Err(MetricError::TooFew { .. })));
    assert!(matches!(kendall(&[1.0, 2.0], &[1.0]), Err(MetricError::Shape { .. })));
    assert_eq!(
        spearman(&[1.0, 2.0], &[1.0, f64::NAN]),
        Err(MetricError::NotFinite { what: "second column", index: 1 })
    );
}
