//! `cargo xtask bench`: the Criterion benchmarks, or the comparison with other programs.

use std::process::Command;

use crate::error::Error;
use crate::programs::openblas::Backend;
use crate::programs::peers;
use crate::repository::project::{self, EVERYTHING, Project};

/// Measures all benchmarks, or the one that the first argument names; other arguments go to Criterion. `--peers` compares instead.
pub(crate) fn run(project: &Project, backend: Backend, args: &[String]) -> Result<(), Error> {
    if let Some((_, others)) = args.split_first().filter(|(first, _)| *first == "--peers") {
        return peers::run(project, backend, others);
    }
    let (name, criterion) = match args.split_first() {
        Some((first, others)) if !first.starts_with('-') => (first.as_str(), others),
        _ => ("*", args),
    };
    // roi-cli is selected for its features alone: `--bench` leaves its own targets out.
    let mut command = project.cargo(["bench", "--package", "benchmarks", "--package", "roi-cli", "--bench", name]);
    command.args(backend.cargo_features());
    if !criterion.is_empty() {
        command.arg("--").args(criterion);
    }
    project::run(&mut command)
}

/// Runs every benchmark once, unmeasured. As a test it shares what the tests have compiled.
pub(crate) fn smoke(project: &Project) -> Command {
    project.cargo(["test", EVERYTHING, "--bench", "*"])
}
