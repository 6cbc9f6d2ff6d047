//! The filter of text8: the published rule's outputs, hostile pages, streams that are cut.

use std::io::{self, BufReader, Cursor, Read, Write};

use bzip2::Compression;
use bzip2::read::BzEncoder;
use halation_data::DataError;
use halation_data::source::filter_wiki_dump;
use halation_data::testing::shared_data;
use halation_data::text::{FilterCount, filter_text8, letters_only};
use sha2::{Digest, Sha256};

const EXTRACT: &str = "text/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2";

fn filtered(dump: &[u8]) -> String {
    let mut text = Vec::new();
    filter_text8(dump, &mut text, |_| ()).unwrap();
    String::from_utf8(text).unwrap()
}

fn page(text: &str) -> String {
    format!("<text xml:space=\"preserve\">{text}</text>")
}

fn golden() -> serde_json::Value {
    serde_json::from_str(include_str!("goldens/text8_filter.json")).unwrap()
}

#[test]
fn the_outputs_are_those_of_the_specification() {
    for (input, output) in [
        ("The U.S. in 1984.", " the u s in one nine eight four"),
        ("line1\nline2&lt;br&gt;x", " line one line two x"),
        ("a&lt;ref&gt;note&lt;/ref&gt;b &eacute;t&eacute;", " ab t"),
        ("#REDIRECT [[Foo]]", ""),
        (
            "[[Anarchy|Lawless]] [[image:a.png|thumb|200px|A cap]] {{stub}} x&amp;nbsp;y [http://a.b label] [[fr:Foo]] \
             [[Category:Bar|k]]",
            " lawless a cap x y label bar",
        ),
    ] {
        assert_eq!(filtered(page(input).as_bytes()), output, "{input}");
    }
    let two = page("10-20% of 3.5km") + &page("Next");
    assert_eq!(filtered(two.as_bytes()), " one zero two zero of three five km next");
}

#[test]
fn random_markup_is_read_as_the_regular_expressions_read_it() {
    let golden = golden();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 300);
    for case in cases {
        let dump = case["dump"].as_str().unwrap();
        assert_eq!(filtered(dump.as_bytes()), case["text"].as_str().unwrap(), "{dump}");
    }
}

#[test]
fn how_the_stream_is_cut_makes_no_difference() {
    let dump: String =
        golden()["cases"].as_array().unwrap().iter().map(|case| case["dump"].as_str().unwrap()).collect();
    let whole = filtered(dump.as_bytes());
    for size in [1, 7, 64] {
        let mut text = Vec::new();
        filter_text8(BufReader::with_capacity(size, dump.as_bytes()), &mut text, |_| ()).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), whole);
    }
}

#[test]
fn only_letters_and_single_spaces_come_out() {
    let dump: String =
        golden()["cases"].as_array().unwrap().iter().map(|case| case["dump"].as_str().unwrap()).collect();
    for text in [filtered(dump.as_bytes()).into_bytes(), letters_only(dump.as_bytes())] {
        assert!(text.iter().all(|&byte| byte == b' ' || byte.is_ascii_lowercase()));
        assert!(!text.windows(2).any(|pair| pair == b"  "));
        assert!(text.starts_with(b" ") && !text.ends_with(b" "));
    }
    assert_eq!(letters_only("Ünï 7up, 10!".as_bytes()), b" n seven up one zero");
    assert_eq!(letters_only(b"..."), b"");
    assert_eq!(letters_only(b""), b"");
}

#[test]
fn thousands_of_openings_that_nothing_closes_leave_their_words() {
    for (opening, words) in [
        ("[[category:", " category"),
        ("[[a:", " a"),
        ("[[", ""),
        ("{{b ", " b"),
        ("{", ""),
        ("&lt;c", " c"),
        ("&lt;ref ", " ref"),
        ("&amp;d", " d"),
        ("[[image:", " image"),
        ("[http:e g ", " g"),
        ("|f", " f"),
    ] {
        assert!(filtered(page(&opening.repeat(5_000)).as_bytes()) == words.repeat(5_000), "{opening}");
    }
}

#[test]
fn progress_counts_bytes_pages_and_redirects() {
    let dump = page("#redirect [[x]]") + &page("words ".repeat(200_000).as_str()) + &page("more");
    let mut seen: Vec<FilterCount> = Vec::new();
    let mut text = Vec::new();
    let count = filter_text8(dump.as_bytes(), &mut text, |count| seen.push(*count)).unwrap();
    let expected = FilterCount { read: dump.len() as u64, written: text.len() as u64, pages: 3, redirects: 1 };
    assert_eq!(count, expected);
    assert_eq!(seen.last(), Some(&expected));
    assert!(seen.windows(2).all(|pair| pair[0].read <= pair[1].read && pair[0].written <= pair[1].written));
}

#[test]
fn a_failing_reader_or_writer_is_reported() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = filter_text8(page("text").as_bytes(), Full, |_| ()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);

    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let cut = Cursor::new(page("text").into_bytes()).chain(Broken);
    let error = filter_text8(BufReader::new(cut), Vec::new(), |_| ()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[test]
fn a_record_without_end_is_refused() {
    let error = filter_text8(BufReader::new(io::repeat(b'a')), Vec::new(), |_| ()).unwrap_err();
    assert!(error.to_string().contains("not a Wikipedia dump"), "{error}");
}

#[test]
fn a_dump_file_is_filtered_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let [input, output] = ["dump.xml.bz2", "text8"].map(|name| folder.path().join(name));
    let mut packed = Vec::new();
    BzEncoder::new(page("One [[two|2]] three").as_bytes(), Compression::best()).read_to_end(&mut packed).unwrap();

    std::fs::write(&input, &packed).unwrap();
    let count = filter_wiki_dump(&input, &output, None, |_| ()).unwrap();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), " one two three");
    assert_eq!((count.pages, count.written), (1, 14));
    filter_wiki_dump(&input, &output, Some(6), |_| ()).unwrap();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), " one t");

    std::fs::write(&input, &packed[..packed.len() - 5]).unwrap();
    let error = filter_wiki_dump(&input, &output, None, |_| ()).unwrap_err();
    assert!(matches!(&error, DataError::Format { path, .. } if *path == input), "{error}");
    std::fs::write(&input, "no dump").unwrap();
    let error = filter_wiki_dump(&input, &output, None, |_| ()).unwrap_err();
    assert!(error.to_string().contains("expected a Wikipedia XML dump"), "{error}");
    let error = filter_wiki_dump(&folder.path().join("absent"), &output, None, |_| ()).unwrap_err();
    assert!(matches!(error, DataError::Io { .. }), "{error}");
    // What was there stays as it was.
    assert_eq!(std::fs::read_to_string(&output).unwrap(), " one t");
}

#[test]
fn the_wikipedia_extract_becomes_what_the_regular_expressions_make_of_it() {
    let Some(dump) = shared_data(EXTRACT) else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("text8");
    let count = filter_wiki_dump(&dump, &output, None, |_| ()).unwrap();
    assert_eq!((count.read, count.pages), (6_089_746, 206));
    let text = std::fs::read(&output).unwrap();
    assert_eq!(count.written, golden()["extract"]["bytes"].as_u64().unwrap());
    let sha256: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sha256, golden()["extract"]["sha256"].as_str().unwrap());
}
