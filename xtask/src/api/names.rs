//! What a path means inside a crate.

use syn::Item;

use super::module_tree::Crate;

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Module(usize),
    /// An item, by its module and its place there.
    Item(usize, usize),
}

/// The names that are being looked up, by module: one that leads back to itself means nothing.
type Way = Vec<(usize, String)>;

impl Crate {
    /// What a path means in a module; nothing for other crates, and for what a macro makes.
    pub(super) fn resolve(&self, from: usize, path: &[String]) -> Option<Target> {
        self.resolve_on(from, path, &mut Way::new())
    }

    /// Where a path leads that is not of this crate: the path there, through any lists in between; nothing for what a macro makes.
    pub(super) fn foreign(&self, from: usize, path: &[String]) -> Option<String> {
        let (mut at, mut path) = (from, path);
        // More lists than there are modules go round.
        for _ in 0..=self.modules.len() {
            let (last, before) = path.split_last()?;
            let first = path.first()?;
            if !before.is_empty() && self.step(at, first, true, &mut Way::new()).is_none() {
                return Some(path.join("::"));
            }
            for (index, name) in before.iter().enumerate() {
                at = self.step(at, name, index == 0, &mut Way::new())?;
            }
            let list =
                self.modules[at].uses.iter().find(|list| list.name.as_deref() == Some(last) && list.path != path)?;
            path = &list.path;
        }
        None
    }

    fn resolve_on(&self, from: usize, path: &[String], way: &mut Way) -> Option<Target> {
        let (last, before) = path.split_last()?;
        let mut module = from;
        for (index, name) in before.iter().enumerate() {
            module = self.step(module, name, index == 0, way)?;
        }
        self.item(module, last, way).or_else(|| self.step(module, last, before.is_empty(), way).map(Target::Module))
    }

    /// One step along a path, to a module.
    fn step(&self, module: usize, name: &str, first: bool, way: &mut Way) -> Option<usize> {
        match name {
            "crate" if first => Some(0),
            "self" => Some(module),
            "super" => Some(self.modules[module].parent),
            _ => self.module(module, name, way),
        }
    }

    fn module(&self, at: usize, name: &str, way: &mut Way) -> Option<usize> {
        if let Some(child) = self.modules[at].children.get(name) {
            return Some(child.module);
        }
        self.through_uses(at, name, way, &|target| match target {
            Target::Module(module) => Some(module),
            Target::Item(..) => None,
        })
    }

    fn item(&self, at: usize, name: &str, way: &mut Way) -> Option<Target> {
        let is_it = |item: &Item| name_of(item).is_some_and(|found| found == name);
        if let Some(index) = self.modules[at].items.iter().position(is_it) {
            return Some(Target::Item(at, index));
        }
        self.through_uses(at, name, way, &|target| matches!(target, Target::Item(..)).then_some(target))
    }

    /// The first meaning of a name that a module has from its `use` lists, `use path::*` last.
    fn through_uses<T>(&self, at: usize, name: &str, way: &mut Way, wanted: &dyn Fn(Target) -> Option<T>) -> Option<T> {
        let here = (at, name.to_owned());
        if way.contains(&here) {
            return None;
        }
        way.push(here);
        let uses = &self.modules[at].uses;
        let named = uses.iter().filter(|list| list.name.as_deref() == Some(name)).map(|list| list.path.clone());
        let globs =
            uses.iter().filter(|list| list.name.is_none()).map(|list| [&list.path[..], &[name.to_owned()]].concat());
        let meaning = named.chain(globs).find_map(|path| self.resolve_on(at, &path, way).and_then(wanted));
        way.pop();
        meaning
    }
}

/// The name of an item that can be named from outside its module.
pub(super) fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
