//! The verb `extension`.

use roi_fit::{Progress, Session, Summit, TrialMaker, climb};
use roi_model::Source;

use crate::error::{Error, Result};
use crate::extension::energy_widths::energy_widths;
use crate::extension::extension_options::ExtensionOptions;
use crate::extension::extension_result::Extension;
use crate::extension::model_cubes::{Hypothesis, check_alike};
use crate::extension::width::{Width, width};
use crate::extension::width_curve::{AT_ONCE, REACH, WidthCurve};
use crate::localize::ellipse::ErrorEllipse;
use crate::localize::localize_verb::{HIGHER, check_seen, covariance, with_errors};
use crate::trial::freedom::{Freedom, set_free};
use crate::trial::memory::{self, Moves};
use crate::trial::place::TrialPlace;
use crate::trial::settle::{settle, with_curvature};
use crate::trial::together::POSITION;
use crate::trial::trial_session::TrialSession;

/// By how much the extended source may be worse than a point before a word on it.
const WORSE: f64 = -0.5;

/// The width of a source, found by name or alias, as a disk or a Gaussian, and whether it is wider than a point. The session is left as it was;
/// [`Extension::apply`] gives the source its width in an analysis. `makers`: [`roi_fit::Analysis::trial_makers`].
///
/// With `psf_scale_fn` the PSF of the source is another one, as a point and at every width; `loglike_init` and `loglike_base` are of the PSF as it is.
///
/// At every width norm and what of the spectral shape is free are fitted, with `fit_position` also the position, with `free_background` everything else
/// that is free. Maximum, errors (`logL` falls by 0.5) and 95 % limit (by 1.3528) are found on that curve by Newton's method with exact slopes, and
/// all points of it are reported.
///
/// # Errors
/// As [`crate::localize`], and before any work for a source that is neither a point nor a disk nor a Gaussian.
pub fn extension(
    session: &Session,
    makers: &[TrialMaker],
    name: &str,
    options: &ExtensionOptions,
    progress: &mut dyn Progress,
) -> Result<Extension> {
    options.check()?;
    if options.save_model_map {
        check_alike(makers)?;
    }
    memory::check(session, makers, Moves::of_one(AT_ONCE))?;
    let loglike_init = session.clone().loglike()?;
    let (mut trial, loglike_base) = as_it_was(session, makers, name, options)?;
    let preloc = trial.place().direction;
    let scaled = scaled_makers(options, makers, trial.model())?;
    let makers = scaled.as_deref().unwrap_or(makers);
    if scaled.is_some() {
        trial = TrialSession::seen_at(trial.session(), makers, name, trial.place())?;
    }
    let (point, ptsrc) = of_a_point(&trial, options, progress)?;
    let loglike_ptsrc = point.loglike;
    let mut curve = WidthCurve::new(trial, options.spatial_model, options.fit_position);
    let (found, mut best) = width(&mut curve, &options.widths(), options.width_max, progress)?;
    let coordinates = if options.fit_position { &POSITION[..] } else { &[] };
    let at = if coordinates.is_empty() { best.derivatives(&[])? } else { with_curvature(&mut best, coordinates)?.at };
    let position = best.place().direction;
    let ellipse = options.fit_position.then(|| covariance(&best, &at)).flatten();
    let ebins = if options.fit_ebin { energy_widths(&best, makers, options)? } else { Vec::new() };
    Ok(Extension {
        name: best.model().name().to_owned(),
        width: found.curve.iter().map(|point| point.0).collect(),
        loglike: found.curve.iter().map(|point| point.1).collect(),
        loglike_ptsrc,
        loglike_ext: found.loglike,
        loglike_init,
        loglike_base,
        ext: found.ext,
        ext_err: found.err(),
        ext_err_hi: found.err_hi,
        ext_err_lo: found.err_lo,
        ext_ul95: found.ul95,
        preloc,
        position,
        ellipse: ellipse.and_then(|cov| ErrorEllipse::new(&position, cov)),
        ebins,
        fit_success: found.is_found && point.is_converged,
        tsmap: None,
        model_cubes: None,
        warnings: words(&found, &point, options),
        config: options.clone(),
        roi: with_errors(best.session(), &at)?,
        maps: best.source_maps()?,
        ptsrc,
    })
}

/// The source where the model has it, with everything free that is fitted with its width, and `logL` of that fit.
fn as_it_was<'a>(
    session: &Session,
    makers: &'a [TrialMaker],
    name: &str,
    options: &ExtensionOptions,
) -> Result<(TrialSession<'a>, f64)> {
    let place = TrialPlace::of(session.roi().source(name)?)?;
    let mut trial = TrialSession::seen_at(session, makers, name, place)?;
    check_seen(&trial, makers)?;
    let source = trial.source();
    set_free(trial.session_mut(), &[source], freedom(options))?;
    let loglike = climb(trial.session_mut(), None)?.loglike;
    Ok((trial, loglike))
}

/// What makes the maps of the source with another PSF, if that is asked for.
fn scaled_makers(
    options: &ExtensionOptions,
    makers: &[TrialMaker],
    source: &Source,
) -> lat_dataset::Result<Option<Vec<TrialMaker>>> {
    let scaled = |scale| makers.iter().map(|maker| maker.with_psf_scale(scale, source)).collect();
    options.psf_scale_fn.as_ref().map(scaled).transpose()
}

/// What is free in the fits.
fn freedom(options: &ExtensionOptions) -> Freedom {
    Freedom { free_background: options.free_background, free_radius: options.free_radius, fix_shape: options.fix_shape }
}

/// `logL` of a point, at its own best position with `fit_position`, and whether it is a maximum; with the fit itself where its cubes are wanted.
fn of_a_point(
    trial: &TrialSession<'_>,
    options: &ExtensionOptions,
    progress: &mut dyn Progress,
) -> Result<(Summit, Option<Hypothesis>)> {
    let mut point = trial.seen_elsewhere(TrialPlace::point(trial.place().direction))?;
    let summit = if options.fit_position {
        let settled = settle(&mut point, &POSITION, REACH, progress)?;
        Summit { loglike: settled.loglike, is_converged: settled.is_converged && settled.is_inside }
    } else {
        climb(point.session_mut(), None)?
    };
    let kept = || Ok::<_, Error>(Hypothesis { roi: point.session().roi().clone(), maps: point.source_maps()? });
    let kept = options.save_model_map.then(kept).transpose()?;
    Ok((summit, kept))
}

/// What the user should know of a curve.
fn words(found: &Width, point: &Summit, options: &ExtensionOptions) -> Vec<String> {
    let mut warnings = Vec::new();
    if !point.is_converged {
        warnings
            .push("the fit of the point source did not converge: loglike_ptsrc is too low, ts_ext too high".to_owned());
    }
    if found.higher > HIGHER {
        let more = found.higher;
        warnings.push(format!(
            "logL is {more:.2} higher at another width: there are several maxima, and this is not the highest"
        ));
    } else if !found.is_found {
        warnings.push("the maximum of logL over the width was not found".to_owned());
    }
    if found.ul95.is_none() {
        warnings.push(format!("the 95 % limit of the width lies above width_max, {} degrees", options.width_max));
    }
    let ts = 2.0 * (found.loglike - point.loglike);
    if ts < WORSE {
        warnings.push(format!("ts_ext is {ts:.2}: the point source is better than any width, by more than rounding"));
    }
    warnings
}
