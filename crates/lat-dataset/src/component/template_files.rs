//! The files that spatial models name, read when they are first asked for.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lat_response::{RadialProfile, SkyPlanes, TemplateFiles};

use crate::error::{Error, Result};

/// Tells where a file of this name lies.
type Finder = Box<dyn Fn(&str) -> Result<PathBuf> + Send + Sync>;

/// Template files, found by their names in the model. A map that several sources use at the same time is opened once.
pub struct Templates {
    find: Finder,
    maps: Mutex<HashMap<PathBuf, Weak<dyn SkyPlanes>>>,
}

impl Templates {
    /// Templates that `find` finds.
    pub fn new(find: impl Fn(&str) -> Result<PathBuf> + Send + Sync + 'static) -> Self {
        Self { find: Box::new(find), maps: Mutex::default() }
    }

    /// Templates relative to `directory`, usually that of the source model; `$(NAME)` in a name is replaced by the environment variable.
    pub fn below(directory: impl Into<PathBuf>) -> Self {
        let directory = directory.into();
        Self::new(move |file| Ok(directory.join(lat_io::expand_environment(file)?)))
    }

    /// Where a template lies.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn path(&self, file: &str) -> Result<PathBuf> {
        (self.find)(file)
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").finish_non_exhaustive()
    }
}

impl TemplateFiles for Templates {
    fn map(&self, file: &str) -> lat_response::Result<Arc<dyn SkyPlanes>> {
        let path = self.path(file).map_err(|error| wrong(file, &error))?;
        // Nothing can leave the table of maps half changed, so a panic elsewhere does not matter.
        let mut maps = self.maps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = maps.get(&path).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let map = lat_io::open_map_cube(&path).map_err(|error| wrong(file, &error.into()))?;
        maps.insert(path, Arc::downgrade(&map));
        Ok(map)
    }

    fn profile(&self, file: &str) -> lat_response::Result<RadialProfile> {
        self.path(file).and_then(|path| Ok(lat_io::read_radial_profile(&path)?)).map_err(|error| wrong(file, &error))
    }
}

fn wrong(file: &str, error: &Error) -> lat_response::Error {
    lat_response::Error::Template { file: file.to_owned(), reason: error.to_string() }
}
