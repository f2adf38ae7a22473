//! Files that a file refers to: read only beside it or below its folder.

use super::state::M;
use crate::python::Site;

/// The text of a file that a place in a file refers to by a relative path, or by one that begins with its own folder
/// (`Path(__file__).parent / "a.txt"`).
///
/// # Errors
/// The path leaves the folder, or the file cannot be read.
pub(super) fn read_beside(m: &M<'_>, site: Site, path: &str) -> Result<String, String> {
    let here = m.path_of(site.module);
    let folder = here.rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    m.vfs().read(&inside(folder, below.filter(|_| !folder.is_empty()).unwrap_or(path))?)
}

/// `folder/path`.
///
/// # Errors
/// The path is absolute or leaves the folder.
pub(super) fn inside(folder: &str, path: &str) -> Result<String, String> {
    let escapes = path.starts_with(['/', '\\', '~'])
        || path.contains(':')
        || path.contains('\\')
        || path.split('/').any(|part| part == "..");
    if escapes {
        return Err(format!("`{path}` leads out of the folder and is not read"));
    }
    let path = path.trim_start_matches("./");
    Ok(match folder {
        "" => path.to_owned(),
        folder => format!("{folder}/{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn a_path_stays_inside() {
        assert_eq!(inside("a", "./b.json").unwrap(), "a/b.json");
        for bad in ["../b", "/etc/passwd", "x/../../b", "C:\\b", "..\\b", "~/b"] {
            assert!(inside("a", bad).is_err(), "{bad}");
        }
    }
}
