//! Axes, colours and legend of every chart.
//!
//! Charts are SVG by plotters, without its font machinery: text stays `<text>`, in the page's own font. Ink and grid are
//! drawn in two colours that nothing else has, which the style sheet replaces by those of the light or dark theme.

use std::ops::Range;

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{Cartesian2d, DrawingArea, IntoDrawingArea, RGBColor};
use plotters::style::{Color, IntoFont, IntoTextStyle, ShapeStyle, TextStyle};

use super::escape::escape;

/// Replaced by the theme's text colour (`#010203` in the style sheet).
pub(super) const INK: RGBColor = RGBColor(1, 2, 3);
/// Replaced by the theme's grid colour (`#040506` in the style sheet).
const GRID: RGBColor = RGBColor(4, 5, 6);

const WIDTH: u32 = 640;
const HEIGHT: u32 = 320;

/// Series colours, told apart on white and on black.
const PALETTE: [RGBColor; 6] = [
    RGBColor(47, 111, 222),
    RGBColor(224, 102, 43),
    RGBColor(42, 157, 98),
    RGBColor(176, 79, 196),
    RGBColor(201, 162, 39),
    RGBColor(196, 60, 80),
];

/// The colour of the n-th series.
pub(super) fn color(index: usize) -> RGBColor {
    PALETTE[index % PALETTE.len()]
}

/// Text of `size` pixels in the page's font.
pub(super) fn text(size: f64) -> TextStyle<'static> {
    // plotters divides sizes by 1.24 in SVG.
    ("sans-serif", size * 1.24).into_font().color(&INK)
}

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Context<'a, 'b, X> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, RangedCoordf64>>;

/// Titles of the axes and how to write their numbers.
pub(super) struct Axes<'a, X> {
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    pub(super) x_label: &'a dyn Fn(&X) -> String,
    pub(super) y_label: &'a dyn Fn(&f64) -> String,
    pub(super) x_labels: usize,
}

/// Draws into an SVG of the common size and wraps it as a figure with title and legend.
pub(super) fn figure(title: &str, legend: &[&str], draw: impl FnOnce(&Area)) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        draw(&area);
        area.present().expect(INFALLIBLE);
    }
    let mut keys = String::new();
    if legend.len() > 1 {
        for (index, name) in legend.iter().enumerate() {
            let RGBColor(r, g, b) = color(index);
            keys += &format!("<span><i style=\"background:rgb({r},{g},{b})\"></i>{}</span>", escape(name));
        }
    }
    let (title, svg) = (escape(title), svg.trim());
    format!("<figure class=\"chart\"><figcaption>{title}<div class=\"keys\">{keys}</div></figcaption>{svg}</figure>\n")
}

/// A figure that has nothing to show.
pub(super) fn empty(title: &str) -> String {
    format!(
        "<figure class=\"chart\"><figcaption>{}</figcaption><p class=\"none\">no data</p></figure>\n",
        escape(title)
    )
}

/// Why drawing is not fallible here.
pub(super) const INFALLIBLE: &str = "drawing finite coordinates into memory does not fail";

/// Axes and grid over the whole area.
pub(super) fn context<'a, 'b, X>(
    area: &'a Area<'b>,
    x: X,
    y: Range<f64>,
    axes: &Axes<X::Value>,
) -> Context<'a, 'b, X::CoordDescType>
where
    X: AsRangedCoord,
    X::CoordDescType: Ranged<ValueType = X::Value> + ValueFormatter<X::Value>,
{
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(x, y)
        .expect(INFALLIBLE);
    let faint = ShapeStyle { color: GRID.to_rgba(), filled: false, stroke_width: 1 };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(plotters::style::TRANSPARENT)
        .bold_line_style(faint)
        .axis_style(faint)
        .label_style(text(12.0))
        .axis_desc_style(text(13.0).into_text_style(area))
        .x_desc(axes.x)
        .y_desc(axes.y)
        .x_labels(axes.x_labels)
        .y_labels(6)
        .x_label_formatter(axes.x_label)
        .y_label_formatter(axes.y_label)
        .draw()
        .expect(INFALLIBLE);
    chart
}

/// A number in as few characters as an axis needs.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e6).contains(&size) {
        let text = format!("{value:.1e}");
        text.replace(".0e", "e")
    } else {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// The range of finite `values` with a margin, never empty; `None` without any value.
pub(super) fn padded(values: impl Iterator<Item = f64>, margin: f64) -> Option<Range<f64>> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return None;
    }
    let width = high - low;
    let margin = if width > 0.0 { width * margin } else { low.abs().max(1.0) * 0.5 };
    Some(low - margin..high + margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_numbers_are_short() {
        let texts: Vec<String> = [0.0, 0.5, 12.0, 0.1 + 0.2, 2e-4, 3_000_000.0, -1.25].map(number).into();
        assert_eq!(texts, ["0", "0.5", "12", "0.3", "2e-4", "3e6", "-1.25"]);
    }

    #[test]
    fn a_range_is_never_empty_and_ignores_what_is_not_finite() {
        assert_eq!(padded([f64::NAN, f64::INFINITY].into_iter(), 0.1), None);
        assert_eq!(padded([2.0, f64::NAN].into_iter(), 0.1), Some(1.0..3.0));
        assert_eq!(padded([0.0, 10.0].into_iter(), 0.1), Some(-1.0..11.0));
    }
}
