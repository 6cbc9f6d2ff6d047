//! Heads of the PCME family and the HIB network against PyTorch (goldens of xtask/parity/family_heads.py), and their laws.
//!
//! The bound of 1e-5 (relative to the largest value) is a few hundred roundings of f32; the goldens are f64.

mod common;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::module::{Module, Param};
use burn::tensor::{Bool, Device, Gradients, Tensor, s};
use common::{Named, assert_close, device, golden, gradients, hashed, relative_error, signed, values};
use halation_core::dist::{DiagNormal, LogVar};
use halation_core::loss::GeneralizedNormalNll;
use halation_models::ModelError;
use halation_models::encoder::{BiGruConfig, PackedWords};
use halation_models::head::*;
use halation_models::hib::{HibConfig, HibEmbedding, HibEncoder, HibHead};

const BOUND: f32 = 1e-5;
const LENGTHS: [usize; 5] = [5, 2, 5, 1, 4];

/// A comparison with a golden: outputs one by one, then every gradient.
struct Case {
    golden: Named,
    loss: Tensor<1>,
}

trait Input {
    fn gradient(&self, gradients: &Gradients) -> Vec<f32>;
}

impl<const R: usize> Input for Tensor<R> {
    fn gradient(&self, gradients: &Gradients) -> Vec<f32> {
        values(self.grad(gradients).unwrap())
    }
}

impl Case {
    fn new(name: &str, device: &Device) -> Self {
        Self { golden: golden(&format!("family_{name}.safetensors")), loss: Tensor::zeros([1], device) }
    }

    fn output<const R: usize>(mut self, name: &str, output: Tensor<R>) -> Self {
        assert_close(name, &values(output.clone()), &self.golden[name], BOUND);
        let cotangent = signed(&format!("cotangent.{name}"), output.dims(), 1.0, &output.device());
        self.loss = self.loss + (output * cotangent).sum();
        self
    }

    /// Compares the gradients of all parameters and of the inputs.
    fn gradients<M: Module>(self, module: &M, inputs: &[(&str, &dyn Input)]) {
        let all = self.loss.backward();
        let (mut found, without) = gradients(module, &all);
        assert_eq!(without, Vec::<String>::new(), "parameters without gradient");
        for (name, input) in inputs {
            found.insert((*name).to_owned(), input.gradient(&all));
        }
        let expected: Vec<_> = self.golden.iter().filter_map(|(n, v)| Some((n.strip_prefix("grad.")?, v))).collect();
        let names: BTreeSet<&str> = expected.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, found.keys().map(String::as_str).collect(), "gradients compared");
        for (name, expected) in expected {
            assert_close(&format!("d {name}"), &found[name], expected, BOUND);
        }
    }
}

fn train() -> Device {
    device().autodiff()
}

fn input<const R: usize>(name: &str, shape: [usize; R], device: &Device) -> Tensor<R> {
    signed(name, shape, 1.0, device).require_grad()
}

/// `[B, T]`, true past the end of each item.
fn padding<const T: usize>(lengths: &[usize], device: &Device) -> Tensor<2, Bool> {
    let flags: Vec<bool> = lengths.iter().flat_map(|&length| (0..T).map(move |t| t >= length)).collect();
    Tensor::from_data(burn::tensor::TensorData::new(flags, [lengths.len(), T]), device)
}

fn zero(parameter: &mut Param<Tensor<2>>) {
    *parameter = Param::from_tensor(parameter.val().zeros_like());
}

#[test]
fn generalised_pooling_agrees_with_pytorch() {
    let device = train();
    let pooling = hashed(GpoPoolingConfig::new().with_encoding(8).with_hidden(6).init(&device));
    let tokens = input("tokens", [5, 6, 7], &device);
    let pooled = pooling.forward(tokens.clone(), &LENGTHS).unwrap();
    Case::new("gpo", &device).output("pooled", pooled).gradients(&pooling, &[("tokens", &tokens)]);
}

#[test]
fn the_mean_head_with_three_points_agrees_with_pytorch() {
    let device = train();
    let head = hashed(MeanHeadConfig::new(10, 8).with_points(3).init(&device));
    let (whole, parts) = (input("whole", [5, 8], &device), input("parts", [5, 6, 10], &device));
    let set = head.forward_set(whole.clone(), parts.clone(), Some(padding::<6>(&LENGTHS, &device)));
    Case::new("pie", &device)
        .output("points", set.points)
        .output("residuals", set.residuals)
        .output("attention", set.attention)
        .gradients(&head, &[("whole", &whole), ("parts", &parts)]);
}

#[test]
fn the_head_of_pcmepp_agrees_with_pytorch_with_and_without_the_norm_of_sigma() {
    let device = train();
    let pooling = GpoPoolingConfig::new().with_encoding(4).with_hidden(3);
    for (name, norm) in [("pcmepp", None), ("pcmepp_norm", Some(0.01))] {
        let config = PcmePpHeadConfig::new(7, 6).with_pooling(pooling.clone()).with_sigma_norm_init(norm);
        let head = hashed(config.init(&device));
        let mean_tokens = input("mean_tokens", [5, 5, 7], &device);
        let sigma_tokens = input("sigma_tokens", [5, 5, 7], &device);
        let normal = head.forward(mean_tokens.clone(), sigma_tokens.clone(), &LENGTHS).unwrap();
        Case::new(name, &device)
            .output("mean", normal.mean())
            .output("log_var", normal.log_var().0)
            .gradients(&head, &[("mean_tokens", &mean_tokens), ("sigma_tokens", &sigma_tokens)]);
    }
}

#[test]
fn the_head_of_prolip_agrees_with_pytorch() {
    let device = train();
    let head = hashed(ProLipHeadConfig::new(7, 6).with_uncertainty_input(Some(5)).init(&device));
    let (class, uncertainty) = (input("class_token", [4, 7], &device), input("uncertainty_token", [4, 5], &device));
    let normal = head.forward(class.clone(), uncertainty.clone());
    Case::new("prolip", &device)
        .output("mean", normal.mean())
        .output("log_var", normal.log_var().0)
        .gradients(&head, &[("class_token", &class), ("uncertainty_token", &uncertainty)]);
}

#[test]
fn the_block_of_map_agrees_with_pytorch() {
    let device = train();
    let block = hashed(MapBlockConfig::new(12, 3).with_hidden(Some(10)).init(&device));
    let tokens = input("tokens", [5, 6, 12], &device);
    let padding = padding::<6>(&LENGTHS, &device);
    let normals = block.forward(tokens.clone(), Some(padding.clone()));
    let past = padding.unsqueeze_dim::<3>(2).expand([5, 6, 12]);
    Case::new("map", &device)
        .output("means", normals.means.mask_fill(past.clone(), 0.0))
        .output("log_stds", normals.log_stds.mask_fill(past, 0.0))
        .gradients(&block, &[("tokens", &tokens)]);
}

fn hib(digits: usize, embed_dim: usize, head: HibHead, device: &Device) -> HibEncoder {
    let config = HibConfig::new(digits, embed_dim, head).with_channels([3, 4]).with_hidden([10, 8]);
    hashed(config.init(device))
}

#[test]
fn the_hib_network_agrees_with_pytorch_on_three_digits_with_normals() {
    let device = train();
    let encoder = hib(3, 3, HibHead::Normal, &device);
    let images = input("images", [2, 1, 28, 84], &device);
    let HibEmbedding::Normal(normal) = encoder.forward(images.clone()) else { panic!("normals were asked for") };
    Case::new("hib_normal", &device)
        .output("mean", normal.mean())
        .output("log_std", normal.log_std().0)
        .gradients(&encoder, &[("images", &images)]);
}

#[test]
fn the_hib_network_agrees_with_pytorch_on_two_digits_with_mixtures() {
    let device = train();
    let encoder = hib(2, 2, HibHead::Mixture(2), &device);
    let images = input("images", [3, 1, 28, 56], &device);
    let HibEmbedding::Mixture(mixture) = encoder.forward(images.clone()) else { panic!("mixtures were asked for") };
    Case::new("hib_mixture", &device)
        .output("means", mixture.means)
        .output("log_stds", mixture.log_stds)
        .output("weights_logits", mixture.weights_logits)
        .gradients(&encoder, &[("images", &images)]);
}

#[test]
fn the_uncertainty_adapter_its_likelihood_and_its_variance_agree_with_pytorch() {
    let device = train();
    let adapter = hashed(UncertaintyAdapterConfig::new(6).with_hidden(5).init(&device));
    let (embeddings, targets) = (input("embeddings", [4, 6], &device), input("targets", [4, 6], &device));
    let found = adapter.forward(embeddings.clone());
    let nll = GeneralizedNormalNll.forward_no_reduction(&found, targets.clone());
    Case::new("adapter", &device)
        .output("mean", found.mean())
        .output("inverse_scale", found.inverse_scale())
        .output("shape", found.shape())
        .output("nll", nll)
        .output("log_var", found.log_var().0)
        .gradients(&adapter, &[("embeddings", &embeddings), ("targets", &targets)]);
}

fn small_pooling(device: &Device) -> GpoPooling {
    hashed(GpoPoolingConfig::new().with_encoding(8).with_hidden(6).init(device))
}

#[test]
fn equal_weights_pool_the_mean_of_the_tokens_that_are_there() {
    let device = device();
    let mut pooling = small_pooling(&device);
    zero(&mut pooling.linear.weight);
    let tokens = signed("tokens", [5, 6, 7], 1.0, &device);
    let pooled = values(pooling.forward(tokens.clone(), &LENGTHS).unwrap());
    for (row, &length) in LENGTHS.iter().enumerate() {
        let mean = values(tokens.clone().slice(s![row..row + 1, 0..length, ..]).mean_dim(1));
        // the same numbers, summed in another order
        assert!(relative_error(&pooled[row * 7..][..7], &mean) < 1e-6, "row {row}");
    }
}

#[test]
fn neither_the_order_of_the_tokens_nor_the_padding_changes_a_bit_of_the_pooled() {
    let device = train();
    let pooling = small_pooling(&device);
    let run = |tokens: Tensor<3>| {
        let tokens = tokens.require_grad();
        let pooled = pooling.forward(tokens.clone(), &[4, 2]).unwrap();
        let gradient = tokens.grad(&pooled.clone().square().sum().backward()).unwrap();
        (values(pooled), gradient)
    };
    let tokens = || signed::<3>("tokens", [2, 4, 3], 1.0, &device);
    let (pooled, gradient) = run(tokens());

    let garbage = Tensor::full([1, 2, 3], f32::NAN, &device);
    let (with_garbage, gradient_with) = run(tokens().slice_assign(s![1..2, 2..4, ..], garbage));
    assert_eq!(pooled, with_garbage);
    assert_eq!(values(gradient.clone()), values(gradient_with));
    assert_eq!(values(gradient.clone().slice(s![1..2, 2..4, ..])), [0.0; 6]);

    // Only the first two tokens of the second item are there: exchange them, and turn the four of the first round.
    let shuffle = |t: Tensor<3>| {
        let first = t.clone().slice(s![0..1, .., ..]).flip([1]);
        let pair = t.clone().slice(s![1..2, 0..2, ..]).flip([1]);
        Tensor::cat(vec![first, Tensor::cat(vec![pair, t.slice(s![1..2, 2..4, ..])], 1)], 0)
    };
    let (shuffled, gradient_shuffled) = run(shuffle(tokens()));
    assert_eq!(pooled, shuffled);
    assert_eq!(values(shuffle(gradient)), values(gradient_shuffled));
}

#[test]
fn pooling_weights_depend_on_the_length_alone_sum_to_one_and_one_token_is_its_own_pool() {
    let device = device();
    let pooling = small_pooling(&device);
    let together = pooling.weights(&[4, 1, 6, 4]).unwrap();
    assert_eq!(together.dims(), [4, 6]);
    let rows = values(together);
    assert_eq!(rows[..6], rows[18..], "one row for each length");
    assert_eq!(rows[6..12], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    for (row, length) in rows.chunks(6).zip([4, 1, 6, 4]) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(row[length..].iter().all(|&weight| weight == 0.0));
        // GEMMs of different heights may sum in another order; the temperature takes that times ten
        assert!(relative_error(&values(pooling.weights(&[length]).unwrap()), &row[..length]) < 1e-5);
    }
    let tokens = signed::<3>("one", [2, 1, 3], 1.0, &device);
    assert_eq!(values(pooling.forward(tokens.clone(), &[1, 1]).unwrap()), values(tokens));
}

#[test]
fn the_gru_puts_out_its_states_word_by_word_and_zeros_past_the_end() {
    let device = device();
    let gru = hashed(BiGruConfig::new(6, 5).init(&device));
    let words = PackedWords::new(signed("w", [3, 4, 6], 1.0, &device), &[2, 4, 1]).unwrap();
    let [forward, backward] = gru.outputs(&words);
    let last = values(gru.forward(&words));
    let (forward, backward) = (values(forward), values(backward));
    for (row, length) in [2, 4, 1].into_iter().enumerate() {
        let at = |outputs: &[f32], position: usize| outputs[(row * 4 + position) * 5..][..5].to_vec();
        assert_eq!(at(&forward, length - 1), last[row * 10..][..5], "the forward reader ends at the last word");
        assert_eq!(at(&backward, 0), last[row * 10 + 5..][..5], "the backward reader ends at the first word");
        for position in length..4 {
            assert_eq!((at(&forward, position), at(&backward, position)), (vec![0.0; 5], vec![0.0; 5]));
        }
    }
}

#[test]
fn points_that_attend_alike_are_the_one_point_of_a_head_with_one() {
    let device = device();
    let one = hashed(MeanHeadConfig::new(10, 8).init(&device));
    let mut three = MeanHeadConfig::new(10, 8).with_points(3).init(&device);
    let column = one.attention.w_2.weight.val(); // [5, 1]
    three.attention.w_1 = one.attention.w_1.clone();
    three.attention.w_2.weight = Param::from_tensor(column.repeat_dim(1, 3));
    (three.fc, three.layer_norm) = (one.fc.clone(), one.layer_norm.clone());

    let whole = || signed("whole", [5, 8], 1.0, &device);
    let parts = || signed("parts", [5, 6, 10], 1.0, &device);
    let padding = || Some(padding::<6>(&LENGTHS, &device));
    let mean = values(one.forward(whole(), parts(), padding()));
    let single = one.forward_set(whole(), parts(), padding());
    assert_eq!(single.points.dims(), [5, 1, 8]);
    assert_eq!(values(single.points), mean);
    let set = three.forward_set(whole(), parts(), padding());
    assert_eq!(set.attention.dims(), [5, 3, 6]);
    for point in 0..3 {
        // GEMMs of different widths may sum in another order
        assert!(relative_error(&values(set.points.clone().narrow(1, point, 1)), &mean) < 1e-6);
    }
}

#[test]
fn log_variances_start_at_the_bias_that_was_asked_for() {
    let device = device();
    let tokens = || Tensor::<3>::zeros([2, 3, 7], &device);
    for init in [0.0, -4.0, -10.0] {
        for norm in [None, Some(0.01)] {
            let config = PcmePpHeadConfig::new(7, 4).with_logvar_bias_init(init).with_sigma_norm_init(norm);
            let normal = config.init(&device).forward(tokens(), tokens(), &[3, 2]).unwrap();
            for log_var in values(normal.log_var().0) {
                assert!((f64::from(log_var) - init).abs() < 1e-5, "weights sum to one up to rounding: {log_var}");
            }
        }
    }
    let prolip = ProLipHeadConfig::new(7, 4).init(&device);
    let normal = prolip.forward(signed("c", [2, 7], 1.0, &device), Tensor::zeros([2, 7], &device));
    assert_eq!(values(normal.log_var().0), [-10.0; 8]);
    assert!(prolip.mean.bias.is_none());
    for norm in values(normal.mean().square().sum_dim(1)) {
        assert!((norm - 1.0).abs() < 1e-6);
    }
}

#[test]
fn the_mean_of_pcmepp_has_unit_length_and_stays_finite_at_the_origin() {
    let device = train();
    let x = Tensor::<2>::from_floats([[3.0, 4.0], [0.0, 0.0], [1e-20, 0.0]], &device).require_grad();
    let y = l2_normalize_softly(x.clone(), 1e-8);
    let found = values(y.clone());
    assert!((found[0] - 0.6).abs() < 1e-6 && (found[1] - 0.8).abs() < 1e-6 && found[2..4] == [0.0, 0.0]);
    let gradient = values(x.grad(&y.sum().backward()).unwrap());
    assert!(found.iter().chain(&gradient).all(|value| value.is_finite()), "{gradient:?}");
}

#[test]
fn a_log_variance_at_its_bounds_has_no_gradient_and_every_measure_stays_finite() {
    let device = train();
    let check = |normal: DiagNormal, bound: f32, sigma: &dyn Fn(&Gradients) -> Vec<f32>| {
        let log_var = values(normal.log_var().0);
        assert_eq!(log_var, vec![bound; log_var.len()]);
        let kl = normal.kl_standard();
        assert!(values(kl.clone()).iter().all(|value| value.is_finite()));
        assert!(sigma(&kl.sum().backward()).iter().all(|&gradient| gradient == 0.0));
    };
    for (push, bound) in [(1e6, 5.0), (-1e6, -20.0)] {
        let clamp = Some([-20.0, 5.0]);
        let pcmepp = PcmePpHeadConfig::new(7, 4).with_logvar_bias_init(push).with_clamp(clamp).init(&device);
        let sigma = signed("s", [2, 3, 7], 1.0, &device).require_grad();
        let normal = pcmepp.forward(signed("m", [2, 3, 7], 1.0, &device), sigma.clone(), &[3, 2]).unwrap();
        check(normal, bound, &|gradients| sigma.gradient(gradients));

        let prolip = ProLipHeadConfig::new(7, 4).with_logvar_bias_init(push).with_clamp(clamp).init(&device);
        let token = signed("u", [2, 7], 1.0, &device).require_grad();
        let normal = prolip.forward(signed("c", [2, 7], 1.0, &device), token.clone());
        check(normal, bound, &|gradients| token.gradient(gradients));

        let config = HibConfig::new(1, 2, HibHead::Normal).with_channels([2, 2]).with_hidden([4, 4]);
        let hib = config.with_log_std_init(push).with_clamp(Some([-10.0, 2.5])).init(&device);
        let HibEmbedding::Normal(normal) = hib.forward(signed("i", [2, 1, 28, 28], 1.0, &device)) else {
            panic!("normals were asked for")
        };
        assert_eq!(values(normal.log_var().0), [bound; 4]);
    }
}

#[test]
fn the_block_of_map_follows_a_permutation_ignores_padding_and_gives_sigma_no_residual_path() {
    let device = device();
    let mut block = hashed(MapBlockConfig::new(12, 3).init(&device));
    let tokens = || signed::<3>("tokens", [2, 4, 12], 1.0, &device);
    let all = block.forward(tokens(), None);
    let turned = block.forward(tokens().flip([1]), None);
    for (a, b) in [(&all.means, &turned.means), (&all.log_stds, &turned.log_stds)] {
        // sums over the keys in another order
        assert!(relative_error(&values(b.clone().flip([1])), &values(a.clone())) < 1e-6);
    }

    let padding = || Some(padding::<4>(&[4, 2], &device));
    let other = tokens().slice_assign(s![1..2, 2..4, ..], Tensor::full([1, 2, 12], 9.0, &device));
    let (masked, changed) = (block.forward(tokens(), padding()), block.forward(other, padding()));
    for token in [0, 1] {
        let (a, b) = (masked.token(token), changed.token(token));
        assert_eq!(values(a.mean()), values(b.mean()));
        assert_eq!(values(a.log_std().0), values(b.log_std().0));
    }

    zero(&mut block.sigma_projection.weight);
    zero(&mut block.mean_projection.weight);
    let cut = block.forward(tokens(), None);
    assert_eq!(values(cut.token(0).log_std().0), values(cut.token(3).log_std().0));
    assert_ne!(values(cut.token(0).mean()), values(cut.token(3).mean()));
}

#[test]
fn the_hib_network_gives_what_was_asked_for_with_the_same_means() {
    let device = device();
    let images = || signed("images", [3, 1, 28, 56], 1.0, &device);
    let HibEmbedding::Point(points) = hib(2, 2, HibHead::Point, &device).forward(images()) else {
        panic!("points were asked for")
    };
    let HibEmbedding::Normal(normal) = hib(2, 2, HibHead::Normal, &device).forward(images()) else {
        panic!("normals were asked for")
    };
    assert_eq!(values(points), values(normal.mean()));
    let HibEmbedding::Mixture(mixture) = hib(2, 3, HibHead::Mixture(4), &device).forward(images()) else {
        panic!("mixtures were asked for")
    };
    assert_eq!(mixture.weights_logits.dims(), [3, 4]);
    assert_eq!((mixture.means.dims(), mixture.log_stds.dims()), ([3, 4, 3], [3, 4, 3]));
    assert!(hib(1, 2, HibHead::Point, &device).log_std.is_none());
}

#[test]
fn the_adapter_starts_around_the_scale_and_shape_that_were_asked_for() {
    let device = device();
    for (scale, shape) in [(1.0, 2.0), (22.6, 1.0), (0.01, 8.0), (1000.0, 0.2)] {
        let config = UncertaintyAdapterConfig::new(6).with_inverse_scale_init(scale).with_shape_init(shape);
        let mut adapter = config.init(&device);
        zero(&mut adapter.scale_fc2.weight);
        zero(&mut adapter.shape_fc2.weight);
        let found = adapter.forward(signed("e", [3, 6], 1.0, &device));
        for (found, expected) in [(found.inverse_scale(), scale), (found.shape(), shape)] {
            // a softplus and its inverse, each rounded once
            assert!(relative_error(&values(found), &[expected as f32; 18]) < 1e-5);
        }
    }
}

#[test]
fn an_adapter_whose_outputs_run_away_keeps_a_finite_loss_and_finite_gradients() {
    let device = train();
    for push in [-1e4, 1e4] {
        let mut adapter = hashed(UncertaintyAdapterConfig::new(6).with_hidden(5).init(&device));
        for bias in [&mut adapter.scale_fc2.bias, &mut adapter.shape_fc2.bias, &mut adapter.mean_fc2.bias] {
            *bias = bias.take().map(|bias| Param::from_tensor((bias.val() + push).detach().require_grad()));
        }
        let found = adapter.forward(signed("e", [4, 6], 1.0, &device));
        let variance = values(found.variance());
        let nll = GeneralizedNormalNll.forward_no_reduction(&found, signed("t", [4, 6], 1.0, &device));
        assert!(values(nll.clone()).iter().chain(&variance).all(|value| value.is_finite()), "{variance:?}");
        let (gradients, _) = gradients(&adapter, &nll.sum().backward());
        assert!(gradients.values().flatten().all(|gradient| gradient.is_finite()));
    }
}

#[test]
fn tokens_and_lengths_that_do_not_fit_are_typed_errors() {
    let device = device();
    let tokens = |count, width| Tensor::<3>::zeros([2, count, width], &device);
    let pooling = small_pooling(&device);
    let error = |lengths: &[usize]| pooling.forward(tokens(3, 4), lengths).unwrap_err();
    assert!(matches!(error(&[3]), ModelError::LengthCount { rows: 2, lengths: 1 }));
    assert!(matches!(error(&[3, 0]), ModelError::Length { row: 1, length: 0, width: 3 }));
    assert!(matches!(error(&[4, 1]), ModelError::Length { row: 0, length: 4, width: 3 }));
    assert!(matches!(pooling.weights(&[]), Err(ModelError::NoSequences)));
    let empty = pooling.forward(Tensor::zeros([0, 3, 4], &device), &[]);
    assert!(matches!(empty, Err(ModelError::NoSequences)));

    let head = PcmePpHeadConfig::new(7, 4).init(&device);
    let message = |mean, sigma| head.forward(mean, sigma, &[3, 3]).unwrap_err().to_string();
    assert_eq!(
        message(tokens(3, 6), tokens(3, 7)),
        "mean tokens have the shape [2, 3, 6], expected [2, 3, 7]: build the head for the width of its encoder"
    );
    assert!(
        message(tokens(3, 7), tokens(3, 8)).starts_with("sigma tokens have the shape [2, 3, 8], expected [2, 3, 7]")
    );
    assert!(
        message(tokens(3, 7), tokens(4, 7)).starts_with("sigma tokens have the shape [2, 4, 7], expected [2, 3, 7]")
    );
    assert!(matches!(
        head.forward(tokens(3, 7), tokens(3, 7), &[3, 4]),
        Err(ModelError::Length { row: 1, length: 4, width: 3 })
    ));
}

#[test]
fn features_of_another_width_are_a_broken_contract_with_both_widths_in_the_message() {
    let device = device();
    let zeros2 = |rows, width| Tensor::<2>::zeros([rows, width], &device);
    let zeros3 = |width| Tensor::<3>::zeros([2, 3, width], &device);
    let prolip = ProLipHeadConfig::new(7, 4).init(&device);
    let map = MapBlockConfig::new(12, 3).init(&device);
    let hib = hib(2, 2, HibHead::Point, &device);
    let adapter = UncertaintyAdapterConfig::new(6).init(&device);
    let mean = MeanHeadConfig::new(6, 4).with_points(2).init(&device);
    let broken: [(&str, &dyn Fn()); 8] = [
        ("axis 1 expected 7, got 6", &|| drop(prolip.forward(zeros2(2, 6), zeros2(2, 7)))),
        ("axis 1 expected 7, got 8", &|| drop(prolip.forward(zeros2(2, 7), zeros2(2, 8)))),
        ("axis 0 expected 2, got 3", &|| drop(prolip.forward(zeros2(2, 7), zeros2(3, 7)))),
        ("axis 2 expected 12, got 10", &|| drop(map.forward(zeros3(10), None))),
        ("axis 3 expected 56, got 28", &|| drop(hib.forward(Tensor::zeros([2, 1, 28, 28], &device)))),
        ("axis 1 expected 6, got 5", &|| drop(adapter.forward(zeros2(2, 5)))),
        ("a head of 2 points has no single mean", &|| drop(mean.forward(zeros2(2, 4), zeros3(6), None))),
        ("axis 1 expected 4, got 1", &|| drop(mean.forward_set(zeros2(2, 1), zeros3(6), None))),
    ];
    for (expected, call) in broken {
        let panic = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let adapter = || UncertaintyAdapterConfig::new(6);
    let hib = |head| HibConfig::new(2, 2, head);
    let refused = [
        (MeanHeadConfig::new(6, 4).with_points(0).check(), "MeanHeadConfig.points is 0, but"),
        (MeanHeadConfig::new(0, 4).check(), "MeanHeadConfig.input is 0"),
        (MeanHeadConfig::new(6, 4).with_dropout(1.0).check(), "MeanHeadConfig.dropout is 1"),
        (GpoPoolingConfig::new().with_encoding(7).check(), "GpoPoolingConfig.encoding is 7"),
        (GpoPoolingConfig::new().with_hidden(0).check(), "GpoPoolingConfig.hidden is 0"),
        (GpoPoolingConfig::new().with_temperature(0.0).check(), "GpoPoolingConfig.temperature is 0"),
        (GpoPoolingConfig::new().with_temperature(f64::NAN).check(), "GpoPoolingConfig.temperature is NaN"),
        (PcmePpHeadConfig::new(6, 0).check(), "PcmePpHeadConfig.embed_dim is 0"),
        (
            PcmePpHeadConfig::new(6, 4).with_pooling(GpoPoolingConfig::new().with_encoding(0)).check(),
            "GpoPoolingConfig.encoding is 0",
        ),
        (PcmePpHeadConfig::new(6, 4).with_logvar_bias_init(f64::INFINITY).check(), "PcmePpHeadConfig.logvar_bias_init"),
        (
            PcmePpHeadConfig::new(6, 4).with_sigma_norm_init(Some(f64::NAN)).check(),
            "PcmePpHeadConfig.sigma_norm_init is NaN",
        ),
        (PcmePpHeadConfig::new(6, 4).with_clamp(Some([1.0, 1.0])).check(), "PcmePpHeadConfig.clamp is [1, 1]"),
        (ProLipHeadConfig::new(0, 4).check(), "ProLipHeadConfig.input is 0"),
        (ProLipHeadConfig::new(6, 4).with_uncertainty_input(Some(0)).check(), "ProLipHeadConfig.uncertainty_input"),
        (ProLipHeadConfig::new(6, 4).with_clamp(Some([2.0, f64::NAN])).check(), "ProLipHeadConfig.clamp is [2, NaN]"),
        (MapBlockConfig::new(12, 0).check(), "MapBlockConfig.heads is 0"),
        (MapBlockConfig::new(12, 4).check(), "MapBlockConfig.width is 12"),
        (MapBlockConfig::new(12, 3).with_hidden(Some(0)).check(), "MapBlockConfig.hidden is Some(0)"),
        (HibConfig::new(0, 2, HibHead::Point).check(), "HibConfig.digits is 0"),
        (HibConfig::new(2, 0, HibHead::Point).check(), "HibConfig.embed_dim is 0"),
        (hib(HibHead::Mixture(0)).check(), "HibConfig.head is Mixture(0)"),
        (hib(HibHead::Normal).with_channels([6, 0]).check(), "HibConfig.channels is [6, 0]"),
        (hib(HibHead::Normal).with_hidden([0, 8]).check(), "HibConfig.hidden is [0, 8]"),
        (hib(HibHead::Normal).with_clamp(Some([3.0, 1.0])).check(), "HibConfig.clamp is [3, 1]"),
        (UncertaintyAdapterConfig::new(0).check(), "UncertaintyAdapterConfig.embed_dim is 0"),
        (adapter().with_hidden(0).check(), "UncertaintyAdapterConfig.hidden is 0"),
        (adapter().with_dropout(-0.1).check(), "UncertaintyAdapterConfig.dropout is -0.1"),
        (adapter().with_inverse_scale_init(0.0).check(), "UncertaintyAdapterConfig.inverse_scale_init is 0"),
        (adapter().with_shape_init(0.1).check(), "UncertaintyAdapterConfig.shape_init is 0.1"),
    ];
    for (result, start) in refused {
        let message = result.unwrap_err().to_string();
        assert!(message.starts_with(start), "{message}");
    }
    let bounded = PcmePpHeadConfig::new(6, 4).with_clamp(Some([LogVar::MIN, LogVar::MAX]));
    assert!(bounded.check().is_ok());
}
