//! How well a model corrects text whose errors are known, beside what counting does.

use crate::dataset::{Dataset, data_error};
use crate::evaluation::spread;
use crate::generator::Generator;
use anyhow::anyhow;
use halation_data::baseline::NeighbourSpeller;
use halation_data::world::corrupt::substitute;
use halation_models::diffusion::discrete::{SpellCounts, SpellMode};
use halation_train::user_error::user;
use serde::Serialize;
use std::collections::BTreeMap;

/// Shares of symbols that are replaced by others.
const RATES: [(&str, f64); 3] = [("1", 0.01), ("3", 0.03), ("5", 0.05)];

/// By percent of wrong symbols, then by speller.
pub type Spelling = BTreeMap<&'static str, BTreeMap<&'static str, SpellScore>>;

/// One speller at one rate of errors.
#[derive(Clone, Debug, Serialize)]
pub struct SpellScore {
    /// Share of its edits that restored the truth; 1 without an edit.
    pub precision: f64,
    /// Share of the errors that it restored.
    pub recall: f64,
    /// Symbols that it changed.
    pub edits: u64,
    /// Share of symbols that are wrong afterwards.
    pub wrong_after: f64,
}

/// Corrects `sequences` sequences (0: all) of a part at each rate by every speller.
///
/// * `keep`: leaves everything as it is;
/// * `neighbours`: the most likely symbol between its two neighbours, weighed against what stands there;
/// * `raw`: the network's guess, whatever stands there;
/// * `noisy_channel`: that guess weighed against what stands there, at the true rate;
/// * `no_noise`: the same at a rate of 0, which must not change anything.
///
/// # Errors
/// A model that does not correct texts; a part that does not exist.
pub fn measure(generator: &Generator<'_>, part: &str, sequences: usize) -> anyhow::Result<Spelling> {
    let dataset = generator.dataset();
    let Some(train) = dataset.symbols("train")? else {
        return Err(user(anyhow!("the run models label maps; spelling needs a run on text")));
    };
    let neighbours = NeighbourSpeller::train(train, dataset.classes).map_err(data_error)?;
    let truth = text(dataset, part, sequences)?;
    let mut spelling = Spelling::new();
    for (percent, rate) in RATES {
        // The whole text at once: of a short sequence, 1 % would be rounded to nothing.
        let observed = substitute(&truth, dataset.classes, rate, 0).map_err(data_error)?.observed;
        let by_network = |mode| -> anyhow::Result<Vec<u16>> {
            let rows: Vec<Vec<u16>> = observed.chunks(dataset.length).map(<[u16]>::to_vec).collect();
            Ok(generator.spell(&rows, rate, mode)?.concat())
        };
        let proposals = [
            ("keep", observed.clone()),
            ("neighbours", neighbours.correct(&observed, rate).map_err(data_error)?),
            ("raw", by_network(SpellMode::Raw)?),
            ("noisy_channel", by_network(SpellMode::NoisyChannel { eps: rate })?),
            ("no_noise", by_network(SpellMode::NoisyChannel { eps: 0.0 })?),
        ];
        let scores = proposals.map(|(speller, proposed)| (speller, score(&observed, &proposed, &truth)));
        spelling.insert(percent, scores.into_iter().collect());
    }
    Ok(spelling)
}

/// A table for people.
pub fn table(spelling: &Spelling) -> String {
    let mut out =
        format!("{:<16}{:>7}{:>12}{:>10}{:>10}{:>14}\n", "", "wrong", "precision", "recall", "edits", "wrong after");
    for (percent, spellers) in spelling {
        for (speller, score) in spellers {
            out += &format!(
                "{speller:<16}{percent:>5} %{:>12.3}{:>10.3}{:>10}{:>12.2} %\n",
                score.precision,
                score.recall,
                score.edits,
                100.0 * score.wrong_after
            );
        }
    }
    out
}

fn text(dataset: &Dataset, part: &str, sequences: usize) -> anyhow::Result<Vec<u16>> {
    let indices = spread(dataset.count(part)?, sequences);
    Ok(dataset.sequences(part, &indices)?.into_iter().map(|id| id as u16).collect())
}

fn score(observed: &[u16], proposed: &[u16], truth: &[u16]) -> SpellScore {
    let wide = |ids: &[u16]| ids.iter().map(|&id| i64::from(id)).collect::<Vec<_>>();
    let counts = SpellCounts::count(&wide(observed), &wide(proposed), &wide(truth));
    let wrong = proposed.iter().zip(truth).filter(|(a, b)| a != b).count();
    SpellScore {
        precision: counts.precision(),
        recall: counts.recall(),
        edits: counts.edits,
        wrong_after: wrong as f64 / truth.len().max(1) as f64,
    }
}
