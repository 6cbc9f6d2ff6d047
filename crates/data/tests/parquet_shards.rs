//! Parquet shards: one written by pyarrow, some written here, and broken ones.
#![cfg(feature = "parquet")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use halation_data::image::{DecodeLimits, decode};
use halation_data::source::{Corpus, ShardOptions, read_shards};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use rayon::prelude::*;

/// Written by `xtask/parity/parquet_shard.py`.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/shard.parquet")
}

fn hugging_face() -> ShardOptions {
    ShardOptions { caption_column: "sentences".into(), ..ShardOptions::default() }
}

fn skipped(corpus: &Corpus) -> Vec<String> {
    let name = |item: &str| item.rsplit_once('/').map_or(item, |(_, name)| name).to_owned();
    corpus.set.skipped.iter().map(|skipped| format!("{}: {}", name(&skipped.item), skipped.reason)).collect()
}

/// A file of `image` and `caption` columns, three rows a group.
fn write(path: &Path, rows: &[(Vec<u8>, &str)]) {
    let schema = parse_message_type("message m { required binary image; required binary caption (STRING); }").unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(WriterProperties::builder().build())).unwrap();
    for rows in rows.chunks(3) {
        let mut group = writer.next_row_group().unwrap();
        let images: Vec<ByteArray> = rows.iter().map(|row| row.0.clone().into()).collect();
        let captions: Vec<ByteArray> = rows.iter().map(|row| row.1.into()).collect();
        for values in [images, captions] {
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn a_shard_of_pyarrow_gives_every_image_in_any_order_and_from_many_threads() {
    let corpus = read_shards(&[golden()], &hugging_face()).unwrap();
    assert_eq!((corpus.set.images.len(), corpus.set.captions.len()), (20, 40));
    assert_eq!(
        skipped(&corpus),
        [
            "shard.parquet[row 5]: it has no image",
            "shard.parquet[row 7]: it has no caption",
            "shard.parquet[row 9]: it has no caption",
        ]
    );
    let order: Vec<usize> = (0..200).map(|step| step * 7 % 20).collect();
    order.into_par_iter().for_each(|index| {
        let image = &corpus.set.images[index];
        let row: u8 = image.id.strip_prefix("shard#").unwrap().parse().unwrap();
        let pixels = decode(&image.source, &DecodeLimits::default()).unwrap();
        assert_eq!((pixels.dimensions(), pixels.get_pixel(1, 1).0), ((3, 2), [10u8.wrapping_mul(row), row, 255 - row]));
        let captions = &corpus.set.matches.captions_of_image()[index];
        let texts: Vec<&str> = captions.iter().map(|&caption| corpus.set.captions[caption].text.as_str()).collect();
        assert_eq!(texts, [format!("row {row}"), format!("picture {row}")]);
    });
}

#[test]
fn ids_come_from_a_column_or_the_row() {
    let keyed = ShardOptions { id_column: Some("key".into()), ..hugging_face() };
    let corpus = read_shards(&[golden()], &keyed).unwrap();
    assert_eq!(corpus.set.images[0].id, "1000");
    assert_eq!(corpus.set.images[19].id, "1022");
    let with_shard = ShardOptions { id_with_shard: true, ..hugging_face() };
    assert_eq!(read_shards(&[golden()], &with_shard).unwrap().set.images[6].id, "shard/8");
}

#[test]
fn columns_that_are_not_there_or_hold_something_else_are_named() {
    for (options, says) in [
        (ShardOptions::default(), "it has no column `caption`"),
        (
            ShardOptions { image_column: "photo".into(), ..hugging_face() },
            "it has no column `photo` or `photo.bytes` but key, image.bytes",
        ),
        (
            ShardOptions { image_column: "key".into(), ..hugging_face() },
            "its column `key` does not hold one encoded image per row",
        ),
        (ShardOptions { caption_column: "key".into(), ..hugging_face() }, "holds neither strings nor lists of strings"),
        (
            ShardOptions { caption_column: "image".into(), ..hugging_face() },
            "holds neither strings nor lists of strings",
        ),
        (ShardOptions { id_column: Some("image".into()), ..hugging_face() }, "it has no column `image`"),
    ] {
        let message = read_shards(&[golden()], &options).unwrap_err().to_string();
        assert!(message.contains("shard.parquet") && message.contains(says), "{message}");
    }
}

#[test]
fn limits_hold_for_captions_samples_and_images() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.parquet");
    let long = "x".repeat(300);
    write(&path, &[(vec![1; 50], "a"), (vec![2; 5000], "b"), (vec![3], &long), (vec![4], "d"), (vec![5], " ")]);
    let read = |options: ShardOptions| read_shards(std::slice::from_ref(&path), &options).unwrap();
    let corpus = read(ShardOptions { max_text: 200, ..ShardOptions::default() });
    assert_eq!(corpus.set.images.iter().map(|image| image.id.as_str()).collect::<Vec<_>>(), ["s#0", "s#1", "s#3"]);
    assert_eq!(
        skipped(&corpus),
        ["s.parquet[row 2]: its caption has 300 bytes, more than 200", "s.parquet[row 4]: it has no caption"]
    );
    let limits = DecodeLimits { max_file: 1000, ..DecodeLimits::default() };
    let error = decode(&corpus.set.images[1].source, &limits).unwrap_err().to_string();
    assert!(error.contains("s.parquet[row 1]: 5000 bytes; expected at most 1000 bytes"), "{error}");
    let error = decode(&corpus.set.images[0].source, &limits).unwrap_err().to_string();
    assert!(error.contains("no known image format"), "{error}");
    let few = read(ShardOptions { max_samples: 4, ..ShardOptions::default() });
    assert_eq!(few.set.images.len(), 3);
    assert!(skipped(&few)[0].contains("it has more than 4 samples"));
}

#[test]
fn a_shard_that_was_cut_or_is_something_else_is_skipped_and_the_others_read() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(golden()).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let paths =
        [put("a.parquet", &bytes[..bytes.len() / 2]), put("b.parquet", b"hello"), put("c.parquet", b""), golden()];
    let corpus = read_shards(&paths, &hugging_face()).unwrap();
    assert_eq!(corpus.set.images.len(), 20);
    let found = skipped(&corpus);
    for name in ["a.parquet: ", "b.parquet: ", "c.parquet: "] {
        assert!(found.iter().any(|line| line.starts_with(name)), "{found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_damage_to_a_shard_is_a_panic(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = std::fs::read(golden()).unwrap();
        for (place, value) in hits {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shard.parquet");
        std::fs::write(&path, bytes).unwrap();
        if let Ok(corpus) = read_shards(&[path], &hugging_face()) {
            for image in &corpus.set.images {
                // A picture or a typed error.
                let outcome = decode(&image.source, &DecodeLimits::default());
                prop_assert!(outcome.is_ok() || !outcome.unwrap_err().to_string().is_empty());
            }
        }
    }
}
