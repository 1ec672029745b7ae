//! Rules for the folders of a crate: few files at the root of its sources, no file name twice, nothing called `build`.

use std::collections::BTreeMap;

use crate::repository::finding::Finding;
use crate::repository::rust_file::place;
use crate::repository::text_file::TextFile;

/// More files than this at the root of `src/` show no architecture: folders do.
const MAX_FILES_AT_ROOT: usize = 12;

/// Tools and people take a folder of this name for something that can be deleted.
const NOT_A_FOLDER: &str = "build";

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut crates: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.has_extension("rs")) {
        if let Some((folder, rest)) = place(&file.path) {
            crates.entry(folder).or_default().push(rest);
        }
    }
    let mut findings: Vec<Finding> = crates.iter().filter_map(|(folder, files)| crowded(folder, files)).collect();
    findings.extend(crates.iter().flat_map(|(folder, files)| names_taken_twice(folder, files)));
    findings.extend(forbidden_folders(&paths));
    findings
}

fn crowded(folder: &str, files: &[&str]) -> Option<Finding> {
    let count = files.iter().filter(|path| !path.contains('/')).count();
    let message = format!(
        "{count} files at the root of src; more than {MAX_FILES_AT_ROOT} belong in folders that say what they are"
    );
    (count > MAX_FILES_AT_ROOT).then(|| Finding { path: format!("{folder}/src"), line: 1, message })
}

/// A name that two files of a crate have tells of neither what it does. A `mod.rs` has the name of its folder.
fn names_taken_twice(folder: &str, files: &[&str]) -> Vec<Finding> {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in files {
        by_name.entry(path.rsplit('/').next().unwrap_or(path)).or_default().push(path);
    }
    by_name.remove("mod.rs");
    let twice = by_name.iter().filter(|(_, paths)| paths.len() > 1);
    let finding = |(name, paths): (&&str, &Vec<&str>)| Finding {
        path: format!("{folder}/src/{}", paths[1]),
        line: 1,
        message: format!("`{name}` is also src/{}; a file name occurs once in a crate", paths[0]),
    };
    twice.map(finding).collect()
}

/// One finding a folder, at its first file.
fn forbidden_folders(paths: &[&str]) -> Vec<Finding> {
    let mut found: BTreeMap<String, &str> = BTreeMap::new();
    for path in paths {
        let parts: Vec<&str> = path.split('/').collect();
        let folders = &parts[..parts.len() - 1];
        if let Some(at) = folders.iter().position(|part| *part == NOT_A_FOLDER) {
            found.entry(folders[..=at].join("/")).or_insert(path);
        }
    }
    let message = |folder: &str| {
        format!("no folder is called `{NOT_A_FOLDER}`, rename {folder}: tools ignore and clean such folders")
    };
    found.iter().map(|(folder, path)| Finding { path: (*path).to_owned(), line: 1, message: message(folder) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::tree;

    fn messages(paths: &[&str]) -> Vec<String> {
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (*path, "")).collect();
        check(&tree(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn twelve_files_may_stand_at_the_root_of_a_crate_and_no_more() {
        let names: Vec<String> = (0..12).map(|index| format!("crates/c/src/f{index}.rs")).collect();
        let mut paths: Vec<&str> = names.iter().map(String::as_str).collect();
        paths.extend(["crates/c/src/deep/one_more.rs", "crates/c/src/table.csv", "crates/c/Cargo.toml"]);
        assert!(messages(&paths).is_empty());
        paths.push("crates/c/src/lib.rs");
        let found = messages(&paths);
        assert!(found.len() == 1 && found[0].starts_with("crates/c/src:1: 13 files"), "{found:?}");
        paths.pop();
        paths.push("crates/d/src/lib.rs");
        assert!(messages(&paths).is_empty(), "each crate counts for itself");
    }

    #[test]
    fn a_file_name_occurs_once_in_a_crate() {
        let apart = ["a/src/psf.rs", "b/src/psf.rs", "a/src/x/mod.rs", "a/src/y/mod.rs", "a/tests/psf.rs"];
        assert!(messages(&apart).is_empty());
        let found = messages(&["a/src/irf/psf.rs", "a/src/psf.rs"]);
        assert!(
            found.len() == 1 && found[0].starts_with("a/src/psf.rs:1: `psf.rs` is also src/irf/psf.rs"),
            "{found:?}"
        );
    }

    #[test]
    fn no_folder_is_called_build() {
        assert!(messages(&["a/build.rs", "a/src/builder/x.rs", "a/src/rebuild/z.rs"]).is_empty());
        let found = messages(&["a/src/build/x.rs", "a/src/build/y.rs", "docs/build/p.md"]);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("a/src/build/x.rs:1:") && found[1].starts_with("docs/build/p.md:1:"), "{found:?}");
    }
}
