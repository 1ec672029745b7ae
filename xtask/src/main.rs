//! Project automation: `cargo xtask COMMAND`. It needs nothing but the Rust toolchain.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the command line talks through both")]

mod api;
mod arguments;
mod ci;
mod counts;
mod dist;
mod docs;
mod error;
mod package;
mod pages;
mod programs;
mod repository;
mod tidy;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use error::Error;
use programs::openblas::{self, OpenBlas};
use programs::{bench, calibrate, closure, demo, faults, fuzz, parity, python, test};
use repository::project::Project;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run() -> Result<(), Error> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let project = Project::find()?;
    if arguments.install_openblas {
        openblas::install(&project);
    }
    let backend = || openblas::choose(OpenBlas::find().as_ref(), arguments.lapack);
    let rest = &arguments.rest;
    match arguments.command {
        Command::Help => {
            print!("{}", arguments::USAGE);
            Ok(())
        }
        Command::InstallOpenBlas => Ok(()),
        Command::Test => test::run(&project, backend(), rest),
        Command::Demo => demo::run(&project, backend(), rest),
        Command::Bench => bench::run(&project, backend(), rest),
        Command::Parity => parity::run(&project, rest),
        Command::Calibrate => calibrate::run(&project, rest),
        Command::Closure => closure::run(&project, rest),
        Command::Faults => faults::run(&project, rest),
        Command::Fuzz => fuzz::run(&project, rest),
        Command::Wheel => python::wheel(&project, rest),
        Command::Tidy => tidy::run(&project),
        Command::Api => api::run(&project, rest),
        Command::Package => package::run(&project),
        Command::Dist => dist::run(&project, rest),
        Command::Docs => docs::run(&project, rest),
        Command::Ci => ci::run(&project, rest),
    }
}
