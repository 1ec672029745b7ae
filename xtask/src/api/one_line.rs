//! Code on one line, always the same way.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Words behind which a bracket or a `<` stands apart.
const APART: &[&str] = &["as", "const", "dyn", "in", "mut", "where"];

/// The code of a part of the syntax, on one line and spaced as one would write it.
pub(super) fn one_line(code: impl ToTokens) -> String {
    let mut words = Vec::new();
    flatten(code.into_token_stream(), &mut words);
    let mut line = String::new();
    let mut before: Option<&str> = None;
    for word in &words {
        if before.is_some_and(|before| spaced(before, word)) {
            line.push(' ');
        }
        line.push_str(word);
        before = Some(word);
    }
    line
}

/// Names, literals, lifetimes, and signs, several together where they are one: `->`, `::`.
fn flatten(tokens: TokenStream, words: &mut Vec<String>) {
    let mut joined = false;
    for token in tokens {
        let (text, joins) = match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                let start = words.len();
                words.push(open.to_owned());
                flatten(group.stream(), words);
                drop_last_comma(words, start);
                (close.to_owned(), false)
            }
            TokenTree::Punct(sign) => {
                // `>>` closes two lists.
                let joins = sign.spacing() == Spacing::Joint && !matches!(sign.as_char(), '>' | '<' | '&');
                (sign.as_char().to_string(), joins)
            }
            other => (other.to_string(), false),
        };
        if text == ">" && words.last().is_some_and(|word| word == ",") {
            words.pop();
        }
        match words.last_mut() {
            Some(word) if joined => word.push_str(&text),
            _ => words.push(text),
        }
        joined = joins;
    }
    words.retain(|word| !word.is_empty());
}

/// A list that was broken over lines ends in a comma; so does the tuple of one, where it must stay.
fn drop_last_comma(words: &mut Vec<String>, start: usize) {
    let is_call = start > 0 && (is_name(&words[start - 1]) || words[start - 1] == ">");
    let is_tuple_of_one =
        words[start] == "(" && !is_call && words[start..].iter().filter(|word| *word == ",").count() == 1;
    if words.last().is_some_and(|word| word == ",") && !is_tuple_of_one {
        words.pop();
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphanumeric() || matches!(first, '_' | '\'' | '"'))
}

/// Whether a space stands between two words.
fn spaced(before: &str, word: &str) -> bool {
    if APART.contains(&before) {
        return !matches!(word, ">" | "," | ")");
    }
    if matches!(word, ")" | "]" | ">" | "," | ";" | ":" | "::" | ".") || matches!((before, word), ("{", "}")) {
        return false;
    }
    if matches!(before, "(" | "[" | "<" | "::" | "&" | "!" | "#" | "?" | "." | "*") {
        return false;
    }
    // A list or the sign of a macro clings to a name, not to a sign before it.
    !matches!(word, "(" | "[" | "<" | "!") || !(is_name(before) || matches!(before, ">" | "]" | ")"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comes_back_as_one_would_write_it() {
        for line in [
            "fn f<'a, T: Clone + ?Sized, const N: usize>(&'a mut self, x: [T; N], g: &dyn Fn(&[f64]) -> f64) -> Result<Vec<Vec<T>>> where T: Copy, for<'b> &'b T: Into<f64>",
            "fn f(self: &Self, a: (A, B), b: Option<(A, B)>) -> (A, &'static str)",
            "fn f(x: <T as Iterator>::Item, y: impl IntoIterator<Item = (usize, f64)>) -> !",
            "fn f() -> <T as A>::B",
            "fn f(x: (T,), y: Vec<(T,)>) -> (T,)",
            "type X<T = f64> = std::result::Result<T, Box<dyn Error + Send + 'static>>;",
            "const X: &[(&str, f64)] = &[(\"a\", 1.0)];",
            "fn f(x: &&str, y: *const u8, z: &mut [f64], w: &[[f64; 2]])",
        ] {
            let tokens: TokenStream = line.parse().unwrap();
            assert_eq!(one_line(tokens), line);
        }
    }

    #[test]
    fn line_breaks_and_commas_before_them_do_not_matter() {
        let broken: TokenStream =
            "fn f<\n    T,\n>(\n    x: T,\n    y: [T; 2],\n) -> (\n    T,\n    U,\n)".parse().unwrap();
        assert_eq!(one_line(broken), "fn f<T>(x: T, y: [T; 2]) -> (T, U)");
    }
}
