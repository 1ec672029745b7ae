//! The energy dispersion of a component: read, or computed from livetime and response functions.

use likelihood_core::Dispersion;
use roi_model::Source;

use super::ingredients::Ingredients;
use super::instrument::Instrument;
use crate::error::{Error, Result};
use crate::products::{Products, candidates, listed};
use lat_io::CountsCubeFile;

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
    let edisp_bins = settings.edisp.bins;
    let dispersion = Dispersion::from_bins(&response, edisp_bins).map_err(|source| match path {
        Some(path) => Error::data(path, "'DRM'".into(), source),
        None => Error::ComputedResponse { path: config.path.clone(), edisp_bins, source: Box::new(source) },
    })?;
    let except = sources.iter().filter(|source| disabled(source)).map(|source| source.name().to_owned());
    Ok(dispersion.map(|dispersion| dispersion.except(except)))
}
