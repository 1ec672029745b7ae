//! The energy dispersion of a component: read, or computed from livetime and response functions.

use std::path::Path;

use likelihood_core::{DetectorResponse, Dispersion};
use roi_model::Source;

use super::ingredients::Ingredients;
use super::instrument::Instrument;
use crate::error::{Error, Result};
use crate::products::{Products, candidates, listed};
use lat_io::CountsCubeFile;

/// How far above 1 the sum of a row may lie: beyond the rounding of single precision.
const ROUNDING: f64 = 1e-3;

/// The part of a bin's events from which on a loss by the window is told.
const TOLD: f64 = 0.01;

/// A word on a matrix by which more events are measured than there are.
fn too_much(path: &Path, response: &DetectorResponse, counts: &CountsCubeFile) -> Option<String> {
    let (row, sum) = response.largest_row_sum().filter(|(_, sum)| *sum > 1.0 + ROUNDING)?;
    let axis = counts.cube.axis().extended(response.n_extra()).ok()?;
    let rows = response.matrix().outer_iter().filter(|row| row.sum() > 1.0 + ROUNDING).count();
    let [low, high] = axis.edges().get(row..row + 2)?.try_into().ok()?;
    Some(format!(
        "'{}': {rows} row(s) of the response matrix add up to more than 1, at most to {sum:.4} (row {}, true energies of {low:.4} to {high:.4} MeV), \
         so that more events are measured than there are; make the matrix anew with gtdrm",
        path.display(),
        row + 1
    ))
}

/// A word on a window out of which much is measured.
fn too_narrow(dispersion: &Dispersion, counts: &CountsCubeFile) -> Option<String> {
    let (bin, part) = dispersion.largest_loss().filter(|(_, part)| *part >= TOLD)?;
    let [low, high] = counts.cube.axis().edges().get(bin..bin + 2)?.try_into().ok()?;
    Some(format!(
        "energy dispersion with edisp_bins {}: of a flat spectrum (as many events in every bin) about {:.1} % of what is measured from {low:.0} to {high:.0} MeV \
         comes from true energies farther away than so many bins, and is not in the model, as in the LAT tools; a larger edisp_bins, or -1, loses less",
        dispersion.n_extra(),
        100.0 * part
    ))
}

/// The energy dispersion of a component, if it is on.
pub(super) fn dispersion(
    of: &Ingredients<'_>,
    products: &Products,
    instrument: &Instrument,
    counts: &CountsCubeFile,
    notes: &mut Vec<String>,
) -> Result<Option<Dispersion>> {
    let Ingredients { config, settings, sources, .. } = *of;
    if !settings.edisp.is_on() {
        return Ok(None);
    }
    let disabled = |source: &Source| settings.edisp.disable.iter().any(|entry| source.is_named(entry));
    let (path, response) = match (&products.drm, instrument.description()) {
        (Some(path), _) => (Some(path), lat_io::read_detector_response(path, counts.cube.axis())?),
        (None, Some(computed)) => {
            notes.push(format!("the energy dispersion is computed from {computed}"));
            (None, instrument.response(counts, settings.edisp.bins)?)
        }
        (None, None) => {
            return Err(Error::NoResponse {
                path: config.path.clone(),
                component: settings.name.clone(),
                edisp_bins: settings.edisp.bins,
                tried: listed(&candidates(&config.outdir, "drm", &settings.name, "fits")),
                missing: instrument.missing(),
            });
        }
    };
    notes.extend(path.and_then(|path| too_much(path, &response, counts)));
    let edisp_bins = settings.edisp.bins;
    let dispersion = Dispersion::from_bins(&response, edisp_bins).map_err(|source| match path {
        Some(path) => Error::data(path, "'DRM'".into(), source),
        None => Error::ComputedResponse { path: config.path.clone(), edisp_bins, source: Box::new(source) },
    })?;
    notes.extend(dispersion.as_ref().and_then(|dispersion| too_narrow(dispersion, counts)));
    let except = sources.iter().filter(|source| disabled(source)).map(|source| source.name().to_owned());
    Ok(dispersion.map(|dispersion| dispersion.except(except)))
}
