//! The fit of the whole energy range that the bins start from.

use ndarray::Array2;
use roi_fit::{FitResult, ModelFlux, Pars, Quiet, Session, band_energies, bowtie, fit};
use roi_model::{SourceId, Spectrum};

use crate::error::{Error, Result};
use crate::sed::sed_options::SedOptions;
use crate::sed::sed_result::SedParameters;

/// What the fit of the whole range found.
pub(crate) struct GlobalFit {
    /// Its model and the data, the free flags as they were.
    pub(crate) session: Session,
    pub(crate) parameters: SedParameters,
    pub(crate) model_flux: ModelFlux,
    pub(crate) warnings: Vec<String>,
}

/// The quality from which the fit is used.
pub(crate) const MIN_FIT_QUALITY: u8 = 2;

/// Fits norm and shape of a source (or the parameters that are asked for) with the norms that are free in the model. A fit that is not good
/// enough leaves the model as it
/// was, and no errors.
pub(crate) fn global_fit(session: &Session, source: SourceId, options: &SedOptions) -> Result<GlobalFit> {
    let mut session = session.clone();
    let free = session.roi().free_parameters();
    let wanted = wanted(session.roi()[source].spectrum(), options)?;
    for (index, model) in session.roi_mut().sources_mut().iter_mut().enumerate() {
        let norm = model.spectrum().norm_index();
        for (at, parameter) in model.spectrum_mut().parameters_mut().iter_mut().enumerate() {
            let is_free =
                if index == source.position() { wanted.contains(&at) } else { parameter.is_free() && norm == Some(at) };
            parameter.set_free(is_free);
        }
    }
    let fit_options = options.optimizer.clone().with_update(false).with_min_fit_quality(MIN_FIT_QUALITY);
    let fitted = fit(&mut session, &fit_options, &mut Quiet)?;
    let mut warnings = Vec::new();
    if !fitted.fit_success {
        warnings.push(format!("the fit of the whole energy range: {}; the model stands as it was", fitted.message));
    }
    let spectrum = session.roi()[source].spectrum();
    let name = session.roi()[source].name();
    let block =
        fitted.covariance.as_ref().filter(|_| fitted.fit_success).map(|all| block(&fitted, name, spectrum, all));
    let covariance = block.as_ref().map(|(free, matrix)| (&free[..], matrix));
    let model_flux = bowtie(spectrum, covariance, &band_energies(session.energy_range()))?;
    let parameters = SedParameters::new(spectrum, covariance);
    for model in session.roi_mut().sources_mut() {
        model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    for id in free {
        session.roi_mut().parameter_mut(id)?.set_free(true);
    }
    Ok(GlobalFit { session, parameters, model_flux, warnings })
}

/// The parameters of the source that are free in the fit, as places in its spectrum.
fn wanted(spectrum: &Spectrum, options: &SedOptions) -> Result<Vec<usize>> {
    if options.free_pars.is_empty() {
        return Ok(Pars::All.indices(spectrum));
    }
    let place = |name: &String| {
        spectrum.index_of(name).ok_or_else(|| Error::Option {
            option: "free_pars",
            found: name.clone(),
            expected: "names of parameters of the source's spectrum",
        })
    };
    options.free_pars.iter().map(place).collect()
}

/// The rows of a fit's covariance that are of this source, as places in its spectrum, with their block.
fn block(fitted: &FitResult, name: &str, spectrum: &Spectrum, all: &Array2<f64>) -> (Vec<usize>, Array2<f64>) {
    let own = |row: usize| (fitted.src_names[row] == name).then(|| spectrum.index_of(&fitted.par_names[row])).flatten();
    let rows: Vec<(usize, usize)> = (0..fitted.src_names.len()).filter_map(|row| Some((row, own(row)?))).collect();
    let matrix = Array2::from_shape_fn((rows.len(), rows.len()), |(i, j)| all[[rows[i].0, rows[j].0]]);
    (rows.into_iter().map(|(_, place)| place).collect(), matrix)
}
