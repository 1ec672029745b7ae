//! Archives: the source of the last commit, the program with what belongs beside it, and the digests of everything.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::handout::{Dist, copied, made, written};
use super::recipes;
use crate::error::Error;
use crate::repository::project;

const SUMS: &str = "SHA256SUMS";
/// What stands beside the program.
const BESIDE: &[&str] = &["README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE-MIT", "LICENSE-APACHE"];

/// The source as it was committed, and the recipes with its digest.
pub(super) fn source(dist: &Dist<'_>) -> Result<String, Error> {
    let file = format!("{}.tar.gz", dist.name());
    let path = dist.folder.join(&file);
    let mut git = dist.project.command("git");
    git.args(["archive", "--format=tar.gz", &format!("--prefix={}/", dist.name()), "--output"]);
    project::run(git.arg(&path).arg("HEAD"))?;
    let digest = digest(&path)?;
    for recipe in recipes::PLACES {
        let text = dist.files.iter().find(|file| file.path == *recipe).map_or("", |file| file.text.as_str());
        let to = dist.folder.join(recipe);
        made(to.parent().unwrap_or(&dist.folder).to_path_buf())?;
        written(&to, &recipes::filled(text, &digest))?;
    }
    let changes = project::output(dist.project.command("git").args(["status", "--porcelain"])).unwrap_or_default();
    let remark =
        if changes.is_empty() { "" } else { "; it is the last commit WITHOUT the changes in the working tree" };
    Ok(format!("{file}, its digest in {}{remark}", recipes::PLACES.join(" and ")))
}

/// The program and all that was put beside it.
pub(super) fn program(dist: &Dist<'_>) -> Result<String, Error> {
    dist.program()?;
    let folder = dist.in_bundle("")?;
    for name in BESIDE {
        copied(&dist.project.root().join(name), &folder.join(name))?;
    }
    let file = format!("{}.tar.gz", dist.bundle());
    let mut tar = dist.project.command("tar");
    tar.arg("-C").arg(&dist.folder).arg("-czf").arg(dist.folder.join(&file)).arg(dist.bundle());
    project::run(&mut tar)?;
    Ok(file)
}

/// The digests of all files that lie in the folder itself, as `sha256sum -c` reads them.
pub(super) fn checksums(dist: &Dist<'_>) -> Result<String, Error> {
    let mut names: Vec<PathBuf> = Vec::new();
    let failed = |source| Error::Read { path: dist.folder.display().to_string(), source };
    for entry in dist.folder.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() && path.file_name().is_some_and(|name| name != SUMS) {
            names.push(path);
        }
    }
    names.sort();
    let mut lines = String::new();
    for path in &names {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(lines, "{}  {name}", digest(path)?);
    }
    written(&dist.folder.join(SUMS), &lines)?;
    Ok(format!("{SUMS} of {} files", names.len()))
}

/// SHA-256 of a file in hexadecimal digits.
fn digest(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Read { path: path.display().to_string(), source })?;
    Ok(in_digits(&bytes))
}

fn in_digits(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of FIPS 180-2, appendix B.
    #[test]
    fn digests_are_those_of_the_standard() {
        assert_eq!(in_digits(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(in_digits(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
