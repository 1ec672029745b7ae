//! "From fermipy in five minutes": each row of its table names a call of fermipy, and what stands for it in the program, in Rust and in Python.
//! What is named there exists. (The column of the program is checked like the code of all pages.)

use super::page::Page;
use crate::repository::finding::Finding;
use crate::repository::text_file::TextFile;

const PAGE: &str = "docs/from-fermipy.md";
/// The table of all members of `GTAnalysis`, which a test compares with the package.
const COMPATIBILITY: &str = "docs/python.md";
const NATIVE: &str = "python/roifit/analysis.py";
const PACKAGE: &str = "python/roifit/__init__.py";

/// The columns of the table.
const FERMIPY: usize = 0;
const RUST: usize = 2;
const PYTHON: usize = 3;

pub(super) fn check(pages: &[Page], files: &[TextFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in pages.iter().filter(|page| page.path == PAGE) {
        for row in page.rows.iter().filter(|row| row.cells.len() > PYTHON) {
            let columns = row.cells.iter().enumerate();
            let codes = columns.flat_map(|(column, codes)| codes.iter().map(move |code| (column, code)));
            let unknown = codes.filter(|(column, code)| !is_known(*column, code, files));
            let message = |code: &str| format!("`{code}` is not there: the table names what exists");
            findings.extend(unknown.map(|(_, code)| Finding {
                path: page.path.clone(),
                line: row.line,
                message: message(code),
            }));
        }
    }
    findings
}

fn is_known(column: usize, code: &str, files: &[TextFile]) -> bool {
    let text = |path: &str| files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
    match column {
        FERMIPY => match name_after(code, "gta.") {
            Some(name) => text(COMPATIBILITY).contains(&format!("| `GTAnalysis.{name}` | same")),
            None => true,
        },
        RUST => match code.split_once("::") {
            Some((owner, rest)) => has_item(files, owner, word(rest)),
            None => true,
        },
        PYTHON => match (name_after(code, "roi."), name_after(code, "roifit.")) {
            (Some(name), _) => text(NATIVE).contains(&format!("    def {name}(self")),
            (_, Some(name)) => text(PACKAGE).contains(&format!("\"{name}\"")),
            _ => true,
        },
        _ => true,
    }
}

/// `fit` of `gta.fit(update=False)`.
fn name_after<'a>(code: &'a str, owner: &str) -> Option<&'a str> {
    code.strip_prefix(owner).map(word)
}

fn word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or(text)
}

/// Whether a listing of `docs/api` has `Type::method` of any crate, or the function `crate_name::function`.
fn has_item(files: &[TextFile], owner: &str, name: &str) -> bool {
    let function = format!(" fn {name}");
    let names_it = |line: &str| {
        line.split_once(&function).is_some_and(|(_, rest)| rest.starts_with(['(', '<']))
            && !line.trim_start().starts_with('#')
    };
    if owner.starts_with(|c: char| c.is_lowercase()) {
        let path = format!("docs/api/{}.txt", owner.replace('_', "-"));
        let listing = files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
        return listing.lines().any(|line| line.starts_with("pub ") && names_it(line));
    }
    let listings = files.iter().filter(|file| file.path.starts_with("docs/api/"));
    listings.flat_map(|file| members(&file.text, owner)).any(names_it)
}

/// The lines below a type.
fn members<'a>(listing: &'a str, owner: &str) -> Vec<&'a str> {
    let is_head = |line: &str| {
        let declared = ["struct ", "enum ", "trait "].iter().find_map(|kind| line.split_once(*kind));
        declared.is_some_and(|(_, rest)| word(rest) == owner)
    };
    let mut below = listing.lines().skip_while(|line| line.starts_with(' ') || !is_head(line));
    below.next();
    below.take_while(|line| line.starts_with(' ')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::tree;

    fn messages(row: &str) -> Vec<String> {
        let page = format!("| fermipy | program | Rust | Python |\n|---|---|---|---|\n{row}\n");
        let listing = "#[non_exhaustive] pub struct Analysis\n    pub fn fit(&mut self) -> R\n    pub fn open<P>(p: P)\n\
                       pub struct Other\n    pub fn sed()\npub fn sed(session: &Session) -> R\n";
        let files = tree(&[
            (PAGE, &page),
            (COMPATIBILITY, "| `GTAnalysis.fit` | same | |\n| `GTAnalysis.tscube` | not yet | |\n"),
            (NATIVE, "class Analysis:\n    def fit(self, **options: Any) -> FitResult:\n"),
            (PACKAGE, "__all__ = [\"simulate\"]"),
            ("docs/api/roi-x.txt", listing),
        ]);
        let pages: Vec<Page> = files.iter().filter(|file| file.has_extension("md")).map(Page::of).collect();
        check(&pages, &files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rows_of_what_exists_pass() {
        for row in [
            "| `gta.fit(tol=1e-3)` | `roi-fit fit` | `Analysis::fit` | `roi.fit()` |",
            "| `gta.fit()` | | `roi_x::sed`, `Analysis::open` | `roifit.simulate(\"x\")` |",
        ] {
            assert_eq!(messages(row), Vec::<String>::new());
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        for (row, culprit) in [
            ("| `gta.fits()` | | | |", "gta.fits()"),
            ("| `gta.tscube()` | | | |", "gta.tscube()"),
            ("| | | `Analysis::fi` | |", "Analysis::fi"),
            ("| | | `Analysis::sed` | |", "Analysis::sed"),
            ("| | | `roi_x::fit` | |", "roi_x::fit"),
            ("| | | `roi_y::sed` | |", "roi_y::sed"),
            ("| | | | `roi.sed()` |", "roi.sed()"),
            ("| | | | `roifit.fit()` |", "roifit.fit()"),
        ] {
            let found = messages(row);
            assert!(
                found.len() == 1 && found[0].starts_with("docs/from-fermipy.md:3:") && found[0].contains(culprit),
                "{found:?}"
            );
        }
    }
}
