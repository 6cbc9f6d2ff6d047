//! The report of a run: curves, histograms, bins, and pictures of what was found.

use crate::dataset::{Dataset, Split};
use crate::embedder::Embedder;
use crate::evaluation::{Bins, Corruption, Evaluation, Uncertainty};
use crate::recipe::Recipe;
use halation_core::metric::{ScoreRows, top_k};
use halation_train::metrics::series;
use halation_train::report::{
    BarChart, Histogram, LineChart, Picture, PictureCell, PictureGrid, Report, Scatter, Table,
};
use halation_train::run::RunReader;

/// Queries shown as pictures, at each end.
const SHOWN: usize = 4;
/// Hits shown for each.
const HITS: usize = 8;
/// Side a picture is enlarged to, pixels.
const SIDE: u32 = 96;

/// Renders the report of a finished run.
///
/// # Errors
/// Metrics of the run that cannot be read.
pub fn render(
    recipe: &Recipe,
    dataset: &Dataset,
    embedder: &Embedder,
    evaluation: &Evaluation,
    run: &RunReader,
) -> anyhow::Result<String> {
    let mut report = Report::new("Image-caption retrieval");
    report.paragraph(&dataset.summary());
    report.section("Figures").table(figures(evaluation));

    let metrics = run.metrics()?;
    report.section("Training");
    report.chart(LineChart::new("loss", "step", "loss").series("train", series(&metrics, "train", "loss")));
    let mut recall = LineChart::new("validation", "step", "fraction");
    for name in ["r_precision", "recall_at_1"] {
        recall = recall.series(name, series(&metrics, "valid", name));
    }
    report.chart(recall);

    if let Some(uncertainty) = &evaluation.uncertainty {
        show_uncertainty(&mut report, dataset, evaluation, uncertainty)?;
    }
    show_retrievals(&mut report, embedder, dataset.split(&evaluation.split)?, evaluation)?;
    report.section("Recipe").preformatted(&toml::to_string_pretty(recipe)?);
    Ok(report.to_html())
}

fn figures(evaluation: &Evaluation) -> Table {
    let mut table = Table::new(&["", "R@1 %", "R@5 %", "R@10 %", "R-Precision %", "mAP@R %", "median rank"]);
    let rows = [("image to text", &evaluation.i2t), ("text to image", &evaluation.t2i), ("mean", &evaluation.mean)];
    for (name, figures) in rows {
        let percent = [figures.r1, figures.r5, figures.r10, figures.rprecision, figures.map_at_r];
        let mut cells = vec![name.to_owned()];
        cells.extend(percent.iter().map(|value| format!("{:.1}", 100.0 * value)));
        cells.push(format!("{:.1}", figures.medr));
        table = table.row(cells);
    }
    let chance = &evaluation.chance;
    let share = |value: f64| format!("{:.1}", 100.0 * value);
    table
        .row(["chance".to_owned(), share(chance.r1), String::new(), String::new(), share(chance.rprecision)])
        .caption(&format!("split `{}`, compared by {}", evaluation.split, evaluation.measure))
}

fn show_uncertainty(
    report: &mut Report,
    dataset: &Dataset,
    evaluation: &Evaluation,
    uncertainty: &Uncertainty,
) -> anyhow::Result<()> {
    report.section("Uncertainty").paragraph(&uncertainty.sentences());
    let sigma = &evaluation.detail.sigma;
    report.chart(
        Histogram::new("sigma (geometric mean over dimensions)", "sigma", 40)
            .series("images", &sigma.i2t)
            .series("captions", &sigma.t2i),
    );
    for (title, bins) in [("captions", &uncertainty.caption_bins), ("images", &uncertainty.image_bins)] {
        if let Some(bins) = bins {
            report.chart(bin_chart(title, bins));
        }
    }
    report.section("Calibration").table(calibration(uncertainty));
    let curve = |title: &str, x: &str, curve: &Corruption| {
        let points = curve.fraction.iter().copied().zip(curve.sigma.iter().copied()).collect();
        LineChart::new(title, x, "mean sigma").series("sigma", points)
    };
    if let Some(occlusion) = &uncertainty.occlusion {
        report.chart(curve("images, covered more and more", "share of pixels covered", occlusion));
    }
    if let Some(removal) = &uncertainty.word_removal {
        report.chart(curve("captions, fewer and fewer words", "share of words removed", removal));
    }
    if let Some(truth) = &dataset.split(&evaluation.split)?.ambiguity {
        let points = truth.captions.iter().copied().zip(sigma.t2i.iter().copied()).collect();
        report.chart(Scatter::new("captions", "true ambiguity, nats", "sigma").series("captions", points));
    }
    Ok(())
}

/// What the uncertainty is worth, by direction.
fn calibration(uncertainty: &Uncertainty) -> Table {
    let mut table = Table::new(&["", "AURC", "Pearson over bins", "Spearman S", "R^2 of a line", "-S R^2"]);
    for (name, area, pearson, found) in [
        ("images", uncertainty.image_aurc, uncertainty.image_bins_pearson, uncertainty.image_calibration),
        ("captions", uncertainty.caption_aurc, uncertainty.caption_bins_pearson, uncertainty.caption_calibration),
    ] {
        let figures = [area, pearson, found.map(|f| f.spearman), found.map(|f| f.r_squared), found.map(|f| f.score)];
        let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        table = table.row([name.to_owned()].into_iter().chain(figures.map(cell)).collect::<Vec<_>>());
    }
    table.caption("R@1 over ten bins of rising uncertainty; a good one has -S R^2 near 1 and a small AURC")
}

fn bin_chart(title: &str, bins: &Bins) -> BarChart {
    let title = format!("R@1 of {title} by uncertainty, from sure to unsure");
    let mut chart = BarChart::new(&title, "mean sigma of the bin", "R@1");
    for (sigma, recall) in bins.sigma.iter().zip(&bins.recall_at_1) {
        chart = chart.bar(&format!("{sigma:.3}"), recall.unwrap_or(0.0));
    }
    chart
}

/// Captions and the images they find: the surest and the least sure (for points: the first ones), right and wrong.
fn show_retrievals(
    report: &mut Report,
    embedder: &Embedder,
    split: &Split,
    evaluation: &Evaluation,
) -> anyhow::Result<()> {
    let detail = &evaluation.detail;
    let mut order: Vec<usize> = (0..split.set.captions.len()).collect();
    if embedder.is_probabilistic() {
        order.sort_by(|&a, &b| detail.sigma.t2i[a].total_cmp(&detail.sigma.t2i[b]));
    }
    let found = |right: bool| {
        let order = &order;
        move |caption: &usize| {
            detail.recall_at_1.t2i[*caption] == Some(f64::from(u8::from(right))) && order.len() > *caption
        }
    };
    let best: Vec<usize> = order.iter().copied().filter(found(true)).take(SHOWN).collect();
    let worst: Vec<usize> = order.iter().rev().copied().filter(found(false)).take(SHOWN).collect();
    for (heading, captions) in
        [("Best retrievals: sure, and right", best), ("Worst retrievals: unsure, and wrong", worst)]
    {
        let mut grid = PictureGrid::new();
        for caption in captions {
            let query = detail.captions.rows(caption..caption + 1);
            let scores = embedder.scores(embedder.default_measure(), &query, &detail.images)?;
            let mut row = vec![0.0; scores.gallery()];
            scores.fill(0..1, &mut row);
            let hits = top_k(&row, HITS).into_iter().map(|image| {
                let image = image as usize;
                let good = split.set.matches.contains(image, caption);
                Ok(PictureCell::new(picture(split, image)?, if good { "match" } else { "no match" }).good(good))
            });
            let mut title = format!("\"{}\"", split.set.captions[caption].text);
            if let Some(sigma) = detail.sigma.t2i.get(caption) {
                title.push_str(&format!("   sigma {sigma:.3}"));
            }
            grid = grid.row(title, hits.collect::<anyhow::Result<Vec<_>>>()?);
        }
        report.section(heading).pictures(grid);
    }
    Ok(())
}

fn picture(split: &Split, image: usize) -> anyhow::Result<Picture> {
    let pixels = split.pixels.pixels(image);
    let scale = (SIDE / pixels.width()).max(1);
    let large =
        image::imageops::resize(&pixels, pixels.width() * scale, pixels.height() * scale, image::imageops::Nearest);
    Ok(Picture::from_rgb(large.width(), large.height(), large.as_raw())?)
}
