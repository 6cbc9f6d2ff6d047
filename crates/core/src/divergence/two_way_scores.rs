//! The scores of both directions of cross-modal retrieval, by the cheaper of two ways.

use std::sync::Arc;

use super::joint_scores::{Family, JointScores, View};
use super::{DivergenceScores, Measure, MeasureOptions};
use crate::{
    CoreError,
    dist::DiagNormal,
    metric::{ScoreMatrix, ScoreRows, TwoWay},
};

/// Scores of images against captions and back under one measure.
///
/// A symmetric measure is computed once and its matrix read in both directions, as long as the matrix is small enough to hold;
/// any other takes one sweep per direction, a block of rows at a time.
#[derive(Debug)]
pub struct TwoWayScores {
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// Captions by images: the few items are the gallery, which every block of rows costs a pass over.
    Matrix(ScoreMatrix),
    Sweeps(Box<TwoWay<DivergenceScores>>),
    /// Sums from which several measures follow.
    Joint(Arc<JointScores>, TwoWay<View>),
}

impl TwoWayScores {
    /// Largest matrix that is held: 640 MiB, enough for COCO's 5,000 x 25,000. [`for_each`](Self::for_each) holds two where measures share
    /// their sums.
    pub const MAX_MATRIX_BYTES: usize = 640 << 20;

    /// The scores of `images` `[N, D]` and `captions` `[M, D]` under `measure`; of the draws of a sampled measure, images have those of
    /// the query in both directions.
    ///
    /// # Errors
    /// If the measure needs an option that is absent.
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn new(
        measure: Measure,
        options: &MeasureOptions,
        images: &DiagNormal,
        captions: &DiagNormal,
    ) -> Result<Self, CoreError> {
        let scores = |options: &MeasureOptions, query: &DiagNormal, gallery: &DiagNormal| {
            Ok(DivergenceScores::new(measure.build(options)?, query.clone(), gallery.clone()))
        };
        let by_caption = scores(&options.exchanged(), captions, images)?;
        let small = Self::bytes(images, captions) <= Self::MAX_MATRIX_BYTES;
        let source = if by_caption.divergence().is_symmetric() && small {
            Source::Matrix(ScoreMatrix::compute(&by_caption))
        } else {
            Source::Sweeps(Box::new(TwoWay { i2t: scores(options, images, captions)?, t2i: by_caption }))
        };
        Ok(Self { source })
    }

    /// Calls `take` with the scores under each of `measures`, one after another and not in their order: likelihood kernel, Bhattacharyya
    /// and Hellinger distance are made of the same sums, as are both coordinate gaps and the closed KL divergences, and are computed
    /// together on the first of them, where a matrix is small enough that two can be held.
    ///
    /// # Errors
    /// If a measure needs an option that is absent, and the first error of `take`.
    ///
    /// # Panics
    /// If the dimensions or the floats of the two sides differ.
    pub fn for_each<E: From<CoreError>>(
        measures: &[Measure],
        options: &MeasureOptions,
        images: &DiagNormal,
        captions: &DiagNormal,
        mut take: impl FnMut(Measure, &Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut left = measures.to_vec();
        while let Some(&measure) = left.first() {
            let family = Family::of(measure).map(|(family, _)| family);
            let relatives = |&other: &Measure| {
                family.is_some() && Family::of(other).is_some_and(|(other, _)| Some(other) == family)
            };
            let together: Vec<Measure> = left.iter().copied().filter(relatives).collect();
            let joint = match family {
                Some(family) if together.len() > 1 && Self::bytes(images, captions) <= Self::MAX_MATRIX_BYTES => {
                    JointScores::compute(family, images, captions).map(Arc::new)
                }
                _ => None,
            };
            let Some(joint) = joint else {
                take(measure, &Self::new(measure, options, images, captions)?)?;
                left.remove(0);
                continue;
            };
            for measure in &together {
                if let Some((_, views)) = Family::of(*measure) {
                    take(*measure, &Self { source: Source::Joint(joint.clone(), views) })?;
                }
            }
            left.retain(|measure| !together.contains(measure));
        }
        Ok(())
    }

    fn bytes(images: &DiagNormal, captions: &DiagNormal) -> usize {
        images.dims()[0].saturating_mul(captions.dims()[0]).saturating_mul(size_of::<f32>())
    }

    /// Each direction: images ask in `i2t`, captions in `t2i`.
    pub fn directions(&self) -> TwoWay<Box<dyn ScoreRows + '_>> {
        match &self.source {
            Source::Matrix(matrix) => TwoWay { i2t: Box::new(matrix.by_gallery()), t2i: Box::new(matrix.by_query()) },
            Source::Sweeps(sweeps) => TwoWay { i2t: Box::new(&sweeps.i2t), t2i: Box::new(&sweeps.t2i) },
            Source::Joint(joint, views) => {
                TwoWay { i2t: joint.rows(views.i2t, true), t2i: joint.rows(views.t2i, false) }
            }
        }
    }
}
