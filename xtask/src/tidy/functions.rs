//! No function is longer than a page, tests and tables apart.
//!
//! A function's lines run from the one with `fn` to its closing brace, comments and blank lines inside included, attributes and
//! documentation above not. Two kinds may be longer:
//! - tests: functions below `#[test]` or `#[cfg(test)]`, and files of tests;
//! - tables: functions whose body ends in one `match`, array, `vec![...]` or struct, bare or inside calls of one argument such as
//!   `Ok(...)` and references, of which every row (arm, element, field) takes one line. Before it stand at most five lines.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ImplItemFn, Item, ItemFn, Signature, Stmt, TraitItemFn};

use crate::repository::finding::Finding;
use crate::repository::rust_file::{RustFile, attributes, is_test};

const MAX_LINES: usize = 60;
const MAX_LINES_BEFORE_TABLE: usize = 5;

pub(super) fn check(files: &[RustFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.is_test) {
        let mut visitor = Functions { path: &file.path, findings: &mut findings };
        file.items.iter().for_each(|item| visitor.visit_item(item));
    }
    findings
}

struct Functions<'a> {
    path: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl Functions<'_> {
    fn judge(&mut self, signature: &Signature, body: &Block) {
        let line = signature.span().start().line;
        let length = body.span().end().line + 1 - line;
        if length > MAX_LINES && !is_table(body) {
            let message = format!(
                "`{}` has {length} lines; a function of more than {MAX_LINES} does two things",
                signature.ident
            );
            self.findings.push(Finding { path: self.path.to_owned(), line, message });
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.judge(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if !is_test(&function.attrs) {
            self.judge(&function.sig, &function.block);
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.judge(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// Whether a body is a table, as the head of this file says.
fn is_table(body: &Block) -> bool {
    let Some(Stmt::Expr(last, None)) = body.stmts.last() else { return false };
    let first_line = body.span().start().line;
    let lines_before = last.span().start().line.saturating_sub(first_line + 1);
    lines_before <= MAX_LINES_BEFORE_TABLE
        && rows(last).is_some_and(|rows| rows.len() > 1 && rows.iter().all(|row| row.start().line == row.end().line))
}

/// The rows of a table.
fn rows(expression: &Expr) -> Option<Vec<Span>> {
    match expression {
        Expr::Match(table) => Some(table.arms.iter().map(Spanned::span).collect()),
        Expr::Array(table) => Some(table.elems.iter().map(Spanned::span).collect()),
        Expr::Struct(table) => Some(table.fields.iter().map(Spanned::span).collect()),
        Expr::Macro(call) if call.mac.path.is_ident("vec") => elements(call.mac.tokens.clone()),
        Expr::Call(call) if call.args.len() == 1 => rows(call.args.first()?),
        Expr::Paren(inner) => rows(&inner.expr),
        Expr::Reference(inner) => rows(&inner.expr),
        _ => None,
    }
}

/// The elements of `vec![...]`, of which each is cut at its commas.
fn elements(tokens: TokenStream) -> Option<Vec<Span>> {
    let mut rows: Vec<Span> = Vec::new();
    let mut row: Vec<Span> = Vec::new();
    for token in tokens {
        match &token {
            TokenTree::Punct(sign) if sign.as_char() == ';' => return None,
            TokenTree::Punct(sign) if sign.as_char() == ',' => rows.extend(joined(&std::mem::take(&mut row))),
            _ => row.push(token.span()),
        }
    }
    rows.extend(joined(&row));
    Some(rows)
}

fn joined(spans: &[Span]) -> Option<Span> {
    let (first, last) = (spans.first()?, spans.last()?);
    // Where two spans cannot be joined, the first one's line stands for the row.
    Some(first.join(*last).unwrap_or(*first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::rust_file::tests::parsed;

    fn count(path: &str, text: &str) -> usize {
        check(&parsed(&[(path, text)])).len()
    }

    fn lines(row: &str, count: usize) -> String {
        format!("{row}\n").repeat(count)
    }

    #[test]
    fn sixty_lines_pass_and_one_more_does_not() {
        assert_eq!(count("a.rs", &format!("fn f() {{\n{}}}\n", lines("g();", 58))), 0);
        let text = format!("\n/// Words.\n#[inline]\npub fn long(\n    x: f64,\n) {{\n{}}}\n", lines("g();", 57));
        let found = check(&parsed(&[("a.rs", &text)]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].line, found[0].message.starts_with("`long` has 61 lines")), (4, true), "{found:?}");
    }

    #[test]
    fn methods_defaults_of_traits_and_nested_functions_count() {
        let body = lines("g();", 60);
        assert_eq!(count("a.rs", &format!("impl A {{ fn f() {{\n{body}}} }}")), 1);
        assert_eq!(count("a.rs", &format!("trait A {{ fn f() {{\n{body}}} fn g(); }}")), 1);
        assert_eq!(count("a.rs", &format!("mod m {{ fn f() {{\n{body}}} }}")), 1);
        assert_eq!(count("a.rs", &format!("fn outer() {{ fn f() {{\n{body}}} }}")), 2);
    }

    #[test]
    fn tests_may_be_long() {
        let long = format!("fn f() {{\n{}}}", lines("g();", 60));
        assert_eq!(count("a.rs", &format!("#[test]\n{long}")), 0);
        assert_eq!(count("a.rs", &format!("#[cfg(test)]\nmod tests {{ {long} }}")), 0);
        assert_eq!(count("tests/a.rs", &long), 0);
        assert_eq!(count("a.rs", &format!("#[cfg(unix)]\nmod other {{ {long} }}")), 1);
    }

    #[test]
    fn tables_of_one_line_rows_may_be_long() {
        let tables = [
            format!("match x {{\n{}_ => 0 }}", lines("1 => 2,", 70)),
            format!("Ok(&[\n{}])", lines("(\"a\", 1),", 70)),
            format!("vec![\n{}]", lines("Row { a: f(1, 2), b: [1, 2] },", 70)),
            format!("Self {{\n{}}}", lines("a: 1,", 70)),
        ];
        for table in &tables {
            assert_eq!(count("a.rs", &format!("fn f() {{\n    let x = 1;\n    {table}\n}}")), 0, "{table}");
            let before = lines("g();", 6);
            assert_eq!(count("a.rs", &format!("fn f() {{\n{before}{table}\n}}")), 1, "{table}");
        }
    }

    #[test]
    fn a_row_of_two_lines_makes_it_a_function_again() {
        let rows = lines("1 => 2,", 60);
        assert_eq!(count("a.rs", &format!("fn f() {{\nmatch x {{\n{rows}_ => {{\n    0\n}} }}\n}}")), 1);
        let rows = lines("[1, 2],", 60);
        assert_eq!(count("a.rs", &format!("fn f() {{\nvec![\n{rows}[1,\n2]]\n}}")), 1);
        assert_eq!(count("a.rs", &format!("fn f() {{\nvec![\n{rows}f(1,\n2)]\n}}")), 1);
    }
}
