//! The book of `docs/`: its table of contents has every page, its pages stay inside, and what they include is there.

use std::collections::BTreeSet;

use super::links::resolved;
use super::page::Page;
use crate::repository::finding::Finding;
use crate::repository::text_file::TextFile;

const FOLDER: &str = "docs/";
const CONTENTS: &str = "docs/SUMMARY.md";

pub(super) fn check(pages: &[Page], files: &[TextFile]) -> Vec<Finding> {
    let book: Vec<&Page> = pages.iter().filter(|page| page.path.starts_with(FOLDER)).collect();
    let mut findings = missing(&book);
    findings.extend(book.iter().flat_map(|page| leaving(page)));
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
    let sources = files.iter().filter(|file| file.path.starts_with(FOLDER) && file.has_extension("md"));
    findings.extend(sources.flat_map(|file| includes(file, &text)));
    findings
}

/// Pages that nobody can reach.
fn missing(book: &[&Page]) -> Vec<Finding> {
    let contents = book.iter().find(|page| page.path == CONTENTS);
    let listed: BTreeSet<String> =
        contents.iter().flat_map(|page| &page.links).filter_map(|link| resolved(CONTENTS, &link.text)).collect();
    let absent = book.iter().filter(|page| page.path != CONTENTS && !listed.contains(&page.path));
    let message = || format!("the page is not in {CONTENTS}, so the book has it not");
    absent.map(|page| Finding { path: page.path.clone(), line: 1, message: message() }).collect()
}

/// The book holds nothing but `docs/`: a link to what lies elsewhere is written with the address of the repository.
fn leaving(page: &Page) -> Vec<Finding> {
    let mut findings = Vec::new();
    for link in page.links.iter().filter(|link| !link.text.contains(':') && !link.text.starts_with('#')) {
        let target = link.text.split('#').next().unwrap_or(&link.text);
        let path = resolved(&page.path, target).unwrap_or_default();
        let has_name = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
        if !(path.starts_with(FOLDER) && has_name) {
            let message =
                format!("`{target}` is no file of {FOLDER}, so the book has it not: write the repository's address");
            findings.push(Finding { path: page.path.clone(), line: link.line, message });
        }
    }
    findings
}

/// `{{#include FILE}}` and `{{#include FILE:ANCHOR}}`, which mdBook replaces by the text.
fn includes<'a>(file: &TextFile, text: &dyn Fn(&str) -> Option<&'a str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for argument in line.split("{{#include ").skip(1).filter_map(|rest| rest.split("}}").next()) {
            let (target, part) = argument.split_once(':').map_or((argument, None), |(a, b)| (a, Some(b)));
            let source = resolved(&file.path, target).and_then(|path| text(&path));
            let has = |mark: &str| source.is_some_and(|source| source.contains(mark));
            let is_there = part.map_or(source.is_some(), |part| {
                has(&format!("ANCHOR: {part} ")) && has(&format!("ANCHOR_END: {part} "))
            });
            if !is_there {
                let message =
                    format!("`{argument}` cannot be included: there is no such file, or no such anchor in it");
                findings.push(Finding { path: file.path.clone(), line: index + 1, message });
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::tree;

    fn messages(text: &str, contents: &str) -> Vec<String> {
        let readme = "<!-- ANCHOR: example -->\nx\n<!-- ANCHOR_END: example -->\n";
        let files = tree(&[("docs/a.md", text), (CONTENTS, contents), ("README.md", readme)]);
        let pages: Vec<Page> = files.iter().map(Page::of).collect();
        check(&pages, &files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_page_is_in_the_contents() {
        assert_eq!(messages("# A\n", "- [A](a.md)\n"), Vec::<String>::new());
        let found = messages("# A\n", "- [B](b.md)\n");
        assert!(found.len() == 1 && found[0].starts_with("docs/a.md:1:") && found[0].contains(CONTENTS), "{found:?}");
    }

    #[test]
    fn what_is_not_in_the_book_is_named_by_its_address() {
        let contents = "- [A](a.md)\n";
        assert!(messages("[a](a.md#x) [b](#c) [d](https://x.org/y) [e](api/f.txt)\n", contents).is_empty());
        for link in ["../README.md", "api", "api/", "../../x.md"] {
            let found = messages(&format!("\n[a]({link})\n"), contents);
            assert!(found.len() == 1 && found[0].starts_with("docs/a.md:2:"), "{link}: {found:?}");
        }
    }

    #[test]
    fn included_text_must_be_there() {
        let contents = "- [A](a.md)\n";
        assert!(messages("{{#include ../README.md:example}}\n{{#include ../README.md}}\n", contents).is_empty());
        for argument in ["../README.md:exam", "../READ.md", "../README.md:more", "../../README.md"] {
            let found = messages(&format!("# A\n{{{{#include {argument}}}}}\n"), contents);
            assert!(found.len() == 1 && found[0].starts_with("docs/a.md:2:"), "{argument}: {found:?}");
        }
    }
}
