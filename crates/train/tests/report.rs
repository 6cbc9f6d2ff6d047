//! A report as an app would compose it, written to `sample-report.html` in cargo's scratch directory to be looked at.

use halation_train::random::{normal_noise, seed_for};
use halation_train::report::{
    BarChart, Histogram, LineChart, Picture, PictureCell, PictureGrid, Report, Scatter, Table,
};

use burn::tensor::Device;

/// Numbers that look like measurements.
fn numbers(stream: &str, count: usize) -> Vec<f64> {
    normal_noise([count], seed_for(5, stream, 0, 0), &Device::flex()).into_data().iter::<f64>().collect()
}

/// A coloured disc on a background, 64 pixels wide.
fn disc(color: [u8; 3]) -> Picture {
    let mut rgb = Vec::new();
    for y in 0..64_i32 {
        for x in 0..64_i32 {
            let inside = (x - 32).pow(2) + (y - 32).pow(2) < 400;
            rgb.extend(if inside { color } else { [226, 229, 234] });
        }
    }
    Picture::from_rgb(64, 64, &rgb).unwrap()
}

fn sample() -> Report {
    let noise = numbers("noise", 4_000);
    let curve = |start: f64, floor: f64, noise: &[f64]| -> Vec<(f64, f64)> {
        let value = |step: usize| floor + (start - floor) * (-(step as f64) / 500.0).exp();
        noise.iter().enumerate().map(|(step, noise)| (step as f64, value(step) * (1.0 + 0.08 * noise))).collect()
    };
    let recalls = |top: f64| (1..=20).map(|epoch| (epoch as f64, top * (1.0 - (-0.25 * epoch as f64).exp()))).collect();
    let sigma: Vec<f64> = numbers("sigma", 3_000).iter().map(|value| (0.35 * value - 1.5).exp()).collect();
    let wide: Vec<f64> = numbers("wide", 3_000).iter().map(|value| (0.3 * value - 1.0).exp()).collect();
    let truth = numbers("truth", 3_000);
    let points = sigma.iter().zip(&truth).map(|(sigma, noise)| (sigma * 6.0 + noise.abs(), *sigma)).collect();
    let [red, blue, green] = [[214, 69, 65], [58, 110, 214], [52, 152, 96]].map(disc);

    let mut report = Report::new("PCME on generated scenes");
    report
        .paragraph(
            "Sample data: this page shows what a report can hold. A caption matches every scene that it describes.",
        )
        .section("Results")
        .table(
            Table::new(&["model", "R-Precision", "R@1", "median rank", "notes"])
                .row(["PCME", "0.61 ± 0.01", "71.3%", "1", "7 samples"])
                .row(["mean only", "0.55 ± 0.02", "66.0%", "2", ""])
                .row(["InfoNCE", "0.57 ± 0.01", "68.4%", "2", "temperature learned"])
                .row(["chance", "0.02", "0.4%", "127", "<expected value>"])
                .caption("Mean and spread of three seeds, unseen combinations."),
        )
        .section("Training")
        .chart(
            LineChart::new("Loss", "step", "loss")
                .series("train", curve(3.0, 0.2, &noise))
                .series("valid", curve(3.1, 0.35, &noise[..4_000]).into_iter().step_by(200).collect())
                .log_y(true),
        )
        .chart(
            LineChart::new("Recall on unseen scenes", "epoch", "R@K")
                .series("R@1", recalls(0.7))
                .series("R@5", recalls(0.93)),
        )
        .section("Uncertainty")
        .chart(
            Histogram::new("Sigma of captions and images", "sigma", 40)
                .series("captions", &wide)
                .series("images", &sigma),
        )
        .chart(
            ["most sure", "2", "3", "4", "least sure"]
                .iter()
                .zip([0.91, 0.8, 0.72, 0.55, 0.31])
                .fold(BarChart::new("Recall by uncertainty bin", "bin of sigma", "R@1"), |chart, (bin, recall)| {
                    chart.bar(bin, recall)
                }),
        )
        .chart(Scatter::new("Sigma against true ambiguity", "scenes that match", "sigma").series("captions", points))
        .chart(LineChart::new("Nothing measured yet", "step", "loss"))
        .section("Retrievals")
        .pictures(
            PictureGrid::new()
                .row(
                    "a red disc",
                    [
                        PictureCell::new(red.clone(), "score 0.93\nsigma 0.11").good(true),
                        PictureCell::new(blue.clone(), "score 0.41\nsigma 0.25").good(false),
                        PictureCell::new(green.clone(), "score 0.40\nsigma 0.31").good(false),
                    ],
                )
                .row_with_query(
                    PictureCell::new(blue, "query image"),
                    [
                        PictureCell::text("a blue disc").good(true),
                        PictureCell::text("a disc & nothing else").good(true),
                        PictureCell::new(green, "a caption beside its picture, long enough to need several lines"),
                    ],
                ),
        )
        .section("Recipe")
        .preformatted("seed = 1\n\n[model]\nwidth = 64\n");
    report
}

#[test]
fn a_whole_report_holds_everything_and_needs_nothing_else() {
    let html = sample().to_html();
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/sample-report.html"), &html).unwrap();
    assert_eq!(html.matches("<svg").count(), 5);
    assert_eq!(html.matches("data:image/png;base64,").count(), 5);
    assert_eq!(html.matches("no data").count(), 1);
    assert!(html.contains("&lt;expected value&gt;") && html.contains("a disc &amp; nothing else"));
    assert!(!html.contains("src=\"http") && !html.contains("url("));
    // Thousands of points do not make a page of megabytes.
    assert!(html.len() < 300_000, "{} bytes", html.len());
}

#[test]
fn the_same_data_makes_the_same_page() {
    assert_eq!(sample().to_html(), sample().to_html());
}
