//! The site of the documentation, by mdBook.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::programs::tools::{self, Tool};
use crate::repository::project::{self, Project};

/// Without its server and its watcher, which take most of the time of its build.
const MDBOOK: Tool =
    Tool { name: "mdbook", version: "0.5.4", options: &["--no-default-features", "--features", "search"] };
const FOLDER: &str = "docs";

/// Makes the site in TARGET/site; where mdBook is not installed yet, it is.
pub(crate) fn build(project: &Project) -> Result<(), Error> {
    let mdbook = tools::find(project, &MDBOOK)?;
    project::run(&mut command(project, &mdbook))?;
    println!("{}", site(project).join("index.html").display());
    Ok(())
}

/// The same where mdBook is installed: nothing is fetched.
pub(crate) fn installed(project: &Project) -> Option<Command> {
    let mdbook = tools::installed(project, &MDBOOK)?;
    Some(command(project, &mdbook))
}

fn command(project: &Project, mdbook: &Path) -> Command {
    let mut command = project.command(mdbook);
    command.args(["build", FOLDER, "--dest-dir"]).arg(site(project));
    command
}

fn site(project: &Project) -> PathBuf {
    project.target().join("site")
}
