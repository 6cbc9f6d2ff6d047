//! Where the Gumbel locations of a surjection start.

use burn::module::Param;
use burn::tensor::{Int, Tensor, TensorData, s};

use super::{ArgmaxInverse, Surjection, SurjectionMethod};

impl Surjection {
    /// Starts the Gumbel locations at the logarithms of how often each value of each digit occurs in these sequences, whatever the context
    /// (the paper does so with the first batch); values that do not occur count as once. Other methods stay as they are.
    pub fn match_frequencies(mut self, ids: Tensor<2, Int>) -> Self {
        let gumbel = matches!(
            self.method,
            SurjectionMethod::Argmax(ArgmaxInverse::Gumbel) | SurjectionMethod::Argmax(ArgmaxInverse::GumbelThreshold)
        );
        let (width, base) = (self.width(), self.codec.base());
        let Some(network) = self.network.as_mut().filter(|_| gumbel) else { return self };
        let digits = self.codec.encode(ids);
        let [batch, length, count] = digits.dims();
        let values: Vec<i64> = digits.to_data_as::<i64>().try_to_vec().unwrap_or_else(|error| panic!("{error}"));
        let mut counts = vec![0.0_f64; count * base];
        for (place, value) in values.into_iter().enumerate() {
            counts[place % count * base + value as usize] += 1.0;
        }
        let total = (batch * length) as f64;
        let logs: Vec<f32> = counts.iter().map(|seen| (seen.max(1.0) / total.max(1.0)).ln() as f32).collect();

        // The locations are the last block of the projection's outputs.
        let weight = network.projection.weight.val();
        let [inputs, outputs] = weight.dims();
        let device = weight.device();
        let first = outputs - width;
        let zeros = Tensor::zeros([inputs, width], &device);
        let weight = weight.slice_assign([0..inputs, first..outputs], zeros);
        network.projection.weight = Param::from_tensor(weight.detach());
        if let Some(bias) = &mut network.projection.bias {
            let start = Tensor::from_data(TensorData::new(logs, [width]), &device);
            *bias = Param::from_tensor(bias.val().slice_assign(s![first..outputs], start).detach());
        }
        self
    }
}
