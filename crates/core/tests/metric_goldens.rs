//! Whole-set metrics beside scikit-learn, SciPy and NumPy: `xtask/parity/retrieval_metrics.py`.

use halation_core::metric::*;
use serde_json::Value;

/// Both sides work in double precision on the same numbers, in other orders of summation.
const ROUNDING: f64 = 1e-12;

fn golden() -> Value {
    serde_json::from_str(include_str!("goldens/retrieval_metrics.json")).unwrap()
}

fn list<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    value.as_array().unwrap().iter().map(|entry| read(entry).unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    list(value, Value::as_f64)
}

fn singles(value: &Value) -> Vec<f32> {
    list(value, |entry| entry.as_f64().map(|number| number as f32))
}

fn indices(value: &Value) -> Vec<usize> {
    list(value, |entry| entry.as_u64().map(|number| number as usize))
}

fn present(value: &Value) -> Vec<Option<f64>> {
    numbers(value).into_iter().map(Some).collect()
}

#[track_caller]
fn close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() < ROUNDING, "{found} instead of {expected}");
}

/// Scores of every query against every gallery point: the negative squared distance.
fn closeness(queries: &[f64], gallery: &[f64], dim: usize) -> Vec<f64> {
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
    queries.chunks(dim).flat_map(|query| gallery.chunks(dim).map(move |point| -distance(query, point))).collect()
}

#[test]
fn verification_agrees_with_scikit_learn_under_ties() {
    let case = &golden()["verification"];
    let curve = Verification::new(&numbers(&case["scores"]), &list(&case["same"], Value::as_bool)).unwrap();
    close(curve.average_precision(), &case["average_precision"]);
    close(curve.roc_auc(), &case["roc_auc"]);
    close(curve.best_accuracy().0, &case["best_accuracy"]);
    for (far, rate) in case["tar_at_far"].as_object().unwrap() {
        close(curve.true_accept_rate_at(far.parse().unwrap()), rate);
    }
}

#[test]
fn five_nearest_neighbours_agree_with_scikit_learn_where_no_vote_is_tied() {
    let case = &golden()["neighbours"];
    let (queries, gallery) = (numbers(&case["queries"]), numbers(&case["gallery"]));
    let (query_labels, gallery_labels) = (indices(&case["query_labels"]), indices(&case["gallery_labels"]));
    let scores = closeness(&queries, &gallery, 3);
    let dense = DenseScores::new(&scores, query_labels.len(), gallery_labels.len()).unwrap();
    let found = knn_labels(&dense, &gallery_labels, 5).unwrap();
    let tied = list(&case["vote_tied"], Value::as_bool);
    let expected = indices(&case["labels"]);
    let compared: Vec<usize> = (0..found.len()).filter(|&query| !tied[query]).collect();
    assert!(compared.len() >= 20 && compared.len() < found.len(), "{} of {}", compared.len(), found.len());
    for query in compared {
        assert_eq!(found[query], expected[query], "query {query}");
    }
}

#[test]
fn correlations_agree_with_scipy_under_ties() {
    let case = &golden()["correlations"];
    let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
    close(pearson(&x, &y).unwrap().unwrap(), &case["pearson"]);
    close(spearman(&x, &y).unwrap().unwrap(), &case["spearman"]);
    close(kendall(&x, &y).unwrap().unwrap(), &case["kendall"]);
}

#[test]
fn the_risk_coverage_curve_and_its_area_are_running_means() {
    let case = &golden()["risk_coverage"];
    let curve = RiskCoverage::new(&numbers(&case["uncertainty"]), &numbers(&case["error"])).unwrap();
    for (found, expected) in curve.risk.iter().zip(case["risk"].as_array().unwrap()) {
        close(*found, expected);
    }
    close(curve.area, &case["area"]);
}

#[test]
fn the_exact_sign_flip_test_agrees_with_scipy_and_the_bootstrap_with_its_description() {
    for case in golden()["paired"].as_array().unwrap() {
        let test = PairedTest {
            resamples: case["resamples"].as_u64().unwrap() as usize,
            confidence: case["confidence"].as_f64().unwrap(),
            seed: case["seed"].as_u64().unwrap(),
        };
        let found = test.compare(&present(&case["first"]), &present(&case["second"])).unwrap();
        assert!(found.exact);
        close(found.difference, &case["difference"]);
        close(found.p, &case["p"]);
        close(found.interval[0], &case["interval"][0]);
        close(found.interval[1], &case["interval"][1]);
    }
}

#[test]
fn drawn_sign_flips_agree_with_their_description_and_with_the_t_test_roughly() {
    let case = &golden()["paired_drawn"];
    let (first, second) = (present(&case["first"]), present(&case["second"]));
    let test = PairedTest { resamples: 400, seed: 3, ..PairedTest::default() };
    let found = test.compare(&first, &second).unwrap();
    assert!(!found.exact);
    close(found.p, &case["p"]);
    // The t-test's p is the limit for many queries; 10,000 draws have a standard error of 0.003 at p = 0.1.
    let many = PairedTest::default().compare(&first, &second).unwrap();
    assert!((many.p - case["t_test_p"].as_f64().unwrap()).abs() < 0.015, "{}", many.p);
}

#[test]
fn the_class_protocol_agrees_with_its_definition_in_both_directions() {
    let case = &golden()["class_protocol"];
    let (images, captions) = (indices(&case["image_classes"]), indices(&case["caption_classes"]));
    let scores = numbers(&case["scores"]);
    let dense = DenseScores::new(&scores, images.len(), captions.len()).unwrap();
    let truth = Relevance::from_classes(&images, &captions).unwrap();
    let i2t = rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap().remove(0);
    let back = truth.transpose();
    assert_eq!(back, Relevance::from_classes(&captions, &images).unwrap());
    let t2i = rank_positives(&dense.transposed(), &[RankTask::whole(&back)], Ties::ByIndex).unwrap().remove(0);
    for (ranks, expected) in [(i2t, &case["i2t"]), (t2i, &case["t2i"])] {
        assert_eq!((ranks.queries() - ranks.excluded()) as u64, expected["queries"].as_u64().unwrap());
        close(ranks.mean(RankMetric::RPrecision).unwrap(), &expected["r_precision"]);
        close(ranks.mean(RankMetric::MapAtR).unwrap(), &expected["map_at_r"]);
        close(ranks.mean(RankMetric::RecallAt(1)).unwrap(), &expected["r1"]);
    }
}

#[test]
fn zero_shot_classification_with_filtered_prompts_agrees_with_numpy() {
    let case = &golden()["zero_shot"];
    let size = |name: &str| case[name].as_u64().unwrap() as usize;
    let (prompts, images) = (singles(&case["prompts"]), singles(&case["images"]));
    let (class_of_prompt, labels) = (indices(&case["class_of_prompt"]), indices(&case["labels"]));
    let uncertainty = numbers(&case["uncertainty"]);
    let build = |keep: usize| {
        ZeroShot::new(&prompts, size("dim"), &class_of_prompt, &uncertainty, size("classes"), keep).unwrap()
    };
    let filtered = build(size("keep"));
    for (found, expected) in filtered.vectors().iter().zip(numbers(&case["vectors"])) {
        assert!((f64::from(*found) - expected).abs() < 1e-7); // stored in single precision
    }
    // Shares of 40 images: exact unless an image is within rounding of a border.
    assert_eq!(filtered.accuracy(&images, &labels).unwrap(), case["accuracy"].as_f64().unwrap());
    assert_eq!(build(usize::MAX).accuracy(&images, &labels).unwrap(), case["accuracy_of_all"].as_f64().unwrap());
}
