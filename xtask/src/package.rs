//! `cargo xtask package`: every crate that others can depend on tells what a registry shows of it, and can be packed.
//!
//! All are packed together, so that those which stand on each other need not be published first. They are not built from their packages:
//! that would compile every dependency once more, without our profiles; `cargo publish` does it when the day comes.

use crate::api::published;
use crate::error::Error;
use crate::repository::finding::{Finding, conclude};
use crate::repository::project::{self, Project};
use crate::repository::text_file::{TextFile, text_files};
use crate::repository::workspace::entry;

/// What `[package]` must say, by itself or through the workspace.
const KEYS: &[&str] =
    &["description", "license", "keywords", "categories", "readme", "repository", "authors", "rust-version", "version"];

/// The section that tells docs.rs what to build.
const DOCS: &str = "package.metadata.docs.rs";

/// The categories of crates.io that we use; one that the registry does not know is dropped there without a word.
const CATEGORIES: &[&str] = &[
    "algorithms",
    "command-line-utilities",
    "concurrency",
    "config",
    "development-tools::testing",
    "mathematics",
    "parser-implementations",
    "science",
    "simulation",
    "visualization",
];

/// What crates.io accepts.
const MOST_KEYWORDS: usize = 5;
const LONGEST_KEYWORD: usize = 20;

pub(crate) fn run(project: &Project) -> Result<(), Error> {
    let files = text_files(project)?;
    let names = published(&files);
    let findings: Vec<Finding> = names.iter().flat_map(|name| incomplete(name, &files)).collect();
    conclude("package", &findings)?;
    let mut command = project.cargo(["package", "--quiet", "--no-verify", "--offline", "--allow-dirty"]);
    for name in names {
        command.args(["--package", name]);
    }
    project::run(&mut command)
}

/// What is missing of a crate in `crates/NAME`.
fn incomplete(name: &str, files: &[TextFile]) -> Vec<Finding> {
    let path = format!("crates/{name}/Cargo.toml");
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let manifest = text(&path).unwrap_or("");
    let found = |line: usize, message: String| Finding { path: path.clone(), line, message };
    let mut findings = Vec::new();
    for key in KEYS {
        match entry(manifest, "package", key) {
            None => findings.push(found(1, format!("[package] does not say its `{key}`"))),
            Some((line, value)) if *key == "keywords" => {
                findings.extend(wrong_keywords(value).map(|why| found(line, why)));
            }
            Some((line, value)) if *key == "categories" => {
                findings.extend(wrong_category(value).map(|why| found(line, why)));
            }
            Some(_) => {}
        }
    }
    if !manifest.lines().any(|line| line.trim() == format!("[{DOCS}]")) {
        findings.push(found(1, format!("[{DOCS}] is missing: it tells docs.rs which features to document")));
    }
    let readme = format!("crates/{name}/README.md");
    if !text(&readme).is_some_and(|page| page.starts_with(&format!("# {name}\n"))) {
        let message = format!("the page of the crate, which begins with `# {name}`, is missing");
        findings.push(Finding { path: readme, line: 1, message });
    }
    findings
}

/// The words of `["a", "b"]`; none for what the workspace says.
fn words(list: &str) -> Vec<&str> {
    list.split('"').skip(1).step_by(2).collect()
}

fn wrong_keywords(list: &str) -> Option<String> {
    let words = words(list);
    let is_wrong = |word: &&&str| {
        let starts = word.starts_with(|first: char| first.is_ascii_alphanumeric());
        let allowed = word.chars().all(|sign| sign.is_ascii_alphanumeric() || "_-+".contains(sign));
        !(starts && allowed && word.len() <= LONGEST_KEYWORD)
    };
    if let Some(word) = words.iter().find(is_wrong) {
        return Some(format!(
            "keyword `{word}`: one word of at most {LONGEST_KEYWORD} letters, digits, `-`, `_` or `+`"
        ));
    }
    (words.len() > MOST_KEYWORDS).then(|| format!("{} keywords; a registry takes {MOST_KEYWORDS}", words.len()))
}

fn wrong_category(list: &str) -> Option<String> {
    let unknown = words(list).into_iter().find(|word| !CATEGORIES.contains(word))?;
    Some(format!("category `{unknown}` is not in the list of xtask/src/package.rs; add it if crates.io has it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::tree;

    const MANIFEST: &str = "[package]
name = \"c\"
description = \"What it is\"
version.workspace = true
rust-version.workspace = true
license.workspace = true
repository.workspace = true
authors.workspace = true
keywords = [\"gamma-ray\", \"fermi-lat\"]
categories = [\"science\"]
readme = \"README.md\"

[package.metadata.docs.rs]
all-features = true

[dependencies]
";

    fn messages(manifest: &str, readme: Option<&str>) -> Vec<String> {
        let mut files = vec![("crates/c/Cargo.toml", manifest)];
        files.extend(readme.map(|page| ("crates/c/README.md", page)));
        incomplete("c", &tree(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_complete_crate_passes() {
        assert_eq!(messages(MANIFEST, Some("# c\n\nWords.\n")), Vec::<String>::new());
    }

    #[test]
    fn everything_that_is_missing_is_named() {
        for key in KEYS {
            let without: String =
                MANIFEST.lines().filter(|line| !line.starts_with(key)).map(|line| line.to_owned() + "\n").collect();
            let found = messages(&without, Some("# c\n"));
            assert!(found.len() == 1 && found[0].contains(&format!("`{key}`")), "{key}: {found:?}");
        }
        assert_eq!(messages(&MANIFEST.replace("What it is", ""), Some("# c\n")).len(), 1);
        assert_eq!(messages(&MANIFEST.replace("metadata.docs.rs", "metadata"), Some("# c\n")).len(), 1);
        assert_eq!(messages(MANIFEST, None).len(), 1);
        assert_eq!(messages(MANIFEST, Some("# d\n")).len(), 1);
    }

    #[test]
    fn a_key_of_another_section_does_not_count() {
        let moved = MANIFEST.replace("readme = \"README.md\"\n", "") + "readme = \"1\"\n";
        assert_eq!(messages(&moved, Some("# c\n")).len(), 1);
    }

    #[test]
    fn words_that_a_registry_refuses_are_found() {
        for (list, culprit) in [
            ("\"gamma ray\"", "gamma ray"),
            ("\"a-keyword-of-many-letters\"", "a-keyword-of-many-letters"),
            ("\"-x\"", "-x"),
            ("\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"", "6 keywords"),
        ] {
            let found = messages(&MANIFEST.replace("\"gamma-ray\", \"fermi-lat\"", list), Some("# c\n"));
            assert!(
                found.len() == 1 && found[0].starts_with("crates/c/Cargo.toml:9:") && found[0].contains(culprit),
                "{found:?}"
            );
        }
        let found = messages(&MANIFEST.replace("\"science\"", "\"sciense\""), Some("# c\n"));
        assert!(found.len() == 1 && found[0].contains("sciense"), "{found:?}");
    }
}
