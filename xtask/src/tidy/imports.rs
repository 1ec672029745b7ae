//! What a Rust file imports from its own crate, as far as a reader of words can tell.

/// The paths that a file names, from the root of its crate: those that begin with `crate`, `super`, `self` or one of
/// its own child modules, wherever they stand. Comments, the unit tests at the end and `pub use` lists do not count.
pub(super) fn imports(text: &str, module: &[&str]) -> Vec<Vec<String>> {
    let words = words(&code(text));
    let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found == word);
    let children: Vec<&String> =
        (1..words.len()).filter(|&at| is(at - 1, "mod") && is(at + 1, ";")).map(|at| &words[at]).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if is(at, "pub") {
            at = end_of_facade(&words, at);
        }
        let follows_path = at > 0 && is(at - 1, "::");
        if is(at + 1, "::") && !follows_path {
            let start = match words[at].as_str() {
                "crate" => Some(Vec::new()),
                "self" => Some(owned(module)),
                "super" => Some(owned(&module[..module.len().saturating_sub(1)])),
                _ if children.contains(&&words[at]) => Some([owned(module), vec![words[at].clone()]].concat()),
                _ => None,
            };
            if let Some(start) = start {
                at = tree(&words, at + 2, &start, &mut found);
                continue;
            }
        }
        at += 1;
    }
    found
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
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

/// The place behind `pub use ...;` or `pub(crate) use ...;`; the same place where no such list begins.
fn end_of_facade(words: &[String], start: usize) -> usize {
    let mut at = start + 1;
    if words.get(at).is_some_and(|word| word == "(") {
        at += words[at..].iter().take_while(|word| *word != ")").count() + 1;
    }
    if words.get(at).is_none_or(|word| word != "use") {
        return start;
    }
    at + words[at..].iter().take_while(|word| *word != ";").count()
}

/// The text without comments and without the unit tests at its end.
fn code(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or(line)).collect();
    let is_tests = |pair: &[&str]| pair[0].trim() == "#[cfg(test)]" && pair[1].trim_start().starts_with("mod ");
    let end = lines.windows(2).position(is_tests).unwrap_or(lines.len());
    lines[..end].join("\n")
}

/// Names, `::`, and every other sign by itself.
fn words(code: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_name = false;
    let mut before = ' ';
    for sign in code.chars() {
        let names = sign.is_alphanumeric() || sign == '_';
        match words.last_mut() {
            Some(word) if names && in_name => word.push(sign),
            Some(word) if sign == ':' && before == ':' && word == ":" => word.push(sign),
            _ if sign.is_whitespace() => {}
            _ => words.push(sign.to_string()),
        }
        in_name = names;
        before = sign;
    }
    words
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str, module: &[&str]) -> Vec<String> {
        imports(text, module).iter().map(|path| path.join("/")).collect()
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
    fn facades_visibilities_and_other_crates_are_no_imports() {
        let text =
            "mod a;\npub use a::A;\npub(crate) use a::{B, C};\npub(super) fn f() {}\nuse std::fmt;\nuse b::a::D;";
        assert_eq!(paths(text, &["x"]), Vec::<String>::new());
    }

    #[test]
    fn broken_code_ends() {
        for text in ["use crate::{a, ::, {", "use crate::", "pub", "pub(", "pub use", "mod", "crate::{}}}"] {
            imports(text, &[]);
        }
    }
}
