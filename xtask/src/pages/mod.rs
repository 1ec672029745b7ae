//! The Markdown pages of the repository: their links and anchors lead somewhere, the book has all of `docs/`, and what they tell to type exists.

mod book;
mod links;
mod migration;
mod page;
mod vocabulary;

use crate::repository::finding::Finding;
use crate::repository::rust_file::RustFile;
use crate::repository::text_file::TextFile;
use crate::repository::workspace::Workspace;
use page::Page;

/// Everything that is wrong with the pages. `paths` are those of all files, `commands` those of `cargo xtask`.
pub(crate) fn check(files: &[TextFile], paths: &[String], parsed: &[RustFile], commands: &[&str]) -> Vec<Finding> {
    let pages: Vec<Page> = files.iter().filter(|file| file.has_extension("md")).map(Page::of).collect();
    let mut findings = match Workspace::of(files) {
        Ok(workspace) => links::check(&pages, paths, &workspace),
        Err(finding) => vec![finding],
    };
    findings.extend(book::check(&pages, files));
    findings.extend(vocabulary::check(&pages, parsed, commands));
    findings.extend(migration::check(&pages, files));
    findings
}
