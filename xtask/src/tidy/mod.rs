//! `cargo xtask tidy`: the rules of the house that no compiler checks.

mod edges;
mod licences;
mod results;
mod sources;

use anyhow::bail;

/// Runs every check and lists every finding before failing.
pub fn run() -> anyhow::Result<()> {
    let metadata = edges::metadata()?;
    let mut findings = Vec::new();
    findings.extend(edges::check(&metadata));
    findings.extend(licences::check(&metadata));
    findings.extend(sources::check()?);
    findings.extend(results::check()?);
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    if findings.is_empty() {
        println!("tidy: crate edges, licences, file headers and budgets, generated pages: all in order");
        Ok(())
    } else {
        bail!("{} finding(s)", findings.len())
    }
}
