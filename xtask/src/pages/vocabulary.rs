//! What pages tell to type exists: the commands of `roi-fit` and their flags, the commands of `cargo xtask`.
//!
//! Only code is read, in spans and in blocks. A flag is known if any command has it. In tables of the book a flag that stands alone is one of
//! `roi-fit`, too.

use std::collections::BTreeSet;

use syn::punctuated::Punctuated;
use syn::visit::{Visit, visit_field};
use syn::{Expr, Field, Item, Lit, Meta, Token};

use super::page::{Page, Said};
use crate::repository::finding::Finding;
use crate::repository::rust_file::RustFile;

const PROGRAM: &str = "crates/roi-cli/src/";
const BOOK: &str = "docs/";
const MAIN: &str = "crates/roi-cli/src/main.rs";
/// What clap adds by itself.
const OF_CLAP: [&str; 2] = ["help", "version"];

pub(super) fn check(pages: &[Page], parsed: &[RustFile], xtask: &[&str]) -> Vec<Finding> {
    let program = Program::of(parsed);
    let mut findings = Vec::new();
    for page in pages {
        for said in &page.code {
            let unknown = program.unknown(said).into_iter().chain(unknown_task(said, xtask));
            findings.extend(unknown.map(|message| Finding { path: page.path.clone(), line: said.line, message }));
        }
        for row in page.rows.iter().filter(|_| page.path.starts_with(BOOK)) {
            let flags = row.cells.iter().flatten().filter_map(|code| code.strip_prefix("--"));
            let unknown = flags.filter_map(|flag| program.unknown_flag(flag));
            findings.extend(unknown.map(|message| Finding { path: page.path.clone(), line: row.line, message }));
        }
    }
    findings
}

/// The command line of `roi-fit`, as its source declares it.
struct Program {
    commands: BTreeSet<String>,
    flags: BTreeSet<String>,
}

impl Program {
    fn of(parsed: &[RustFile]) -> Self {
        let mut flags = Flags(OF_CLAP.map(str::to_owned).into());
        for file in parsed.iter().filter(|file| file.path.starts_with(PROGRAM)) {
            file.items.iter().for_each(|item| flags.visit_item(item));
        }
        let main = parsed.iter().filter(|file| file.path == MAIN).flat_map(|file| &file.items);
        let commands = main.filter_map(|item| if let Item::Enum(item) = item { Some(item) } else { None });
        let names = commands.filter(|item| item.ident == "Command").flat_map(|item| &item.variants);
        let commands = names.map(|variant| kebab(&variant.ident.to_string())).chain(["help".to_owned()]).collect();
        Self { commands, flags: flags.0 }
    }

    fn unknown(&self, said: &Said) -> Vec<String> {
        let mut messages = Vec::new();
        for words in calls(&said.text, "roi-fit ") {
            let Some(command) = words.first().filter(|word| is_name(word)) else { continue };
            if !self.commands.contains(*command) {
                messages.push(format!("`roi-fit {command}`: there is no such command"));
                continue;
            }
            let flags = words.iter().filter_map(|word| word.strip_prefix("--"));
            messages.extend(flags.filter_map(|flag| self.unknown_flag(flag)));
        }
        messages
    }

    fn unknown_flag(&self, flag: &str) -> Option<String> {
        let flag = cut(flag);
        let message = || format!("`--{flag}`: no command of roi-fit has such an option");
        (!flag.is_empty() && !self.flags.contains(flag)).then(message)
    }
}

fn unknown_task(said: &Said, xtask: &[&str]) -> Vec<String> {
    let calls = calls(&said.text, "cargo xtask ");
    let named = calls.iter().filter_map(|words| words.first().copied()).filter(|word| is_name(word));
    named
        .filter(|name| !xtask.contains(name))
        .map(|name| format!("`cargo xtask {name}`: there is no such command"))
        .collect()
}

/// The words that follow each call of a program in a line of code, up to what ends a command of a shell.
fn calls<'a>(line: &'a str, program: &str) -> Vec<Vec<&'a str>> {
    let starts = line.match_indices(program).filter(|(at, _)| line.get(..*at).is_some_and(is_called_after));
    let rest = starts.filter_map(|(at, found)| line.get(at + found.len()..));
    rest.map(|rest| {
        rest.split_whitespace().take_while(|word| !["|", "&&", "||", ";", "#", ">"].contains(word)).collect()
    })
    .collect()
}

/// Whether what follows is called: alone or with its folder, but not the value of a variable, nor a package.
fn is_called_after(before: &str) -> bool {
    let folder = before.rsplit([' ', '(', '`', '\t']).next().unwrap_or(before);
    let is_program = folder.is_empty() || (folder.ends_with('/') && !folder.contains('='));
    is_program && !["-p ", "--package ", "--bin "].iter().any(|option| before.ends_with(option))
}

/// `fit`, `find-sources`; neither NAME nor `--flag`.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// `json` of `json=x` or `json,`.
fn cut(flag: &str) -> &str {
    flag.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap_or(flag)
}

/// `FindSources` and `find_sources` -> `find-sources`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for sign in name.chars() {
        if sign.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(sign.to_lowercase().map(|sign| if sign == '_' { '-' } else { sign }));
    }
    text
}

/// Collects the long names of `#[arg(long)] field` and `#[arg(long = "name")]`.
struct Flags(BTreeSet<String>);

impl Visit<'_> for Flags {
    fn visit_field(&mut self, field: &Field) {
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("arg")) {
            let settings = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            for setting in settings.into_iter().flatten().filter(|setting| setting.path().is_ident("long")) {
                match (setting, &field.ident) {
                    (Meta::NameValue(named), _) => {
                        if let Expr::Lit(literal) = named.value
                            && let Lit::Str(name) = literal.lit
                        {
                            self.0.insert(name.value());
                        }
                    }
                    (_, Some(name)) => {
                        self.0.insert(kebab(&name.to_string()));
                    }
                    _ => {}
                }
            }
        }
        visit_field(self, field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::page::tests::page;
    use crate::repository::rust_file::tests::parsed;

    fn messages(text: &str) -> Vec<String> {
        let main = "enum Command { Fit(F), FindSources(S) }";
        let flags = "struct F { #[arg(help_heading = H, long, value_name = \"N\")] optimize_first: bool,
            #[arg(long = \"pars\")] p: u8, #[arg(value_parser = clap::value_parser!(u16).range(1..=9))] config: u8 }";
        let files = parsed(&[(MAIN, main), ("crates/roi-cli/src/fit.rs", flags)]);
        check(&[page("a.md", text)], &files, &["demo", "ci"]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_exists_passes_and_prose_is_not_read() {
        let text = "roi-fit fits, `roi-fit fit x --optimize-first --pars norm | less --raw`, `roi-fit find-sources --help`\n\n\
                    ```\n$ roi-fit help fit\ncargo test -p roi-fit coverage --nope\ncargo xtask demo && target/release/roi-fit fit\n\
                    cargo xtask COMMAND\nPROGRAM=target/debug/roi-fit pytest\n```\n";
        assert_eq!(messages(text), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_exist_is_named_on_its_line() {
        for (code, culprit) in [
            ("roi-fit fits x", "roi-fit fits"),
            ("roi-fit fit x --par norm", "--par"),
            ("roi-fit fit x --optimize-first=1 --p", "--p"),
            ("seq 3 | roi-fit found", "roi-fit found"),
            ("cargo xtask dem", "cargo xtask dem"),
        ] {
            let found = messages(&format!("# A\n\n    {code}\n"));
            assert!(found.len() == 1 && found[0].starts_with("a.md:3:") && found[0].contains(culprit), "{found:?}");
        }
    }

    #[test]
    fn a_flag_in_a_table_of_the_book_is_one_of_the_program() {
        let findings = |path: &str, flag: &str| {
            let text = format!("| option | flag |\n|---|---|\n| `pars` | `{flag}` |\n");
            let files = parsed(&[(MAIN, "enum Command { Fit(F) }\nstruct F { #[arg(long)] pars: u8 }")]);
            check(&[page(path, &text)], &files, &[]).len()
        };
        assert_eq!(
            [findings("docs/a.md", "--pars"), findings("docs/a.md", "--par"), findings("a.md", "--par")],
            [0, 1, 0]
        );
    }

    #[test]
    fn names_are_those_that_clap_makes() {
        assert_eq!(kebab("FindSources"), "find-sources");
        assert_eq!(kebab("sqrt_ts_threshold"), "sqrt-ts-threshold");
    }
}
