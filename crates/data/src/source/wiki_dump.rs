//! A Wikipedia dump into a file of text8's kind.

use super::text_file::{open_text, text_error};
use crate::DataError;
use crate::format::write_atomically;
use crate::text::{FilterCount, filter_up_to};
use std::path::Path;

/// Writes the text8 form of the dump `input`, plain or compressed, to `output`, at most `limit` bytes if given.
///
/// `output` appears whole or not at all. See [`filter_text8`](crate::text::filter_text8) for the rule; text8 itself is
/// enwiki-20060303-pages-articles.xml with a limit of 10^8.
///
/// # Errors
/// [`DataError::Io`]; [`DataError::Format`] if the compression of `input` is broken or it holds no page.
pub fn filter_wiki_dump(
    input: &Path,
    output: &Path,
    limit: Option<u64>,
    mut progress: impl FnMut(&FilterCount),
) -> Result<FilterCount, DataError> {
    let reader = open_text(input)?;
    let mut count = FilterCount::default();
    write_atomically(output, |writer| {
        let mut failed = false; // of the writer: `filter_up_to` alone cannot tell which side an error is of
        let watched = Watched { writer, failed: &mut failed };
        let result = filter_up_to(reader, watched, limit.unwrap_or(u64::MAX), &mut progress);
        count = match (result, failed) {
            (Ok(count), _) => count,
            (Err(error), true) => return Err(DataError::Io { path: output.to_path_buf(), source: error }),
            (Err(error), false) => return Err(text_error(input, error)),
        };
        if count.pages > 0 {
            return Ok(());
        }
        Err(DataError::Format {
            path: input.to_path_buf(),
            problem: format!("there is no `<text ` in its {} bytes", count.read),
            expected: "a Wikipedia XML dump (pages-articles)".into(),
        })
    })?;
    Ok(count)
}

/// A writer that notes that it failed.
struct Watched<'a, W> {
    writer: &'a mut W,
    failed: &'a mut bool,
}

impl<W: std::io::Write> std::io::Write for Watched<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.writer.write(bytes).inspect_err(|_| *self.failed = true)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.writer.flush().inspect_err(|_| *self.failed = true)
    }
}
