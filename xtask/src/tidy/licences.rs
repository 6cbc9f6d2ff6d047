//! Licences of everything that is linked: the list of what a permissive project can depend on.

use super::edges::list;
use serde_json::Value;

/// SPDX identifiers that are fine for a project under MIT OR Apache-2.0.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "NCSA",
    "MPL-2.0", // file-level copyleft: used unmodified, as a library
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "WTFPL",
    "Zlib",
    "bzip2-1.0.6",
];

/// Packages that name no SPDX expression, and what their licence file holds.
const READ_BY_HAND: &[(&str, &str)] = &[("cfg_block", "Apache-2.0")];

/// Findings: packages whose licence expression cannot be met from the list.
pub fn check(metadata: &Value) -> Vec<String> {
    list(&metadata["packages"])
        .filter_map(|package| {
            let name = package["name"].as_str().unwrap_or_default();
            let by_hand = READ_BY_HAND.iter().find(|(read, _)| *read == name).map(|(_, licence)| *licence);
            let licence = package["license"].as_str().or(by_hand).unwrap_or_default();
            (!satisfied(licence))
                .then(|| format!("dependency `{name}` has the licence `{licence}`, which is not on the list"))
        })
        .collect()
}

/// Whether an SPDX expression can be satisfied: `OR` needs one side, `AND` both; `/` is the old form of `OR`.
fn satisfied(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    split(&expression, " OR ").iter().any(|choice| {
        split(choice, " AND ").iter().all(|part| {
            let part = part.trim();
            match part.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
                Some(inner) => satisfied(inner),
                None => ALLOWED.contains(&part),
            }
        })
    })
}

/// Splits at `separator` outside parentheses.
fn split<'a>(expression: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && expression[at..].starts_with(separator) => {
                parts.push(&expression[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::satisfied;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        assert!(satisfied("MIT OR Apache-2.0"));
        assert!(satisfied("MIT/Apache-2.0"));
        assert!(satisfied("(MIT OR GPL-3.0-only) AND Unicode-3.0"));
        assert!(satisfied("GPL-3.0-only OR MIT"));
        assert!(!satisfied("MIT AND GPL-3.0-only"));
        assert!(!satisfied("GPL-3.0-only"));
        assert!(!satisfied(""));
    }
}
