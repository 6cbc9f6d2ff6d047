//! Readers of caption sets: real data, small made layouts, and broken ones.

use halation_data::DataError;
use halation_data::source::{
    Corpus, CsvFolderOptions, read_coco_captions, read_coco_instances, read_csv_folder, read_karpathy,
};
use halation_data::testing::shared_data;
use proptest::prelude::*;
use std::path::Path;
use tempfile::TempDir;

/// A folder with one-pixel images of these names and the given text files.
fn folder(images: &[&str], files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in images {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::new(1, 1).save_with_format(path, image::ImageFormat::Png).unwrap();
    }
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn texts(corpus: &Corpus) -> Vec<&str> {
    corpus.set.captions.iter().map(|caption| caption.text.as_str()).collect()
}

fn skipped(corpus: &Corpus) -> Vec<String> {
    corpus.set.skipped.iter().map(|skipped| format!("{}: {}", skipped.item, skipped.reason)).collect()
}

fn csv(images: &[&str], content: &str) -> Result<Corpus, DataError> {
    let folder = folder(images, &[("captions.txt", content)]);
    read_csv_folder(folder.path(), &CsvFolderOptions::default())
}

#[test]
fn the_flickr8k_subset_has_677_images_with_five_captions_each() {
    let Some(root) = shared_data("captions/flickr8k_subset") else { return };
    let corpus = read_csv_folder(&root, &CsvFolderOptions::default()).unwrap();
    assert_eq!((corpus.set.images.len(), corpus.set.captions.len(), corpus.set.skipped.len()), (677, 677 * 5, 0));
    assert!(corpus.set.matches.captions_of_image().iter().all(|captions| captions.len() == 5));
    assert_eq!(corpus.splits.values().map(Vec::len).sum::<usize>(), 677);
    assert_eq!(corpus.set.images[0].id, "1000268201_693b08cb0e.jpg");
    assert_eq!(corpus.set.captions[1].id, "1000268201_693b08cb0e.jpg#1");
    assert_eq!(corpus.set.captions[1].text, "A girl going into a wooden building .");
    let train = corpus.split("train").unwrap();
    assert_eq!(train.captions.len(), 5 * train.images.len());
    assert_eq!(corpus.split("train+val+test").unwrap().images.len(), 677);
}

#[test]
fn coco_mini_has_35_images_with_five_captions_and_266_boxes_in_54_classes() {
    let Some(root) = shared_data("captions/coco_mini") else { return };
    let captions = root.join("annotations/captions_val2017.json");
    let corpus = read_coco_captions(&captions, &root.join("val2017")).unwrap();
    assert_eq!((corpus.set.images.len(), corpus.set.captions.len(), corpus.set.skipped.len()), (35, 175, 0));
    assert_eq!(corpus.split("all").unwrap().images.len(), 35);

    let instances = read_coco_instances(&root.join("annotations/instances_val2017.json")).unwrap();
    assert_eq!((instances.boxes.len(), instances.categories.len(), instances.skipped.len()), (266, 80, 0));
    assert_eq!(instances.boxes.iter().filter(|item| item.crowd).count(), 3);
    let present = instances.codes.values().fold(0u128, |all, code| all | code);
    assert_eq!(present.count_ones(), 54);
    assert!(corpus.set.images.iter().any(|image| instances.codes.contains_key(&image.id)));
    for item in &instances.boxes {
        assert!(instances.codes[&item.image] >> (item.category - 1) & 1 == 1);
    }
}

#[test]
fn csv_captions_keep_commas_quotes_and_line_breaks() {
    let text = "image,caption\na.png,plain\na.png,\"one, two\"\nb.png,\"she said \"\"hi\"\"\"\nb.png,\"two\nlines\"\nb.png,a 5\" plate\n";
    let corpus = csv(&["Images/a.png", "Images/b.png"], text).unwrap();
    assert_eq!(texts(&corpus), ["plain", "one, two", "she said \"hi\"", "two\nlines", "a 5\" plate"]);
    assert_eq!(corpus.set.matches.captions_of_image(), [vec![0, 1], vec![2, 3, 4]]);
    assert_eq!(corpus.set.captions[4].id, "b.png#2");
}

#[test]
fn csv_columns_are_found_by_name_after_a_byte_order_mark_and_windows_line_ends() {
    let corpus = csv(&["images/a.png"], "\u{feff}caption,extra,image\r\na dog,1,a.png\r\n").unwrap();
    assert_eq!(texts(&corpus), ["a dog"]);
}

#[test]
fn captions_without_images_images_without_captions_and_empty_captions_are_reported() {
    let corpus =
        csv(&["Images/a.png", "Images/lonely.png"], "image,caption\na.png,yes\ngone.png,x\ngone.png,y\na.png,  \n")
            .unwrap();
    assert_eq!((corpus.set.images.len(), corpus.set.captions.len()), (1, 1));
    assert_eq!(
        skipped(&corpus),
        [
            "caption a.png#1: the caption is empty",
            "image gone.png (2 captions): the image file is not there",
            "image lonely.png: the image has no caption",
        ]
    );
    assert_eq!(corpus.skip_summary().iter().map(|(_, count)| count).sum::<usize>(), 3);
}

#[test]
fn broken_csv_files_are_errors_with_file_and_line() {
    for (content, says) in [
        ("", "no column `image`"),
        ("image;caption\n", "no column `image`"),
        ("image,caption\na.png,one, two\n", "line 2 has 3 fields; expected 2"),
        ("image,caption\na.png\n", "line 2 has 1 fields"),
        ("image,caption\n../a.png,out\n", "line 2: image `../a.png`"),
        ("image,caption\n/etc/a.png,out\n", "line 2: image `/etc/a.png`"),
        ("image,caption\n", "no image with a caption"),
        ("image,caption\ngone.png,x\n", "no image with a caption; 2 items skipped"),
    ] {
        let message = csv(&["Images/a.png"], content).unwrap_err().to_string();
        assert!(message.contains("captions.txt") && message.contains(says), "{message}");
    }
    let root = folder(&["Images/a.png"], &[]);
    std::fs::write(root.path().join("captions.txt"), b"image,caption\na.png,\xff\xfe\n").unwrap();
    let message = read_csv_folder(root.path(), &CsvFolderOptions::default()).unwrap_err().to_string();
    assert!(message.contains("line 2"), "{message}");
}

#[test]
fn a_folder_without_the_layout_says_which_files_are_missing_and_how_to_get_them() {
    let root = folder(&[], &[]);
    let message = read_csv_folder(&root.path().join("absent"), &CsvFolderOptions::default()).unwrap_err().to_string();
    assert!(message.contains("captions.txt or captions.csv") && message.contains("Images or images"), "{message}");
    assert!(message.contains("kaggle.com"), "{message}");
    let message = read_karpathy(&root.path().join("dataset_coco.json"), root.path(), None).unwrap_err().to_string();
    assert!(message.contains("dataset_coco.json") && message.contains("caption_datasets.zip"), "{message}");
    let message = read_coco_captions(&root.path().join("c.json"), &root.path().join("i")).unwrap_err().to_string();
    assert!(message.contains("c.json") && message.contains("cocodataset.org"), "{message}");
}

#[test]
fn a_split_file_decides_and_must_name_every_image_once() {
    let names = ["Images/a.png", "Images/b.png"];
    let captions = ("captions.txt", "image,caption\na.png,x\nb.png,y\n");
    let options = CsvFolderOptions { split_file: Some("split.csv".into()), ..CsvFolderOptions::default() };
    let read = |split: &str| read_csv_folder(folder(&names, &[captions, ("split.csv", split)]).path(), &options);
    let corpus = read("image,split\nb.png,test\na.png,mine\n").unwrap();
    assert_eq!((corpus.splits["mine"].as_slice(), corpus.splits["test"].as_slice()), (&[0][..], &[1][..]));
    assert!(read("image,split\nb.png,test\n").unwrap_err().to_string().contains("`a.png` is not in the split file"));
    assert!(read("image,split\na.png,x\na.png,y\nb.png,z\n").unwrap_err().to_string().contains("line 3"));
}

#[test]
fn a_set_with_one_image_is_a_set() {
    let corpus = csv(&["Images/a.png"], "image,caption\na.png,x\n").unwrap();
    assert_eq!((corpus.set.images.len(), corpus.splits.values().map(Vec::len).sum::<usize>()), (1, 1));
}

proptest! {
    #[test]
    fn reading_any_csv_gives_a_set_or_an_error_and_never_panics(rows in "[a,\"\n\r .\u{e9}]{0,60}") {
        match csv(&["Images/a"], &format!("image,caption\n{rows}")) {
            Ok(corpus) => prop_assert!(corpus.set.captions.iter().all(|caption| !caption.text.is_empty())),
            Err(error) => prop_assert!(error.to_string().contains("captions.txt")),
        }
    }

    #[test]
    fn a_written_csv_reads_back(captions in prop::collection::vec("[a-z \",.'\n]{0,12}[a-z]", 1..6)) {
        let quoted: String = captions.iter().map(|text| format!("a.png,\"{}\"\n", text.replace('"', "\"\""))).collect();
        let corpus = csv(&["Images/a.png"], &format!("image,caption\n{quoted}")).unwrap();
        prop_assert_eq!(texts(&corpus), captions.iter().map(|text| text.trim()).collect::<Vec<_>>());
    }
}

const KARPATHY: &str = r#"{"dataset": "coco", "images": [
  {"filepath": "val2014", "filename": "a.png", "cocoid": 9, "imgid": 0, "split": "restval", "sentids": [5, 6],
   "sentences": [{"sentid": 5, "raw": "A dog.", "tokens": ["a", "dog"], "imgid": 0}, {"sentid": 6, "raw": "Two.", "tokens": ["two"], "imgid": 0}]},
  {"filepath": "train2014", "filename": "b.png", "cocoid": 7, "split": "train", "sentences": [{"sentid": 1, "raw": "B", "tokens": []}]},
  {"filepath": "train2014", "filename": "gone.png", "cocoid": 8, "split": "test", "sentences": [{"sentid": 2, "raw": "C", "tokens": []}]}]}"#;

fn karpathy(json: &str, limit: Option<usize>) -> Result<Corpus, DataError> {
    let root = folder(&["val2014/a.png", "train2014/b.png", "a.png"], &[("dataset.json", json)]);
    read_karpathy(&root.path().join("dataset.json"), root.path(), limit)
}

#[test]
fn karpathy_files_keep_their_splits_and_coco_ids() {
    let corpus = karpathy(KARPATHY, None).unwrap();
    assert_eq!(corpus.set.images.iter().map(|image| image.id.as_str()).collect::<Vec<_>>(), ["9", "7"]);
    assert_eq!(corpus.set.captions.iter().map(|caption| caption.id.as_str()).collect::<Vec<_>>(), ["5", "6", "1"]);
    assert_eq!((corpus.splits["restval"].as_slice(), corpus.splits["train"].as_slice()), (&[0][..], &[1][..]));
    assert_eq!(corpus.split("train+restval").unwrap().images.len(), 2);
    assert!(skipped(&corpus)[0].contains("train2014/gone.png (1 captions): the image file is not there"));
}

#[test]
fn karpathy_captions_past_the_limit_are_reported() {
    let corpus = karpathy(KARPATHY, Some(1)).unwrap();
    assert_eq!(texts(&corpus), ["A dog.", "B"]);
    assert!(skipped(&corpus).iter().any(|line| line.starts_with("caption 6: past the number")));
}

#[test]
fn karpathy_files_of_flickr_have_no_folder_and_use_the_file_name_as_id() {
    let json = r#"{"images": [{"filename": "a.png", "split": "val", "sentences": [{"sentid": 0, "raw": "x"}]}]}"#;
    assert_eq!(karpathy(json, None).unwrap().set.images[0].id, "a.png");
}

/// The error of a split file that names `images` of `dataset`, of which none of `there` is missing.
fn karpathy_missing(dataset: &str, images: &[&str], there: &[&str]) -> (Vec<String>, String) {
    let entries: Vec<String> = images
        .iter()
        .enumerate()
        .map(|(number, path)| {
            let (folder, name) = path.rsplit_once('/').map_or((None, *path), |(folder, name)| (Some(folder), name));
            let folder = folder.map(|folder| format!(r#""filepath": "{folder}", "#)).unwrap_or_default();
            format!(
                r#"{{"filename": "{name}", {folder}"split": "test", "sentences": [{{"sentid": {number}, "raw": "x"}}]}}"#
            )
        })
        .collect();
    let json = format!(r#"{{"images": [{}], "dataset": "{dataset}"}}"#, entries.join(","));
    let root = folder(there, &[("dataset.json", &json)]);
    match read_karpathy(&root.path().join("dataset.json"), root.path(), None).unwrap_err() {
        DataError::Missing { missing, help, .. } => {
            let below = format!("{}/", root.path().display());
            (missing.into_iter().map(|path| path.replace(&below, "")).collect(), help)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_image_folders_of_coco_that_are_missing_are_named_with_their_number_of_images() {
    let images = ["train2014/a.png", "val2014/b.png", "train2014/c.png"];
    let (missing, help) = karpathy_missing("coco", &images, &["val2014/b.png"]);
    assert_eq!(missing, ["train2014 (folder of 2 images)"]);
    assert!(help.contains("train2014.zip") && !help.contains("Flickr"), "{help}");
}

#[test]
fn a_flickr30k_folder_without_any_of_its_images_is_an_error_that_names_the_first() {
    let images = ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"];
    let (missing, help) = karpathy_missing("flickr30k", &images, &["other.png"]);
    assert_eq!(missing, ["1.jpg", "2.jpg", "3.jpg", "and 2 more"]);
    assert!(help.contains("Flickr30k") && help.contains("University of Illinois"), "{help}");
}

#[test]
fn broken_karpathy_files_are_errors() {
    let image = r#"{"filename": "a.png", "split": "val", "sentences": [{"sentid": 0, "raw": "x"}]}"#;
    let other =
        r#"{"filename": "b.png", "filepath": "train2014", "split": "val", "sentences": [{"sentid": 0, "raw": "y"}]}"#;
    for (json, says) in [
        ("{".to_owned(), "line 1"),
        ("{\"images\": 3}".to_owned(), "invalid type"),
        ("{\"images\": []}".to_owned(), "no image with a caption"),
        (format!("{{\"images\": [{image}, {image}]}}"), "image id `a.png` occurs twice"),
        (format!("{{\"images\": [{image}, {other}]}}"), "caption id `0` occurs twice"),
        (image.replace("a.png", "../a.png").replace('{', "{ ").replacen("{ ", "{\"images\": [{", 1) + "]}", "../a.png"),
    ] {
        let message = karpathy(&json, None).unwrap_err().to_string();
        assert!(message.contains("dataset.json") && message.contains(says), "{json}: {message}");
    }
}

fn coco(json: &str) -> Result<Corpus, DataError> {
    let root = folder(&["a.png", "b.png"], &[("captions.json", json)]);
    read_coco_captions(&root.path().join("captions.json"), root.path())
}

#[test]
fn coco_captions_of_absent_and_unknown_images_are_reported() {
    let corpus = coco(
        r#"{"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "gone.png"}, {"id": 3, "file_name": "b.png"}],
            "annotations": [{"id": 10, "image_id": 1, "caption": "x\n"}, {"id": 11, "image_id": 2, "caption": "y"},
                            {"id": 12, "image_id": 99, "caption": "z"}, {"id": 13, "image_id": 1, "caption": ""}]}"#,
    )
    .unwrap();
    assert_eq!(texts(&corpus), ["x"]);
    assert_eq!(
        skipped(&corpus),
        [
            "image 2 (gone.png): the image file is not there",
            "caption 11: its image file is not there",
            "caption 12: its image is not in the file",
            "caption 13: the caption is empty",
            "image 3: the image has no caption",
        ]
    );
}

#[test]
fn duplicate_coco_ids_are_errors() {
    let image = r#"{"id": 1, "file_name": "a.png"}"#;
    let caption = r#"{"id": 10, "image_id": 1, "caption": "x"}"#;
    let message = coco(&format!("{{\"images\": [{image}, {image}], \"annotations\": []}}")).unwrap_err().to_string();
    assert!(message.contains("image id `1` occurs twice"), "{message}");
    let message =
        coco(&format!("{{\"images\": [{image}], \"annotations\": [{caption}, {caption}]}}")).unwrap_err().to_string();
    assert!(message.contains("caption id `10` occurs twice"), "{message}");
}

fn instances(annotations: &str) -> Result<halation_data::source::CocoInstances, DataError> {
    let json = format!(
        r#"{{"images": [{{"id": 1, "width": 100, "height": 50}}], "categories": [{{"id": 1, "name": "person"}}, {{"id": 90, "name": "toothbrush"}}],
            "annotations": [{annotations}]}}"#
    );
    let root = folder(&[], &[("instances.json", &json)]);
    read_coco_instances(&Path::new(root.path()).join("instances.json"))
}

#[test]
fn unusable_coco_boxes_are_reported_and_still_count_in_the_category_code() {
    let annotation = |id: u32, image: u32, category: u32, bbox: &str| {
        format!(r#"{{"id": {id}, "image_id": {image}, "category_id": {category}, "bbox": {bbox}, "iscrowd": 0}}"#)
    };
    let all = [
        annotation(1, 1, 1, "[0, 0, 10, 10]"),
        annotation(2, 1, 90, "[5, 5, 0, 10]"),
        annotation(3, 1, 1, "[5, 5, 3, -1]"),
        annotation(4, 1, 1, "[100, 0, 5, 5]"),
        annotation(5, 2, 1, "[0, 0, 5, 5]"),
        annotation(6, 1, 13, "[0, 0, 5, 5]"),
    ];
    let read = instances(&all.join(",")).unwrap();
    assert_eq!(read.boxes.len(), 1);
    assert_eq!(read.codes["1"], 1 | 1 << 89);
    let reasons: Vec<&str> = read.skipped.iter().map(|skipped| skipped.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "its box has no area",
            "its box has no area",
            "its box is outside the image",
            "its image is not in the file",
            "its category is not in the file"
        ]
    );
    for broken in
        [annotation(1, 1, 1, "[NaN, 0, 1, 1]"), annotation(1, 1, 1, "[0, 0, 1]"), all[0].clone() + "," + &all[0]]
    {
        assert!(matches!(instances(&broken), Err(DataError::Format { .. })), "{broken}");
    }
}
