//! Learning curves of a page: one line per row, the mean over its seeds, as SVG beside the page.

use super::recipe::Recipe;
use crate::train::run_dir;
use anyhow::{Context, anyhow};
use plotters::prelude::{
    ChartBuilder, Color, IntoDrawingArea, LineSeries, PathElement, RGBColor, SVGBackend, Text, WHITE,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is drawn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Metric of `metrics.jsonl`.
    metric: String,
    /// Split that it was measured on.
    #[serde(default = "valid")]
    split: String,
    /// What the vertical axis says.
    y: String,
    /// Values above this are not drawn: the first steps would flatten everything else.
    max: Option<f64>,
}

fn valid() -> String {
    "valid".to_owned()
}

type Line = Vec<(f64, f64)>;

/// Draws the curves of `rows`; `None` where no run has a point to draw.
pub fn draw(curve: &Curve, rows: &[&Recipe]) -> anyhow::Result<Option<String>> {
    let mut lines = Vec::new();
    for recipe in rows {
        let line = mean_line(curve, recipe)?;
        if !line.is_empty() {
            lines.push((recipe.row.as_str(), line));
        }
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let points = || lines.iter().flat_map(|(_, line)| line.iter().copied());
    let range = |of: fn((f64, f64)) -> f64| {
        let (low, high) = points().map(of).fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
        let margin = if high > low { 0.05 * (high - low) } else { 0.5 };
        low - margin..high + margin
    };
    let mut svg = String::new();
    render(&mut svg, curve, &lines, range(|point| point.0), range(|point| point.1))
        .map_err(|error| anyhow!("drawing {}: {error}", curve.metric))?;
    Ok(Some(svg))
}

/// Pixels of the plot and of the legend beside it.
const PLOT: u32 = 640;
const LEGEND: u32 = 330;
const HEIGHT: u32 = 420;

fn render(
    svg: &mut String,
    curve: &Curve,
    lines: &[(&str, Line)],
    x: std::ops::Range<f64>,
    y: std::ops::Range<f64>,
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, (PLOT + LEGEND, HEIGHT)).into_drawing_area();
    area.fill(&WHITE)?;
    // Beside the plot: inside, a legend of ten lines always covers some of them.
    let (plot, legend) = area.split_horizontally(PLOT);
    let mut chart =
        ChartBuilder::on(&plot).margin(12).x_label_area_size(40).y_label_area_size(60).build_cartesian_2d(x, y)?;
    chart.configure_mesh().light_line_style(WHITE).x_desc("step").y_desc(&curve.y).draw()?;
    for (index, (name, line)) in lines.iter().enumerate() {
        let colour = colour(index, lines.len());
        chart.draw_series(LineSeries::new(line.iter().copied(), colour.stroke_width(2)))?;
        let y = 24 + 22 * index as i32;
        legend.draw(&PathElement::new([(4, y), (24, y)], colour.stroke_width(3)))?;
        legend.draw(&Text::new(*name, (32, y - 6), ("sans-serif", 13)))?;
    }
    area.present()?;
    Ok(())
}

/// Hues spread over the colour wheel, dark enough for a white page.
fn colour(index: usize, count: usize) -> RGBColor {
    let turn = 6.0 * index as f64 / count as f64;
    let channel = |offset: f64| {
        let place = (turn + offset).rem_euclid(6.0);
        (200.0 * (2.0 - (place - 3.0).abs()).clamp(0.0, 1.0)) as u8
    };
    RGBColor(channel(3.0), channel(1.0), channel(5.0))
}

/// The mean over the seeds at every step that all of them report.
fn mean_line(curve: &Curve, recipe: &Recipe) -> anyhow::Result<Line> {
    let mut at_step: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for &seed in &recipe.seeds {
        let path = run_dir(&recipe.path, seed).join("metrics.jsonl");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).with_context(|| path.display().to_string())?;
            if row["name"] == curve.metric.as_str() && row["split"] == curve.split.as_str() {
                let values = at_step.entry(row["step"].as_u64().unwrap_or_default()).or_default();
                values.extend(row["value"].as_f64());
            }
        }
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let lines = at_step.into_iter().filter(|(_, values)| values.len() == recipe.seeds.len());
    let points = lines.map(|(step, values)| (step as f64, mean(&values)));
    Ok(points.filter(|(_, value)| curve.max.is_none_or(|max| *value <= max)).collect())
}

#[cfg(test)]
mod tests {
    use super::colour;

    #[test]
    fn lines_of_a_page_have_different_colours() {
        let colours: Vec<_> = (0..9).map(|index| colour(index, 9)).collect();
        for (index, first) in colours.iter().enumerate() {
            assert!(colours[..index].iter().all(|other| other != first), "{colours:?}");
        }
    }
}
