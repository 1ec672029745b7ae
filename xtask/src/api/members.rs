//! How an item and its members are written in a listing.

use quote::ToTokens;
use syn::{
    Attribute, Fields, FnArg, Generics, ImplItem, Item, ItemImpl, Pat, ReceiverKind, Signature, TraitItem, Type,
    Variant,
};

use super::one_line::one_line;
use crate::repository::rust_file::is_public;

/// Attributes that a user of an item must know.
const TOLD: &[&str] = &["cfg", "deprecated", "non_exhaustive", "repr"];

/// The item itself, called `path`.
pub(super) fn head(item: &Item, path: &str) -> String {
    match item {
        Item::Const(item) => format!("{}pub const {path}: {}", told(&item.attrs), one_line(&item.ty)),
        Item::Enum(item) => format!("{}pub enum {path}{}", told(&item.attrs), generics(&item.generics)),
        Item::Fn(item) => format!("{}pub {}", told(&item.attrs), signature(&item.sig, path)),
        Item::Macro(item) => format!("{}macro_rules! {path}", told(&item.attrs)),
        Item::Static(item) => format!("{}pub static {path}: {}", told(&item.attrs), one_line(&item.ty)),
        Item::Struct(item) => {
            let tuple = if let Fields::Unnamed(_) = item.fields { fields(&item.fields) } else { String::new() };
            let (parameters, conditions) = parts(&item.generics);
            format!("{}pub struct {path}{parameters}{tuple}{conditions}", told(&item.attrs))
        }
        Item::Trait(item) => {
            let (parameters, conditions) = parts(&item.generics);
            let above =
                if item.supertraits.is_empty() { String::new() } else { format!(": {}", one_line(&item.supertraits)) };
            let unsafety = item.unsafety.map_or("", |_| "unsafe ");
            format!("{}pub {unsafety}trait {path}{parameters}{above}{conditions}", told(&item.attrs))
        }
        Item::Type(item) => {
            let (parameters, conditions) = parts(&item.generics);
            format!("{}pub type {path}{parameters} = {}{conditions}", told(&item.attrs), one_line(&item.ty))
        }
        Item::Union(item) => format!("{}pub union {path}{}", told(&item.attrs), generics(&item.generics)),
        _ => path.to_owned(),
    }
}

/// What is written inside an item: public fields, variants, the items of a trait, in their order.
pub(super) fn inner(item: &Item) -> Vec<String> {
    match item {
        Item::Struct(item) if matches!(item.fields, Fields::Named(_)) => named_fields(&item.fields),
        Item::Union(item) => named_fields(&Fields::Named(item.fields.clone())),
        Item::Enum(item) => item.variants.iter().map(variant).collect(),
        Item::Trait(item) => item.items.iter().map(trait_item).collect(),
        _ => Vec::new(),
    }
}

fn named_fields(fields: &Fields) -> Vec<String> {
    let public = fields.iter().filter(|field| is_public(&field.vis));
    let name = |field: &syn::Field| field.ident.as_ref().map_or_else(String::new, ToString::to_string);
    let mut lines: Vec<String> =
        public.map(|field| format!("{}pub {}: {}", told(&field.attrs), name(field), one_line(&field.ty))).collect();
    if lines.len() < fields.len() {
        lines.push("(private fields)".to_owned());
    }
    lines
}

/// The fields of a tuple, `_` for those that are private, or of a variant.
fn fields(fields: &Fields) -> String {
    match fields {
        Fields::Unit => String::new(),
        Fields::Named(list) => {
            let all = list.named.iter().map(|field| {
                let name = field.ident.as_ref().map_or_else(String::new, ToString::to_string);
                format!("{}{name}: {}", told(&field.attrs), one_line(&field.ty))
            });
            format!(" {{ {} }}", all.collect::<Vec<_>>().join(", "))
        }
        Fields::Unnamed(list) => {
            let all = list.unnamed.iter().map(|field| {
                if is_public(&field.vis) { format!("pub {}", one_line(&field.ty)) } else { "_".to_owned() }
            });
            format!("({})", all.collect::<Vec<_>>().join(", "))
        }
    }
}

fn variant(variant: &Variant) -> String {
    let content = match &variant.fields {
        Fields::Unnamed(list) => {
            let types = list.unnamed.iter().map(|field| one_line(&field.ty)).collect::<Vec<_>>();
            format!("({})", types.join(", "))
        }
        other => fields(other),
    };
    let number =
        variant.discriminant.as_ref().map_or_else(String::new, |(_, number)| format!(" = {}", one_line(number)));
    format!("{}{}{content}{number}", told(&variant.attrs), variant.ident)
}

fn trait_item(item: &TraitItem) -> String {
    match item {
        TraitItem::Const(item) => {
            let provided = item.default.as_ref().map_or("", |_| " (provided)");
            format!("{}const {}: {}{provided}", told(&item.attrs), item.ident, one_line(&item.ty))
        }
        TraitItem::Fn(item) => {
            let provided = item.default.as_ref().map_or("", |_| " (provided)");
            format!("{}{}{provided}", told(&item.attrs), signature(&item.sig, &item.sig.ident.to_string()))
        }
        TraitItem::Type(item) => {
            let (parameters, conditions) = parts(&item.generics);
            let bounds = if item.bounds.is_empty() { String::new() } else { format!(": {}", one_line(&item.bounds)) };
            format!("{}type {}{parameters}{bounds}{conditions}", told(&item.attrs), item.ident)
        }
        other => one_line(other),
    }
}

/// The public constants and functions of an `impl Type` block; those of a block with parameters or conditions of its own carry its head.
pub(super) fn of_impl(block: &ItemImpl) -> Vec<String> {
    let is_plain =
        block.generics.params.is_empty() && block.generics.where_clause.is_none() && !has_arguments(&block.self_ty);
    let place = if is_plain { String::new() } else { format!("{} ", impl_head(block)) };
    let mut lines = Vec::new();
    for item in &block.items {
        match item {
            ImplItem::Const(item) if is_public(&item.vis) => {
                lines.push(format!("{place}{}pub const {}: {}", told(&item.attrs), item.ident, one_line(&item.ty)));
            }
            ImplItem::Fn(item) if is_public(&item.vis) => {
                lines.push(format!(
                    "{place}{}pub {}",
                    told(&item.attrs),
                    signature(&item.sig, &item.sig.ident.to_string())
                ));
            }
            _ => {}
        }
    }
    let block_is_told = told(&block.attrs);
    lines.into_iter().map(|line| format!("{block_is_told}{line}")).collect()
}

fn has_arguments(of: &Type) -> bool {
    match of {
        Type::Path(path) => path.path.segments.iter().any(|segment| !segment.arguments.is_none()),
        _ => true,
    }
}

/// `impl Trait for Type`, with the types that it chooses.
pub(super) fn of_trait_impl(block: &ItemImpl) -> String {
    let types: Vec<String> = block
        .items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Type(item) => {
                Some(format!("type {}{} = {}", item.ident, generics(&item.generics), one_line(&item.ty)))
            }
            _ => None,
        })
        .collect();
    let chosen = if types.is_empty() { String::new() } else { format!(" {{ {} }}", types.join("; ")) };
    format!("{}{}{chosen}", told(&block.attrs), impl_head(block))
}

fn impl_head(block: &ItemImpl) -> String {
    let (parameters, conditions) = parts(&block.generics);
    let unsafety = block.unsafety.map_or("", |_| "unsafe ");
    let of = block.trait_.as_ref().map_or_else(String::new, |(path, _)| {
        let negative = block.modifiers.polarity.map_or("", |_| "!");
        // `fmt::Display` and `std::fmt::Display` are one trait.
        format!("{negative}{} for ", path.segments.last().map_or_else(String::new, one_line))
    });
    format!("{unsafety}impl{parameters} {of}{}{conditions}", one_line(&block.self_ty))
}

/// The traits that `#[derive(...)]` brings.
pub(super) fn derived(item: &Item) -> Vec<String> {
    let (attributes, name, of) = match item {
        Item::Struct(item) => (&item.attrs, &item.ident, &item.generics),
        Item::Enum(item) => (&item.attrs, &item.ident, &item.generics),
        Item::Union(item) => (&item.attrs, &item.ident, &item.generics),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        // A list that is no list of paths does not compile either.
        let _ = attribute.parse_nested_meta(|derived| {
            let derived = derived.path.segments.last().map_or_else(String::new, one_line);
            let (parameters, arguments, _) = of.split_for_impl();
            let (parameters, arguments) = (one_line(parameters), one_line(arguments));
            found.push(format!("impl{parameters} {derived} for {name}{arguments}{}", parts(of).1));
            Ok(())
        });
    }
    found
}

/// A function called `name`: patterns are no part of it, `mut x` is `x`.
fn signature(of: &Signature, name: &str) -> String {
    let mut of = of.clone();
    for argument in &mut of.inputs {
        match argument {
            FnArg::Receiver(receiver) => {
                receiver.attrs.clear();
                if matches!(receiver.kind, ReceiverKind::Value) {
                    receiver.mutability = None;
                }
            }
            FnArg::Typed(typed) => {
                typed.attrs.clear();
                match typed.pat.as_mut() {
                    Pat::Ident(pattern) => pattern.mutability = None,
                    pattern => *pattern = syn::parse_quote!(_),
                }
            }
        }
    }
    let own_name = of.ident.to_string();
    let line = one_line(&of);
    line.replacen(&format!("fn {own_name}"), &format!("fn {name}"), 1)
}

fn generics(of: &Generics) -> String {
    let (parameters, conditions) = parts(of);
    parameters + &conditions
}

/// `<T: Bound>` and ` where ...`, both as they stand.
fn parts(of: &Generics) -> (String, String) {
    let parameters = if of.params.is_empty() { String::new() } else { one_line(of) };
    let conditions = of.where_clause.as_ref().map(|conditions| format!(" {}", one_line(conditions)));
    (parameters, conditions.map_or_else(String::new, |text| text.trim_end_matches(',').to_owned()))
}

/// The attributes that matter, each with a space behind it.
fn told(attributes: &[Attribute]) -> String {
    let is_hidden = |attribute: &Attribute| {
        attribute.path().is_ident("doc") && attribute.to_token_stream().to_string().contains("hidden")
    };
    let matters =
        |attribute: &&Attribute| is_hidden(attribute) || TOLD.iter().any(|name| attribute.path().is_ident(name));
    attributes.iter().filter(matters).map(|attribute| one_line(attribute) + " ").collect()
}
