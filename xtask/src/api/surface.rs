//! Which items of a crate its users can name, and under which paths.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, Visibility};

use super::module_tree::{Crate, Use};
use super::names::{Target, name_of};
use crate::repository::rust_file::is_public;

/// What stands behind a public path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// An item, by its module and its place there.
    Item(usize, usize),
    /// A name of another crate, with its path there.
    Foreign(String),
    /// What a macro makes: its name is known, and no more.
    Made,
}

/// Every public path of a crate, without the crate's name.
#[derive(Debug, Default)]
pub(super) struct Surface {
    pub(super) paths: BTreeMap<String, BTreeSet<Named>>,
}

impl Surface {
    pub(super) fn of(tree: &Crate) -> Self {
        let mut surface = Self::default();
        surface.walk(tree, 0, "", &mut Vec::new());
        surface
    }

    /// The paths of each item, the shortest first: that is the one under which it is listed.
    pub(super) fn paths_by_item(&self) -> BTreeMap<(usize, usize), Vec<&str>> {
        let mut by_item: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
        for (path, named) in &self.paths {
            for named in named {
                if let Named::Item(module, item) = named {
                    by_item.entry((*module, *item)).or_default().push(path);
                }
            }
        }
        for paths in by_item.values_mut() {
            paths.sort_by_key(|path| (path.matches("::").count(), *path));
        }
        by_item
    }

    /// Adds what a module shows under `prefix`; `way` are the modules that led here, which may list each other.
    fn walk(&mut self, tree: &Crate, at: usize, prefix: &str, way: &mut Vec<usize>) {
        if way.contains(&at) {
            return;
        }
        way.push(at);
        let module = &tree.modules[at];
        for (index, item) in module.items.iter().enumerate() {
            if let (Some(name), true) = (name_of(item), is_shown(item)) {
                // Macros stand at the root, wherever they are written.
                let path = if matches!(item, Item::Macro(_)) { name } else { format!("{prefix}{name}") };
                self.add(path, Named::Item(at, index));
            }
        }
        for (name, child) in module.children.iter().filter(|(_, child)| child.public) {
            self.walk(tree, child.module, &format!("{prefix}{name}::"), way);
        }
        for list in module.uses.iter().filter(|list| list.public) {
            self.follow(tree, at, list, prefix, way);
        }
        way.pop();
    }

    fn follow(&mut self, tree: &Crate, at: usize, list: &Use, prefix: &str, way: &mut Vec<usize>) {
        let target = tree.resolve(at, &list.path);
        match (target, &list.name) {
            (Some(Target::Item(module, item)), Some(name)) => {
                self.add(format!("{prefix}{name}"), Named::Item(module, item));
            }
            (Some(Target::Module(module)), Some(name)) => self.walk(tree, module, &format!("{prefix}{name}::"), way),
            (Some(Target::Module(module)), None) => self.walk(tree, module, prefix, way),
            (None, Some(name)) => {
                let named = tree.foreign(at, &list.path).map_or(Named::Made, Named::Foreign);
                self.add(format!("{prefix}{name}"), named);
            }
            // All of another crate's module, or of an enum.
            (_, None) => self.add(format!("{prefix}*"), Named::Foreign(format!("{}::*", list.path.join("::")))),
        }
    }

    fn add(&mut self, path: String, named: Named) {
        self.paths.entry(path).or_default().insert(named);
    }
}

fn is_shown(item: &Item) -> bool {
    visibility(item).is_some_and(is_public)
        || matches!(item, Item::Macro(item) if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")))
}

fn visibility(item: &Item) -> Option<&Visibility> {
    Some(match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Union(item) => &item.vis,
        _ => return None,
    })
}
