//! Alphabets, splits, chunks and crops of texts, and files that are no such texts.

use std::io::Read;

use bzip2::read::BzEncoder;
use flate2::read::GzEncoder;
use halation_data::DataError;
use halation_data::source::{TextCorpus, TextCorpusOptions, TextPart, TextSplit};
use halation_data::testing::shared_data;
use halation_data::text::{Alphabet, AlphabetKind, TextFilter};
use proptest::prelude::*;

fn options(alphabet: AlphabetKind) -> TextCorpusOptions {
    TextCorpusOptions { alphabet, ..TextCorpusOptions::default() }
}

fn part(symbols: usize) -> TextPart {
    TextPart::new("the part", (0..symbols).map(|at| (at % 27) as u16).collect(), 0..symbols)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_encoded_is_decoded_again(
        text in "[a-z ]{0,40}", any in ".{1,40}", bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let custom = Alphabet::distinct("it", any.as_bytes()).unwrap();
        let text8 = (Alphabet::Text8, text.as_bytes());
        for (alphabet, text) in [text8, (custom, any.as_bytes()), (Alphabet::Bytes, &bytes)] {
            let ids = alphabet.encode("it", text).unwrap();
            prop_assert!(ids.iter().all(|&id| usize::from(id) < alphabet.size()));
            prop_assert_eq!(alphabet.decode(&ids).unwrap(), text);
            let stored: Alphabet = serde_json::from_str(&serde_json::to_string(&alphabet).unwrap()).unwrap();
            prop_assert_eq!(stored, alphabet);
        }
    }

    #[test]
    fn a_crop_is_a_stretch_of_the_text(seed in any::<u64>(), step in any::<u64>(), length in 1usize..50) {
        let part = TextPart::new("it", (0..50).collect(), 0..50);
        for crop in part.crops(length, 4, seed, 1, step).unwrap().chunks_exact(length) {
            prop_assert!(crop.windows(2).all(|pair| pair[1] == pair[0] + 1));
            prop_assert!(crop[length - 1] < 50);
        }
    }
}

#[test]
fn ids_are_in_the_order_of_the_sorted_characters() {
    assert_eq!(Alphabet::Text8.encode("it", b" az").unwrap(), [0, 1, 26]);
    assert_eq!(Alphabet::Text8.size(), 27);
    assert_eq!(Alphabet::Bytes.encode("it", &[0, 255]).unwrap(), [0, 255]);
    let alphabet = Alphabet::distinct("it", "baéa".as_bytes()).unwrap();
    assert_eq!(alphabet.encode("it", "abé".as_bytes()).unwrap(), [0, 1, 2]);
    assert_eq!(alphabet.kind(), AlphabetKind::Custom);
    assert_eq!(serde_json::to_string(&Alphabet::Text8).unwrap(), "\"text8\"");
    assert_eq!(Alphabet::Bytes.show(&[65, 255]).unwrap(), "A\u{fffd}");
}

#[test]
fn characters_outside_are_listed_with_their_offsets_and_the_way_out() {
    let error = Alphabet::Text8.encode("a.txt", "éa B".as_bytes()).unwrap_err().to_string();
    for part in ["a.txt", "2 characters are", "'é' at byte 0", "'B' at byte 4", "`letters` for any text"] {
        assert!(error.contains(part), "{error}");
    }
    let error = Alphabet::Text8.encode("a.txt", "abcABCDEFGHIJKLM".as_bytes()).unwrap_err().to_string();
    assert!(error.contains("13 characters") && error.contains("'J' at byte 12 and 3 more"), "{error}");
    let custom = Alphabet::distinct("it", b"ab").unwrap();
    assert!(custom.encode("it", b"abc").unwrap_err().to_string().contains("'c' at byte 2"));
    let error = Alphabet::Text8.decode(&[0, 27]).unwrap_err().to_string();
    assert!(error.contains("symbol 1: its id is 27"), "{error}");
}

#[test]
fn bytes_that_are_not_utf8_are_fine_as_bytes_only() {
    let text = b"ab\xff\xfe";
    assert_eq!(Alphabet::Bytes.encode("it", text).unwrap(), [97, 98, 255, 254]);
    for error in [Alphabet::Text8.encode("it", text).map(drop), Alphabet::distinct("it", text).map(drop)] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("not UTF-8 from byte 2 (0xff)") && error.contains("`bytes`"), "{error}");
    }
}

#[test]
fn a_stored_alphabet_out_of_order_is_refused() {
    for broken in ["{\"custom\": \"ba\"}", "{\"custom\": \"aa\"}", "{\"custom\": \"\"}", "\"text9\""] {
        assert!(serde_json::from_str::<Alphabet>(broken).is_err(), "{broken}");
    }
}

#[test]
fn text8_and_enwik8_have_the_published_numbers_of_sequences() {
    let ranges = TextSplit::HUNDRED_MILLION.ranges("it", 100_000_000).unwrap();
    assert_eq!(ranges, TextSplit::default().ranges("it", 100_000_000).unwrap());
    let counts = |length| ranges.clone().map(|range| range.len() / length);
    assert_eq!(counts(256), [351_562, 19_531, 19_531]);
    assert_eq!(counts(320), [281_250, 15_625, 15_625]);
}

#[test]
fn splits_follow_each_other_and_shares_are_rounded() {
    let split = TextSplit::Shares { val: 0.1, test: 0.25 };
    assert_eq!(split.ranges("it", 15).unwrap(), [0..9, 9..11, 11..15]);
    let counts = TextSplit::Counts { train: 5, val: 0, test: 3 };
    assert_eq!(counts.ranges("it", 100).unwrap(), [0..5, 5..5, 5..8]);
    for (bad, part) in [
        (TextSplit::Counts { train: 99, val: 1, test: 1 }, "the text has 100"),
        (TextSplit::Counts { train: usize::MAX, val: 1, test: 1 }, "the text has 100"),
        (TextSplit::Shares { val: 0.5, test: 0.5 }, "leave something for training"),
        (TextSplit::Shares { val: f64::NAN, test: 0.5 }, "NaN"),
        (TextSplit::Shares { val: -0.1, test: 0.5 }, "-0.1"),
    ] {
        let error = bad.ranges("it", 100).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn chunks_lie_side_by_side_and_the_remainder_is_dropped() {
    let part = part(10);
    let chunks: Vec<&[u16]> = part.chunks(4).unwrap().collect();
    assert_eq!(chunks, [&[0, 1, 2, 3], &[4, 5, 6, 7]]);
    assert_eq!(part.batch(4, 1..2).unwrap(), [4, 5, 6, 7]);
    assert_eq!(part.batch(4, 0..0).unwrap(), [0i32; 0]);
    assert!(part.batch(4, 1..3).unwrap_err().to_string().contains("there are 2"));
}

#[test]
fn a_part_shorter_than_one_sequence_says_how_long_it_must_be() {
    for error in [part(10).chunks(11).map(drop), part(10).crops(11, 1, 0, 0, 0).map(drop)] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("has 10 symbols") && error.contains("at least 11"), "{error}");
    }
    assert!(part(10).chunk_count(0).unwrap_err().to_string().contains("at least 1"));
    assert!(part(0).chunk_count(1).is_err());
}

#[test]
fn crops_are_a_function_of_seed_epoch_and_step_and_begin_anywhere() {
    let part = TextPart::new("it", (0..20).collect(), 0..20);
    let crops = |seed, epoch, step| part.crops(5, 400, seed, epoch, step).unwrap();
    assert_eq!(crops(1, 2, 3), crops(1, 2, 3));
    for other in [crops(2, 2, 3), crops(1, 3, 3), crops(1, 2, 4)] {
        assert_ne!(crops(1, 2, 3), other);
    }
    let mut starts: Vec<i32> = crops(1, 2, 3).chunks_exact(5).map(|crop| crop[0]).collect();
    starts.sort_unstable();
    starts.dedup();
    // 16 places, 400 draws: one that is missing has probability 16 (15/16)^400 = 1e-10.
    assert_eq!(starts, (0..16).collect::<Vec<i32>>());
}

#[test]
fn a_file_reads_the_same_plain_and_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"the quick brown fox ".repeat(50);
    let (mut bz, mut gz) = (Vec::new(), Vec::new());
    BzEncoder::new(&text[..], bzip2::Compression::fast()).read_to_end(&mut bz).unwrap();
    GzEncoder::new(&text[..], flate2::Compression::fast()).read_to_end(&mut gz).unwrap();
    let two = [&bz[..], &bz[..]].concat(); // as parallel compressors write it
    for (name, bytes, copies) in [("a.txt", &text, 1), ("b.bz2", &bz, 1), ("c", &gz, 1), ("d.txt", &two, 2)] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let corpus = TextCorpus::read(&path, &options(AlphabetKind::Text8)).unwrap();
        let lengths = [&corpus.train, &corpus.val, &corpus.test].map(TextPart::len);
        assert_eq!(lengths, [900 * copies, 50 * copies, 50 * copies], "{name}");
        assert_eq!(corpus.alphabet.decode(corpus.train.ids()).unwrap()[..20], text[..20]);
        // Broken or cut: an error that names the file, never a shorter text.
        if name != "a.txt" {
            for broken in [&bytes[..bytes.len() - 9], &[&bytes[..30], b"xxxxxxxx", &bytes[38..]].concat()] {
                std::fs::write(&path, broken).unwrap();
                let error = TextCorpus::read(&path, &options(AlphabetKind::Bytes)).unwrap_err();
                assert!(matches!(&error, DataError::Format { path: found, .. } if *found == path), "{error}");
            }
        }
    }
}

#[test]
fn files_that_hold_no_text_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    let read = |bytes: &[u8], options: &TextCorpusOptions| {
        std::fs::write(&path, bytes).unwrap();
        TextCorpus::read(&path, options).unwrap_err().to_string()
    };
    let bytes = options(AlphabetKind::Bytes);
    assert!(read(b"", &bytes).contains("there is no text in it"));
    assert!(read(b"123456", &TextCorpusOptions { max_bytes: 5, ..bytes }).contains("more than 5 bytes"));
    assert!(
        read(b"...", &TextCorpusOptions { filter: TextFilter::Letters, ..bytes }).contains("there is no text in it")
    );
    assert!(
        read(b"plain", &TextCorpusOptions { filter: TextFilter::Wikipedia, ..bytes }).contains("a Wikipedia XML dump")
    );
    assert!(read(b"Abc", &options(AlphabetKind::Text8)).contains("'A' at byte 0"));
    assert!(read(b"ab\xff", &options(AlphabetKind::Custom)).contains("not UTF-8 from byte 2"));
    let error = TextCorpus::read(folder.path(), &bytes).unwrap_err();
    assert!(error.to_string().contains("it is a folder"), "{error}");
    assert!(matches!(TextCorpus::read(&folder.path().join("absent"), &bytes), Err(DataError::Io { .. })));
}

#[test]
fn filters_fit_any_text_to_text8() {
    let letters = TextCorpusOptions { filter: TextFilter::Letters, ..TextCorpusOptions::default() };
    let corpus = TextCorpus::of_text("it", "Sir, I am 20!".repeat(10).as_bytes(), &letters).unwrap();
    assert!(corpus.alphabet.show(corpus.train.ids()).unwrap().starts_with(" sir i am two zero sir"));
    assert!(corpus.part("train").is_ok() && corpus.part("tset").unwrap_err().to_string().contains("test"));
    let wikipedia = TextCorpusOptions { filter: TextFilter::Wikipedia, ..TextCorpusOptions::default() };
    let corpus = TextCorpus::of_text("it", b"<text x>Ten [[apples|pears]] fell from trees</text>", &wikipedia).unwrap();
    assert!(corpus.alphabet.show(corpus.train.ids()).unwrap().starts_with(" ten pears fell"));
}

#[test]
fn the_shared_texts_have_the_sizes_and_sums_of_their_readme() {
    for (file, kind, size, symbols, sha256) in [
        (
            "text/tinyshakespeare.txt",
            AlphabetKind::Custom,
            65,
            1_115_394,
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
        (
            "text/wikitext-2.valid.txt",
            AlphabetKind::Bytes,
            256,
            1_121_681,
            "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
        ),
    ] {
        let Some(path) = shared_data(file) else { return };
        let corpus = TextCorpus::read(&path, &options(kind)).unwrap();
        assert_eq!(corpus.alphabet.size(), size);
        assert_eq!([&corpus.train, &corpus.val, &corpus.test].map(TextPart::len).iter().sum::<usize>(), symbols);
        assert_eq!(corpus.sha256, sha256);
    }
}
