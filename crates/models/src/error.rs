//! The one error type of the crate: what was wrong, where, what was expected, and the way out.

use std::path::PathBuf;

use crate::weights::WeightDifferences;

/// Everything that can go wrong with a model's configuration, its inputs from outside, or a weight file.
///
/// Shapes of tensors that a *caller* builds are a contract: breaking it panics, as everywhere in Burn.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A hyper-parameter that cannot work.
    #[error("{config}.{field} is {found}, but {expected}")]
    Config {
        /// The config type.
        config: &'static str,
        /// The field.
        field: &'static str,
        /// The value it holds.
        found: String,
        /// What would be accepted.
        expected: &'static str,
    },

    /// A batch of word sequences without any sequence in it.
    #[error("a batch of captions is empty: leave out empty batches")]
    NoSequences,

    /// Not one length for each row of tokens.
    #[error("{rows} rows of tokens came with {lengths} lengths: give one length for each row")]
    LengthCount {
        /// Rows of the token matrix.
        rows: usize,
        /// Lengths given.
        lengths: usize,
    },

    /// A sequence that is empty or reaches past its row.
    #[error(
        "the caption in row {row} has length {length}, expected 1 to {width}: give it at least one token (`<unk>`)"
    )]
    Length {
        /// Row in the batch.
        row: usize,
        /// The length given.
        length: usize,
        /// Width of the token matrix.
        width: usize,
    },

    /// Features of another width than the layer was built for, or of two branches that differ.
    #[error("{what} have the shape {found:?}, expected {expected:?}: build the head for the width of its encoder")]
    FeatureShape {
        /// Which features.
        what: &'static str,
        /// Their shape.
        found: Vec<usize>,
        /// The shape that would fit.
        expected: Vec<usize>,
    },

    /// A token that the word table does not hold.
    #[error(
        "token {token} at row {row}, position {position} is outside the vocabulary of {vocabulary} words: \
         was the text encoded with another vocabulary than the model's?"
    )]
    Token {
        /// Row in the batch.
        row: usize,
        /// Position in the row.
        position: usize,
        /// The token.
        token: usize,
        /// Rows of the word table.
        vocabulary: usize,
    },

    /// A caption with more tokens than the text tower has positions for.
    #[error(
        "the caption in row {row} has {length} tokens, the text tower has positions for {context}: \
         cut it when encoding (keep the end token), or lengthen the tower's positions"
    )]
    CaptionTooLong {
        /// Row in the batch.
        row: usize,
        /// Tokens, with start and end.
        length: usize,
        /// Positions of the tower.
        context: usize,
    },

    /// Images of another size than the tower has positions for.
    #[error("images of {height} x {width} pixels, expected {expected} x {expected}: resize or crop them first")]
    ImageSize {
        /// Pixels from top to bottom.
        height: usize,
        /// Pixels from left to right.
        width: usize,
        /// Side that the tower was built for.
        expected: usize,
    },

    /// A matrix of word vectors of the wrong size.
    #[error("the word vectors hold {found} numbers, expected {rows} x {columns} = {}", rows * columns)]
    WordVectors {
        /// Numbers given.
        found: usize,
        /// Words in the vocabulary.
        rows: usize,
        /// Numbers for each word.
        columns: usize,
    },

    /// A distribution was asked of a model that only has means.
    #[error("this model embeds points, not distributions: build it with `PcmeConfig::with_uncertainty(true)`")]
    NoUncertainty,

    /// A sampled code that stands for no class.
    #[error(
        "the sample in row {row} has the code {code} at position {position}, but there are {classes} classes: \
         map such codes to a class or draw the sequence again (`UnusedPolicy`)"
    )]
    UnusedCode {
        /// Row in the batch.
        row: usize,
        /// Position in the row.
        position: usize,
        /// The code that the digits spell.
        code: usize,
        /// Classes.
        classes: usize,
    },

    /// A weight file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },

    /// A weight file that is not a safetensors file, or a damaged one.
    #[error("{origin}: not a complete safetensors file ({reason}): fetch or export it again")]
    Format {
        /// The file, or "memory".
        origin: String,
        /// What the parser found.
        reason: String,
    },

    /// A tensor of a type that cannot hold weights.
    #[error("{origin}: tensor `{tensor}` has the type {found}, expected one of F32, F16, BF16, F64")]
    Dtype {
        /// The file, or "memory".
        origin: String,
        /// Name in the file.
        tensor: String,
        /// Type in the file.
        found: String,
    },

    /// A weight file of another kind of model.
    #[error("{origin}: expected {expected}, but this looks like {found}: name the right file, or another model")]
    OtherModel {
        /// The file, or "memory".
        origin: String,
        /// What was to be loaded.
        expected: &'static str,
        /// What the names in the file look like.
        found: String,
    },

    /// A weight file made for another model; every difference is listed.
    #[error("{origin}: the weights do not fit this model\n{differences}")]
    Weights {
        /// The file, or "memory".
        origin: String,
        /// All that is missing, extra and misshapen.
        differences: WeightDifferences,
    },

    /// A weight file could not be written.
    #[error("{}: the weights were not written: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}
