//! `cargo xtask faults`: reads, writes and renames of the program made to fail, the program killed and run twice at once, again and again.

use crate::error::Error;
use crate::repository::project::{self, Project};

/// Calls of each kind that are made to fail, unless `every` is asked for.
const CALLS: &str = "40";
/// How often a batch and a light curve are killed.
const KILLS: &str = "200";
/// How often two programs run at once.
const TWICE: &str = "20";

/// Runs the tests of faults with more of them: `[every]`.
pub(crate) fn run(project: &Project, args: &[String]) -> Result<(), Error> {
    let calls = calls(args)?;
    if !project::succeeds(project.command("strace").args(["-V"])) {
        return Err(Error::Missing {
            what: "strace",
            remedy: "apt-get install strace, and let it watch programs (in a container: the capability SYS_PTRACE)",
        });
    }
    let mut command = project.cargo(["test", "--release", "--package", "roi-cli", "--test", "program"]);
    command.args(["--", "faults::", "kills::", "at_once::", "--nocapture"]);
    command.envs([("ROI_FIT_FAULTS", calls), ("ROI_FIT_KILLS", KILLS), ("ROI_FIT_TWICE", TWICE)]);
    project::run(&mut command)
}

fn calls(args: &[String]) -> Result<&str, Error> {
    match args {
        [] => Ok(CALLS),
        [every] if every == "every" => Ok(every),
        _ => Err(Error::Usage(format!("faults knows `every`, not `{}`", args.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_calls_fail_or_every_one() {
        let of =
            |words: &[&str]| calls(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).map(str::to_owned);
        assert_eq!(of(&[]).unwrap(), CALLS);
        assert_eq!(of(&["every"]).unwrap(), "every");
        assert_eq!(of(&["some"]).unwrap_err().exit_code(), 2);
    }
}
