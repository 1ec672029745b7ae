//! Programs of crates.io that a command needs, each in one version: they are installed into TARGET/tools when they are first asked for.

use std::env;
use std::path::PathBuf;

use crate::error::Error;
use crate::repository::project::{self, Project};

/// A program of crates.io.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// What `cargo install` is told beside name and version.
    pub(crate) options: &'static [&'static str],
}

/// Where a tool lies, after it has been installed if it was not there in its version.
pub(crate) fn find(project: &Project, tool: &Tool) -> Result<PathBuf, Error> {
    if let Some(program) = installed(project, tool) {
        return Ok(program);
    }
    let mut install = project.cargo(["install", "--quiet", "--locked", "--force", "--root"]);
    install.arg(folder(project)).args(tool.options).arg(format!("{}@{}", tool.name, tool.version));
    project::run(&mut install)?;
    Ok(place(project, tool))
}

/// Where a tool lies that has been installed in its version.
pub(crate) fn installed(project: &Project, tool: &Tool) -> Option<PathBuf> {
    let program = place(project, tool);
    let told = project::output(project.command(&program).args(subcommand(tool)).arg("--version"))?;
    has_version(&told, tool.version).then_some(program)
}

fn folder(project: &Project) -> PathBuf {
    project.target().join("tools")
}

fn place(project: &Project, tool: &Tool) -> PathBuf {
    folder(project).join("bin").join(format!("{}{}", tool.name, env::consts::EXE_SUFFIX))
}

/// A program `cargo-x` is called like `cargo x`: with its own name first.
fn subcommand(tool: &Tool) -> Option<&'static str> {
    tool.name.strip_prefix("cargo-")
}

/// Whether the words of `--version` have a version.
fn has_version(told: &str, version: &str) -> bool {
    told.split_whitespace().any(|word| word.trim_start_matches('v') == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        assert!(has_version("mdbook v0.5.4", "0.5.4") && has_version("cargo-cyclonedx-cyclonedx 0.5.9", "0.5.9"));
        assert!(!has_version("mdbook v0.5.40", "0.5.4") && !has_version("", "0.5.4"));
    }
}
