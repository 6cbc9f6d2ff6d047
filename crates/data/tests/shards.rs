//! Tar shards: samples, order, and everything that can be wrong with one. Shards are made here, byte by byte where they are broken.

use std::path::{Path, PathBuf};

use halation_data::DataError;
use halation_data::caption::ImageSource;
use halation_data::image::{DecodeLimits, ImageCache, SquareFit, decode};
use halation_data::sample::{PairSampler, PairSamplerOptions};
use halation_data::source::{Corpus, ShardOptions, read_shards, shard_paths};
use proptest::prelude::*;
use tempfile::TempDir;

/// A PNG of one colour.
fn png(level: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(3, 2, image::Rgb([level, 0, 9])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A tar of the members, in their order; names are written as they are.
fn tar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_old();
        // `set_path` refuses what a hostile writer would not.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, &content[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Samples `a`, `b`, `c` with images of levels 10, 20, 30.
fn three() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a.png", png(10)),
        ("a.txt", b"first\n".to_vec()),
        ("b.png", png(20)),
        ("b.txt", b"second".to_vec()),
        ("c.png", png(30)),
        ("c.txt", b"third".to_vec()),
    ]
}

/// A folder with the given shards.
fn folder(shards: &[(&str, Vec<u8>)]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = shards.iter().map(|(name, bytes)| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    });
    let paths = paths.collect();
    (folder, paths)
}

fn read(members: &[(&str, Vec<u8>)], options: &ShardOptions) -> Result<Corpus, DataError> {
    let (_folder, paths) = folder(&[("s.tar", tar(members))]);
    read_shards(&paths, options)
}

fn ids(corpus: &Corpus) -> Vec<&str> {
    corpus.set.images.iter().map(|image| image.id.as_str()).collect()
}

fn texts(corpus: &Corpus) -> Vec<&str> {
    corpus.set.captions.iter().map(|caption| caption.text.as_str()).collect()
}

/// What was skipped, without the folder.
fn skipped(corpus: &Corpus) -> Vec<String> {
    let short = |item: &str| {
        let words = item.split(' ').map(|word| match word.starts_with('/') && word.contains(".tar") {
            true => Path::new(word).file_name().unwrap().to_string_lossy().into_owned(),
            false => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    };
    corpus.set.skipped.iter().map(|skipped| format!("{}: {}", short(&skipped.item), skipped.reason)).collect()
}

#[test]
fn samples_are_read_at_their_offsets_in_any_order() {
    let (_folder, paths) =
        folder(&[("s-0.tar", tar(&three())), ("s-1.tar", tar(&[("x/d.png", png(40)), ("x/d.txt", b"d".into())]))]);
    let corpus = read_shards(&paths, &ShardOptions::default()).unwrap();
    assert_eq!(ids(&corpus), ["a", "b", "c", "x/d"]);
    assert_eq!(texts(&corpus), ["first", "second", "third", "d"]);
    assert_eq!(corpus.set.captions[3].id, "x/d#0");
    assert!(corpus.set.skipped.is_empty());
    for (index, level) in [(3, 40), (0, 10), (2, 30), (1, 20)] {
        let ImageSource::Part { length, .. } = &corpus.set.images[index].source else { panic!("not in a shard") };
        assert_eq!(*length as usize, png(level).len());
        let pixels = decode(&corpus.set.images[index].source, &DecodeLimits::default()).unwrap();
        assert_eq!((pixels.dimensions(), pixels.get_pixel(2, 1).0), ((3, 2), [level, 0, 9]));
    }
}

#[test]
fn the_order_of_an_epoch_is_that_of_the_same_set_from_loose_files() {
    let root = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..40).map(|number| format!("{number:02}")).collect();
    let members: Vec<(String, Vec<u8>)> = names
        .iter()
        .enumerate()
        .flat_map(|(number, name)| {
            [(format!("{name}.png"), png(number as u8)), (format!("{name}.txt"), name.clone().into_bytes())]
        })
        .collect();
    let named: Vec<(&str, Vec<u8>)> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let (_folder, paths) = folder(&[("s-0.tar", tar(&named[..30])), ("s-1.tar", tar(&named[30..]))]);
    let mut csv = "image,caption\n".to_owned();
    for (name, bytes) in members.iter().filter(|(name, _)| name.ends_with("png")) {
        std::fs::write(root.path().join(name), bytes).unwrap();
        csv += &format!("{name},{}\n", &name[..2]);
    }
    std::fs::write(root.path().join("captions.csv"), csv).unwrap();
    let loose = halation_data::source::read_csv_folder(root.path(), &Default::default()).unwrap();
    let sharded = read_shards(&paths, &ShardOptions::default()).unwrap();
    let order = |corpus: &Corpus| {
        let options = PairSamplerOptions { batch_size: 7, seed: 5, ..PairSamplerOptions::default() };
        let sampler = PairSampler::new(corpus.set.matches.clone(), options).unwrap();
        sampler
            .batches(3, 0)
            .flat_map(|batch| batch.captions)
            .map(|caption| corpus.set.captions[caption].text.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(order(&loose), order(&sharded));
    let cache =
        |corpus: &Corpus| ImageCache::build(&corpus.set, 2, SquareFit::Squash, &DecodeLimits::default()).unwrap().0;
    assert_eq!(cache(&loose), cache(&sharded));
}

#[test]
fn captions_come_from_text_lines_and_json_with_text_first() {
    let json = |text: &str| text.as_bytes().to_vec();
    let members = [
        ("a.jpg", png(1)),
        ("a.json", json(r#"{"caption": "from json", "url": 3}"#)),
        ("a.txt", json("one\ntwo\n")),
        ("b.webp", png(2)),
        ("b.json", json(r#"{"caption": ["x", "y", " "]}"#)),
        ("b.cls", json("7")),
        ("b.seg.png", png(3)),
    ];
    let whole = read(&members, &ShardOptions::default()).unwrap();
    assert_eq!(texts(&whole), ["one\ntwo", "x", "y"]);
    assert_eq!(skipped(&whole), ["caption b#2: the caption is empty"]);
    let lines = read(&members, &ShardOptions { caption_per_line: true, ..ShardOptions::default() }).unwrap();
    assert_eq!(texts(&lines), ["one", "two", "x", "y"]);
    assert_eq!(lines.set.matches.captions_of_image(), [vec![0, 1], vec![2, 3]]);
    let other = read(
        &[members[0].clone(), members[1].clone()],
        &ShardOptions { caption_column: "url".into(), ..ShardOptions::default() },
    );
    let message = other.unwrap_err().to_string();
    assert!(message.contains("no `url` that is a string or a list of strings"), "{message}");
}

#[test]
fn a_key_ends_at_the_first_dot_of_the_file_name_not_of_the_folder() {
    let members = [
        ("./v1.0/a.b.png", png(1)),
        ("./v1.0/a.b.txt", b"no pair: the extension is b.txt".to_vec()),
        ("./v1.0/a.png", png(2)),
        ("./v1.0/a.TXT", b"x".into()),
    ];
    let corpus = read(&members, &ShardOptions::default()).unwrap();
    assert_eq!((ids(&corpus), texts(&corpus)), (vec!["v1.0/a"], vec!["x"]));
}

#[test]
fn samples_that_lack_a_member_and_members_that_cannot_be_used_are_named_and_the_others_kept() {
    let mut members = three();
    members.splice(
        2..2,
        [
            ("lonely.png", png(1)),
            ("wordless.txt", b"no image".to_vec()),
            ("blank.png", png(1)),
            ("blank.txt", b" \n".to_vec()),
            ("latin.png", png(1)),
            ("latin.txt", b"caf\xe9".to_vec()),
            ("odd.png", png(1)),
            ("odd.json", b"{".to_vec()),
            ("../climbs.png", png(1)),
            ("x/../../climbs.txt", b"x".to_vec()),
            ("/absolute.png", png(1)),
            ("noextension", b"x".to_vec()),
            (".hidden", b"x".to_vec()),
            ("twice.png", png(1)),
            ("twice.jpg", png(2)),
            ("twice.txt", b"kept".to_vec()),
        ],
    );
    let corpus = read(&members, &ShardOptions::default()).unwrap();
    assert_eq!(ids(&corpus), ["a", "twice", "b", "c"]);
    let expected = [
        "sample lonely in s.tar: it has no caption: no .txt and no .json member",
        "sample wordless in s.tar: it has no image",
        "sample blank in s.tar: its caption is empty",
        "sample latin in s.tar: its .txt member is not UTF-8",
        "../climbs.png in s.tar: its name leaves the archive",
        "x/../../climbs.txt in s.tar: its name leaves the archive",
        "absolute.png in s.tar: its name leaves the archive",
        "noextension in s.tar: its name has no key and extension",
        ".hidden in s.tar: its name has no key and extension",
        "sample odd in s.tar: its .json member cannot be read: EOF while parsing an object at line 1 column 1",
        "twice.jpg in s.tar: the sample has such a member already",
    ];
    let found = skipped(&corpus);
    for line in expected {
        assert!(found.iter().any(|found| found.ends_with(line)), "{line} is not in {found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn an_id_that_occurs_again_is_skipped_within_and_across_shards() {
    let mut members = three();
    members.extend([("a.png", png(99)), ("a.txt", b"again".to_vec())]);
    let (_folder, paths) = folder(&[("s-0.tar", tar(&members)), ("s-1.tar", tar(&three()))]);
    let corpus = read_shards(&paths, &ShardOptions::default()).unwrap();
    assert_eq!((ids(&corpus), texts(&corpus)), (vec!["a", "b", "c"], vec!["first", "second", "third"]));
    assert_eq!(corpus.skip_summary(), [("its id occurred before; `id_with_shard` tells shards apart".to_owned(), 4)]);
    assert_eq!(skipped(&corpus)[1].split(':').next(), Some("sample a in s-1.tar"));
    let apart = read_shards(&paths, &ShardOptions { id_with_shard: true, ..ShardOptions::default() }).unwrap();
    assert_eq!(ids(&apart), ["s-0/a", "s-0/b", "s-0/c", "s-1/a", "s-1/b", "s-1/c"]);
    assert_eq!(skipped(&apart), ["sample s-0/a in s-0.tar: its id occurred before"]);
}

#[test]
fn members_over_their_limits_are_left_out() {
    let mut members = three();
    members[0].1 = vec![7; 5000];
    members[3].1 = vec![b'x'; 300];
    let options = ShardOptions { max_image: 4000, max_text: 200, ..ShardOptions::default() };
    let corpus = read(&members, &options).unwrap();
    assert_eq!(ids(&corpus), ["c"]);
    assert_eq!(
        skipped(&corpus),
        [
            "a.png in s.tar: it has 5000 bytes, more than 4000",
            "sample a in s.tar: it has no image",
            "b.txt in s.tar: it has 300 bytes, more than 200",
            "sample b in s.tar: it has no caption: no .txt and no .json member",
        ]
    );
    let few = read(&three(), &ShardOptions { max_samples: 2, ..ShardOptions::default() }).unwrap();
    assert_eq!(ids(&few), ["a", "b"]);
    assert_eq!(skipped(&few), ["shard s.tar: it has more than 2 samples; 2 samples before that are kept"]);
}

#[test]
fn shards_that_are_not_there_or_no_plain_tar_are_named_and_the_others_read() {
    let (folder, _) = folder(&[
        ("s-0.tar", Vec::new()),
        ("s-2.tar", b"hello".to_vec()),
        ("s-3.tar", vec![b'x'; 4096]),
        ("s-4.tar", [&[0x1f, 0x8b][..], &[0; 2000]].concat()),
        ("s-5.tar", tar(&three())),
        ("s-6.zip", tar(&three())),
    ]);
    let mut paths = shard_paths(&folder.path().join("s-{0..5}.tar").display().to_string()).unwrap();
    paths.push(folder.path().join("s-6.zip"));
    let corpus = read_shards(&paths, &ShardOptions::default()).unwrap();
    assert_eq!(ids(&corpus), ["a", "b", "c"]);
    let found = skipped(&corpus);
    for (line, says) in found.iter().zip([
        "shard s-0.tar: it is empty",
        "shard s-1.tar: the file is not there",
        "shard s-2.tar: it has 5 bytes",
        "shard s-3.tar: it is broken",
        "shard s-4.tar: it is compressed with gzip",
    ]) {
        assert!(line.starts_with(says), "{line}");
    }
    assert_eq!(found.len(), 6);
    assert!(found[5].ends_with("its name ends neither in .tar nor in .parquet"), "{}", found[5]);
    let none = read_shards(&paths[..3], &ShardOptions::default()).unwrap_err().to_string();
    assert!(none.contains("3 items skipped, first shard") && none.contains("it is empty"), "{none}");
    assert!(matches!(read_shards(&[], &ShardOptions::default()), Err(DataError::Format { .. })));
}

#[test]
fn a_folder_stands_for_its_shards_by_name() {
    let (folder, _) =
        folder(&[("b.tar", tar(&three()[..2])), ("a.tar", tar(&three()[2..4])), ("notes.txt", Vec::new())]);
    let paths = shard_paths(&folder.path().display().to_string()).unwrap();
    assert_eq!(ids(&read_shards(&paths, &ShardOptions::default()).unwrap()), ["b", "a"]);
    let empty = tempfile::tempdir().unwrap();
    let message = shard_paths(&empty.path().display().to_string()).unwrap_err().to_string();
    assert!(message.contains("missing *.tar or *.parquet"), "{message}");
}

#[test]
fn a_shard_cut_anywhere_keeps_the_samples_before_the_cut_and_says_so() {
    let whole = tar(&three());
    for cut in (0..whole.len()).step_by(97).chain([511, 512, 513, 1024, whole.len() - 1]) {
        let (_folder, paths) = folder(&[
            ("cut.tar", whole[..cut].to_vec()),
            ("good.tar", tar(&[("z.png", png(1)), ("z.txt", b"z".into())])),
        ]);
        let corpus = read_shards(&paths, &ShardOptions::default()).unwrap();
        let found = ids(&corpus);
        let kept = &found[..found.len() - 1];
        assert!(["a", "b", "c"].starts_with(kept) && found.last() == Some(&"z"), "cut at {cut}: {found:?}");
        // Each sample is four blocks; its second member ends before the last padding does.
        assert!(kept.len() >= cut / 2048 && kept.len() <= (cut + 512) / 2048, "cut at {cut}: {found:?}");
        assert!(skipped(&corpus).iter().any(|line| line.starts_with("shard cut.tar: it")), "cut at {cut}");
        for image in &corpus.set.images {
            decode(&image.source, &DecodeLimits::default()).unwrap();
        }
    }
}

#[test]
fn a_shard_that_shrank_after_it_was_indexed_is_an_error_at_the_image() {
    let (_folder, paths) = folder(&[("s.tar", tar(&three()))]);
    let corpus = read_shards(&paths, &ShardOptions::default()).unwrap();
    std::fs::write(&paths[0], &tar(&three())[..600]).unwrap();
    let error = decode(&corpus.set.images[2].source, &DecodeLimits::default()).unwrap_err().to_string();
    assert!(error.contains("s.tar[") && error.contains("the file ends after 0 of"), "{error}");
    let tight = DecodeLimits { max_file: 10, ..DecodeLimits::default() };
    let error = decode(&corpus.set.images[0].source, &tight).unwrap_err().to_string();
    assert!(error.contains("expected at most 10 bytes"), "{error}");
}

#[test]
fn an_image_that_does_not_decode_is_reported_when_it_is_read() {
    let mut members = three();
    members[2].1 = b"not a picture".to_vec();
    let corpus = read(&members, &ShardOptions::default()).unwrap();
    assert_eq!(ids(&corpus), ["a", "b", "c"]);
    let (_folder, paths) = folder(&[("s.tar", tar(&members))]);
    let corpus = read_shards(&paths, &ShardOptions::default()).unwrap();
    let (cache, kept) = ImageCache::build(&corpus.set, 2, SquareFit::Squash, &DecodeLimits::default()).unwrap();
    assert_eq!((cache.len(), kept.images.len()), (2, 2));
    assert!(kept.skipped[0].item == "image b" && kept.skipped[0].reason.contains("no known image format"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_damage_to_a_shard_is_a_panic_or_a_sample_that_is_not_in_it(
        hits in prop::collection::vec((0usize..8192, any::<u8>()), 1..12),
    ) {
        let mut bytes = tar(&three());
        for (place, value) in hits {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        let length = bytes.len() as u64;
        let (_folder, paths) = folder(&[("s.tar", bytes)]);
        if let Ok(corpus) = read_shards(&paths, &ShardOptions::default()) {
            for image in &corpus.set.images {
                let ImageSource::Part { offset, length: size, .. } = &image.source else { panic!("not in a shard") };
                prop_assert!(offset + size <= length);
            }
        }
    }
}
