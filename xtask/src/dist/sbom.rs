//! The bill of materials of the program in the format `CycloneDX`, by the tool of that project.

use std::fs;

use super::handout::{self, Dist, written};
use crate::error::Error;
use crate::programs::tools::{self, Tool};
use crate::repository::project;

const CYCLONEDX: Tool = Tool { name: "cargo-cyclonedx", version: "0.5.9", options: &[] };
const PACKAGE: &str = "crates/roi-cli";

/// The tool writes beside the manifests, so it is given a copy of the source, the last commit.
pub(super) fn make(dist: &Dist<'_>) -> Result<String, Error> {
    let tool = tools::find(dist.project, &CYCLONEDX)?;
    let copy = dist.project.target().join("sbom");
    // There need not be one.
    let _ = fs::remove_dir_all(&copy);
    let copy = handout::made(copy)?;
    let archive = copy.join("source.tar");
    project::run(dist.project.command("git").args(["archive", "--format=tar", "--output"]).arg(&archive).arg("HEAD"))?;
    project::run(dist.project.command("tar").arg("-C").arg(&copy).arg("-xf").arg(&archive))?;
    let name = format!("{}.cdx", dist.bundle());
    let mut command = dist.project.command(tool);
    command.args(["cyclonedx", "--format", "json", "--spec-version", "1.5", "--target", &dist.linkage.target]);
    command.args(["--override-filename", &name, "--manifest-path"]).arg(copy.join(PACKAGE).join("Cargo.toml"));
    project::run(&mut command)?;
    let file = format!("{name}.json");
    let made = copy.join(PACKAGE).join(&file);
    let text = fs::read_to_string(&made).map_err(|source| Error::Read { path: made.display().to_string(), source })?;
    // Our own crates are named by where they lie: there, and not on this machine.
    let text = text.replace(&copy.display().to_string(), &format!("/{}", dist.name()));
    written(&dist.folder.join(&file), &text)?;
    Ok(format!("{file}: crates, versions, licenses and digests"))
}
