//! The number formats a matrix may be stored in.

use burn::tensor::{bf16, f16};

/// A little-endian float format; each one is exact in double precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    F16,
    Bf16,
    F32,
    F64,
}

impl Element {
    /// What errors say is possible.
    pub const EXPECTED: &'static str = "little-endian floats of 16, 32 or 64 bits";

    /// Bytes per number.
    pub fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Decodes `bytes` and hands each number with its position to `take`.
    pub fn decode(self, bytes: &[u8], mut take: impl FnMut(usize, f64)) {
        // One loop per format, so that each is free of branches.
        macro_rules! each {
            ($width:literal, $convert:expr) => {
                for (at, chunk) in bytes.as_chunks::<$width>().0.iter().enumerate() {
                    take(at, $convert(*chunk));
                }
            };
        }
        match self {
            Self::F16 => each!(2, |chunk| f64::from(f16::from_le_bytes(chunk).to_f32())),
            Self::Bf16 => each!(2, |chunk| f64::from(bf16::from_le_bytes(chunk).to_f32())),
            Self::F32 => each!(4, |chunk| f64::from(f32::from_le_bytes(chunk))),
            Self::F64 => each!(8, f64::from_le_bytes),
        }
    }
}
