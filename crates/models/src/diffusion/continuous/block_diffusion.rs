//! Masked diffusion inside blocks, autoregression over them.

use burn::tensor::{Device, Int, Tensor};
use halation_kernels::log_softmax;

use super::numeric::repeat_each;
use super::sample::{Canvas, Decoding, Predictor, Sampler, upload_tokens};
use super::{BlockDenoiser, BlockMask, ContinuousBound, Corruption, Masked, NoiseKind, Uniforms};
use crate::ModelError;
use crate::diffusion::tensors::{at_class, sum_positions, upload};
use crate::head::config_error;

/// Block diffusion (BD3-LM, Arriola et al., 2025): `ln p(x) = sum_b ln p(x^b | x^{<b})`, each block a [`Masked`] diffusion with a noise
/// level of its own.
///
/// One block for the whole sequence is masked diffusion; blocks of one symbol have the likelihood of an autoregressive model, in
/// expectation over the masks. The length of a sequence must be a multiple of the block's.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockDiffusion {
    /// The diffusion inside a block.
    pub masked: Masked,
    /// Positions `L'` of a block.
    pub block: usize,
    /// Range of the noise levels in training: level `t` becomes `low + (high - low) t`, which lowers the variance of the gradient. The
    /// bound is always over all levels.
    pub clip: Option<[f64; 2]>,
}

impl BlockDiffusion {
    /// Diffusion in blocks of `block` symbols.
    ///
    /// # Errors
    /// [`ModelError::Config`] for an empty block.
    pub fn new(masked: Masked, block: usize) -> Result<Self, ModelError> {
        if block == 0 {
            config_error("BlockDiffusion", "block", 0, "a block needs at least one position")?;
        }
        Ok(Self { masked, block, clip: None })
    }

    /// The same with training levels from `low` to `high` (published for linear masks: 0.45 to 0.95 in blocks of 4, 0.3 to 0.8 of 16).
    ///
    /// # Errors
    /// [`ModelError::Config`] unless `0 <= low < high <= 1`.
    pub fn with_clip(self, low: f64, high: f64) -> Result<Self, ModelError> {
        if !(0.0 <= low && low < high && high <= 1.0) {
            config_error("BlockDiffusion", "clip", format!("{low}, {high}"), "0 <= low < high <= 1 must hold")?;
        }
        Ok(Self { clip: Some([low, high]), ..self })
    }

    /// The range with the smallest variance of the loss, for a search over ranges on held-out data.
    ///
    /// # Shapes
    /// * `trials`: each range with the losses of many sequences at levels drawn from it; those with less than two are passed over
    pub fn steadiest_clip(trials: &[([f64; 2], Vec<f64>)]) -> Option<[f64; 2]> {
        let variance = |losses: &[f64]| {
            let mean = losses.iter().sum::<f64>() / losses.len() as f64;
            losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / (losses.len() - 1) as f64
        };
        let usable = trials.iter().filter(|(_, losses)| losses.len() > 1);
        usable.min_by(|a, b| variance(&a.1).total_cmp(&variance(&b.1))).map(|(clip, _)| *clip)
    }

    /// Samples block by block with a sampler of masked diffusion.
    ///
    /// With `end`, sampling stops when every sequence has that symbol, and each is cut behind its first one.
    ///
    /// # Shapes
    /// * `canvas`: `[B, L]`; given symbols stay
    /// * returns: `B` sequences of `L` classes, or fewer with `end`
    ///
    /// # Panics
    /// If `L` is no multiple of the block, or the sampler is not one of masked diffusion.
    #[allow(clippy::too_many_arguments)] // what to sample, how, and from what
    pub fn sample(
        &self,
        denoiser: &dyn BlockDenoiser,
        sampler: &dyn Sampler,
        canvas: &Canvas,
        decoding: Decoding,
        end: Option<usize>,
        device: &Device,
        uniforms: Uniforms<'_>,
    ) -> Vec<Vec<usize>> {
        let [batch, length] = canvas.dims();
        let blocks = self.levels(length);
        let mut context: Vec<Vec<usize>> = vec![Vec::new(); batch];
        for block in 0..blocks {
            let first = block * self.block;
            let mask = BlockMask { length: first + self.block, block: self.block }.bias(device);
            let done = &context;
            let network = move |noisy: &[Vec<usize>], time: &[f64], rows: &[usize]| {
                let whole = noisy.iter().zip(rows).map(|(noisy, &row)| [&done[row][..], noisy].concat());
                // Neither the clean half of this block nor the noisy half of earlier ones is seen by it.
                let twice: Vec<Vec<usize>> = whole.map(|tokens| [&tokens[..], &tokens].concat()).collect();
                let time = upload(repeat_each(time, first + self.block), [rows.len(), first + self.block], device);
                let logits = denoiser.block_logits(upload_tokens(&twice, device), mask.clone(), time);
                logits.narrow(1, first, self.block)
            };
            let mut predictor = Predictor::with_network(Box::new(network), self.masked.classes)
                .with_decoding(decoding)
                .with_time_free(self.masked.time_free);
            let sampled = sampler.sample(&mut predictor, &canvas.narrow(first, self.block), &mut *uniforms);
            drop(predictor); // it borrows the context
            context.iter_mut().zip(sampled).for_each(|(row, block)| row.extend(block));
            if end.is_some_and(|end| context.iter().all(|row| row.contains(&end))) {
                break;
            }
        }
        if let Some(end) = end {
            for row in &mut context {
                let length = row.iter().position(|&token| token == end).map_or(row.len(), |at| at + 1);
                row.truncate(length);
            }
        }
        context
    }
}

impl<'n> ContinuousBound<dyn BlockDenoiser + 'n> for BlockDiffusion {
    fn classes(&self) -> usize {
        self.masked.classes
    }

    fn input_codes(&self) -> usize {
        NoiseKind::Mask.input_codes(self.masked.classes)
    }

    /// One for each block.
    ///
    /// # Panics
    /// If the length is no multiple of the block.
    fn levels(&self, length: usize) -> usize {
        assert!(length.is_multiple_of(self.block), "{length} positions do not fill blocks of {}", self.block);
        length / self.block
    }

    fn loss(&self, denoiser: &(dyn BlockDenoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        let shape @ [batch, length] = x0.dims();
        assert_eq!(t.len(), batch * self.levels(length), "one noise level for each block");
        let device = x0.device();
        let schedule = &self.masked.schedule;
        let levels: Vec<f64> = t.iter().map(|&t| self.masked.level(t)).collect();
        let alpha: Vec<f64> = levels.iter().map(|&t| schedule.alpha(t)).collect();
        let alpha = repeat_each(&alpha, self.block);
        let noise = Corruption::draw(NoiseKind::Mask, self.masked.classes, &alpha, uniforms, shape);
        let told = if self.masked.time_free { vec![0.0; levels.len()] } else { levels.clone() };
        let told = upload(repeat_each(&told, self.block), shape, &device);

        let tokens = Tensor::cat(vec![noise.apply(x0.clone()), x0.clone()], 1); // [B, 2 L]
        let bias = BlockMask { length, block: self.block }.bias(&device);
        let log_p = at_class(log_softmax(denoiser.block_logits(tokens, bias, told), 2), x0); // [B, L]
        let weights: Vec<f64> = levels.iter().map(|&t| -self.masked.weight(t)).collect();
        let weighted = log_p * upload(repeat_each(&weights, self.block), shape, &device);
        let ends = NoiseKind::Mask.boundary(self.masked.classes, schedule.alpha(0.0), schedule.alpha(1.0));
        sum_positions(weighted.mask_fill(noise.kept(&device), 0.0)) + ends * length as f64
    }

    fn objective(
        &self,
        denoiser: &(dyn BlockDenoiser + 'n),
        x0: Tensor<2, Int>,
        t: &[f64],
        uniforms: &[f64],
    ) -> Tensor<1> {
        let [low, high] = self.clip.unwrap_or([0.0, 1.0]);
        let clipped: Vec<f64> = t.iter().map(|t| low + (high - low) * t).collect();
        self.loss(denoiser, x0, &clipped, uniforms)
    }
}
