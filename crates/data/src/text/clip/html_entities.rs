//! HTML entities to text, the two ways that CLIP's cleaning needs.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The longest name that is looked up, as Python's `html.unescape` has it.
const LONGEST: usize = 32;

/// Resolves all entities as HTML 5 does in text (Python's `html.unescape`): also without `;` where HTML allows that, by the
/// longest name that fits, and numbers by the standard's table. Numbers of control characters and non-characters vanish.
pub(super) fn unescape(text: &str) -> String {
    replace_entities(text, |body| {
        if let Some(number) = body.strip_prefix('#') {
            let (digits, radix) = match number.strip_prefix(['x', 'X']) {
                Some(digits) => (digits, 16),
                None => (number, 10),
            };
            let length = digits.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
            if length == 0 {
                return None;
            }
            let end = body.len() - digits.len() + length;
            let taken = end + usize::from(body[end..].starts_with(';'));
            return Some((taken, numbered(u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX))));
        }
        let part = |point: char| !matches!(point, '\t' | '\n' | '\u{c}' | ' ' | '<' | '&' | '#' | ';');
        let end: usize = body.chars().take_while(|point| part(*point)).take(LONGEST).map(char::len_utf8).sum();
        if end == 0 {
            return None;
        }
        let taken = end + usize::from(body[end..].starts_with(';'));
        let name = &body[..taken];
        if let Some(characters) = ENTITIES.get(name) {
            return Some((taken, (*characters).to_owned()));
        }
        // `&notit;` is `&not` and `it;`: the longest prefix of at least two characters that is a name on its own.
        let cuts: Vec<usize> = name.char_indices().map(|(at, _)| at).skip(2).collect();
        let found = cuts.into_iter().rev().find_map(|cut| Some((cut, *ENTITIES.get(&name[..cut])?)));
        found.map(|(cut, characters)| (taken, format!("{characters}{}", &name[cut..])))
    })
}

/// Resolves entities that end in `;` and are plain names or numbers, as ftfy does; names of small letters also in capitals,
/// for the capital character (`&EACUTE;`).
pub(super) fn unescape_terminated(text: &str) -> String {
    replace_entities(text, |body| {
        let hash = usize::from(body.starts_with('#'));
        let length = body[hash..].bytes().take_while(u8::is_ascii_alphanumeric).count();
        if !(1..=24).contains(&length) || !body[hash + length..].starts_with(';') {
            return None;
        }
        let taken = hash + length + 1;
        let entity = &body[..taken];
        if hash == 1 {
            let resolved = unescape(&format!("&{entity}"));
            // A semicolon left over means that only a part of the number was one.
            return (!resolved.contains(';')).then_some((taken, resolved));
        }
        let resolved = ENTITIES.get(entity).map(|characters| (*characters).to_owned());
        let resolved = resolved.or_else(|| {
            let small = entity.to_ascii_lowercase();
            let is_capital = entity == entity.to_ascii_uppercase();
            let in_capitals = is_capital && unescape(&format!("&{entity}")) == format!("&{entity}");
            in_capitals.then(|| ENTITIES.get(small.as_str()).map(|characters| characters.to_uppercase())).flatten()
        });
        resolved.map(|resolved| (taken, resolved))
    })
}

/// Replaces what `resolve` makes of the text behind each `&`: how much of it, by what.
fn replace_entities(text: &str, resolve: impl Fn(&str) -> Option<(usize, String)>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let body = &rest[at + 1..];
        match resolve(body) {
            Some((taken, characters)) => {
                out.push_str(&characters);
                rest = &body[taken..];
            }
            None => {
                out.push('&');
                rest = body;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The character of a number, by the table of the HTML standard.
fn numbered(number: u32) -> String {
    const C1: [char; 32] = super::clip_cleaning::WINDOWS_1252;
    let character = match number {
        0 | 0xd800..=0xdfff | 0x11_0000.. => '\u{fffd}',
        0xd => '\r',
        0x80..=0x9f => C1[number as usize - 0x80],
        0x1..=0x8 | 0xb | 0xe..=0x1f | 0x7f | 0xfdd0..=0xfdef => return String::new(),
        _ if number & 0xfffe == 0xfffe => return String::new(),
        _ => char::from_u32(number).unwrap_or('\u{fffd}'),
    };
    character.to_string()
}

/// The characters of every name, its `;` included where it has one.
static ENTITIES: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| entities::ENTITIES.iter().map(|entity| (&entity.entity[1..], entity.characters)).collect());
