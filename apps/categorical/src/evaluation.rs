//! How many bits a model needs, and what stands beside that number.

use crate::dataset::Dataset;
use crate::generator::Generator;
use crate::process::{Request, bits};
use crate::recipe::{Model, Recipe};
use crate::spelling::{self, Spelling};
use anyhow::anyhow;
use halation_core::bound::ElboAccumulator;
use halation_core::unit::Bits;
use halation_data::baseline::{MarkovModel, bzip2_bits};
use halation_train::user_error::user;
use serde::Serialize;

/// The figures of a run on one part.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// Part of the data.
    pub split: String,
    /// Sequences measured.
    pub sequences: usize,
    /// Symbols of a sequence.
    pub length: usize,
    /// Classes of a symbol.
    pub classes: usize,
    /// Bits for each symbol: an upper bound of what the model needs.
    pub bits_per_symbol: f64,
    /// Standard error of that, over sequences and draws.
    pub standard_error: f64,
    /// Draws for each sequence: noise levels of a diffusion, points of a flow.
    pub samples: usize,
    /// Bits by the importance-weighted bound over these draws; none of a diffusion.
    pub iwbo_bits: Option<f64>,
    /// Steps of a diffusion in discrete time.
    pub diffusion_steps: Option<usize>,
    /// Share of drawn positions whose code stands for no class.
    pub leak: Option<f64>,
    /// Bits that no model can go below, where known.
    pub floor: Option<f64>,
    /// Bits above the floor.
    pub gap: Option<f64>,
    /// Bits of guessing.
    pub uniform: f64,
    /// What counting does with the same split.
    pub baselines: Option<Baselines>,
    /// How well it corrects this split with 1, 3 and 5 % of the symbols replaced; of diffusion without masks over texts.
    pub spelling: Option<Spelling>,
    /// Whether training saw flipped and shifted maps; the measured ones never are.
    pub augmented_training: bool,
}

/// Bits for each symbol without a network.
#[derive(Clone, Debug, Serialize)]
pub struct Baselines {
    /// Of the frequencies of the symbols alone.
    pub order0: f64,
    /// Of a Markov model, on the same chunks.
    pub markov: f64,
    /// Its order.
    pub markov_order: usize,
    /// Of a Markov model that sees the text as one stream.
    pub markov_stream: f64,
    /// Of `bzip2 -9` over the whole part.
    pub bzip2: Option<f64>,
}

impl Evaluation {
    /// Measures a part.
    ///
    /// # Errors
    /// A part that does not exist.
    pub fn of_split(
        generator: &Generator<'_>,
        recipe: &Recipe,
        split: &str,
        mut progress: impl FnMut(usize, usize),
    ) -> anyhow::Result<Self> {
        let (dataset, samples) = (generator.dataset(), recipe.eval.samples);
        let indices = spread(dataset.count(split)?, recipe.eval.sequences);
        let total = indices.len();
        let (elbo, iwbo) = generator.bounds(split, &indices, samples, recipe.seed, |done| progress(done, total))?;
        let of = |bounds: &[f64]| -> anyhow::Result<ElboAccumulator> {
            let mut sum = ElboAccumulator::new();
            sum.update(bounds, dataset.length)?;
            Ok(sum)
        };
        let bound = of(&elbo)?;
        let bits_per_symbol = bound.bits_per_element().value();
        let leak = match recipe.eval.leak {
            0 => None,
            count if matches!(recipe.model, Model::Flow(_)) => {
                generator.sample(Request::plain(count, recipe.seed))?.leak
            }
            _ => None,
        };
        Ok(Self {
            split: split.to_owned(),
            sequences: total,
            length: dataset.length,
            classes: dataset.classes,
            bits_per_symbol,
            standard_error: bound.bits_per_element_standard_error().value(),
            samples,
            iwbo_bits: iwbo.map(|iwbo| of(&iwbo)).transpose()?.map(|sum| sum.bits_per_element().value()),
            diffusion_steps: match &recipe.model {
                Model::Diffusion(model) => Some(model.steps),
                _ => None,
            },
            leak,
            floor: dataset.floor,
            gap: dataset.floor.map(|floor| bits_per_symbol - floor),
            uniform: Bits::uniform(dataset.classes).value(),
            baselines: Baselines::of_split(generator, recipe, split, &indices)?,
            spelling: match &recipe.model {
                Model::Diffusion(model) if !model.transition.has_mask() && dataset.alphabet().is_some() => {
                    Some(spelling::measure(generator, split, recipe.eval.sequences)?)
                }
                _ => None,
            },
            augmented_training: matches!(&recipe.data.source, crate::recipe::Source::Labels(l) if l.augment.is_some()),
        })
    }

    /// A table for people.
    pub fn table(&self) -> String {
        let mut out = format!(
            "{} sequences of {} symbols ({} classes), split {}, {} draw(s) each\n",
            self.sequences, self.length, self.classes, self.split, self.samples
        );
        let mut line = |name: &str, value: Option<f64>, note: &str| {
            if let Some(value) = value {
                out += &format!("{name:<28}{value:>10.4}  {note}\n");
            }
        };
        let error = format!("± {:.4} (standard error)", self.standard_error);
        line("bits per symbol, at most", Some(self.bits_per_symbol), &error);
        line("  importance-weighted", self.iwbo_bits, "");
        line("entropy of the source", self.floor, "");
        line("  gap", self.gap, "");
        if let Some(baselines) = &self.baselines {
            line("symbol frequencies", Some(baselines.order0), "");
            let note = format!("order {}, same sequences", baselines.markov_order);
            line("Markov model", Some(baselines.markov), &note);
            line("  as one stream", Some(baselines.markov_stream), "");
            line("bzip2 -9", baselines.bzip2, "");
        }
        line("guessing", Some(self.uniform), "");
        line("leak", self.leak, "share of drawn positions without a class");
        out
    }
}

impl Baselines {
    /// Refuses an order of the Markov model that cannot be had, before anything is trained.
    ///
    /// # Errors
    /// As its training.
    pub fn check(recipe: &Recipe, dataset: &Dataset) -> anyhow::Result<()> {
        if let Some(train) = dataset.symbols("train")? {
            let few = &train[..train.len().min(1000)];
            MarkovModel::train(few, dataset.classes, recipe.eval.markov)
                .map_err(|error| user(anyhow!("recipe key `eval.markov`: {error}")))?;
        }
        Ok(())
    }

    fn of_split(
        generator: &Generator<'_>,
        recipe: &Recipe,
        split: &str,
        indices: &[usize],
    ) -> anyhow::Result<Option<Self>> {
        let dataset = generator.dataset();
        let (Some(train), Some(part)) = (dataset.symbols("train")?, dataset.symbols(split)?) else { return Ok(None) };
        if recipe.eval.markov == 0 {
            return Ok(None);
        }
        let chunks = || indices.iter().map(|&index| &part[index * dataset.length..(index + 1) * dataset.length]);
        let model = |order| MarkovModel::train(train, dataset.classes, order).map_err(crate::dataset::data_error);
        let (flat, markov) = (model(0)?, model(recipe.eval.markov)?);
        let text = dataset.alphabet().map(|alphabet| alphabet.decode(part)).transpose()?;
        Ok(Some(Self {
            order0: flat.bits_per_char(chunks()),
            markov: markov.bits_per_char(chunks()),
            markov_order: recipe.eval.markov,
            markov_stream: markov.bits_per_char([part]),
            // Of an alphabet whose symbols take several bytes, bits by byte say nothing.
            bzip2: text.filter(|text| text.len() == part.len()).map(|text| bzip2_bits(&text)),
        }))
    }
}

/// Bits for each symbol of a few validation sequences.
///
/// # Errors
/// As [`Evaluation::of_split`].
pub fn glance(generator: &Generator<'_>, recipe: &Recipe) -> anyhow::Result<f64> {
    let dataset = generator.dataset();
    let indices = spread(dataset.count("val")?, recipe.eval.glance);
    let (elbo, _) = generator.bounds("val", &indices, recipe.eval.samples, recipe.seed, |_| {})?;
    Ok(bits(-elbo.iter().sum::<f64>() / elbo.len() as f64, dataset.length))
}

/// `wanted` of `count` numbers, spread evenly; 0: all.
pub fn spread(count: usize, wanted: usize) -> Vec<usize> {
    let wanted = if wanted == 0 { count } else { wanted.min(count) };
    (0..wanted).map(|index| index * count / wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn numbers_are_spread_over_the_whole_and_never_repeat() {
        assert_eq!(spread(10, 5), [0, 2, 4, 6, 8]);
        assert_eq!(spread(3, 0), [0, 1, 2]);
        assert_eq!(spread(3, 7), [0, 1, 2]);
    }
}
