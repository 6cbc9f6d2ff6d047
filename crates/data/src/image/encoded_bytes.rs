//! The bytes of an encoded image, wherever they are.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::DataError;
use crate::caption::ImageSource;

/// The encoded bytes of `source` and the name that messages give them; refuses more than `max_bytes` before reading.
///
/// # Panics
/// If `source` holds pixels.
pub(super) fn encoded_bytes(source: &ImageSource, max_bytes: u64) -> Result<(Cow<'_, Path>, Cow<'_, [u8]>), DataError> {
    let check = |path: &Path, size: u64| match size > max_bytes {
        true => Err(DataError::Format {
            path: path.to_path_buf(),
            problem: format!("{size} bytes"),
            expected: format!("at most {max_bytes} bytes"),
        }),
        false => Ok(()),
    };
    match source {
        ImageSource::Pixels(_) => panic!("pixels are not encoded"),
        ImageSource::Encoded(bytes) => Ok((Cow::Borrowed(Path::new("image in memory")), Cow::Borrowed(bytes))),
        ImageSource::File(path) => {
            check(path, std::fs::metadata(path).map_err(DataError::io(path))?.len())?;
            Ok((Cow::Borrowed(path), Cow::Owned(std::fs::read(path).map_err(DataError::io(path))?)))
        }
        ImageSource::Part { file: path, offset, length } => {
            let place = PathBuf::from(format!("{}[{offset}..{}]", path.display(), offset.saturating_add(*length)));
            check(&place, *length)?;
            let mut file = File::open(path).map_err(DataError::io(&**path))?;
            file.seek(SeekFrom::Start(*offset)).map_err(DataError::io(&**path))?;
            let mut bytes = Vec::new();
            file.take(*length).read_to_end(&mut bytes).map_err(DataError::io(&**path))?;
            if bytes.len() as u64 != *length {
                let problem = format!("the file ends after {} of {length} bytes", bytes.len());
                return Err(DataError::Format { path: place, problem, expected: "the file as it was indexed".into() });
            }
            Ok((Cow::Owned(place), Cow::Owned(bytes)))
        }
        ImageSource::Stored { store, index } => {
            Ok((Cow::Owned(PathBuf::from(store.place(*index))), Cow::Owned(store.read(*index, max_bytes)?)))
        }
    }
}
