//! Functions of the distances between all pairs of samples, where samples are sign flips of one draw.

use std::array;

use burn::tensor::Tensor;
use halation_kernels::{PLANE_LANES, PlaneFunction, has_row_form, plane_map};

use super::flips::{FLIPS, Lanes, by_pattern, flipped, grouped};
use super::gram::{DISTANCE_EPSILON, laid_out};
use super::tiles::in_bands;
use crate::dist::DiagNormal;

/// Planes from which the distances of a pair are made: the inner product of the means, and eight sums of groups for each of the
/// products of mean and step, step and mean, step and step. A step is what a sample is away from the mean before its signs are flipped.
const PLANES: usize = 1 + 3 * FLIPS;

/// Largest coordinate that is squared; the general form serves larger ones.
const LARGEST_COORDINATE: f32 = 1e15;

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
    /// Pairs of samples.
    pub(crate) const COUNT: usize = FLIPS * FLIPS;

    #[inline(always)]
    fn new(planes: &[Lanes], row: &[f32], columns: &[Lanes]) -> Self {
        let groups = |index: usize| by_pattern(&planes[1 + index * FLIPS..][..FLIPS]);
        let (mean_step, step_mean, step_step) = (groups(0), groups(1), groups(2));
        let lanes = |at: &dyn Fn(usize) -> f32| -> Lanes { array::from_fn(at) };
        Self {
            rows: array::from_fn(|j| lanes(&|lane| row[j] - 2.0 * (step_mean[j][lane] + planes[0][lane]))),
            columns: array::from_fn(|j| lanes(&|lane| columns[j][lane] - 2.0 * mean_step[j][lane])),
            steps: array::from_fn(|j| lanes(&|lane| -2.0 * step_step[j][lane])),
        }
    }

    /// Calls `take` with the distances `sqrt(d^2 + 1e-6)` of every pair of samples.
    #[inline(always)]
    pub(crate) fn for_each(&self, mut take: impl FnMut(Lanes)) {
        for query in 0..FLIPS {
            for gallery in 0..FLIPS {
                // The product of two patterns is the pattern of their exclusive or.
                let steps = &self.steps[query ^ gallery];
                let mut distance = [0.0; PLANE_LANES];
                for lane in 0..PLANE_LANES {
                    let squared = self.rows[query][lane] + self.columns[gallery][lane] + steps[lane];
                    distance[lane] = (squared.max(0.0) + DISTANCE_EPSILON as f32).sqrt();
                }
                take(distance);
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Planes<F>(F);

impl<F: OfSampleDistances> PlaneFunction for Planes<F> {
    #[inline(always)]
    fn values(&self, planes: &[Lanes], row: &[f32], columns: &[Lanes]) -> Lanes {
        self.0.of(&SampleDistances::new(planes, row, columns))
    }
}

/// Values of queries with the columns of a gallery.
pub(crate) type ToColumns = Box<dyn Fn(&DiagNormal) -> Tensor<2> + Send + Sync>;

/// Means and steps of one side around a common centre.
struct Side {
    mean: Tensor<2>,
    step: Tensor<2>,
}

impl Side {
    fn new(distribution: &DiagNormal, draw: Tensor<2>, centre: Tensor<2>) -> Self {
        let std = distribution.log_var().bounded().log_std().std();
        Self { mean: distribution.mean() - centre, step: std * draw }
    }

    /// Squared norms of the samples, `[N, 8]`.
    fn squared_norms(&self) -> Tensor<2> {
        let own = (self.mean.clone().square() + self.step.clone().square()).sum_dim(1);
        // With the signs of a pattern: a product with the sums of the groups.
        let groups: Tensor<2> =
            grouped(self.mean.clone() * self.step.clone()).sum_dim(2).squeeze_dim::<2>(2).transpose();
        let signs = flipped(Tensor::ones([1, FLIPS], &own.device()));
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
) -> Option<ToColumns> {
    if !is_served(gallery) {
        return None;
    }
    let centre = gallery.mean().mean_dim(0);
    let side = Side::new(gallery, gallery_draw, centre.clone());
    let columns = side.squared_norms().transpose(); // [8, M]
    let columns_of = |rows: Tensor<2>| laid_out(grouped(rows).swap_dims(1, 2));
    let (means, steps) = (columns_of(side.mean.clone()), columns_of(side.step)); // [8, D / 8, M]
    let mean = laid_out(side.mean.transpose()); // [D, M]
    let [_, count] = columns.dims();
    let band = move |query: &DiagNormal| {
        let side = Side::new(query, query_draw.clone(), centre.clone());
        let norms = side.squared_norms(); // [N, 8]
        let (mean_groups, step_groups) = (grouped(side.mean.clone()), grouped(side.step)); // [8, N, D / 8]
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

fn is_served(distribution: &DiagNormal) -> bool {
    let mean = distribution.mean();
    has_row_form(&mean) && mean.abs().max().into_scalar::<f32>() <= LARGEST_COORDINATE
}
