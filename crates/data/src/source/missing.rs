//! Lists of what is missing, short enough to read.

/// The first few of `missing`, and how many more there are.
pub(super) fn first_few(mut missing: Vec<String>, limit: usize) -> Vec<String> {
    let more = missing.len().saturating_sub(limit);
    if more > 0 {
        missing.truncate(limit);
        missing.push(format!("and {more} more"));
    }
    missing
}
