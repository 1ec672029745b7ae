//! `cargo xtask faults`: every read, write and rename of the program made to fail, one after the other.

use crate::error::Error;
use crate::repository::project::{self, Project};

/// Runs the tests of the program whose system calls fail, with every call instead of some.
pub(crate) fn run(project: &Project) -> Result<(), Error> {
    if !project::succeeds(project.command("strace").args(["-V"])) {
        return Err(Error::Missing {
            what: "strace",
            remedy: "apt-get install strace, and let it watch programs (in a container: the capability SYS_PTRACE)",
        });
    }
    let mut command = project.cargo(["test", "--release", "--package", "roi-cli", "--test", "program"]);
    command.args(["--", "faults::", "--nocapture"]);
    command.env("ROI_FIT_FAULTS", "every");
    project::run(&mut command)
}
