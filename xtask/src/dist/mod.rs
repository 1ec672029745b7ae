//! `cargo xtask dist`: what is handed out, in TARGET/dist. Each part that could not be made is told, with the reason.

mod archives;
mod handout;
mod linkage;
mod papers;
mod program;
pub(crate) mod recipes;
mod sbom;
mod third_parties;

use std::fs;
use std::path::Path;

use handout::{Dist, copied, made};

use crate::error::Error;
use crate::programs::python;
use crate::repository::project::Project;
use crate::repository::text_file::text_files;
use crate::repository::workspace::Workspace;

/// The parts in their order: a later one may need what an earlier one has made.
const PARTS: &[(&str, Part)] = &[
    ("source", Part { make: archives::source, is_optional: false }),
    ("program", Part { make: program::make, is_optional: false }),
    ("completions", Part { make: papers::completions, is_optional: false }),
    ("man", Part { make: papers::man, is_optional: false }),
    ("licenses", Part { make: third_parties::make, is_optional: false }),
    ("archive", Part { make: archives::program, is_optional: false }),
    // Needs a tool of crates.io.
    ("sbom", Part { make: sbom::make, is_optional: true }),
    // Needs a Python.
    ("wheel", Part { make: wheel, is_optional: true }),
    ("checksums", Part { make: archives::checksums, is_optional: false }),
];

struct Part {
    /// Makes it, and tells about it in a line.
    make: fn(&Dist<'_>) -> Result<String, Error>,
    /// Whether the rest is worth handing out without it.
    is_optional: bool,
}

/// Makes all parts, or those that are named, and tells of each how it ended.
pub(crate) fn run(project: &Project, names: &[String]) -> Result<(), Error> {
    let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Error::Usage(format!("unknown part `{name}`; the parts are {}", known.join(", "))));
    }
    let files = text_files(project)?;
    let workspace = Workspace::of(&files).map_err(|finding| Error::Usage(finding.to_string()))?;
    let folder = project.target().join("dist");
    if names.is_empty() {
        // What an earlier version has left; there need not be anything.
        let _ = fs::remove_dir_all(&folder);
    }
    let folder = made(folder)?;
    let dist = Dist { project, files: &files, version: workspace.version, linkage: linkage::choose(project)?, folder };
    let mut ends = Vec::new();
    for (name, part) in PARTS.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|wanted| wanted == name)) {
        println!("\n=== {name}");
        ends.push((*name, part.is_optional && names.is_empty(), (part.make)(&dist)));
    }
    report(&dist.folder, ends)
}

fn report(folder: &Path, ends: Vec<(&'static str, bool, Result<String, Error>)>) -> Result<(), Error> {
    println!("\n{:<13}in {}", "part", folder.display());
    let mut failed = Vec::new();
    for (name, is_optional, end) in ends {
        match end {
            Ok(words) => println!("{name:<13}{words}"),
            Err(error) => {
                println!("{name:<13}NOT MADE: {error}");
                failed.extend((!is_optional).then_some(name));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Error::Steps(failed)) }
}

/// The wheel, as `cargo xtask wheel` makes it.
fn wheel(dist: &Dist<'_>) -> Result<String, Error> {
    let wheel = python::release_wheel(dist.project)?;
    let name = wheel.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    copied(&wheel, &dist.folder.join(&name))?;
    Ok(format!("{name}; `cargo xtask wheel` tests it"))
}
