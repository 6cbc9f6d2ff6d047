//! Headers, file budgets and forbidden habits of the Rust sources.

use crate::root::{files_below, workspace_root};
use std::path::Path;

const MEDIAN: usize = 150;
const PERCENTILE_95: usize = 400;
const LIMIT: usize = 600;

/// Findings over every `.rs` file of the workspace.
pub fn check() -> anyhow::Result<Vec<String>> {
    let root = workspace_root();
    let mut findings = Vec::new();
    let mut lengths = Vec::new();
    for folder in ["crates", "apps", "examples", "xtask"] {
        for path in files_below(&root.join(folder), &|path| path.extension().is_some_and(|e| e == "rs")) {
            let text = std::fs::read_to_string(&path)?;
            let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            if !text.starts_with("//!") {
                findings.push(format!("{name}: no `//!` header saying what lives here"));
            }
            if let Some(problem) = machine_path(&text) {
                findings.push(format!("{name}: `{problem}` is a path of one machine"));
            }
            if is_test(&path) {
                continue;
            }
            let code = code_of(&text);
            let lines = code.lines().count();
            lengths.push(lines);
            if lines > LIMIT {
                findings.push(format!("{name}: {lines} lines of code, the limit is {LIMIT}: split it"));
            }
            // One place chooses the device; everything else takes it.
            let chooses = folder == "crates" && !name.starts_with("crates/train/src/device");
            if chooses
                && code.lines().any(|line| line.contains("Device::default()") && !line.trim_start().starts_with("//"))
            {
                findings.push(format!("{name}: calls Device::default(); take the device as an argument"));
            }
        }
    }
    lengths.sort_unstable();
    let at = |share: usize| lengths.get(lengths.len() * share / 100).copied().unwrap_or(0);
    for (share, budget) in [(50, MEDIAN), (95, PERCENTILE_95)] {
        if at(share) > budget {
            findings.push(format!("the {share}th percentile of file lengths is {}, the budget is {budget}", at(share)));
        }
    }
    Ok(findings)
}

/// The file up to its inline tests, which do not count.
fn code_of(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod ").map_or(text, |at| &text[..at])
}

/// Tests and benchmarks: programs of their own, which choose a device and may be long.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "benches")
}

fn machine_path(text: &str) -> Option<&'static str> {
    // Spelt in pieces, so that this file does not find itself.
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")]
        .into_iter()
        .find(|needle| text.contains(needle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_tests_do_not_count_towards_the_budget() {
        assert_eq!(code_of("a\nb\n#[cfg(test)]\nmod tests {}\n"), "a\nb");
        assert_eq!(code_of("a\nb\n"), "a\nb\n");
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        assert!(machine_path(concat!("see /ro", "ot/x")).is_some());
        assert!(machine_path("see ../shared/data").is_none());
    }
}
