//! The report of a run: figures, curves, and where the digits went.

use crate::dataset::Dataset;
use crate::embedded::Embedded;
use crate::embedder::Embedder;
use crate::evaluation::{Evaluation, spread};
use crate::plot::{Blob, Plot, bounds_of};
use halation_data::world::digits::DigitOcclusion;
use halation_train::metrics::series;
use halation_train::report::{LineChart, Report, Table};
use halation_train::run::RunReader;

/// Images in the pictures.
const SHOWN: usize = 150;

/// Renders the report of a finished run.
///
/// # Errors
/// Metrics of the run that cannot be read.
pub fn render(
    dataset: &Dataset,
    embedder: &Embedder,
    evaluation: &Evaluation,
    run: &RunReader,
) -> anyhow::Result<String> {
    let recipe = embedder.recipe();
    let mut report = Report::new("Hedged instance embeddings");
    report.paragraph(&dataset.summary());
    report.section("Figures").table(figures(evaluation)).paragraph(
        "Corrupted: a black square of random size on every digit. eta = 1 - p(match | x, x) is the uncertainty; tau is Kendall's \
         correlation of confidence and accuracy over 20 bins.",
    );
    show_plane(&mut report, dataset, embedder);
    if let Some(curve) = &evaluation.occlusion {
        let points = curve.fraction.iter().copied().zip(curve.eta.iter().copied()).collect();
        report.section("Uncertainty under occlusion");
        report.chart(
            LineChart::new("digits, covered more and more", "share of pixels covered", "mean eta")
                .series("eta", points),
        );
    }
    let metrics = run.metrics()?;
    report.section("Training");
    report.chart(
        LineChart::new("loss", "step", "nats")
            .series("soft contrastive", series(&metrics, "train", "soft_contrastive")),
    );
    report.chart(LineChart::new("clean test pairs", "step", "AP").series("AP", series(&metrics, "valid", "clean_ap")));
    report.section("Recipe").preformatted(&toml::to_string_pretty(recipe)?);
    Ok(report.to_html())
}

fn figures(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(&["", "k-NN %", "verification AP", "mean eta", "tau k-NN", "tau AP"]);
    for (name, figures) in [("clean", &evaluation.clean), ("corrupted", &evaluation.corrupted)] {
        let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        table = table.row([
            name.to_owned(),
            format!("{:.1}", 100.0 * figures.knn),
            format!("{:.3}", figures.ap),
            optional(figures.eta),
            optional(figures.knn_kendall),
            optional(figures.ap_kendall),
        ]);
    }
    let chance = &evaluation.chance;
    table.row(["chance".to_owned(), format!("{:.1}", 100.0 * chance.knn), format!("{:.3}", chance.ap)]).caption(
        &format!(
            "{} embeddings, {} digits, {} dimensions; {} queries against {} gallery images; {} pairs",
            evaluation.head,
            evaluation.digits,
            evaluation.dim,
            evaluation.queries,
            evaluation.gallery,
            evaluation.pairs
        ),
    )
}

/// The same test images twice, clean and with half of each digit covered, on the same axes.
fn show_plane(report: &mut Report, dataset: &Dataset, embedder: &Embedder) {
    let set = &dataset.test;
    let images = spread(set.len(), SHOWN);
    let highest = f64::from(set.numbers().last().copied().unwrap_or_default()) + 1.0;
    let hues: Vec<f64> = images.iter().map(|&image| f64::from(set.number(image)) / highest).collect();
    let half = DigitOcclusion::of_side(20, embedder.recipe().eval.seed); // 400 of 784 pixels
    let clean = blobs(&embedder.embed(set, &images, None), &hues);
    let covered = blobs(&embedder.embed(set, &images, Some(&half)), &hues);
    let bounds = bounds_of(clean.iter().chain(&covered));
    report.section("The embedding").paragraph(
        "The first two dimensions. A dot is the mean of an image, or of one of its components, with the ellipse of one standard \
         deviation; the colour is the number.",
    );
    report.chart(Plot::new("clean digits", clean, bounds));
    report.chart(Plot::new("half of every digit covered", covered, bounds));
}

fn blobs(embedded: &Embedded, hues: &[f64]) -> Vec<Blob> {
    let mut blobs = Vec::new();
    for component in embedded.components() {
        let [rows, dim] = component.dims();
        let host = |values: burn::tensor::Tensor<2>| -> Vec<f32> {
            values.into_data_as::<f32>().try_into_vec().expect("converted to f32 just before")
        };
        let (means, sigmas) = (host(component.mean()), host(component.log_std().std()));
        // In one dimension the second coordinate is 0.
        let two = |values: &[f32], row: usize| {
            [0, 1].map(|axis| if axis < dim { f64::from(values[row * dim + axis]) } else { 0.0 })
        };
        blobs.extend((0..rows).map(|row| Blob {
            centre: two(&means, row),
            sigma: embedded.is_hedged().then(|| two(&sigmas, row)),
            hue: hues[row],
        }));
    }
    blobs
}
