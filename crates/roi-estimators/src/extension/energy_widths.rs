//! The width in each energy bin.

use rayon::prelude::*;
use roi_fit::{Quiet, Session, TrialMaker, climb};

use crate::error::Result;
use crate::extension::extension_options::ExtensionOptions;
use crate::extension::extension_result::EnergyWidth;
use crate::extension::width::width;
use crate::extension::width_curve::WidthCurve;
use crate::trial::place::TrialPlace;
use crate::trial::trial_session::TrialSession;

/// Fits the width in each energy bin of the first component, around the model of `best`, with everything held but for the norm of the source with
/// `reoptimize`.
pub(crate) fn energy_widths(
    best: &TrialSession<'_>,
    makers: &[TrialMaker],
    options: &ExtensionOptions,
) -> Result<Vec<EnergyWidth>> {
    let mut held = best.session().clone();
    let source = best.source();
    for model in held.roi_mut().sources_mut() {
        model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    let spectrum = held.roi_mut()[source].spectrum_mut();
    if let Some(norm) = spectrum.norm_index().filter(|_| options.reoptimize) {
        spectrum.parameters_mut()[norm].set_free(true);
    }
    let edges: Vec<f64> = match held.data().components().first() {
        Some(component) if !component.bins().is_empty() => {
            let bins = component.bins();
            component.axis().edges()[bins.start..=bins.end].to_vec()
        }
        _ => Vec::new(),
    };
    edges.par_windows(2).map(|bin| of_bin(&held, best, makers, (bin[0], bin[1]), options)).collect()
}

fn of_bin(
    held: &Session,
    best: &TrialSession<'_>,
    makers: &[TrialMaker],
    (e_min, e_max): (f64, f64),
    options: &ExtensionOptions,
) -> Result<EnergyWidth> {
    let session = held.within_energies(e_min, e_max)?.on_one_thread();
    let name = best.model().name();
    let point = TrialPlace::point(best.place().direction);
    let mut trial = TrialSession::seen_at(&session, makers, name, point)?;
    let loglike_ptsrc = climb(trial.session_mut(), None)?.loglike;
    let mut curve = WidthCurve::new(trial, options.spatial_model, false);
    let (found, _) = width(&mut curve, &options.widths(), options.width_max, &mut Quiet)?;
    Ok(EnergyWidth { e_min, e_max, loglike_ptsrc, found })
}
