//! What the program prints of itself for others: completions of shells, pages of the manual.

use super::handout::{Dist, printed, written};
use crate::error::Error;
use crate::repository::project;

/// The shells, and the names under which they look for completions.
const SHELLS: &[(&str, &str)] = &[("bash", "roi-fit"), ("zsh", "_roi-fit"), ("fish", "roi-fit.fish")];

pub(super) fn completions(dist: &Dist<'_>) -> Result<String, Error> {
    let program = dist.program()?;
    for (shell, name) in SHELLS {
        let text = printed(dist.project.command(&program).args(["completions", shell]), "roi-fit completions")?;
        written(&dist.in_bundle(&format!("completions/{shell}"))?.join(name), &(text + "\n"))?;
    }
    Ok(SHELLS.iter().map(|(shell, name)| format!("{shell}/{name}")).collect::<Vec<_>>().join(", "))
}

pub(super) fn man(dist: &Dist<'_>) -> Result<String, Error> {
    let program = dist.program()?;
    let folder = dist.in_bundle("man/man1")?;
    project::run(dist.project.command(program).args(["man", "--out"]).arg(&folder))?;
    let pages = folder.read_dir().map_err(|source| Error::Read { path: folder.display().to_string(), source })?;
    Ok(format!("{} pages in man/man1", pages.count()))
}
