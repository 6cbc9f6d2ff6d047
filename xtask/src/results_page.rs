//! A generated page carries a seal, so that an edit by hand is noticed.

const SEAL: &str = "\n<!-- written by `cargo xtask repro`; seal ";

/// Appends the seal to the text of a page.
pub fn seal(text: &str) -> String {
    let text = text.trim_end();
    format!("{text}\n{SEAL}{:016x} -->\n", fnv1a(text.as_bytes()))
}

/// Whether a page still is what was sealed.
pub fn is_sealed(page: &str) -> bool {
    page.split_once(SEAL).is_some_and(|(text, _)| seal(text) == page)
}

/// FNV-1a, 64 bit: a checksum against slips of the hand, not against malice.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_page_is_recognised_and_an_edited_one_is_not() {
        let page = seal("# Results\n\n| a | 1.0 |\n");
        assert!(is_sealed(&page));
        assert!(!is_sealed(&page.replace("1.0", "1.1")));
        assert!(!is_sealed("# Results\n"));
    }
}
