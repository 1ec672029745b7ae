//! `cargo xtask demo`: build the program and run its demo.

use crate::error::Error;
use crate::programs::openblas::Backend;
use crate::programs::test;
use crate::repository::project::{self, Project};

pub(crate) fn run(project: &Project, backend: Backend, args: &[String]) -> Result<(), Error> {
    let is_built = project.release_program().exists();
    let how_long = if is_built { "seconds, unless the code has changed" } else { "some minutes the first time" };
    eprintln!("xtask: building the program (release), {how_long}; the demo itself takes a few seconds");
    project::run(&mut test::build_program(project, backend))?;
    project::run(project.command(project.release_program()).arg("demo").args(args))
}
