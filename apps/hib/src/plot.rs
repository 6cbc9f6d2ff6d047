//! The picture of a plane of embeddings: a dot for each mean, an ellipse of one sigma around it.

use halation_train::report::Chart;
use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 480.0;

/// A normal distribution in the plane, or a point.
#[derive(Clone, Copy, Debug)]
pub struct Blob {
    /// The mean.
    pub centre: [f64; 2],
    /// Standard deviations; `None` for a point.
    pub sigma: Option<[f64; 2]>,
    /// Place of its colour on the colour wheel, from 0 to 1.
    pub hue: f64,
}

/// Blobs on axes that several plots can share.
#[derive(Clone, Debug)]
pub struct Plot {
    title: &'static str,
    blobs: Vec<Blob>,
    bounds: [[f64; 2]; 2],
}

impl Plot {
    /// A plot over `bounds` as [`bounds_of`] gives them.
    pub fn new(title: &'static str, blobs: Vec<Blob>, bounds: [[f64; 2]; 2]) -> Self {
        Self { title, blobs, bounds }
    }
}

/// Smallest and largest coordinate of each axis over the means, with a margin of a tenth.
pub fn bounds_of<'a>(blobs: impl Iterator<Item = &'a Blob> + Clone) -> [[f64; 2]; 2] {
    [0, 1].map(|axis| {
        let values = blobs.clone().map(|blob| blob.centre[axis]);
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        let margin = if high > low { (high - low) * 0.1 } else { 1.0 };
        [low - margin, high + margin]
    })
}

impl Chart for Plot {
    fn to_html(&self) -> String {
        let [[left, right], [bottom, top]] = self.bounds;
        // One scale for both axes: an ellipse keeps its shape.
        let scale = (WIDTH / (right - left)).min(HEIGHT / (top - bottom));
        let (middle_x, middle_y) = ((left + right) / 2.0, (bottom + top) / 2.0);
        let mut shapes = String::new();
        for blob in self.blobs.iter().filter(|blob| blob.centre.iter().all(|value| value.is_finite())) {
            let x = WIDTH / 2.0 + (blob.centre[0] - middle_x) * scale;
            let y = HEIGHT / 2.0 - (blob.centre[1] - middle_y) * scale;
            let colour = format!("hsl({:.0} 65% 50%)", 360.0 * blob.hue);
            if let Some([a, b]) = blob.sigma {
                let (a, b) = (a * scale, b * scale);
                let _ = writeln!(
                    shapes,
                    "<ellipse cx=\"{x:.1}\" cy=\"{y:.1}\" rx=\"{a:.1}\" ry=\"{b:.1}\" fill=\"{colour}\" fill-opacity=\"0.12\" \
                     stroke=\"{colour}\" stroke-opacity=\"0.6\"/>"
                );
            }
            let _ = writeln!(shapes, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{colour}\"/>");
        }
        format!(
            "<figure class=\"chart\"><figcaption>{}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n{shapes}</svg></figure>\n",
            self.title
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_dot_and_a_distribution_has_an_ellipse_within_the_picture() {
        let point = Blob { centre: [-1.0, 0.0], sigma: None, hue: 0.0 };
        let wide = Blob { centre: [1.0, 2.0], sigma: Some([0.5, 0.25]), hue: 0.5 };
        let nowhere = Blob { centre: [f64::NAN, 0.0], ..point };
        let bounds = bounds_of([point, wide].iter());
        let html = Plot::new("t", vec![point, wide, nowhere], bounds).to_html();
        assert_eq!((html.matches("<circle").count(), html.matches("<ellipse").count()), (2, 1));
        assert!(!html.contains("NaN"));
    }
}
