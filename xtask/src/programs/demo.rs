//! `cargo xtask demo`: build the program and run its demo.

use crate::error::Error;
use crate::programs::openblas::Backend;
use crate::programs::test;
use crate::repository::project::{self, Project};

pub(crate) fn run(project: &Project, backend: Backend, args: &[String]) -> Result<(), Error> {
    project::run(&mut test::build_program(project, backend))?;
    project::run(project.command(project.release_program()).arg("demo").args(args))
}
