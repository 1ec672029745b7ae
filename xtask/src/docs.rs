//! `cargo xtask docs`: the pages of configuration keys and of results are made from the code, the Markdown pages point to what exists, and the map
//! shows every crate.

use std::path::Path;

use crate::error::Error;
use crate::repository::finding::{Finding, conclude};
use crate::repository::project::{self, Project};
use crate::repository::text_file::{TextFile, text_files};

const MAP: &str = "docs/architecture.md";

/// A page that is made from the code: what prints it, and where it stands.
struct Page {
    arguments: &'static [&'static str],
    path: &'static str,
}

const PAGES: [Page; 2] = [
    Page { arguments: &["config", "--reference"], path: "docs/configuration.md" },
    Page { arguments: &["keys"], path: "docs/results.md" },
];

/// Writes the pages that are made from the code, then checks all; with `--check` it checks those pages, too.
pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    if let Some(word) = args.iter().find(|word| *word != "--check") {
        return Err(Error::Usage(format!("docs knows --check, not `{word}`")));
    }
    for page in PAGES.iter().filter(|_| args.is_empty()) {
        let (path, shown) = (project.root().join(page.path), page.path.to_owned());
        std::fs::write(&path, printed(project, page)?).map_err(|source| Error::Write { path: shown, source })?;
    }
    check(project)
}

/// What the program prints as a page.
fn printed(project: &Project, page: &Page) -> Result<String, Error> {
    let mut command = project.cargo(["run", "--quiet", "--package", "roi-cli", "--"]);
    let printed = project::output(command.args(page.arguments));
    let program = format!("roi-fit {}", page.arguments.join(" "));
    printed.map(|text| text + "\n").ok_or(Error::Failed { program, status: "it printed nothing".to_owned() })
}

/// A page, if it is not what the program prints.
fn stale(path: &str, page: &str, printed: &str) -> Option<Finding> {
    let line = 1 + page.lines().zip(printed.lines()).take_while(|(a, b)| a == b).count();
    let message = "it is not what the code says; run `cargo xtask docs`".to_owned();
    (page != printed).then(|| Finding { path: path.to_owned(), line, message })
}

pub(crate) fn check(project: &Project) -> Result<(), Error> {
    let files = text_files(project)?;
    let exists = |path: &Path| project.root().join(path).exists();
    let mut findings: Vec<Finding> = files.iter().flat_map(|file| broken_links(file, &exists)).collect();
    findings.extend(missing_on_map(&files));
    for page in &PAGES {
        let text = files.iter().find(|file| file.path == page.path).map_or("", |file| file.text.as_str());
        findings.extend(stale(page.path, text, &printed(project, page)?));
    }
    conclude("docs", &findings)
}

/// Links to files of the repository that are not there.
fn broken_links(file: &TextFile, exists: &dyn Fn(&Path) -> bool) -> Vec<Finding> {
    if !file.has_extension("md") {
        return Vec::new();
    }
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let mut findings = Vec::new();
    let mut code = false;
    for (index, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if code {
            continue;
        }
        for target in links(line).filter(|target| !is_elsewhere(target)) {
            let path = target.split('#').next().unwrap_or(target);
            if !path.is_empty() && !exists(&folder.join(path)) {
                let message = format!("the link to `{target}` leads nowhere");
                findings.push(Finding { path: file.path.clone(), line: index + 1, message });
            }
        }
    }
    findings
}

/// The targets of `[text](target)` in a line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// Crates that the map does not tell of.
fn missing_on_map(files: &[TextFile]) -> Vec<Finding> {
    let map = files.iter().find(|file| file.path == MAP).map_or("", |file| file.text.as_str());
    let crates = files.iter().filter_map(|file| file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"));
    crates
        .filter(|name| !map.contains(&format!("`{name}`")))
        .map(|name| Finding { path: MAP.to_owned(), line: 1, message: format!("crate `{name}` is not on the map") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn links_are_followed_from_the_folder_of_their_page() {
        let page =
            file("docs/a.md", "[b](b.md#part) [up](../README.md)\n[gone](gone.md) [web](https://x.org/) [here](#x)");
        let there = |path: &Path| ["docs/b.md", "docs/../README.md"].iter().any(|known| path == Path::new(known));
        let found = broken_links(&page, &there);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].message.contains("gone.md")), (2, true));
    }

    #[test]
    fn code_and_other_files_hold_no_links() {
        let nothing = |_: &Path| false;
        assert!(broken_links(&file("a.md", "```\n[x](y)\n```\n"), &nothing).is_empty());
        assert!(broken_links(&file("a.rs", "//! [x](y)"), &nothing).is_empty());
    }

    #[test]
    fn a_page_that_the_code_has_left_behind_is_found() {
        assert!(stale("p", "a\nb\n", "a\nb\n").is_none());
        assert_eq!(stale("p", "a\nb\n", "a\nc\n").unwrap().line, 2);
        assert!(stale("p", "", "a\n").is_some());
    }

    #[test]
    fn every_crate_must_be_on_the_map() {
        let manifest = file("crates/roi-model/Cargo.toml", "");
        assert!(missing_on_map(&[file(MAP, "| `roi-model` |"), file("crates/roi-model/Cargo.toml", "")]).is_empty());
        assert_eq!(missing_on_map(&[file(MAP, "`roi-mode`"), manifest]).len(), 1);
    }
}
