//! The fit of one bin: the norm of a power law, its profile, its limits.

use std::collections::BTreeMap;

use roi_fit::{Quiet, Session, fall_of_limit, fit};
use roi_model::{Parameter, ParameterId, Source, SourceId, Spectrum};

use crate::curve::crossing::find_crossing;
use crate::curve::level::{DROP_ERROR, DROP_SCAN};
use crate::curve::peak::find_peak;
use crate::curve::point::{Curve, Point};
use crate::curve::session_curve::SessionCurve;
use crate::error::Result;
use crate::sed::bin::{Bin, NOT_FOUND};
use crate::sed::scan_points::{outwards, scan_points};
use crate::sed::sed_options::SedOptions;
use crate::sed::sed_result::{Reference, SedBin};

/// dN/dE at 1 GeV of the reference spectrum, cm^-2 s^-1 MeV^-1.
const REFERENCE_DNDE: f64 = 1e-13;
/// Where the index and the norm of the power law are defined, MeV.
const PIVOT: f64 = 1000.0;
/// The confidence of the limits that are named after it.
const CL95: f64 = 0.95;
/// How many times the counts of a bin the source may predict in its fit.
const LARGEST: f64 = 1e3;

/// A power law of the reference norm.
pub(crate) fn power_law(index: f64) -> Result<Spectrum> {
    let parameters = vec![
        Parameter::new("Prefactor", 1.0)?.with_scale(REFERENCE_DNDE)?.with_free(true),
        Parameter::new("Index", -index)?,
        Parameter::new("Scale", PIVOT)?,
    ];
    Ok(Spectrum::new("PowerLaw", parameters)?)
}

/// Fits one bin; `base` is the background with the source, over all bins.
pub(crate) fn fit_bin(base: &Session, source: SourceId, bin: Bin, options: &SedOptions) -> Result<SedBin> {
    let mut session = base.within_energies(bin.range.0, bin.range.1)?;
    let id = ParameterId { source, parameter: 0 };
    let model = session.roi()[source].with_spectrum(power_law(bin.index)?);
    let reference = Reference::new(model.spectrum(), bin.range, session.data().npred(&model)?)?;
    let counts = session.data().total_counts();
    session.roi_mut()[source] = model;
    let mut result = SedBin::unseen(bin, reference, counts);
    if !(reference.npred > 0.0 && reference.npred.is_finite()) {
        return Ok(result);
    }
    // The model of the whole range is a good start, but for a source that it does not have.
    let largest = LARGEST * counts.max(1.0) / reference.npred;
    let start = (bin.flux / reference.flux).clamp(0.1 / reference.npred, largest);
    session.roi_mut().parameter_mut(id)?.set_value(start)?;
    let name = session.roi()[source].name().to_owned();
    (result.fit_quality, result.fit_status) = (3, 0);
    result.correlation = BTreeMap::from([(name.clone(), 1.0)]);
    if session.roi().free_parameters().len() > 1 {
        session.roi_mut().parameter_mut(id)?.set_bounds(0.0, largest)?;
        let fitted = fit(&mut session, &options.optimizer.clone().with_update(false), &mut Quiet)?;
        result.fit_quality = fitted.fit_quality;
        if let Some(matrix) = &fitted.correlation {
            let row = fitted.src_names.iter().position(|other| *other == name);
            let of = |row: usize| fitted.src_names.iter().cloned().zip(matrix.row(row).to_vec());
            result.correlation = row.into_iter().flat_map(of).collect();
        }
    }
    let start = session.roi().parameter(id)?.value();
    let curve = SessionCurve::new(session, id)?;
    along(curve, start, &mut result, options)?;
    Ok(result)
}

/// Maximum, test statistic, errors, limits and scan of a bin's norm.
fn along(mut curve: SessionCurve, start: f64, result: &mut SedBin, options: &SedOptions) -> Result<()> {
    let (peak, is_found) = find_peak(&mut curve, start, (0.0, f64::INFINITY))?;
    // Whatever became of a fit before: what counts is whether the profile has its maximum.
    if !is_found {
        (result.fit_quality, result.fit_status) = (0, NOT_FOUND);
    }
    let mut visited = vec![peak];
    let origin = curve.at(0.0)?;
    visited.push(origin);
    (result.norm, result.loglike) = (Some(peak.x), peak.loglike);
    result.npred = peak.x * result.reference.npred;
    result.ts = (2.0 * (peak.loglike - origin.loglike)).max(0.0);
    let up = |curve: &mut SessionCurve, visited: &mut Vec<Point>, drop: f64| {
        find_crossing(curve, &peak, drop, f64::INFINITY, visited)
    };
    result.norm_err_hi = up(&mut curve, &mut visited, DROP_ERROR)?.map(|x| x - peak.x);
    result.norm_ul95 = up(&mut curve, &mut visited, fall_of_limit(CL95))?;
    result.norm_ul = up(&mut curve, &mut visited, fall_of_limit(options.ul_confidence))?;
    let upper = up(&mut curve, &mut visited, DROP_SCAN)?;
    let mut lower = None;
    if peak.loglike - origin.loglike > DROP_ERROR {
        let found = find_crossing(&mut curve, &peak, DROP_ERROR, 0.0, &mut visited)?;
        result.norm_err_lo = found.map(|x| peak.x - x);
        lower = find_crossing(&mut curve, &peak, DROP_SCAN, 0.0, &mut visited)?;
    }
    result.norm_err = match (result.norm_err_lo, result.norm_err_hi) {
        (Some(low), Some(high)) => Some(0.5 * (low + high)),
        (one, other) => one.or(other),
    };
    let upper = upper.unwrap_or_else(|| 2.0 * peak.x.max(1.0 / result.reference.npred));
    let points = scan_points(peak.x, lower, upper, peak.loglike - origin.loglike, options.llscan_npts);
    let mut loglikes = vec![f64::NEG_INFINITY; points.len()];
    for at in outwards(&points, &peak) {
        let known = visited.iter().find(|point| point.x == points[at]);
        loglikes[at] = match known {
            Some(point) => point.loglike,
            None => curve.at(points[at])?.loglike,
        };
    }
    result.dloglike_scan = loglikes.iter().map(|loglike| loglike - peak.loglike).collect();
    result.norm_scan = points;
    Ok(())
}

/// The source that stands for all bins, with which the sums are made.
pub(crate) fn stand_in(source: &Source, options: &SedOptions) -> Result<Source> {
    Ok(source.with_spectrum(power_law(options.bin_index)?))
}
