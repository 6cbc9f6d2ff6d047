//! Exchange files: what is written comes back, and everything that is wrong with a file is said.

use std::path::{Path, PathBuf};

use halation_core::metric::{PositiveRanks, RankMetric, RankTask, Relevance, ScoreRows};
use halation_data::DataError;
use halation_data::format::*;
use tempfile::TempDir;

/// A `.npy` file written from the format's description.
fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}").into_bytes();
    header.resize((header.len() + 11).next_multiple_of(64) - 11, b' ');
    header.push(b'\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header);
    file.extend(data);
    file
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn put(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn rows(rows: &impl ScoreRows<f64>, range: std::ops::Range<usize>) -> Vec<f64> {
    let mut out = vec![f64::NAN; range.len() * rows.gallery()];
    rows.fill(range, &mut out);
    out
}

/// The error names the file and contains every one of `words`.
fn assert_says<T: std::fmt::Debug>(result: Result<T, DataError>, path: &Path, words: &[&str]) {
    let message = result.unwrap_err().to_string();
    assert!(message.contains(&path.display().to_string()), "no path in: {message}");
    for word in words {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
}

#[test]
fn a_score_matrix_reads_the_same_from_every_layout() {
    let folder = tempfile::tempdir().unwrap();
    let scores = [1.0f32, 2.0, 3.0, 4.0, 5.5, -6.0]; // [2 images, 3 captions]
    let columns = [1.0f32, 4.0, 2.0, 5.5, 3.0, -6.0];
    let doubles: Vec<u8> = scores.iter().flat_map(|&score| f64::from(score).to_le_bytes()).collect();
    // 1, 2, 3, 4, 5.5, -6 in half precision and in bfloat16.
    let halves: Vec<u8> =
        [0x3c00u16, 0x4000, 0x4200, 0x4400, 0x4580, 0xc600].iter().flat_map(|bits| bits.to_le_bytes()).collect();
    let brains: Vec<u8> =
        [0x3f80u16, 0x4000, 0x4040, 0x4080, 0x40b0, 0xc0c0].iter().flat_map(|bits| bits.to_le_bytes()).collect();
    let tensor = |dtype, bytes| safetensors::tensor::TensorView::new(dtype, vec![2, 3], bytes).unwrap();
    let (single, nines) = (floats(&scores), floats(&[9.0; 6]));
    let one = safetensors::serialize([("similarity", tensor(safetensors::Dtype::BF16, &brains))], None).unwrap();
    let several =
        [("scores", tensor(safetensors::Dtype::F32, &single)), ("other", tensor(safetensors::Dtype::F32, &nines))];
    let files = [
        put(&folder, "c.npy", npy("<f4", false, "(2, 3)", &single)),
        put(&folder, "fortran.npy", npy("<f4", true, "(2, 3)", &floats(&columns))),
        put(&folder, "double.npy", npy("<f8", false, "(2, 3)", &doubles)),
        put(&folder, "half.npy", npy("<f2", false, "(2, 3)", &halves)),
        put(&folder, "one.safetensors", one),
        put(&folder, "several.safetensors", safetensors::serialize(several, None).unwrap()),
    ];
    for file in files {
        let matrix = ScoreMatrix::open(&file).unwrap();
        assert_eq!((matrix.images(), matrix.captions()), (2, 3));
        assert_eq!(rows(&matrix.image_rows(), 0..2), scores.map(f64::from), "{}", file.display());
        assert_eq!(rows(&matrix.image_rows(), 1..2), [4.0, 5.5, -6.0]);
        assert_eq!(rows(&matrix.caption_rows(), 0..3), columns.map(f64::from), "{}", file.display());
        assert_eq!(rows(&matrix.caption_rows(), 1..3), [2.0, 5.5, 3.0, -6.0]);
    }
}

#[test]
fn a_score_matrix_that_is_not_one_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let whole = npy("<f4", false, "(2, 3)", &floats(&[0.0; 6]));
    let open = |name: &str, bytes: &[u8], words: &[&str]| {
        let path = put(&folder, name, bytes);
        assert_says(ScoreMatrix::open(&path), &path, words);
    };
    open("cut.npy", &whole[..whole.len() - 1], &["23 bytes", "24 for shape [2, 3]", "cut"]);
    open("long.npy", &[whole.clone(), vec![0]].concat(), &["25 bytes"]);
    open("header.npy", &whole[..30], &["header cannot be read"]);
    open("empty.npy", &[], &["empty"]);
    open("text.npy", b"not an array", &["signature", "numpy.save"]);
    open("integers.npy", &npy("<i4", false, "(2, 3)", &[0; 24]), &["'<i4'", "floats"]);
    open("big_endian.npy", &npy(">f4", false, "(2, 3)", &[0; 24]), &["'>f4'", "little-endian"]);
    open("pickle.npy", &npy("|O", false, "(2, 3)", &[0; 24]), &["'|O'"]);
    open("vector.npy", &npy("<f4", false, "(6,)", &[0; 24]), &["[6]", "[images, captions]"]);
    open("huge.npy", &npy("<f4", false, "(4611686018427387904, 4)", &[0; 24]), &["4611686018427387904"]);
    open("nested.npy", &npy("<f4", false, &"(".repeat(900), &[]), &["header cannot be read"]);
    open("long_header.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff", &["4294967295 bytes"]);
    open("scores.csv", b"1,2", &["`csv`", ".npy or .safetensors"]);
    open("garbage.safetensors", b"\xff\xff\xff\xff\xff\xff\xff\xff{}", &["header does not fit"]);
    let six = floats(&[0.0; 6]);
    let view = |shape: Vec<usize>| safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape, &six).unwrap();
    let two = safetensors::serialize([("a", view(vec![6])), ("b", view(vec![6]))], None).unwrap();
    open("two.safetensors", &two, &["2 tensors: ", "`scores`"]);
    let whole = safetensors::serialize([("a", view(vec![2, 3]))], None).unwrap();
    open("cut.safetensors", &whole[..whole.len() - 1], &["header does not fit"]);
    open("vector.safetensors", &safetensors::serialize([("a", view(vec![6]))], None).unwrap(), &["[6]"]);
    let absent = folder.path().join("absent.npy");
    assert_says(ScoreMatrix::open(&absent), &absent, &["No such file"]);
    let folder_path = folder.path().join("folder.npy");
    std::fs::create_dir(&folder_path).unwrap();
    assert_says(ScoreMatrix::open(&folder_path), &folder_path, &["folder"]);
}

#[test]
fn every_cut_of_a_matrix_file_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let tensor = floats(&[1.0; 6]);
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![2, 3], &tensor).unwrap();
    for (name, bytes) in [
        ("x.npy", npy("<f4", false, "(2, 3)", &tensor)),
        ("x.safetensors", safetensors::serialize([("a", view)], None).unwrap()),
    ] {
        for length in 0..bytes.len() {
            let path = put(&folder, name, &bytes[..length]);
            assert!(matches!(ScoreMatrix::open(&path), Err(DataError::Format { .. })), "{name} cut at {length}");
        }
    }
}

#[test]
fn ids_read_the_same_from_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<u8> = [42i64, 7, -1].iter().flat_map(|id| id.to_le_bytes()).collect();
    let narrow: Vec<u8> = [42i32, 7, -1].iter().flat_map(|id| id.to_le_bytes()).collect();
    for path in [
        put(&folder, "a.txt", "42\r\n 7 \r\n-1\r\n\n"),
        put(&folder, "bom.txt", "\u{feff}42\n7\n-1"),
        put(&folder, "a.json", r#"[42, "7", -1]"#),
        put(&folder, "a.npy", npy("<i8", false, "(3,)", &ids)),
        put(&folder, "b.npy", npy("<i4", false, "(3,)", &narrow)),
    ] {
        assert_eq!(read_ids(&path).unwrap(), ["42", "7", "-1"], "{}", path.display());
    }
}

#[test]
fn an_id_list_with_repeats_gaps_or_other_things_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str, bytes: &[u8], words: &[&str]| {
        let path = put(&folder, name, bytes);
        assert_says(read_ids(&path), &path, words);
    };
    read("twice.txt", b"a\nb\na\n", &["`a`", "number 1 and number 3"]);
    read("gap.txt", b"a\n\nb\n", &["id 2 is empty"]);
    read("latin1.txt", b"caf\xe9\n", &["utf-8"]);
    read("float.json", b"[1, 2.5]", &["2.5", "line 1"]);
    read("object.json", b"{}", &["map"]);
    read("cut.json", b"[1, 2", &["EOF"]);
    read("float.npy", &npy("<f4", false, "(1,)", &[0; 4]), &["'<f4'", "integers"]);
    read("matrix.npy", &npy("<i8", false, "(1, 1)", &[0; 8]), &["[1, 1]"]);
    read("ids.csv", b"1", &["`csv`"]);
}

fn embeddings() -> EmbeddingFile {
    let ids = vec!["a".into(), "42".into(), "caf\u{e9} \"\n".into()];
    EmbeddingFile::new(ids, 2, vec![1.0, -0.0, f32::MIN_POSITIVE, 3.25, f32::MAX, 0.1], Some(vec![-1.0; 6])).unwrap()
}

fn extensions() -> &'static [&'static str] {
    if cfg!(feature = "parquet") { &["safetensors", "parquet"] } else { &["safetensors"] }
}

#[test]
fn embeddings_survive_a_round_trip_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let with = embeddings();
    let without = EmbeddingFile::new(with.ids().to_vec(), 2, with.mean().to_vec(), None).unwrap();
    let many: Vec<String> = (0..9_000).map(|index| index.to_string()).collect(); // more than one Parquet row group
    let values: Vec<f32> = (0..27_000).map(|index| index as f32).collect();
    let many = EmbeddingFile::new(many, 3, values, None).unwrap();
    for extension in extensions() {
        for (name, file) in [("with", &with), ("without", &without), ("many", &many)] {
            let path = folder.path().join(format!("{name}.{extension}"));
            file.write(&path).unwrap();
            let back = EmbeddingFile::read(&path).unwrap();
            assert_eq!(&back, file);
            assert_eq!(back.mean()[1].to_bits(), file.mean()[1].to_bits());
        }
    }
    // Nothing but the results is left in the folder.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3 * extensions().len());
}

#[test]
fn a_file_from_the_safetensors_library_reads_and_ids_may_be_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mean = floats(&[1.0, 2.0, 3.0, 4.0]);
    let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![2, 2], &mean).unwrap();
    let metadata = std::collections::HashMap::from([("ids".to_owned(), "[1, \"b\"]".to_owned())]);
    let bytes = safetensors::serialize([("mean", view)], Some(metadata)).unwrap();
    let file = EmbeddingFile::read(&put(&folder, "e.safetensors", bytes)).unwrap();
    assert_eq!((file.ids(), file.dim(), file.log_var()), (["1".to_owned(), "b".into()].as_slice(), 2, None));
    assert_eq!(file.mean(), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn embeddings_that_are_not_finite_or_do_not_fit_are_errors_that_name_the_id() {
    let ids = || vec!["cat".to_owned(), "dog".to_owned()];
    let message = |result: Result<EmbeddingFile, DataError>| result.unwrap_err().to_string();
    let nan = message(EmbeddingFile::new(ids(), 2, vec![0.0, 0.0, 0.0, f32::NAN], None));
    assert!(nan.contains("`mean` of id `dog` is NaN at 1"), "{nan}");
    let infinite = message(EmbeddingFile::new(ids(), 1, vec![0.0; 2], Some(vec![f32::INFINITY, 0.0])));
    assert!(infinite.contains("`log_var` of id `cat` is inf at 0"), "{infinite}");
    let short = message(EmbeddingFile::new(ids(), 2, vec![0.0; 3], None));
    assert!(short.contains("3 numbers for 2 ids of dimension 2"), "{short}");
    assert!(message(EmbeddingFile::new(ids(), 0, vec![], None)).contains("dimension 0"));
    let twice = message(EmbeddingFile::new(vec!["cat".into(), "cat".into()], 1, vec![0.0; 2], None));
    assert!(twice.contains("`cat` is row 0 and row 1"), "{twice}");
}

#[test]
fn an_embedding_file_of_another_layout_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let four = floats(&[0.0; 4]);
    let metadata = |ids: &str| Some(std::collections::HashMap::from([("ids".to_owned(), ids.to_owned())]));
    let view = |dtype, shape| safetensors::tensor::TensorView::new(dtype, shape, &four).unwrap();
    let single = |shape| view(safetensors::Dtype::F32, shape);
    let read = |name: &str, bytes: Vec<u8>, words: &[&str]| {
        let path = put(&folder, name, bytes);
        assert_says(EmbeddingFile::read(&path), &path, words);
    };
    let file = |tensors: Vec<(&'static str, safetensors::tensor::TensorView<'_>)>, ids| {
        safetensors::serialize(tensors, ids).unwrap()
    };
    read("no_ids.safetensors", file(vec![("mean", single(vec![2, 2]))], None), &["no metadata entry `ids`"]);
    read("bad_ids.safetensors", file(vec![("mean", single(vec![2, 2]))], metadata("a,b")), &["metadata entry `ids`"]);
    read("few_ids.safetensors", file(vec![("mean", single(vec![2, 2]))], metadata("[1]")), &["2 rows for 1 ids"]);
    read(
        "no_mean.safetensors",
        file(vec![("mu", single(vec![2, 2]))], metadata("[1,2]")),
        &["no tensor `mean` among mu"],
    );
    read("flat.safetensors", file(vec![("mean", single(vec![4]))], metadata("[1,2]")), &["shape [4]"]);
    let half = view(safetensors::Dtype::F16, vec![2, 4]);
    read("half.safetensors", file(vec![("mean", half)], metadata("[1,2]")), &["`mean` holds F16"]);
    let other = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![2, 1], &four[..8]).unwrap();
    let tensors = vec![("mean", single(vec![2, 2])), ("log_var", other)];
    read("dims.safetensors", file(tensors, metadata("[1,2]")), &["dimension 2, `log_var` 1"]);
    let nan = floats(&[0.0, f32::NAN]);
    let nan = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![2, 1], &nan).unwrap();
    read("nan.safetensors", file(vec![("mean", nan)], metadata("[1,2]")), &["id `2` is NaN"]);
    read("e.npy", vec![0], &["`npy`", ".safetensors"]);
    read("empty.safetensors", vec![], &["empty"]);
}

#[test]
fn every_cut_of_an_embedding_file_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    for extension in extensions() {
        let path = folder.path().join(format!("whole.{extension}"));
        embeddings().write(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            let cut = put(&folder, &format!("cut.{extension}"), &bytes[..length]);
            assert!(matches!(EmbeddingFile::read(&cut), Err(DataError::Format { .. })), "{extension} cut at {length}");
        }
    }
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = put(&folder, "e.txt", "old");
    let result = write_atomically(&path, |writer| {
        use std::io::Write;
        writer.write_all(b"half of the new").map_err(DataError::io(&path))?;
        Err(DataError::Io { path: path.clone(), source: std::io::ErrorKind::StorageFull.into() })
    });
    assert!(matches!(result, Err(DataError::Io { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("no/such/folder/e.safetensors");
    assert_says(embeddings().write(&nowhere), &nowhere, &["No such file"]);
}

#[test]
fn ranked_lists_become_gallery_indices_in_the_order_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{"t2i": {"c2": ["1"], "c0": [0, 1]}, "i2t": {"1": ["c2", "c0"], "0": ["c1", "c2", "c0"]}}"#;
    let path = put(&folder, "r.json", json);
    let lists = RankedLists::read(&path).unwrap().lists;
    assert_eq!(lists.i2t.queries(), 2);
    assert_eq!(lists.i2t.get("1").unwrap(), ["c2", "c0"]);
    let images = ["0", "1"].map(String::from);
    let captions = ["c0", "c1", "c2"].map(String::from);
    let i2t = lists.i2t.clone().indices(&images, &captions).unwrap();
    assert_eq!(i2t, [vec![1, 2, 0], vec![2, 0]]);
    assert_eq!(lists.t2i.clone().indices(&captions, &images).unwrap(), [vec![0, 1], vec![], vec![1]]);
    assert_says(lists.t2i.indices(&captions, &images[1..]), &path, &["`t2i`", "`0`"]);
    assert_says(lists.i2t.clone().indices(&images[1..], &captions), &path, &["`i2t`", "query id is `0`"]);

    let truth = Relevance::from_lists(3, &[vec![0, 1, 2], vec![0]]).unwrap();
    let ranks = PositiveRanks::from_rankings(&i2t, RankTask::whole(&truth)).unwrap();
    assert_eq!(ranks.mean(RankMetric::RPrecision).unwrap(), 0.5);
    let error = ranks.mean(RankMetric::RecallAt(3)).unwrap_err().to_string();
    assert!(error.contains("needs the first 3") && error.contains("holds 2"), "{error}");
}

#[test]
fn ranked_lists_that_are_wrong_say_where() {
    let folder = tempfile::tempdir().unwrap();
    let read = |bytes: &str, words: &[&str]| {
        let path = put(&folder, "r.json", bytes);
        assert_says(RankedLists::read(&path), &path, words);
    };
    read(r#"{"i2t": {}}"#, &["missing field `t2i`"]);
    read(r#"{"i2t": {}, "t2i": {}, "i2t": {}}"#, &["duplicate field `i2t`"]);
    read(r#"{"i2t": {}, "t2t": {}}"#, &["`t2t`"]);
    read(r#"{"i2t": {"1": [2, 3, 2]}, "t2i": {}}"#, &["query `1` ranks id `2` twice", "line 1"]);
    read("{\"i2t\": {\"1\": [],\n\"1\": []}, \"t2i\": {}}", &["query `1` twice", "line 2"]);
    read(r#"{"i2t": {"1": [null]}, "t2i": {}}"#, &["null", "a string or an integer"]);
    read(r#"{"i2t": {"1": 5}, "t2i": {}}"#, &["list of ids ranked for query `1`"]);
    read(r#"{"i2t": {"1": [2"#, &["EOF"]);
    read(r#"{"i2t": {}, "t2i": {}} x"#, &["trailing characters"]);
    read("", &["EOF"]);
}

#[test]
fn a_ground_truth_that_is_no_archive_or_was_cut_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let text = put(&folder, "gts.tar.gz", "hello");
    assert_says(CaptionGroundTruth::read(&text), &text, &["folder, or a whole .tar.gz"]);
    let absent = folder.path().join("absent");
    assert_says(
        CaptionGroundTruth::read(&absent),
        &absent,
        &["missing coco_test_ids.npy", "eccv_caption_to_image.json;"],
    );
    assert_says(
        CaptionGroundTruth::read(folder.path()),
        folder.path(),
        &["missing coco_test_ids.npy", "eccv_caption/data"],
    );
    if let Some(archive) = halation_data::testing::shared_data("conformance/eccv_caption/eccv_caption_gts.tar.gz") {
        let bytes = std::fs::read(archive).unwrap();
        for part in 1..8 {
            let cut = put(&folder, "cut.tar.gz", &bytes[..bytes.len() * part / 8]);
            assert!(CaptionGroundTruth::read(&cut).is_err(), "cut at {part} eighths");
        }
    }
}
