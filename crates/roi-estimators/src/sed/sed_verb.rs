//! The verb `sed`.

use rayon::prelude::*;
use roi_fit::Session;
use roi_model::Spectrum;

use crate::error::{Error, Result};
use crate::sed::background::set_background;
use crate::sed::bin::{Bin, UNSEEN};
use crate::sed::energy_bins::edges;
use crate::sed::fit_bin::{fit_bin, stand_in};
use crate::sed::global_fit::{GlobalFit, global_fit};
use crate::sed::sed_options::SedOptions;
use crate::sed::sed_result::{SedBin, SedResult};

/// The steepest local index.
const STEEPEST: f64 = 5.0;
/// The weakest flux of the model that has a slope, cm^-2 s^-1.
const FAINTEST: f64 = 1e-30;

/// The spectrum of a source, found by name or alias, bin by bin. The session is left as it was.
///
/// First the whole range is fitted: norm and shape of the source (or `free_pars`) with the norms that are free in the model. Then, in each
/// bin, the norm
/// of a power law `norm 1e-13 (E / 1 GeV)^-index` with the rest of the model held, or, with `free_background` or `free_radius`, fitted
/// again with
/// priors. Errors and limits are those of the profile of `logL`, found on it by Newton's method: `logL` falls by 0.5, and by 1.3528 for 95
/// %. Bins
/// are fitted side by side; the result is the same for any number of threads.
///
/// # Errors
/// When there is no such source, it has no normalisation, or no bin sees it; an option is wrong; `loge_bins` are no edges of the analysis; the
/// likelihood of the model as it stands cannot be evaluated.
pub fn sed(session: &Session, name: &str, options: &SedOptions) -> Result<SedResult> {
    options.check()?;
    let source = session.roi().id_of(name)?;
    let model = &session.roi()[source];
    let name = model.name().to_owned();
    if model.spectrum().norm_index().is_none() {
        return Err(Error::NoNorm { source_name: name, spectrum: model.spectrum().type_name().to_owned() });
    }
    let edges = edges(session, options.loge_bins.as_deref())?;
    session.check_memory("one energy bin a thread", bytes(session, &edges))?;
    let GlobalFit { session: mut base, parameters, model_flux, mut warnings } = global_fit(session, source, options)?;
    let fitted = base.roi()[source].spectrum().clone();
    warnings.extend(set_background(&mut base, source, options)?);

    // What all bins share is summed once, by all threads; then each bin is one thread's.
    let stand_in = stand_in(&base.roi()[source], options)?;
    base.roi_mut()[source] = stand_in;
    let mut base = base.on_one_thread();
    match base.loglike() {
        // Another norm will do.
        Err(error) if crate::curve::session_curve::is_impossible(&error) => {}
        other => drop(other?),
    }
    let of_bin = |edges: &[f64]| fit_bin(&base, source, bin_of(&fitted, (edges[0], edges[1]), options), options);
    // All of them first: the error is that of the first bin, for any number of threads.
    let bins: Vec<Result<SedBin>> = edges.par_windows(2).map(of_bin).collect();
    let bins = bins.into_iter().collect::<Result<Vec<_>>>()?;
    if bins.iter().all(|bin| bin.fit_status == UNSEEN) {
        return Err(Error::Unseen { source_name: name });
    }
    let spectrum_type = fitted.type_name().to_owned();
    Ok(SedResult { name, bins, model_flux, spectrum_type, parameters, warnings, config: options.clone() })
}

/// What the bins take side by side: what they share once, and on each thread a workspace that has the part of the widest of them.
pub(crate) fn bytes(session: &Session, edges: &[f64]) -> u64 {
    let widths: Vec<f64> = edges.windows(2).map(|edges| (edges[1] / edges[0]).ln()).collect();
    let share = widths.iter().copied().fold(0.0, f64::max) / widths.iter().sum::<f64>();
    let (shared, at_once) = (session.workspace_bytes(), widths.len().min(rayon::current_num_threads()) as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of bytes")]
    let at_once = (at_once * share.min(1.0) * shared as f64).ceil() as u64;
    shared + at_once
}

/// A bin with the index of its power law.
pub(crate) fn bin_of(fitted: &Spectrum, range: (f64, f64), options: &SedOptions) -> Bin {
    let flux = fitted.flux(range.0, range.1).ok().filter(|flux| *flux > FAINTEST);
    let slope = || {
        let (low, high) = (fitted.dnde(range.0).ok()?, fitted.dnde(range.1).ok()?);
        let slope = -(low / high).ln() / (range.0 / range.1).ln();
        (low > 0.0 && high > 0.0 && slope.is_finite()).then_some(slope.min(STEEPEST))
    };
    let index =
        if options.use_local_index { flux.and_then(|_| slope()).unwrap_or(STEEPEST) } else { options.bin_index };
    Bin { range, index, flux: flux.unwrap_or(FAINTEST) }
}
