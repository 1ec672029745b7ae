//! `cargo xtask closure`: the acceptance test of photons drawn, prepared and fitted, at its full length.

use crate::error::Error;
use crate::repository::project::{self, Project};

/// Photon lists of each kind.
const LISTS: &str = "200";

/// Draws, prepares and fits as many photon lists of each kind as the first argument says, 200 without, by the program that users run.
pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    let lists = match args {
        [] => LISTS,
        [number] if number.parse::<u32>().is_ok_and(|n| n > 0) => number,
        _ => return Err(Error::Usage(format!("closure takes a number of photon lists, not `{}`", args.join(" ")))),
    };
    let mut command = project.cargo(["test", "--release", "--package", "acceptance", "--test", "closure_from_events"]);
    command.args(["--", "pulls_from_photons", "--nocapture", "--test-threads", "1"]);
    command.env("ROI_FIT_CLOSURE", lists);
    project::run(&mut command)
}
