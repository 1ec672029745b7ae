//! The archives of templates that are published with catalogs, and where a template of one lies.

use std::path::{Path, PathBuf};

/// Where the templates of a catalog are looked for.
pub(super) struct Archives<'a> {
    /// Folders that are an archive or hold some, the first first.
    pub(super) roots: Vec<&'a Path>,
    /// The file of the catalog, which tells which archive was published with it.
    pub(super) catalog: &'a Path,
}

impl Archives<'_> {
    /// The path of a template; its bare name when no archive has it.
    pub(super) fn template(&self, name: &str) -> PathBuf {
        let folders = self.roots.iter().flat_map(|root| archive_folders(root, self.catalog));
        let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
        found.unwrap_or_else(|| PathBuf::from(name))
    }
}

/// The folders in which the templates of a catalog may lie: `root`, `root/Templates`, and `Templates` of the archives `Extended_*` in it. The archive
/// that was published with the catalog comes first, of the others the newest.
///
/// ```
/// let folders = lat_io::archive_folders("/none".as_ref(), "gll_psc_v35.fit".as_ref());
/// assert_eq!(folders, ["/none", "/none/Templates"].map(std::path::PathBuf::from));
/// ```
pub fn archive_folders(root: &Path, catalog: &Path) -> Vec<PathBuf> {
    let published = published_with(catalog);
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut archives: Vec<(bool, u64, PathBuf)> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| name(path).starts_with("Extended_"))
        .map(|path| (published == Some(name(&path).as_str()), years(&name(&path)), path))
        .collect();
    archives.sort();
    let archives = archives.into_iter().rev().map(|(_, _, archive)| archive.join("Templates"));
    [root.to_owned(), root.join("Templates")].into_iter().chain(archives).collect()
}

/// The archive that was published with a catalog, by the number of its file.
fn published_with(catalog: &Path) -> Option<&'static str> {
    let file = catalog.file_name()?.to_str()?;
    let number = |prefix: &str| -> Option<u32> {
        let digits = file.strip_prefix(prefix)?;
        digits.get(..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()))?.parse().ok()
    };
    match (number("gll_psc_v"), number("gll_psch_v")) {
        (Some(14..=16), _) => Some("Extended_archive_v15"),
        (Some(17..=27), _) => Some("Extended_8years"),
        (Some(28..=31), _) => Some("Extended_12years"),
        (Some(32..=39), _) => Some("Extended_14years"),
        (Some(40..), _) => Some("Extended_16years"),
        (_, Some(8..=9)) => Some("Extended_archive_2fhl_v00"),
        (_, Some(10..)) => Some("Extended_archive_v18"),
        _ => None,
    }
}

/// How many years of data an archive such as `Extended_14years` is of; 0 for the older ones.
fn years(archive: &str) -> u64 {
    archive.strip_prefix("Extended_").and_then(|rest| rest.strip_suffix("years")?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_of_the_catalog_comes_first_and_then_the_newest() {
        let root = tempfile::tempdir().unwrap();
        for archive in ["Extended_8years", "Extended_14years", "Extended_16years", "Extended_archive_v15", "other"] {
            std::fs::create_dir(root.path().join(archive)).unwrap();
        }
        let order = |catalog: &str| -> Vec<String> {
            let folders = archive_folders(root.path(), catalog.as_ref());
            let archives = folders[2..].iter().map(|folder| folder.parent().unwrap().file_name().unwrap());
            archives.map(|name| name.to_string_lossy().into_owned()).collect()
        };
        let newest = ["Extended_16years", "Extended_14years", "Extended_8years", "Extended_archive_v15"];
        assert_eq!(order("some.fit"), newest);
        assert_eq!(order("/a/gll_psc_v35.fit.gz")[..2], ["Extended_14years", "Extended_16years"]);
        assert_eq!(order("gll_psc_v16.fit")[0], "Extended_archive_v15");
        assert_eq!(order("gll_psc_v27.fit")[0], "Extended_8years");
    }
}
