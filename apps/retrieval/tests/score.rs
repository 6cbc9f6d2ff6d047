//! `score` as a user meets it, on a ground truth of five images.

mod common;

use common::{app, json, text, told, write};
use halation_data::format::EmbeddingFile;
use serde_json::Value;
use std::path::{Path, PathBuf};

const IMAGES: u64 = 5;
const CAPTIONS: u64 = 10;
const DIM: usize = 9;

/// The layout of the package `eccv_caption`: two captions for every image.
fn ground_truth(folder: &Path) -> PathBuf {
    let gts = folder.join("gts");
    std::fs::create_dir(&gts).unwrap();
    let header = format!("{:<117}\n", format!("{{'descr': '<i8', 'fortran_order': False, 'shape': ({CAPTIONS},), }}"));
    let mut npy = [b"\x93NUMPY\x01\x00".as_slice(), &118u16.to_le_bytes(), header.as_bytes()].concat();
    npy.extend((100..100 + CAPTIONS).flat_map(u64::to_le_bytes));
    std::fs::write(gts.join("coco_test_ids.npy"), npy).unwrap();
    let lists = |entries: &mut dyn Iterator<Item = (u64, Vec<u64>)>| {
        let entries: Vec<String> = entries.map(|(id, others)| format!("\"{id}\": {others:?}")).collect();
        format!("{{{}}}", entries.join(", "))
    };
    for truth in ["original", "cxc", "eccv"] {
        let of_images = lists(&mut (0..IMAGES).map(|image| (image, vec![100 + 2 * image, 101 + 2 * image])));
        let of_captions = lists(&mut (0..CAPTIONS).map(|caption| (100 + caption, vec![caption / 2])));
        write(&gts, &format!("{truth}_image_to_caption.json"), &of_images);
        write(&gts, &format!("{truth}_caption_to_image.json"), &of_captions);
    }
    gts
}

/// Embeddings that lie near those of their image.
fn embeddings(path: &Path, first: u64, count: u64, uncertain: bool) -> PathBuf {
    let per_image = count / IMAGES;
    let number = |index: u64, k: usize| {
        let image = index / per_image;
        ((image as usize * 31 + k * 17) % 13) as f32 * 0.3 + ((index as usize * 7 + k * 5) % 11) as f32 * 0.1
    };
    let rows = (0..count).flat_map(|index| (0..DIM).map(move |k| (index, k)));
    let mean = rows.clone().map(|(index, k)| number(index, k)).collect();
    let log_var = uncertain.then(|| rows.map(|(index, k)| 1.0 + 0.5 * ((index as usize + k) % 5) as f32).collect());
    let ids = (first..first + count).map(|id| id.to_string()).collect();
    EmbeddingFile::new(ids, DIM, mean, log_var).unwrap().write(path).unwrap();
    path.to_owned()
}

struct Files {
    _folder: tempfile::TempDir,
    gts: PathBuf,
    images: PathBuf,
    captions: PathBuf,
}

impl Files {
    fn new(uncertain: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            gts: ground_truth(folder.path()),
            images: embeddings(&folder.path().join("images.safetensors"), 0, IMAGES, uncertain),
            captions: embeddings(&folder.path().join("captions.safetensors"), 100, CAPTIONS, uncertain),
            _folder: folder,
        }
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let files = ["--gts", text(&self.gts), "--images", text(&self.images), "--captions", text(&self.captions)];
        [&["score", "--protocol", "all"], files.as_slice(), more].concat()
    }
}

const MATCH: [&str; 4] = ["--negative-scale", "1", "--shift", "2"];

#[test]
fn a_table_of_all_measures_has_what_each_gives_alone() {
    let files = Files::new(true);
    let table = json(&app(&files.arguments(&[&["--json", "--measure", "all"], MATCH.as_slice()].concat())));
    let rows = table["measures"].as_array().unwrap();
    assert_eq!((rows.len(), table["left_out"].as_array().unwrap().len()), (17, 0), "{table}");
    for row in rows {
        let measure = row["measure"].as_str().unwrap();
        let alone = json(&app(&files.arguments(&[&["--json", "--measure", measure], MATCH.as_slice()].concat())));
        assert_eq!(row["protocols"], alone["protocols"], "{measure}");
        assert!(row["seconds"].is_f64(), "{measure}");
    }
    let perfect = |row: &Value| row["protocols"]["coco-5k"]["metrics"]["coco_5k_r1"]["mean"] == 1.0;
    assert!(perfect(&rows[0]), "embeddings lie near those of their image: {table}");
    let shown = String::from_utf8(app(&files.arguments(&["--measure", "all"])).stdout).unwrap();
    assert!(shown.contains("eccv map at r") && shown.contains("coco-5k rSum"), "{shown}");
    assert!(
        shown.contains("left out: match-probability: needs the trained --negative-scale A and --shift B"),
        "{shown}"
    );
}

#[test]
fn points_are_scored_by_the_measures_that_look_at_means_alone() {
    let files = Files::new(false);
    let table = json(&app(&files.arguments(&["--json", "--measure", "all"])));
    let names: Vec<&str> =
        table["measures"].as_array().unwrap().iter().map(|row| row["measure"].as_str().unwrap()).collect();
    assert_eq!(names, ["mean-l2", "min-coordinate", "max-coordinate", "best-of-points"]);
    assert_eq!(table["left_out"].as_array().unwrap().len(), 13);
    let stderr = told(&app(&files.arguments(&["--measure", "csd"])), 2);
    assert!(stderr.contains("no `log_var`") && stderr.contains("use mean-l2"), "{stderr}");
}

#[test]
fn samples_are_flips_of_one_draw_or_draws_of_their_own_and_seeded_either_way() {
    let files = Files::new(true);
    // Wide as these are, the draws decide about ranks.
    let outcome =
        |more: &[&str]| json(&app(&files.arguments(&[&["--json", "--measure", "sampled-l2"], more].concat())));
    let ways = [
        &["--seed", "3"][..],
        &["--seed", "4"],
        &["--seed", "3", "--samples", "4"],
        &["--seed", "4", "--samples", "4"],
    ];
    let found = ways.map(outcome);
    assert_eq!(found, ways.map(outcome));
    for (index, one) in found.iter().enumerate() {
        assert!(found[..index].iter().all(|other| other != one), "{:?}", ways[index]);
    }
    let stderr = told(&app(&files.arguments(&["--measure", "sampled-l2", "--samples", "0"])), 2);
    assert!(stderr.contains("--samples"), "{stderr}");
    let stderr = told(&app(&files.arguments(&["--measure", "match-probability"])), 2);
    assert!(stderr.contains("--negative-scale"), "{stderr}");
    let stderr = told(&app(&files.arguments(&["--measure", "cosin"])), 2);
    assert!(stderr.contains("cosin") && stderr.contains("csd"), "{stderr}");
}
