//! The recipes of packagers: they name the version of the workspace, and the digest of a source archive that is not made yet.
//!
//! The digest cannot stand in the repository, for it is a part of what is digested. So the recipes hold zeros, and `cargo xtask dist` writes copies
//! with the digest of the archive that it has made.

use crate::repository::finding::Finding;
use crate::repository::text_file::TextFile;
use crate::repository::workspace::Workspace;

/// The recipes that name the archive.
pub(crate) const PLACES: &[&str] = &["packaging/conda/recipe.yaml", "packaging/homebrew/roi-fit.rb"];

/// Stands for the digest.
const UNKNOWN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A line that a file must have, made of what the workspace says, and once.
struct Line {
    path: &'static str,
    text: fn(&Workspace<'_>) -> String,
}

const LINES: &[Line] = &[
    Line { path: "packaging/conda/recipe.yaml", text: |workspace| format!("  version: \"{}\"", workspace.version) },
    Line { path: "packaging/conda/recipe.yaml", text: |_| format!("  sha256: {UNKNOWN}") },
    Line { path: "packaging/conda/recipe.yaml", text: |workspace| format!("  repository: {}", workspace.repository) },
    Line { path: "packaging/homebrew/roi-fit.rb", text: |workspace| format!("  url \"{}\"", archive(workspace)) },
    Line { path: "packaging/homebrew/roi-fit.rb", text: |_| format!("  sha256 \"{UNKNOWN}\"") },
    Line {
        path: "packaging/homebrew/roi-fit.rb",
        text: |workspace| format!("  homepage \"{}\"", workspace.repository),
    },
    Line { path: "packaging/Containerfile", text: |workspace| format!("ARG RUST={}", workspace.rust_version) },
    Line { path: "CITATION.cff", text: |workspace| format!("version: {}", workspace.version) },
    Line { path: "CITATION.cff", text: |workspace| format!("repository-code: \"{}\"", workspace.repository) },
    Line { path: "docs/book.toml", text: |workspace| format!("git-repository-url = \"{}\"", workspace.repository) },
];

/// Where the archive of a released version lies.
fn archive(workspace: &Workspace<'_>) -> String {
    let (at, version) = (workspace.repository, workspace.version);
    format!("{at}/releases/download/v{version}/roi-fit-{version}.tar.gz")
}

/// A recipe with the digest of the archive.
pub(super) fn filled(recipe: &str, digest: &str) -> String {
    recipe.replace(UNKNOWN, digest)
}

/// Files that repeat what the workspace says, and say something else.
pub(crate) fn check(files: &[TextFile]) -> Vec<Finding> {
    let workspace = match Workspace::of(files) {
        Ok(workspace) => workspace,
        Err(finding) => return vec![finding],
    };
    let mut findings = Vec::new();
    for Line { path, text } in LINES {
        let wanted = text(&workspace);
        let file = files.iter().find(|file| file.path == *path);
        let count = file.map_or(0, |file| file.text.lines().filter(|line| *line == wanted).count());
        if count != 1 {
            let message =
                format!("the line `{}` is there {count} times; it repeats what Cargo.toml says, once", wanted.trim());
            findings.push(Finding { path: (*path).to_owned(), line: 1, message });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The files of the repository that say it.
    fn files() -> Vec<TextFile> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let paths = LINES.iter().map(|line| line.path).chain(["Cargo.toml"]);
        paths
            .map(|path| TextFile { path: path.to_owned(), text: fs::read_to_string(root.join(path)).unwrap() })
            .collect()
    }

    #[test]
    fn the_recipes_name_the_version_of_the_workspace() {
        assert_eq!(check(&files()), []);
    }

    #[test]
    fn another_version_leaves_every_recipe_behind() {
        let mut files = files();
        let manifest = files.iter_mut().find(|file| file.path == "Cargo.toml").unwrap();
        manifest.text =
            manifest.text.replace("[workspace.package]\nversion = \"", "[workspace.package]\nversion = \"9");
        let behind: Vec<String> = check(&files).into_iter().map(|finding| finding.path).collect();
        assert_eq!(behind, ["packaging/conda/recipe.yaml", "packaging/homebrew/roi-fit.rb", "CITATION.cff"]);
    }

    #[test]
    fn a_filled_recipe_has_the_digest_and_nothing_unknown() {
        for path in PLACES {
            let files = files();
            let recipe = &files.iter().find(|file| file.path == *path).unwrap().text;
            let done = filled(recipe, "ab12");
            assert!(done.contains("ab12") && !done.contains(UNKNOWN), "{path}");
        }
    }
}
