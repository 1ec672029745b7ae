//! No two files of a crate import each other in a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::imports;
use crate::finding::Finding;
use crate::text_file::TextFile;

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<(Vec<&str>, &TextFile)>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.has_extension("rs")) {
        if let Some((folder, rest)) = file.path.split_once("/src/") {
            crates.entry(folder).or_default().push((module(rest), file));
        }
    }
    crates.values().flat_map(|files| circles_of_crate(files)).collect()
}

/// The module path of a file below `src/`; empty for the root of the crate.
fn module(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').collect() }
}

fn circles_of_crate(files: &[(Vec<&str>, &TextFile)]) -> Vec<Finding> {
    let index_of = |path: &[String]| files.iter().position(|(module, _)| module.iter().eq(path.iter()));
    let edges: Vec<BTreeSet<usize>> = files
        .iter()
        .enumerate()
        .map(|(from, (module, file))| {
            let targets = imports(&file.text, module);
            targets.iter().filter_map(|path| file_of(path, &index_of)).filter(|to| *to != from).collect()
        })
        .collect();
    let mut reported: BTreeSet<usize> = BTreeSet::new();
    let mut findings = Vec::new();
    for (start, (_, file)) in files.iter().enumerate() {
        // A circle that passes through a file of another one is told with it.
        let Some(circle) =
            shortest_circle(&edges, start).filter(|circle| !circle.iter().any(|file| reported.contains(file)))
        else {
            continue;
        };
        let names: Vec<&str> = circle.iter().chain([&start]).map(|file| files[*file].1.path.as_str()).collect();
        let message = format!(
            "files import each other in a circle: {}; move what both need to a file of its own",
            names.join(" -> ")
        );
        findings.push(Finding { path: file.path.clone(), line: 1, message });
        reported.extend(circle);
    }
    findings
}

/// The file that holds what a path names: the longest beginning of it that is a module with a file. The root of a crate
/// is none: it lists the others.
fn file_of(path: &[String], index_of: &dyn Fn(&[String]) -> Option<usize>) -> Option<usize> {
    (1..=path.len()).rev().find_map(|length| index_of(&path[..length]))
}

/// The files of the shortest way from `start` back to it, `start` first.
fn shortest_circle(edges: &[BTreeSet<usize>], start: usize) -> Option<Vec<usize>> {
    let mut came_from = vec![None; edges.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &next in &edges[at] {
            if next == start {
                let mut circle = vec![at];
                while let Some(before) = came_from[*circle.last()?] {
                    circle.push(before);
                }
                circle.reverse();
                return Some(circle);
            }
            if came_from[next].is_none() {
                came_from[next] = Some(at);
                queue.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let file =
            |(path, text): &(&str, &str)| TextFile { path: format!("crates/x/src/{path}"), text: (*text).to_owned() };
        check(&files.iter().map(file).collect::<Vec<_>>()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_circle_is_told_once_with_the_way_round() {
        let found = messages(&[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "fn f() { super::deep::c::g() }"),
            ("deep/c.rs", "use crate::{error::Error, a::A};"),
            ("error.rs", ""),
        ]);
        let way = "crates/x/src/a.rs -> crates/x/src/b.rs -> crates/x/src/deep/c.rs -> crates/x/src/a.rs";
        assert_eq!(
            found,
            [format!(
                "crates/x/src/a.rs:1: files import each other in a circle: {way}; move what both need to a file of its own"
            )]
        );
    }

    #[test]
    fn a_parent_that_uses_its_child_is_in_a_circle_when_the_child_uses_it() {
        let parent = "mod child;\nfn f() { child::g() }";
        assert_eq!(messages(&[("p.rs", parent), ("p/child.rs", "use super::f;")]).len(), 1);
        assert_eq!(messages(&[("p/mod.rs", parent), ("p/child.rs", "use super::f;")]).len(), 1);
        assert!(messages(&[("p.rs", parent), ("p/child.rs", "use crate::other::f;"), ("other.rs", "")]).is_empty());
    }

    #[test]
    fn the_root_and_facades_only_list() {
        assert!(
            messages(&[("lib.rs", "mod a;\npub use a::A;\nfn f() { a::g() }"), ("a.rs", "use crate::A;")]).is_empty()
        );
        assert!(messages(&[("m/mod.rs", "mod a;\npub use a::A;"), ("m/a.rs", "use super::A;")]).is_empty());
    }

    #[test]
    fn tests_and_comments_import_nothing() {
        let a = "// crate::b::B\n/// [`crate::b::B`]\nfn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n";
        assert!(messages(&[("a.rs", a), ("b.rs", "use crate::a::A;")]).is_empty());
    }
}
