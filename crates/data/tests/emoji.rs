//! The emoji set: counts from the data's own README, and layouts that are broken.

use halation_data::image::{DecodeLimits, ImageCache, SquareFit};
use halation_data::source::{EmojiCaptions, EmojiOptions, HashSplit, read_emoji};
use halation_data::testing::shared_data;
use std::collections::HashSet;

#[test]
fn the_emoji_set_has_the_published_counts() {
    let Some(folder) = shared_data("captions/emoji") else { return };
    let plain = read_emoji(&folder, &EmojiOptions::default()).unwrap();
    let all = read_emoji(&folder, &EmojiOptions { skin_tones: true, ..EmojiOptions::default() }).unwrap();
    let skipped = |reason: &str| plain.skip_summary().into_iter().find(|(known, _)| known.contains(reason)).unwrap().1;

    assert_eq!(plain.set.images.len(), 1655);
    assert_eq!(all.set.images.len(), 3530);
    assert_eq!(skipped("skin-tone variant"), 1890);
    assert_eq!(plain.set.images.len() + plain.set.skipped.len(), 3583);
    assert_eq!(all.set.images.len() + all.set.skipped.len(), 3583);
    assert_eq!(all.skip_summary(), [("the emoji has no annotation".to_owned(), 53)]);
    // 3,704 distinct keywords of all 3,530, and their names that are not keywords themselves.
    assert!(all.set.captions.len() > 3704);
}

#[test]
fn a_caption_is_one_item_that_matches_every_emoji_that_carries_it() {
    let Some(folder) = shared_data("captions/emoji") else { return };
    let corpus = read_emoji(&folder, &EmojiOptions::default()).unwrap();
    let texts: HashSet<&str> = corpus.set.captions.iter().map(|caption| caption.text.as_str()).collect();
    assert_eq!(texts.len(), corpus.set.captions.len());
    let caption = |text: &str| corpus.set.captions.iter().position(|caption| caption.text == text).unwrap();
    let image = |id: &str| corpus.set.images.iter().position(|image| image.id == id).unwrap();
    assert!(corpus.set.matches.contains(image("1f600"), caption("grinning face")));
    assert!(corpus.set.matches.images_of_caption()[caption("face")].len() > 50);
    assert_eq!(corpus.set.matches.images_of_caption()[caption("grinning face")].len(), 1);
}

#[test]
fn the_splits_are_disjoint_cover_the_set_and_keep_variants_with_their_base() {
    let Some(folder) = shared_data("captions/emoji") else { return };
    let split = HashSplit { seed: 3, ..HashSplit::default() };
    let corpus = read_emoji(&folder, &EmojiOptions { skin_tones: true, split, ..EmojiOptions::default() }).unwrap();
    let mut seen = vec![None; corpus.set.images.len()];
    for (name, images) in &corpus.splits {
        for &image in images {
            assert!(seen[image].replace(name).is_none());
        }
    }
    assert!(seen.iter().all(Option::is_some));
    assert!(corpus.splits["train"].len() > 7 * corpus.splits["test"].len() / 2);
    let of = |id: &str| seen[corpus.set.images.iter().position(|image| image.id == id).unwrap()];
    for tone in ["1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"] {
        assert_eq!(of("1f44b"), of(&format!("1f44b_{tone}")));
    }
    let test = corpus.split("test").unwrap();
    assert!(test.matches.images_of_caption().iter().all(|images| !images.is_empty()));
    assert!(corpus.split("tset").unwrap_err().to_string().contains("test ("));
}

#[test]
fn ten_languages_and_emojilib_are_there() {
    let Some(folder) = shared_data("captions/emoji") else { return };
    for language in ["de", "fr", "es", "ja", "hi", "ko", "zh", "ru", "ar"] {
        let options = EmojiOptions { language: language.into(), ..EmojiOptions::default() };
        assert_eq!(read_emoji(&folder, &options).unwrap().set.images.len(), 1655, "{language}");
    }
    let error = read_emoji(&folder, &EmojiOptions { language: "xx".into(), ..EmojiOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("ar, de, en"), "{error}");
    let options = |captions| EmojiOptions { captions, skin_tones: true, ..EmojiOptions::default() };
    assert_eq!(read_emoji(&folder, &options(EmojiCaptions::Emojilib)).unwrap().set.images.len(), 1644);
    assert!(read_emoji(&folder, &options(EmojiCaptions::Both)).unwrap().set.images.len() >= 3530);
}

#[test]
fn every_emoji_decodes_on_white() {
    let Some(folder) = shared_data("captions/emoji") else { return };
    let corpus = read_emoji(&folder, &EmojiOptions::default()).unwrap();
    let (cache, set) = ImageCache::build(&corpus.set, 32, SquareFit::Squash, &DecodeLimits::default()).unwrap();
    assert_eq!((cache.len(), set.images.len()), (1655, 1655));
    let white_corners = (0..cache.len()).filter(|&image| cache.planes(image)[0] == 255).count();
    assert!(white_corners > 1200, "{white_corners} have a white corner");
}

#[test]
fn a_folder_without_the_archives_is_an_error_that_says_which_and_where_to_get_them() {
    let folder = tempfile::tempdir().unwrap();
    let message = read_emoji(folder.path(), &EmojiOptions::default()).unwrap_err().to_string();
    for part in ["noto_emoji_png32.tar.gz", "cldr_annotations_10langs.tar.gz", "github.com/googlefonts/noto-emoji"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_cut_archive_is_an_error_that_names_it() {
    let Some(source) = shared_data("captions/emoji") else { return };
    let folder = tempfile::tempdir().unwrap();
    for name in ["noto_emoji_png32.tar.gz", "cldr_annotations_10langs.tar.gz"] {
        let bytes = std::fs::read(source.join(name)).unwrap();
        std::fs::write(folder.path().join(name), &bytes[..bytes.len() / 2]).unwrap();
    }
    let message = read_emoji(folder.path(), &EmojiOptions::default()).unwrap_err().to_string();
    assert!(message.contains("cldr_annotations_10langs.tar.gz"), "{message}");
}
