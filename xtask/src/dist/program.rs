//! The program `roi-fit`, stripped, for machines of this kind.

use std::fs;
use std::path::Path;

use super::handout::{Dist, copied, file_name, printed};
use super::linkage::Kind;
use crate::error::Error;
use crate::repository::project;

/// The profile of the root `Cargo.toml` that this is built with. (One named `dist` would write into the folder of what is handed out.)
const PROFILE: &str = "stripped";

pub(super) fn make(dist: &Dist<'_>) -> Result<String, Error> {
    let target = &dist.linkage.target;
    let mut cargo =
        dist.project.cargo(["build", "--locked", "--package", "roi-cli", "--bin", "roi-fit", "--profile", PROFILE]);
    // Named even where it is the machine's own: what runs while building is not linked like the program.
    cargo.args(["--target", target]);
    if let Some((name, flags)) = dist.linkage.flags() {
        cargo.env(name, flags);
    }
    project::run(&mut cargo)?;
    let built = dist.project.target().join(target).join(PROFILE).join(file_name());
    let program = dist.in_bundle("")?.join(file_name());
    copied(&built, &program)?;
    let told = printed(dist.project.command(&program).arg("--version"), "roi-fit --version")?;
    if told.split_whitespace().nth(1) != Some(dist.version) {
        let status = format!("it says that it is `{told}`, and the workspace is {}", dist.version);
        return Err(Error::Failed { program: "roi-fit --version".to_owned(), status });
    }
    let bytes =
        fs::metadata(&program).map_err(|source| Error::Read { path: program.display().to_string(), source })?.len();
    Ok(format!("{target}, {:.1} MB, {}", bytes as f64 / 1e6, needs(dist, &program)))
}

/// What the program needs of the machine that it runs on, as the loader tells it.
fn needs(dist: &Dist<'_>, program: &Path) -> String {
    let libraries = project::output(dist.project.command("ldd").arg(program)).unwrap_or_default();
    let is_dynamic = libraries.contains("libc.so");
    match dist.linkage.kind {
        Kind::Static if !is_dynamic => "static: it needs no library".to_owned(),
        Kind::Static => "meant to be static, BUT IT IS NOT".to_owned(),
        Kind::Dynamic => {
            let library = project::output(dist.project.command("getconf").arg("GNU_LIBC_VERSION"));
            let library = library.unwrap_or_else(|| "the C library of this system".to_owned());
            format!("NOT STATIC: it needs {library} or a newer one")
        }
    }
}
