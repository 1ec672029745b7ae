//! `cargo xtask tidy`: the rules of the house that a compiler does not know.

mod circles;
mod imports;
mod layers;
mod manifest;
mod text;

use crate::error::Error;
use crate::finding::{Finding, conclude};
use crate::project::Project;
use crate::text_file::text_files;

pub(crate) fn run(project: &Project) -> Result<(), Error> {
    let files = text_files(project)?;
    let mut findings: Vec<Finding> = files.iter().flat_map(text::check).collect();
    findings.extend(layers::check(&files));
    findings.extend(circles::check(&files));
    conclude("tidy", &findings)
}
