//! The inverses of the argmax as functions: goldens of the specification, and their laws over one table of all of them.

mod common;

use burn::tensor::{Int, Tensor, TensorData};
use common::{device, uniform, values};
use halation_core::bound::ElboAccumulator;
use halation_core::dist::Gumbel;
use halation_core::unit::Nats;
use halation_models::flow::argmax::*;

fn rows<const N: usize>(entries: [f32; N]) -> Tensor<2> {
    Tensor::from_data(TensorData::new(entries.to_vec(), [1, N]), &device())
}

fn class(id: i64) -> Tensor<2, Int> {
    Tensor::from_ints([[id]], &device())
}

#[track_caller]
fn close(what: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= tolerance, "{what}: {found} instead of {expected}, off by {error:e}");
    }
}

fn total(terms: Tensor<2>) -> f64 {
    values(terms).into_iter().map(f64::from).sum()
}

#[test]
fn the_softplus_threshold_has_the_values_of_the_specification() {
    let (v, log_volume) = softplus_threshold(class(0), rows([0.5, -1.0, 2.0]));
    close("v", &values(v), &[0.5, -1.20141328, 0.29858672], 1e-6);
    assert!((total(log_volume) + 1.9028265560).abs() < 1e-6);
}

#[test]
fn gumbel_noise_has_the_values_of_the_specification_and_the_identity_of_its_golden() {
    let phi = rows([0.0, 1.0, -1.0]);
    let (v, terms) = gumbel_argmax(class(1), phi.clone(), rows([0.2, 0.5, 0.9]));
    close("v", &values(v.clone()), &[-0.57609118, 1.77411889, 0.78519136], 1e-6);
    assert!((total(terms.clone()) + 3.9835587098).abs() < 2e-6);
    let log_weight = total(Gumbel::new(phi).log_prob(v)) - total(terms);
    assert!((log_weight + 0.4076059644).abs() < 2e-6, "{log_weight}");
}

#[test]
fn a_gumbel_threshold_of_the_same_uniforms_is_the_gumbel_form_times_their_density() {
    let (phi, y) = (rows([0.0, 1.0, -1.0]), rows([-1.3, 0.2, 2.5]));
    let u = burn::tensor::activation::sigmoid(y.clone());
    let (v, terms) = gumbel_argmax(class(2), phi.clone(), u.clone());
    let (v_of_y, terms_of_y) = gumbel_threshold(class(2), phi, y);
    close("v", &values(v_of_y), &values(v).into_iter().map(f64::from).collect::<Vec<_>>(), 2e-6);
    let log_slope = total((u.clone() * (-u + 1.0)).log());
    assert!((total(terms_of_y) - (total(terms) - log_slope)).abs() < 5e-6);
}

#[test]
fn the_sign_encoder_has_the_values_of_the_specification() {
    let bits = Tensor::<2, Int>::from_ints([[1, 0]], &device());
    let (v, log_volume) = sign_softplus(bits, rows([0.3, -0.7]));
    close("v", &values(v), &[0.85435524, -0.40318605], 1e-6);
    assert!((total(log_volume) + 1.6575412934).abs() < 1e-6);
}

/// Every way to bend noise, as one function: classes `[N, 1]`, locations and noise `[N, M]` to points and the terms of `ln q` but for the
/// noise's own.
type Bend = fn(Tensor<2, Int>, Tensor<2>, Tensor<2>) -> (Tensor<2>, Tensor<2>);

const TABLE: [(&str, NoiseLaw, Bend); 5] = [
    ("softplus threshold", NoiseLaw::Normal, |classes, _, u| {
        let (v, log_volume) = softplus_threshold(classes, u);
        (v, -log_volume)
    }),
    ("gumbel", NoiseLaw::Uniform, gumbel_argmax),
    ("gumbel threshold", NoiseLaw::Normal, gumbel_threshold),
    ("variational dequantization", NoiseLaw::Normal, |classes, _, y| {
        let (v, log_volume) = dequantize_sigmoid(classes, y);
        (v, -log_volume)
    }),
    ("uniform dequantization", NoiseLaw::Uniform, |classes, _, u| {
        let v = dequantize(classes, u);
        (v.clone(), v.zeros_like())
    }),
];

/// Numbers in [-50, 50], a fifth of them at the ends.
fn extreme(name: &str, count: usize) -> Vec<f32> {
    uniform(name, count).into_iter().map(|u| ((u - 0.5) * 125.0).clamp(-50.0, 50.0) as f32).collect()
}

#[test]
fn the_argmax_of_what_was_drawn_is_the_class_also_at_the_far_ends_and_nothing_is_nan() {
    let device = device().autodiff();
    for classes in [2_usize, 8, 27] {
        let count = 200_000 / classes;
        let shape = [count, classes];
        let ids: Vec<i64> = (0..count).map(|row| (row % classes) as i64).collect();
        let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, [count, 1]), &device);
        let tensor = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, shape), &device).require_grad();
        for (name, kind, bend) in TABLE {
            let locations = tensor(extreme(&format!("{name}.phi"), count * classes));
            let noise = tensor(match kind {
                NoiseLaw::Normal => extreme(name, count * classes),
                // The grid of f32 generators, and both of its ends often.
                NoiseLaw::Uniform => uniform(name, count * classes)
                    .into_iter()
                    .map(|u| ((u - 0.1) * 1.25).clamp(0.0, 1.0 - 2.0_f64.powi(-24)) as f32)
                    .collect(),
            });
            let (v, terms) = bend(ids.clone(), locations.clone(), noise.clone());
            let wrong = v.clone().argmax(1).not_equal(ids.clone()).int().sum().into_scalar::<i64>();
            assert_eq!(wrong, 0, "{name}, {classes} classes: argmax v is another class");
            // No tie either: whatever comes first in a tie would win.
            let from_behind = v.clone().flip([1]).argmax(1) + ids.clone();
            let elsewhere = from_behind.not_equal_elem(classes as i64 - 1).int().sum().into_scalar::<i64>();
            assert_eq!(elsewhere, 0, "{name}, {classes} classes: a tie");

            let gradients = (v.clone() + terms.clone()).sum().backward();
            let mut all = vec![v, terms];
            all.extend([locations.grad(&gradients), noise.grad(&gradients)].into_iter().flatten());
            for tensor in all {
                assert!(values(tensor).iter().all(|x| x.is_finite()), "{name}, {classes} classes");
            }
        }
    }
}

#[test]
fn a_sign_is_its_bit_also_at_the_far_ends() {
    let device = device().autodiff();
    let u = extreme("sign", 20_000).into_iter().chain([-300.0, -300.0, 300.0, 300.0]).collect::<Vec<_>>();
    let count = u.len();
    let u = Tensor::<1>::from_floats(u.as_slice(), &device).require_grad();
    let bits = Tensor::<1, Int>::arange(0..count as i64, &device).remainder_scalar(2);
    let (v, terms) = sign_softplus(bits.clone(), u.clone());
    assert_eq!(v.clone().greater_elem(0.0).int().into_data(), bits.into_data());
    let gradients = (v + terms.clone()).sum().backward();
    assert!(values(terms).iter().chain(&values(u.grad(&gradients).unwrap())).all(|x| x.is_finite()));
}

/// `ln |det|` of a square matrix, by elimination with pivots.
fn log_det(mut matrix: Vec<Vec<f64>>) -> f64 {
    let size = matrix.len();
    let mut sum = 0.0;
    for column in 0..size {
        let pivot =
            (column..size).max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs())).unwrap();
        matrix.swap(column, pivot);
        sum += matrix[column][column].abs().ln();
        for row in column + 1..size {
            let factor = matrix[row][column] / matrix[column][column];
            for k in column..size {
                matrix[row][k] -= factor * matrix[column][k];
            }
        }
    }
    sum
}

#[test]
fn the_log_density_is_that_of_the_noise_less_the_log_jacobian_of_the_map() {
    let device = device().autodiff();
    for (name, kind, bend) in TABLE {
        for id in 0..4 {
            let noise: Vec<f32> = match kind {
                NoiseLaw::Normal => vec![0.4, -1.3, 0.9, 0.1],
                NoiseLaw::Uniform => vec![0.3, 0.55, 0.8, 0.2],
            };
            let noise = Tensor::<2>::from_data(TensorData::new(noise, [1, 4]), &device).require_grad();
            let phi = Tensor::<2>::from_floats([[0.5, -0.3, 1.1, 0.0]], &device);
            let run = || bend(Tensor::from_ints([[id]], &device), phi.clone(), noise.clone());
            let jacobian = (0..4).map(|k| {
                let gradients = run().0.narrow(1, k, 1).sum().backward();
                values(noise.grad(&gradients).unwrap()).into_iter().map(f64::from).collect()
            });
            let (expected, found) = (-log_det(jacobian.collect()), total(run().1));
            assert!((found - expected).abs() < 1e-5, "{name}, class {id}: {found} instead of {expected}");
        }
    }
    let u = Tensor::<2>::from_floats([[0.3, -0.7, 2.0]], &device).require_grad();
    let (v, log_volume) = sign_softplus(Tensor::<2, Int>::from_ints([[1, 0, 1]], &device), u.clone());
    let slopes = values(u.grad(&v.sum().backward()).unwrap());
    let expected: Vec<f64> = slopes.iter().map(|slope| f64::from(slope.abs().ln())).collect();
    close("sign", &values(log_volume), &expected, 1e-6);
}

/// The noise that lands on `v`, in closed form and f64.
fn noise_of(name: &str, x: usize, phi: &[f64], v: &[f64]) -> Vec<f64> {
    let top = phi.iter().map(|p| p.exp()).sum::<f64>().ln();
    (0..v.len())
        .map(|k| match name {
            "softplus threshold" if k == x => v[x],
            "softplus threshold" => {
                let gap = v[x] - v[k];
                v[x] - (gap + (-(-gap).exp()).ln_1p())
            }
            _ => {
                let minus_log_u =
                    if k == x { (top - v[x]).exp() } else { (phi[k] - v[k]).exp() - (phi[k] - v[x]).exp() };
                match name {
                    "gumbel" => (-minus_log_u).exp(),
                    // y = logit u
                    _ => -minus_log_u.exp_m1().ln(),
                }
            }
        })
        .collect()
}

/// `int q(v | x) dv` over all `v` whose largest coordinate is `x`, by a grid over the largest and the logarithms of the gaps below it.
fn mass(name: &str, kind: NoiseLaw, bend: Bend, x: usize, phi: &[f64]) -> f64 {
    let classes = phi.len();
    let (tops, gaps, step_top, step_gap) = (80_i32, 60_i32, 0.25, 0.3);
    let mut points = Vec::new();
    let mut weights = Vec::new();
    for cell in 0..tops * gaps.pow(classes as u32 - 1) {
        let mut rest = cell;
        let mut next = |count: i32| {
            let digit = rest % count;
            rest /= count;
            f64::from(digit) + 0.5
        };
        let top = next(tops) * step_top - 8.0;
        let mut v = vec![top; classes];
        let mut weight = step_top;
        for k in (0..classes).filter(|&k| k != x) {
            let log_gap = next(gaps) * step_gap - 14.0;
            v[k] -= log_gap.exp();
            weight *= step_gap * log_gap.exp();
        }
        let noise = noise_of(name, x, phi, &v);
        let density: f64 = match kind {
            NoiseLaw::Normal => noise.iter().map(|u| (-0.5 * u * u).exp() / std::f64::consts::TAU.sqrt()).product(),
            NoiseLaw::Uniform => 1.0,
        };
        // Cells that hold nothing in f32: the uniform is zero or one there, or the normal is far out.
        if noise.iter().all(|u| u.is_finite() && u.abs() < 50.0)
            && (kind == NoiseLaw::Normal || noise.iter().all(|u| *u > 1e-30))
        {
            points.extend(noise.iter().map(|&u| u as f32));
            weights.push(weight * density);
        }
    }
    let count = weights.len();
    let tensor = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [count, classes]), &device());
    let phi = phi.iter().map(|&p| p as f32).collect::<Vec<_>>().repeat(count);
    let ids = Tensor::<2, Int>::full([count, 1], x as i64, &device());
    let (_, terms) = bend(ids, tensor(phi), tensor(points));
    let terms = values(terms);
    terms
        .chunks(classes)
        .zip(&weights)
        .map(|(terms, w)| w * terms.iter().map(|t| f64::from(*t)).sum::<f64>().exp())
        .sum()
}

#[test]
fn the_density_of_each_inverse_integrates_to_one_over_the_points_of_its_class() {
    for (name, kind, bend) in TABLE.into_iter().take(3) {
        for (x, phi) in [(0, vec![0.0, 0.7]), (1, vec![0.5, -0.5]), (2, vec![0.0, 0.4, -0.4])] {
            let found = mass(name, kind, bend, x, &phi);
            // Uniforms next to one have few digits in f32, which moves the far Gumbel tail; the grid alone is good to 1e-5.
            assert!((found - 1.0).abs() < 2e-3, "{name}, class {x}, {phi:?}: mass {found}");
        }
    }
}

#[test]
fn against_the_same_gumbel_density_every_draw_weighs_the_softmax() {
    let (count, classes) = (4000, 5);
    let phi = [0.3_f32, -1.2, 2.0, 0.0, -0.4];
    let shape = [count, classes];
    let locations = Tensor::<2>::from_data(TensorData::new(phi.repeat(count), shape), &device());
    let drawn = uniform("identity", count * classes).into_iter().map(|u| u as f32).collect::<Vec<_>>();
    let u = Tensor::<2>::from_data(TensorData::new(drawn, shape), &device());
    let ids: Vec<i64> = (0..count).map(|row| (row % classes) as i64).collect();
    let id_tensor = Tensor::<2, Int>::from_data(TensorData::new(ids.clone(), [count, 1]), &device());
    let (v, terms) = gumbel_argmax(id_tensor, locations.clone(), u);
    let log_weights = values((Gumbel::new(locations).log_prob(v) - terms).sum_dim(1));
    let total: f64 = phi.iter().map(|p| f64::from(*p).exp()).sum();
    for (log_weight, id) in log_weights.iter().zip(ids) {
        let expected = f64::from(phi[id as usize]) - total.ln();
        // Zero variance: what is left is rounding of e^(phi - v), up to 17 in the far tail.
        assert!((f64::from(*log_weight) - expected).abs() < 5e-5, "{log_weight} instead of {expected}");
    }
}

#[test]
fn a_sign_under_a_normal_density_has_the_known_elbo() {
    // Quadrature over u ~ N(0, 1), p(v) = N(0, 1), x = 1: the exact log2 P(x) is -1.
    let (count, step) = (4000, 5e-3);
    let nodes: Vec<f32> = (0..count).map(|i| (-10.0 + step * (f64::from(i) + 0.5)) as f32).collect();
    let u = Tensor::<1>::from_floats(nodes.as_slice(), &device());
    let (v, log_volume) = sign_softplus(Tensor::<1, Int>::ones([count as usize], &device()), u.clone());
    let log_weights = values((u.square() - v.square()) * 0.5 + log_volume); // both normalisers cancel
    let density = |u: f64| (-0.5 * u * u).exp() / std::f64::consts::TAU.sqrt();
    let elbo: f64 = nodes.iter().zip(&log_weights).map(|(u, w)| density(f64::from(*u)) * step * f64::from(*w)).sum();
    let mut bound = ElboAccumulator::new();
    bound.update(&[elbo], 1).unwrap();
    assert!((Nats(elbo).bits().value() + 1.1060885181).abs() < 1e-6);
    assert!((bound.bits_per_element().value() - 1.1060885181).abs() < 1e-6);
}
