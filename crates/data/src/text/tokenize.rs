//! A caption into words, as the Penn Treebank tokenizer of NLTK does it.

/// Lower-cases `caption` and cuts it into words: `nltk.word_tokenize(caption.lower())` for ordinary captions.
///
/// Punctuation stands alone, except inside numbers (`1,000`, `3:15`) and words (`t-shirt`, `k.d`); contractions are
/// cut (`does n't`, `man 's`, `can not`); double quotes become ``` `` ``` and `''`.
///
/// Differences from NLTK: where a sentence ends in mid-caption is decided by a rule, not by the trained Punkt model. A
/// period at the end of a word is cut off unless the word is one letter, has a period inside, or is one of a few common
/// abbreviations. Lower-casing is Unicode's.
pub fn tokenize(caption: &str) -> Vec<String> {
    let spaced = space_punctuation(&caption.to_lowercase().chars().collect::<Vec<_>>());
    let mut words = Vec::new();
    for chunk in spaced.split_whitespace() {
        split_contraction(chunk, &mut words);
    }
    words
}

/// Puts spaces around everything that is a word of its own wherever it stands.
fn space_punctuation(text: &[char]) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut at = 0;
    while at < text.len() {
        let here = text[at];
        let before = at.checked_sub(1).map(|before| text[before]);
        let after = text.get(at + 1).copied();
        let opens = before.is_none_or(|before| before.is_whitespace() || "([{<".contains(before));
        let run = text[at..].iter().take_while(|&&next| next == here).count();
        let mut taken = 1;
        match here {
            '"' => out.push_str(if opens { " `` " } else { " '' " }),
            '\'' if run >= 2 => {
                out.push_str(if opens && before.is_some() { " `` " } else { " '' " });
                taken = 2;
            }
            '\'' if !before.is_some_and(is_word) && opens_quotation(&text[at + 1..]) => out.push_str(" ' "),
            '`' => {
                taken = run;
                push_spaced(&mut out, &text[at..at + run]);
            }
            '.' if run >= 2 => {
                taken = run;
                push_spaced(&mut out, &text[at..at + run]);
            }
            '.' if ends_sentence(&text[..at], &text[at + 1..]) => push_spaced(&mut out, &[here]),
            '-' if run >= 2 => {
                taken = 2;
                push_spaced(&mut out, &text[at..at + 2]);
            }
            ':' | ',' if after.is_some_and(char::is_numeric) => out.push(here),
            ':'
            | ','
            | ';'
            | '@'
            | '#'
            | '$'
            | '%'
            | '&'
            | '?'
            | '!'
            | '*'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '«'
            | '»'
            | '“'
            | '”'
            | '‘'
            | '’'
            | '„'
            | '‒'..='―' => push_spaced(&mut out, &[here]),
            _ => out.push(here),
        }
        at += taken;
    }
    out
}

fn push_spaced(out: &mut String, chars: &[char]) {
    out.push(' ');
    out.extend(chars);
    out.push(' ');
}

fn is_word(point: char) -> bool {
    point.is_alphanumeric() || point == '_'
}

/// Whether an apostrophe before `rest` starts a quotation: a word follows that is no contraction's end.
fn opens_quotation(rest: &[char]) -> bool {
    let word: String = rest.iter().take_while(|&&point| is_word(point)).collect();
    !word.is_empty() && !["re", "ve", "ll", "m", "t", "s", "d", "n"].contains(&word.as_str())
}

/// Whether a single period between `before` and `rest` ends a sentence.
fn ends_sentence(before: &[char], rest: &[char]) -> bool {
    const CLOSING: &str = "])}>\"'»”’";
    let closed = rest.iter().take_while(|&&point| CLOSING.contains(point)).count();
    let last = rest.iter().all(|&point| CLOSING.contains(point) || point.is_whitespace());
    let word: Vec<char> = before.iter().rev().take_while(|point| !point.is_whitespace()).copied().collect();
    let word: String = word.into_iter().rev().collect();
    last || (rest.get(closed).is_some_and(|next| next.is_whitespace()) && !word.is_empty() && !is_abbreviation(&word))
}

/// Whether a period after `word` belongs to it.
fn is_abbreviation(word: &str) -> bool {
    const COMMON: [&str; 16] =
        ["mr", "mrs", "ms", "dr", "st", "jr", "sr", "vs", "prof", "rev", "gen", "sgt", "capt", "lt", "mt", "etc"];
    let word = word.trim_start_matches(['(', '[', '{', '<', '"', '“', '«']);
    word.contains('.') || COMMON.contains(&word) || (word.chars().count() == 1 && word.chars().all(char::is_alphabetic))
}

/// Appends `chunk` to `words`, cut where a contraction joins two words.
fn split_contraction(chunk: &str, words: &mut Vec<String>) {
    const JOINED: [(&str, usize); 8] = [
        ("cannot", 3),
        ("gimme", 3),
        ("gonna", 3),
        ("gotta", 3),
        ("lemme", 3),
        ("wanna", 3),
        ("d'ye", 1),
        ("more'n", 4),
    ];
    const SUFFIXES: [&str; 8] = ["n't", "'ll", "'re", "'ve", "'s", "'m", "'d", "'"];
    let cut = JOINED.iter().find(|(word, _)| *word == chunk).map(|&(_, at)| at).or_else(|| {
        let suffix = SUFFIXES.iter().find(|suffix| chunk.ends_with(**suffix))?;
        let at = chunk.len() - suffix.len();
        (at > 0 && !chunk[..at].ends_with('\'')).then_some(at)
    });
    match cut {
        Some(at) => words.extend([chunk[..at].to_owned(), chunk[at..].to_owned()]),
        None => words.push(chunk.to_owned()),
    }
}
