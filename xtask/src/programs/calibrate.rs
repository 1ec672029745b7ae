//! `cargo xtask calibrate`: pulls, coverage and test statistics of fits to draws from known truths, docs/calibration.md.

use crate::error::Error;
use crate::repository::project::{self, Project};

/// What the program does.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// Thousands of draws, and the page.
    Page { factor: Option<String> },
    /// Hundreds of draws, which must obey their laws; no page.
    Short,
}

/// Makes the page, or with `--short` checks the laws with few draws; `--draws FACTOR` makes so many times the draws of the page.
pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    let words = words(&form(args)?);
    let mut command = project.cargo(["run", "--release", "--package", "acceptance", "--bin", "calibrate", "--"]);
    project::run(command.args(words))
}

fn form(args: &[String]) -> Result<Form, Error> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        [] => Ok(Form::Page { factor: None }),
        ["--short"] => Ok(Form::Short),
        ["--draws", factor] if factor.parse::<f64>().is_ok_and(|factor| factor > 0.0) => {
            Ok(Form::Page { factor: Some(factor.to_owned()) })
        }
        _ => Err(Error::Usage(format!("calibrate knows --short, or --draws FACTOR, not `{}`", args.join(" ")))),
    }
}

fn words(form: &Form) -> Vec<String> {
    let page = "docs/calibration.md".to_owned();
    match form {
        Form::Short => vec!["--short".to_owned()],
        Form::Page { factor: None } => vec![page],
        Form::Page { factor: Some(factor) } => vec!["--draws".to_owned(), factor.clone(), page],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_writes_no_page_and_what_is_not_known_is_refused() {
        let of = |line: &str| form(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(words(&of("--short").unwrap()), ["--short"]);
        assert_eq!(words(&of("").unwrap()), ["docs/calibration.md"]);
        assert_eq!(words(&of("--draws 0.5").unwrap()), ["--draws", "0.5", "docs/calibration.md"]);
        for line in ["--shrt", "--draws", "--draws much", "--short --draws 2"] {
            assert_eq!(of(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
