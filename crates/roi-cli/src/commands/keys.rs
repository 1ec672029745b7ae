//! `roi-fit keys`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use roi_fit::{Dictionary, Holds, ResultKey};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::output::Output;

use super::result_keys::{COMMANDS, OfCommand, WITHOUT};

/// What each key of the JSON results means, with its unit
///
/// With COMMAND those of one command; without, the page of all, as Markdown.
#[derive(Args)]
#[command(after_help = "Examples:\n  roi-fit keys fit\n  roi-fit keys sed --json -")]
pub(crate) struct Keys {
    /// A command, such as fit
    command: Option<String>,
}

impl Keys {
    pub(crate) fn run(&self, output: &Output) -> Result<(), Failure> {
        let chosen: Vec<&OfCommand> = match &self.command {
            None => COMMANDS.iter().collect(),
            Some(name) => vec![of(name)?],
        };
        match (&self.command, &chosen[..]) {
            (Some(_), [one]) => output.text(table(one)),
            _ => output.text(page().trim_end()),
        }
        let json = chosen.iter().map(|one| (one.command.to_owned(), explained(one)));
        output.json(|| json.collect::<Map<String, Value>>().into())
    }
}

/// The dictionary of a command.
fn of(name: &str) -> Result<&'static OfCommand, Failure> {
    COMMANDS.iter().find(|one| one.command == name).ok_or_else(|| {
        let known = COMMANDS.iter().map(|one| one.command).collect::<Vec<_>>().join(", ");
        let why = match name {
            "config" => "the JSON of config has the keys of the configuration (roi-fit config --reference)".into(),
            name if WITHOUT.contains(&name) => format!("{name} has no JSON result"),
            name => format!("there is no command '{name}'"),
        };
        Failure::Usage(format!("{why}; expected one of {known}"))
    })
}

/// Unit and meaning of each key, by its path.
fn explained(one: &OfCommand) -> Value {
    let paths = one.paths().into_iter();
    paths.map(|(path, key)| (path, json!({ "unit": key.unit, "doc": key.doc }))).collect::<Map<_, _>>().into()
}

fn table(one: &OfCommand) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["key", "unit", "meaning"]);
    // The optimization that goes before is explained under its own name.
    let is_own = |path: &str| one.command == "demo" || !path.starts_with("optimize.");
    for (path, key) in one.paths().into_iter().filter(|(path, _)| !path.ends_with(".*") && is_own(path)) {
        table.add_row([path, key.unit.to_owned(), key.doc.to_owned()]);
    }
    table
}

/// The page of all results, as Markdown.
fn page() -> String {
    let mut page = String::from(HEAD);
    // Writing to a String cannot fail.
    let mut nested: BTreeMap<&str, &Dictionary> = BTreeMap::new();
    for one in COMMANDS {
        let more: Vec<String> = one.more.iter().map(|more| link(more)).collect();
        let more = format!(" Beside its own it has the keys of {}.", more.join(" and "));
        section(&mut page, one.dictionary, &format!("`{}`", one.command), &more);
        gather(one.dictionary, &mut nested);
        for more in one.more {
            nested.insert(more.title, more);
            gather(more, &mut nested);
        }
    }
    for one in COMMANDS {
        nested.remove(one.dictionary.title);
    }
    for dictionary in nested.values() {
        section(&mut page, dictionary, dictionary.title, "");
    }
    page
}

/// All dictionaries below one.
fn gather(dictionary: &Dictionary, into: &mut BTreeMap<&'static str, &'static Dictionary>) {
    for below in dictionary.keys.iter().filter_map(below) {
        into.insert(below.title, below);
        gather(below, into);
    }
}

fn below(key: &ResultKey) -> Option<&'static Dictionary> {
    match key.holds {
        Holds::One(below) | Holds::List(below) | Holds::ByName(below) => Some(below),
        _ => None,
    }
}

fn section(page: &mut String, dictionary: &Dictionary, title: &str, more: &str) {
    let _ = write!(page, "\n## {title}\n\n{}{more}\n\n| key | unit | meaning |\n|---|---|---|\n", dictionary.doc);
    for key in dictionary.keys {
        let names = key.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let kind = match key.holds {
            Holds::One(below) => format!(" See {}.", link(below)),
            Holds::List(below) => format!(" A list, see {}.", link(below)),
            Holds::ByName(below) => format!(" A mapping from names, see {}.", link(below)),
            Holds::ValuesByName => " A mapping from names.".to_owned(),
            _ => String::new(),
        };
        let _ = writeln!(page, "| {names} | {} | {}{kind} |", key.unit, key.doc.replace('|', "\\|"));
    }
}

/// A link to the section of a dictionary; a title of one word is a command's.
fn link(dictionary: &Dictionary) -> String {
    let anchor: String = dictionary
        .title
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect();
    format!("[{}](#{anchor})", dictionary.title)
}

const HEAD: &str = "\
# Results

<!-- Made from the code by `cargo xtask docs`; change the `KEYS` beside the results instead. -->

`--json FILE` writes the result of a command as a dictionary, `--json -` prints it. `roi-fit keys COMMAND` explains its keys as this page does.

- What is not known or not defined is `null`; JSON has no infinity.
- Energies are in MeV, angles in degrees. *Of the parameter*: in the unit of the parameter of the source model XML; `value`, bounds and errors do not have the
  parameter's scale applied unless they say so.
- `logL` is the log-likelihood, larger is better, without the ln N! term.
- The JSON of `config` has the keys of the [configuration](configuration.md).
";
