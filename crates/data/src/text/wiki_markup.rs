//! The single steps that take markup out of one record of a Wikipedia dump, each over the whole record, in a fixed
//! order.
//!
//! Every step is linear in the record, also for hostile ones (thousands of brackets that nothing closes).

use memchr::{memchr, memchr2, memmem, memrchr};

/// Takes the markup out of `record`; `spare` is room that is used again.
///
/// The order is part of the rule: a step sees what the steps before it left.
pub(super) fn remove_markup(record: &mut Vec<u8>, spare: &mut Vec<u8>) {
    // The tag that ends the record, if it begins on the record's last line.
    if record.last() == Some(&b'>') {
        let line = memrchr(b'\n', record).map_or(0, |at| at + 1);
        if let Some(at) = memchr(b'<', &record[line..]) {
            record.truncate(line + at);
        }
    }
    let mut pass = Pass { record, spare };
    for (entity, character) in [(&b"&amp;"[..], b'&'), (b"&lt;", b'<'), (b"&gt;", b'>')] {
        pass.rewrite(b'&', |text, out| {
            let found = text.starts_with(entity);
            out.extend(found.then_some(character));
            if found { entity.len() } else { 0 }
        });
    }
    pass.rewrite(b'<', |text, _| {
        let end = if text.starts_with(b"<ref") { memchr(b'<', &text[1..]).map(|at| at + 1) } else { None };
        end.filter(|&end| text[end..].starts_with(b"</ref>")).map_or(0, |end| end + 6)
    });
    pass.delete_to_closing(b'<', b'>');
    if !b"[]|{".iter().any(|&byte| pass.has(byte)) {
        pass.entities_to_spaces();
        return;
    }
    pass.rewrite(b'[', |text, out| {
        if !text.starts_with(b"[http:") {
            return 0;
        }
        out.push(b'[');
        text.iter().skip(6).position(|&byte| byte == b']' || byte == b' ').map_or(text.len(), |end| end + 6)
    });
    for word in [&b"|thumb"[..], b"|left", b"|right"] {
        pass.rewrite(b'|', |text, _| if starts_with(text, word) { word.len() } else { 0 });
    }
    pass.rewrite(b'|', |text, _| {
        let digits = text[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 && starts_with(&text[1 + digits..], b"px") { digits + 3 } else { 0 }
    });
    pass.rewrite(b'[', |text, _| {
        if !starts_with(text, b"[[image:") {
            return 0;
        }
        let run = memchr2(b'[', b']', &text[8..]).unwrap_or(text.len() - 8);
        memrchr(b'|', &text[8..8 + run]).map_or(0, |bar| 8 + bar + 1)
    });
    let mut brackets = Ahead::default();
    pass.rewrite(b'[', |text, out| {
        if !starts_with(text, b"[[category:") {
            return 0;
        }
        let Some(end) = brackets.first(text, |rest| memchr(b']', rest)).filter(|&end| text[end..].starts_with(b"]]"))
        else {
            return 0;
        };
        let name = &text[11..end];
        out.extend_from_slice(b"[[");
        out.extend_from_slice(&name[..memchr(b'|', name).unwrap_or(name.len())]);
        out.extend_from_slice(b"]]");
        end + 2
    });
    let mut brackets = Ahead::default();
    pass.rewrite(b'[', |text, _| {
        if !text.starts_with(b"[[") {
            return 0;
        }
        let language = text[2..].iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'-').count();
        if text.get(2 + language) != Some(&b':') {
            return 0;
        }
        let end = brackets.first(text, |rest| memchr(b']', rest));
        end.filter(|&end| text[end..].starts_with(b"]]")).map_or(0, |end| end + 2)
    });
    let mut bars = Ahead::default();
    pass.rewrite(b'[', |text, out| {
        if !text.starts_with(b"[[") {
            return 0;
        }
        let end = bars.first(text, |rest| memchr2(b'|', b']', rest)).filter(|&end| text[end] == b'|');
        out.extend_from_slice(if end.is_some() { b"[[" } else { b"" });
        end.map_or(0, |end| end + 1)
    });
    let mut braces = Ahead::default();
    pass.rewrite(b'{', |text, _| {
        if !text.starts_with(b"{{") {
            return 0;
        }
        let end = braces.first(text, |rest| memchr(b'}', rest));
        end.filter(|&end| text[end..].starts_with(b"}}")).map_or(0, |end| end + 2)
    });
    pass.delete_to_closing(b'{', b'}');
    pass.rewrite(b'[', |_, _| 1);
    pass.rewrite(b']', |_, _| 1);
    pass.entities_to_spaces();
}

/// Whether `text` contains `#redirect` in any case.
pub(super) fn is_redirect(text: &[u8]) -> bool {
    memchr::memchr_iter(b'#', text).any(|at| starts_with(&text[at..], b"#redirect"))
}

/// Whether `text` contains `needle`.
pub(super) fn contains(text: &[u8], needle: &[u8]) -> bool {
    memmem::find(text, needle).is_some()
}

/// Whether `text` begins with `word`, the case of ASCII letters apart.
fn starts_with(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// One record under rewriting.
struct Pass<'a> {
    record: &'a mut Vec<u8>,
    spare: &'a mut Vec<u8>,
}

impl Pass<'_> {
    fn has(&self, byte: u8) -> bool {
        memchr(byte, self.record).is_some()
    }

    /// At every `first`, from left to right: `rule` sees the rest of the record, writes what replaces a match and
    /// returns how many bytes matched; 0 keeps the byte. What a match covered is not looked at again.
    fn rewrite(&mut self, first: u8, mut rule: impl FnMut(&[u8], &mut Vec<u8>) -> usize) {
        let Some(mut next) = memchr(first, self.record) else { return };
        self.spare.clear();
        let mut copied = 0;
        loop {
            self.spare.extend_from_slice(&self.record[copied..next]);
            let matched = rule(&self.record[next..], self.spare);
            copied = next;
            let from = next + matched.max(1);
            if matched > 0 {
                copied = from;
            }
            match memchr(first, &self.record[from..]) {
                Some(at) => next = from + at,
                None => break,
            }
        }
        self.spare.extend_from_slice(&self.record[copied..]);
        std::mem::swap(self.record, self.spare);
    }

    /// Deletes from every `open` to the next `close`.
    fn delete_to_closing(&mut self, open: u8, close: u8) {
        let mut closings = Ahead::default();
        self.rewrite(open, |text, _| closings.first(text, |rest| memchr(close, rest)).map_or(0, |end| end + 1));
    }

    /// `&...;` becomes a space.
    fn entities_to_spaces(&mut self) {
        let mut ends = Ahead::default();
        self.rewrite(b'&', |text, out| {
            let end = ends.first(text, |rest| memchr(b';', rest));
            out.extend(end.map(|_| b' '));
            end.map_or(0, |end| end + 1)
        });
    }
}

/// The next place of something, looked for once however often it is asked for.
///
/// Without it, a record of openings that nothing closes would be searched to its end at every one of them.
#[derive(Default)]
struct Ahead {
    /// How many bytes lie behind the place that was found last (`Some(None)`: there is none), unless nothing was asked.
    behind: Option<Option<usize>>,
}

impl Ahead {
    /// Where `find` is first true in `text`, the rest of the record; callers ask from left to right, and what is looked
    /// for never is one of the bytes that open a match.
    fn first(&mut self, text: &[u8], find: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        match self.behind {
            Some(None) => None,
            Some(Some(behind)) if behind < text.len() => Some(text.len() - 1 - behind),
            _ => {
                let found = find(text);
                self.behind = Some(found.map(|at| text.len() - 1 - at));
                found
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn what_closes_many_openings_is_looked_for_once() {
        let text = [b"{{{{{{x", &b"}{{{{{{{"[..]].concat();
        let searches = Cell::new(0);
        let mut closings = Ahead::default();
        let found: Vec<Option<usize>> = (0..text.len())
            .map(|at| {
                let find = |rest: &[u8]| {
                    searches.set(searches.get() + 1);
                    memchr(b'}', rest)
                };
                closings.first(&text[at..], find).map(|end| at + end)
            })
            .collect();
        assert_eq!(found[..8], [Some(7); 8]);
        assert_eq!(found[8..], [None; 7]);
        assert_eq!(searches.get(), 2);
    }
}
