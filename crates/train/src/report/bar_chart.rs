//! One number per name.

use plotters::element::{Rectangle, Text};
use plotters::prelude::{IntoSegmentedCoord, SegmentValue};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, ShapeStyle};

use super::Chart;
use super::frame::{Axes, INFALLIBLE, color, context, empty, figure, number, text};

/// One bar per name, in the order given: recall by bin of uncertainty.
#[derive(Debug, Clone)]
pub struct BarChart {
    title: String,
    x: String,
    y: String,
    bars: Vec<(String, f64)>,
}

impl BarChart {
    /// A chart without bars yet.
    pub fn new(title: &str, x: &str, y: &str) -> Self {
        Self { title: title.into(), x: x.into(), y: y.into(), bars: Vec::new() }
    }

    /// Adds a bar. One whose value is not finite keeps its place and stays empty.
    pub fn bar(mut self, label: &str, value: f64) -> Self {
        self.bars.push((label.to_owned(), value));
        self
    }
}

impl Chart for BarChart {
    fn to_html(&self) -> String {
        let finite = || self.bars.iter().enumerate().filter(|(_, (_, value))| value.is_finite());
        if finite().next().is_none() {
            return empty(&self.title);
        }
        let low = finite().map(|(_, (_, value))| *value).fold(0.0, f64::min);
        let high = finite().map(|(_, (_, value))| *value).fold(0.0, f64::max);
        let room = if high > low { (high - low) * 0.1 } else { 1.0 };
        let ys = (if low < 0.0 { low - room } else { 0.0 })..(high + room);
        figure(&self.title, &[], |area| {
            let x_label = |place: &SegmentValue<usize>| match place {
                SegmentValue::CenterOf(index) => {
                    self.bars.get(*index).map(|(label, _)| label.clone()).unwrap_or_default()
                }
                SegmentValue::Exact(_) | SegmentValue::Last => String::new(),
            };
            let y_label = |value: &f64| number(*value);
            let axes = Axes { x: &self.x, y: &self.y, x_label: &x_label, y_label: &y_label, x_labels: self.bars.len() };
            let last = self.bars.len() - 1;
            let mut chart = context(area, (0..last).into_segmented(), ys, &axes);
            let style = ShapeStyle { color: color(0).mix(0.85), filled: true, stroke_width: 0 };
            let rectangles = finite().map(|(index, (_, value))| {
                let right = if index == last { SegmentValue::Last } else { SegmentValue::Exact(index + 1) };
                let mut bar = Rectangle::new([(SegmentValue::Exact(index), 0.0), (right, *value)], style);
                bar.set_margin(0, 0, 6, 6);
                bar
            });
            chart.draw_series(rectangles).expect(INFALLIBLE);
            let values = finite().map(|(index, (_, value))| {
                let style = text(12.0).pos(Pos::new(HPos::Center, VPos::Bottom));
                let shown = format!("{value:.3}");
                Text::new(shown, (SegmentValue::CenterOf(index), value.max(0.0)), style)
            });
            chart.draw_series(values).expect(INFALLIBLE);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bar_has_its_label_and_its_value() {
        let html =
            BarChart::new("t", "bin", "recall").bar("sure", 0.75).bar("??", f64::NAN).bar("unsure", 0.25).to_html();
        for part in ["sure", "unsure", "0.750", "0.250", "recall"] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("NaN"));
    }

    #[test]
    fn one_bar_and_no_bar_and_a_negative_bar_are_drawn() {
        assert!(BarChart::new("t", "x", "y").bar("only", 0.0).to_html().contains("only"));
        assert!(BarChart::new("t", "x", "y").to_html().contains("no data"));
        assert!(BarChart::new("t", "x", "y").bar("down", -2.0).bar("up", 1.0).to_html().contains("-2.000"));
    }
}
