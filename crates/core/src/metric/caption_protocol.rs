//! The published protocols of caption retrieval on COCO.

use super::{
    CaptionTruth, MetricError, PositiveRanks, ProtocolScores, RankMetric, RankTask, Score, ScoreRows, Ties, TwoWay,
    rank_positives,
};

/// A published way to score retrieval on the COCO 5K test set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaptionProtocol {
    /// 5,000 images against 25,000 captions, one image per caption.
    Coco5k,
    /// Five folds of 1,000 images; every metric per fold, then averaged.
    Coco1k,
    /// The full gallery with the positives of Crisscrossed Captions.
    Cxc,
    /// The full gallery with the positives and the query subset of ECCV Caption.
    EccvCaption,
}

impl CaptionProtocol {
    /// All protocols, in the order they are reported.
    pub const ALL: [Self; 4] = [Self::Coco1k, Self::Coco5k, Self::Cxc, Self::EccvCaption];

    /// The name used on the command line: `coco-5k`, `coco-1k`, `cxc`, `eccv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Coco5k => "coco-5k",
            Self::Coco1k => "coco-1k",
            Self::Cxc => "cxc",
            Self::EccvCaption => "eccv",
        }
    }

    /// The ground truth and partition of both directions.
    pub fn tasks(self, truth: &CaptionTruth) -> TwoWay<RankTask<'_>> {
        match self {
            Self::Coco5k => truth.coco.as_ref().map(RankTask::whole),
            Self::Coco1k => TwoWay {
                i2t: RankTask::folded(&truth.coco.i2t, &truth.folds.i2t),
                t2i: RankTask::folded(&truth.coco.t2i, &truth.folds.t2i),
            },
            Self::Cxc => truth.cxc.as_ref().map(RankTask::whole),
            Self::EccvCaption => truth.eccv.as_ref().map(RankTask::whole),
        }
    }

    /// The metrics the protocol reports, under the names of the `eccv_caption` package.
    pub fn metrics(self) -> &'static [(&'static str, RankMetric)] {
        use RankMetric::{MapAtR, RPrecision, RecallAt};
        match self {
            Self::Coco5k => &[("coco_5k_r1", RecallAt(1)), ("coco_5k_r5", RecallAt(5)), ("coco_5k_r10", RecallAt(10))],
            Self::Coco1k => &[("coco_1k_r1", RecallAt(1)), ("coco_1k_r5", RecallAt(5)), ("coco_1k_r10", RecallAt(10))],
            Self::Cxc => &[("cxc_r1", RecallAt(1)), ("cxc_r5", RecallAt(5)), ("cxc_r10", RecallAt(10))],
            Self::EccvCaption => {
                &[("eccv_map_at_r", MapAtR), ("eccv_rprecision", RPrecision), ("eccv_r1", RecallAt(1))]
            }
        }
    }

    /// Scores both directions, whose scores come from two sweeps (or one matrix and its transpose), under all `protocols`.
    ///
    /// # Errors
    /// As [`rank_positives`] and [`PositiveRanks::mean`].
    pub fn evaluate<S: Score>(
        protocols: &[Self],
        truth: &CaptionTruth,
        image_rows: &(impl ScoreRows<S> + ?Sized),
        caption_rows: &(impl ScoreRows<S> + ?Sized),
        ties: Ties,
    ) -> Result<Vec<ProtocolScores>, MetricError> {
        let i2t: Vec<RankTask<'_>> = protocols.iter().map(|protocol| protocol.tasks(truth).i2t).collect();
        let t2i: Vec<RankTask<'_>> = protocols.iter().map(|protocol| protocol.tasks(truth).t2i).collect();
        let i2t = rank_positives(image_rows, &i2t, ties)?;
        let t2i = rank_positives(caption_rows, &t2i, ties)?;
        protocols
            .iter()
            .zip(i2t.into_iter().zip(t2i))
            .map(|(protocol, (i2t, t2i))| protocol.scores(TwoWay { i2t: &i2t, t2i: &t2i }))
            .collect()
    }

    /// The protocol's metrics of both directions, from ranks computed for [`tasks`](Self::tasks).
    ///
    /// # Errors
    /// As [`PositiveRanks::mean`].
    pub fn scores(self, ranks: TwoWay<&PositiveRanks>) -> Result<ProtocolScores, MetricError> {
        let metrics = self
            .metrics()
            .iter()
            .map(|&(name, metric)| Ok((name, ranks.try_map(|direction| direction.mean(metric))?)))
            .collect::<Result<_, MetricError>>()?;
        Ok(ProtocolScores {
            protocol: self,
            queries: ranks.map(|direction| direction.queries() - direction.excluded()),
            excluded: ranks.map(PositiveRanks::excluded),
            metrics,
            // Truncated rankings know recalls but not every best rank; that alone is no reason to fail.
            median_rank: ranks.try_map(PositiveRanks::median_rank).ok(),
            mean_rank: ranks.try_map(PositiveRanks::mean_rank).ok(),
        })
    }
}
