//! Keywords of a call: each is taken by its name, and what is left over is a mistake.

use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::border::exceptions::OptionError;

/// How alike two names must be for one to be suggested (Jaro-Winkler, 1 for the same).
const ALIKE: f64 = 0.8;

/// The keywords that a caller gave. `None` is as good as not given.
pub(crate) struct Keywords<'a, 'py> {
    /// The method, for messages.
    method: &'static str,
    given: Option<&'a Bound<'py, PyDict>>,
    known: Vec<&'static str>,
}

impl<'a, 'py> Keywords<'a, 'py> {
    pub(crate) fn new(method: &'static str, given: Option<&'a Bound<'py, PyDict>>) -> Self {
        Self { method, given, known: Vec::new() }
    }

    /// The value of a keyword.
    pub(crate) fn take<T: FromPyObjectOwned<'py>>(&mut self, name: &'static str) -> PyResult<Option<T>> {
        let Some(value) = self.raw(name)? else { return Ok(None) };
        value.extract::<T>().map(Some).map_err(|error| {
            let error: PyErr = error.into();
            PyTypeError::new_err(format!("{}(): keyword '{name}': {}", self.method, error.value(value.py())))
        })
    }

    /// Puts the value of a keyword, if it was given, in the place of its default.
    pub(crate) fn set<T: FromPyObjectOwned<'py>>(&mut self, name: &'static str, place: &mut T) -> PyResult<()> {
        if let Some(value) = self.take(name)? {
            *place = value;
        }
        Ok(())
    }

    /// Two ends, of which either may be `None`; an empty list is the whole range.
    pub(crate) fn take_bounds(&mut self, name: &'static str) -> PyResult<[Option<f64>; 2]> {
        let ends = self.take::<Vec<Option<f64>>>(name)?.unwrap_or_default();
        match ends[..] {
            [] => Ok([None, None]),
            [low, high] => Ok([low, high]),
            _ => Err(OptionError::new_err(format!("{name}: expected two ends, found {}", ends.len()))),
        }
    }

    /// The object itself.
    pub(crate) fn raw(&mut self, name: &'static str) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.known.push(name);
        let Some(given) = self.given else { return Ok(None) };
        Ok(given.get_item(name)?.filter(|value| !value.is_none()))
    }

    /// Refuses keywords that nobody asked for.
    pub(crate) fn finish(self) -> PyResult<()> {
        let Some(given) = self.given else { return Ok(()) };
        for key in given.keys() {
            let name = key.extract::<String>()?;
            if self.known.contains(&name.as_str()) {
                continue;
            }
            let alike = |known: &&&str| strsim::jaro_winkler(known, &name);
            let nearest = self.known.iter().filter(|known| alike(known) > ALIKE);
            let nearest = nearest.max_by(|a, b| alike(a).total_cmp(&alike(b)));
            let hint = match nearest {
                Some(nearest) => format!("did you mean '{nearest}'?"),
                None => format!("it takes {}", self.known.join(", ")),
            };
            return Err(OptionError::new_err(format!("{}() has no keyword '{name}'; {hint}", self.method)));
        }
        Ok(())
    }
}
