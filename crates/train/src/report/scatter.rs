//! Points.

use plotters::element::Circle;
use plotters::style::{Color, ShapeStyle};

use super::Chart;
use super::frame::{Axes, INFALLIBLE, color, context, empty, figure, number, padded};

/// Points of one or more series: uncertainty against true ambiguity.
#[derive(Debug, Clone)]
pub struct Scatter {
    title: String,
    x: String,
    y: String,
    series: Vec<(String, Vec<(f64, f64)>)>,
}

/// Of more points than this an even selection is drawn.
const MAX_POINTS: usize = 1_500;

impl Scatter {
    /// A chart without points yet.
    pub fn new(title: &str, x: &str, y: &str) -> Self {
        Self { title: title.into(), x: x.into(), y: y.into(), series: Vec::new() }
    }

    /// Adds a series. Points that are not finite are left out.
    pub fn series(mut self, name: &str, points: Vec<(f64, f64)>) -> Self {
        self.series.push((name.to_owned(), points));
        self
    }
}

impl Chart for Scatter {
    fn to_html(&self) -> String {
        let drawn = self.series.iter().map(|(_, points)| {
            let finite: Vec<_> = points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
            let every = finite.len().div_ceil(MAX_POINTS).max(1);
            finite.into_iter().step_by(every).collect()
        });
        let drawn: Vec<Vec<(f64, f64)>> = drawn.collect();
        let xs = padded(drawn.iter().flatten().map(|(x, _)| *x), 0.04);
        let ys = padded(drawn.iter().flatten().map(|(_, y)| *y), 0.06);
        let (Some(xs), Some(ys)) = (xs, ys) else { return empty(&self.title) };
        let names: Vec<&str> = self.series.iter().map(|(name, _)| name.as_str()).collect();
        figure(&self.title, &names, |area| {
            let label = |value: &f64| number(*value);
            let axes = Axes { x: &self.x, y: &self.y, x_label: &label, y_label: &label, x_labels: 8 };
            let mut chart = context(area, xs, ys, &axes);
            for (index, points) in drawn.into_iter().enumerate() {
                let style = ShapeStyle { color: color(index).mix(0.45), filled: true, stroke_width: 0 };
                chart.draw_series(points.into_iter().map(|point| Circle::new(point, 3, style))).expect(INFALLIBLE);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_point_is_a_circle() {
        let points = vec![(0.0, 0.0), (1.0, 2.0), (f64::INFINITY, 1.0), (2.0, 1.0)];
        let html = Scatter::new("t", "x", "y").series("s", points).to_html();
        assert_eq!(html.matches("<circle").count(), 3);
        assert!(Scatter::new("t", "x", "y").to_html().contains("no data"));
    }
}
