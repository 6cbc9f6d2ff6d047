//! Answers that need no model: similarity matrices and ranked lists.

use crate::dataset::data_error;
use anyhow::{Context, anyhow};
use halation_core::metric::{CaptionProtocol, PositiveRanks, ProtocolScores, Ties, TwoWay};
use halation_data::format::{CaptionGroundTruth, RankedLists, ScoreMatrix, read_ids};
use halation_train::user_error::user;
use std::path::Path;

/// Scores a matrix `[images, captions]`, whose rows and columns are in the order of the test list unless ids are given.
pub fn of_matrix(
    path: &Path,
    image_ids: Option<&Path>,
    caption_ids: Option<&Path>,
    gts: &CaptionGroundTruth,
    protocols: &[CaptionProtocol],
    ties: Ties,
) -> anyhow::Result<Vec<ProtocolScores>> {
    let matrix = ScoreMatrix::open(path).map_err(data_error)?;
    let ids = |file: Option<&Path>, test_list: Vec<String>| {
        file.map_or(Ok(test_list), |file| read_ids(file).map_err(data_error))
    };
    let image_ids = ids(image_ids, gts.image_ids())?;
    let caption_ids = ids(caption_ids, gts.caption_ids())?;
    if (matrix.images(), matrix.captions()) != (image_ids.len(), caption_ids.len()) {
        return Err(user(anyhow!(
            "{}: shape [{}, {}] for {} image ids and {} caption ids; give a matrix [images, captions], and --image-ids and \
             --caption-ids if its rows or columns are not the test list",
            path.display(),
            matrix.images(),
            matrix.captions(),
            image_ids.len(),
            caption_ids.len()
        )));
    }
    let truth = gts.truth(&image_ids, &caption_ids).map_err(data_error)?;
    CaptionProtocol::evaluate(protocols, &truth, &matrix.image_rows(), &matrix.caption_rows(), ties)
        .map_err(|error| user(error.into()))
        .with_context(|| path.display().to_string())
}

/// Scores ranked lists; they have no ties left.
pub fn of_rankings(
    path: &Path,
    gts: &CaptionGroundTruth,
    protocols: &[CaptionProtocol],
) -> anyhow::Result<Vec<ProtocolScores>> {
    let (image_ids, caption_ids) = (gts.image_ids(), gts.caption_ids());
    let truth = gts.truth(&image_ids, &caption_ids).map_err(data_error)?;
    let lists = RankedLists::read(path).map_err(data_error)?.lists;
    let i2t = lists.i2t.indices(&image_ids, &caption_ids).map_err(data_error)?;
    let t2i = lists.t2i.indices(&caption_ids, &image_ids).map_err(data_error)?;
    let score = |protocol: &CaptionProtocol| {
        let tasks = protocol.tasks(&truth);
        let i2t = PositiveRanks::from_rankings(&i2t, tasks.i2t).map_err(|error| (error, "i2t"))?;
        let t2i = PositiveRanks::from_rankings(&t2i, tasks.t2i).map_err(|error| (error, "t2i"))?;
        protocol.scores(TwoWay { i2t: &i2t, t2i: &t2i }).map_err(|error| (error, "protocol"))
    };
    protocols
        .iter()
        .map(|protocol| {
            score(protocol).map_err(|(error, part)| {
                let place = if part == "protocol" { protocol.name() } else { part };
                user(anyhow!(error).context(format!("{}, {place}", path.display())))
            })
        })
        .collect()
}
