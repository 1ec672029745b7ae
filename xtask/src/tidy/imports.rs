//! What a Rust file names of its own crate.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Item;

use crate::repository::rust_file::{attributes, is_test};

/// What a file names of its own crate.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// Paths from the root of the crate, wherever they stand in code, `use` or `pub use`: those that begin with `crate`, `super`,
    /// `self` or a child module. Comments and tests do not count.
    pub(super) paths: Vec<Vec<String>>,
    /// The files that `mod name;` declares, as module paths.
    pub(super) declared: Vec<Vec<String>>,
}

/// The imports of a file that is the module `module`.
pub(super) fn imports(items: &[Item], module: &[String]) -> Imports {
    let mut found = Imports::default();
    collect(items, module, &mut found);
    found
}

fn collect(items: &[Item], module: &[String], found: &mut Imports) {
    let items = || items.iter().filter(|item| !is_test(attributes(item)));
    let mut children = Vec::new();
    for item in items() {
        if let Item::Mod(child) = item {
            let path = [module, &[child.ident.to_string()]].concat();
            match &child.content {
                // Inside the braces `super` is this file.
                Some((_, content)) => collect(content, &path, found),
                None => found.declared.push(path),
            }
            children.push(child.ident.to_string());
        }
    }
    let mut words = Vec::new();
    items().filter(|item| !matches!(item, Item::Mod(_))).for_each(|item| flatten(item.to_token_stream(), &mut words));
    paths_of(&words, module, &children, &mut found.paths);
}

fn paths_of(words: &[String], module: &[String], children: &[String], found: &mut Vec<Vec<String>>) {
    let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found == word);
    let mut at = 0;
    while at < words.len() {
        // `pub(in crate::x)` says who may see, not what is used.
        let follows = at > 0 && (is(at - 1, "::") || is(at - 1, "in") && at > 1 && is(at - 2, "("));
        if is(at + 1, "::") && !follows {
            let start = match words[at].as_str() {
                "crate" => Some(Vec::new()),
                "self" => Some(module.to_vec()),
                "super" => Some(module[..module.len().saturating_sub(1)].to_vec()),
                word if children.iter().any(|child| child == word) => Some([module, &[word.to_owned()]].concat()),
                _ => None,
            };
            if let Some(start) = start {
                at = tree(words, at + 2, &start, found);
                continue;
            }
        }
        at += 1;
    }
}

/// Follows a path, and every branch of a `{...}` at its end, from `at`; returns where it stops.
fn tree(words: &[String], mut at: usize, start: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = start.to_vec();
    loop {
        match words.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while words.get(at).is_some_and(|word| word != "}") {
                    at = tree(words, at, &path, found);
                    // Past what may follow a branch: `as name`, `::*`.
                    at += words[at..].iter().take_while(|word| !matches!(word.as_str(), "," | "}")).count();
                    at += usize::from(words.get(at).is_some_and(|word| word == ","));
                }
                return words.len().min(at + 1);
            }
            Some("self") => {}
            Some("super") => drop(path.pop()),
            Some(word) if is_name(word) => path.push(word.to_owned()),
            _ => break,
        }
        at += 1;
        if words.get(at).is_none_or(|word| word != "::") {
            break;
        }
        at += 1;
    }
    found.push(path);
    at
}

/// Names, `::`, and every other sign by itself; a literal, and so a comment on an item, is one empty word.
fn flatten(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = signs(group.delimiter());
                words.push(open.to_owned());
                flatten(group.stream(), words);
                words.push(close.to_owned());
            }
            TokenTree::Ident(name) => words.push(name.to_string()),
            TokenTree::Literal(_) => words.push(String::new()),
            TokenTree::Punct(sign) => match words.last_mut() {
                Some(word) if sign.as_char() == ':' && word == ":" => word.push(':'),
                _ => words.push(sign.as_char().to_string()),
            },
        }
    }
}

fn signs(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::parsed;

    fn named(text: &str, module: &[&str]) -> Imports {
        let module: Vec<String> = module.iter().map(ToString::to_string).collect();
        imports(&parsed(&[("a.rs", text)])[0].items, &module)
    }

    fn paths(text: &str, module: &[&str]) -> Vec<String> {
        named(text, module).paths.iter().map(|path| path.join("/")).collect()
    }

    #[test]
    fn lists_are_followed_into_every_branch() {
        let text = "use crate::{a, b::{C, d::*}, self as root};\nuse super::super::e;";
        assert_eq!(paths(text, &["x", "y"]), ["a", "b/C", "b/d", "", "e"]);
    }

    #[test]
    fn paths_are_found_in_code_and_are_relative_to_their_module() {
        let text = "mod child;\nfn f() -> Vec<super::A> { child::g(self::h(), other::i(), crate::j::<u8>()) }";
        assert_eq!(paths(text, &["x", "y"]), ["x/A", "x/y/child/g", "x/y/h", "j"]);
    }

    #[test]
    fn facades_count_and_visibilities_and_other_crates_do_not() {
        let text = "mod a;\npub use a::A;\npub(crate) use a::{B, C};\npub(super) fn f() {}\npub(in crate::q) fn g() {}\nuse std::fmt;\nuse b::a::D;";
        assert_eq!(paths(text, &["x"]), ["x/a/A", "x/a/B", "x/a/C"]);
    }

    #[test]
    fn macros_are_read_and_strings_and_comments_are_not() {
        let text = "//! crate::c\nfn f() { vec![super::g(\"https://x.org\", \"crate::h\")] /* crate::i */ }\n/// [`crate::k::K`]\nfn l() {}";
        assert_eq!(paths(text, &["x"]), ["g"]);
    }

    #[test]
    fn inside_braces_super_is_the_file_itself() {
        let text = "mod inner { use super::A; use super::super::B; mod deep; }\nmod child;";
        let found = named(text, &["x"]);
        assert_eq!(found.paths, [vec!["x", "A"], vec!["B"]]);
        assert_eq!(found.declared, [vec!["x", "inner", "deep"], vec!["x", "child"]]);
    }

    #[test]
    fn tests_import_nothing() {
        let text =
            "#[cfg(test)]\nmod tests { use crate::a::A; }\n#[cfg(test)]\nmod support;\n#[test]\nfn t() { crate::b() }";
        let found = named(text, &["x"]);
        assert!(found.paths.is_empty() && found.declared.is_empty(), "{found:?}");
    }
}
