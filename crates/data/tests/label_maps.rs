//! Label maps: three layouts, categories, augmentation, drawing, and files that are no label maps.

use std::collections::BTreeSet;
use std::path::Path;

use halation_data::DataError;
use halation_data::image::Palette;
use halation_data::sample::{Stream, keyed_rng};
use halation_data::source::{
    Category, CategoryMap, HashSplit, LabelAugment, LabelCorpus, LabelMapOptions, LabelMapSet, LabelPads, read_camvid,
    read_cityscapes, read_label_folder,
};
use halation_data::testing::shared_data;
use png::{BitDepth, ColorType};
use proptest::prelude::*;

const SIZE: LabelMapOptions = LabelMapOptions {
    height: 2,
    width: 3,
    limits: halation_data::image::DecodeLimits { max_width: 64, max_height: 64, max_alloc: 1 << 16, max_file: 1 << 16 },
};

/// A PNG file of `bytes`, the packed rows.
fn png(path: &Path, width: u32, height: u32, colour: ColorType, depth: BitDepth, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if colour == ColorType::Indexed {
        encoder.set_palette(vec![9; 48]); // all alike: colours must not matter
    }
    encoder.write_header().unwrap().write_image_data(bytes).unwrap();
}

/// A label file of 3 x 2 pixels.
fn label(path: &Path, ids: [u8; 6]) {
    png(path, 3, 2, ColorType::Grayscale, BitDepth::Eight, &ids);
}

/// A CamVid folder with `train` and `val` maps of one id each, the number of the map modulo 12.
fn camvid(train: usize, val: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (split, count) in [("train", train), ("val", val)] {
        // Listed from the last to the first: the order is that of the names.
        let line = |index: usize| {
            format!("/SegNet/CamVid/{split}/{index:03}.png /SegNet/CamVid/{split}annot/{index:03}.png\n")
        };
        std::fs::write(folder.path().join(format!("{split}.txt")), (0..count).rev().map(line).collect::<String>())
            .unwrap();
        for index in 0..count {
            label(&folder.path().join(format!("{split}annot/{index:03}.png")), [(index % 12) as u8; 6]);
        }
    }
    folder
}

/// A Cityscapes folder with maps (city, number, ids) in `train` and one in `val`.
fn cityscapes(train: &[(&str, u32, [u8; 6])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("gtFine");
    for (city, number, ids) in train {
        label(&root.join(format!("train/{city}/{city}_{number:06}_000019_gtFine_labelIds.png")), *ids);
        label(&root.join(format!("train/{city}/{city}_{number:06}_000019_gtFine_instanceIds.png")), [99; 6]);
    }
    label(&root.join("val/lindau/lindau_000000_000019_gtFine_labelIds.png"), [7; 6]);
    folder
}

fn problem(result: Result<LabelCorpus, DataError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn camvid_has_the_counts_and_shares_of_the_readme() {
    let Some(folder) = shared_data("segmentation/camvid") else { return };
    let corpus = read_camvid(&folder, &LabelMapOptions::default()).unwrap();
    assert_eq!([corpus.train.len(), corpus.val.len(), corpus.test.len()], [308, 59, 101]);
    assert_eq!((corpus.train.len() + corpus.val.len() + corpus.test.len()) * 32 * 64, 958_464);
    // The README counts all 367 training maps: void, flat, construction, object, nature, sky, human, vehicle.
    let shares: Vec<f64> = (corpus.train.shares().iter().zip(corpus.val.shares()))
        .map(|(train, val)| (308.0 * train + 59.0 * val) / 367.0)
        .collect();
    for (share, expected) in shares.iter().zip([0.039, 0.362, 0.244, 0.021, 0.097, 0.168, 0.009, 0.059]) {
        assert!((share - expected).abs() < 5.1e-4, "{shares:?}");
    }
    let drives = |set: &LabelMapSet, drive: &str| set.items().iter().filter(|item| item.starts_with(drive)).count();
    let of_both = |drive| drives(&corpus.train, drive) + drives(&corpus.val, drive);
    assert_eq!(["0001TP", "0006R0", "0016E5"].map(of_both), [62, 101, 204]);
    assert_eq!(drives(&corpus.test, "0016E5"), 101);
    assert!(corpus.train.items().is_sorted());
}

#[test]
fn every_id_of_cityscapes_and_camvid_has_its_category() {
    let cityscapes = CategoryMap::cityscapes();
    let expected = [0..=6, 7..=10, 11..=16, 17..=20, 21..=22, 23..=23, 24..=25, 26..=33];
    for (category, ids) in expected.into_iter().enumerate() {
        for id in ids {
            assert_eq!(cityscapes.category(id), Some(category as u8), "{id}");
        }
    }
    assert_eq!([-1, 255].map(|id| cityscapes.category(id)), [Some(7); 2]);
    assert_eq!([-2, 34, 254, 256, i32::MIN].map(|id| cityscapes.category(id)), [None; 5]);
    let camvid = CategoryMap::camvid();
    let names: Vec<&str> =
        (0..12).map(|id| &*camvid.categories()[usize::from(camvid.category(id).unwrap())].name).collect();
    assert_eq!(
        names,
        [
            "sky",
            "construction",
            "object",
            "flat",
            "flat",
            "nature",
            "object",
            "construction",
            "vehicle",
            "human",
            "human",
            "void"
        ]
    );
    assert_eq!(camvid.category(12), None);
    assert_eq!((camvid.len(), camvid.palette()), (8, cityscapes.palette()));
}

#[test]
fn cityscapes_is_read_in_the_order_of_cities_and_files() {
    let all: Vec<(String, u32)> =
        (0..7).map(|index| (["zurich", "aachen"][index % 2].to_owned(), index as u32 / 2)).collect();
    let maps: Vec<(&str, u32, [u8; 6])> =
        all.iter().map(|(city, number)| (&**city, *number, [7, 11, 17, 21, 255, 33])).collect();
    let folder = cityscapes(&maps);
    let corpus = read_cityscapes(folder.path(), &SIZE).unwrap();
    // round(7 * 475 / 2975) = 1 of the seven is for validation, the last.
    assert_eq!([corpus.train.len(), corpus.val.len(), corpus.test.len()], [6, 1, 1]);
    assert!(corpus.train.items().is_sorted());
    assert!(corpus.train.items()[0].starts_with("aachen/aachen_000000"));
    assert!(corpus.val.items()[0].starts_with("zurich/zurich_000003"));
    assert_eq!(corpus.train.map(0), [1, 2, 3, 4, 7, 7]);
    assert_eq!(corpus.part("test").unwrap().map(0), [1; 6]);
    // `gtFine` itself may be named as well.
    assert_eq!(
        read_cityscapes(&folder.path().join("gtFine"), &SIZE).unwrap().train,
        LabelMapSet::new(
            format!("the train part of {}", folder.path().join("gtFine").display()),
            corpus.train.items().to_vec(),
            [2, 3],
            8,
            (0..6).flat_map(|index| corpus.train.map(index).to_vec()).collect(),
        )
        .unwrap()
    );
}

#[test]
fn the_published_cut_of_cityscapes_is_2500_and_475() {
    let folder = tempfile::tempdir().unwrap();
    label(&folder.path().join("map.png"), [7; 6]);
    let [train, val] = ["train/aachen", "val/ulm"].map(|city| folder.path().join(city));
    for (city, count) in [(&train, 2975), (&val, 500)] {
        std::fs::create_dir_all(city).unwrap();
        for index in 0..count {
            std::fs::hard_link(folder.path().join("map.png"), city.join(format!("{index:06}_gtFine_labelIds.png")))
                .unwrap();
        }
    }
    let corpus = read_cityscapes(folder.path(), &SIZE).unwrap();
    assert_eq!([corpus.train.len(), corpus.val.len(), corpus.test.len()], [2500, 475, 500]);
}

#[test]
fn camvid_lists_decide_and_a_test_list_is_used_where_there_is_one() {
    let folder = camvid(7, 3);
    let corpus = read_camvid(folder.path(), &SIZE).unwrap();
    assert_eq!([corpus.train.len(), corpus.val.len(), corpus.test.len()], [6, 1, 3]);
    assert_eq!(corpus.train.map(3), [1; 6]); // id 3, road, is flat
    assert_eq!(corpus.val.items(), ["006.png"]);
    std::fs::rename(folder.path().join("valannot"), folder.path().join("testannot")).unwrap();
    std::fs::rename(folder.path().join("val.txt"), folder.path().join("test.txt")).unwrap();
    label(&folder.path().join("valannot/x.png"), [0; 6]);
    std::fs::write(folder.path().join("val.txt"), "x.png").unwrap();
    let corpus = read_camvid(folder.path(), &SIZE).unwrap();
    assert_eq!([corpus.train.len(), corpus.val.len(), corpus.test.len()], [7, 1, 3]);
}

#[test]
fn a_folder_of_ones_own_has_its_categories_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let categories =
        "[[category]]\nname = \"a\"\nids = [0, 2]\n[[category]]\nname = \"b\"\nids = [1, -1]\ncolour = [1, 2, 3]\n";
    std::fs::write(folder.path().join("categories.toml"), categories).unwrap();
    for index in 0..40 {
        label(&folder.path().join(format!("{index}.png")), [0, 1, 2, 255, 1, 0]);
    }
    let split = HashSplit::default();
    let corpus = read_label_folder(folder.path(), &split, &SIZE).unwrap();
    assert_eq!(corpus.train.len() + corpus.val.len() + corpus.test.len(), 40);
    assert!(corpus.train.items().iter().all(|item| split.split_of(item) == "train"));
    assert_eq!(corpus.train.map(0), [0, 1, 0, 1, 1, 0]);
    assert_eq!(corpus.categories.palette().colours()[1], [1, 2, 3]);
    // Folders, where there are any, decide.
    label(&folder.path().join("train/x.png"), [0; 6]);
    let corpus = read_label_folder(folder.path(), &split, &SIZE).unwrap();
    assert_eq!([corpus.train.len(), corpus.val.len(), corpus.test.len()], [1, 0, 0]);
    assert!(corpus.part("test").unwrap_err().to_string().contains("is empty"));
    assert!(corpus.part("tset").unwrap_err().to_string().contains("train, val, test"));
}

#[test]
fn packed_and_indexed_png_files_give_their_ids() {
    let folder = camvid(2, 1);
    let file = folder.path().join("trainannot/000.png");
    let indexed = ColorType::Indexed;
    for (colour, depth, bytes) in [
        (indexed, BitDepth::Eight, &[0u8, 1, 2, 3, 4, 5][..]),
        (indexed, BitDepth::Four, &[0x01, 0x20, 0x34, 0x50]),
        (ColorType::Grayscale, BitDepth::Four, &[0x01, 0x20, 0x34, 0x50]),
    ] {
        png(&file, 3, 2, colour, depth, bytes);
        let corpus = read_camvid(folder.path(), &SIZE).unwrap();
        assert_eq!(corpus.train.map(0), [5, 2, 3, 1, 1, 4], "{depth:?}");
    }
    png(&file, 3, 2, ColorType::Grayscale, BitDepth::Two, &[0b0001_1000, 0b1101_1000]);
    assert_eq!(read_camvid(folder.path(), &SIZE).unwrap().train.map(0), [5, 2, 3, 1, 2, 3]);
    png(&file, 3, 2, ColorType::Grayscale, BitDepth::One, &[0b0100_0000, 0b1010_0000]);
    assert_eq!(read_camvid(folder.path(), &SIZE).unwrap().train.map(0), [5, 2, 5, 2, 5, 2]);
}

#[test]
fn maps_are_shrunk_to_the_nearest_pixel() {
    let folder = camvid(2, 1);
    let pixels: Vec<u8> = (0..48).map(|at| (at % 8 + at / 8 * 2) as u8 % 12).collect(); // 6 rows of 8
    let file = folder.path().join("trainannot/000.png");
    png(&file, 8, 6, ColorType::Grayscale, BitDepth::Eight, &pixels);
    png(&folder.path().join("trainannot/001.png"), 8, 6, ColorType::Grayscale, BitDepth::Eight, &pixels);
    let corpus = read_camvid(folder.path(), &SIZE).unwrap();
    // Rows floor(1.5), floor(4.5); columns floor(4/3), 4, floor(20/3).
    let categories = CategoryMap::camvid();
    let expected: Vec<u8> = [1, 4]
        .iter()
        .flat_map(|row| [1, 4, 6].map(|column| categories.category(i32::from(pixels[row * 8 + column])).unwrap()))
        .collect();
    assert_eq!(corpus.train.map(0), expected);
}

#[test]
fn broken_label_files_are_named_with_what_is_wrong() {
    let folder = camvid(4, 1);
    let file = folder.path().join("trainannot/002.png");
    let broken = |part: &str| {
        let error = problem(read_camvid(folder.path(), &SIZE));
        assert!(error.contains("002.png") && error.contains(part), "{error}");
    };
    label(&file, [0, 0, 0, 0, 12, 0]);
    broken("id 12 at row 1, column 1");
    png(&file, 2, 3, ColorType::Grayscale, BitDepth::Eight, &[0; 6]);
    broken("2 x 3 pixels; expected 3 x 2, the size of");
    png(&file, 3, 2, ColorType::Rgb, BitDepth::Eight, &[0; 18]);
    broken("its pixels are Rgb; expected one channel");
    png(&file, 3, 2, ColorType::GrayscaleAlpha, BitDepth::Eight, &[0; 12]);
    broken("one channel");
    png(&file, 3, 2, ColorType::Grayscale, BitDepth::Sixteen, &[0; 12]);
    broken("16 bits per pixel");
    png(&file, 65, 2, ColorType::Grayscale, BitDepth::Eight, &[0; 130]);
    broken("65 x 2 pixels; expected at most 64 x 64");
    std::fs::write(&file, b"").unwrap();
    broken("0 bytes");
    std::fs::write(&file, vec![0; (1 << 16) + 1]).unwrap();
    broken("65537 bytes");
    std::fs::write(&file, b"no picture").unwrap();
    broken("expected a whole PNG file");
    label(&file, [0; 6]);
    let whole = std::fs::read(&file).unwrap();
    for cut in [20, 40, whole.len() - 20] {
        std::fs::write(&file, &whole[..cut]).unwrap();
        broken("expected a whole PNG file");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(problem(read_camvid(folder.path(), &SIZE)).contains("missing trainannot/002.png"));
}

#[test]
fn folders_that_are_incomplete_say_what_is_missing() {
    let empty = tempfile::tempdir().unwrap();
    assert!(problem(read_camvid(empty.path(), &SIZE)).contains("train.txt, val.txt"));
    let error = problem(read_cityscapes(empty.path(), &SIZE));
    assert!(error.contains("train/<city>/*_labelIds.png, val/<city>/*_labelIds.png"), "{error}");
    assert!(problem(read_label_folder(empty.path(), &HashSplit::default(), &SIZE)).contains("categories.toml"));
    std::fs::write(empty.path().join("categories.toml"), "[[category]]\nname = \"a\"\nids = [0]").unwrap();
    assert!(problem(read_label_folder(empty.path(), &HashSplit::default(), &SIZE)).contains("training maps"));
    assert!(problem(read_cityscapes(cityscapes(&[("ulm", 0, [7; 6])]).path(), &SIZE)).contains("at least two"));
    let outside = cityscapes(&[("ulm", 0, [7; 6]), ("ulm", 1, [7, 7, 34, 7, 7, 7])]);
    assert!(problem(read_cityscapes(outside.path(), &SIZE)).contains("id 34 at row 0, column 2"));
    let folder = camvid(2, 1);
    std::fs::write(folder.path().join("train.txt"), "\n").unwrap();
    assert!(problem(read_camvid(folder.path(), &SIZE)).contains("it names no file"));
    std::fs::write(folder.path().join("train.txt"), b"\xff\xfe").unwrap();
    assert!(problem(read_camvid(folder.path(), &SIZE)).contains("not UTF-8"));
    let none = LabelMapOptions { width: 0, ..SIZE };
    assert!(problem(read_camvid(camvid(2, 1).path(), &none)).contains("at least 1 x 1"));
    let huge = LabelMapOptions { height: usize::MAX, ..SIZE };
    assert!(problem(read_camvid(camvid(2, 1).path(), &huge)).contains("at most 16384 x 16384"));
}

#[test]
fn categories_that_contradict_each_other_are_refused() {
    let category = |name: &str, ids: &[i32]| Category { name: name.into(), ids: ids.to_vec(), colour: None };
    for (categories, part) in [
        (vec![], "there are 0"),
        (vec![category("a", &[1]), category("b", &[1])], "id 1 is in `a` and in `b`"),
        (vec![category("a", &[-1]), category("b", &[255])], "id 255"),
        (vec![category("a", &[256])], "has the id 256"),
        (vec![category("a", &[]), category("a", &[])], "called `a`"),
        (vec![category("", &[])], "called ``"),
    ] {
        let error = CategoryMap::new("it", categories).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("categories.toml");
    for (text, part) in [("[[category]]\nnam = 1", "line 2"), ("category = 1", "[[category]]"), ("", "category")] {
        std::fs::write(&file, text).unwrap();
        let error = CategoryMap::read(&file).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("categories.toml"), "{error}");
    }
}

#[test]
fn sets_of_maps_that_do_not_fit_are_refused() {
    let set = |items: usize, size, classes, pixels: &[u8]| {
        LabelMapSet::new("it", (0..items).map(|item| item.to_string()).collect(), size, classes, pixels.to_vec())
    };
    assert!(set(2, [1, 2], 3, &[0, 1, 2, 0]).is_ok());
    for (error, part) in [
        (set(2, [1, 2], 3, &[0, 1, 2]), "3 pixels for 2 maps"),
        (set(2, [1, 2], 2, &[0, 1, 2, 0]), "1 holds class 2 of 2"),
        (set(0, [0, 2], 2, &[]), "at least 1 x 1"),
        (set(1, [1, 1], 0, &[0]), "0 classes"),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn pads_are_seven_percent_and_the_published_ones_are_swapped() {
    let pads = |pads: LabelPads| pads.rows_and_columns(32, 64);
    assert_eq!([LabelPads::None, LabelPads::Intended, LabelPads::Published].map(pads), [(0, 0), (2, 4), (4, 2)]);
    assert!(LabelAugment { flip: 1.5, ..LabelAugment::default() }.check().is_err());
    assert!(LabelAugment { flip: f64::NAN, ..LabelAugment::default() }.check().is_err());
    assert!(LabelAugment::default().check().is_ok());
}

/// Every pixel holds its row and column: class `row * 16 + column` of a 16 x 16 map.
fn coordinates() -> LabelMapSet {
    LabelMapSet::new("it", vec!["map".into()], [16, 16], 256, (0..=255).collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn augmentation_brings_in_no_class_and_keeps_the_shape(
        map in prop::collection::vec(0u8..8, 20 * 30), seed in any::<u64>(), published in any::<bool>(),
    ) {
        let pads = if published { LabelPads::Published } else { LabelPads::Intended };
        let mut rng = keyed_rng(seed, 0, 0, Stream::LabelMap);
        let augmented = LabelAugment { flip: 0.5, pads }.apply(&map, 20, 30, &mut rng);
        prop_assert_eq!(augmented.len(), map.len());
        let classes = |map: &[u8]| map.iter().copied().collect::<BTreeSet<u8>>();
        prop_assert!(classes(&augmented).is_subset(&classes(&map)));
    }

    #[test]
    fn augmentation_is_padding_by_the_edge_cropping_and_flipping(
        seed in any::<u64>(), flip in prop::sample::select(vec![0.0, 1.0]),
    ) {
        let set = coordinates();
        let augment = LabelAugment { flip, pads: LabelPads::Intended };
        let batch = set.augmented(&[0], &augment, seed, 1, 2);
        let at = |y: usize, x: usize| (batch[y * 16 + x] / 16, batch[y * 16 + x] % 16);
        // A side of 16 is padded by one row and one column: the middle tells the shift, which then holds everywhere.
        let (dy, dx) = (at(8, 8).0 - 8, if flip == 1.0 { 7 } else { 8 } - at(8, 8).1);
        prop_assert!(dy.abs() <= 1 && dx.abs() <= 1);
        for y in 0..16 {
            for x in 0..16 {
                let from = (x as i32 - if flip == 1.0 { -dx } else { dx }).clamp(0, 15);
                let from = if flip == 1.0 { 15 - from } else { from };
                prop_assert_eq!(at(y, x), ((y as i32 + dy).clamp(0, 15), from));
            }
        }
    }
}

#[test]
fn batches_are_the_maps_and_augmented_ones_a_function_of_seed_epoch_and_step() {
    let set = LabelMapSet::new(
        "it",
        vec!["a".into(), "b".into()],
        [16, 16],
        256,
        [(0..=255).collect(), vec![7; 256]].concat(),
    )
    .unwrap();
    assert_eq!(set.batch(&[1, 0])[..257], [vec![7; 256], vec![0]].concat());
    let augment = LabelAugment::default();
    let batch = |seed, epoch, step| set.augmented(&[0; 8], &augment, seed, epoch, step);
    assert_eq!(batch(1, 2, 3), batch(1, 2, 3));
    for other in [batch(2, 2, 3), batch(1, 3, 3), batch(1, 2, 4)] {
        assert_ne!(batch(1, 2, 3), other);
    }
    let none = LabelAugment { flip: 0.0, pads: LabelPads::None };
    assert_eq!(set.augmented(&[0, 1], &none, 1, 2, 3), set.batch(&[0, 1]));
    // 2 x 3 x 3 outcomes in 400 draws: one that is missing has probability 18 (17/18)^400 = 2e-9.
    let many = set.augmented(&[0; 400], &augment, 1, 2, 3);
    assert_eq!(many.chunks_exact(256).map(|map| (map[136], map[137])).collect::<BTreeSet<_>>().len(), 18);
    assert_ne!(set.sha256(), coordinates().sha256());
    assert_eq!(set.part("a", 0..1).sha256(), coordinates().sha256());
}

#[test]
fn maps_are_drawn_in_the_colours_of_their_categories() {
    let palette = CategoryMap::cityscapes().palette();
    let image = palette.draw(&[1, 5], 1, 2, 3).unwrap();
    assert_eq!(image.dimensions(), (6, 3));
    assert_eq!([image.get_pixel(2, 2).0, image.get_pixel(3, 0).0], [[128, 64, 128], [70, 130, 180]]);
    let sheet = palette.sheet(&[&[1, 1], &[5, 5], &[7, 7]], 1, 2, 2, 1).unwrap();
    assert_eq!(sheet.dimensions(), (5, 3));
    let pixel = |x, y| sheet.get_pixel(x, y).0;
    assert_eq!([pixel(1, 0), pixel(2, 0), pixel(3, 0)], [[128, 64, 128], [255; 3], [70, 130, 180]]);
    assert_eq!([pixel(0, 1), pixel(0, 2), pixel(4, 2)], [[255; 3], [0, 0, 142], [255; 3]]);
    for (error, part) in [
        (palette.draw(&[8, 0], 1, 2, 1), "class 8 has no colour"),
        (palette.draw(&[0], 1, 2, 1), "1 positions, not 1 x 2"),
        (palette.draw(&[0, 0], 1, 2, 0), "scale 0"),
        (palette.sheet(&[], 1, 2, 1, 1), "0 maps"),
        (palette.draw(&[0, 0], 1, 2, 1 << 31), "draw fewer"),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    for classes in [1, 8, 27, 256] {
        let colours: BTreeSet<[u8; 3]> = Palette::distinct(classes).unwrap().colours().iter().copied().collect();
        assert_eq!(colours.len(), classes);
    }
    assert!(Palette::distinct(0).is_err() && Palette::distinct(257).is_err());
}
