//! `cargo xtask test`: the program, the doctests, the tests, those of the Python package.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::programs::openblas::Backend;
use crate::programs::python;
use crate::repository::project::{self, EVERYTHING, Project};

pub(crate) fn run(project: &Project, backend: Backend, args: &[String]) -> Result<(), Error> {
    announce_data(project);
    project::run(&mut build_program(project, backend))?;
    if !args.is_empty() {
        return project::run(runner(project, backend).args(args));
    }
    let skipped = Skipped::none_yet(project);
    // The doctests come first, so that the last lines are the runner's count of the tests, and what was skipped.
    let doctests = doctests(project, backend).map_or(Ok(()), |mut command| project::run(&mut command));
    let tests = project::run(skipped.told_by(&mut runner(project, backend)));
    let python = python::tests(project);
    eprintln!("xtask: {}", skipped.in_words());
    tests?;
    doctests?;
    python
}

/// What tests say of themselves that do not run for want of data: to their runner they have passed.
pub(crate) struct Skipped {
    list: PathBuf,
}

impl Skipped {
    /// Forgets those of an earlier run.
    pub(crate) fn none_yet(project: &Project) -> Self {
        let list = project.target().join("skipped-tests.txt");
        // There need not be one.
        let _ = std::fs::remove_file(&list);
        Self { list }
    }

    /// Lets the tests of a command tell.
    pub(crate) fn told_by<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("ROI_FIT_SKIPPED", &self.list)
    }

    /// How many there are, and why, the most frequent reason first.
    pub(crate) fn in_words(&self) -> String {
        words(&std::fs::read_to_string(&self.list).unwrap_or_default())
    }
}

/// A line `TEST<tab>REASON` each.
fn words(list: &str) -> String {
    let tests: BTreeSet<(&str, &str)> = list.lines().filter_map(|line| line.split_once('\t')).collect();
    let names: BTreeSet<&str> = tests.iter().map(|(test, _)| *test).collect();
    if names.is_empty() {
        return "no test was skipped for want of data".to_owned();
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, reason) in &tests {
        *reasons.entry(reason).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| Reverse(*count));
    let head = format!("{} test(s) SKIPPED, though the runner counts them as passed:", names.len());
    let lines = reasons.iter().map(|(reason, count)| format!("  {count} x {reason}"));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_counted_once_and_their_reasons_told() {
        let told = words("a\tx is absent\nb\tx is absent\na\tx is absent\nb\ty is absent\nno reason\n");
        assert!(told.starts_with("2 test(s) SKIPPED"), "{told}");
        assert!(told.ends_with("\n  2 x x is absent\n  1 x y is absent"), "{told}");
        assert_eq!(words(""), "no test was skipped for want of data");
    }
}
