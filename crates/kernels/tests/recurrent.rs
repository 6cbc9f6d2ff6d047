//! The recurrences.

mod common;

use common::assert_like_f64;
use halation_kernels::{gru, lstm};

#[test]
fn an_lstm_and_its_gradients_are_those_of_its_parts() {
    for [directions, length, batch, hidden] in [[1, 1, 1, 1], [1, 5, 3, 4], [2, 1, 2, 3], [2, 6, 3, 5], [2, 3, 40, 128]]
    {
        let states = directions * length * batch * hidden;
        let inputs = [(4 * states, 2.0), (directions * 4 * hidden * hidden, 1.0 / (hidden as f64).sqrt())];
        assert_like_f64("lstm", &inputs, 2e-6, |inputs| {
            let gates = inputs[0].clone().reshape([directions, length, batch, 4 * hidden]);
            lstm(gates, inputs[1].clone().reshape([directions, 4 * hidden, hidden])).flatten(0, 3)
        });
    }
}

#[test]
fn a_gru_and_its_gradients_are_those_of_its_parts() {
    for (running, hidden) in [(vec![1], 1), (vec![3, 3, 2, 1], 4), (vec![2, 2, 2], 3), (vec![70, 41, 41, 5], 128)] {
        let states = running.iter().sum::<usize>() * hidden;
        let inputs = [(3 * states, 2.0), (3 * hidden * hidden, 1.0 / (hidden as f64).sqrt()), (3 * hidden, 1.0)];
        assert_like_f64("gru", &inputs, 2e-6, |inputs| {
            let gates = inputs[0].clone().reshape([states / hidden, 3 * hidden]);
            let recurrent = inputs[1].clone().reshape([3 * hidden, hidden]);
            gru(gates, recurrent, inputs[2].clone(), &running).flatten(0, 1)
        });
    }
}

#[test]
#[should_panic(expected = "never grow")]
fn a_gru_refuses_sequences_that_begin_late() {
    let device = burn::tensor::Device::default();
    let zeros = |shape| burn::tensor::Tensor::<2>::zeros(shape, &device);
    gru(zeros([3, 3]), zeros([3, 1]), burn::tensor::Tensor::zeros([3], &device), &[1, 2]);
}
