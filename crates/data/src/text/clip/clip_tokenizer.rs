//! CLIP's byte pair encoding, through the `tokenizers` crate.

use super::clip_cleaning::{CLIP_PATTERN, clean};
use super::{ClipCleaning, ClipOptions, TooLong};
use crate::DataError;
use crate::text::CaptionBatch;
use flate2::read::MultiGzDecoder;
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::{self, Lowercase, NFC, Replace, replace::ReplacePattern};
use tokenizers::pre_tokenizers::{byte_level::ByteLevel, sequence::Sequence, split::Split, split::SplitPattern};
use tokenizers::utils::SysRegex;
use tokenizers::{AddedToken, Model, SplitDelimiterBehavior, Tokenizer};

/// The tokenizer of CLIP's text towers (Radford et al., "Learning transferable visual models", ICML 2021).
///
/// A caption is cleaned ([`ClipCleaning`]), cut into words, and each word's bytes are merged in the order of the merge
/// list. Ids are the 256 bytes, the 256 bytes at the end of a word, the merges, `<|startoftext|>` and `<|endoftext|>`;
/// with the published list that makes 49,408.
#[derive(Debug)]
pub struct ClipTokenizer {
    pipeline: Tokenizer,
    words: SysRegex,
    bytes: Vec<char>,
    size: usize,
    options: ClipOptions,
}

/// The published file lists five times as many merges as CLIP uses.
const MERGES: usize = 49_152 - 256 - 2;
/// The published file has 3.2 MB.
const MAX_BYTES: u64 = 64 << 20;
const END_OF_WORD: &str = "</w>";

impl ClipTokenizer {
    /// The text of the start token.
    pub const START: &str = "<|startoftext|>";
    /// The text of the end token.
    pub const END: &str = "<|endoftext|>";

    /// Reads a merge list: `bpe_simple_vocab_16e6.txt.gz` of the published code, or the `merges.txt` of a checkpoint in the
    /// transformers layout. The first line is a header; the first 48,894 merges count.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] with the line if the file is not such a list.
    pub fn load(path: &Path, options: ClipOptions) -> Result<Self, DataError> {
        let format = |problem: String| DataError::Format {
            path: path.to_path_buf(),
            problem,
            expected: "a merge list: a header line, then lines of two symbols, as bpe_simple_vocab_16e6.txt.gz".into(),
        };
        let raw = std::fs::read(path).map_err(DataError::io(path))?;
        let text = if raw.starts_with(&[0x1f, 0x8b]) {
            let mut text = Vec::new();
            let mut unpacked = MultiGzDecoder::new(raw.as_slice()).take(MAX_BYTES);
            unpacked.read_to_end(&mut text).map_err(|error| format(error.to_string()))?;
            text
        } else {
            raw
        };
        let text = String::from_utf8(text).map_err(|error| format(error.to_string()))?;
        let mut merges = Vec::new();
        for (at, line) in text.lines().enumerate().skip(1).take(MERGES) {
            let mut parts = line.split_whitespace();
            match (parts.next(), parts.next(), parts.next()) {
                (Some(left), Some(right), None) => merges.push((left.to_owned(), right.to_owned())),
                (None, ..) => break,
                _ => return Err(format(format!("line {} has not two symbols", at + 1))),
            }
        }
        if merges.is_empty() {
            return Err(format("it lists no merges".into()));
        }
        Self::from_merges(merges, options).map_err(|error| match error {
            DataError::Invalid { problem, .. } => format(problem),
            other => other,
        })
    }

    /// The tokenizer of a merge list, in order of priority.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if a merge joins symbols that are no bytes and that no merge before it has made, or if the
    /// context has no room for a token between start and end.
    pub fn from_merges(merges: Vec<(String, String)>, options: ClipOptions) -> Result<Self, DataError> {
        let invalid = |problem: String, help: &str| DataError::Invalid {
            what: "CLIP tokenizer".into(),
            problem,
            help: help.into(),
        };
        if options.context < 3 {
            let problem = format!("a context of {}", options.context);
            return Err(invalid(problem, "take at least 3, as published 77"));
        }
        let (order, bytes) = byte_symbols();
        let mut symbols: Vec<String> = order.iter().map(char::to_string).collect();
        symbols.extend(order.iter().map(|symbol| format!("{symbol}{END_OF_WORD}")));
        let mut known: HashSet<String> = symbols.iter().cloned().collect();
        for (at, (left, right)) in merges.iter().enumerate() {
            if let Some(unknown) = [left, right].into_iter().find(|part| !known.contains(*part)) {
                let problem = format!("merge {} joins `{unknown}`, which nothing before it makes", at + 1);
                return Err(invalid(problem, "give the merges in the order of the list"));
            }
            let joined = format!("{left}{right}");
            known.insert(joined.clone());
            symbols.push(joined);
        }
        symbols.extend([Self::START.to_owned(), Self::END.to_owned()]);
        let size = symbols.len();
        // A symbol that two merges make has the id of the later one, as in the published code.
        let vocabulary: Vocab = symbols.into_iter().zip(0..).collect();
        let build = || -> tokenizers::Result<(Tokenizer, SysRegex)> {
            let model = BPE::builder()
                .vocab_and_merges(vocabulary, merges)
                .unk_token(Self::END.to_owned())
                .end_of_word_suffix(END_OF_WORD.to_owned())
                .build()?;
            let spaces = Replace::new(ReplacePattern::Regex(r"\s+".into()), " ")?;
            let pattern = SplitPattern::Regex(CLIP_PATTERN.into());
            let words = Split::new(pattern, SplitDelimiterBehavior::Removed, true)?;
            let mut pipeline = Tokenizer::new(model);
            pipeline.with_normalizer(Some(normalizers::Sequence::new(vec![
                NFC.into(),
                spaces.into(),
                Lowercase.into(),
            ])))?;
            pipeline
                .with_pre_tokenizer(Some(Sequence::new(vec![words.into(), ByteLevel::new(false, true, true).into()])));
            let special = [Self::START, Self::END].map(|token| AddedToken::from(token, true));
            pipeline.add_special_tokens(special)?;
            // Lower-casing leaves the long s, which matches an s when case is ignored.
            Ok((pipeline, SysRegex::new(&format!("(?i){CLIP_PATTERN}"))?))
        };
        let (pipeline, words) = build().map_err(|error| invalid(error.to_string(), "check the merge list"))?;
        Ok(Self { pipeline, words, bytes, size, options })
    }

    /// The number of ids.
    pub fn vocabulary_size(&self) -> usize {
        self.size
    }

    /// The longest sequence, start and end included.
    pub fn context(&self) -> usize {
        self.options.context
    }

    /// The id of `<|startoftext|>`.
    pub fn start(&self) -> i32 {
        self.size as i32 - 2
    }

    /// The id of `<|endoftext|>`, at whose position the text tower's output is read.
    pub fn end(&self) -> i32 {
        self.size as i32 - 1
    }

    /// The ids of `caption` alone: no start, no end, any number of them.
    pub fn tokens(&self, caption: &str) -> Vec<i32> {
        if self.options.cleaning == ClipCleaning::Transformers {
            let encoding = self.pipeline.encode_fast(caption, false).expect("every byte is in the vocabulary");
            return encoding.get_ids().iter().map(|&id| id as i32).collect();
        }
        let text = clean(caption);
        let mut ids = Vec::new();
        for (from, to) in self.words.find_iter(&text) {
            match &text[from..to] {
                Self::START => ids.push(self.start()),
                Self::END => ids.push(self.end()),
                word => {
                    let symbols: String = word.bytes().map(|byte| self.bytes[usize::from(byte)]).collect();
                    let tokens = self.pipeline.get_model().tokenize(&symbols).expect("every byte is in the vocabulary");
                    ids.extend(tokens.iter().map(|token| token.id as i32));
                }
            }
        }
        ids
    }

    /// Start, the ids of `caption`, end; not padded.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if that is longer than the context, unless [`TooLong::Truncate`] was asked for.
    pub fn encode(&self, caption: &str) -> Result<Vec<i32>, DataError> {
        let mut ids = self.tokens(caption);
        let room = self.options.context - 2;
        if ids.len() > room {
            if self.options.too_long == TooLong::Refuse {
                let head: String = caption.chars().take(40).collect();
                return Err(DataError::Invalid {
                    what: format!("caption `{head}..`"),
                    problem: format!("{} tokens, and the context holds {room} beside start and end", ids.len()),
                    help: "shorten it, or set `too_long = \"truncate\"`".into(),
                });
            }
            ids.truncate(room);
        }
        ids.insert(0, self.start());
        ids.push(self.end());
        Ok(ids)
    }

    /// [`encode`](Self::encode) of many captions, padded with 0 to the longest of them, as the published code pads (to the
    /// whole context: what stands behind the end changes nothing, the tower being causal).
    ///
    /// # Errors
    /// As [`encode`](Self::encode), for the first caption that is too long.
    pub fn encode_batch<T: AsRef<str>>(&self, captions: &[T]) -> Result<CaptionBatch, DataError> {
        let ids: Vec<Vec<i32>> =
            captions.iter().map(|caption| self.encode(caption.as_ref())).collect::<Result<_, _>>()?;
        Ok(CaptionBatch::new(&ids))
    }

    /// The text of `ids`: bytes that are no UTF-8 become U+FFFD; start, end and unknown ids are left out.
    pub fn decode(&self, ids: &[i32]) -> String {
        let mut raw = Vec::new();
        for &id in ids.iter().filter(|&&id| id >= 0 && id < self.start()) {
            let symbol = self.pipeline.get_model().id_to_token(id as u32).unwrap_or_default();
            let (symbol, ends) = symbol.strip_suffix(END_OF_WORD).map_or((symbol.as_str(), false), |part| (part, true));
            let bytes = symbol.chars().filter_map(|symbol| self.bytes.iter().position(|&known| known == symbol));
            raw.extend(bytes.map(|byte| byte as u8));
            if ends {
                raw.push(b' ');
            }
        }
        String::from_utf8_lossy(&raw).trim_end().to_owned()
    }
}

/// The printable stand-ins of bytes: in the order of their ids, and by byte.
///
/// Printable bytes of Latin-1 stand for themselves and come first; the others are U+0100 and on.
fn byte_symbols() -> (Vec<char>, Vec<char>) {
    let printable = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let (own, others): (Vec<u8>, Vec<u8>) = (0..=255).partition(printable);
    let symbols = own.iter().map(|&byte| char::from(byte)).chain(('\u{100}'..).take(others.len()));
    let order: Vec<char> = symbols.collect();
    let mut by_byte = vec!['\0'; 256];
    for (byte, symbol) in own.into_iter().chain(others).zip(&order) {
        by_byte[usize::from(byte)] = *symbol;
    }
    (order, by_byte)
}
