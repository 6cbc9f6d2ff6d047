//! The scores of both directions of cross-modal retrieval, by the cheaper of two ways.

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
}

impl TwoWayScores {
    /// Largest matrix that is held: 640 MiB, enough for COCO's 5,000 x 25,000.
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
        let bytes = images.dims()[0].saturating_mul(captions.dims()[0]).saturating_mul(size_of::<f32>());
        let source = if by_caption.divergence().is_symmetric() && bytes <= Self::MAX_MATRIX_BYTES {
            Source::Matrix(ScoreMatrix::compute(&by_caption))
        } else {
            Source::Sweeps(Box::new(TwoWay { i2t: scores(options, images, captions)?, t2i: by_caption }))
        };
        Ok(Self { source })
    }

    /// Each direction: images ask in `i2t`, captions in `t2i`.
    pub fn directions(&self) -> TwoWay<Box<dyn ScoreRows + '_>> {
        match &self.source {
            Source::Matrix(matrix) => TwoWay { i2t: Box::new(matrix.by_gallery()), t2i: Box::new(matrix.by_query()) },
            Source::Sweeps(sweeps) => TwoWay { i2t: Box::new(&sweeps.i2t), t2i: Box::new(&sweeps.t2i) },
        }
    }
}
