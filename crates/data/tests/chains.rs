//! Sources of known entropy: the published floors, samples against their own law, and substitutions.

use halation_data::source::{LabelMapSet, TextCorpus};
use halation_data::text::Alphabet;
use halation_data::world::chains::{ChainConfig, LabelWorld, LabelWorldKind, MarkovChain};
use halation_data::world::corrupt::substitute;
use proptest::prelude::*;

fn ring() -> MarkovChain {
    ChainConfig::default().build().unwrap()
}

fn close(value: f64, expected: f64) {
    // The specification gives ten digits.
    assert!((value - expected).abs() < 6e-11, "{value} is not {expected}");
}

#[test]
fn the_entropies_are_those_of_the_specification() {
    let sticky = ChainConfig::STICKY_BINARY.build().unwrap();
    close(sticky.entropy_rate(), 0.468_995_593_6);
    close(sticky.entropy_per_symbol(16), 0.502_183_369_0);
    close(ring().entropy_rate(), 0.939_039_565_4);
    close(ring().entropy_per_symbol(256), 0.953_945_221_4);
    close(ring().entropy_per_symbol(32), (27f64.log2() + 31.0 * ring().entropy_rate()) / 32.0);
    close(ring().entropy_per_symbol(1), 27f64.log2());
}

#[test]
fn the_entropy_of_short_sequences_is_that_of_enumeration() {
    let initial = vec![0.7, 0.3, 0.0];
    let transition = vec![0.5, 0.25, 0.25, 0.0, 0.1, 0.9, 1.0, 0.0, 0.0];
    let chain = MarkovChain::new(initial, transition).unwrap();
    let mut total = 0.0;
    let mut entropy = 0.0;
    for code in 0..81u16 {
        let sequence = [code / 27, code / 9 % 3, code / 3 % 3, code % 3];
        let p = chain.log_prob(&sequence).exp();
        total += p;
        entropy -= if p > 0.0 { p * p.log2() } else { 0.0 };
    }
    assert!((total - 1.0).abs() < 1e-12);
    assert!((chain.entropy_per_symbol(4) - entropy / 4.0).abs() < 1e-12);
    // Its long-run shares, by hand: x = (1/2) x + z, y = x/4 + y/10, z = x/4 + 9y/10 give (18, 5, 9) / 32.
    let rate = 18.0 / 32.0 * 1.5 + 5.0 / 32.0 * (-0.1 * 0.1f64.log2() - 0.9 * 0.9f64.log2());
    assert!((chain.entropy_rate() - rate).abs() < 1e-12);
}

#[test]
fn chains_that_never_mix_have_an_entropy_rate_too() {
    assert_eq!(MarkovChain::ring(3, 1.0).unwrap().entropy_rate(), 0.0);
    assert_eq!(MarkovChain::sticky(1, 1.0).unwrap().entropy_per_symbol(5), 0.0);
    // Two halves that nothing connects: the start decides.
    let halves = MarkovChain::new(vec![0.25, 0.75, 0.0], vec![1.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.5, 0.5]).unwrap();
    assert!((halves.entropy_rate() - 0.75).abs() < 1e-12);
}

#[test]
fn samples_have_the_bits_of_the_entropy() {
    for chain in [ring(), ChainConfig::STICKY_BINARY.build().unwrap()] {
        let bits: Vec<f64> = (0..400)
            .map(|index| -chain.log_prob(&chain.sample(7, index, 64)) / (64.0 * std::f64::consts::LN_2))
            .collect();
        let mean = bits.iter().sum::<f64>() / 400.0;
        let variance = bits.iter().map(|bits| (bits - mean).powi(2)).sum::<f64>() / 399.0;
        let error = (variance / 400.0).sqrt();
        // Four standard errors of a mean over 400 sequences.
        assert!((mean - chain.entropy_per_symbol(64)).abs() < 4.0 * error, "{mean} +- {error}");
    }
}

#[test]
fn a_sample_is_a_function_of_seed_and_index() {
    let chain = ring();
    assert_eq!(chain.sample(1, 2, 50), chain.sample(1, 2, 50));
    assert_ne!(chain.sample(1, 2, 50), chain.sample(1, 3, 50));
    assert_ne!(chain.sample(1, 2, 50), chain.sample(2, 2, 50));
    assert_eq!(chain.sample(1, 2, 50)[..20], chain.sample(1, 2, 20));
    assert!(chain.sample(1, 2, 0).is_empty());
}

#[test]
fn a_generated_corpus_has_the_alphabet_of_its_chain_and_chunks_of_its_law() {
    let corpus = ChainConfig::default().corpus(4, [25_600, 128, 64]).unwrap();
    assert_eq!((corpus.alphabet.clone(), corpus.val.len(), corpus.test.len()), (Alphabet::Text8, 128, 64));
    assert_eq!(corpus.val.ids(), ring().sample(4, 1, 128));
    // Any crop starts uniformly: the first symbols of 800 chunks of 32.
    let mut counts = [0f64; 27];
    for chunk in corpus.train.chunks(32).unwrap() {
        counts[usize::from(chunk[0])] += 1.0;
    }
    let expected = 800.0 / 27.0;
    let chi: f64 = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
    // 26 degrees of freedom, probability 1e-4; symbols 32 apart depend on each other little.
    assert!(chi < 62.0, "{chi}");
    assert_ne!(corpus.sha256, ChainConfig::default().corpus(5, [25_600, 128, 64]).unwrap().sha256);
    for classes in [2, 26, 28, 300] {
        let corpus = ChainConfig::Sticky { classes, stay: 0.5 }.corpus(0, [10, 10, 10]).unwrap();
        assert_eq!(corpus.alphabet.size(), classes);
        corpus.alphabet.show(corpus.train.ids()).unwrap();
    }
    let error = TextCorpus::of_parts("it", Alphabet::Text8, [vec![0], vec![27], vec![]]).unwrap_err().to_string();
    assert!(error.contains("symbol 27"), "{error}");
}

#[test]
fn chains_that_are_no_chains_are_refused() {
    for error in [
        MarkovChain::new(vec![], vec![]),
        MarkovChain::new(vec![1.0], vec![1.0, 0.0]),
        MarkovChain::new(vec![0.5, 0.4], vec![0.5; 4]),
        MarkovChain::new(vec![0.5, 0.5], vec![0.5, 0.5, f64::NAN, 0.5]),
        MarkovChain::new(vec![1.5, -0.5], vec![0.5; 4]),
        MarkovChain::ring(27, 1.1),
        MarkovChain::ring(0, 0.5),
        MarkovChain::sticky(1, 0.5),
        MarkovChain::sticky(2, f64::NAN),
    ] {
        assert!(error.unwrap_err().to_string().contains("Markov chain"));
    }
    assert!(serde_json::from_str::<ChainConfig>("{\"ring\": {\"classes\": 3, \"nxt\": 0.5}}").is_err());
}

#[test]
fn the_leave_one_out_oracle_corrects_isolated_substitutions_as_often_as_theory_says() {
    let chain = ring();
    // Of three symbols in a row, the best guess at the middle is right with probability
    // sum over l, r of pi(l) max over m of P(l, m) P(m, r) = 0.81 + 26 * 0.9 * (0.1 / 26) = 0.9.
    let mut theory = 0.0;
    for left in 0..27u16 {
        for right in 0..27u16 {
            let product = |middle: u16| chain.row(left)[usize::from(middle)] * chain.row(middle)[usize::from(right)];
            theory += (0..27).map(product).fold(0.0, f64::max) / 27.0;
        }
    }
    assert!((theory - 0.9).abs() < 1e-12);
    let (mut right, mut total) = (0u32, 0u32);
    for index in 0..2_000 {
        let truth = chain.sample(3, index, 17);
        let spoiled = substitute(&truth, 27, 1.0 / 17.0, index).unwrap();
        let at = spoiled.places[0];
        let neighbour = |at: Option<usize>| at.and_then(|at| spoiled.observed.get(at)).copied();
        if at == 0 || at == 16 {
            continue; // one neighbour alone: another theory
        }
        let law = chain.leave_one_out(neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
        assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let best = (0..27).max_by(|&a, &b| law[a].total_cmp(&law[b])).unwrap();
        right += u32::from(best == usize::from(truth[at]));
        total += 1;
    }
    let share = f64::from(right) / f64::from(total);
    // Four standard deviations of a share of about 1,760 draws.
    assert!((share - 0.9).abs() < 4.0 * (0.09 / f64::from(total)).sqrt(), "{share} of {total}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn substitutions_are_exactly_as_many_as_asked_real_and_nested(
        symbols in prop::collection::vec(0u16..5, 0..80), seed in any::<u64>(), low in 0.0..1.0f64, high in 0.0..1.0f64,
    ) {
        let (low, high) = (low.min(high), low.max(high));
        let [few, many] = [low, high].map(|rate| substitute(&symbols, 5, rate, seed).unwrap());
        for (spoiled, rate) in [(&few, low), (&many, high)] {
            let differ: Vec<usize> = (0..symbols.len()).filter(|&at| spoiled.observed[at] != symbols[at]).collect();
            prop_assert_eq!(&differ, &spoiled.places);
            prop_assert_eq!(differ.len(), (rate * symbols.len() as f64).round() as usize);
            prop_assert!(spoiled.observed.iter().all(|&symbol| symbol < 5));
            prop_assert_eq!(&spoiled.truth, &symbols);
        }
        prop_assert!(few.places.iter().all(|&at| many.observed[at] == few.observed[at]));
    }
}

#[test]
fn a_substitute_is_uniform_over_the_other_symbols() {
    let mut counts = [0f64; 5];
    for seed in 0..200 {
        for symbol in substitute(&[2; 20], 5, 1.0, seed).unwrap().observed {
            counts[usize::from(symbol)] += 1.0;
        }
    }
    assert_eq!(counts[2], 0.0);
    let chi: f64 = [0, 1, 3, 4].iter().map(|&symbol| (counts[symbol] - 1000.0).powi(2) / 1000.0).sum();
    assert!(chi < 21.1, "{chi}"); // 3 degrees of freedom, probability 1e-4
    // The published demonstration: 12 of 256 characters.
    assert_eq!(substitute(&[0; 256], 27, 12.0 / 256.0, 0).unwrap().places.len(), 12);
}

#[test]
fn substitutions_that_make_no_sense_are_refused() {
    for (error, part) in [
        (substitute(&[0], 27, 1.5, 0), "1.5"),
        (substitute(&[0], 27, f64::NAN, 0), "NaN"),
        (substitute(&[0, 27], 27, 0.5, 0), "symbol 1 is 27"),
        (substitute(&[0], 1, 0.5, 0), "1 classes"),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

fn world(kind: LabelWorldKind) -> LabelWorld {
    LabelWorld { kind, height: 12, width: 20, classes: 4, seed: 5 }
}

/// The share of pixels that are unlike the one to their left.
fn edges(set: &LabelMapSet) -> f64 {
    let rows = (0..set.len()).flat_map(|index| set.map(index).chunks_exact(set.width()));
    let pairs: Vec<bool> = rows.flat_map(|row| row.windows(2)).map(|pair| pair[0] != pair[1]).collect();
    pairs.iter().filter(|&&differ| differ).count() as f64 / pairs.len() as f64
}

#[test]
fn generated_maps_are_a_function_of_seed_and_index_and_have_regions() {
    for kind in [LabelWorldKind::Voronoi { sites: 5 }, LabelWorldKind::Rectangles { rectangles: 4 }] {
        let set = world(kind).generate("world", 0, 30).unwrap();
        assert_eq!((set.len(), set.height(), set.width(), set.classes()), (30, 12, 20, 4));
        let later = world(kind).generate("later", 10, 5).unwrap();
        assert_eq!(later.map(0), set.map(10));
        let corpus = world(kind).corpus([10, 5, 3]).unwrap();
        assert_eq!([corpus.train.len(), corpus.val.len(), corpus.test.len()], [10, 5, 3]);
        assert_eq!((corpus.val.map(0), corpus.test.map(0)), (set.map(10), set.map(15)));
        assert_eq!(corpus.categories.len(), 4);
        assert_ne!(set.map(0), set.map(1));
        assert!(set.shares().iter().all(|&share| share > 0.05), "{:?}", set.shares());
        // Independent pixels of four classes would differ in three pairs of four.
        assert!(edges(&set) < 0.3, "{}", edges(&set));
        assert_eq!(world(kind).entropy_per_pixel().unwrap(), None);
    }
}

#[test]
fn maps_of_columns_have_exactly_known_entropy() {
    let columns = world(LabelWorldKind::Columns { stay: 0.9 });
    let entropy = columns.entropy_per_pixel().unwrap().unwrap();
    // log2 4 for the top, then the stay or one of three others.
    let step = -0.9 * 0.9f64.log2() - 0.1 * (0.1f64 / 3.0).log2();
    assert!((entropy - (2.0 + 11.0 * step) / 12.0).abs() < 1e-12);
    let set = columns.generate("world", 0, 200).unwrap();
    let chain = MarkovChain::sticky(4, 0.9).unwrap();
    let column =
        |map: &[u8], x: usize| map.iter().skip(x).step_by(20).map(|&class| u16::from(class)).collect::<Vec<u16>>();
    let bits: Vec<f64> = (0..200)
        .flat_map(|index| (0..20).map(move |x| (index, x)))
        .map(|(index, x)| -chain.log_prob(&column(set.map(index), x)) / (12.0 * std::f64::consts::LN_2))
        .collect();
    let mean = bits.iter().sum::<f64>() / bits.len() as f64;
    let variance = bits.iter().map(|bits| (bits - mean).powi(2)).sum::<f64>() / bits.len() as f64;
    assert!((mean - entropy).abs() < 4.0 * (variance / bits.len() as f64).sqrt(), "{mean} is not {entropy}");
    assert!((edges(&set) - 0.75).abs() < 0.02, "columns are independent: {}", edges(&set));
}

#[test]
fn worlds_that_cannot_be_are_refused() {
    let good = LabelWorld::default();
    for (bad, part) in [
        (LabelWorld { height: 0, ..good }, "`height` x `width`"),
        (LabelWorld { width: 1 << 20, ..good }, "`height` x `width`"),
        (LabelWorld { classes: 1, ..good }, "`classes`"),
        (LabelWorld { classes: 257, ..good }, "`classes`"),
        (LabelWorld { kind: LabelWorldKind::Voronoi { sites: 0 }, ..good }, "`sites`"),
        (LabelWorld { kind: LabelWorldKind::Columns { stay: 1.5 }, ..good }, "`stay`"),
    ] {
        let error = bad.generate("world", 0, 1).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(good.generate("world", 0, 0).unwrap().is_empty());
}
