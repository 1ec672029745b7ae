//! `cargo xtask api`: a listing of each library's public interface, so that a change of it is seen and meant.
//!
//! The listings stand in `docs/api/CRATE.txt`, together and outside the crates: they are read side by side in a review, and are not packed
//! into what is published. They are made from the source, by the stable toolchain. What a macro makes is named, not described.
//! Types are written as in the source: a name that comes to mean another type of the same name is not seen.

mod listing;
mod members;
mod module_tree;
mod names;
mod one_line;
mod surface;

use std::collections::BTreeMap;
use std::fs;

pub(crate) use listing::Interface;

use crate::error::Error;
use crate::repository::finding::{Finding, conclude};
use crate::repository::project::Project;
use crate::repository::rust_file::rust_files;
use crate::repository::text_file::{TextFile, text_files};

const FOLDER: &str = "docs/api";

/// Writes the listings; with `--check` it finds those that differ.
pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    match args {
        [] => write(project),
        [word] if word == "--check" => check(project),
        words => Err(Error::Usage(format!("api knows --check, not `{}`", words.join(" ")))),
    }
}

pub(crate) fn check(project: &Project) -> Result<(), Error> {
    let files = text_files(project)?;
    let (listings, mut findings) = listings(&files);
    findings.extend(differences(&files, &listings));
    conclude("api", &findings)
}

fn write(project: &Project) -> Result<(), Error> {
    let files = text_files(project)?;
    let (listings, unreadable) = listings(&files);
    let folder = project.root().join(FOLDER);
    let failed = |path: &str| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    fs::create_dir_all(&folder).map_err(failed(FOLDER))?;
    for (path, text) in &listings {
        fs::write(project.root().join(path), text).map_err(failed(path))?;
    }
    for file in files.iter().filter(|file| is_listing(file) && !listings.contains_key(&file.path)) {
        fs::remove_file(project.root().join(&file.path)).map_err(failed(&file.path))?;
    }
    conclude("api", &unreadable)
}

fn is_listing(file: &TextFile) -> bool {
    file.path.starts_with(FOLDER) && file.has_extension("txt")
}

/// The path and text of each listing, and what could not be read.
fn listings(files: &[TextFile]) -> (BTreeMap<String, String>, Vec<Finding>) {
    let (parsed, findings) = rust_files(files);
    let listing = |name: &str| {
        let text = Interface::of(&format!("crates/{name}"), &parsed)?.text();
        let head = format!("# The public interface of `{name}`, made by `cargo xtask api`.\n\n");
        Some((format!("{FOLDER}/{name}.txt"), head + &text))
    };
    (published(files).into_iter().filter_map(listing).collect(), findings)
}

/// The crates that others can depend on.
pub(crate) fn published(files: &[TextFile]) -> Vec<&str> {
    let folder = |file: &'_ TextFile| -> Option<usize> {
        let name = file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        let is_kept = file.text.lines().any(|line| line.replace(' ', "") == "publish=false");
        (!name.contains('/') && !is_kept).then_some(name.len())
    };
    files.iter().filter_map(|file| file.path.get("crates/".len()..)?.get(..folder(file)?)).collect()
}

/// Listings that are not what the source says.
fn differences(files: &[TextFile], listings: &BTreeMap<String, String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in listings {
        let stands = files.iter().find(|file| file.path == *path).map_or("", |file| file.text.as_str());
        if stands != text {
            let same = stands.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
            let (was, is) = (stands.lines().nth(same), text.lines().nth(same));
            let quoted = |line: Option<&str>| line.map_or("nothing".to_owned(), |line| format!("`{}`", line.trim()));
            let message = format!(
                "public API changed, here from {} to {}: run `cargo xtask api`, read its diff, and note the change in CHANGELOG.md",
                quoted(was),
                quoted(is)
            );
            findings.push(Finding { path: path.clone(), line: same + 1, message });
        }
    }
    for file in files.iter().filter(|file| is_listing(file) && !listings.contains_key(&file.path)) {
        let message = "no library of this name is published: run `cargo xtask api`".to_owned();
        findings.push(Finding { path: file.path.clone(), line: 1, message });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::tree;

    const SOURCE: &str = "pub fn f(x: f64) {}\npub fn g() {}";
    const LISTING: &str = "# The public interface of `c`, made by `cargo xtask api`.\n\npub fn f(x: f64)\npub fn g()\n";

    fn found(files: &[(&str, &str)]) -> Vec<Finding> {
        let files = tree(files);
        let (listings, unreadable) = listings(&files);
        assert!(unreadable.is_empty());
        differences(&files, &listings)
    }

    #[test]
    fn a_listing_that_stands_passes() {
        let manifest = ("crates/c/Cargo.toml", "[package]");
        assert!(found(&[manifest, ("crates/c/src/lib.rs", SOURCE), ("docs/api/c.txt", LISTING)]).is_empty());
    }

    #[test]
    fn a_changed_interface_is_told_with_what_to_do() {
        let source = "pub fn f(x: f64) {}\npub fn g(y: u8) {}";
        let found = found(&[("crates/c/Cargo.toml", ""), ("crates/c/src/lib.rs", source), ("docs/api/c.txt", LISTING)]);
        assert_eq!(found.len(), 1);
        let text = found[0].to_string();
        for part in ["docs/api/c.txt:4:", "from `pub fn g()` to `pub fn g(y: u8)`", "cargo xtask api", "CHANGELOG.md"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_missing_and_a_left_over_listing_are_found() {
        let manifest = ("crates/c/Cargo.toml", "");
        assert_eq!(found(&[manifest, ("crates/c/src/lib.rs", SOURCE)]).len(), 1);
        assert_eq!(found(&[("docs/api/gone.txt", LISTING)]).len(), 1);
    }

    #[test]
    fn what_is_not_published_and_programs_have_no_listing() {
        let kept = ("crates/c/Cargo.toml", "[package]\npublish = false\n");
        assert!(found(&[kept, ("crates/c/src/lib.rs", SOURCE)]).is_empty());
        assert!(found(&[("crates/c/Cargo.toml", ""), ("crates/c/src/main.rs", SOURCE)]).is_empty());
    }
}
