//! `cargo xtask demo`: build the program and run its demo.

use crate::error::Error;
use crate::openblas::Backend;
use crate::project::{self, Project};
use crate::test;

pub(crate) fn run(project: &Project, backend: Backend, args: &[String]) -> Result<(), Error> {
    project::run(&mut test::build_program(project, backend))?;
    project::run(project.command(project.release_program()).arg("demo").args(args))
}
