//! Functions of the distances between all pairs of samples, where samples are sign flips of one draw.

use burn::tensor::Tensor;
use halation_kernels::math::LANES;
use halation_kernels::{PlaneFunction, has_row_form, plane_map};

use super::ToGallery;
use super::flips::{FLIPS, GROUPS, Lanes, by_pattern, flipped, grouped};
use super::gram::{DISTANCE_EPSILON, LARGEST_COORDINATE, laid_out};
use super::tiles::in_bands;
use crate::dist::DiagNormal;

/// Planes from which the distances of a pair are made: the inner product of the means, and seven sums of groups for each of the
/// products of mean and step, step and mean, step and step. A step is what a sample is away from the mean before its signs are flipped.
const PLANES: usize = 1 + 3 * GROUPS;

/// What a function of the distances is made of.
pub(crate) trait OfSampleDistances: Copy + Send + Sync {
    /// The values of neighbouring pairs.
    fn of(&self, distances: &SampleDistances) -> Lanes;
}

/// Squared distances of the 64 pairs of samples of neighbouring pairs of items.
pub(crate) struct SampleDistances {
    rows: [Lanes; FLIPS],
    columns: [Lanes; FLIPS],
    steps: [Lanes; FLIPS],
}

impl SampleDistances {
    #[inline(always)]
    fn new(planes: &[Lanes], row: &[f32], columns: &[Lanes]) -> Self {
        let (means, groups) = planes.split_at(1);
        let mean_step = by_pattern(&groups[..GROUPS]);
        let step_mean = by_pattern(&groups[GROUPS..2 * GROUPS]);
        let step_step = by_pattern(&groups[2 * GROUPS..]);
        let mut sides = Self { rows: step_mean, columns: mean_step, steps: step_step };
        for pattern in 0..FLIPS {
            for lane in 0..LANES {
                sides.rows[pattern][lane] = row[pattern] - 2.0 * (step_mean[pattern][lane] + means[0][lane]);
                sides.columns[pattern][lane] = columns[pattern][lane] - 2.0 * mean_step[pattern][lane];
                sides.steps[pattern][lane] = -2.0 * step_step[pattern][lane];
            }
        }
        sides
    }

    /// The squared distance `d^2` of a pair of samples; below zero by rounding, where they coincide.
    #[inline(always)]
    fn squared(&self, query: usize, gallery: usize, lane: usize) -> f32 {
        // The product of two patterns is the pattern of their exclusive or.
        self.rows[query][lane] + self.columns[gallery][lane] + self.steps[query ^ gallery][lane]
    }

    /// The smallest and the largest distance of every pair of items.
    #[inline(always)]
    pub(crate) fn range(&self) -> [Lanes; 2] {
        let (mut smallest, mut largest) = ([f32::INFINITY; LANES], [0.0; LANES]);
        for query in 0..FLIPS {
            for gallery in 0..FLIPS {
                for lane in 0..LANES {
                    let squared = self.squared(query, gallery, lane);
                    smallest[lane] = if squared < smallest[lane] { squared } else { smallest[lane] };
                    largest[lane] = if squared > largest[lane] { squared } else { largest[lane] };
                }
            }
        }
        [smallest.map(distance), largest.map(distance)]
    }

    /// The means of what `of` makes of the distances of all pairs of samples.
    #[inline(always)]
    pub(crate) fn mean<const N: usize>(&self, of: impl Fn(f32, usize) -> [f32; N]) -> [Lanes; N] {
        let mut sums = [[0.0; LANES]; N];
        for query in 0..FLIPS {
            for gallery in 0..FLIPS {
                for lane in 0..LANES {
                    let terms = of(distance(self.squared(query, gallery, lane)), lane);
                    for (sum, term) in sums.iter_mut().zip(terms) {
                        sum[lane] += term;
                    }
                }
            }
        }
        sums.map(|sum| sum.map(|sum| sum / (FLIPS * FLIPS) as f32))
    }
}

/// `sqrt(d^2 + 1e-6)`.
#[inline(always)]
fn distance(squared: f32) -> f32 {
    let squared = if squared < 0.0 { 0.0 } else { squared };
    (squared + DISTANCE_EPSILON as f32).sqrt()
}

#[derive(Clone, Copy)]
struct Planes<F>(F);

impl<F: OfSampleDistances> PlaneFunction for Planes<F> {
    #[inline(always)]
    fn values(&self, planes: &[Lanes], row: &[f32], columns: &[Lanes]) -> Lanes {
        self.0.of(&SampleDistances::new(planes, row, columns))
    }
}

/// Means and steps of one side around a common centre.
struct Side {
    mean: Tensor<2>,
    step: Tensor<2>,
}

impl Side {
    fn new(distribution: &DiagNormal, draw: Tensor<2>, centre: Tensor<2>) -> Self {
        assert_eq!(draw.dims()[1], distribution.dims()[1], "draws and embeddings of one dimension");
        let std = distribution.log_var().bounded().log_std().std();
        Self { mean: distribution.mean() - centre, step: std * draw }
    }

    /// Squared norms of the samples, `[N, 8]`.
    fn squared_norms(&self) -> Tensor<2> {
        let own = (self.mean.clone().square() + self.step.clone().square()).sum_dim(1);
        // With the signs of a pattern: a product with the sums of the groups.
        let groups: Tensor<2> =
            grouped(self.mean.clone() * self.step.clone()).sum_dim(2).squeeze_dim::<2>(2).transpose();
        let signs = flipped(Tensor::ones([1, GROUPS], &own.device())).transpose(); // [7, 8]
        own + groups.matmul(signs) * 2.0
    }
}

/// `function` of the distances between all pairs of samples that are sign flips of `draws` (`[1, D]`, the query's and the gallery's), for
/// blocks of queries with one gallery; `general` of queries that this form does not serve, and `None` if it does not serve the gallery.
pub(crate) fn over_flipped_samples(
    function: impl OfSampleDistances + 'static,
    [query_draw, gallery_draw]: [Tensor<2>; 2],
    gallery: &DiagNormal,
    general: impl Fn(&DiagNormal) -> Tensor<2> + Send + Sync + 'static,
) -> Option<ToGallery> {
    if !is_served(gallery) {
        return None;
    }
    let centre = gallery.mean().mean_dim(0);
    let side = Side::new(gallery, gallery_draw, centre.clone());
    let columns = side.squared_norms().transpose(); // [8, M]
    let columns_of = |rows: Tensor<2>| laid_out(grouped(rows).swap_dims(1, 2));
    let (means, steps) = (columns_of(side.mean.clone()), columns_of(side.step)); // [7, D / 7, M]
    let mean = laid_out(side.mean.transpose()); // [D, M]
    let [_, count] = columns.dims();
    let band = move |query: &DiagNormal| {
        let side = Side::new(query, query_draw.clone(), centre.clone());
        let norms = side.squared_norms(); // [N, 8]
        let (mean_groups, step_groups) = (grouped(side.mean.clone()), grouped(side.step)); // [7, N, D / 7]
        let planes = [
            side.mean.matmul(mean.clone()).unsqueeze_dim(0),
            mean_groups.matmul(steps.clone()),
            step_groups.clone().matmul(means.clone()),
            step_groups.matmul(steps.clone()),
        ];
        plane_map(Planes(function), &planes, &norms, &columns)
    };
    Some(Box::new(move |query| {
        let bands = || in_bands(query.dims()[0], PLANES * count, |rows| band(&query.rows(rows)));
        is_served(query).then(bands).flatten().unwrap_or_else(|| general(query))
    }))
}

/// Whether the squares of the means are within an `f32`; the general form serves larger ones.
fn is_served(distribution: &DiagNormal) -> bool {
    let mean = distribution.mean();
    has_row_form(&mean) && mean.abs().max().into_scalar::<f64>() <= LARGEST_COORDINATE
}
