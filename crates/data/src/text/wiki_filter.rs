//! The rule that makes text8 of a Wikipedia dump: words of a to z with single spaces between them.
//!
//! What does *not* live here: files and their compression (see [`source`](crate::source)).

use super::wiki_markup::{contains, is_redirect, remove_markup};
use std::io::{self, BufRead, Write};

/// How far a filter has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FilterCount {
    /// Bytes read.
    pub read: u64,
    /// Bytes written.
    pub written: u64,
    /// Page texts met.
    pub pages: u64,
    /// Pages among them that were dropped because they only redirect.
    pub redirects: u64,
}

/// A record, the text up to the next `>`, may have this many bytes; the largest page has 2 MiB.
const MAX_RECORD: u64 = 64 << 20;
/// How much is gathered before it is written and reported.
const BLOCK: usize = 1 << 18;

/// Filters a Wikipedia XML dump to the 27 characters of text8: the text of pages, without markup, lower case, digits
/// spelt.
///
/// The dump is read in records that end with `>`:
/// 1. only records from the tag with `<text ` to the one with `</text>` are kept, and none of a page with `#redirect`
///    (any case);
/// 2. in a record go the tag at its end, footnotes and other tags, the targets of external links, image markup but not
///    the caption, the sort keys of categories, language links, the targets of links, templates, tables and brackets;
///    entities become spaces;
/// 3. the record becomes letters as in [`letters_only`].
///
/// Output is written in blocks, and `progress` is called after each. The whole rule over enwiki-20060303, cut to its
/// first 10^8 bytes, is the published text8.
///
/// # Errors
/// Of the reader and the writer; [`io::ErrorKind::InvalidData`] if a record exceeds 64 MiB, which no dump has.
///
/// Source: the public-domain filter of the Large Text Compression Benchmark (M. Mahoney), as described with text8.
pub fn filter_text8(
    reader: impl BufRead,
    writer: impl Write,
    progress: impl FnMut(&FilterCount),
) -> io::Result<FilterCount> {
    filter_up_to(reader, writer, u64::MAX, progress)
}

/// [`filter_text8`], ended as soon as `limit` bytes are written.
///
/// # Errors
/// As [`filter_text8`].
pub fn filter_up_to(
    mut reader: impl BufRead,
    mut writer: impl Write,
    limit: u64,
    mut progress: impl FnMut(&FilterCount),
) -> io::Result<FilterCount> {
    let mut count = FilterCount::default();
    let (mut record, mut spare, mut block) = (Vec::new(), Vec::new(), Vec::with_capacity(2 * BLOCK));
    let mut in_text = false;
    let mut reported = 0;
    while count.written < limit {
        record.clear();
        let length = io::Read::take(&mut reader, MAX_RECORD).read_until(b'>', &mut record)? as u64;
        count.read += length;
        if length == MAX_RECORD && record.last() != Some(&b'>') {
            let problem = format!("no `>` in the {MAX_RECORD} bytes before byte {}: not a Wikipedia dump", count.read);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        if contains(&record, b"<text ") {
            in_text = true;
            count.pages += 1;
        }
        if in_text && is_redirect(&record) {
            in_text = false;
            count.redirects += 1;
        }
        if in_text {
            in_text = !contains(&record, b"</text>");
            remove_markup(&mut record, &mut spare);
            push_letters(&record, &mut block);
        }
        let room = usize::try_from(limit - count.written).unwrap_or(usize::MAX);
        let ends = length == 0 || block.len() >= room;
        if ends || block.len() >= BLOCK || count.read - reported >= 16 * BLOCK as u64 {
            block.truncate(room);
            writer.write_all(&block)?;
            count.written += block.len() as u64;
            block.clear();
            reported = count.read;
            progress(&count);
        }
        if ends {
            break;
        }
    }
    writer.flush()?;
    Ok(count)
}

/// Any text in the 27 characters of text8: the last step of [`filter_text8`] alone.
///
/// Letters become lower case, digits words (`10` is `one zero`), and everything else, with what is not ASCII, a space;
/// runs of spaces are one. The result begins with a space and does not end with one.
pub fn letters_only(text: &[u8]) -> Vec<u8> {
    let mut letters = Vec::with_capacity(text.len() + 1);
    push_letters(text, &mut letters);
    letters
}

/// Appends the letters of `text`: a space before every word, none after the last; nothing if there is no word.
fn push_letters(text: &[u8], out: &mut Vec<u8>) {
    const DIGITS: [&[u8]; 10] =
        [b"zero", b"one", b"two", b"three", b"four", b"five", b"six", b"seven", b"eight", b"nine"];
    let mut in_word = false;
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {
                if !in_word {
                    out.push(b' ');
                }
                out.push(byte.to_ascii_lowercase());
                in_word = true;
            }
            b'0'..=b'9' => {
                out.push(b' ');
                out.extend_from_slice(DIGITS[usize::from(byte - b'0')]);
                in_word = false;
            }
            _ => in_word = false,
        }
    }
}
