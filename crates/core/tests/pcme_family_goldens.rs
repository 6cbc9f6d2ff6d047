//! The losses of the probabilistic retrieval family beside PyTorch: values, and gradients by every input and learnt scalar.

mod common;

use burn::{
    module::Param,
    nn::loss::Reduction,
    tensor::{Device, Gradients, Int, Tensor, TensorData},
};
use common::{assert_close, autodiff, numbers, pcme_family_losses, tensor, values};
use halation_core::{
    dist::{DiagNormal, DiagNormalMixture, LogStd, LogVar},
    loss::*,
};
use serde_json::Value;

/// One case of the golden file: its inputs as leaves of the autodiff graph, and what PyTorch found.
struct Case<'a> {
    golden: &'a Value,
    case: &'a Value,
    device: Device,
}

impl<'a> Case<'a> {
    fn all(golden: &'a Value, group: &str) -> Vec<Self> {
        let cases = match &golden[group] {
            Value::Array(cases) => cases.iter().collect(),
            case => vec![case],
        };
        assert!(!cases.is_empty());
        cases.into_iter().map(|case| Self { golden, case, device: autodiff() }).collect()
    }

    fn name(&self) -> &str {
        self.case["name"].as_str().unwrap()
    }

    fn number(&self, key: &str) -> f64 {
        self.case[key].as_f64().unwrap()
    }

    fn text(&self, key: &str) -> &str {
        self.case[key].as_str().unwrap()
    }

    fn input<const R: usize>(&self, key: &str) -> Tensor<R> {
        let place = self.case["inputs"][key].as_u64().unwrap() as usize;
        tensor::<R>(&self.golden["inputs"][place], &self.device).require_grad()
    }

    /// The initial value of a learnt scalar.
    fn scalar(&self, key: &str) -> f64 {
        let place = self.case["inputs"][key].as_u64().unwrap() as usize;
        numbers(&self.golden["inputs"][place])[0]
    }

    fn matches(&self) -> MatchMatrix {
        MatchMatrix::from_tensor(tensor(&self.case["matches"], &self.device)).unwrap()
    }

    fn negatives(&self) -> HingeNegatives {
        match self.text("negatives") {
            "all" => HingeNegatives::All,
            "hardest" => HingeNegatives::Hardest,
            other => panic!("negatives `{other}`"),
        }
    }

    /// The four tensors of two batches of distributions, and the distributions.
    fn gaussians(&self) -> ([(&'static str, Tensor<2>); 4], DiagNormal, DiagNormal) {
        let leaves = ["mean_rows", "log_var_rows", "mean_columns", "log_var_columns"].map(|key| (key, self.input(key)));
        let normal = |mean: usize| DiagNormal::new(leaves[mean].1.clone(), LogVar(leaves[mean + 1].1.clone()));
        let (rows, columns) = (normal(0), normal(2));
        (leaves, rows, columns)
    }

    /// Compares the loss, and runs the backward pass.
    fn backward(&self, loss: Tensor<1>) -> Gradients {
        // f32 against f64, sums of at most a hundred terms.
        assert_close(&format!("{}: loss", self.name()), &values(&loss), &[self.number("loss")], 1e-5);
        loss.backward()
    }

    /// Compares the gradient by one input: to 1e-5, and to 1e-4 of its largest entry, because some gradients are small.
    fn gradient<const R: usize>(&self, key: &str, leaf: &Tensor<R>, gradients: &Gradients) {
        let what = format!("{}: d {key}", self.name());
        let (expected, zeros) = (numbers(&self.case["gradients"][key]), || vec![0.0; leaf.shape().num_elements()]);
        let found = leaf.grad(gradients).map_or_else(zeros, |gradient| values(&gradient));
        assert_close(&what, &found, &expected, 1e-5);
        let largest = expected.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        if largest > 0.0 {
            let scaled = |list: &[f64]| list.iter().map(|value| value / largest).collect::<Vec<_>>();
            assert_close(&format!("{what} (of {largest:e})"), &scaled(&found), &scaled(&expected), 1e-4);
        }
    }

    fn parameter(&self, key: &str, parameter: &Param<Tensor<1>>, gradients: &Gradients) {
        self.gradient(key, &parameter.val(), gradients);
    }
}

#[test]
fn the_hinge_loss_agrees_with_pytorch_in_every_form() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "hinge") {
        let similarity = match case.text("similarity") {
            "cosine" => HingeSimilarity::Cosine,
            "dot" => HingeSimilarity::Dot,
            "order" => HingeSimilarity::OrderEmbedding,
            other => panic!("similarity `{other}`"),
        };
        let config = HingeLossConfig::new().with_margin(case.number("margin")).with_similarity(similarity);
        let loss = config.with_negatives(case.negatives()).init().unwrap();
        let (rows, columns) = (case.input::<2>("rows"), case.input::<2>("columns"));
        let total = loss.forward(rows.clone(), columns.clone(), &case.matches(), Reduction::Sum);
        let gradients = case.backward(total);
        case.gradient("rows", &rows, &gradients);
        case.gradient("columns", &columns, &gradients);
    }
}

#[test]
fn the_multiple_instance_loss_agrees_with_pytorch_for_every_bag_similarity() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "multi_instance") {
        let similarity = match case.text("similarity") {
            "max" => BagSimilarity::Max,
            "log-sum-exp" => BagSimilarity::LogSumExp(case.number("sharpness")),
            "smooth-chamfer" => BagSimilarity::SmoothChamfer(case.number("sharpness")),
            other => panic!("similarity `{other}`"),
        };
        let config = MultiInstanceHingeLossConfig::new().with_similarity(similarity);
        let loss = config.with_negatives(case.negatives()).init().unwrap();
        let (rows, columns) = (case.input::<3>("rows"), case.input::<3>("columns"));
        let total = loss.forward(rows.clone(), columns.clone(), &case.matches(), Reduction::Auto);
        let gradients = case.backward(total);
        case.gradient("rows", &rows, &gradients);
        case.gradient("columns", &columns, &gradients);
    }
}

#[test]
fn diversity_and_discrepancy_agree_with_pytorch() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "diversity") {
        let residuals = case.input::<3>("residuals");
        let gradients = case.backward(DiversityLoss.forward(residuals.clone(), Reduction::Auto));
        case.gradient("residuals", &residuals, &gradients);
    }
    for case in Case::all(&golden, "mmd") {
        let (x, y) = (case.input::<2>("x"), case.input::<2>("y"));
        let gradients = case.backward(MmdLossConfig::new().init().unwrap().forward(x.clone(), y.clone()));
        case.gradient("x", &x, &gradients);
        case.gradient("y", &y, &gradients);
    }
}

#[test]
fn the_closed_form_match_loss_agrees_with_pytorch_for_every_distance_target_and_rule() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "closed_form_match") {
        let distance = match case.text("distance") {
            "csd" => MatchDistance::Csd,
            "w2" => MatchDistance::SquaredWasserstein2,
            other => panic!("distance `{other}`"),
        };
        let rule = match case.text("rule") {
            "any" => PseudoPositives::AnyBestMatch,
            "first" => PseudoPositives::FirstBestMatch,
            other => panic!("rule `{other}`"),
        };
        let loss = ClosedFormMatchLossConfig::new()
            .with_negative_scale(case.scalar("negative_scale"))
            .with_shift(case.scalar("shift"))
            .with_pseudo_positive_weight(case.number("alpha"))
            .with_pseudo_positives(rule)
            .with_distance(distance)
            .init(&case.device)
            .unwrap();
        let (leaves, rows, columns) = case.gaussians();
        let gradients = case.backward(loss.forward(&rows, &columns, &case.matches(), Reduction::Auto));
        leaves.iter().for_each(|(key, leaf)| case.gradient(key, leaf, &gradients));
        case.parameter("negative_scale", &loss.negative_scale, &gradients);
        case.parameter("shift", &loss.shift, &gradients);
    }
}

#[test]
fn mixed_and_smoothed_targets_agree_with_pytorch() {
    let golden = &pcme_family_losses()["mixed_targets"];
    let matches = MatchMatrix::from_tensor(tensor(&golden["matches"], &autodiff())).unwrap();
    let shares: Vec<f32> = numbers(&golden["shares"]).into_iter().map(|share| share as f32).collect();
    let smooth = matches.smoothed(golden["epsilon"].as_f64().unwrap()).unwrap();
    let mixed = smooth.mixed_with_reversed(&shares).unwrap();
    assert_close("mixed", &values(&mixed.values()), &numbers(&golden["mixed"]), 1e-6);
}

#[test]
fn the_prolip_loss_agrees_with_pytorch() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "prolip") {
        let config = ProLipLossConfig::new().with_logit_scale(case.scalar("log_scale").exp());
        let loss = config.with_logit_bias(case.scalar("bias")).init(&case.device).unwrap();
        let (leaves, rows, columns) = case.gaussians();
        let gradients = case.backward(loss.forward(&rows, &columns, &case.matches(), Reduction::Auto));
        leaves.iter().for_each(|(key, leaf)| case.gradient(key, leaf, &gradients));
        case.parameter("log_scale", &loss.log_scale, &gradients);
        case.parameter("bias", &loss.bias, &gradients);
    }
}

#[test]
fn the_inclusion_loss_agrees_with_pytorch_in_both_forms() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "inclusion") {
        let form = match case.text("form") {
            "exact" => InclusionForm::Exact,
            "code" => InclusionForm::ProLipCode(case.number("exponent")),
            other => panic!("form `{other}`"),
        };
        let loss = InclusionLossConfig::new().with_scale(case.number("scale")).with_form(form).init().unwrap();
        let (leaves, rows, columns) = case.gaussians();
        let gradients = case.backward(loss.forward(&rows, &columns, Reduction::Auto));
        leaves.iter().for_each(|(key, leaf)| case.gradient(key, leaf, &gradients));
    }
}

#[test]
fn wasserstein_info_nce_agrees_with_pytorch() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "w2_info_nce") {
        let config = W2InfoNceLossConfig::new().with_negative_scale(case.number("negative_scale"));
        let loss = config.with_temperature(case.scalar("temperature")).init(&case.device).unwrap();
        let (leaves, rows, columns) = case.gaussians();
        let gradients = case.backward(loss.forward(&rows, &columns, &case.matches(), Reduction::Auto));
        leaves.iter().for_each(|(key, leaf)| case.gradient(key, leaf, &gradients));
        case.parameter("temperature", &loss.temperature, &gradients);
    }
}

#[test]
fn the_entropy_floor_agrees_with_pytorch_in_both_forms() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "entropy_floor") {
        let form = match case.text("form") {
            "exact" => EntropyForm::Exact,
            "code" => EntropyForm::MapCode,
            other => panic!("form `{other}`"),
        };
        let loss = EntropyFloorConfig::new().with_floor(case.number("floor")).with_form(form).init().unwrap();
        let log_std = case.input::<2>("log_std");
        let embedding = DiagNormal::new(log_std.zeros_like(), LogStd(log_std.clone()));
        let gradients = case.backward(loss.forward(&embedding, Reduction::Auto));
        case.gradient("log_std", &log_std, &gradients);
    }
}

#[test]
fn the_priors_of_pcmepp_and_prolip_agree_with_pytorch() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "prior") {
        let form = match case.text("form") {
            "pcmepp" => PriorKl::PcmeppCode,
            "prolip" => PriorKl::ProLipCode,
            other => panic!("form `{other}`"),
        };
        let (mean, log_var) = (case.input::<2>("mean"), case.input::<2>("log_var"));
        let posterior = DiagNormal::new(mean.clone(), LogVar(log_var.clone()));
        let gradients = case.backward(form.forward(&posterior, None, Reduction::Auto));
        case.gradient("mean", &mean, &gradients);
        case.gradient("log_var", &log_var, &gradients);
    }
}

fn pair_match(case: &Case<'_>, balanced: bool) -> PairMatchLoss {
    PairMatchLossConfig::new()
        .with_negative_scale(case.scalar("negative_scale"))
        .with_shift(case.scalar("shift"))
        .with_logit_gain(case.number("gain") as u32)
        .with_balanced(balanced)
        .init(&case.device)
        .unwrap()
}

fn pair_match_scalars(case: &Case<'_>, loss: &PairMatchLoss, gradients: &Gradients) {
    case.parameter("negative_scale", &loss.contrastive.negative_scale, gradients);
    case.parameter("shift", &loss.contrastive.shift, gradients);
}

#[test]
fn the_pair_loss_of_points_and_distributions_agrees_with_pytorch() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "pair_match") {
        let loss = pair_match(&case, case.case["balanced"].as_bool().unwrap_or(false));
        if case.name() == "normal" {
            let (mean, log_var) = (case.input::<2>("mean"), case.input::<2>("log_var"));
            let noise = tensor::<3>(&case.case["noise"], &case.device);
            let samples = DiagNormal::new(mean.clone(), LogVar(log_var.clone())).rsample(noise);
            let gradients = case.backward(loss.forward(samples, &case.matches(), Reduction::Auto));
            case.gradient("mean", &mean, &gradients);
            case.gradient("log_var", &log_var, &gradients);
            pair_match_scalars(&case, &loss, &gradients);
        } else {
            let samples = case.input::<3>("samples");
            let gradients = case.backward(loss.forward(samples.clone(), &case.matches(), Reduction::Auto));
            case.gradient("samples", &samples, &gradients);
            pair_match_scalars(&case, &loss, &gradients);
        }
    }
}

#[test]
fn mixtures_their_samples_densities_and_pair_loss_agree_with_pytorch() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "pair_match_mixture") {
        let leaves = ["mean0", "log_var0", "mean1", "log_var1", "weight_logits"].map(|key| (key, case.input::<2>(key)));
        let part = |mean: usize| DiagNormal::new(leaves[mean].1.clone(), LogVar(leaves[mean + 1].1.clone()));
        let mixture = DiagNormalMixture::new(vec![part(0), part(2)], leaves[4].1.clone()).unwrap();
        let choices = case.case["choices"].as_array().unwrap();
        let choices: Vec<i64> =
            choices.iter().flat_map(|row| row.as_array().unwrap()).map(|choice| choice.as_i64().unwrap()).collect();
        let choices = Tensor::<2, Int>::from_data(TensorData::new(choices, [4, 4]), &case.device);
        let samples = mixture.rsample(tensor(&case.case["noise"], &case.device), choices);
        let divergence = mixture.sampled_kl_standard(samples.clone());
        assert_close("mean", &values(&mixture.mean()), &numbers(&case.case["mean"]), 1e-5);
        assert_close("log_prob", &values(&mixture.log_prob(samples.clone())), &numbers(&case.case["log_prob"]), 1e-5);
        assert_close("divergence", &values(&divergence), &numbers(&case.case["divergence"]), 1e-5);

        let loss = pair_match(&case, false);
        let total = loss.forward(samples, &case.matches(), Reduction::Auto) + divergence.mean() * 0.1;
        let gradients = case.backward(total);
        leaves.iter().for_each(|(key, leaf)| case.gradient(key, leaf, &gradients));
        pair_match_scalars(&case, &loss, &gradients);
    }
}

#[test]
fn aligned_pairs_their_match_probability_and_the_self_mismatch_agree_with_pytorch() {
    let golden = pcme_family_losses();
    for case in Case::all(&golden, "pair_match_aligned") {
        let loss = pair_match(&case, false);
        let (left, right) = (case.input::<3>("left"), case.input::<3>("right"));
        let matches = tensor::<1>(&case.case["matches"], &case.device);
        let gradients = case.backward(loss.forward_aligned(left.clone(), right.clone(), matches, Reduction::Auto));
        case.gradient("left", &left, &gradients);
        case.gradient("right", &right, &gradients);
        pair_match_scalars(&case, &loss, &gradients);

        let function = loss.match_function();
        let log_match = function.log_match_of_samples(left.clone(), right.clone());
        assert_close("ln p", &values(&log_match), &numbers(&case.case["log_match"]), 1e-5);
        let mismatch = function.self_mismatch(left, right);
        assert_close("1 - p", &values(&mismatch), &numbers(&case.case["self_mismatch"]), 1e-5);
    }
}
