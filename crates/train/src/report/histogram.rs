//! Distributions of a number.

use plotters::element::Rectangle;
use plotters::style::{Color, ShapeStyle};

use super::Chart;
use super::frame::{Axes, INFALLIBLE, color, context, empty, figure, number, padded};

/// How one or more sets of values are distributed, over common bins; heights are shares of each set.
#[derive(Debug, Clone)]
pub struct Histogram {
    title: String,
    x: String,
    bins: usize,
    series: Vec<(String, Vec<f64>)>,
}

impl Histogram {
    /// A chart without values yet; `bins` is at least 1.
    pub fn new(title: &str, x: &str, bins: usize) -> Self {
        Self { title: title.into(), x: x.into(), bins: bins.max(1), series: Vec::new() }
    }

    /// Adds a set of values. Those that are not finite are left out.
    pub fn series(mut self, name: &str, values: &[f64]) -> Self {
        self.series.push((name.to_owned(), values.iter().copied().filter(|value| value.is_finite()).collect()));
        self
    }

    /// The share of `values` in each bin of `[low, high]`, whose last bin is closed.
    fn shares(&self, values: &[f64], low: f64, high: f64) -> Vec<f64> {
        let mut shares = vec![0.0; self.bins];
        for value in values {
            let bin = ((value - low) / (high - low) * self.bins as f64) as usize;
            shares[bin.min(self.bins - 1)] += 1.0 / values.len() as f64;
        }
        shares
    }
}

impl Chart for Histogram {
    fn to_html(&self) -> String {
        let Some(xs) = padded(self.series.iter().flat_map(|(_, values)| values.iter().copied()), 0.0) else {
            return empty(&self.title);
        };
        let shares = self.series.iter().map(|(_, values)| self.shares(values, xs.start, xs.end));
        let shares: Vec<Vec<f64>> = shares.collect();
        let top = shares.iter().flatten().copied().fold(0.0, f64::max);
        let names: Vec<&str> = self.series.iter().map(|(name, _)| name.as_str()).collect();
        let width = (xs.end - xs.start) / self.bins as f64;
        figure(&self.title, &names, |area| {
            let label = |value: &f64| number(*value);
            let percent = |value: &f64| format!("{}%", number(value * 100.0));
            let axes = Axes { x: &self.x, y: "share", x_label: &label, y_label: &percent, x_labels: 8 };
            let start = xs.start;
            let mut chart = context(area, xs, 0.0..top * 1.06, &axes);
            let strength = if shares.len() > 1 { 0.5 } else { 0.85 };
            for (index, shares) in shares.iter().enumerate() {
                let style = ShapeStyle { color: color(index).mix(strength), filled: true, stroke_width: 0 };
                let bars = shares.iter().enumerate().filter(|(_, share)| **share > 0.0).map(|(bin, share)| {
                    let left = start + bin as f64 * width;
                    let mut bar = Rectangle::new([(left, 0.0), (left + width, *share)], style);
                    bar.set_margin(0, 0, 0, 1);
                    bar
                });
                chart.draw_series(bars).expect(INFALLIBLE);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one_and_the_largest_value_is_in_the_last_bin() {
        let histogram = Histogram::new("t", "x", 4).series("s", &[0.0, 0.9, 1.0, 2.0, 4.0]);
        assert_eq!(histogram.shares(&histogram.series[0].1, 0.0, 4.0), [0.4, 0.2, 0.2, 0.2]);
        assert!(histogram.to_html().contains('%'));
    }

    #[test]
    fn equal_values_and_no_values_are_drawn_too() {
        assert!(Histogram::new("t", "x", 3).series("s", &[2.0, 2.0]).to_html().contains("<rect"));
        assert!(Histogram::new("t", "x", 0).series("s", &[f64::NAN]).to_html().contains("no data"));
    }
}
