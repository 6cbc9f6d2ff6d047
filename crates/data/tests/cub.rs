//! CUB Captions, on a made-up copy of the layout: four seen classes, two unseen ones, three images each.

use std::path::Path;

use halation_core::metric::Relevance;
use halation_data::DataError;
use halation_data::caption::ClassSet;
use halation_data::source::{Cub, CubOptions, SeenTestList, read_cub};
use tempfile::TempDir;

const CLASSES: [&str; 6] = ["001.Auk", "002.Bunting", "003.Crow", "004.Duck", "005.Egret", "006.Finch"];
const SEEN: [&str; 4] = ["003.Crow", "001.Auk", "006.Finch", "004.Duck"];
const UNSEEN: [&str; 2] = ["005.Egret", "002.Bunting"];

fn write(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// The layout with the given folders of images, captions and lists.
fn layout(images: &str, captions: &str, lists: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for class in CLASSES {
        for number in 1..=3 {
            // The pixels are not read here, only their place.
            write(root, &format!("{images}/{class}/Bird_{number}.jpg"), "jpeg");
            write(
                root,
                &format!("{captions}/{class}/Bird_{number}.txt"),
                format!("a {class}\nbird number {number}.\n"),
            );
        }
    }
    let list = |name: &str, lines: &[&str]| write(&root.join(lists), name, lines.join("\n") + "\n");
    list("trainvalclasses.txt", &SEEN);
    list("testclasses.txt", &UNSEEN);
    // The second is in an unseen class, the first image of it: the defect of the published list.
    list("seen_test_images.txt", &["004.Duck/Bird_2.jpg", "005.Egret/Bird_1.jpg", "001.Auk/Bird_3.jpg"]);
    list("trainclasses1.txt", &["001.Auk", "003.Crow", "004.Duck"]);
    list("valclasses1.txt", &["006.Finch"]);
    folder
}

fn read(change: impl FnOnce(&Path)) -> Result<Cub, DataError> {
    let folder = layout("images", "text_c10", "lists");
    change(folder.path());
    read_cub(folder.path(), &CubOptions::default())
}

fn ids(set: &ClassSet) -> Vec<&str> {
    set.set.images.iter().map(|image| image.id.as_str()).collect()
}

fn skipped(cub: &Cub) -> Vec<String> {
    cub.corpus.set.skipped.iter().map(|skipped| format!("{}: {}", skipped.item, skipped.reason)).collect()
}

#[test]
fn classes_of_training_and_test_are_apart_and_seen_test_images_are_held_out() {
    let cub = read(|_| ()).unwrap();
    assert_eq!((cub.corpus.set.images.len(), cub.corpus.set.captions.len()), (18, 36));
    assert_eq!(cub.class_names, CLASSES);
    let train = cub.split("train").unwrap();
    assert_eq!((train.set.images.len(), train.set.captions.len(), train.classes()), (10, 20, 4));
    assert!(!ids(&train).contains(&"004.Duck/Bird_2.jpg"));
    assert_eq!(ids(&cub.split("test_seen").unwrap()), ["001.Auk/Bird_3.jpg", "004.Duck/Bird_2.jpg"]);
    let unseen = cub.split("test_unseen").unwrap();
    assert_eq!((unseen.set.images.len(), unseen.classes()), (6, 2));
    assert_eq!(unseen.set.captions[0].id, "002.Bunting/Bird_1#0");
    assert_eq!(unseen.set.captions[1].text, "bird number 1.");
    for (image, &class) in unseen.set.images.iter().zip(&unseen.image_classes) {
        assert!(image.id.starts_with(&unseen.class_names[class]));
    }
}

#[test]
fn listed_images_of_unseen_classes_are_reported_and_take_nothing_out_of_training() {
    let folder = layout("images", "text_c10", "lists");
    let default = read_cub(folder.path(), &CubOptions::default()).unwrap();
    assert_eq!(default.misplaced, ["005.Egret/Bird_1.jpg"]);
    let report =
        "seen_test_images.txt: 005.Egret/Bird_1.jpg: it is listed as a seen test image but lies in an unseen class";
    assert_eq!(skipped(&default), [report]);
    let as_listed = CubOptions { seen_test: SeenTestList::AsListed, ..CubOptions::default() };
    let as_listed = read_cub(folder.path(), &as_listed).unwrap();
    let seen_test = as_listed.split("test_seen").unwrap();
    assert_eq!(ids(&seen_test), ["001.Auk/Bird_3.jpg", "004.Duck/Bird_2.jpg", "005.Egret/Bird_1.jpg"]);
    assert_eq!(as_listed.misplaced, default.misplaced);
    for split in ["train", "test_unseen", "train1", "val1"] {
        assert_eq!(as_listed.corpus.splits[split], default.corpus.splits[split], "{split}");
    }
}

#[test]
fn folds_split_the_seen_classes_and_are_absent_without_their_lists() {
    let cub = read(|_| ()).unwrap();
    let (train, val) = (cub.split("train1").unwrap(), cub.split("val1").unwrap());
    assert_eq!((train.classes(), train.set.images.len()), (3, 7)); // two of nine are seen test images
    assert_eq!((val.classes(), val.set.images.len()), (1, 3));
    let message = cub.split("val2").unwrap_err().to_string();
    assert!(message.contains("does not exist") && message.contains("val1 (3 images)"), "{message}");
}

#[test]
fn a_match_is_a_shared_class() {
    let unseen = read(|_| ()).unwrap().split("test_unseen").unwrap();
    let matches = unseen.class_matches();
    let truth = Relevance::from_classes(&unseen.image_classes, &unseen.caption_classes).unwrap();
    for (image, captions) in matches.captions_of_image().iter().enumerate() {
        assert_eq!(captions.len(), 6); // three images of the class with two captions each
        let class = unseen.image_classes[image];
        assert!(captions.iter().all(|&caption| unseen.caption_classes[caption] == class));
        assert!(truth.positives(image).iter().map(|&caption| caption as usize).eq(captions.iter().copied()));
    }
    assert_eq!(unseen.set.matches.captions_of_image()[0], [0, 1]);
}

#[test]
fn the_published_folders_are_found_and_others_can_be_named() {
    for lists in ["", "lists", "annotations/cub"] {
        let folder = layout("CUB_200_2011/images", "cvpr2016_cub/text_c10", lists);
        read_cub(folder.path(), &CubOptions::default()).unwrap();
    }
    let folder = layout("birds", "words", "names");
    let options = CubOptions {
        images: Some("birds".into()),
        captions: Some("words".into()),
        lists: Some("names".into()),
        ..CubOptions::default()
    };
    assert_eq!(read_cub(folder.path(), &options).unwrap().corpus.set.images.len(), 18);
    assert!(read_cub(folder.path(), &CubOptions::default()).is_err());
}

#[test]
fn everything_that_is_missing_is_listed_with_where_to_get_it() {
    let empty = tempfile::tempdir().unwrap();
    let error = read_cub(empty.path(), &CubOptions::default()).unwrap_err();
    let DataError::Missing { missing, .. } = &error else { panic!("{error:?}") };
    assert_eq!(
        missing[..],
        [
            "images or CUB_200_2011/images (folder)",
            "text_c10 or cvpr2016_cub/text_c10 (folder)",
            "trainvalclasses.txt",
            "testclasses.txt",
            "seen_test_images.txt",
        ]
    );
    let message = error.to_string();
    assert!(message.contains("Caltech-UCSD Birds-200-2011") && message.contains("Reed et al. 2016"), "{message}");

    let error = read(|root| {
        std::fs::remove_file(root.join("lists/testclasses.txt")).unwrap();
        std::fs::remove_file(root.join("lists/valclasses1.txt")).unwrap();
    });
    assert!(
        matches!(&error, Err(DataError::Missing { missing, .. }) if *missing == ["testclasses.txt", "valclasses1.txt"])
    );

    let error = read(|root| {
        std::fs::remove_dir_all(root.join("images/004.Duck")).unwrap();
        std::fs::remove_dir_all(root.join("text_c10/002.Bunting")).unwrap();
    });
    let expected = ["images/004.Duck (folder)", "text_c10/002.Bunting (folder)"];
    assert!(matches!(&error, Err(DataError::Missing { missing, .. }) if *missing == expected), "{error:?}");
}

#[test]
fn a_long_list_of_missing_classes_is_cut_and_counted() {
    let many: Vec<String> = (0..30).map(|class| format!("{class:03}.Ghost")).collect();
    let error = read(|root| write(root, "lists/testclasses.txt", many.join("\n"))).unwrap_err();
    let DataError::Missing { missing, .. } = &error else { panic!("{error:?}") };
    assert_eq!((missing.len(), missing[20].as_str()), (21, "and 40 more"));
}

#[test]
fn single_files_that_cannot_be_used_are_reported() {
    let cub = read(|root| {
        std::fs::remove_file(root.join("text_c10/001.Auk/Bird_1.txt")).unwrap();
        std::fs::remove_file(root.join("images/003.Crow/Bird_2.jpg")).unwrap();
        write(root, "text_c10/003.Crow/Bird_3.txt", b"caf\xe9 coloured\n\na crow\r\n");
        write(root, "text_c10/006.Finch/Bird_1.txt", "");
        write(root, "text_c10/006.Finch/Bird_2.txt", vec![b'x'; 1 << 20 | 1]);
        write(root, "images/007.Grouse/Bird_1.jpg", "jpeg");
        write(root, "lists/seen_test_images.txt", "004.Duck/Bird_9.jpg\n");
    })
    .unwrap();
    assert_eq!(
        skipped(&cub),
        [
            "image 001.Auk/Bird_1.jpg: its caption file is not there",
            "caption 003.Crow/Bird_3#0: it is not UTF-8",
            "caption 003.Crow/Bird_3#1: the caption is empty",
            "captions 003.Crow/Bird_2.txt: the image file is not there",
            "caption 006.Finch/Bird_1#0: the caption is empty",
            "image 006.Finch/Bird_2.jpg: its caption file has 1048577 bytes",
            "image 006.Finch/Bird_1.jpg: the image has no caption",
            "seen_test_images.txt: 004.Duck/Bird_9.jpg: it is listed as a seen test image but is not in the set",
            "class 007.Grouse: it is in no class list",
        ]
    );
    assert!(
        cub.corpus.set.captions.iter().any(|caption| caption.id == "003.Crow/Bird_3#2" && caption.text == "a crow")
    );
    assert!(cub.misplaced.is_empty());
}

#[test]
fn lists_that_contradict_each_other_are_errors_that_name_the_list() {
    for (name, content, says) in [
        ("testclasses.txt", "005.Egret\n003.Crow\n", "class `003.Crow` is in training as well"),
        ("testclasses.txt", "005.Egret\n005.Egret\n", "line 2: `005.Egret` occurs twice"),
        ("trainvalclasses.txt", "\n\n", "the list is empty"),
        ("valclasses1.txt", "001.Auk\n", "class `001.Auk` is in training as well"),
        ("valclasses1.txt", "002.Bunting\n", "class `002.Bunting` is not in trainvalclasses.txt"),
        ("trainvalclasses.txt", "../../etc\n", "line 1: `../../etc` leaves the folder"),
        ("seen_test_images.txt", "/etc/passwd\n", "line 1: `/etc/passwd` leaves the folder"),
    ] {
        let error = read(|root| write(root, &format!("lists/{name}"), content)).unwrap_err();
        assert!(matches!(&error, DataError::Format { path, .. } if path.ends_with(name)), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
}
