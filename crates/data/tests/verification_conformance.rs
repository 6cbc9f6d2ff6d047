//! Verification on the distances of four real face models, beside the figures published with the data.

use halation_core::metric::Verification;
use halation_data::testing::shared_data;

/// Scores (negated distances) of a model and which pairs show one person.
fn read(model: &str) -> Option<Verification> {
    let path = shared_data("conformance/face_distances/face-recognition-pivot.no-heldout.csv")?;
    let mut reader = csv::Reader::from_path(path).unwrap();
    let column = reader.headers().unwrap().iter().position(|name| name == model).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let scores: Vec<f64> = rows.iter().map(|row| -row[column].parse::<f64>().unwrap()).collect();
    let same: Vec<bool> = rows.iter().map(|row| &row[2] == "Yes").collect();
    assert_eq!((same.len(), same.iter().filter(|&&same| same).count()), (156, 90));
    Some(Verification::new(&scores, &same).unwrap())
}

#[test]
fn face_models_have_their_published_areas_accuracies_and_rates() {
    // AUC, best accuracy and its distance, TAR at FAR 5 % and 1 %: six decimals, so half of the last one is the tolerance.
    for (model, expected) in [
        ("OpenFace_cosine", [0.835606, 0.775641, 0.1943, 0.366667, 0.155556]),
        ("DeepFace_cosine", [0.740909, 0.717949, 0.2101, 0.333333, 0.155556]),
    ] {
        let Some(curve) = read(model) else { return };
        let (accuracy, threshold) = curve.best_accuracy();
        let found =
            [curve.roc_auc(), accuracy, -threshold, curve.true_accept_rate_at(0.05), curve.true_accept_rate_at(0.01)];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() <= 5e-7, "{model}: {found} instead of {expected}");
        }
    }
}

#[test]
fn models_that_separate_perfectly_have_area_accuracy_and_average_precision_one() {
    for (model, distance) in [("VGG-Face_cosine", 0.3985), ("Facenet_cosine", 0.4761)] {
        let Some(curve) = read(model) else { return };
        assert_eq!((curve.roc_auc(), curve.average_precision()), (1.0, 1.0));
        assert_eq!(curve.best_accuracy(), (1.0, -distance));
    }
}
