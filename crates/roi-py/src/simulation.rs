//! A region made from a seed.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_simulate::{SimulatedRoi, SimulationOptions};

use crate::border::exceptions::{Failure, OptionError};
use crate::border::keywords::Keywords;

/// Simulates a region and writes it as LAT files with a `config.yaml`, whose path is returned. Keywords: `seed`, `sources`, `npix`, `ebins`,
/// `components`, `emin`, `emax` (MeV), `binsz` (deg), `years`.
#[pyfunction]
#[pyo3(signature = (directory, **keywords))]
pub(crate) fn simulate(py: Python<'_>, directory: PathBuf, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<PathBuf> {
    let mut given = Keywords::new("simulate", keywords);
    let mut options = SimulationOptions::default();
    given.set("seed", &mut options.seed)?;
    given.set("sources", &mut options.sources)?;
    given.set("npix", &mut options.npix)?;
    given.set("ebins", &mut options.ebins)?;
    given.set("components", &mut options.components)?;
    given.set("emin", &mut options.emin)?;
    given.set("emax", &mut options.emax)?;
    given.set("binsz", &mut options.binsz)?;
    given.set("years", &mut options.years)?;
    given.finish()?;
    if !SimulatedRoi::may_write(&directory) {
        let name = directory.join("config.yaml").display().to_string();
        return Err(OptionError::new_err(format!("'{name}' was not written by simulate; name another directory")));
    }
    let written = py.detach(|| roi_simulate::simulate(&options)?.write(&directory));
    Ok(written.map_err(Failure::from)?)
}
