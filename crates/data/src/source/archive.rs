//! Members of a small `.tar.gz`, under limits.

use crate::DataError;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// No member of the archives read here comes near this.
const MAX_MEMBER: u64 = 64 << 20;
/// Nor does their number.
const MAX_MEMBERS: usize = 100_000;

/// Calls `member` with the path and bytes of every file in the archive that `wanted` accepts, in the archive's order.
pub(super) fn for_each_member(
    path: &Path,
    wanted: impl Fn(&str) -> bool,
    mut member: impl FnMut(&str, Vec<u8>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let broken = |error: std::io::Error| DataError::Format {
        path: path.to_path_buf(),
        problem: error.to_string(),
        expected: "a whole tar archive compressed with gzip".into(),
    };
    let file = File::open(path).map_err(DataError::io(path))?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    for (count, entry) in archive.entries().map_err(broken)?.enumerate() {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        if count >= MAX_MEMBERS {
            return Err(broken(std::io::Error::other(format!("more than {MAX_MEMBERS} members"))));
        }
        if !entry.header().entry_type().is_file() || !wanted(&name) {
            continue;
        }
        if entry.size() > MAX_MEMBER {
            let problem = format!("member `{name}` has {} bytes, more than {MAX_MEMBER}", entry.size());
            return Err(broken(std::io::Error::other(problem)));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(broken)?;
        member(&name, bytes)?;
    }
    Ok(())
}
