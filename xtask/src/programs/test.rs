//! `cargo xtask test`: the program, the doctests, the tests.

use std::process::Command;

use crate::error::Error;
use crate::programs::openblas::Backend;
use crate::repository::project::{self, EVERYTHING, Project};

pub(crate) fn run(project: &Project, backend: Backend, args: &[String]) -> Result<(), Error> {
    announce_data(project);
    project::run(&mut build_program(project, backend))?;
    if !args.is_empty() {
        return project::run(runner(project, backend).args(args));
    }
    // The doctests come first, so that the last line is the runner's count of the tests.
    let doctests = doctests(project, backend).map_or(Ok(()), |mut command| project::run(&mut command));
    project::run(&mut runner(project, backend))?;
    doctests
}

/// Says whether the tests on real data will run.
pub(crate) fn announce_data(project: &Project) {
    match project.test_data() {
        Some(_) => eprintln!("xtask: real LAT data: found, tests on it will run"),
        None => eprintln!(
            "xtask: real LAT data: NOT FOUND, tests on it will be skipped; ROI_FIT_TEST_DATA can name its folder"
        ),
    }
}

/// The release program: what users run is what the acceptance tests run.
pub(crate) fn build_program(project: &Project, backend: Backend) -> Command {
    let mut command = project.cargo(["build", "--release", "--package", "roi-cli", "--bin", "roi-fit"]);
    command.args(backend.cargo_features());
    command
}

/// All tests, without doctests when nextest is there, with them otherwise.
pub(crate) fn runner(project: &Project, backend: Backend) -> Command {
    let subcommand: &[&str] = if has_nextest(project) { &["nextest", "run"] } else { &["test"] };
    let mut command = project.cargo(subcommand);
    command.args([EVERYTHING, "--no-fail-fast"]).args(backend.cargo_features());
    command.env("ROI_FIT_PROGRAM", project.release_program());
    command
}

/// The doctests, where the runner leaves them out.
pub(crate) fn doctests(project: &Project, backend: Backend) -> Option<Command> {
    has_nextest(project).then(|| {
        let mut command = project.cargo(["test", "--doc", EVERYTHING, "--no-fail-fast"]);
        command.args(backend.cargo_features());
        command
    })
}

fn has_nextest(project: &Project) -> bool {
    project::succeeds(&mut project.cargo(["nextest", "--version"]))
}
