//! The text that CLIP's tokenizer sees.

use super::html_entities::{unescape, unescape_terminated};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use tokenizers::NormalizedString;

/// What is done to a caption before it is cut into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClipCleaning {
    /// As the published CLIP does with the package ftfy at hand: text fixes, HTML entities resolved, white space collapsed,
    /// lower case.
    ///
    /// Of ftfy 6.3's default fixes these are done: HTML entities (unless the line holds a `<`), C1 control characters as
    /// Windows-1252, Latin ligatures, fullwidth and halfwidth forms, curly quotes, line breaks, terminal escapes, control
    /// characters, NFC. *Not* done is the repair of mojibake (`fix_encoding`): text in a wrong encoding stays wrong.
    #[default]
    Published,
    /// As `CLIPTokenizer` of transformers does: NFC, white space collapsed, lower case. Curly quotes, entities and wide
    /// forms stay, so that tokens of such captions differ from the published ones.
    Transformers,
}

/// What CLIP takes for a word.
pub(super) const CLIP_PATTERN: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// [`ClipCleaning::Published`].
pub(super) fn clean(caption: &str) -> String {
    let fixed = unescape(&unescape(&fix_text(caption)));
    fixed.split_whitespace().collect::<Vec<&str>>().join(" ").to_lowercase()
}

/// The fixes of ftfy listed at [`ClipCleaning::Published`], line by line, each line until nothing changes any more.
fn fix_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut entities = true;
    for line in text.split_inclusive('\n') {
        // A `<` looks like real HTML; ftfy then leaves entities alone in all that follows.
        entities &= !line.contains('<');
        let mut line = line.to_owned();
        loop {
            let fixed = fix_once(&line, entities);
            if fixed == line {
                break;
            }
            line = fixed;
        }
        out.push_str(&line);
    }
    out
}

fn fix_once(line: &str, entities: bool) -> String {
    let unescaped = if entities { unescape_terminated(line) } else { line.to_owned() };
    let mut replaced = String::with_capacity(unescaped.len());
    for point in unescaped.chars() {
        replace_char(point, &mut replaced);
    }
    let broken = replaced.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let mut plain = without_terminal_escapes(&broken);
    plain.retain(|point| !is_removed(point));
    NormalizedString::from(plain).nfc().get().to_owned()
}

/// C1 controls, then ligatures, then widths, then quotes: each sees what the one before it made.
fn replace_char(point: char, out: &mut String) {
    let point = match point {
        '\u{80}'..='\u{9f}' => WINDOWS_1252[point as usize - 0x80],
        _ => point,
    };
    if let Some((_, letters)) = LIGATURES.iter().find(|(ligature, _)| *ligature == point) {
        out.extend(letters.chars().map(uncurled));
        return;
    }
    match point {
        '\u{3000}' => out.push(' '),
        '\u{ff01}'..='\u{ffef}' => {
            out.extend(NARROW[point as usize - 0xff01].chars().map(uncurled));
        }
        _ => out.push(uncurled(point)),
    }
}

fn uncurled(point: char) -> char {
    match point {
        '\u{2bc}' | '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        _ => point,
    }
}

fn is_removed(point: char) -> bool {
    matches!(
        point,
        '\0'..='\u{8}'
            | '\u{b}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'
            | '\u{206a}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}'
    )
}

/// Removes `ESC [ digits and semicolons letter`.
fn without_terminal_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        out.push_str(&rest[..at]);
        let parameters = rest[at + 2..].trim_start_matches(|point: char| point.is_numeric() || point == ';');
        match parameters.chars().next() {
            Some(letter) if letter.is_ascii_alphabetic() => rest = &parameters[1..],
            _ => {
                out.push_str("\u{1b}[");
                rest = &rest[at + 2..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// What Windows-1252 has for the bytes 0x80 to 0x9f; five are undefined and stay.
pub(super) const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Ligatures of Latin letters, and digraphs with a code point of their own.
const LIGATURES: [(char, &str); 22] = [
    ('Ĳ', "IJ"),
    ('ĳ', "ij"),
    ('ŉ', "\u{2bc}n"),
    ('Ǳ', "DZ"),
    ('ǲ', "Dz"),
    ('ǳ', "dz"),
    ('Ǆ', "D\u{17d}"),
    ('ǅ', "D\u{17e}"),
    ('ǆ', "d\u{17e}"),
    ('Ǉ', "LJ"),
    ('ǈ', "Lj"),
    ('ǉ', "lj"),
    ('Ǌ', "NJ"),
    ('ǋ', "Nj"),
    ('ǌ', "nj"),
    ('ﬀ', "ff"),
    ('ﬁ', "fi"),
    ('ﬂ', "fl"),
    ('ﬃ', "ffi"),
    ('ﬄ', "ffl"),
    ('ﬅ', "ſt"),
    ('ﬆ', "st"),
];

/// The ordinary forms of U+FF01 to U+FFEF: their NFKC.
static NARROW: LazyLock<Vec<String>> = LazyLock::new(|| {
    let wide = ('\u{ff01}'..='\u{ffef}').map(String::from);
    wide.map(|wide| NormalizedString::from(wide).nfkc().get().to_owned()).collect()
});
