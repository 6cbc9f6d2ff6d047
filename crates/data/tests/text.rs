//! Words, ids, batches and word vectors.

use halation_data::DataError;
use halation_data::sample::{Stream, keyed_rng};
use halation_data::text::{CaptionBatch, Vocabulary, WordVectors, drop_tokens, tokenize};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

#[test]
fn tokens_match_nltk() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/caption_tokens.json");
    let golden: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 40);
    for case in cases {
        let caption = case["caption"].as_str().unwrap();
        let expected: Vec<&str> =
            case["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap()).collect();
        assert_eq!(tokenize(caption), expected, "{caption}");
    }
}

#[test]
fn a_period_in_mid_caption_is_cut_off_a_word_but_not_off_an_abbreviation() {
    assert_eq!(tokenize("A man. A dog."), ["a", "man", ".", "a", "dog", "."]);
    assert_eq!(tokenize("Dr. No at 3 p.m. sharp"), ["dr.", "no", "at", "3", "p.m.", "sharp"]);
}

proptest! {
    #[test]
    fn tokenizing_never_panics_and_keeps_every_letter(caption in any::<String>()) {
        let letters = |text: &str| text.chars().filter(|point| point.is_alphanumeric()).collect::<String>();
        prop_assert_eq!(letters(&tokenize(&caption).concat()), letters(&caption.to_lowercase()));
    }

    #[test]
    fn tokens_hold_no_space_and_are_never_empty(caption in "[ a-z.,:'\"`()-]{0,40}") {
        for token in tokenize(&caption) {
            prop_assert!(!token.is_empty() && !token.contains(char::is_whitespace));
        }
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary::from_captions(["a dog", "a cat", "a dog and a cat", "t-shirt a/b <unk>"], 1)
}

#[test]
fn a_vocabulary_counts_words_and_orders_them_by_frequency_then_spelling() {
    let vocabulary = Vocabulary::from_captions(["b a c", "c b", "c", "rare"], 2);
    assert_eq!(vocabulary.words(), ["<pad>", "<start>", "<end>", "<unk>", "c", "b"]);
    assert_eq!(vocabulary.encode("C, b rare"), [1, 4, 3, 5, 3, 2]);
    assert_eq!(vocabulary.decode(&[1, 4, 3, 5, 2, 0, 99, -1]), ["c", "<unk>", "b", "<unk>", "<unk>"]);
    assert_eq!(vocabulary.encode(""), [1, 2]);
}

#[test]
fn words_that_look_special_take_no_special_id() {
    let vocabulary = Vocabulary::from_captions(["<pad> pad <end>"], 1);
    assert_eq!(vocabulary.encode("<pad>").len(), 5); // start, <, pad, >, end
    assert!(vocabulary.encode("<pad>")[1..4].iter().all(|&id| id > 3));
}

fn file(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn a_saved_vocabulary_loads_equal_and_a_broken_one_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vocabulary.json");
    vocabulary().save(&path).unwrap();
    assert_eq!(Vocabulary::load(&path).unwrap(), vocabulary());

    let head = "{\"format\":\"halation-vocabulary-1\",\"min_count\":1,";
    for (content, says) in [
        ("".to_owned(), "EOF"),
        ("{\"format\":\"other\",\"min_count\":1,\"words\":[]}".to_owned(), "format `other`"),
        (format!("{head}\"words\":[\"a\"]}}"), "special"),
        (format!("{head}\"words\":[\"<start>\",\"<pad>\",\"<end>\",\"<unk>\"]}}"), "special"),
        (format!("{head}\"words\":[\"<pad>\",\"<start>\",\"<end>\",\"<unk>\",\"a\",\"a\"]}}"), "twice"),
        (format!("{head}\"wrods\":[]}}"), "wrods"),
    ] {
        let path = file(&folder, "broken.json", content.as_bytes());
        let message = Vocabulary::load(&path).unwrap_err().to_string();
        assert!(message.contains("broken.json") && message.contains(says), "{message}");
    }
    assert!(matches!(Vocabulary::load(&folder.path().join("absent.json")), Err(DataError::Io { .. })));
}

#[test]
fn a_batch_pads_on_the_right_and_keeps_the_lengths() {
    let batch = CaptionBatch::new(&[vec![1, 7, 2], vec![1, 2], vec![1, 8, 9, 2]]);
    assert_eq!((batch.len(), batch.width()), (3, 4));
    assert_eq!(batch.tokens, [1, 7, 2, 0, 1, 2, 0, 0, 1, 8, 9, 2]);
    assert_eq!(batch.lengths, [3, 2, 4]);
    assert!(CaptionBatch::new::<Vec<i32>>(&[]).is_empty());
}

#[test]
fn dropping_tokens_at_rate_zero_changes_nothing_and_otherwise_keeps_the_ends_and_a_word() {
    let ids: Vec<i32> = std::iter::once(1).chain(10..40).chain([2]).collect();
    let mut rng = keyed_rng(0, 0, 0, Stream::Caption);
    assert_eq!(drop_tokens(&ids, 0.0, &mut rng), ids);
    let mut unknown = 0;
    for _ in 0..400 {
        let dropped = drop_tokens(&ids, 0.1, &mut rng);
        assert_eq!(dropped.len(), ids.len() - 3); // floor(0.1 * 32)
        assert_eq!((dropped[0], dropped[dropped.len() - 1]), (1, 2));
        unknown += dropped.iter().filter(|&&id| id == 3).count();
    }
    // 400 x 27 words that are left, a tenth of them replaced: five standard deviations around 1080.
    assert!(unknown.abs_diff(1080) < 156, "{unknown}");
    assert_eq!(drop_tokens(&[1, 5, 2], 1.0, &mut rng), [1, 3, 2]);
    assert_eq!(drop_tokens(&[1, 2], 1.0, &mut rng), [1, 2]);
}

fn row(vectors: &WordVectors, vocabulary: &Vocabulary, word: &str) -> Vec<f32> {
    let id = vocabulary.words().iter().position(|known| known == word).unwrap();
    vectors.rows[id * vectors.dim..][..vectors.dim].to_vec()
}

#[test]
fn glove_rows_land_at_their_words_with_the_fallback_and_the_rest_is_random() {
    let folder = tempfile::tempdir().unwrap();
    let vocabulary = vocabulary();
    let text = b"dog 1 2\ntshirt 3 4\na 5 6\n. . 7 8\nunseen 9 9\n";
    for (name, header) in [("plain", ""), ("headed", "5 2\n")] {
        let path = file(&folder, name, &[header.as_bytes(), text].concat());
        let vectors = WordVectors::read_glove(&path, &vocabulary, 2, 0).unwrap();
        assert_eq!(vectors.rows.len(), vocabulary.len() * 2);
        assert_eq!(row(&vectors, &vocabulary, "dog"), [1.0, 2.0]);
        assert_eq!(row(&vectors, &vocabulary, "t-shirt"), [3.0, 4.0]);
        assert_eq!(row(&vectors, &vocabulary, "a/b"), [5.0, 6.0]);
        assert_eq!(vectors.found_count(), 4); // a, dog, t-shirt, a/b
        let random = WordVectors::random(vocabulary.len(), 2, 0);
        assert_eq!(row(&vectors, &vocabulary, "cat"), row(&random, &vocabulary, "cat"));
        assert_eq!(vectors.rows[..8], random.rows[..8]);
    }
}

#[test]
fn an_exact_word_wins_over_a_fallback_wherever_it_stands_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["t-shirt 1 1\ntshirt 2 2\n", "tshirt 2 2\nt-shirt 1 1\n"] {
        let path = file(&folder, "vectors", text.as_bytes());
        let vectors = WordVectors::read_glove(&path, &vocabulary(), 2, 0).unwrap();
        assert_eq!(row(&vectors, &vocabulary(), "t-shirt"), [1.0, 1.0]);
    }
}

#[test]
fn random_rows_are_standard_normal() {
    let vectors = WordVectors::random(200, 100, 1);
    let count = vectors.rows.len() as f64;
    let mean = vectors.rows.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let variance = vectors.rows.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / count;
    // Five standard errors with 20,000 values: 5 / sqrt(n) and 5 sqrt(2 / n).
    assert!(mean.abs() < 0.036 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    assert!(vectors.rows.iter().all(|value| value.is_finite()));
}

#[test]
fn a_malformed_vector_file_is_an_error_with_the_line() {
    let folder = tempfile::tempdir().unwrap();
    for (text, says) in [
        (&b"dog 1 2\ncat 1\n"[..], "line 2"),
        (b"dog 1 2\ncat 1 x\n", "line 2: `x`"),
        (b"dog 1 2\ncat 1 nan\n", "line 2: `nan`"),
        (b"dog 1 2\ncat 1 inf\n", "line 2: `inf`"),
        (b"dog 1 2 3\n", "line 1: more than 2 numbers"),
        (b"10 300\ndog 1 2\n", "the header declares 300"),
        (b"dog 1 2\n\xff\xfe 1 2\n", "line 2: not UTF-8"),
        (b"dog 1 2\n\ncat 1 2\n", "line 2"),
        (b"", "holds no vector"),
    ] {
        let path = file(&folder, "vectors.txt", text);
        let message = WordVectors::read_glove(&path, &vocabulary(), 2, 0).unwrap_err().to_string();
        assert!(message.contains("vectors.txt") && message.contains(says), "{message}");
    }
}
