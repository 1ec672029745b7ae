//! Rules for what a library shows: private modules and flat lists, one path an item, nothing that a caller must remember to forget.

use std::collections::BTreeSet;

use syn::Item;
use syn::spanned::Spanned;

use crate::api::Interface;
use crate::repository::finding::Finding;
use crate::repository::rust_file::{RustFile, is_public};

/// A cache that callers must invalidate is a mutation that they must know of.
const FORGET: &str = "forget_";

pub(super) fn check(files: &[RustFile]) -> Vec<Finding> {
    let roots: Vec<(&str, &RustFile)> = files.iter().filter_map(|file| Some((library(&file.path)?, file))).collect();
    let mut findings: Vec<Finding> = roots.iter().flat_map(|(_, root)| public_modules(root)).collect();
    for (name, root) in &roots {
        if let Some(interface) = Interface::of(&format!("crates/{name}"), files) {
            findings.extend(several_paths(&interface, root));
            findings.extend(forgetting(&interface, root));
        }
    }
    findings
}

/// The crate of `crates/NAME/src/lib.rs`.
fn library(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.strip_suffix("/src/lib.rs").filter(|name| !name.contains('/'))
}

fn public_modules(root: &RustFile) -> Vec<Finding> {
    let modules = root.items.iter().filter_map(|item| if let Item::Mod(module) = item { Some(module) } else { None });
    let shown = modules.filter(|module| is_public(&module.vis));
    let finding = |module: &syn::ItemMod| {
        let message =
            format!("`pub mod {0}`: make it private and list its items flat, `pub use {0}::...`", module.ident);
        Finding { path: root.path.clone(), line: module.mod_token.span().start().line, message }
    };
    shown.map(finding).collect()
}

fn several_paths(interface: &Interface, root: &RustFile) -> Vec<Finding> {
    let message =
        |paths: Vec<&str>| format!("one item has {} public paths: `{}`; keep one", paths.len(), paths.join("`, `"));
    let all = interface.with_several_paths().into_iter();
    all.map(|paths| Finding { path: root.path.clone(), line: 1, message: message(paths) }).collect()
}

fn forgetting(interface: &Interface, root: &RustFile) -> Vec<Finding> {
    let text = interface.text();
    let names: BTreeSet<&str> = text
        .split(|sign: char| !sign.is_alphanumeric() && sign != '_')
        .filter(|word| word.starts_with(FORGET))
        .collect();
    let message =
        |name: &str| format!("`{name}` is public: no caller must remember to forget; evaluate without mutation");
    names.into_iter().map(|name| Finding { path: root.path.clone(), line: 1, message: message(name) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::parsed;

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        check(&parsed(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn modules_of_a_library_are_private() {
        let clean = "mod a;\npub(crate) mod b;\npub use a::A;\n#[cfg(test)]\nmod t {}";
        assert!(messages(&[("crates/c/src/lib.rs", clean)]).is_empty());
        let found = messages(&[
            ("crates/c/src/lib.rs", "mod a;\n/// Words.\npub mod b;"),
            ("crates/c/src/b.rs", "pub mod deep {}"),
        ]);
        assert!(found.len() == 1 && found[0].starts_with("crates/c/src/lib.rs:3: `pub mod b`"), "{found:?}");
        assert!(messages(&[("tests/src/lib.rs", "pub mod b;"), ("crates/c/src/main.rs", "pub mod b;")]).is_empty());
    }

    #[test]
    fn an_item_has_one_public_path() {
        let root = "pub mod linalg;\npub use linalg::Cholesky;";
        let found = messages(&[
            ("crates/optimizers/src/lib.rs", root),
            ("crates/optimizers/src/linalg.rs", "pub struct Cholesky;"),
        ]);
        assert!(
            found.len() == 2 && found.iter().any(|f| f.contains("2 public paths: `Cholesky`, `linalg::Cholesky`")),
            "{found:?}"
        );
    }

    #[test]
    fn nothing_public_is_there_to_forget() {
        let with =
            |item: &str| messages(&[("crates/c/src/lib.rs", "mod a;\npub use a::*;"), ("crates/c/src/a.rs", item)]);
        for item in [
            "pub fn forget_fixed() {}",
            "pub struct A;\nimpl A { pub fn forget_all(&mut self) {} }",
            "pub trait T { fn forget_it(&self); }",
        ] {
            assert_eq!(with(item).len(), 1, "{item}");
        }
        for item in [
            "fn forget_fixed() {}",
            "pub struct A;\nimpl A { fn forget_all(&mut self) {} }",
            "pub fn f() { forget_it() }",
            "pub fn unforget_() {}",
        ] {
            assert!(with(item).is_empty(), "{item}");
        }
    }
}
