//! The report of a run: figures, curves, and samples beside the real thing.

use crate::drawing::{line, sheet};
use crate::evaluation::{Evaluation, spread};
use crate::generator::Generator;
use crate::process::Request;
use crate::recipe::Recipe;
use halation_train::metrics::series;
use halation_train::report::{LineChart, Picture, PictureCell, PictureGrid, Report, Table};
use halation_train::run::RunReader;

/// Samples shown.
const SHOWN: usize = 12;

/// Renders the report of a finished run.
///
/// # Errors
/// Metrics that cannot be read; a sample that the model refuses.
pub fn render(
    generator: &Generator<'_>,
    recipe: &Recipe,
    evaluation: &Evaluation,
    run: &RunReader,
) -> anyhow::Result<String> {
    let dataset = generator.dataset();
    let mut report = Report::new("Categories");
    report.paragraph(&dataset.summary());
    report.section("Figures").table(figures(evaluation));
    let metrics = run.metrics()?;
    report.section("Training").chart(
        LineChart::new("bits per symbol", "step", "bits")
            .series("training", series(&metrics, "train", "bits_per_symbol"))
            .series("validation", series(&metrics, "valid", "bits_per_symbol")),
    );
    let sample = generator.sample(Request::plain(SHOWN, recipe.seed))?;
    let (drawn, leak) = (sample.rows, sample.leak.unwrap_or(0.0));
    let indices = spread(dataset.count(&evaluation.split)?, SHOWN);
    let real: Vec<Vec<u16>> = dataset
        .sequences(&evaluation.split, &indices)?
        .chunks(dataset.length)
        .map(|row| row.iter().map(|&id| id as u16).collect())
        .collect();
    report.section("Samples");
    if leak > 0.0 {
        report.paragraph(&format!(
            "{:.1} % of the drawn positions had a code without a class, read as one.",
            100.0 * leak
        ));
    }
    if dataset.size().is_some() {
        let picture = |rows: &[Vec<u16>]| -> anyhow::Result<Picture> {
            let sheet = sheet(dataset, rows, 4)?;
            Ok(Picture::from_rgb(sheet.width(), sheet.height(), sheet.as_raw())?)
        };
        let cell = |name: &str, rows: &[Vec<u16>]| Ok::<_, anyhow::Error>(PictureCell::new(picture(rows)?, name));
        report.pictures(PictureGrid::new().row("", [cell("drawn", &drawn)?, cell("real", &real)?]));
    } else {
        let text = |rows: &[Vec<u16>]| rows.iter().map(|row| line(dataset, row)).collect::<Vec<_>>().join("\n");
        report.paragraph("Drawn:").preformatted(&text(&drawn));
        report.paragraph("Real:").preformatted(&text(&real));
    }
    report.section("Recipe").preformatted(&toml::to_string_pretty(recipe)?);
    Ok(report.to_html())
}

fn figures(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(&["", "bits per symbol"]);
    let mut row = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            table = std::mem::replace(&mut table, Table::new(&[])).row([name.to_owned(), format!("{value:.4}")]);
        }
    };
    row("the model, at most", Some(evaluation.bits_per_symbol));
    row("standard error", Some(evaluation.standard_error));
    row("importance-weighted", evaluation.iwbo_bits);
    row("entropy of the source", evaluation.floor);
    if let Some(baselines) = &evaluation.baselines {
        row("symbol frequencies", Some(baselines.order0));
        row(&format!("Markov model of order {}", baselines.markov_order), Some(baselines.markov));
        row("bzip2 -9", baselines.bzip2);
    }
    row("guessing", Some(evaluation.uniform));
    table.caption(&format!(
        "{} sequences of {} symbols, split {}, {} draws each{}",
        evaluation.sequences,
        evaluation.length,
        evaluation.split,
        evaluation.samples,
        if evaluation.augmented_training {
            "; training maps were flipped and shifted, measured ones never are"
        } else {
            ""
        }
    ))
}
