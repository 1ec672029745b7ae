//! `cargo xtask tidy`: the rules of the house that a compiler does not know.

mod circles;
mod folders;
mod functions;
mod imports;
mod interface;
mod layers;
mod manifest;
mod text;

use crate::arguments::Command;
use crate::dist::recipes;
use crate::error::Error;
use crate::pages;
use crate::repository::finding::{Finding, conclude};
use crate::repository::project::Project;
use crate::repository::rust_file::rust_files;
use crate::repository::text_file::{paths, text_files};

pub(crate) fn run(project: &Project) -> Result<(), Error> {
    let files = text_files(project)?;
    let (parsed, unreadable) = rust_files(&files);
    let mut findings: Vec<Finding> = files.iter().flat_map(text::check).collect();
    findings.extend(unreadable);
    findings.extend(layers::check(&files));
    findings.extend(folders::check(&files));
    findings.extend(circles::check(&parsed));
    findings.extend(functions::check(&parsed));
    findings.extend(interface::check(&parsed));
    let commands: Vec<&str> = Command::NAMES.iter().map(|(name, _)| *name).collect();
    findings.extend(pages::check(&files, &paths(project)?, &parsed, &commands));
    findings.extend(recipes::check(&files));
    conclude("tidy", &findings)
}
