//! The emoji set: Noto pictures with CLDR names and keywords. Small, real, and truly many-to-many.

use super::emoji_annotations::{Annotations, extend, read_cldr, read_emojilib};
use super::{Corpus, HashSplit, archive::for_each_member, emoji_sequence as sequence, set_builder::SetBuilder};
use crate::DataError;
use crate::caption::ImageSource;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where the captions of the emoji come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmojiCaptions {
    /// Unicode CLDR: one name and 1 to 18 keywords per emoji, in ten languages.
    #[default]
    Cldr,
    /// emojilib: keywords chosen by its contributors, English only.
    Emojilib,
    /// Both, English only; a text that is in both is one caption.
    Both,
}

/// What to read of the emoji set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmojiOptions {
    /// The captions' source.
    pub captions: EmojiCaptions,
    /// The CLDR language: `en`, `de`, `fr`, `es`, `ja`, `hi`, `ko`, `zh`, `ru` or `ar`.
    pub language: String,
    /// Whether to keep skin-tone variants: near duplicates of their base, more than half of all pictures.
    pub skin_tones: bool,
    /// The split by unseen emoji; a variant is always in the split of its base.
    pub split: HashSplit,
}

impl Default for EmojiOptions {
    /// CLDR, English, without skin-tone variants, 80 / 10 / 10.
    fn default() -> Self {
        Self { captions: EmojiCaptions::Cldr, language: "en".into(), skin_tones: false, split: HashSplit::default() }
    }
}

/// The pictures.
const PICTURES: &str = "noto_emoji_png32.tar.gz";
/// Their CLDR annotations.
const CLDR: &str = "cldr_annotations_10langs.tar.gz";
/// Their emojilib keywords.
const EMOJILIB: &str = "emojilib-en-US.json";

/// Reads the emoji set from `folder`.
///
/// * An image is a PNG of the picture archive; its id is its code points in hexadecimal, `1f468_200d_2695`.
/// * A caption is a text: the name or a keyword. It matches *every* emoji that carries it, and its id is the text.
/// * File names and annotation keys are compared without U+FE0F.
/// * Emoji without an annotation, and skin-tone variants unless asked for, are reported in `skipped`.
///
/// # Errors
/// [`DataError::Missing`] if an archive is not there, [`DataError::Invalid`] for an unknown language,
/// [`DataError::Format`] for a broken archive or annotation file.
pub fn read_emoji(folder: &Path, options: &EmojiOptions) -> Result<Corpus, DataError> {
    let annotation_files: &[&str] = match options.captions {
        EmojiCaptions::Cldr => &[CLDR],
        EmojiCaptions::Emojilib => &[EMOJILIB],
        EmojiCaptions::Both => &[CLDR, EMOJILIB],
    };
    let missing: Vec<String> = std::iter::once(&PICTURES)
        .chain(annotation_files)
        .filter(|file| !folder.join(file).is_file())
        .map(|file| (*file).to_owned())
        .collect();
    if !missing.is_empty() {
        return Err(DataError::Missing {
            root: folder.to_path_buf(),
            layout: "emoji set",
            missing,
            help: format!(
                "pack {PICTURES} from github.com/googlefonts/noto-emoji (png/32/*.png), {CLDR} from \
                 github.com/unicode-org/cldr-json (<language>/annotations.json and annotations-derived.json), \
                 take {EMOJILIB} from github.com/muan/emojilib (dist/emoji-en-US.json)"
            ),
        });
    }
    let annotations = read_annotations(folder, options)?;

    let pictures = folder.join(PICTURES);
    let mut builder = SetBuilder::new(&pictures);
    for_each_member(
        &pictures,
        |name| name.ends_with(".png"),
        |name, bytes| {
            let Some(points) = sequence::parse_file_name(name) else {
                builder.skip(name, "the file name is not that of an emoji");
                return Ok(());
            };
            let id = sequence::id(&points);
            if !options.skin_tones && sequence::is_skin_tone_variant(&points) {
                builder.skip(id, "a skin-tone variant, left out by option");
                return Ok(());
            }
            let Some(captions) = annotations.get(&points.iter().collect::<String>()) else {
                builder.skip(id, "the emoji has no annotation");
                return Ok(());
            };
            let split = options.split.split_of(&sequence::id(&sequence::base(&points)));
            let image = builder.image(id, ImageSource::Encoded(bytes.into()), split)?;
            for caption in captions {
                builder.shared_caption(caption, image);
            }
            Ok(())
        },
    )?;
    builder.finish()
}

fn read_annotations(folder: &Path, options: &EmojiOptions) -> Result<Annotations, DataError> {
    if options.captions != EmojiCaptions::Cldr && options.language != "en" {
        return Err(DataError::Invalid {
            what: format!("language `{}`", options.language),
            problem: "emojilib is English only".into(),
            help: "use `captions = \"cldr\"` or `language = \"en\"`".into(),
        });
    }
    let mut annotations = match options.captions {
        EmojiCaptions::Emojilib => Annotations::new(),
        _ => read_cldr(&folder.join(CLDR), &options.language)?,
    };
    if options.captions != EmojiCaptions::Cldr {
        for (emoji, keywords) in read_emojilib(&folder.join(EMOJILIB))? {
            extend(annotations.entry(emoji).or_default(), keywords);
        }
    }
    Ok(annotations)
}
