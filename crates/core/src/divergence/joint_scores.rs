//! Scores of several measures from one matrix of the sums that they are made of.

use std::ops::Range;

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::{CoordinateGap, Divergence, Kl, Measure, ToGallery};
use crate::{
    dist::DiagNormal,
    metric::{ScoreMatrix, ScoreRows, TwoWay},
    pairs::Overlap,
};

/// Measures that share the work of their pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Likelihood kernel; Bhattacharyya distance and, from it, Hellinger distance.
    Overlap,
    /// The smallest and the largest gap of a coordinate.
    Gaps,
    /// KL divergence in both directions, and their sum.
    Kl,
}

/// How a score follows from the two of a pair.
#[derive(Debug, Clone, Copy)]
pub(super) enum View {
    First,
    Second,
    OfSecond(fn(f32) -> f32),
    Both(fn(f32, f32) -> f32),
}

impl Family {
    /// The family of `measure`, and its scores when images ask and when captions do.
    pub(super) fn of(measure: Measure) -> Option<(Self, TwoWay<View>)> {
        let same = |view| TwoWay { i2t: view, t2i: view };
        Some(match measure {
            Measure::Elk => (Self::Overlap, same(View::First)),
            Measure::Bhattacharyya => (Self::Overlap, same(View::Second)),
            // The score is a negated distance: -(1 - e^-B) of -B.
            Measure::Hellinger => (Self::Overlap, same(View::OfSecond(f32::exp_m1))),
            Measure::MinCoordinate => (Self::Gaps, same(View::First)),
            Measure::MaxCoordinate => (Self::Gaps, same(View::Second)),
            Measure::Kl => (Self::Kl, TwoWay { i2t: View::First, t2i: View::Second }),
            Measure::ReverseKl => (Self::Kl, TwoWay { i2t: View::Second, t2i: View::First }),
            Measure::Jeffreys => (Self::Kl, same(View::Both(|there, back| there + back))),
            _ => return None,
        })
    }

    /// Two scores of every caption with every image, first all of one kind and then all of the other; `None` where nothing is shared.
    fn values(self, images: &DiagNormal) -> Option<ToGallery> {
        let count = images.dims()[0];
        // [N, 2, M] to [N, 2 M]
        let scores = move |both: Tensor<3>, signs: [f64; 2]| {
            let [first, second] = signs.map(|sign| Tensor::<2>::full([1, count], sign, &both.device()));
            both.flatten::<2>(1, 2) * Tensor::cat(vec![first, second], 1)
        };
        Some(match self {
            Self::Overlap => {
                let overlap = Overlap::to_gallery(images)?;
                Box::new(move |captions| {
                    scores(overlap(captions).expect("captions have the form of images"), [1.0, -1.0])
                })
            }
            Self::Gaps => {
                let images = images.clone();
                CoordinateGap::both(&images.rows(0..1), &images.rows(0..1))?;
                Box::new(move |captions| {
                    let both = CoordinateGap::both(captions, &images).expect("captions have the form of images");
                    scores(both, [-1.0, -1.0])
                })
            }
            Self::Kl => {
                let (from_images, from_captions) = (Kl::Reverse.to_gallery(images)?, Kl::Forward.to_gallery(images)?);
                Box::new(move |captions| -Tensor::cat(vec![from_images(captions), from_captions(captions)], 1))
            }
        })
    }
}

/// The matrix of a family: captions by images, twice next to each other.
#[derive(Debug)]
pub(super) struct JointScores {
    matrix: ScoreMatrix,
    images: usize,
}

impl JointScores {
    /// Computes the sums; `None` where nothing is shared.
    pub(super) fn compute(family: Family, images: &DiagNormal, captions: &DiagNormal) -> Option<Self> {
        let count = images.dims()[0];
        assert_eq!(images.dims()[1], captions.dims()[1], "dimensions of images and captions differ");
        let images = images.clone().without_autodiff();
        let values = if count == 0 { None } else { family.values(&images) }?;
        let source = Blocks { captions: captions.clone().without_autodiff(), columns: 2 * count, values };
        Some(Self { matrix: ScoreMatrix::compute(&source), images: count })
    }

    /// The scores of one direction: the captions' own rows, or those of the images.
    pub(super) fn rows(&self, view: View, by_image: bool) -> Box<dyn ScoreRows + '_> {
        let part = |columns: Range<usize>| {
            let part = self.matrix.by_query().columns(columns);
            let rows: Box<dyn ScoreRows> = if by_image { Box::new(part.transposed()) } else { Box::new(part) };
            rows
        };
        let (first, second) = (0..self.images, self.images..2 * self.images);
        match view {
            View::First => part(first),
            View::Second => part(second),
            View::OfSecond(map) => Box::new(Mapped { part: part(second), map }),
            View::Both(combine) => Box::new(Combined { parts: [part(first), part(second)], combine }),
        }
    }
}

/// What [`Family::values`] gives, a block of captions at a time.
struct Blocks {
    captions: DiagNormal,
    columns: usize,
    values: ToGallery,
}

impl ScoreRows for Blocks {
    fn queries(&self) -> usize {
        self.captions.dims()[0]
    }

    fn gallery(&self) -> usize {
        self.columns
    }

    fn fill(&self, rows: Range<usize>, out: &mut [f32]) {
        let scores = (self.values)(&self.captions.rows(rows)).into_data_as::<f32>();
        out.copy_from_slice(scores.as_slice().expect("scores were converted to f32"));
    }
}

/// Scores that follow from others, one by one.
struct Mapped<'a> {
    part: Box<dyn ScoreRows + 'a>,
    map: fn(f32) -> f32,
}

impl ScoreRows for Mapped<'_> {
    fn queries(&self) -> usize {
        self.part.queries()
    }

    fn gallery(&self) -> usize {
        self.part.gallery()
    }

    fn fill(&self, rows: Range<usize>, out: &mut [f32]) {
        self.part.fill(rows, out);
        let map = self.map;
        out.par_iter_mut().for_each(|score| *score = map(*score));
    }
}

/// Scores from two others.
struct Combined<'a> {
    parts: [Box<dyn ScoreRows + 'a>; 2],
    combine: fn(f32, f32) -> f32,
}

impl ScoreRows for Combined<'_> {
    fn queries(&self) -> usize {
        self.parts[0].queries()
    }

    fn gallery(&self) -> usize {
        self.parts[0].gallery()
    }

    fn fill(&self, rows: Range<usize>, out: &mut [f32]) {
        let mut second = vec![0.0; out.len()];
        self.parts[0].fill(rows.clone(), out);
        self.parts[1].fill(rows, &mut second);
        let combine = self.combine;
        out.par_iter_mut().zip(&second).for_each(|(first, &second)| *first = combine(*first, second));
    }
}
