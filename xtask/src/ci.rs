//! `cargo xtask ci`: every check, one step after the other, and a table at the end.

use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::counts::Counts;
use crate::error::Error;
use crate::programs::openblas::{self, Backend, OpenBlas};
use crate::programs::{bench, browser, mdbook, parity, test};
use crate::repository::project::{self, EVERYTHING, Project};
use crate::{api, docs, package, tidy};

/// The steps in their order: what is quick to fail comes first, and what compiles for one step serves the next.
/// Clippy and rustdoc share the checked dependencies, doctests, tests and benchmarks the compiled ones.
const STEPS: &[(&str, Step)] = &[
    ("fmt", Step::Command(|project| project.cargo(["fmt", "--all", "--check", "--", "--color", "never"]))),
    ("tidy", Step::Check(tidy::run)),
    ("api", Step::Check(api::check)),
    ("docs", Step::Check(docs::check)),
    // Its links are checked by tidy; to install mdBook takes minutes.
    ("site", Step::Optional(mdbook::installed, "mdBook was not found; `cargo xtask docs --site` installs it")),
    ("clippy", Step::Command(|project| clippy(project, &[EVERYTHING]))),
    // Linting needs no library to link against, so this covers the LAPACK backend on every machine.
    ("clippy-lapack", Step::Command(|project| clippy(project, &["--package", "optimizers", "--features", "lapack"]))),
    ("rustdoc", Step::Command(rustdoc)),
    // After the first steps, which have fetched what packing must know of the dependencies.
    ("package", Step::Check(package::run)),
    ("program", Step::Command(|project| test::build_program(project, Backend::PureRust))),
    ("doctests", Step::Optional(|project| test::doctests(project, Backend::PureRust), "the test runner runs them")),
    ("tests", Step::Command(|project| test::runner(project, Backend::PureRust))),
    ("tests-lapack", Step::Optional(lapack_tests, "no OpenBLAS was found")),
    ("browser", Step::Optional(browser::command, browser::NEEDS)),
    ("bench", Step::Command(bench::smoke)),
    ("parity", Step::Optional(checked_parity, "no real LAT data was found")),
];

enum Step {
    /// A command that must succeed.
    Command(fn(&Project) -> Command),
    /// A command that needs something this machine may not have; the text says what, or why it can be left out.
    Optional(fn(&Project) -> Option<Command>, &'static str),
    /// A check that xtask does itself.
    Check(fn(&Project) -> Result<(), Error>),
}

enum Outcome {
    Ok,
    Skipped(&'static str),
    Failed,
}

pub(crate) fn run(project: &Project, names: &[String]) -> Result<(), Error> {
    let known: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Error::Usage(format!("unknown step `{name}`; the steps are {}", known.join(", "))));
    }
    test::announce_data(project);
    openblas::choose(OpenBlas::find().as_ref(), false);
    let counts = Mutex::new(Counts::default());
    let skipped = test::Skipped::none_yet(project);
    let mut rows = Vec::new();
    for (name, step) in STEPS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            println!("\n=== {name}");
            let start = Instant::now();
            let outcome = perform(project, step, &counts, &skipped);
            rows.push(Row { name, outcome, elapsed: start.elapsed() });
        }
    }
    let counts = counts.into_inner().unwrap_or_default();
    let has_tests = counts != Counts::default();
    let end = report(&rows, counts);
    if has_tests {
        println!("{}", skipped.in_words());
    }
    end
}

struct Row {
    name: &'static str,
    outcome: Outcome,
    elapsed: Duration,
}

fn perform(project: &Project, step: &Step, counts: &Mutex<Counts>, skipped: &test::Skipped) -> Outcome {
    let watched = |mut command: Command| {
        project::run_watched(skipped.told_by(&mut command), &|line| {
            if let Ok(mut counts) = counts.lock() {
                counts.add_line(line);
            }
        })
    };
    let result = match step {
        Step::Command(command) => watched(command(project)),
        Step::Optional(command, reason) => match command(project) {
            Some(command) => watched(command),
            None => return Outcome::Skipped(reason),
        },
        Step::Check(check) => check(project),
    };
    match result {
        Ok(()) => Outcome::Ok,
        Err(error) => {
            println!("xtask: {error}");
            Outcome::Failed
        }
    }
}

fn report(rows: &[Row], counts: Counts) -> Result<(), Error> {
    println!("\n{:<14}{:>9}  result", "step", "seconds");
    for Row { name, outcome, elapsed } in rows {
        let result = match outcome {
            Outcome::Ok => "ok".to_owned(),
            Outcome::Skipped(reason) => format!("skipped: {reason}"),
            Outcome::Failed => "FAILED".to_owned(),
        };
        println!("{name:<14}{:>9.1}  {result}", elapsed.as_secs_f64());
    }
    let total: Duration = rows.iter().map(|row| row.elapsed).sum();
    println!("{:<14}{:>9.1}", "all", total.as_secs_f64());
    if counts != Counts::default() {
        println!("{counts}");
    }
    let failed: Vec<_> = rows.iter().filter(|row| matches!(row.outcome, Outcome::Failed)).map(|row| row.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(Error::Steps(failed)) }
}

fn clippy(project: &Project, selection: &[&str]) -> Command {
    let mut command = project.cargo(["clippy", "--all-targets"]);
    command.args(selection).args(["--", "-D", "warnings"]);
    command
}

fn rustdoc(project: &Project) -> Command {
    let mut command = project.cargo(["doc", "--no-deps", EVERYTHING]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

/// The linear algebra is the one place where LAPACK is called, so its crate is tested with it.
fn lapack_tests(project: &Project) -> Option<Command> {
    OpenBlas::find()?;
    let features = "lapack,ndarray-linalg/openblas-system";
    Some(project.cargo(["test", "--package", "optimizers", "--lib", "--features", features]))
}

/// The comparisons are made with answers that stand beside the real data.
fn checked_parity(project: &Project) -> Option<Command> {
    project.test_data()?;
    Some(parity::command(project, true))
}
