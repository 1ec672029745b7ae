//! Selections of sources, from keywords.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use roi_fit::{Frame, Pars, Selection, SkyDirection};

use crate::border::exceptions::{Failure, OptionError};
use crate::border::keywords::Keywords;

/// Smallest and largest value; an end that is `None` or NaN is open.
type Range = (Option<f64>, Option<f64>);

/// The sources that keywords choose: `distance` (deg), `skydir` (right ascension and declination in degrees), `square`, `coordsys`, `minmax_ts`,
/// `minmax_npred`, `cuts`, `exclude`.
pub(crate) fn selection(given: &mut Keywords<'_, '_>) -> PyResult<Selection> {
    let mut selection = Selection::all();
    if let Some(distance) = given.take::<f64>("distance")? {
        if distance.is_nan() || distance < 0.0 {
            return Err(OptionError::new_err(format!(
                "distance: {distance} is not allowed; expected degrees, 0 or more"
            )));
        }
        selection = selection.with_distance(distance);
    }
    if let Some(direction) = direction(given.take("skydir")?)? {
        selection = selection.around(direction);
    }
    let frame = match given.take::<String>("coordsys")?.as_deref() {
        None | Some("CEL") => Frame::Celestial,
        Some("GAL") => Frame::Galactic,
        Some(other) => {
            return Err(OptionError::new_err(format!("coordsys: '{other}' is not allowed; expected CEL or GAL")));
        }
    };
    if given.take::<bool>("square")?.unwrap_or(false) {
        selection = selection.square(frame);
    }
    if let Some(ends) = given.raw("minmax_ts")? {
        selection.minmax_ts = range(&ends)?;
    }
    if let Some(ends) = given.raw("minmax_npred")? {
        selection.minmax_npred = range(&ends)?;
    }
    if let Some(cuts) = given.raw("cuts")? {
        selection.cuts = self::cuts(&cuts)?;
    }
    for name in names(given.raw("exclude")?)? {
        selection = selection.exclude(name);
    }
    Ok(selection)
}

/// A direction, of right ascension and declination in degrees.
pub(crate) fn direction(given: Option<(f64, f64)>) -> PyResult<Option<SkyDirection>> {
    let Some((ra, dec)) = given else { return Ok(None) };
    Ok(Some(SkyDirection::new(ra, dec).map_err(|error| Failure::from(roi_fit::Error::from(error)))?))
}

/// A name, or several.
pub(crate) fn names(given: Option<Bound<'_, PyAny>>) -> PyResult<Vec<String>> {
    let Some(given) = given else { return Ok(Vec::new()) };
    match given.extract::<String>() {
        Ok(name) => Ok(vec![name]),
        Err(_) => given.extract::<Vec<String>>(),
    }
}

/// The parameters that are meant: all (norm and shape) for `None`, `norm`, `shape`, `all`, or names.
pub(crate) fn parameters(given: Option<Bound<'_, PyAny>>) -> PyResult<Pars> {
    let Some(given) = given.filter(|given| !given.is_none()) else { return Ok(Pars::All) };
    if let Ok(text) = given.extract::<String>() {
        return text.parse().map_err(|error| Failure::from(roi_fit::Error::from(error)).into());
    }
    match given.extract::<Vec<String>>() {
        Ok(names) => Ok(Pars::Names(names)),
        Err(_) => Err(PyTypeError::new_err(format!(
            "pars: expected 'norm', 'shape', 'all', None or a list of names, found {}",
            given.get_type().name()?
        ))),
    }
}

/// Cuts as a dictionary of ranges, or as a list of a key and two ends each.
fn cuts(given: &Bound<'_, PyAny>) -> PyResult<Vec<(String, Range)>> {
    let mut cuts = Vec::new();
    if let Ok(dict) = given.cast::<PyDict>() {
        for (key, ends) in dict {
            cuts.push((key.extract()?, range(&ends)?));
        }
        return Ok(cuts);
    }
    let wrong = || PyTypeError::new_err("cuts: expected {key: [min, max]} or [(key, min, max), ...]");
    // One cut without a list around it is meant as one.
    if let Ok((key, min, max)) = given.extract::<(String, Option<f64>, Option<f64>)>() {
        return Ok(vec![(key, ends(min, max))]);
    }
    for cut in given.cast::<PyList>().map_err(|_| wrong())? {
        let (key, min, max) = cut.extract::<(String, Option<f64>, Option<f64>)>().map_err(|_| wrong())?;
        cuts.push((key, ends(min, max)));
    }
    Ok(cuts)
}

/// `[min, max]`.
fn range(given: &Bound<'_, PyAny>) -> PyResult<Range> {
    let found: Vec<Option<f64>> = given.extract()?;
    match found[..] {
        [min, max] => Ok(ends(min, max)),
        _ => Err(OptionError::new_err(format!("expected [min, max], found {} numbers", found.len()))),
    }
}

fn ends(min: Option<f64>, max: Option<f64>) -> Range {
    (min.filter(|end| !end.is_nan()), max.filter(|end| !end.is_nan()))
}
