//! One FITS file, or a text file that lists several.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::disk::first_found;
use crate::error::{Error, Result};

/// Many times what a mission's files need; a list is text.
const LONGEST_LIST: u64 = 16 << 20;

/// The files that a path stands for: itself when it is a FITS file, plain or gzip, or those that it lists, a path a line. Blank lines and
/// lines that begin with `#` are skipped, an `@` before the path is too. A relative path is looked for beside the list, then where the
/// program runs.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::Io`] when it cannot be read, [`Error::TextTable`] for a line whose file is not there,
/// [`Error::NotText`] for what is neither FITS nor text, and [`Error::EmptyTable`] for an empty list.
///
/// ```no_run
/// for path in lat_io::file_list("events.txt".as_ref())? {
///     println!("{}", path.display());
/// }
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn file_list(path: &Path) -> Result<Vec<PathBuf>> {
    let path = path.to_str().and_then(|text| text.strip_prefix('@')).map_or_else(|| path.to_owned(), PathBuf::from);
    let io = |source| Error::io("read", &path, source);
    let mut file = std::fs::File::open(&path).map_err(io)?;
    let mut bytes = Vec::new();
    file.by_ref().take(6).read_to_end(&mut bytes).map_err(io)?;
    if bytes.starts_with(&[0x1f, 0x8b]) || bytes == b"SIMPLE" {
        return Ok(vec![path]);
    }
    file.take(LONGEST_LIST).read_to_end(&mut bytes).map_err(io)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::NotText { path: path.clone(), offset: error.utf8_error().valid_up_to() })?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut files = Vec::new();
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let beside = folder.join(line);
        let found = first_found([beside, PathBuf::from(line)]);
        let Some(found) = found else {
            return Err(Error::TextTable {
                path,
                line: number,
                reason: format!("file '{line}' does not exist; a list holds the path of one FITS file a line"),
            });
        };
        files.push(found);
    }
    if files.is_empty() {
        let expected = "the path of one FITS file a line";
        return Err(Error::EmptyTable { path, hdu: "(list of files)".into(), expected });
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::file_list;

    #[test]
    fn a_list_is_resolved_beside_itself_and_a_fits_file_stands_for_itself() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let fits = write("a.fits", "SIMPLE  =                    T");
        let list = write("list.txt", "# photons\n\n  a.fits \n");
        assert_eq!(file_list(&fits).unwrap(), std::slice::from_ref(&fits));
        assert_eq!(file_list(&list).unwrap(), std::slice::from_ref(&fits));
        assert_eq!(file_list(format!("@{}", list.display()).as_ref()).unwrap(), [fits]);
        let lost = file_list(&write("lost.txt", "a.fits\nb.fits\n")).unwrap_err().to_string();
        assert!(lost.contains("line 2") && lost.contains("'b.fits'"), "{lost}");
        assert!(file_list(&write("empty.txt", "# nothing\n")).unwrap_err().to_string().contains("is empty"));
        assert!(file_list(&folder.path().join("none")).unwrap_err().to_string().contains("does not exist"));
        std::fs::write(folder.path().join("bytes"), [0xff_u8, 0xfe, 0x00]).unwrap();
        assert!(file_list(&folder.path().join("bytes")).unwrap_err().to_string().contains("UTF-8"));
    }
}
