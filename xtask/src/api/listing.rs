//! The listing of a crate's public interface.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemImpl, Path, Type};

use super::members::{derived, head, inner, of_impl, of_trait_impl};
use super::module_tree::Crate;
use super::names::Target;
use super::surface::{Named, Surface};
use crate::repository::rust_file::RustFile;

/// A crate's public interface.
pub(crate) struct Interface {
    tree: Crate,
    surface: Surface,
}

type Place = (usize, usize);

impl Interface {
    /// The interface of the library whose `lib.rs` lies in `folder/src`, if there is one.
    pub(crate) fn of(folder: &str, files: &[RustFile]) -> Option<Self> {
        let tree = Crate::new(folder, files)?;
        let surface = Surface::of(&tree);
        Some(Self { tree, surface })
    }

    /// Items that can be named in several ways, with all their paths, the shortest first.
    pub(crate) fn with_several_paths(&self) -> Vec<Vec<&str>> {
        self.surface.paths_by_item().into_values().filter(|paths| paths.len() > 1).collect()
    }

    /// A line an item, in byte order of the paths, and below it a line a member.
    pub(crate) fn text(&self) -> String {
        let by_item = self.surface.paths_by_item();
        let blocks = self.impl_blocks(&by_item);
        let mut lines = Vec::new();
        for (path, named) in &self.surface.paths {
            for named in named {
                match named {
                    Named::Foreign(whole) => lines.push(used(whole, path)),
                    Named::Made => lines.push(format!("pub {path} (made by a macro)")),
                    Named::Item(module, item) => {
                        let place = (*module, *item);
                        let first = by_item.get(&place).and_then(|paths| paths.first()).copied().unwrap_or(path);
                        if first == path {
                            lines.extend(self.lines_of(path, place, blocks.get(&place)));
                        } else {
                            lines.push(used(first, path));
                        }
                    }
                }
            }
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }

    fn item(&self, (module, item): Place) -> &Item {
        &self.tree.modules[module].items[item]
    }

    fn lines_of(&self, path: &str, place: Place, blocks: Option<&Vec<&ItemImpl>>) -> Vec<String> {
        let item = self.item(place);
        let blocks = blocks.map_or(&[][..], Vec::as_slice);
        let own = blocks.iter().filter(|block| block.trait_.is_none()).flat_map(|block| of_impl(block));
        let of_traits = blocks.iter().filter(|block| block.trait_.is_some()).map(|block| of_trait_impl(block));
        // Constants and functions by name, wherever their blocks stand; then the traits.
        let own: BTreeSet<String> = own.collect();
        let traits: BTreeSet<String> = of_traits.chain(derived(item)).collect();
        let members = inner(item).into_iter().chain(own).chain(traits).map(|line| format!("    {line}"));
        std::iter::once(head(item, path)).chain(members).collect()
    }

    /// The `impl` blocks of each public item: of its own, of a trait that users can name, or of a public trait for types elsewhere.
    fn impl_blocks(&self, public: &BTreeMap<Place, Vec<&str>>) -> BTreeMap<Place, Vec<&ItemImpl>> {
        let mut found: BTreeMap<Place, Vec<&ItemImpl>> = BTreeMap::new();
        for (at, module) in self.tree.modules.iter().enumerate() {
            for item in &module.items {
                let Item::Impl(block) = item else { continue };
                let of_trait = block.trait_.as_ref().map(|(path, _)| self.place(at, path));
                // A trait of this crate that nobody outside can name is no part of the interface.
                if of_trait.flatten().is_some_and(|place| !public.contains_key(&place)) {
                    continue;
                }
                let own = path_of(&block.self_ty).and_then(|path| self.place(at, path));
                match (own, of_trait.flatten()) {
                    (Some(place), _) | (None, Some(place)) if public.contains_key(&place) => {
                        found.entry(place).or_default().push(block);
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The item of this crate that a path leads to.
    fn place(&self, at: usize, path: &Path) -> Option<Place> {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        match self.tree.resolve(at, &names)? {
            Target::Item(module, item) => Some((module, item)),
            Target::Module(_) => None,
        }
    }
}

/// A name that stands for something listed elsewhere.
fn used(whole: &str, path: &str) -> String {
    if whole.rsplit("::").next() == Some(path) {
        format!("pub use {whole}")
    } else {
        format!("pub use {whole} as {path}")
    }
}

/// The path of a type, behind any reference.
fn path_of(of: &Type) -> Option<&Path> {
    match of {
        Type::Path(path) if path.qself.is_none() => Some(&path.path),
        Type::Reference(inner) => path_of(&inner.elem),
        Type::Paren(inner) => path_of(&inner.elem),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::parsed;

    fn interface(files: &[(&str, &str)]) -> Interface {
        let paths: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("c/src/{path}"), *text)).collect();
        let files: Vec<(&str, &str)> = paths.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        Interface::of("c", &parsed(&files)).unwrap()
    }

    fn lines(files: &[(&str, &str)]) -> Vec<String> {
        interface(files).text().lines().map(str::to_owned).collect()
    }

    #[test]
    fn only_what_can_be_named_from_outside_is_listed() {
        let root =
            "mod a;\npub use a::{A, hidden as shown};\npub(crate) use a::B;\nfn f() {}\n#[cfg(test)]\npub fn t() {}";
        let a = "pub struct A;\npub struct B;\npub fn hidden() {}\npub fn never() {}\nimpl A { pub fn f(&self) {} fn g(&self) {} pub(crate) fn h() {} }";
        assert_eq!(lines(&[("lib.rs", root), ("a.rs", a)]), ["pub struct A", "    pub fn f(&self)", "pub fn shown()"]);
    }

    #[test]
    fn items_are_listed_with_their_members() {
        let root = "
            #[derive(Clone, Debug)] #[non_exhaustive] pub struct S<T: Copy = f64> where T: Into<f64> { pub a: Vec<T>, b: u8 }
            pub struct Pair(pub f64, u8);
            #[repr(u8)] pub enum E { A = 1, B(f64, Vec<u8>), #[non_exhaustive] C { x: f64 } }
            pub trait Tr<T>: Send + Sync { const N: usize; type Item: Clone; fn must(&mut self, mut x: T) -> Self::Item; fn may(&self) {} }
            pub const K: [f64; 2] = [1.0, 2.0];
            pub static Z: u8 = 0;
            pub type R<T, E = Error> = std::result::Result<T, E>;
            pub const fn fixed<'a, const N: usize>((a, b): (u8, &'a str), mut n: [u8; N]) -> impl Iterator<Item = &'a u8> + use<'a, N> { [].iter() }
            #[macro_export] macro_rules! m { () => {} }
            macro_rules! private { () => {} }
        ";
        let expected = [
            "#[repr(u8)] pub enum E",
            "    A = 1",
            "    B(f64, Vec<u8>)",
            "    #[non_exhaustive] C { x: f64 }",
            "pub const K: [f64; 2]",
            "pub struct Pair(pub f64, _)",
            "pub type R<T, E = Error> = std::result::Result<T, E>",
            "#[non_exhaustive] pub struct S<T: Copy = f64> where T: Into<f64>",
            "    pub a: Vec<T>",
            "    (private fields)",
            "    impl<T: Copy> Clone for S<T> where T: Into<f64>",
            "    impl<T: Copy> Debug for S<T> where T: Into<f64>",
            "pub trait Tr<T>: Send + Sync",
            "    const N: usize",
            "    type Item: Clone",
            "    fn must(&mut self, x: T) -> Self::Item",
            "    fn may(&self) (provided)",
            "pub static Z: u8",
            "pub const fn fixed<'a, const N: usize>(_: (u8, &'a str), n: [u8; N]) -> impl Iterator<Item = &'a u8> + use<'a, N>",
            "macro_rules! m",
        ];
        assert_eq!(lines(&[("lib.rs", root)]), expected);
    }

    #[test]
    fn impl_blocks_are_found_in_every_file_and_keep_their_generics() {
        let root = "mod a;\nmod b;\npub use a::{G, T};";
        let a = "pub struct G<T>(T);\npub trait T {}\npub(crate) trait Hidden {}\nmod deep;";
        let b = "use std::fmt;\nuse crate::a::{G, Hidden, T as Renamed};\nimpl<T: Copy> G<T> { pub const ONE: usize = 1; pub fn get<U>(&self) -> &T where U: Copy { &self.0 } }
            impl G<f64> { pub fn ln(self) -> f64 { 0.0 } }
            impl<T> fmt::Display for G<T> {}\nimpl<T> IntoIterator for &G<T> { type Item = u8; type IntoIter = X; }
            impl Hidden for G<u8> {}\nimpl Renamed for Vec<u8> {}";
        let deep = "impl super::G<u8> { pub fn deep(&mut self) {} }";
        let expected = [
            "pub struct G<T>(_)",
            "    impl G<f64> pub fn ln(self) -> f64",
            "    impl super::G<u8> pub fn deep(&mut self)",
            "    impl<T: Copy> G<T> pub const ONE: usize",
            "    impl<T: Copy> G<T> pub fn get<U>(&self) -> &T where U: Copy",
            "    impl<T> Display for G<T>",
            "    impl<T> IntoIterator for &G<T> { type Item = u8; type IntoIter = X }",
            "pub trait T",
            "    impl Renamed for Vec<u8>",
        ];
        assert_eq!(lines(&[("lib.rs", root), ("a.rs", a), ("a/deep.rs", deep), ("b.rs", b)]), expected);
    }

    #[test]
    fn a_change_of_a_bound_changes_the_listing_and_a_move_does_not() {
        let with = |bound: &str| {
            lines(&[("lib.rs", "mod a;\npub use a::f;"), ("a.rs", &format!("pub fn f<T: {bound}>(x: T) {{}}"))])
        };
        assert_ne!(with("Copy"), with("Clone"));
        let inside = [
            ("lib.rs", "mod a;\npub use a::S;"),
            ("a.rs", "pub struct S;\nimpl S { pub fn b(&self) {} pub fn a(&self) {} }"),
        ];
        let apart = [
            ("lib.rs", "mod a;\nmod n;\npub use n::b::S;"),
            ("a.rs", "use crate::n::b::S;\nimpl S { pub fn a(&self) {} }"),
            ("n/mod.rs", "pub(crate) mod b;"),
            ("n/b.rs", "pub struct S;\nimpl S { pub fn b(&self) { let x = 1; } }"),
        ];
        assert_eq!(lines(&inside), lines(&apart));
    }

    #[test]
    fn lists_globs_and_other_crates_are_followed() {
        let root = "pub mod m;\nmod p;\npub use p::*;\npub use roi_model::{Pars, sky::SkyDirection as Sky};\npub use p::{made, Frame};";
        let m = "pub use crate::p::inner::Deep;\npub fn f() {}";
        let p = "pub(crate) mod inner;\npub use inner::Deep as Flat;\npub struct P;\nmake!(made);\npub use lat_response::geometry::Frame;";
        let expected = [
            "pub struct Flat",
            "pub use lat_response::geometry::Frame",
            "pub struct P",
            "pub use roi_model::Pars",
            "pub use roi_model::sky::SkyDirection as Sky",
            "pub use Flat as m::Deep",
            "pub fn m::f()",
            "pub made (made by a macro)",
        ];
        let files = [("lib.rs", root), ("m.rs", m), ("p/mod.rs", p), ("p/inner.rs", "pub struct Deep;")];
        assert_eq!(lines(&files), expected);
        assert_eq!(interface(&files).with_several_paths(), [vec!["Flat", "m::Deep"]]);
    }

    #[test]
    fn lists_that_go_round_end() {
        let files = [
            ("lib.rs", "pub mod a;\npub use a::*;"),
            ("a.rs", "pub use crate::*;\npub use x::x;\nuse self::y as z;\npub use z as y;"),
        ];
        assert!(!lines(&files).is_empty());
    }
}
