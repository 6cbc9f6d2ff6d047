//! Image files named by a caption file.

use std::path::{Component, Path, PathBuf};

/// The file `name` below `folder`, unless `name` is absolute or climbs out of it.
pub(super) fn file_below(folder: &Path, name: &str) -> Option<PathBuf> {
    let relative = Path::new(name);
    let stays = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    (stays && !name.is_empty()).then(|| folder.join(relative))
}

/// The names of the image files directly in `folder`, sorted; by extension, in any case.
pub(super) fn image_names(folder: &Path) -> std::io::Result<Vec<String>> {
    const EXTENSIONS: [&str; 8] = ["jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff"];
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str())) {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort_unstable();
    Ok(names)
}
