//! CLIP's tokens against the published algorithm and against transformers.
#![cfg(feature = "clip")]

use flate2::read::GzDecoder;
use halation_data::DataError;
use halation_data::testing::shared_data;
use halation_data::text::{ClipCleaning, ClipOptions, ClipTokenizer, TooLong};
use proptest::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct Golden {
    captions: usize,
    published: Vec<String>,
    transformers: Vec<String>,
    hostile: Vec<Case>,
    tiny_merges: Vec<(String, String)>,
    tiny: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    published: Vec<i32>,
    transformers: Vec<i32>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("goldens/clip_tokens.json")).unwrap()
}

fn options(cleaning: ClipCleaning) -> ClipOptions {
    ClipOptions { cleaning, too_long: TooLong::Truncate, ..ClipOptions::default() }
}

fn tiny(options: ClipOptions) -> ClipTokenizer {
    ClipTokenizer::from_merges(golden().tiny_merges, options).unwrap()
}

fn assert_cases(cases: &[Case], tokenizer: impl Fn(ClipCleaning) -> ClipTokenizer) {
    for cleaning in [ClipCleaning::Published, ClipCleaning::Transformers] {
        let tokenizer = tokenizer(cleaning);
        for case in cases {
            let expected = if cleaning == ClipCleaning::Published { &case.published } else { &case.transformers };
            assert_eq!(tokenizer.encode(&case.text).unwrap(), *expected, "{cleaning:?} {:?}", case.text);
        }
    }
}

#[test]
fn a_made_up_merge_list_gives_the_ids_of_both_references() {
    let cases = golden().tiny;
    assert!(cases.len() > 30);
    assert_cases(&cases, |cleaning| tiny(options(cleaning)));
}

#[test]
fn hostile_strings_get_the_ids_of_both_references() {
    let Some(path) = shared_data("captions/clip_bpe/bpe_simple_vocab_16e6.txt.gz") else { return };
    let cases = golden().hostile;
    assert!(cases.len() > 40);
    assert_cases(&cases, |cleaning| ClipTokenizer::load(&path, options(cleaning)).unwrap());
}

/// All captions of the Flickr8k subset, then every 25th text of the CLDR annotations, in the order of names.
fn real_captions(flickr: &Path, cldr: &Path) -> Vec<String> {
    let mut rows = csv::Reader::from_path(flickr).unwrap();
    let mut texts: Vec<String> = rows.records().map(|row| row.unwrap()[1].to_owned()).collect();
    let mut members: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    let mut archive = tar::Archive::new(GzDecoder::new(std::fs::File::open(cldr).unwrap()));
    for member in archive.entries().unwrap() {
        let mut member = member.unwrap();
        let name = member.path().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            let mut text = String::new();
            member.read_to_string(&mut text).unwrap();
            members.insert(name, serde_json::from_str(&text).unwrap());
        }
    }
    let mut number = 0;
    for file in members.values() {
        let body = file.as_object().unwrap().values().next().unwrap();
        let entries: BTreeMap<&String, _> = body["annotations"].as_object().unwrap().iter().collect();
        for entry in entries.values() {
            for text in ["tts", "default"].into_iter().filter_map(|kind| entry[kind].as_array()).flatten() {
                if number % 25 == 0 {
                    texts.push(text.as_str().unwrap().to_owned());
                }
                number += 1;
            }
        }
    }
    texts
}

#[test]
fn real_captions_in_ten_languages_get_the_ids_of_both_references() {
    let paths = [
        "captions/clip_bpe/bpe_simple_vocab_16e6.txt.gz",
        "captions/flickr8k_subset/captions.txt",
        "captions/emoji/cldr_annotations_10langs.tar.gz",
    ]
    .map(shared_data);
    let [Some(merges), Some(flickr), Some(cldr)] = paths else { return };
    let golden = golden();
    let texts = real_captions(&flickr, &cldr);
    assert_eq!(texts.len(), golden.captions);
    assert!(texts.len() > 10_000);
    for (cleaning, expected) in
        [(ClipCleaning::Published, &golden.published), (ClipCleaning::Transformers, &golden.transformers)]
    {
        let tokenizer = ClipTokenizer::load(&merges, options(cleaning)).unwrap();
        let groups: Vec<&[String]> = texts.chunks(100).collect();
        assert_eq!(groups.len(), expected.len());
        for (group, expected) in groups.iter().zip(expected) {
            let mut hash = Sha256::new();
            for text in *group {
                let ids: Vec<String> = tokenizer.encode(text).unwrap().iter().map(i32::to_string).collect();
                hash.update(format!("{}\n", ids.join(" ")));
            }
            let hash: String = hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, **expected, "{cleaning:?}: the hundred that begin with {:?}", group[0]);
        }
    }
}

#[test]
fn the_published_list_has_49408_ids_and_start_and_end_are_the_last() {
    let Some(path) = shared_data("captions/clip_bpe/bpe_simple_vocab_16e6.txt.gz") else { return };
    let tokenizer = ClipTokenizer::load(&path, ClipOptions::default()).unwrap();
    assert_eq!((tokenizer.vocabulary_size(), tokenizer.start(), tokenizer.end()), (49_408, 49_406, 49_407));
    assert_eq!(tokenizer.context(), 77);
    assert_eq!(tokenizer.encode("a photo of a cat").unwrap(), [49_406, 320, 1125, 539, 320, 2368, 49_407]);
    assert_eq!(tokenizer.decode(&tokenizer.encode("A Café, isn’t it?").unwrap()), "a café , isn 't it ?");
}

#[test]
fn a_caption_past_the_context_is_refused_with_its_length_or_cut_before_its_end() {
    let caption = "x".repeat(3) + " ";
    let caption = caption.repeat(30); // three tokens each
    let refusing = tiny(ClipOptions::default());
    let message = refusing.encode(&caption).unwrap_err().to_string();
    for part in ["90 tokens", "75 beside start and end", "too_long", "xxx xxx"] {
        assert!(message.contains(part), "{message}");
    }
    let cut = tiny(options(ClipCleaning::Published)).encode(&caption).unwrap();
    assert_eq!((cut.len(), cut[0], cut[76]), (77, refusing.start(), refusing.end()));
    // Exactly as long as the context: nothing is cut.
    let fitting = "xxx ".repeat(25);
    assert_eq!(refusing.encode(&fitting).unwrap().len(), 77);
    assert_eq!(refusing.encode("").unwrap(), [refusing.start(), refusing.end()]);
    assert!(refusing.encode_batch(&["cat", caption.as_str()]).is_err());
}

#[test]
fn a_batch_is_padded_with_zero_to_its_longest_caption() {
    let tokenizer = tiny(ClipOptions::default());
    let batch = tokenizer.encode_batch(&["the cat", "hello the dog"]).unwrap();
    assert_eq!((batch.lengths.as_slice(), batch.width()), ([4, 5].as_slice(), 5));
    assert_eq!(batch.tokens[4], 0);
    assert_eq!(batch.tokens[3], tokenizer.end());
}

#[test]
fn a_wrong_merge_list_is_an_error_that_names_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merges.txt");
    let cases: [(&[u8], &str); 6] = [
        (b"", "no merges"),
        (b"#version\n", "no merges"),
        (b"#version\nt h\nth e x\n", "line 3"),
        (b"#version\nt h\nqq x\n", "merge 2 joins `qq`"),
        (b"#version\n\xff\xfe\n", "utf-8"),
        (b"\x1f\x8b\x08\0", "end of file"),
    ];
    for (content, says) in cases {
        std::fs::write(&path, content).unwrap();
        let error = ClipTokenizer::load(&path, ClipOptions::default()).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, DataError::Format { .. }), "{message}");
        assert!(message.contains("merges.txt") && message.contains(says), "{message}");
    }
    let absent = ClipTokenizer::load(&folder.path().join("absent"), ClipOptions::default());
    assert!(matches!(absent.unwrap_err(), DataError::Io { .. }));
    let narrow = ClipTokenizer::from_merges(golden().tiny_merges, ClipOptions { context: 2, ..ClipOptions::default() });
    assert!(narrow.unwrap_err().to_string().contains("a context of 2"));
}

#[test]
fn a_plain_list_and_a_packed_one_give_the_same_ids() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = golden().tiny_merges.iter().map(|(left, right)| format!("{left} {right}")).collect();
    let text = format!("#version: 0.2\n{}\n", lines.join("\n"));
    let [plain, packed] = ["merges.txt", "merges.txt.gz"].map(|name| folder.path().join(name));
    std::fs::write(&plain, &text).unwrap();
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    std::fs::write(&packed, writer.finish().unwrap()).unwrap();
    let expected = tiny(ClipOptions::default()).encode("hello the cat").unwrap();
    for path in [plain, packed] {
        let tokenizer = ClipTokenizer::load(&path, ClipOptions::default()).unwrap();
        assert_eq!(tokenizer.encode("hello the cat").unwrap(), expected);
    }
}

#[test]
fn a_recipe_names_the_options_and_a_misspelt_one_is_refused() {
    let parse = serde_json::from_str::<ClipOptions>;
    let options = parse(r#"{"cleaning": "transformers", "too_long": "truncate"}"#).unwrap();
    assert_eq!(
        (options.cleaning, options.too_long, options.context),
        (ClipCleaning::Transformers, TooLong::Truncate, 77)
    );
    assert!(parse(r#"{"clean": "published"}"#).is_err());
}

/// Built once: the published cleaning, then that of transformers.
static TINY: LazyLock<[ClipTokenizer; 2]> =
    LazyLock::new(|| [ClipCleaning::Published, ClipCleaning::Transformers].map(|cleaning| tiny(options(cleaning))));

proptest! {
    #[test]
    fn encoding_never_panics_and_decoding_gives_the_words_back(text in any::<String>()) {
        for cleaning in [ClipCleaning::Published, ClipCleaning::Transformers] {
            let tokenizer = &TINY[usize::from(cleaning == ClipCleaning::Transformers)];
            let ids = tokenizer.tokens(&text);
            prop_assert!(ids.iter().all(|&id| (0..tokenizer.vocabulary_size() as i32).contains(&id)));
            // Tokens of the decoded text are the tokens again: cleaning and cutting are idempotent.
            if !text.contains(['&', '<', '|', '\'']) {
                let again = tokenizer.tokens(&tokenizer.decode(&ids));
                prop_assert_eq!(again, ids);
            }
        }
    }
}
