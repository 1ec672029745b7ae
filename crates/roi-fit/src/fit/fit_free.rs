//! The fit of all free parameters: attempts until the quality is good enough, and nothing changed when it never is.

use ndarray::Array2;
use optimizers::{Calls, Minimum, Status};
use roi_model::{Parameter, Roi};

use crate::error::{Error, Result};
use crate::fit::attempts::{Attempt, Attempts, attempts};
use crate::fit::iteration_log::Relay;
use crate::known::covariance::Covariance;
use crate::known::options::FitOptions;
use crate::known::progress::Progress;
use crate::maximize::objective::{MinosOfAll, minos, problem};
use crate::session::Session;

/// How often a fit goes on from a higher point that MINOS found.
const RESTARTS: usize = 3;

/// What a fit came to.
pub(crate) struct Fitted {
    /// `logL` at the start.
    pub(crate) loglike0: f64,
    /// Lowest and highest energy that counted, in MeV.
    pub(crate) energy_range: (f64, f64),
    /// The model as it was.
    pub(crate) start: Roi,
    /// How it ended; `None` when no parameter is free.
    pub(crate) end: Option<End>,
}

/// How a fit ended.
pub(crate) struct End {
    /// The best end of all attempts.
    pub(crate) minimum: Minimum,
    /// The attempts that were made.
    pub(crate) attempts: Vec<Attempt>,
    /// Likelihood evaluations of all of them, those of MINOS included.
    pub(crate) calls: Calls,
    /// Why the model was left as it was; `None` when it took the values.
    pub(crate) refusal: Option<String>,
    /// How far each parameter may move down and up, if that was asked for.
    pub(crate) minos: Option<Vec<[Option<f64>; 2]>>,
    pub(crate) warnings: Vec<String>,
}

/// Fits all free parameters of a session. On success the model has the values and errors of the fit; otherwise, also on an error, it is
/// what it was, bit for bit.
pub(crate) fn fit_free(session: &mut Session, options: &FitOptions, progress: &mut dyn Progress) -> Result<Fitted> {
    options.check()?;
    let optimizer = optimizers::optimizer(&options.optimizer)?;
    let loglike0 = session.loglike().map_err(Error::at_start)?;
    let (start, energy_range) = (session.roi.clone(), session.energy_range());
    if start.free_parameters().is_empty() {
        tracing::warn!("no parameter is free: nothing was fitted");
        return Ok(Fitted { loglike0, energy_range, start, end: None });
    }
    let mut end = try_to_fit(session, options, loglike0, progress)?;
    if let Some(refusal) = &end.refusal {
        // The result tells it; who shows the result shows it once.
        tracing::debug!(optimizer = optimizer.name(), status = end.minimum.status.code(), "{refusal}");
        return Ok(Fitted { loglike0, energy_range, start, end: Some(end) });
    }
    session.roi = fitted(&session.roi, &end.minimum)?;
    if options.minos {
        explore(session, options, &mut end, progress)?;
    }
    Ok(Fitted { loglike0, energy_range, start, end: Some(end) })
}

/// MINOS errors of a fit that was good enough. Where they come upon a higher `logL`, the fit goes on from there; when it does not get there, the
/// result says so.
fn explore(session: &mut Session, options: &FitOptions, end: &mut End, progress: &mut dyn Progress) -> Result<()> {
    for _ in 0..RESTARTS {
        let problem = problem(&session.roi, None)?;
        let mut relay = Relay::quiet(progress);
        let found = session.posterior().and_then(|posterior| minos(posterior, &problem, &end.minimum, &mut relay));
        let MinosOfAll { errors, higher, calls } = match found {
            Ok(found) => found,
            Err(error) => {
                end.warnings.push(format!("no MINOS errors: {error}"));
                return Ok(());
            }
        };
        end.calls += calls;
        let Some((values, row)) = higher else {
            end.minos = Some(errors);
            return Ok(());
        };
        let found = session.roi.clone();
        let loglike = -end.minimum.fval;
        session.roi.set_free_values(&values)?;
        let again = session.loglike().and_then(|l| try_to_fit(session, options, l, progress));
        session.roi = found;
        let Some(again) = again.ok().filter(|again| again.refusal.is_none() && -again.minimum.fval > loglike) else {
            let id = session.roi.free_parameters().get(row).copied();
            let name = id.and_then(|id| session.roi.parameter_name(id).ok()).map(|name| name.to_string());
            end.warnings.push(format!(
                "no MINOS errors: the search for those of {} found a higher logL, and no fit from there was good enough",
                name.unwrap_or_default()
            ));
            return Ok(());
        };
        session.roi = fitted(&session.roi, &again.minimum)?;
        end.calls += again.calls;
        end.attempts.iter_mut().for_each(|attempt| attempt.is_best = false);
        end.attempts.extend(again.attempts);
        (end.minimum, end.warnings) = (again.minimum, again.warnings);
    }
    end.warnings.push("no MINOS errors: the search for them found a higher logL again and again".into());
    Ok(())
}

/// The attempts of a fit, judged.
fn try_to_fit(session: &mut Session, options: &FitOptions, loglike0: f64, progress: &mut dyn Progress) -> Result<End> {
    let is_good = |minimum: &Minimum| refusal(minimum, options, loglike0).is_none();
    let Attempts { best: minimum, all, calls, warning } = attempts(session, options, is_good, progress)?;
    let restored = |reason| format!("{reason} after {} attempt(s), every parameter was restored", all.len());
    let refusal = refusal(&minimum, options, loglike0).map(restored);
    let mut warnings = minimum.warnings.clone();
    warnings.extend(warning);
    warnings.extend(immovable(&session.roi));
    let minimum = without_unmeasured_errors(&session.roi, minimum);
    Ok(End { minimum, attempts: all, calls, refusal, minos: None, warnings })
}

/// An error as long as its parameter's range is none: what the range allows was not measured.
fn without_unmeasured_errors(roi: &Roi, mut minimum: Minimum) -> Minimum {
    for (id, error) in roi.free_parameters().into_iter().zip(&mut minimum.errors) {
        let (low, high) = roi.parameter(id).map_or((f64::NEG_INFINITY, f64::INFINITY), Parameter::bounds);
        if *error >= (high - low) * (1.0 - 1e-9) {
            *error = if high > low { f64::INFINITY } else { *error };
        }
    }
    minimum
}

/// A word on each free parameter that cannot move.
fn immovable(roi: &Roi) -> Vec<String> {
    let word = |id: roi_model::ParameterId| {
        let (parameter, name) = (roi.parameter(id).ok()?, roi.parameter_name(id).ok()?);
        let bound = parameter.value();
        let word = || format!("{name} is free, but cannot move: both its bounds are {bound}. It counts as fixed");
        (!parameter.can_move()).then(word)
    };
    roi.free_parameters().into_iter().filter_map(word).collect()
}

/// Why an end point is not good enough. One that is was not cancelled, has the quality that was asked for, and its likelihood is not below
/// where it began (beyond rounding).
fn refusal(minimum: &Minimum, options: &FitOptions, loglike0: f64) -> Option<String> {
    let (quality, loglike) = (u8::from(minimum.quality), -minimum.fval);
    let is_good = quality >= options.min_fit_quality;
    if minimum.status != Status::Cancelled && is_good && loglike >= loglike0 - 1e-12 * loglike0.abs() {
        return None;
    }
    Some(if !is_good {
        format!("fit quality {quality} is below min_fit_quality {}", options.min_fit_quality)
    } else if loglike - loglike0 < 0.0 {
        format!("logL ended {} below its start", loglike0 - loglike)
    } else {
        "the fit was stopped".into()
    })
}

/// The model with values and errors of a fit.
fn fitted(roi: &Roi, minimum: &Minimum) -> Result<Roi> {
    let mut roi = roi.clone();
    roi.set_free_values(&minimum.values)?;
    for (id, &error) in roi.free_parameters().into_iter().zip(&minimum.errors) {
        // What has no finite error (a flat direction) is written as having none.
        roi.parameter_mut(id)?.set_error(if error.is_finite() { error } else { 0.0 })?;
    }
    Ok(roi)
}

/// The covariance of a fit, without the parameters of which nothing was measured: those that cannot move, and those whose error is none. `None`
/// where the fit has no covariance.
pub(crate) fn covariance(roi: &Roi, minimum: &Minimum) -> Option<Covariance> {
    let matrix = minimum.covariance.as_ref()?;
    let free = roi.free_parameters();
    let is_measured =
        |row: &usize| roi.parameter(free[*row]).is_ok_and(Parameter::can_move) && minimum.errors[*row].is_finite();
    let rows: Vec<usize> = (0..free.len()).filter(is_measured).collect();
    let name = |&row: &usize| {
        let source = &roi[free[row].source];
        (source.name().to_owned(), source.spectrum().parameters()[free[row].parameter].name().to_owned())
    };
    let parameters = rows.iter().map(name).collect();
    let matrix = Array2::from_shape_fn((rows.len(), rows.len()), |(i, j)| matrix[[rows[i], rows[j]]]);
    Some(Covariance { parameters, matrix })
}
