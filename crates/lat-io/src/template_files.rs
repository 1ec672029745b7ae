//! The files that spatial models name, read when they are first asked for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lat_response::{RadialProfile, SkyCube, TemplateFiles};

use crate::{file_function, map_cube, radial_profile};

/// Template files below a directory: a relative name is looked for there, `$(NAME)` in a name is replaced by the environment variable.
///
/// A map that several sources use is read once.
#[derive(Debug)]
pub struct TemplateDirectory {
    directory: PathBuf,
    maps: Mutex<HashMap<PathBuf, Arc<SkyCube>>>,
}

impl TemplateDirectory {
    /// Templates relative to `directory`, usually that of the source model.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), maps: Mutex::default() }
    }

    fn path(&self, file: &str) -> lat_response::Result<PathBuf> {
        let name = file_function::expand_environment(file).map_err(|error| wrong(file, &error))?;
        Ok(self.directory.join(Path::new(&name)))
    }
}

impl TemplateFiles for TemplateDirectory {
    fn map(&self, file: &str) -> lat_response::Result<Arc<SkyCube>> {
        let path = self.path(file)?;
        // Nothing can leave the table of maps half changed, so a panic elsewhere does not matter.
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = maps.get(&path) {
            return Ok(Arc::clone(known));
        }
        let cube = Arc::new(map_cube::read(&path).map_err(|error| wrong(file, &error))?);
        maps.insert(path, Arc::clone(&cube));
        Ok(cube)
    }

    fn profile(&self, file: &str) -> lat_response::Result<RadialProfile> {
        radial_profile::read(&self.path(file)?).map_err(|error| wrong(file, &error))
    }
}

fn wrong(file: &str, error: &crate::Error) -> lat_response::Error {
    lat_response::Error::Template { file: file.to_owned(), reason: error.to_string() }
}
