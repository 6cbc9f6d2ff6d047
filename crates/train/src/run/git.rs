//! Which commit of halation a program was built from.

use std::process::Command;

/// The commit that this program was built from, with `-dirty` when the tree had changes; `None` outside a checkout.
///
/// `HALATION_GIT_ID`, set when the program was compiled, wins; otherwise git is asked about the source directory.
pub fn git_id() -> Option<String> {
    if let Some(id) = option_env!("HALATION_GIT_ID") {
        return Some(id.to_owned());
    }
    let output = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty"])
        .output()
        .ok()?;
    let id = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !id.is_empty()).then_some(id)
}
