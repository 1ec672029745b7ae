//! `cargo xtask docs`: the pages of configuration keys and of results are made from the code, the map shows every crate, and all pages together
//! become a site.

use crate::error::Error;
use crate::programs::mdbook;
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

/// Writes the pages that are made from the code, or with `--check` compares them; with `--site` it makes the site of the pages as they are.
pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    match args {
        [] => write(project),
        [word] if word == "--check" => check(project),
        [word] if word == "--site" => mdbook::build(project),
        words => Err(Error::Usage(format!("docs knows --check and --site, not `{}`", words.join(" ")))),
    }
}

fn write(project: &Project) -> Result<(), Error> {
    for page in &PAGES {
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
    let mut findings = missing_on_map(&files);
    for page in &PAGES {
        let text = files.iter().find(|file| file.path == page.path).map_or("", |file| file.text.as_str());
        findings.extend(stale(page.path, text, &printed(project, page)?));
    }
    conclude("docs", &findings)
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
