//! `cargo xtask closure`: the acceptance tests of photons drawn, prepared and fitted, and of light curves of constant sources, at their full length.

use crate::error::Error;
use crate::repository::project::{self, Project};

/// Photon lists of each kind.
const LISTS: &str = "200";

/// Light curves a photon list: one is a thousandth of the work.
const CURVES: u32 = 5;

/// Draws, prepares and fits as many photon lists of each kind as the first argument says, 200 without, by the program that users run.
pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    let lists = match args {
        [] => LISTS,
        [number] if number.parse::<u32>().is_ok_and(|n| n > 0 && n < u32::MAX / CURVES) => number,
        _ => return Err(Error::Usage(format!("closure takes a number of photon lists, not `{}`", args.join(" ")))),
    };
    let mut command = project.cargo(["test", "--release", "--package", "acceptance", "--test", "closure_from_events"]);
    command.args(["--", "pulls_from_photons", "--nocapture", "--test-threads", "1"]);
    command.env("ROI_FIT_CLOSURE", lists);
    project::run(&mut command)?;
    let curves = lists.parse::<u32>().unwrap_or(CURVES) * CURVES;
    let mut command = project.cargo(["test", "--release", "--package", "roi-estimators", "--test", "light_curve"]);
    command.args(["--", "ts_var_of_a_constant_source", "--nocapture"]);
    command.env("ROI_FIT_CLOSURE", curves.to_string());
    project::run(&mut command)
}
