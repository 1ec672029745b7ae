//! No file depends on a file that depends on it.
//!
//! An arrow goes from a file to each file of its crate that it names: in code, in a `use`, in a `pub use`. A path leads to the
//! deepest file on its way, `crate::a::b::C` to `a/b.rs` if that is a file and to `a.rs` or `a/mod.rs` if not; `crate::C` leads to the
//! root, `lib.rs` or `main.rs`. So a facade, a `mod.rs` that lists what stands below it by `pub use`, depends on what it lists, and
//! a child that takes something through its own facade is in a circle: it names the file beside it instead. `mod child;` alone is no
//! arrow, a parent may hold what its children share, with one exception: the root has an arrow to every file that it declares, so
//! nothing is imported through it. Tests do not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::imports::imports;
use crate::repository::finding::Finding;
use crate::repository::rust_file::RustFile;

/// A file of a crate and the module that it is.
struct Node<'a> {
    module: Vec<String>,
    file: &'a RustFile,
}

impl Node<'_> {
    fn is_facade(&self) -> bool {
        self.module.is_empty() || self.file.path.ends_with("/mod.rs")
    }
}

pub(super) fn check(files: &[RustFile]) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<Node<'_>>> = BTreeMap::new();
    for file in files.iter().filter(|file| !file.is_test) {
        // Each file in `src/bin` is the root of a crate of its own.
        if let Some((folder, rest)) = file.place().filter(|(_, rest)| !rest.starts_with("bin/")) {
            crates.entry(folder).or_default().push(Node { module: module(rest), file });
        }
    }
    crates.values().flat_map(|nodes| circles_of_crate(nodes)).collect()
}

/// The module path of a file below `src/`; empty for the root of the crate.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

fn circles_of_crate(nodes: &[Node<'_>]) -> Vec<Finding> {
    let edges: Vec<BTreeSet<usize>> = (0..nodes.len()).map(|from| arrows(nodes, from)).collect();
    let mut reported: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    let mut findings = Vec::new();
    // Who imports through a facade is to change, so the facades come last. A circle through the root is told of the other file.
    let (facades, others): (Vec<usize>, Vec<usize>) =
        (0..nodes.len()).filter(|at| !nodes[*at].module.is_empty()).partition(|at| nodes[*at].is_facade());
    for start in others.into_iter().chain(facades) {
        let Some(circle) = shortest_circle(&edges, start) else { continue };
        // The same circle is found again from each of its files.
        if reported.insert(circle.iter().copied().collect()) {
            findings.push(Finding { path: nodes[start].file.path.clone(), line: 1, message: told(nodes, &circle) });
        }
    }
    findings
}

/// The files that a file names.
fn arrows(nodes: &[Node<'_>], from: usize) -> BTreeSet<usize> {
    let module = &nodes[from].module;
    let named = imports(&nodes[from].file.items, module);
    let declared = if module.is_empty() { named.declared } else { Vec::new() };
    named.paths.iter().chain(&declared).filter_map(|path| file_of(nodes, path)).filter(|to| *to != from).collect()
}

/// The file that holds what a path names: the longest beginning of it that is a module with a file.
fn file_of(nodes: &[Node<'_>], path: &[String]) -> Option<usize> {
    (0..=path.len()).rev().find_map(|length| nodes.iter().position(|node| node.module == path[..length]))
}

fn told(nodes: &[Node<'_>], circle: &[usize]) -> String {
    let names: Vec<&str> = circle.iter().chain(circle.first()).map(|at| nodes[*at].file.path.as_str()).collect();
    let remedy = if circle.iter().any(|at| nodes[*at].is_facade()) {
        "name the file that holds what is needed, not the root or facade that lists it"
    } else {
        "move what both need to a file of its own"
    };
    format!("files depend on each other in a circle: {}; {remedy}", names.join(" -> "))
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
    use crate::repository::rust_file::tests::parsed;

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let paths: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("x/src/{path}"), *text)).collect();
        let files: Vec<(&str, &str)> = paths.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        check(&parsed(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_circle_is_told_once_with_the_way_round() {
        let found = messages(&[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "fn f() { super::deep::c::g() }"),
            ("deep/c.rs", "use crate::{error::Error, a::A};"),
            ("error.rs", ""),
        ]);
        let way = "x/src/a.rs -> x/src/b.rs -> x/src/deep/c.rs -> x/src/a.rs";
        let message = format!(
            "x/src/a.rs:1: files depend on each other in a circle: {way}; move what both need to a file of its own"
        );
        assert_eq!(found, [message]);
    }

    #[test]
    fn two_circles_through_one_file_are_both_told() {
        let hub = "use crate::a::A;\nuse crate::b::B;";
        let found = messages(&[("hub.rs", hub), ("a.rs", "use crate::hub::H;"), ("b.rs", "use crate::hub::H;")]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn nothing_is_imported_through_the_root() {
        let through = ("a.rs", "use crate::Error;");
        for root in [
            "mod a;\nmod error;\npub use error::Error;",
            "mod a;\nmod error;\n",
            "pub use error::Error;\npub use a::A;\nmod a;\nmod error;",
        ] {
            for name in ["lib.rs", "main.rs"] {
                let found = messages(&[(name, root), through, ("error.rs", "")]);
                let way = format!("x/src/a.rs -> x/src/{name} -> x/src/a.rs");
                assert!(found.len() == 1 && found[0].contains(&way), "{root}: {found:?}");
            }
            assert!(messages(&[("lib.rs", root), ("a.rs", "use crate::error::Error;"), ("error.rs", "")]).is_empty());
        }
        for child in ["fn f() { crate::g() }", "use super::G;", "type T = super::G;", "use crate::{self as root};"] {
            assert_eq!(messages(&[("lib.rs", "mod a;"), ("a.rs", child)]).len(), 1, "{child}");
        }
    }

    #[test]
    fn every_file_that_imports_through_the_root_is_told() {
        let found = messages(&[("lib.rs", "mod a;\nmod b;"), ("a.rs", "use crate::E;"), ("b.rs", "use crate::E;")]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_parent_that_uses_its_child_is_in_a_circle_when_the_child_uses_it() {
        let parent = "mod child;\nfn f() { child::g() }";
        assert_eq!(messages(&[("p.rs", parent), ("p/child.rs", "use super::f;")]).len(), 1);
        assert_eq!(messages(&[("p/mod.rs", parent), ("p/child.rs", "use super::f;")]).len(), 1);
        assert!(messages(&[("p.rs", parent), ("p/child.rs", "use crate::other::f;"), ("other.rs", "")]).is_empty());
    }

    #[test]
    fn a_parent_may_hold_what_its_children_share() {
        let parent = "mod a;\nmod b;\npub struct Shared;";
        assert!(
            messages(&[("p/mod.rs", parent), ("p/a.rs", "use super::Shared;"), ("p/b.rs", "use super::a::A;")])
                .is_empty()
        );
    }

    #[test]
    fn a_child_that_imports_through_its_facade_is_in_a_circle() {
        let facade = ("m/mod.rs", "mod a;\nmod b;\npub use a::A;\npub(crate) use b::B;");
        let found = messages(&[facade, ("m/a.rs", "use super::B;"), ("m/b.rs", "")]);
        assert!(found.len() == 1 && found[0].contains("m/a.rs -> x/src/m/mod.rs -> x/src/m/a.rs"), "{found:?}");
        assert!(messages(&[facade, ("m/a.rs", "use super::b::B;"), ("m/b.rs", "")]).is_empty());
        // Another folder may come through the facade, as long as the facade does not lead back to it.
        assert!(messages(&[facade, ("n.rs", "use crate::m::A;"), ("m/a.rs", ""), ("m/b.rs", "")]).is_empty());
        assert_eq!(
            messages(&[facade, ("n.rs", "use crate::m::A;"), ("m/a.rs", ""), ("m/b.rs", "use crate::n::N;")]).len(),
            1
        );
    }

    #[test]
    fn tests_comments_and_other_roots_import_nothing() {
        let a = "// crate::b::B\n/// [`crate::b::B`]\nfn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n";
        assert!(messages(&[("a.rs", a), ("b.rs", "use crate::a::A;")]).is_empty());
        assert!(messages(&[("lib.rs", "mod a;"), ("a.rs", ""), ("bin/tool.rs", "fn f() { crate::g() }")]).is_empty());
        let root = ("lib.rs", "mod a;\n#[cfg(test)]\nmod support;");
        let support = [("support/mod.rs", "mod x;\npub use x::X;\nuse crate::A;"), ("support/x.rs", "use super::X;")];
        assert!(messages(&[root, ("a.rs", ""), support[0], support[1]]).is_empty());
    }
}
