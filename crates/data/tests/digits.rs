//! N-digit MNIST: the published counts, what images are made of, occlusion, and broken idx files.

use std::io::Write;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use halation_data::DataError;
use halation_data::testing::shared_data;
use halation_data::world::digits::{DigitImages, DigitOcclusion, Mnist, NDigit, NDigitConfig, NDigitSet, NDigitTask};
use tempfile::TempDir;

/// An idx file: magic number, shape, bytes.
fn idx(shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    bytes.extend(shape.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// `count` digits of side 4 in the order 0, 1, .., 9, 0, ..; every pixel of image `i` is `100 + i`.
fn tiny(count: usize) -> (Vec<u8>, Vec<u8>) {
    let pixels: Vec<u8> = (0..count).flat_map(|image| [100 + image as u8; 16]).collect();
    let labels: Vec<u8> = (0..count).map(|image| (image % 10) as u8).collect();
    (idx(&[count as u32, 4, 4], &pixels), idx(&[count as u32], &labels))
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A folder with 30 training digits, plain, and 20 test digits, compressed.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let (images, labels) = tiny(30);
    write("train-images-idx3-ubyte", &images);
    write("train-labels.idx1-ubyte", &labels);
    let (images, labels) = tiny(20);
    write("t10k-images-idx3-ubyte.gz", &gz(&images));
    write("t10k-labels-idx1-ubyte.gz", &gz(&labels));
    folder
}

fn mnist() -> Mnist {
    Mnist::read(folder().path()).unwrap()
}

fn counts(set: &NDigitSet) -> (usize, usize, usize) {
    (set.numbers().len(), set.per_class(), set.len())
}

#[test]
fn the_counts_are_those_of_the_published_index_files() {
    let mnist = mnist();
    for (digits, task, train, seen, unseen) in [
        (2, NDigitTask::Instance, (100, 1000, 100_000), (100, 100, 10_000), None),
        (2, NDigitTask::Number, (70, 1428, 99_960), (70, 142, 9_940), Some((30, 333, 9_990))),
        (3, NDigitTask::Instance, (1000, 100, 100_000), (1000, 10, 10_000), None),
        (3, NDigitTask::Number, (700, 142, 99_400), (100, 100, 10_000), Some((100, 100, 10_000))),
    ] {
        let splits = NDigit::generate(&mnist, &NDigitConfig { digits, task, ..NDigitConfig::default() }).unwrap();
        assert_eq!(counts(&splits.train), train, "{digits} {task:?}");
        assert_eq!(counts(&splits.test_seen), seen, "{digits} {task:?}");
        assert_eq!(splits.test_unseen.as_ref().map(counts), unseen, "{digits} {task:?}");
        let training = splits.train.numbers();
        assert!(splits.test_seen.numbers().iter().all(|number| training.contains(number)));
        if let Some(unseen) = &splits.test_unseen {
            assert!(unseen.numbers().iter().all(|number| !training.contains(number)));
        }
    }
}

#[test]
fn an_image_is_the_digits_of_its_number_side_by_side() {
    let mnist = mnist();
    let config = NDigitConfig { digits: 3, train_images: 2000, test_images: 1000, ..NDigitConfig::default() };
    let splits = NDigit::generate(&mnist, &config).unwrap();
    for (set, digits) in [(&splits.train, &mnist.train), (&splits.test_seen, &mnist.test)] {
        for index in (0..set.len()).step_by(37) {
            let written = format!("{:03}", set.number(index));
            let image = set.image(index);
            assert_eq!((image.width(), image.height()), (12, 4));
            for (place, (&part, digit)) in set.parts(index).iter().zip(written.bytes()).enumerate() {
                assert_eq!(digits.labels()[part as usize], digit - b'0');
                let columns = 4 * place as u32..4 * (place as u32 + 1);
                assert!(
                    columns
                        .flat_map(|x| (0..4).map(move |y| (x, y)))
                        .all(|(x, y)| { image.get_pixel(x, y).0[0] == 100 + part as u8 })
                );
            }
        }
        assert_eq!(set.classes().len(), set.len());
    }
    let values = splits.train.values(&[5, 0], None, 0);
    assert_eq!(values.len(), 2 * 4 * 12);
    assert_eq!(values[0], f32::from(splits.train.image(5).as_raw()[0]) / 255.0);
}

#[test]
fn the_seed_gives_the_draw_and_another_seed_another() {
    let mnist = mnist();
    let generate = |seed: u64| {
        let config = NDigitConfig { task: NDigitTask::Number, seed, ..NDigitConfig::default() };
        NDigit::generate(&mnist, &config).unwrap().train
    };
    let parts = |set: &NDigitSet| (0..200).map(|index| set.parts(index).to_vec()).collect::<Vec<_>>();
    let (first, again, other) = (generate(714), generate(714), generate(715));
    assert_eq!((first.numbers(), parts(&first)), (again.numbers(), parts(&again)));
    assert_ne!(first.numbers(), other.numbers());
    assert_ne!(parts(&first), parts(&other));
    // Every image of a digit is used about equally often: 2,000 draws of three, five standard deviations of a third.
    let wide =
        NDigit::generate(&mnist, &NDigitConfig { digits: 1, train_images: 20_000, ..NDigitConfig::default() }).unwrap();
    let sevens = (0..wide.train.len()).filter(|&index| wide.train.number(index) == 7);
    let mut uses = [0i32; 3];
    sevens.for_each(|index| uses[wide.train.parts(index)[0] as usize / 10] += 1);
    assert!(uses.iter().all(|&uses| (uses - 667).abs() < 106), "{uses:?}");
}

#[test]
fn squares_lie_within_their_digits_with_the_sides_they_report() {
    let set = NDigit::generate(&mnist(), &NDigitConfig::default()).unwrap().train;
    let occlusion = DigitOcclusion { share: 0.5, min_side: 0, max_side: 4, seed: 9 };
    let (mut spoiled, mut sides) = (0, [0usize; 5]);
    for index in 0..2000 {
        let mut image = set.image(index);
        let reported = occlusion.apply(&mut image, 3, index as u64);
        for (place, &side) in reported.iter().enumerate() {
            let black: Vec<(u32, u32)> = (4 * place as u32..4 * (place as u32 + 1))
                .flat_map(|x| (0..4).map(move |y| (x, y)))
                .filter(|&(x, y)| image.get_pixel(x, y).0[0] == 0)
                .collect();
            assert_eq!(black.len(), side * side);
            if let (Some(first), Some(last)) = (black.first(), black.last()) {
                assert_eq!((last.0 - first.0 + 1, last.1 - first.1 + 1), (side as u32, side as u32));
                spoiled += 1;
            }
            sides[side] += 1;
        }
    }
    // Half of 4,000 digits are spoiled, a fifth of these by a square of side 0; five standard deviations.
    assert!((spoiled - 1600i32).abs() < 155, "{spoiled}");
    assert!(sides[1..].iter().all(|&count| count.abs_diff(400) < 95), "{sides:?}");
}

#[test]
fn a_larger_share_spoils_the_same_digits_in_the_same_way_and_more() {
    let set = NDigit::generate(&mnist(), &NDigitConfig::default()).unwrap().train;
    let mut more = 0;
    for index in 0..300 {
        let spoil = |share: f64| {
            let mut image = set.image(index);
            let sides =
                DigitOcclusion { share, seed: 4, ..DigitOcclusion::default() }.apply(&mut image, 0, index as u64);
            (image, sides)
        };
        let ((few, few_sides), (many, many_sides)) = (spoil(0.2), spoil(0.9));
        assert!(few_sides.iter().zip(&many_sides).all(|(few, many)| few == many || *few == 0));
        assert!(few.as_raw().iter().zip(many.as_raw()).all(|(few, many)| few == many || *many == 0));
        more += usize::from(few_sides != many_sides);
    }
    assert!(more > 100, "{more}");
    let nothing = DigitOcclusion { share: 0.0, ..DigitOcclusion::default() };
    assert_eq!(set.values(&[3], Some(&nothing), 0), set.values(&[3], None, 0));
    // The whole digit at most, whatever the configuration says.
    let mut image = set.image(0);
    assert_eq!(DigitOcclusion::of_side(28, 0).apply(&mut image, 0, 0), [4, 4]);
    assert!(image.as_raw().iter().all(|&level| level == 0));
}

#[test]
fn epochs_spoil_differently_and_the_same_epoch_the_same() {
    let set = NDigit::generate(&mnist(), &NDigitConfig::default()).unwrap().train;
    let indices: Vec<usize> = (0..50).collect();
    let spoiled = |epoch: u64| set.values(&indices, Some(&DigitOcclusion::corrupted_test(1)), epoch);
    assert_eq!(spoiled(1), spoiled(1));
    assert_ne!(spoiled(1), spoiled(2));
}

#[test]
fn every_other_pair_shows_one_number_and_never_one_image_twice() {
    let set =
        NDigit::generate(&mnist(), &NDigitConfig { task: NDigitTask::Number, ..NDigitConfig::default() }).unwrap();
    let pairs = set.test_seen.verification_pairs(1000, 3).unwrap();
    assert_eq!(pairs, set.test_seen.verification_pairs(1000, 3).unwrap());
    assert_eq!(pairs.iter().filter(|pair| pair.2).count(), 500);
    for &(first, second, same) in &pairs {
        assert_ne!(first, second);
        assert_eq!(set.test_seen.number(first) == set.test_seen.number(second), same);
    }
    let single = NDigitConfig { train_images: 100, ..NDigitConfig::default() };
    let train = NDigit::generate(&mnist(), &single).unwrap().train;
    assert!(matches!(train.verification_pairs(10, 0), Err(DataError::Invalid { .. })));
}

#[test]
fn the_shared_mnist_is_whole_and_makes_two_digit_images() {
    let Some(root) = shared_data("vision/mnist") else { return };
    let mnist = Mnist::read(&root).unwrap();
    assert_eq!((mnist.train.len(), mnist.test.len(), mnist.train.side()), (60_000, 10_000, 28));
    // Counts of the digits 0 and 1, as published with the data.
    assert_eq!([mnist.train.of_digit(0).len(), mnist.train.of_digit(1).len()], [5923, 6742]);
    assert_eq!([mnist.test.of_digit(0).len(), mnist.test.of_digit(1).len()], [980, 1135]);
    assert_eq!(mnist.train.labels()[..5], [5, 0, 4, 1, 9]);
    let splits = NDigit::generate(&mnist, &NDigitConfig::default()).unwrap();
    assert_eq!(splits.train.size(), [28, 56]);
    let image = splits.train.image(4_200);
    let ink = |half: u32| {
        (0..28)
            .flat_map(|y| (0..28).map(move |x| (x, y)))
            .filter(|&(x, y)| image.get_pixel(28 * half + x, y).0[0] > 128)
            .count()
    };
    assert!(ink(0) > 20 && ink(1) > 20, "each half shows a digit");
}

fn fails(name: &str, bytes: &[u8]) -> DataError {
    let folder = folder();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    Mnist::read(folder.path()).unwrap_err()
}

#[test]
fn broken_idx_files_are_errors_that_name_the_file_and_what_is_wrong() {
    let images = "train-images-idx3-ubyte";
    let (whole, labels) = tiny(30);
    let mut wrong_magic = whole.clone();
    wrong_magic[2] = 0x0d;
    let mut longer = whole.clone();
    longer.push(0);
    let huge = idx(&[u32::MAX, u32::MAX, u32::MAX], &[]);
    for (bytes, says) in [
        (whole[..whole.len() - 1].to_vec(), "it was cut: 479 of 480 bytes"),
        (whole[..10].to_vec(), "it ends within its header"),
        (Vec::new(), "it starts with ,"),
        (wrong_magic, "it starts with 00 00 0d 03, not 00 00 08 03"),
        (labels.clone(), "it starts with 00 00 08 01"),
        (longer, "more than the 480 bytes"),
        (huge, "its header claims the shape"),
        (gz(&whole)[..60].to_vec(), "it cannot be read"),
        (idx(&[8, 3, 20], &[7; 480]), "images of 3 x 20 pixels"),
    ] {
        let error = fails(images, &bytes);
        assert!(matches!(&error, DataError::Format { path, .. } if path.ends_with(images)), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn labels_and_images_that_do_not_belong_together_are_errors() {
    let error = fails("train-labels.idx1-ubyte", &tiny(29).1).to_string();
    assert!(error.contains("30 images, 29 labels") && error.contains("train-labels"), "{error}");
    let error = fails("train-labels.idx1-ubyte", &idx(&[30], &[12; 30])).to_string();
    assert!(error.contains("label 0 is 12"), "{error}");
    let error = fails("train-labels.idx1-ubyte", &idx(&[30], &[3; 30])).to_string();
    assert!(error.contains("no image shows a 0"), "{error}");
    assert!(DigitImages::new(vec![0; 7], vec![0], 2).is_err());
    assert!(DigitImages::new(vec![0; 7], vec![0], usize::MAX).is_err());
}

#[test]
fn every_missing_file_is_named() {
    let error = Mnist::read(Path::new("/nowhere")).unwrap_err().to_string();
    for name in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1", "MNIST database"] {
        assert!(error.contains(name), "{error}");
    }
    let folder = folder();
    std::fs::remove_file(folder.path().join("t10k-labels-idx1-ubyte.gz")).unwrap();
    let error = Mnist::read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("missing t10k-labels-idx1-ubyte[.gz];"), "{error}");
}

#[test]
fn configurations_out_of_range_are_errors_that_name_the_key() {
    let standard = NDigitConfig { task: NDigitTask::Number, ..NDigitConfig::default() };
    for (config, says) in [
        (NDigitConfig { digits: 0, ..standard }, "`digits` is 0"),
        (NDigitConfig { digits: 6, ..standard }, "`digits` is 6"),
        (NDigitConfig { train_share: 1.0, ..standard }, "`train_share` is 1"),
        (NDigitConfig { train_share: 0.999, ..standard }, "leaves 100 of 100 numbers"),
        (NDigitConfig { train_images: 69, ..standard }, "`train_images` is 69"),
        (NDigitConfig { test_images: 0, ..standard }, "`test_images` is 0"),
        (NDigitConfig { min_per_class: 10_001, ..standard }, "`min_per_class` is 10001"),
    ] {
        let message = NDigit::generate(&mnist(), &config).unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    }
    for occlusion in [
        DigitOcclusion { share: 1.1, ..DigitOcclusion::default() },
        DigitOcclusion { share: f64::NAN, ..DigitOcclusion::default() },
        DigitOcclusion { min_side: 5, max_side: 4, ..DigitOcclusion::default() },
    ] {
        assert!(occlusion.validate().is_err());
    }
    DigitOcclusion::default().validate().unwrap();
}
