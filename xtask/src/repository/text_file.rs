//! The text files of the repository.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::error::Error;
use crate::repository::project::Project;

/// A text file of the repository; the path is relative to its root, with `/` between folders.
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl TextFile {
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

/// The path of every file that git tracks, or would once it is added, and that is there.
pub(crate) fn paths(project: &Project) -> Result<Vec<String>, Error> {
    let list = "git ls-files";
    let mut git = project.command("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.output().map_err(|source| Error::Start { program: list.to_owned(), source })?;
    if !output.status.success() {
        return Err(Error::Failed { program: list.to_owned(), status: output.status.to_string() });
    }
    let listed = String::from_utf8_lossy(&output.stdout);
    Ok(listed.split_terminator('\0').filter(|path| project.root().join(path).exists()).map(str::to_owned).collect())
}

/// The text files among them.
pub(crate) fn text_files(project: &Project) -> Result<Vec<TextFile>, Error> {
    let mut files = Vec::new();
    for path in paths(project)? {
        match fs::read_to_string(project.root().join(&path)) {
            Ok(text) => files.push(TextFile { path, text }),
            // Not a text.
            Err(error) if error.kind() == ErrorKind::InvalidData => {}
            Err(source) => return Err(Error::Read { path, source }),
        }
    }
    Ok(files)
}
