//! Links between pages, and from pages to files of the repository, lead to what is there: the file, and in a page the heading.

use std::collections::{BTreeMap, BTreeSet};

use super::page::{Page, Said};
use crate::repository::finding::Finding;
use crate::repository::workspace::Workspace;

/// `paths` are those of all files, texts or not.
pub(super) fn check(pages: &[Page], paths: &[String], workspace: &Workspace) -> Vec<Finding> {
    let paths: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
    let anchors = pages.iter().map(|page| (page.path.as_str(), &page.anchors)).collect();
    let tree = Tree { paths, anchors, address: workspace.repository };
    let broken = |page: &Page, link: &Said| {
        let message = format!("the link to `{}` {}", link.text, tree.what_is_wrong(&page.path, &link.text)?);
        Some(Finding { path: page.path.clone(), line: link.line, message })
    };
    pages.iter().flat_map(|page| page.links.iter().filter_map(|link| broken(page, link))).collect()
}

/// What a link can lead to.
struct Tree<'a> {
    paths: BTreeSet<&'a str>,
    anchors: BTreeMap<&'a str, &'a BTreeSet<String>>,
    /// Of the repository on the web.
    address: &'a str,
}

impl Tree<'_> {
    fn what_is_wrong(&self, page: &str, link: &str) -> Option<String> {
        let (target, anchor) = link.split_once('#').map_or((link, None), |(target, anchor)| (target, Some(anchor)));
        let path = match self.of_repository(target) {
            Some(path) => path.trim_end_matches('/').to_owned(),
            None if target.contains("://") || target.starts_with("mailto:") => return None,
            None if target.is_empty() => page.to_owned(),
            None => match resolved(page, target) {
                Some(path) => path,
                None => return Some("leaves the repository".to_owned()),
            },
        };
        if !self.exists(&path) {
            return Some("leads nowhere".to_owned());
        }
        let (anchor, known) = (anchor?, self.anchors.get(path.as_str())?);
        (!known.contains(anchor)).then(|| format!("names a heading that {path} has not"))
    }

    /// The path of a file that is named by its address on the web: so do pages that are read elsewhere.
    fn of_repository<'t>(&self, target: &'t str) -> Option<&'t str> {
        let rest = target.strip_prefix(self.address)?;
        ["/blob/main/", "/tree/main/", "/raw/main/"].iter().find_map(|kind| rest.strip_prefix(kind))
    }

    fn exists(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        path.is_empty()
            || self.paths.contains(path)
            || self.paths.range(inside.as_str()..).next().is_some_and(|next| next.starts_with(&inside))
    }
}

/// The path from the root of the repository of what a page names relative to its folder; none if it lies outside.
pub(super) fn resolved(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::page::tests::page;

    const AT: Workspace = Workspace { version: "1.0.0", repository: "https://git.example/r", rust_version: "1.95" };

    fn messages(path: &str, text: &str) -> Vec<String> {
        let paths = [path, "docs/b.md", "docs/p.png", "src/c.rs"].map(str::to_owned);
        let pages = [page(path, text), page("docs/b.md", "# One\n## Two words\n")];
        check(&pages, &paths, &AT).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let text = "# Here\n[a](b.md) [b](b.md#two-words) [c](../src/c.rs#L3) [d](../src) [e](#here) [f](https://x.org/y#z)\n\
                    [g](https://git.example/r/blob/main/docs/b.md#one) [h](https://git.example/r/issues) [i](mailto:a@b.c) ![j](p.png)\n";
        assert_eq!(messages("docs/a.md", text), Vec::<String>::new());
    }

    #[test]
    fn links_that_lead_nowhere_are_found_on_their_lines() {
        for (link, why) in [
            ("gone.md", "leads nowhere"),
            ("b.md#three", "docs/b.md has not"),
            ("#there", "docs/a.md has not"),
            ("../../x.md", "leaves the repository"),
            ("../sr", "leads nowhere"),
            ("https://git.example/r/blob/main/docs/gone.md", "leads nowhere"),
            ("https://git.example/r/tree/main/docs/b.md#no", "docs/b.md has not"),
        ] {
            let found = messages("docs/a.md", &format!("# Here\n\n[x]({link})\n"));
            assert!(found.len() == 1 && found[0].starts_with("docs/a.md:3:") && found[0].contains(why), "{found:?}");
        }
    }
}
