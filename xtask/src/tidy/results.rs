//! Pages of results are written by `cargo xtask repro`, never by hand.

use crate::results_page::is_sealed;
use crate::root::{files_below, workspace_root};

/// Findings: pages below docs/results whose seal does not match their text.
pub fn check() -> anyhow::Result<Vec<String>> {
    let root = workspace_root();
    let mut findings = Vec::new();
    for path in files_below(&root.join("docs/results"), &|path| path.extension().is_some_and(|e| e == "md")) {
        if !is_sealed(&std::fs::read_to_string(&path)?) {
            let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            findings.push(format!("{name} was edited by hand: change the recipe and run `cargo xtask repro` instead"));
        }
    }
    Ok(findings)
}
