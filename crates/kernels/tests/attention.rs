//! Attention.

mod common;

use burn::tensor::{Bool, Device, Tensor, TensorData};
use common::assert_like_f64;
use halation_kernels::attention;

#[test]
fn attention_and_its_gradients_are_those_of_burn_in_f64() {
    for [batch, heads, length, keys, width] in
        [[1, 1, 1, 1, 1], [2, 3, 5, 7, 4], [1, 2, 9, 3, 2], [1, 2, 9, 9, 2], [2, 2, 64, 64, 16]]
    {
        for causal in [false, true].into_iter().filter(|causal| !causal || length == keys) {
            for masked in [false, true] {
                let sizes = [length * width, keys * width, keys * width].map(|size| (batch * heads * size, 2.0));
                assert_like_f64("attention", &sizes, 4e-6, |inputs| {
                    let [q, k, v] = [(0, length), (1, keys), (2, keys)]
                        .map(|(input, rows)| inputs[input].clone().reshape([batch, heads, rows, width]));
                    let device = q.device().without_autodiff();
                    let flags =
                        (0..batch * heads * length * keys).map(|n| n % keys != 0 && n % 3 == 0).collect::<Vec<_>>();
                    let hidden = TensorData::new(flags, [batch, heads, length, keys]);
                    let hidden = masked.then(|| Tensor::<4, Bool>::from_data(hidden, &device));
                    attention(q, k, v, hidden, causal).flatten(0, 3)
                });
            }
        }
    }
}

#[test]
#[should_panic(expected = "keys are")]
fn keys_of_other_heads_are_refused() {
    let zeros = |shape| Tensor::<4>::zeros(shape, &Device::default());
    attention(zeros([1, 2, 3, 4]), zeros([1, 1, 3, 4]), zeros([1, 1, 3, 4]), None, false);
}

#[test]
fn a_query_without_a_key_reads_zeros_and_gives_no_gradient() {
    let device = Device::default().autodiff();
    let ones = || Tensor::<4>::ones([1, 1, 2, 3], &device).require_grad();
    let (query, key, value) = (ones(), ones(), ones());
    let hidden = TensorData::new(vec![true, true, false, true], [1, 1, 2, 2]);
    let hidden = Tensor::<4, Bool>::from_data(hidden, &device.clone().without_autodiff());
    let read = attention(query.clone(), key, value.clone(), Some(hidden), false);
    let gradients = read.clone().sum().backward();
    assert_eq!(read.into_data().try_to_vec::<f32>().unwrap(), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    let of = |input: Tensor<4>| input.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap();
    assert_eq!(of(query), [0.0; 6]);
    assert_eq!(of(value), [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
}
