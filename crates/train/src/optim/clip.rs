//! Gradient clipping by the norm of all gradients together.
//!
//! Burn 0.22.1 clips by norm per parameter (`burn_optim::grad_clipping`), which changes the direction of the step.

use std::collections::HashSet;

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::NotFiniteGradient;

/// Scales all gradients of `model` by `min(1, max_norm / (norm + 1e-6))`, where `norm` is the L2 norm of all their entries.
///
/// The rule of PyTorch's `clip_grad_norm_`. Returns the gradients and the norm before clipping; with
/// `f64::INFINITY` it only measures. Parameters without a gradient (frozen, unused) do not count, tied ones count once.
/// The norms are read from the device in one go.
///
/// # Errors
/// [`NotFiniteGradient`] with the first parameter whose gradient holds NaN or an infinity (or overflows when squared).
pub fn clip_global_norm<M: Module>(
    model: &M,
    grads: GradientsParams,
    max_norm: f64,
) -> Result<(GradientsParams, f64), NotFiniteGradient> {
    let mut squares =
        Squares { grads: &grads, path: Vec::new(), seen: HashSet::new(), names: Vec::new(), sums: Vec::new() };
    model.visit(&mut squares);
    let Squares { names, sums, .. } = squares;
    if sums.is_empty() {
        return Ok((grads, 0.0));
    }
    let sums: Vec<f64> = Tensor::cat(sums, 0).into_data().iter::<f64>().collect(); // [parameters]
    if let Some(index) = sums.iter().position(|sum| !sum.is_finite()) {
        return Err(NotFiniteGradient { parameter: names[index].clone() });
    }
    let norm = sums.iter().sum::<f64>().sqrt();
    let factor = max_norm / (norm + 1e-6);
    if factor >= 1.0 {
        return Ok((grads, norm));
    }
    let mut scale = Scale { grads, scaled: GradientsParams::new(), factor };
    model.visit(&mut scale);
    Ok((scale.scaled, norm))
}

/// Sums the squares of every gradient, with its parameter's path.
struct Squares<'a> {
    grads: &'a GradientsParams,
    path: Vec<String>,
    seen: HashSet<ParamId>,
    names: Vec<String>,
    sums: Vec<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !self.seen.insert(param.id) {
            return;
        }
        if let Some(grad) = self.grads.get::<D>(param.id) {
            self.names.push(self.path.join("."));
            self.sums.push(grad.square().sum());
        }
    }
}

/// Moves every gradient over, scaled.
struct Scale {
    grads: GradientsParams,
    scaled: GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scale {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = self.grads.remove::<D>(param.id) {
            self.scaled.register(param.id, grad.mul_scalar(self.factor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Param;
    use burn::tensor::{Device, TensorData};

    #[derive(Module, Debug)]
    struct Two {
        a: Param<Tensor<1>>,
        b: Param<Tensor<2>>,
        unused: Param<Tensor<1>>,
    }

    /// The gradient of a.x + sum(b * y) is exactly x and y.
    fn grads(x: [f32; 1], y: [[f32; 2]; 2]) -> (Two, GradientsParams) {
        let device = Device::flex().autodiff();
        let two = Two {
            a: Param::from_data([1.0], &device),
            b: Param::from_data([[1.0, 2.0], [3.0, 4.0]], &device),
            unused: Param::from_data([1.0, 1.0], &device),
        };
        let loss = (two.a.val() * Tensor::<1>::from_floats(x, &device)).sum()
            + (two.b.val() * Tensor::<2>::from_floats(y, &device)).sum();
        let grads = GradientsParams::from_grads(loss.backward(), &two);
        (two, grads)
    }

    fn values<const D: usize>(grads: &GradientsParams, param: &Param<Tensor<D>>) -> Vec<f32> {
        grads.get::<D>(param.id).unwrap().into_data().try_to_vec().unwrap()
    }

    #[test]
    fn the_norm_is_that_of_all_gradients_together_and_the_direction_stays() {
        // 3 and 4 in different parameters: norm 5. Clipped at 1, one factor for both: 0.6 and 0.8.
        let (two, grads) = grads([3.0], [[4.0, 0.0], [0.0, 0.0]]);
        let (clipped, norm) = clip_global_norm(&two, grads, 1.0).unwrap();
        assert_eq!(norm, 5.0);
        let factor = 1.0 / (5.0 + 1e-6);
        for (value, expected) in
            [(values(&clipped, &two.a)[0], 3.0 * factor), (values(&clipped, &two.b)[0], 4.0 * factor)]
        {
            // One rounding of a product in f32.
            assert!((f64::from(value) - expected).abs() < 1e-7, "{value} {expected}");
        }
        assert!(clipped.get::<1>(two.unused.id).is_none());
    }

    #[test]
    fn gradients_within_the_norm_are_not_touched() {
        let (two, grads) = grads([3.0], [[4.0, 0.0], [0.0, 0.0]]);
        let (same, norm) = clip_global_norm(&two, grads, 6.0).unwrap();
        assert_eq!((norm, values(&same, &two.a), values(&same, &two.b)), (5.0, vec![3.0], vec![4.0, 0.0, 0.0, 0.0]));
    }

    #[test]
    fn a_gradient_that_is_not_finite_is_named() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let (two, grads) = grads([3.0], [[0.0, bad], [0.0, 0.0]]);
            let error = clip_global_norm(&two, grads, f64::INFINITY).unwrap_err();
            assert_eq!(error, NotFiniteGradient { parameter: "b".to_owned() });
        }
    }

    #[test]
    fn a_module_without_gradients_has_norm_zero() {
        let (two, _) = grads([3.0], [[0.0; 2]; 2]);
        let (none, norm) = clip_global_norm(&two, GradientsParams::new(), 1.0).unwrap();
        assert_eq!((none.len(), norm), (0, 0.0));
        assert_eq!(two.a.val().into_data(), TensorData::from([1.0_f32]));
    }
}
