//! A region made from a seed.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_simulate::{EventOptions, ResponseFiles, SimulatedRoi, SimulationOptions, write_event_region};

use crate::border::exceptions::{Failure, OptionError};
use crate::border::keywords::Keywords;

/// Simulates a region and writes it as LAT files with a `config.yaml`, whose path is returned. Keywords: `seed`, `sources`, `npix`, `ebins`,
/// `components`, `emin`, `emax` (MeV), `binsz` (deg), `years`; `response`, to write exposure and PSF, too, with which sources can be moved and added. With
/// `events` photons of `days` and a spacecraft file are written, from which `setup` makes the rest; `edisp=False` measures energies as they are.
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
    let (mut events, mut has_events, mut response) = (EventOptions::default(), false, false);
    given.set("events", &mut has_events)?;
    given.set("days", &mut events.days)?;
    given.set("edisp", &mut events.edisp)?;
    given.set("response", &mut response)?;
    given.finish()?;
    if !SimulatedRoi::may_write(&directory) {
        let name = directory.join("config.yaml").display().to_string();
        return Err(OptionError::new_err(format!("'{name}' was not written by simulate; name another directory")));
    }
    let written = py.detach(|| {
        if has_events {
            return Ok(write_event_region(&options, &events, &ResponseFiles::BuiltIn, &directory)?.0);
        }
        let region = roi_simulate::simulate(&options)?;
        if response {
            region.write_response(&directory)?;
        }
        region.write(&directory)
    });
    Ok(written.map_err(Failure::from)?)
}
