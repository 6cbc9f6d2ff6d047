//! COCO 5K, COCO 1K, CxC and ECCV Caption on the published ground truths, against the `eccv_caption` package.
//!
//! The distance between an image and a caption is a hash of their ids, shortened when they are a positive pair, so that every
//! figure can be compared without any model. Expected figures: `expected_scores.json` beside the ground truth, made with the
//! package from full rankings.

use std::collections::HashSet;
use std::ops::Range;

use halation_core::metric::*;
use halation_data::format::CaptionGroundTruth;
use halation_data::testing::shared_data;

const FOLDER: &str = "conformance/eccv_caption";

fn mix(image: u32, caption: u32) -> u32 {
    let mut x = image.wrapping_mul(0x9E37_79B1).wrapping_add(caption.wrapping_mul(0x85EB_CA77));
    x ^= x >> 15;
    x = x.wrapping_mul(0x2C1B_3C6D);
    x ^= x >> 12;
    x = x.wrapping_mul(0x297A_2D39);
    x ^ (x >> 15)
}

/// One direction of the hashed scores, `-distance`, exact in double precision.
struct Hashed<'a> {
    queries: &'a [u32],
    gallery: &'a [u32],
    images_ask: bool,
    /// Positions of the positives of every query, of any ground truth and direction.
    close: Vec<Vec<usize>>,
}

impl ScoreRows<f64> for Hashed<'_> {
    fn queries(&self) -> usize {
        self.queries.len()
    }

    fn gallery(&self) -> usize {
        self.gallery.len()
    }

    fn fill(&self, rows: Range<usize>, out: &mut [f64]) {
        for (query, out) in rows.zip(out.chunks_exact_mut(self.gallery.len())) {
            let distance = |item: u32| {
                if self.images_ask { mix(self.queries[query], item) } else { mix(item, self.queries[query]) }
            };
            for (score, &item) in out.iter_mut().zip(self.gallery) {
                *score = -f64::from(distance(item));
            }
            for &item in &self.close[query] {
                out[item] = -f64::from(distance(self.gallery[item]) >> 12);
            }
        }
    }
}

/// The ids in rising order, which makes ties go by id, as numbers and as text.
fn rising(ids: Vec<String>) -> (Vec<u32>, Vec<String>) {
    let mut numbers: Vec<u32> = ids.iter().map(|id| id.parse().unwrap()).collect();
    numbers.sort_unstable();
    let text = numbers.iter().map(u32::to_string).collect();
    (numbers, text)
}

struct Case {
    truth: CaptionTruth,
    images: Vec<u32>,
    captions: Vec<u32>,
    captions_of_image: Vec<Vec<usize>>,
    images_of_caption: Vec<Vec<usize>>,
}

impl Case {
    fn load() -> Option<Self> {
        let gts = CaptionGroundTruth::read(&shared_data(FOLDER)?.join("eccv_caption_gts.tar.gz")).unwrap();
        let (images, image_ids) = rising(gts.image_ids());
        let (captions, caption_ids) = rising(gts.caption_ids());
        let truth = gts.truth(&image_ids, &caption_ids).unwrap();
        let mut captions_of_image = vec![HashSet::new(); images.len()];
        let mut images_of_caption = vec![Vec::new(); captions.len()];
        for both in [&truth.coco, &truth.cxc, &truth.eccv] {
            for (image, captions) in captions_of_image.iter_mut().enumerate() {
                captions.extend(both.i2t.positives(image).iter().map(|&caption| caption as usize));
            }
            for caption in 0..captions.len() {
                for &image in both.t2i.positives(caption) {
                    captions_of_image[image as usize].insert(caption);
                }
            }
        }
        for (image, captions) in captions_of_image.iter().enumerate() {
            captions.iter().for_each(|&caption| images_of_caption[caption].push(image));
        }
        let captions_of_image = captions_of_image.into_iter().map(|set| set.into_iter().collect()).collect();
        Some(Self { truth, images, captions, captions_of_image, images_of_caption })
    }

    fn image_rows(&self) -> Hashed<'_> {
        Hashed {
            queries: &self.images,
            gallery: &self.captions,
            images_ask: true,
            close: self.captions_of_image.clone(),
        }
    }

    fn caption_rows(&self) -> Hashed<'_> {
        Hashed {
            queries: &self.captions,
            gallery: &self.images,
            images_ask: false,
            close: self.images_of_caption.clone(),
        }
    }
}

#[test]
fn every_published_figure_is_reproduced_to_a_millionth() {
    assert_eq!(mix(42, 38), 1_514_236_592, "the hash is not the one the figures were made with");
    let Some(case) = Case::load() else { return };
    assert_eq!(case.captions_of_image.iter().map(Vec::len).sum::<usize>(), 54_157);

    let expected: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shared_data(FOLDER).unwrap().join("expected_scores.json")).unwrap())
            .unwrap();
    let found = CaptionProtocol::evaluate(
        &CaptionProtocol::ALL,
        &case.truth,
        &case.image_rows(),
        &case.caption_rows(),
        Ties::ByIndex,
    )
    .unwrap();
    let metrics: Vec<_> = found.iter().flat_map(|scores| scores.metrics.clone()).collect();
    let figures = expected.as_object().unwrap().iter().filter(|(name, _)| *name != "top10_check");
    let mut compared = 0;
    for (name, value) in figures {
        let (_, found) =
            metrics.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("{name} is not reported"));
        for (direction, found) in [("i2t", found.i2t), ("t2i", found.t2i)] {
            let expected = value[direction].as_f64().unwrap();
            assert!((found - expected).abs() < 1e-6, "{name} {direction}: {found}, expected {expected}");
            compared += 1;
        }
    }
    assert_eq!(compared, 2 * metrics.len());

    // The query counts of the papers; captions without a CxC positive are left out and counted.
    let counts: Vec<_> =
        found.iter().map(|scores| (scores.queries.i2t, scores.queries.t2i, scores.excluded.t2i)).collect();
    assert_eq!(counts, [(5000, 25000, 0), (5000, 25000, 0), (5000, 24972, 28), (1261, 1332, 23668)]);

    let first_ten = |rows: &Hashed<'_>, id: u32| -> Vec<u32> {
        let query = rows.queries.binary_search(&id).unwrap();
        let mut row = vec![0.0; rows.gallery.len()];
        rows.fill(query..query + 1, &mut row);
        top_k(&row, 10).into_iter().map(|item| rows.gallery[item as usize]).collect()
    };
    let ids = |name: &str| -> Vec<u32> { serde_json::from_value(expected["top10_check"][name].clone()).unwrap() };
    assert_eq!(first_ten(&case.image_rows(), 42), ids("image_42"));
    assert_eq!(first_ten(&case.caption_rows(), 38), ids("caption_38"));
}

#[test]
fn an_extracted_folder_and_its_archive_give_the_same_truth() {
    let Some(folder) = shared_data(FOLDER) else { return };
    let archive = folder.join("eccv_caption_gts.tar.gz");
    let extracted = tempfile::tempdir().unwrap();
    let bytes = std::fs::File::open(&archive).unwrap();
    tar::Archive::new(flate2::read::GzDecoder::new(bytes)).unpack(extracted.path()).unwrap();
    let (a, b) = (CaptionGroundTruth::read(&archive).unwrap(), CaptionGroundTruth::read(extracted.path()).unwrap());
    assert_eq!(a.image_ids(), b.image_ids());
    let truth = |gts: &CaptionGroundTruth| gts.truth(&gts.image_ids(), &gts.caption_ids()).unwrap();
    assert_eq!(truth(&a), truth(&b));
    assert!(a.is_positive_anywhere(179_765, 38) && !a.is_positive_anywhere(179_765, 391));

    // What is missing or not the test set is named.
    let mut captions = a.caption_ids();
    captions[7] = captions[8].clone();
    captions[9] = "dog.jpg".into();
    let error = a.truth(&a.image_ids(), &captions).unwrap_err().to_string();
    assert!(error.starts_with("caption ids: 2 missing, the first is"), "{error}");
    assert!(error.contains("1 not in the test set, the first is `dog.jpg`; 1 repeated"), "{error}");
    std::fs::remove_file(extracted.path().join("cxc_image_to_caption.json")).unwrap();
    std::fs::remove_file(extracted.path().join("coco_test_ids.npy")).unwrap();
    let error = CaptionGroundTruth::read(extracted.path()).unwrap_err().to_string();
    assert!(error.contains("coco_test_ids.npy, cxc_image_to_caption.json"), "{error}");
}
