//! The modules of a crate, put together from its files.

use std::collections::BTreeMap;

use syn::{Item, UseTree};

use crate::repository::rust_file::{RustFile, attributes, is_public, is_test};

/// A module, whether it has a file of its own or stands in braces.
pub(super) struct Module {
    pub(super) parent: usize,
    /// Without those of tests.
    pub(super) items: Vec<Item>,
    pub(super) children: BTreeMap<String, Child>,
    pub(super) uses: Vec<Use>,
}

/// A module inside another.
#[derive(Clone, Copy)]
pub(super) struct Child {
    pub(super) module: usize,
    pub(super) public: bool,
}

/// One name that a `use` brings into a module.
pub(super) struct Use {
    pub(super) path: Vec<String>,
    /// What it is called here; nothing for `path::*`.
    pub(super) name: Option<String>,
    pub(super) public: bool,
}

/// The library of a crate.
pub(super) struct Crate {
    /// The first is the root.
    pub(super) modules: Vec<Module>,
}

impl Crate {
    /// The library whose `lib.rs` lies in `folder/src`, if there is one.
    pub(super) fn new(folder: &str, files: &[RustFile]) -> Option<Self> {
        let files: FilesByPath<'_> = files.iter().map(|file| (file.path.as_str(), file)).collect();
        let mut tree = Self { modules: Vec::new() };
        let source = format!("{folder}/src");
        let root = items_of(&files, &format!("{source}/lib.rs"))?;
        tree.add(root, &source, 0, &files);
        Some(tree)
    }

    /// Adds a module and all below it; `folder` is where the files of its children lie.
    fn add(&mut self, items: &[Item], folder: &str, parent: usize, files: &FilesByPath<'_>) -> usize {
        let id = self.modules.len();
        let items: Vec<Item> = items.iter().filter(|item| !is_test(attributes(item))).cloned().collect();
        let uses = items.iter().flat_map(uses_of).collect();
        self.modules.push(Module { parent, items: Vec::new(), children: BTreeMap::new(), uses });
        for item in &items {
            let Item::Mod(child) = item else { continue };
            let name = child.ident.to_string();
            let below = format!("{folder}/{name}");
            let content = match &child.content {
                Some((_, content)) => Some(content.as_slice()),
                None => [".rs", "/mod.rs"].iter().find_map(|end| items_of(files, &format!("{below}{end}"))),
            };
            if let Some(content) = content {
                let module = self.add(content, &below, id, files);
                self.modules[id].children.insert(name, Child { module, public: is_public(&child.vis) });
            }
        }
        self.modules[id].items = items;
        id
    }
}

type FilesByPath<'a> = BTreeMap<&'a str, &'a RustFile>;

fn items_of<'a>(files: &FilesByPath<'a>, path: &str) -> Option<&'a [Item]> {
    files.get(path).map(|file| file.items.as_slice())
}

fn uses_of(item: &Item) -> Vec<Use> {
    let mut found = Vec::new();
    if let Item::Use(list) = item {
        leaves(&list.tree, &mut Vec::new(), is_public(&list.vis), &mut found);
    }
    found
}

fn leaves(tree: &UseTree, path: &mut Vec<String>, public: bool, found: &mut Vec<Use>) {
    let mut add = |path: &[String], last: Option<String>, name: Option<String>| {
        // `a::{self, b}`: the list itself.
        let last = last.filter(|last| last != "self" || path.is_empty());
        let whole: Vec<String> = path.iter().cloned().chain(last).collect();
        found.push(Use { path: whole, name, public });
    };
    match tree {
        UseTree::Path(step) => {
            path.push(step.ident.to_string());
            leaves(&step.tree, path, public, found);
            path.pop();
        }
        UseTree::Name(leaf) => {
            let last = leaf.ident.to_string();
            let name = if last == "self" { path.last().cloned() } else { Some(last.clone()) };
            add(path, Some(last), name);
        }
        UseTree::Rename(leaf) => add(path, Some(leaf.ident.to_string()), Some(leaf.rename.to_string())),
        UseTree::Glob(_) => add(path, None, None),
        UseTree::Group(list) => list.items.iter().for_each(|branch| leaves(branch, path, public, found)),
    }
}
