//! The Rust files of the repository, parsed once for every check that reads code.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{Attribute, Item, Visibility};

use crate::repository::finding::Finding;
use crate::repository::text_file::TextFile;

/// A parsed Rust file.
pub(crate) struct RustFile {
    pub(crate) path: String,
    pub(crate) items: Vec<Item>,
    /// Whether the whole file is of a test: it stands in a folder `tests`, or behind `#[cfg(test)] mod name;`.
    pub(crate) is_test: bool,
}

impl RustFile {
    /// The crate's folder and the path below its `src/`, for files that lie there.
    pub(crate) fn place(&self) -> Option<(&str, &str)> {
        place(&self.path)
    }
}

/// Cuts `FOLDER/src/REST` in two.
pub(crate) fn place(path: &str) -> Option<(&str, &str)> {
    path.split_once("/src/")
}

/// Every Rust file that parses, and a finding for each that does not.
pub(crate) fn rust_files(files: &[TextFile]) -> (Vec<RustFile>, Vec<Finding>) {
    let (mut parsed, mut findings) = (Vec::new(), Vec::new());
    for file in files.iter().filter(|file| file.has_extension("rs")) {
        match syn::parse_file(&file.text) {
            Ok(syntax) => {
                let is_test = file.path.split('/').any(|part| part == "tests");
                parsed.push(RustFile { path: file.path.clone(), items: syntax.items, is_test });
            }
            Err(error) => {
                let message = format!("this is not Rust: {error}");
                findings.push(Finding { path: file.path.clone(), line: error.span().start().line, message });
            }
        }
    }
    let behind_tests: BTreeSet<String> = parsed.iter().flat_map(test_modules).collect();
    for file in &mut parsed {
        let stem = file.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let inside = |module: &String| stem == module || stem.starts_with(&format!("{module}/"));
        file.is_test |= behind_tests.iter().any(inside);
    }
    (parsed, findings)
}

/// The paths, without extension, of the modules that a file declares for its tests alone.
fn test_modules(file: &RustFile) -> Vec<String> {
    let stem = file.path.trim_end_matches(".rs");
    let folder = match stem.rsplit_once('/') {
        Some((folder, "lib" | "main" | "mod")) => folder,
        _ => stem,
    };
    let declared = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.content.is_none() && is_test(&module.attrs) => Some(module.ident.to_string()),
        _ => None,
    });
    declared.map(|name| format!("{folder}/{name}")).collect()
}

/// Whether `#[test]` or `#[cfg(test)]` stands above an item.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = || attribute.meta.to_token_stream().to_string();
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg") && matches!(condition().as_str(), "cfg (test)" | "cfg (doctest)"))
    })
}

/// The attributes of an item of a file.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub(crate) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A made-up tree: paths and texts.
    pub(crate) fn tree(files: &[(&str, &str)]) -> Vec<TextFile> {
        let file = |(path, text): &(&str, &str)| TextFile { path: (*path).to_owned(), text: (*text).to_owned() };
        files.iter().map(file).collect()
    }

    /// The parsed files of a made-up tree, which must be Rust.
    pub(crate) fn parsed(files: &[(&str, &str)]) -> Vec<RustFile> {
        let (parsed, findings) = rust_files(&tree(files));
        assert!(findings.is_empty(), "{findings:?}");
        parsed
    }

    #[test]
    fn a_file_that_is_not_rust_is_found_with_its_line() {
        let (parsed, findings) =
            rust_files(&tree(&[("a.rs", "fn f() {}\nfn {"), ("b.md", "fn {"), ("c.rs", "fn f() {}")]));
        assert_eq!(parsed.len(), 1);
        assert_eq!((findings[0].path.as_str(), findings[0].line), ("a.rs", 2));
    }

    #[test]
    fn files_of_tests_are_known_by_their_folder_and_by_their_declaration() {
        let files = parsed(&[
            ("c/src/lib.rs", "mod a;\n#[cfg(test)]\nmod support;"),
            ("c/src/a.rs", "#[cfg(test)]\nmod checks;\n#[cfg(feature = \"test\")]\nmod not;"),
            ("c/src/a/checks.rs", ""),
            ("c/src/a/not.rs", ""),
            ("c/src/support/mod.rs", ""),
            ("c/src/support/deep.rs", ""),
            ("c/src/supportive.rs", ""),
            ("c/tests/x.rs", ""),
        ]);
        let tests: Vec<&str> = files.iter().filter(|file| file.is_test).map(|file| file.path.as_str()).collect();
        assert_eq!(tests, ["c/src/a/checks.rs", "c/src/support/mod.rs", "c/src/support/deep.rs", "c/tests/x.rs"]);
    }
}
