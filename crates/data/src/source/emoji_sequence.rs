//! Emoji code point sequences, and how their file names and annotation keys are made comparable.

/// The code points of a file name `emoji_u1f468_200d_2695.png`, without U+FE0F; `None` if it is no such name.
pub(super) fn parse_file_name(name: &str) -> Option<Vec<char>> {
    let stem = name.rsplit('/').next()?.strip_prefix("emoji_u")?.strip_suffix(".png")?;
    let points: Option<Vec<char>> =
        stem.split('_').map(|part| u32::from_str_radix(part, 16).ok().and_then(char::from_u32)).collect();
    points.map(|points| points.into_iter().filter(|&point| point != VARIATION_SELECTOR).collect())
}

/// An annotation key without U+FE0F: emoji presentation is written or left out at will.
pub(super) fn comparable(key: &str) -> String {
    key.chars().filter(|&point| point != VARIATION_SELECTOR).collect()
}

/// Whether the sequence is the skin-tone variant of another; a tone swatch on its own is not.
pub(super) fn is_skin_tone_variant(points: &[char]) -> bool {
    points.len() > 1 && points.iter().any(is_skin_tone)
}

/// The hexadecimal id of a sequence, as in the file name: `1f468_200d_2695`.
pub(super) fn id(points: &[char]) -> String {
    points.iter().map(|&point| format!("{:04x}", u32::from(point))).collect::<Vec<_>>().join("_")
}

/// The sequence without skin tones: what a variant shares with its base.
pub(super) fn base(points: &[char]) -> Vec<char> {
    match is_skin_tone_variant(points) {
        true => points.iter().copied().filter(|point| !is_skin_tone(point)).collect(),
        false => points.to_vec(),
    }
}

const VARIATION_SELECTOR: char = '\u{fe0f}';

fn is_skin_tone(point: &char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(point)
}
