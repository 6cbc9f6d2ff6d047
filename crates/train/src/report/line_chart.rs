//! Curves.

use plotters::element::PathElement;
use plotters::style::{Color, ShapeStyle};

use super::Chart;
use super::frame::{Axes, INFALLIBLE, color, context, empty, figure, number, padded};

/// One or more curves over a common x axis: losses over steps, recalls over epochs.
#[derive(Debug, Clone)]
pub struct LineChart {
    title: String,
    x: String,
    y: String,
    log_y: bool,
    series: Vec<(String, Vec<(f64, f64)>)>,
}

/// More points than this are averaged in groups: a screen cannot show them, and the file would grow with the run.
const MAX_POINTS: usize = 600;

impl LineChart {
    /// A chart without curves yet.
    pub fn new(title: &str, x: &str, y: &str) -> Self {
        Self { title: title.into(), x: x.into(), y: y.into(), log_y: false, series: Vec::new() }
    }

    /// Adds a curve. Points that are not finite are left out; very long curves are averaged in groups.
    pub fn series(mut self, name: &str, points: Vec<(f64, f64)>) -> Self {
        self.series.push((name.to_owned(), points));
        self
    }

    /// Whether the y axis is logarithmic; values that are not positive are then left out.
    pub fn log_y(mut self, log_y: bool) -> Self {
        self.log_y = log_y;
        self
    }

    /// The points to draw: finite, on the axis' scale, not too many.
    fn drawn(&self, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let scale = |y: f64| if self.log_y { y.log10() } else { y };
        let finite: Vec<(f64, f64)> = points
            .iter()
            .filter(|(_, y)| !self.log_y || *y > 0.0)
            .map(|(x, y)| (*x, scale(*y)))
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        let group = finite.len().div_ceil(MAX_POINTS).max(1);
        let mean = |group: &[(f64, f64)]| {
            let n = group.len() as f64;
            (group.iter().map(|(x, _)| x).sum::<f64>() / n, group.iter().map(|(_, y)| y).sum::<f64>() / n)
        };
        finite.chunks(group).map(mean).collect()
    }
}

impl Chart for LineChart {
    fn to_html(&self) -> String {
        let drawn: Vec<Vec<(f64, f64)>> = self.series.iter().map(|(_, points)| self.drawn(points)).collect();
        let xs = padded(drawn.iter().flatten().map(|(x, _)| *x), 0.0);
        let ys = padded(drawn.iter().flatten().map(|(_, y)| *y), 0.06);
        let (Some(xs), Some(ys)) = (xs, ys) else { return empty(&self.title) };
        let names: Vec<&str> = self.series.iter().map(|(name, _)| name.as_str()).collect();
        figure(&self.title, &names, |area| {
            let y_label = |y: &f64| number(if self.log_y { 10_f64.powf(*y) } else { *y });
            let axes = Axes { x: &self.x, y: &self.y, x_label: &|x| number(*x), y_label: &y_label, x_labels: 8 };
            let mut chart = context(area, xs, ys, &axes);
            for (index, points) in drawn.into_iter().enumerate() {
                let style = ShapeStyle { color: color(index).to_rgba(), filled: false, stroke_width: 2 };
                chart.draw_series([PathElement::new(points, style)]).expect(INFALLIBLE);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_every_series_is_in_the_legend() {
        let chart = LineChart::new("Loss <train>", "step", "nats")
            .series("a & b", vec![(0.0, 1.0), (1.0, 0.5)])
            .series("valid", vec![(0.0, 1.1), (1.0, f64::NAN)]);
        let html = chart.to_html();
        assert!(html.contains("Loss &lt;train&gt;") && html.contains("a &amp; b") && html.contains("valid"));
        assert!(html.contains("<text") && html.contains("step") && html.contains("nats"));
        assert!(!html.contains("NaN"));
    }

    #[test]
    fn a_chart_without_points_says_so() {
        let chart = LineChart::new("t", "x", "y").log_y(true).series("s", vec![(0.0, -1.0), (f64::NAN, 1.0)]);
        assert!(chart.to_html().contains("no data"));
    }

    #[test]
    fn a_long_curve_stays_small_and_keeps_its_mean() {
        let points: Vec<(f64, f64)> = (0..100_000).map(|i| (f64::from(i), f64::from(i % 7))).collect();
        let chart = LineChart::new("t", "x", "y").series("s", points.clone());
        let drawn = chart.drawn(&points);
        assert!(drawn.len() <= MAX_POINTS);
        assert!(chart.to_html().len() < 30_000);
    }
}
