//! Counting baselines: laws of the probabilities, known sources, the figures of the shared data's README.

use halation_data::baseline::{MarkovModel, NeighbourSpeller, bzip2_bits, order0_bits};
use halation_data::source::{TextCorpus, TextCorpusOptions, TextPart};
use halation_data::testing::shared_data;
use halation_data::text::{AlphabetKind, TextFilter};
use halation_data::world::chains::MarkovChain;
use halation_data::world::corrupt::substitute;
use proptest::prelude::*;

const LN_2: f64 = std::f64::consts::LN_2;

/// `p(symbol | history)` by the formula, counting anew at every level.
fn witten_bell(training: &[u16], classes: usize, history: &[u16], symbol: u16) -> f64 {
    let shorter = match history {
        [] => 1.0 / classes as f64,
        [_, rest @ ..] => witten_bell(training, classes, rest, symbol),
    };
    let followers: Vec<u16> = training
        .windows(history.len() + 1)
        .filter(|gram| gram.starts_with(history))
        .map(|gram| gram[history.len()])
        .collect();
    let mut types = followers.clone();
    types.sort_unstable();
    types.dedup();
    if followers.is_empty() {
        return shorter;
    }
    let count = followers.iter().filter(|&&follower| follower == symbol).count();
    (count as f64 + types.len() as f64 * shorter) / (followers.len() + types.len()) as f64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_markov_model_is_the_formula_and_sums_to_one(
        training in prop::collection::vec(0u16..4, 1..60),
        history in prop::collection::vec(0u16..4, 0..6),
        order in 0usize..4,
    ) {
        let model = MarkovModel::train(&training, 4, order).unwrap();
        let law = model.predict(&history);
        prop_assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let known = &history[history.len().saturating_sub(order)..];
        for (symbol, p) in law.iter().enumerate() {
            prop_assert!((p - witten_bell(&training, 4, known, symbol as u16)).abs() < 1e-12);
        }
        let step = |at: usize| model.predict(&history[..at])[usize::from(history[at])].ln();
        let one_by_one: f64 = (0..history.len()).map(step).sum();
        prop_assert!((model.log_prob(&history) - one_by_one).abs() < 1e-12);
    }

    #[test]
    fn a_speller_gives_distributions_and_a_rate_of_zero_never_edits(
        training in prop::collection::vec(0u16..5, 1..60), observed in prop::collection::vec(0u16..5, 0..20),
    ) {
        let speller = NeighbourSpeller::train(&training, 5).unwrap();
        for left in [None, Some(0), Some(4)] {
            for right in [None, Some(1)] {
                let law = speller.predict(left, right);
                prop_assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                prop_assert!(law.iter().all(|&p| p > 0.0));
            }
        }
        prop_assert_eq!(speller.correct(&observed, 0.0).unwrap(), observed);
    }
}

#[test]
fn a_model_trained_on_a_chain_comes_near_its_entropy_and_never_below() {
    let chain = MarkovChain::ring(27, 0.9).unwrap();
    let training = chain.sample(1, 0, 60_000);
    let held_back: Vec<Vec<u16>> = (1..200).map(|index| chain.sample(1, index, 64)).collect();
    let sequences = || held_back.iter().map(Vec::as_slice);
    let truth = sequences().map(|ids| -chain.log_prob(ids)).sum::<f64>() / (199.0 * 64.0 * LN_2);
    let bits = |order| MarkovModel::train(&training, 27, order).unwrap().bits_per_char(sequences());
    // No context: log2 27 = 4.7549, but for counts of 2,222 per symbol.
    assert!((bits(0) - 27f64.log2()).abs() < 0.01, "{}", bits(0));
    // Counts of 60,000 symbols cost 0.007 bits with one symbol of context and 0.03 with two; twice that may be.
    assert!(bits(1) > truth && bits(1) < truth + 0.014, "{} against {truth}", bits(1));
    assert!(bits(2) > truth && bits(2) < truth + 0.06, "{} against {truth}", bits(2));
}

#[test]
fn bits_are_weighted_by_length_and_a_model_of_nothing_codes_uniformly() {
    let model = MarkovModel::train(&[0, 1, 2], 3, 0).unwrap();
    assert!((model.bits_per_char([&[0u16, 1, 2, 0][..], &[1]]) - 3f64.log2()).abs() < 1e-12);
    assert_eq!(model.bits_per_char([]), 0.0);
    let model = MarkovModel::train(&[0, 0, 1], 2, 2).unwrap();
    let parts: [&[u16]; 2] = [&[0, 0, 1, 1, 0], &[1]];
    let nats: f64 = parts.iter().map(|part| -model.log_prob(part)).sum();
    assert!((model.bits_per_char(parts) - nats / (6.0 * LN_2)).abs() < 1e-12);
}

#[test]
fn baselines_refuse_what_is_no_text() {
    for (error, part) in [
        (MarkovModel::train(&[], 27, 2).map(drop), "no symbol"),
        (MarkovModel::train(&[27], 27, 2).map(drop), "symbol 0 is 27"),
        (MarkovModel::train(&[0], 0, 2).map(drop), "0 classes"),
        (MarkovModel::train(&[0], 27, 25).map(drop), "at most 24"),
        (MarkovModel::train(&[0], 256, 16).map(drop), "at most 15"),
        (NeighbourSpeller::train(&[], 27).map(drop), "no symbol"),
        (NeighbourSpeller::train(&[0], 2).unwrap().correct(&[2], 0.1).map(drop), "symbol 0 is 2"),
        (NeighbourSpeller::train(&[0], 2).unwrap().correct(&[1], f64::NAN).map(drop), "NaN"),
        (order0_bits(&[], 3).map(drop), "no symbol"),
        (order0_bits(&[3], 3).map(drop), "symbol 0 is 3"),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(bzip2_bits(b""), 0.0);
    assert_eq!(order0_bits(&[0, 1, 2, 3], 4).unwrap(), 2.0);
}

#[test]
fn a_speller_corrects_a_ring_nearly_as_well_as_the_true_law() {
    let chain = MarkovChain::ring(27, 0.9).unwrap();
    let speller = NeighbourSpeller::train(&chain.sample(1, 0, 100_000), 27).unwrap();
    let (mut fixed, mut wrong, mut spoiled_by_us, mut kept) = (0, 0, 0, 0);
    for index in 1..400 {
        let spoiled = substitute(&chain.sample(1, index, 65), 27, 1.0 / 65.0, index).unwrap();
        let corrected = speller.correct(&spoiled.observed, 1.0 / 65.0).unwrap();
        for at in 1..64 {
            let right = corrected[at] == spoiled.truth[at];
            if spoiled.places.contains(&at) {
                wrong += 1;
                fixed += usize::from(right);
            } else {
                kept += 1;
                spoiled_by_us += usize::from(!right);
            }
        }
    }
    // With the true law, 0.81 of the wrong symbols stand between neighbours that tell, less where one of 26 substitutes
    // fits by chance; counts of 137 per pair cost little. Four standard deviations of a share of 390 draws are 0.08.
    assert!(fixed as f64 > 0.72 * wrong as f64, "{fixed} of {wrong}");
    assert!((spoiled_by_us as f64) < 0.02 * kept as f64, "{spoiled_by_us} of {kept}");
}

#[test]
fn order_0_and_bzip2_of_the_shared_texts_are_those_of_the_readme() {
    const ENWIKI: &str = "text/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2";
    for (file, order0, bzip2, distinct) in [
        (ENWIKI, 5.185, 2.228, 201),
        ("text/tinyshakespeare.txt", 4.779, 2.356, 65),
        ("text/wikitext-2.valid.txt", 4.609, 2.040, 0),
    ] {
        let Some(path) = shared_data(file) else { return };
        let options = TextCorpusOptions { alphabet: AlphabetKind::Bytes, ..TextCorpusOptions::default() };
        let corpus = TextCorpus::read(&path, &options).unwrap();
        let ids: Vec<u16> = [&corpus.train, &corpus.val, &corpus.test].map(TextPart::ids).concat();
        let text = corpus.alphabet.decode(&ids).unwrap();
        // The README has three digits.
        assert!((order0_bits(&ids, 256).unwrap() - order0).abs() < 5.1e-4, "{file}");
        assert!((bzip2_bits(&text) - bzip2).abs() < 5.1e-4, "{file}: {}", bzip2_bits(&text));
        let mut seen = [false; 256];
        text.iter().for_each(|&byte| seen[usize::from(byte)] = true);
        let values = seen.iter().filter(|&&seen| seen).count();
        assert!(distinct == 0 || values == distinct, "{file}: {values}");
    }
}

#[test]
fn longer_contexts_help_on_real_text_and_the_bits_lie_between_the_known_ones() {
    let Some(path) = shared_data("text/tinyshakespeare.txt") else { return };
    let options = TextCorpusOptions { filter: TextFilter::Letters, ..TextCorpusOptions::default() };
    let corpus = TextCorpus::read(&path, &options).unwrap();
    let train = &corpus.train.ids()[..200_000];
    let bits: Vec<f64> = [0, 1, 3]
        .map(|order| MarkovModel::train(train, 27, order).unwrap())
        .iter()
        .map(|model| model.bits_per_char([corpus.test.ids()]))
        .collect();
    // Order 0 of English letters is near 4.1; a character of it cannot be told below 1 bit from counts alone.
    assert!(bits[0] < 4.2 && bits[1] < bits[0] - 0.5 && bits[2] < bits[1] - 0.5 && bits[2] > 1.5, "{bits:?}");
}
