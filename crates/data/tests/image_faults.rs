//! Images that must be refused, with an error that names them.

use halation_data::DataError;
use halation_data::caption::{CaptionItem, CaptionSet, ImageItem, ImageSource, Matches};
use halation_data::image::{DecodeLimits, ImageCache, SquareFit, decode, decode_on};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/decode").join(name)
}

fn decode_bytes(bytes: Vec<u8>) -> Result<image::RgbImage, DataError> {
    decode(&ImageSource::Encoded(bytes.into()), &DecodeLimits::default())
}

#[test]
fn a_png_claiming_65535_x_65535_pixels_is_refused() {
    let message = decode(&ImageSource::File(file("bomb.png")), &DecodeLimits::default()).unwrap_err().to_string();
    assert!(message.contains("bomb.png") && message.contains("at most 16384 x 16384"), "{message}");
}

#[test]
fn a_jpeg_claiming_65535_x_65535_pixels_is_refused() {
    let mut bytes = std::fs::read(file("rgb_444.jpg")).unwrap();
    let frame = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    bytes[frame + 5..frame + 9].fill(0xFF);
    let message = decode_bytes(bytes).unwrap_err().to_string();
    assert!(message.contains("at most 16384 x 16384"), "{message}");
}

#[test]
fn a_bmp_and_a_tiff_past_the_memory_limit_are_refused() {
    let tight = DecodeLimits { max_alloc: 1000, ..DecodeLimits::default() };
    for name in ["rgb.bmp", "rgb.tif", "rgb.webp", "palette.gif", "rgb_444.jpg", "rgb.png"] {
        let message = decode(&ImageSource::File(file(name)), &tight).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains("at most"), "{message}");
    }
}

#[test]
fn an_image_past_the_pixel_limits_is_refused_and_one_at_the_limits_is_not() {
    let at = DecodeLimits { max_width: 16, max_height: 12, ..DecodeLimits::default() };
    assert!(decode(&ImageSource::File(file("rgb.png")), &at).is_ok());
    for below in [DecodeLimits { max_width: 15, ..at }, DecodeLimits { max_height: 11, ..at }] {
        for name in ["rgb.png", "rgb_444.jpg", "rgb.webp", "rgb.bmp", "palette.gif", "rgb.tif"] {
            assert!(decode(&ImageSource::File(file(name)), &below).is_err(), "{name}");
        }
    }
}

#[test]
fn a_file_past_the_file_limit_is_not_read() {
    let limits = DecodeLimits { max_file: 100, ..DecodeLimits::default() };
    let message = decode(&ImageSource::File(file("rgb.png")), &limits).unwrap_err().to_string();
    assert!(message.contains("at most 100 bytes"), "{message}");
}

#[test]
fn every_truncation_of_every_format_is_an_error_and_never_a_panic() {
    for name in [
        "rgb.png",
        "palette.png",
        "rgb_444.jpg",
        "rgb_420.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "exif_6.jpg",
        "rgb.webp",
        "rgb.bmp",
    ] {
        let bytes = std::fs::read(file(name)).unwrap();
        assert!(decode_bytes(bytes.clone()).is_ok());
        // The last dozen bytes of a PNG are its end chunk: nothing of the picture is lost without them.
        let essential = if name.ends_with("png") { bytes.len() - 16 } else { bytes.len() - 1 };
        for length in (0..=essential).step_by(3).chain([essential]) {
            assert!(decode_bytes(bytes[..length].to_vec()).is_err(), "{name} cut to {length} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn flipped_bytes_never_panic() {
    for name in [
        "rgb.png",
        "rgb_420.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "rgb.webp",
        "rgb.bmp",
        "rgb.tif",
        "palette.gif",
        "exif_6.jpg",
    ] {
        let bytes = std::fs::read(file(name)).unwrap();
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 0xFF;
            let _ = decode_bytes(broken);
        }
    }
}

#[test]
fn an_empty_file_a_text_file_and_a_missing_file_are_errors_that_name_the_path() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, says) in
        [("empty.jpg", "", "is empty"), ("note.jpg", "this is a letter, not a picture", "no known image format")]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let message = decode(&ImageSource::File(path), &DecodeLimits::default()).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains(says), "{message}");
    }
    let error = decode(&ImageSource::File(folder.path().join("absent.jpg")), &DecodeLimits::default()).unwrap_err();
    assert!(matches!(error, DataError::Io { .. }) && error.to_string().contains("absent.jpg"), "{error}");
}

#[test]
fn transparency_shows_the_background_that_was_asked_for() {
    let clear = image::RgbaImage::from_pixel(2, 2, image::Rgba([9, 9, 9, 0]));
    let mut bytes = Vec::new();
    clear.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    let source = ImageSource::Encoded(bytes.into());
    assert_eq!(decode(&source, &DecodeLimits::default()).unwrap().get_pixel(0, 0).0, [255; 3]);
    assert_eq!(decode_on(&source, &DecodeLimits::default(), [1, 2, 3]).unwrap().get_pixel(0, 0).0, [1, 2, 3]);
}

/// Two good images, one broken; captions: `a` of the first, `b` of the broken, `c` of the broken and the last.
fn set_with_a_broken_image() -> CaptionSet {
    let pixels = |level| ImageSource::Pixels(Arc::new(image::RgbImage::from_pixel(9, 6, image::Rgb([level; 3]))));
    let sources = [pixels(10), ImageSource::Encoded(Arc::from(*b"not an image")), pixels(30)];
    CaptionSet {
        images: sources.into_iter().enumerate().map(|(id, source)| ImageItem { id: id.to_string(), source }).collect(),
        captions: ["a", "b", "c"].map(|id| CaptionItem { id: id.into(), text: id.into() }).to_vec(),
        matches: Matches::from_pairs(3, 3, [(0, 0), (1, 1), (1, 2), (2, 2)]),
        skipped: Vec::new(),
    }
}

#[test]
fn the_cache_skips_a_broken_image_and_reports_it_with_the_caption_that_lost_its_image() {
    for fit in [SquareFit::CenterCrop, SquareFit::Squash] {
        let (cache, set) = ImageCache::build(&set_with_a_broken_image(), 4, fit, &DecodeLimits::default()).unwrap();
        assert_eq!((cache.len(), cache.size(), set.images.len(), set.captions.len()), (2, 4, 2, 2));
        assert_eq!(set.images[1].id, "2");
        assert!(cache.planes(0).iter().all(|&level| level == 10) && cache.planes(1).iter().all(|&level| level == 30));
        let skipped: Vec<&str> = set.skipped.iter().map(|skipped| skipped.item.as_str()).collect();
        assert_eq!(skipped, ["image 1", "caption b"]);
        assert!(set.matches.contains(1, 1) && !set.matches.contains(0, 1));
    }
}

#[test]
fn a_cache_of_nothing_usable_is_an_error() {
    let mut set = set_with_a_broken_image().subset(&[1]);
    let message = ImageCache::build(&set, 4, SquareFit::Squash, &DecodeLimits::default()).unwrap_err().to_string();
    assert!(message.contains("no image can be used") && message.contains("no known image format"), "{message}");
    set = CaptionSet::default();
    assert!(ImageCache::build(&set, 4, SquareFit::Squash, &DecodeLimits::default()).is_err());
}

#[test]
fn cached_pixels_and_normalised_values_agree_with_the_planes() {
    let gradient = image::RgbImage::from_fn(5, 5, |x, y| image::Rgb([x as u8, 10 + y as u8, 100 + (x * y) as u8]));
    let set = CaptionSet {
        images: vec![ImageItem { id: "g".into(), source: ImageSource::Pixels(Arc::new(gradient.clone())) }],
        captions: vec![CaptionItem { id: "g".into(), text: "g".into() }],
        matches: Matches::from_pairs(1, 1, [(0, 0)]),
        skipped: Vec::new(),
    };
    let (cache, _) = ImageCache::build(&set, 5, SquareFit::CenterCrop, &DecodeLimits::default()).unwrap();
    assert_eq!(cache.pixels(0), gradient);
    let values = cache.normalized(&[0, 0], [0.0; 3], [1.0; 3]);
    assert_eq!(values.len(), 2 * 3 * 25);
    assert_eq!(values[75 + 25 + 5 * 3 + 2], 13.0 / 255.0); // second copy, green, row 3, column 2
}
