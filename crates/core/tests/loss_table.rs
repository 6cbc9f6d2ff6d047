//! Laws that hold for every loss, over one table: adding a loss to the table is how it gets tested.

mod common;

use burn::{
    nn::loss::Reduction,
    tensor::{Device, Int, Tensor},
};
use common::{Draws, assert_all_finite, assert_close, autodiff, device, scalar, values};
use halation_core::{
    dist::{DiagNormal, LogVar},
    loss::*,
};

/// Two batches of distributions of six dimensions and who matches whom.
#[derive(Clone)]
struct Batch {
    rows: DiagNormal,
    columns: DiagNormal,
    matches: MatchMatrix,
}

/// A loss and the scalars that it learns.
type Evaluated = (Tensor<1>, Vec<Tensor<1>>);

type Evaluate = dyn Fn(&Batch, Reduction) -> Evaluated;

struct Entry {
    name: &'static str,
    /// Whether the loss compares every row with every column, so that it reads the matches.
    pairwise: bool,
    /// Whether exchanging both modalities changes nothing.
    symmetric: bool,
    evaluate: Box<Evaluate>,
}

impl Entry {
    fn new(
        name: &'static str,
        pairwise: bool,
        symmetric: bool,
        evaluate: impl Fn(&Batch, Reduction) -> Evaluated + 'static,
    ) -> Self {
        Self { name, pairwise, symmetric, evaluate: Box::new(evaluate) }
    }

    fn loss(&self, batch: &Batch, reduction: Reduction) -> Tensor<1> {
        (self.evaluate)(batch, reduction).0
    }
}

/// Two bags of three coordinates from the mean of an item.
fn bags(side: &DiagNormal) -> Tensor<3> {
    let [items, _] = side.dims();
    side.mean().reshape([items, 2, 3])
}

/// Three samples per item with fixed draws that all items share.
fn samples(side: &DiagNormal) -> Tensor<3> {
    side.rsample(Draws::new(77).tensor([1, 3, 6], &side.mean().device()))
}

fn hinge(negatives: HingeNegatives, similarity: HingeSimilarity) -> impl Fn(&Batch, Reduction) -> Evaluated {
    move |batch, reduction| {
        let loss = HingeLossConfig::new().with_negatives(negatives).with_similarity(similarity).init().unwrap();
        (loss.forward(batch.rows.mean(), batch.columns.mean(), &batch.matches, reduction), Vec::new())
    }
}

fn multi_instance(
    similarity: BagSimilarity,
    negatives: HingeNegatives,
) -> impl Fn(&Batch, Reduction) -> Evaluated + 'static {
    move |batch, reduction| {
        let config = MultiInstanceHingeLossConfig::new().with_similarity(similarity);
        let loss = config.with_negatives(negatives).init().unwrap();
        (loss.forward(bags(&batch.rows), bags(&batch.columns), &batch.matches, reduction), Vec::new())
    }
}

fn closed_form(distance: MatchDistance, rule: PseudoPositives) -> impl Fn(&Batch, Reduction) -> Evaluated {
    move |batch, reduction| {
        let config = ClosedFormMatchLossConfig::new().with_distance(distance).with_pseudo_positives(rule);
        let loss = config.init(&batch.rows.mean().device()).unwrap();
        let total = loss.forward(&batch.rows, &batch.columns, &batch.matches, reduction);
        (total, vec![loss.negative_scale.val(), loss.shift.val()])
    }
}

fn inclusion(form: InclusionForm) -> impl Fn(&Batch, Reduction) -> Evaluated {
    move |batch, reduction| {
        let loss = InclusionLossConfig::new().with_form(form).init().unwrap();
        (loss.forward(&batch.rows, &batch.columns, reduction), Vec::new())
    }
}

fn prior(form: PriorKl) -> impl Fn(&Batch, Reduction) -> Evaluated {
    move |batch, reduction| (form.forward(&batch.rows, None, reduction), Vec::new())
}

fn entropy(form: EntropyForm) -> impl Fn(&Batch, Reduction) -> Evaluated {
    move |batch, reduction| {
        (EntropyFloorConfig::new().with_form(form).init().unwrap().forward(&batch.rows, reduction), Vec::new())
    }
}

fn table() -> Vec<Entry> {
    use BagSimilarity::{LogSumExp, Max, SmoothChamfer};
    use HingeNegatives::{All, Hardest};
    vec![
        Entry::new("soft contrastive", true, true, |batch, reduction| {
            let loss = SoftContrastiveLossConfig::new().init(&batch.rows.mean().device()).unwrap();
            let total = loss.forward(samples(&batch.rows), samples(&batch.columns), &batch.matches, reduction);
            (total, vec![loss.negative_scale.val(), loss.shift.val()])
        }),
        Entry::new("InfoNCE", true, true, |batch, reduction| {
            let loss = InfoNceLossConfig::new().init(&batch.rows.mean().device()).unwrap();
            let total = loss.forward(batch.rows.mean(), batch.columns.mean(), &batch.matches, reduction);
            (total, vec![loss.logit_scale.val()])
        }),
        Entry::new("VSE0", true, true, hinge(All, HingeSimilarity::Cosine)),
        Entry::new("VSE++", true, true, hinge(Hardest, HingeSimilarity::Cosine)),
        Entry::new("hinge of inner products", true, true, hinge(All, HingeSimilarity::Dot)),
        Entry::new("hardest hinge of inner products", true, true, hinge(Hardest, HingeSimilarity::Dot)),
        Entry::new("order hinge", true, false, hinge(Hardest, HingeSimilarity::OrderEmbedding)),
        Entry::new("PVSE", true, true, multi_instance(Max, Hardest)),
        Entry::new("PVSE, smooth maximum", true, true, multi_instance(LogSumExp(16.0), All)),
        Entry::new("PVSE, smooth Chamfer", true, true, multi_instance(SmoothChamfer(16.0), Hardest)),
        Entry::new("diversity", false, false, |batch, reduction| {
            (DiversityLoss.forward(bags(&batch.rows), reduction), Vec::new())
        }),
        Entry::new("discrepancy", false, true, |batch, _| {
            let loss = MmdLossConfig::new().init().unwrap();
            (loss.forward(batch.rows.mean(), batch.columns.mean()), Vec::new())
        }),
        Entry::new("uniformity", false, false, |batch, _| {
            (UniformityLossConfig::new().init().forward(batch.rows.mean()), Vec::new())
        }),
        Entry::new("PCME++", true, true, closed_form(MatchDistance::Csd, PseudoPositives::AnyBestMatch)),
        Entry::new(
            "PCME++, W2",
            true,
            true,
            closed_form(MatchDistance::SquaredWasserstein2, PseudoPositives::AnyBestMatch),
        ),
        Entry::new("ProLIP", true, true, |batch, reduction| {
            let loss = ProLipLossConfig::new().init(&batch.rows.mean().device()).unwrap();
            let total = loss.forward(&batch.rows, &batch.columns, &batch.matches, reduction);
            (total, vec![loss.log_scale.val(), loss.bias.val()])
        }),
        Entry::new("inclusion", false, false, inclusion(InclusionForm::Exact)),
        Entry::new("inclusion, code", false, false, inclusion(InclusionForm::ProLipCode(-10.0))),
        Entry::new("MAP", true, true, |batch, reduction| {
            let loss = W2InfoNceLossConfig::new().init(&batch.rows.mean().device()).unwrap();
            let total = loss.forward(&batch.rows, &batch.columns, &batch.matches, reduction);
            (total, vec![loss.temperature.val()])
        }),
        Entry::new("entropy floor", false, false, entropy(EntropyForm::Exact)),
        Entry::new("entropy floor, code", false, false, entropy(EntropyForm::MapCode)),
        Entry::new("prior", false, false, prior(PriorKl::Exact)),
        Entry::new("prior, PCME", false, false, prior(PriorKl::PcmeV1Code)),
        Entry::new("prior, PCME++", false, false, prior(PriorKl::PcmeppCode)),
        Entry::new("prior, ProLIP", false, false, prior(PriorKl::ProLipCode)),
        Entry::new("pairs", false, false, |batch, reduction| {
            let loss = PairMatchLossConfig::new().with_balanced(true).init(&batch.rows.mean().device()).unwrap();
            let [items, _] = batch.rows.dims();
            let labels: Vec<usize> = (0..items).map(|item| item % 2).collect();
            let matches = MatchMatrix::from_ids(&labels, &labels, &batch.rows.mean().device());
            let total = loss.forward(samples(&batch.rows), &matches, reduction);
            (total, vec![loss.contrastive.negative_scale.val(), loss.contrastive.shift.val()])
        }),
        Entry::new("aligned pairs", false, true, |batch, reduction| {
            let loss = PairMatchLossConfig::new().init(&batch.rows.mean().device()).unwrap();
            let [items, _] = batch.rows.dims();
            let matches = Tensor::full([items], 0.5, &batch.rows.mean().device());
            let total = loss.forward_aligned(samples(&batch.rows), samples(&batch.columns), matches, reduction);
            (total, vec![loss.contrastive.negative_scale.val(), loss.contrastive.shift.val()])
        }),
    ]
}

/// Unit means and standard deviations of about `exp(-1.5)`.
fn ordinary(seed: u64, [n, m]: [usize; 2], device: &Device) -> [Tensor<2>; 4] {
    let mut draws = Draws::new(seed);
    let mut side = |items| {
        let mean: Tensor<2> = draws.tensor([items, 6], device);
        let norm = mean.clone().square().sum_dim(1).sqrt();
        (mean / norm, draws.tensor::<2>([items, 6], device) * 0.5 - 3.0)
    };
    let ((mean1, log_var1), (mean2, log_var2)) = (side(n), side(m));
    [mean1, log_var1, mean2, log_var2]
}

fn batch([mean1, log_var1, mean2, log_var2]: [Tensor<2>; 4], matches: MatchMatrix) -> Batch {
    Batch { rows: DiagNormal::new(mean1, LogVar(log_var1)), columns: DiagNormal::new(mean2, LogVar(log_var2)), matches }
}

/// Rows and columns of four classes, several items each.
fn labelled(seed: u64, device: &Device) -> Batch {
    let matches = MatchMatrix::from_ids(&[0, 1, 2, 1, 3], &[1, 0, 1, 2, 2], device);
    batch(ordinary(seed, [5, 5], device), matches)
}

#[test]
fn every_loss_is_finite_with_finite_gradients_for_hostile_embeddings_and_any_matches() {
    let device = autodiff();
    let size = 4;
    let full = |value: f32| MatchMatrix::from_tensor(Tensor::full([size, size], value, &device)).unwrap();
    let all_matches = [MatchMatrix::identity(size, &device), full(0.0), full(1.0), full(0.5)];
    let inputs = || ordinary(1, [size, size], &device);
    type Change = fn([Tensor<2>; 4]) -> [Tensor<2>; 4];
    let hostile: [(&str, Change); 10] = [
        ("equal rows", |[a, b, c, d]| [a.ones_like(), b.zeros_like(), c.ones_like(), d.zeros_like()]),
        ("zero rows", |[a, b, c, d]| [a.zeros_like(), b, c.zeros_like(), d]),
        ("one zero side", |[a, b, c, d]| [a.zeros_like(), b, c, d]),
        ("norm 1e-20", |[a, b, c, d]| [a * 1e-20, b, c * 1e-20, d]),
        ("norm 1e20", |[a, b, c, d]| [a * 1e20, b, c * 1e20, d]),
        ("norms 1e-20 and 1e20", |[a, b, c, d]| [a * 1e-20, b, c * 1e20, d]),
        ("log-variance -50", |[a, b, c, d]| [a, b.full_like(-50.0), c, d.full_like(-50.0)]),
        ("log-variance 50", |[a, b, c, d]| [a, b.full_like(50.0), c, d.full_like(50.0)]),
        ("log-variances -50 and 50", |[a, b, c, d]| [a, b.full_like(-50.0), c, d.full_like(50.0)]),
        ("norm 1e20, log-variance -50", |[a, b, c, d]| [a * 1e20, b.full_like(-50.0), c, d.full_like(50.0)]),
    ];
    for (hostility, change) in hostile {
        for matches in &all_matches {
            for entry in table() {
                let leaves = change(inputs()).map(|tensor| tensor.detach().require_grad());
                let batch = batch(leaves.clone(), matches.clone());
                let what = format!("{}, {hostility}", entry.name);
                let (loss, parameters) = (entry.evaluate)(&batch, Reduction::Auto);
                // The exact priors say that means past 1e19 overflow, and they do.
                if hostility.starts_with("norm") && hostility.contains("1e20") && entry.name.starts_with("prior") {
                    assert!(!scalar(loss).is_nan(), "{what}");
                    continue;
                }
                assert_all_finite(&what, &values(&loss));
                let gradients = loss.backward();
                for leaf in &leaves {
                    if let Some(gradient) = leaf.grad(&gradients) {
                        assert_all_finite(&format!("gradient of {what}"), &values(&gradient));
                    }
                }
                for parameter in parameters {
                    let gradient = parameter.grad(&gradients).expect("a learnt scalar is part of the graph");
                    assert_all_finite(&format!("gradient of a scalar of {what}"), &values(&gradient));
                }
            }
        }
    }
}

#[test]
fn every_loss_of_an_empty_batch_is_zero_and_can_be_differentiated() {
    let device = autodiff();
    for entry in table() {
        let leaves = ordinary(2, [0, 0], &device).map(Tensor::require_grad);
        let loss = entry.loss(&batch(leaves, MatchMatrix::from_ids::<u8>(&[], &[], &device)), Reduction::Auto);
        assert_eq!(scalar(loss.clone()), 0.0, "{}", entry.name);
        loss.backward();
    }
}

#[test]
fn no_loss_depends_on_the_order_of_the_batch() {
    let device = device();
    let Batch { rows, columns, matches } = labelled(3, &device);
    let select = |tensor: Tensor<2>, order: [i64; 5]| tensor.select(0, Tensor::<1, Int>::from_ints(order, &device));
    for entry in table() {
        // Pairwise losses may shuffle both sides on their own; the others pair what stands in the same place.
        let row_order = [3, 0, 4, 2, 1];
        let column_order = if entry.pairwise { [1, 4, 0, 3, 2] } else { row_order };
        if entry.name == "pairs" {
            continue; // its labels are the places; see its own test
        }
        let shuffled = |side: &DiagNormal, order| {
            DiagNormal::new(select(side.mean(), order), LogVar(select(side.log_var().0, order)))
        };
        let shuffled_matches = select(select(matches.values(), row_order).transpose(), column_order).transpose();
        let shuffled = Batch {
            rows: shuffled(&rows, row_order),
            columns: shuffled(&columns, column_order),
            matches: MatchMatrix::from_tensor(shuffled_matches).unwrap(),
        };
        let batch = Batch { rows: rows.clone(), columns: columns.clone(), matches: matches.clone() };
        let (before, after) = (entry.loss(&batch, Reduction::Sum), entry.loss(&shuffled, Reduction::Sum));
        // Sums of up to 25 terms in another order.
        assert_close(entry.name, &values(&after), &values(&before), 2e-5);
    }
}

#[test]
fn exchanging_the_modalities_exchanges_nothing_in_a_symmetric_loss() {
    let device = device();
    for entry in table().into_iter().filter(|entry| entry.symmetric) {
        let batch = labelled(4, &device);
        let exchanged =
            Batch { rows: batch.columns.clone(), columns: batch.rows.clone(), matches: batch.matches.transpose() };
        let (there, back) = (entry.loss(&batch, Reduction::Sum), entry.loss(&exchanged, Reduction::Sum));
        assert_close(entry.name, &values(&there), &values(&back), 2e-5);
    }
}

#[test]
fn losses_that_need_a_match_are_zero_without_one_and_so_is_their_gradient() {
    let device = autodiff();
    let none = MatchMatrix::from_tensor(Tensor::zeros([4, 4], &device)).unwrap();
    let needs_a_match = [
        "InfoNCE",
        "VSE0",
        "VSE++",
        "hinge of inner products",
        "hardest hinge of inner products",
        "order hinge",
        "PVSE",
        "PVSE, smooth maximum",
        "PVSE, smooth Chamfer",
        "MAP",
    ];
    let mut tested = 0;
    for entry in table().into_iter().filter(|entry| needs_a_match.contains(&entry.name)) {
        let leaves = ordinary(5, [4, 4], &device).map(Tensor::require_grad);
        let loss = entry.loss(&batch(leaves.clone(), none.clone()), Reduction::Auto);
        assert_eq!(scalar(loss.clone()), 0.0, "{}", entry.name);
        let gradients = loss.backward();
        for leaf in leaves.iter().filter_map(|leaf| leaf.grad(&gradients)) {
            assert!(values(&leaf).iter().all(|&gradient| gradient == 0.0), "{}", entry.name);
        }
        tested += 1;
    }
    assert_eq!(tested, needs_a_match.len());
}

#[test]
fn hinges_without_a_negative_are_zero_with_zero_gradient() {
    let device = autodiff();
    let all = MatchMatrix::from_tensor(Tensor::ones([4, 4], &device)).unwrap();
    let mut tested = 0;
    for entry in table().into_iter().filter(|entry| entry.name.contains("VSE") || entry.name.contains("hinge")) {
        let leaves = ordinary(6, [4, 4], &device).map(Tensor::require_grad);
        let loss = entry.loss(&batch(leaves.clone(), all.clone()), Reduction::Auto);
        assert_eq!(scalar(loss.clone()), 0.0, "{}", entry.name);
        let gradients = loss.backward();
        let gradient = values(&leaves[0].grad(&gradients).unwrap());
        assert!(gradient.iter().all(|&gradient| gradient == 0.0), "{}", entry.name);
        tested += 1;
    }
    assert_eq!(tested, 8);
}

#[test]
fn pairwise_losses_of_only_negatives_or_only_positives_keep_a_gradient_where_they_have_a_term() {
    let device = autodiff();
    for name in ["soft contrastive", "PCME++", "PCME++, W2", "ProLIP"] {
        for value in [0.0, 1.0] {
            let entry = table().into_iter().find(|entry| entry.name == name).unwrap();
            let matches = MatchMatrix::from_tensor(Tensor::full([4, 4], value, &device)).unwrap();
            let leaves = ordinary(7, [4, 4], &device).map(Tensor::require_grad);
            let gradients = entry.loss(&batch(leaves.clone(), matches), Reduction::Auto).backward();
            let gradient = values(&leaves[0].grad(&gradients).unwrap());
            assert_all_finite(name, &gradient);
            assert!(gradient.iter().any(|&value| value != 0.0), "{name}");
        }
    }
}

#[test]
fn batch_means_are_sums_divided_by_the_number_of_rows() {
    let device = device();
    for entry in table() {
        if ["discrepancy", "uniformity"].contains(&entry.name) {
            continue; // one number per set, no reduction
        }
        let batch = labelled(8, &device);
        let (sum, mean) =
            (scalar(entry.loss(&batch, Reduction::Sum)), scalar(entry.loss(&batch, Reduction::BatchMean)));
        assert_close(entry.name, &[mean], &[sum / 5.0], 1e-5);
    }
}

#[test]
fn the_default_reduction_is_the_published_one() {
    let device = device();
    let sums = [
        "soft contrastive",
        "VSE0",
        "VSE++",
        "hinge of inner products",
        "hardest hinge of inner products",
        "order hinge",
        "prior",
        "prior, PCME",
    ];
    for entry in table() {
        let published = match entry.name {
            name if sums.contains(&name) => Reduction::Sum,
            "ProLIP" => Reduction::BatchMean,
            _ => Reduction::Mean,
        };
        let batch = labelled(9, &device);
        let (auto, expected) = (scalar(entry.loss(&batch, Reduction::Auto)), scalar(entry.loss(&batch, published)));
        assert_eq!(auto, expected, "{}", entry.name);
    }
}
