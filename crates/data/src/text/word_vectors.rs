//! Pretrained word vectors in the GloVe text format.

use super::Vocabulary;
use crate::DataError;
use crate::sample::{Stream, keyed_rng, unit};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// The initial embedding table of a vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct WordVectors {
    /// Rows by word id, `[V, D]` row-major.
    pub rows: Vec<f32>,
    /// D.
    pub dim: usize,
    /// For every id, whether its row came from the file; the others are standard normal.
    pub found: Vec<bool>,
}

impl WordVectors {
    /// Standard normal rows for every word: PyTorch's default for an embedding table, and PCME's for words without a
    /// vector (so much larger than GloVe's rows, as in the reference code).
    pub fn random(words: usize, dim: usize, seed: u64) -> Self {
        let mut rng = keyed_rng(seed, 0, 0, Stream::Words);
        let mut normal = || {
            let radius = (-2.0 * (1.0 - unit(&mut rng)).ln()).sqrt(); // Box-Muller
            (radius * (std::f64::consts::TAU * unit(&mut rng)).cos()) as f32
        };
        Self { rows: (0..words * dim).map(|_| normal()).collect(), dim, found: vec![false; words] }
    }

    /// Reads the vectors of the vocabulary's words from a GloVe text file (`word v1 .. vD` per line), line by line: memory
    /// grows with the vocabulary, not with the file.
    ///
    /// A first line of two integers (word2vec's header) is skipped. A word that the file lacks is looked up once more
    /// without `-`, `.` and `'`, and, if it has a `/`, by the part before it (PCME's fallback); what is still not found
    /// keeps its row of [`random`](Self::random). A word may hold spaces: the last `dim` fields are the vector.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`], with the line, for a line with fewer than `dim` numbers after the word,
    /// with more numbers than that, with a field that is no finite number, or that is not UTF-8; also if the file
    /// holds no vector.
    pub fn read_glove(path: &Path, vocabulary: &Vocabulary, dim: usize, seed: u64) -> Result<Self, DataError> {
        let invalid = |line: usize, problem: String| DataError::Format {
            path: path.to_path_buf(),
            problem: format!("line {line}: {problem}"),
            expected: format!("a word and {dim} numbers, separated by spaces"),
        };
        let mut table = Self::random(vocabulary.len(), dim, seed);
        // What to look for: the word itself, or what falls back to it.
        let mut wanted: HashMap<String, Vec<(usize, bool)>> = HashMap::new();
        for (id, word) in vocabulary.words().iter().enumerate().skip(Vocabulary::SPECIAL.len()) {
            wanted.entry(word.clone()).or_default().push((id, true));
            let fallback = fallback(word);
            if fallback != *word && !fallback.is_empty() {
                wanted.entry(fallback).or_default().push((id, false));
            }
        }
        let mut exact = vec![false; vocabulary.len()];
        let mut reader = BufReader::new(File::open(path).map_err(DataError::io(path))?);
        let mut line = String::new();
        let (mut number, mut vectors) = (0, 0usize);
        let mut vector = Vec::with_capacity(dim);
        loop {
            line.clear();
            number += 1;
            match reader.read_line(&mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    return Err(invalid(number, "not UTF-8".into()));
                }
                Err(error) => return Err(DataError::io(path)(error)),
            }
            let text = line.trim_end_matches(['\n', '\r', ' ']);
            if number == 1 && is_header(text) {
                let declared = text.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
                if declared != dim {
                    return Err(invalid(number, format!("the header declares {declared} numbers per word")));
                }
                continue;
            }
            let (word, numbers) = cut(text, dim).ok_or_else(|| {
                invalid(number, format!("{} fields", text.split(' ').filter(|field| !field.is_empty()).count()))
            })?;
            if number <= 2
                && word.rsplit(' ').next().is_some_and(|field| word.contains(' ') && field.parse::<f32>().is_ok())
            {
                return Err(invalid(number, format!("more than {dim} numbers")));
            }
            vector.clear();
            for field in numbers.split(' ') {
                match field.parse::<f32>() {
                    Ok(value) if value.is_finite() => vector.push(value),
                    _ => return Err(invalid(number, format!("`{field}` is no finite number"))),
                }
            }
            vectors += 1;
            for &(id, is_exact) in wanted.get(word).into_iter().flatten() {
                if is_exact || !exact[id] {
                    table.rows[id * dim..][..dim].copy_from_slice(&vector);
                    table.found[id] = true;
                    exact[id] |= is_exact;
                }
            }
        }
        if vectors == 0 {
            return Err(invalid(number, "the file holds no vector".into()));
        }
        Ok(table)
    }

    /// How many words have a vector from the file.
    pub fn found_count(&self) -> usize {
        self.found.iter().filter(|&&found| found).count()
    }
}

/// The word without `-`, `.` and `'`, then the part before a `/`.
fn fallback(word: &str) -> String {
    let plain: String = word.chars().filter(|point| !"-.'".contains(*point)).collect();
    plain.split('/').next().unwrap_or_default().to_owned()
}

fn is_header(line: &str) -> bool {
    let fields: Vec<&str> = line.split(' ').collect();
    fields.len() == 2 && fields.iter().all(|field| field.parse::<u64>().is_ok())
}

/// Cuts `line` before its last `dim` fields; `None` if no word is left.
fn cut(line: &str, dim: usize) -> Option<(&str, &str)> {
    let (at, _) = line.rmatch_indices(' ').nth(dim.checked_sub(1)?)?;
    (at > 0).then(|| (&line[..at], &line[at + 1..]))
}
