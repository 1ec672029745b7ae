//! The site of the documentation, by mdBook.

use crate::error::Error;
use crate::programs::tools::{self, Tool};
use crate::repository::project::{self, Project};

/// Without its server and its watcher, which take most of the time of its build.
const MDBOOK: Tool =
    Tool { name: "mdbook", version: "0.5.4", options: &["--no-default-features", "--features", "search"] };
const FOLDER: &str = "docs";

/// Makes the site in TARGET/site.
pub(crate) fn build(project: &Project) -> Result<(), Error> {
    let mdbook = tools::find(project, &MDBOOK)?;
    let site = project.target().join("site");
    project::run(project.command(mdbook).args(["build", FOLDER, "--dest-dir"]).arg(&site))?;
    println!("{}", site.join("index.html").display());
    Ok(())
}
