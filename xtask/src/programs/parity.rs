//! `cargo xtask parity`: the table of comparisons with recorded answers, docs/validation.md.

use std::process::Command;

use crate::error::Error;
use crate::repository::project::{self, Project};

pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    if let Some(word) = args.iter().find(|word| *word != "--check") {
        return Err(Error::Usage(format!("parity knows --check, not `{word}`")));
    }
    project::run(&mut command(project, !args.is_empty()))
}

/// Regenerates docs/validation.md, or checks that it is up to date.
pub(crate) fn command(project: &Project, check: bool) -> Command {
    let mut command = project.cargo(["run", "--release", "--package", "acceptance", "--bin", "parity", "--"]);
    command.arg("docs/validation.md").args(check.then_some("--check"));
    command
}
