//! Batch order as a function of seed and epoch.

use halation_data::caption::Matches;
use halation_data::sample::{
    LastBatch, PairBatch, PairPolicy, PairSampler, PairSamplerOptions, Stream, epoch_order, index_below, keyed_rng,
    unit,
};
use std::collections::HashSet;

/// Image i has captions 2i and 2i + 1; caption 0 also matches image 3.
fn matches() -> Matches {
    Matches::from_pairs(7, 14, (0..7).flat_map(|image| [(image, 2 * image), (image, 2 * image + 1)]).chain([(3, 0)]))
}

fn sampler(options: PairSamplerOptions) -> PairSampler {
    PairSampler::new(matches(), options).unwrap()
}

#[test]
fn an_order_is_a_permutation_that_changes_with_seed_and_epoch_and_with_nothing_else() {
    let order = epoch_order(1000, 1, 5);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    assert_eq!(order, epoch_order(1000, 1, 5));
    assert_ne!(order, epoch_order(1000, 2, 5));
    assert_ne!(order, epoch_order(1000, 1, 6));
    assert!(epoch_order(0, 1, 1).is_empty());
    assert_eq!(epoch_order(1, 1, 1), [0]);
}

#[test]
fn all_orders_of_three_are_equally_likely() {
    let mut counts = std::collections::HashMap::new();
    for epoch in 0..6000 {
        *counts.entry(epoch_order(3, 9, epoch)).or_insert(0u32) += 1;
    }
    assert_eq!(counts.len(), 6);
    // Five standard deviations of a binomial count with mean 1000.
    assert!(counts.values().all(|count| count.abs_diff(1000) < 145), "{counts:?}");
}

#[test]
fn the_generator_is_chacha8_with_the_documented_key() {
    use rand::{Rng, SeedableRng};
    let mut key = [0u8; 32];
    (key[0], key[8], key[16], key[24]) = (7, 3, 2, Stream::Image as u8);
    let mut reference = rand_chacha::ChaCha8Rng::from_seed(key);
    let mut ours = keyed_rng(7, 3, 2, Stream::Image);
    for _ in 0..4 {
        assert_eq!(ours.next_u64(), reference.next_u64());
    }
}

#[test]
fn indices_and_units_stay_in_range() {
    let mut rng = keyed_rng(0, 0, 0, Stream::Draw);
    for bound in [1, 2, 3, 1000, usize::MAX] {
        assert!((0..100).all(|_| index_below(bound, &mut rng) < bound));
    }
    assert!((0..1000).all(|_| (0.0..1.0).contains(&unit(&mut rng))));
}

#[test]
fn an_epoch_of_every_pair_holds_every_pair_once() {
    let sampler = sampler(PairSamplerOptions { batch_size: 4, ..PairSamplerOptions::default() });
    assert_eq!((sampler.pairs_per_epoch(), sampler.steps_per_epoch()), (15, 4));
    let batches: Vec<_> = sampler.batches(0, 0).collect();
    assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [4, 4, 4, 3]);
    let pairs: HashSet<(usize, usize)> =
        batches.iter().flat_map(|batch| batch.images.iter().copied().zip(batch.captions.iter().copied())).collect();
    assert_eq!(pairs, matches().pairs().collect());
}

#[test]
fn the_match_matrix_of_a_batch_is_the_ground_truth_of_its_cells() {
    let sampler = sampler(PairSamplerOptions { batch_size: 15, ..PairSamplerOptions::default() });
    let batch = sampler.batches(3, 0).next().unwrap();
    let truth = matches();
    let mut off_diagonal = 0;
    for row in 0..15 {
        for column in 0..15 {
            let expected = truth.contains(batch.images[row], batch.captions[column]);
            assert_eq!(batch.matches[row * 15 + column], expected);
            off_diagonal += usize::from(expected && row != column);
        }
        assert!(batch.matches[row * 15 + row]);
    }
    assert!(off_diagonal > 0, "a batch of all pairs has positives off the diagonal");
}

#[test]
fn resuming_at_any_step_yields_the_batches_of_the_uninterrupted_epoch() {
    for pairs in [PairPolicy::EveryPair, PairPolicy::OneCaptionPerImage, PairPolicy::OneImagePerCaption] {
        let sampler = sampler(PairSamplerOptions { batch_size: 2, seed: 4, pairs, last: LastBatch::Keep });
        let whole: Vec<_> = sampler.batches(11, 0).collect();
        for step in 0..=whole.len() {
            assert_eq!(sampler.batches(11, step).collect::<Vec<_>>(), whole[step..]);
        }
    }
}

#[test]
fn one_caption_per_image_draws_another_caption_in_another_epoch() {
    let pairs = PairPolicy::OneCaptionPerImage;
    let sampler = sampler(PairSamplerOptions { batch_size: 7, pairs, ..PairSamplerOptions::default() });
    let mut drawn: Vec<HashSet<usize>> = vec![HashSet::new(); 7];
    for epoch in 0..40 {
        let epoch = sampler.epoch_pairs(epoch);
        assert_eq!(epoch.iter().map(|pair| pair.0).collect::<HashSet<_>>().len(), 7);
        for (image, caption) in epoch {
            assert!(matches().contains(image, caption));
            drawn[image].insert(caption);
        }
    }
    let all: Vec<HashSet<usize>> =
        matches().captions_of_image().iter().map(|list| list.iter().copied().collect()).collect();
    assert_eq!(drawn, all);
}

#[test]
fn one_image_per_caption_visits_every_caption_once() {
    let pairs = PairPolicy::OneImagePerCaption;
    let sampler = sampler(PairSamplerOptions { batch_size: 5, pairs, ..PairSamplerOptions::default() });
    let epoch = sampler.epoch_pairs(2);
    assert_eq!(epoch.iter().map(|pair| pair.1).collect::<HashSet<_>>().len(), 14);
    assert!(epoch.iter().all(|&(image, caption)| matches().contains(image, caption)));
}

#[test]
fn a_last_partial_batch_can_be_dropped() {
    let sampler = sampler(PairSamplerOptions { batch_size: 4, last: LastBatch::Drop, ..PairSamplerOptions::default() });
    assert_eq!(sampler.batches(0, 0).map(|batch| batch.len()).collect::<Vec<_>>(), [4, 4, 4]);
}

#[test]
fn no_pairs_a_batch_size_of_zero_and_no_full_batch_are_errors() {
    let options = PairSamplerOptions::default();
    assert!(PairSampler::new(Matches::from_pairs(3, 3, []), options).is_err());
    assert!(PairSampler::new(matches(), PairSamplerOptions { batch_size: 0, ..options }).is_err());
    let error = PairSampler::new(matches(), PairSamplerOptions { last: LastBatch::Drop, ..options }).unwrap_err();
    assert!(error.to_string().contains("15 pairs make no full batch of 128"), "{error}");
}

#[test]
fn a_set_with_one_pair_gives_one_batch_of_one() {
    let sampler = PairSampler::new(Matches::from_pairs(1, 1, [(0, 0)]), PairSamplerOptions::default()).unwrap();
    let batches: Vec<_> = sampler.batches(0, 0).collect();
    assert_eq!(batches.len(), 1);
    assert_eq!((batches[0].len(), &batches[0].matches), (1, &vec![true]));
}

#[test]
fn a_batch_of_one_pair_per_class_holds_every_class_once_and_its_anchor() {
    // Seven captions of three classes (one of them also has a caption without image), one image each.
    let classes = vec![0, 0, 2, 2, 2, 5, 5, 1];
    let matches = Matches::from_pairs(7, 8, (0..7).map(|index| (index, index)));
    let options = PairSamplerOptions { seed: 9, ..PairSamplerOptions::default() };
    let sampler = PairSampler::one_per_class(matches.clone(), classes.clone(), options).unwrap();
    assert_eq!((sampler.batch_size(), sampler.steps_per_epoch()), (3, 2));
    let mut drawn = std::collections::BTreeSet::new();
    for epoch in 0..40 {
        let batches: Vec<PairBatch> = sampler.batches(epoch, 0).collect();
        assert_eq!(batches, sampler.clone().batches(epoch, 0).collect::<Vec<_>>(), "a function of seed and epoch");
        assert_eq!(batches[1..], sampler.batches(epoch, 1).collect::<Vec<_>>(), "from any step");
        for batch in &batches {
            let mut of_batch: Vec<usize> = batch.captions.iter().map(|&caption| classes[caption]).collect();
            of_batch.sort_unstable();
            assert_eq!(of_batch, [0, 2, 5]);
            assert_eq!(batch.images, batch.captions, "each with its own image");
            drawn.extend(batch.captions.iter().copied());
        }
    }
    assert_eq!(drawn.into_iter().collect::<Vec<_>>(), (0..7).collect::<Vec<_>>(), "every caption gets its turn");
    let one_class = PairSampler::one_per_class(matches, vec![0; 8], options).unwrap_err().to_string();
    assert!(one_class.contains("negative"), "{one_class}");
}
