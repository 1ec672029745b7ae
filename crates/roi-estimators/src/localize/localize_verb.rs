//! The verb `localize`.

use lat_response::SkyGrid;
use roi_fit::{Progress, Session, TrialMaker, climb};
use roi_model::{Roi, SkyDirection};

use crate::error::{Error, Result};
use crate::localize::contour::{Contour, contour};
use crate::localize::ellipse::ErrorEllipse;
use crate::localize::localization::Localization;
use crate::localize::localize_options::LocalizeOptions;
use crate::localize::peak_scan::{PeakScan, peak_scan};
use crate::trial::freedom::{Freedom, set_free};
use crate::trial::memory::{self, Moves};
use crate::trial::settle::{Peak, Settled, inverse_of, movable, settle, with_curvature};
use crate::trial::slopes::PlaceDerivatives;
use crate::trial::together::POSITION;
use crate::trial::trial_session::TrialSession;

/// By how much `logL` near by may be above that of the fit: the rounding of maps.
pub(crate) const HIGHER: f64 = 0.1;

/// The position of a source, found by name or alias, with its error ellipse. The session is left as it was; [`Localization::apply`] moves the source in
/// an analysis. `makers`: [`roi_fit::Analysis::trial_makers`].
///
/// Position, norm and what of the shape is free are fitted together by Newton's method with exact derivatives, and with `free_background` everything
/// else that is free. The covariance is minus the inverse of the second derivatives there: those with respect to the position are differences of the exact
/// first ones. Then `logL` is looked at on the 95 % ellipse: where it does not fall as a paraboloid does, the contour is followed. The scan shows it all.
///
/// # Errors
/// [`Error::NoPlace`] for a source that has no position to fit, [`Error::OffMap`] for one outside the map, [`Error::NoEmission`] for one of norm 0,
/// [`Error::Unseen`]; [`Error::NoMakers`]; an option outside its range; [`Error::Stopped`].
pub fn localize(
    session: &Session,
    makers: &[TrialMaker],
    name: &str,
    options: &LocalizeOptions,
    progress: &mut dyn Progress,
) -> Result<Localization> {
    options.check()?;
    memory::check(session, makers, Moves::of(1, 1))?;
    let loglike_init = session.clone().loglike()?;
    let mut trial = prepared(session, makers, name, options)?;
    let preloc = trial.place().direction;
    let base = climb(trial.session_mut(), None)?;
    let settled = settle(&mut trial, &POSITION, options.dtheta_max, progress)?;
    let position = trial.place().direction;
    let mut warnings = words(&settled, base.is_converged, options);
    let Peak { at, higher } = with_curvature(&mut trial, &POSITION)?;
    let ellipse = covariance(&trial, &at).and_then(|cov| ErrorEllipse::new(&position, cov));
    let ellipse = ellipse.filter(|_| settled.is_converged && settled.is_inside);
    let mut found = Shown { higher, ..Shown::default() };
    if let Some(ellipse) = &ellipse {
        found = look_around(&trial, ellipse, (settled.loglike, higher), options, &mut warnings)?;
    } else if settled.is_converged && settled.is_inside {
        warnings.push("logL has no maximum in both coordinates here: the errors are not known".to_owned());
    }
    let fit_success = ellipse.is_some() && found.higher <= HIGHER;
    if ellipse.is_some() && !fit_success {
        let more = found.higher;
        warnings
            .push(format!("logL is {more:.2} higher near by: there are several maxima, and this is not the highest"));
    }
    let grid = makers.first().map(TrialMaker::grid);
    let pixel = grid.and_then(|grid| pixel(grid, &position));
    let shift = grid.and_then(|grid| shift(grid, &preloc, &position));
    let name = trial.model().name().to_owned();
    let maps = trial.source_maps()?;
    Ok(Localization {
        name,
        preloc,
        position,
        ellipse: ellipse.filter(|_| fit_success),
        loglike_init,
        loglike_base: base.loglike,
        loglike_loc: settled.loglike,
        fit_success,
        fit_inbounds: settled.is_inside,
        deviation: found.contour.as_ref().map(|contour| contour.deviation),
        pos_contour: found.contour.map(|contour| contour.points).unwrap_or_default(),
        scan: found.scan,
        tsmap: None,
        pixel,
        shift,
        warnings,
        config: options.clone(),
        roi: with_errors(trial.session(), &at)?,
        maps,
    })
}

/// What the user should know of the end of a fit.
fn words(settled: &Settled, is_base_fitted: bool, options: &LocalizeOptions) -> Vec<String> {
    let mut warnings = Vec::new();
    if !is_base_fitted {
        warnings
            .push("at the old position the fit of the parameters did not converge: loglike_base is too low".to_owned());
    }
    if !settled.is_inside {
        warnings.push(format!(
            "logL still rises where the fit would leave dtheta_max, {} degrees from the old position",
            options.dtheta_max
        ));
    } else if !settled.is_converged {
        warnings.push("the fit of the position ended before a maximum of logL".to_owned());
    }
    warnings
}

/// What was seen around the maximum.
#[derive(Default)]
struct Shown {
    contour: Option<Contour>,
    scan: Option<PeakScan>,
    /// By how much `logL` is higher somewhere.
    higher: f64,
}

fn look_around(
    trial: &TrialSession<'_>,
    ellipse: &ErrorEllipse,
    (loglike, higher): (f64, f64),
    options: &LocalizeOptions,
    warnings: &mut Vec<String>,
) -> Result<Shown> {
    let apart = trial.apart()?;
    let contour = contour(&apart, ellipse, loglike)?;
    if contour.is_wanted {
        let deviation = 100.0 * contour.deviation;
        let lost = match contour.n_lost {
            0 => String::new(),
            n => format!("; {n} of its points were not found"),
        };
        warnings.push(format!(
            "logL is no paraboloid over the 95 % ellipse (it falls there by up to {deviation:.0} % more or less): take pos_contour{lost}"
        ));
    }
    let scan = (options.nstep > 0).then(|| peak_scan(&apart, options.nstep, ellipse.r95)).transpose()?;
    let highest = scan.iter().flat_map(|scan| scan.loglike.iter().copied()).fold(f64::NEG_INFINITY, f64::max);
    let higher = higher.max(contour.higher).max(highest - loglike);
    Ok(Shown { contour: Some(contour), scan, higher })
}

/// A session of its own with the source where the model has it, and free what the options say; or why it cannot be localized.
fn prepared<'a>(
    session: &Session,
    makers: &'a [TrialMaker],
    name: &str,
    options: &LocalizeOptions,
) -> Result<TrialSession<'a>> {
    let mut trial = TrialSession::new(session, makers, name)?;
    check_seen(&trial, makers)?;
    let freedom = Freedom {
        free_background: options.free_background,
        free_radius: options.free_radius,
        fix_shape: options.fix_shape,
    };
    let source = trial.source();
    set_free(trial.session_mut(), &[source], freedom)?;
    Ok(trial)
}

/// Refuses a source outside the map, one without emission, and one that no bin sees.
pub(crate) fn check_seen(trial: &TrialSession<'_>, makers: &[TrialMaker]) -> Result<()> {
    let source = trial.model();
    let (source_name, direction) = (source.name().to_owned(), trial.place().direction);
    if let Some(maker) = makers.iter().find(|maker| maker.grid().pixel(&direction).is_none()) {
        let component = maker.component().to_owned();
        return Err(Error::OffMap { source_name, ra: direction.ra(), dec: direction.dec(), component });
    }
    let spectrum = source.spectrum();
    if spectrum.norm_index().is_some_and(|norm| spectrum.parameters()[norm].value() == 0.0) {
        return Err(Error::NoEmission { source_name });
    }
    let npred = trial.session().data().npred(source)?;
    if npred > 0.0 { Ok(()) } else { Err(Error::Unseen { source_name }) }
}

/// The covariance of the last two coordinates; `None` when it is none.
pub(crate) fn covariance(trial: &TrialSession<'_>, at: &PlaceDerivatives) -> Option<[[f64; 2]; 2]> {
    let rows = movable(trial.session(), at);
    let inverse = inverse_of(&at.hessian, &rows)?;
    let n = rows.len();
    let of = |i: usize, j: usize| inverse[[n - 2 + i, n - 2 + j]];
    Some([[of(0, 0), of(0, 1)], [of(1, 0), of(1, 1)]])
}

/// The model of a session with the errors of what was fitted.
pub(crate) fn with_errors(session: &Session, at: &PlaceDerivatives) -> Result<Roi> {
    let mut roi = session.roi().clone();
    let rows = movable(session, at);
    let Some(inverse) = inverse_of(&at.hessian, &rows) else { return Ok(roi) };
    let free = roi.free_parameters();
    for (i, &row) in rows.iter().enumerate() {
        if let Some(&id) = free.get(row) {
            let variance = inverse[[i, i]];
            roi.parameter_mut(id)?.set_error(if variance > 0.0 { variance.sqrt() } else { 0.0 })?;
        }
    }
    Ok(roi)
}

/// Pixel coordinates from 0.
fn pixel(grid: &SkyGrid, position: &SkyDirection) -> Option<[f64; 2]> {
    let SkyGrid::Wcs(grid) = grid else { return None };
    grid.to_pixel(position).map(|(x, y)| [x - 1.0, y - 1.0])
}

fn shift(grid: &SkyGrid, from: &SkyDirection, to: &SkyDirection) -> Option<[f64; 2]> {
    let SkyGrid::Wcs(wcs) = grid else { return None };
    let step = wcs.header().cdelt;
    let (a, b) = (pixel(grid, from)?, pixel(grid, to)?);
    Some([0, 1].map(|i| (b[i] - a[i]) * step[i].abs()))
}
