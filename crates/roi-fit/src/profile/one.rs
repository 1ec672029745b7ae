//! Profiles: `logL` along one parameter of a source, with the rest of the model held, or fitted again at every point.
//!
//! With the rest held and only one parameter free, the likelihood keeps all other sources as one cached vector, so that a point costs a
//! pass over one source's map. A profile of `n` points costs one sum of the other sources, and about `n + 5` such passes. The profiles of many
//! norms at once share their passes, see `many_norms`.

use ndarray::Array2;
use optimizers::{Newton, Options, Silent, Status};
use roi_model::{Parameter, ParameterId, Roi, Source};

use crate::error::{Error, Result};
use crate::known::angular::Angular;
use crate::known::limits::{CL_LIMIT, ParameterLimits, fall_of_limit};
use crate::known::profile_curve::Profile;
use crate::known::refitted_limit::LimitStatus;
use crate::maximize::objective::{minimize, problem};
use crate::profile::crossings::{distance_to_fall, limits_at, maximum, wanted};
use crate::profile::profile_options::ProfileOptions;
use crate::profile::walk::{Curve, DROP, Peak, profile_points};
use crate::session::Session;

/// With the rest held, the lowest point of a norm's profile is this fraction of the one above it: the reference's scans with a fixed
/// background never visit zero.
pub(crate) const HELD_ORIGIN: f64 = 0.05;

/// A model is not at its maximum when one parameter alone could raise `logL` by more than this.
const NOT_AT_MAXIMUM: f64 = 0.01;
/// A maximum is looked for where this much of `logL` may be left.
const LEFT: f64 = 1e-7;

/// A parameter and how its curve is evaluated.
#[derive(Clone, Copy)]
struct Line {
    id: ParameterId,
    /// Its place among the free parameters.
    row: usize,
    /// Whether others are fitted again.
    reoptimize: bool,
    is_norm: bool,
    /// Where the parameter may go.
    range: (f64, f64),
    /// Whether the parameter stands at its lower bound: the maximum of the fit is there then, whatever lies beyond.
    at_lower_bound: bool,
}

/// A line that is evaluated as its points are asked for, with a model of its own.
struct Walk<'a> {
    session: &'a mut Session,
    roi: Roi,
    line: Line,
    /// `logL` of the points.
    visited: Vec<(f64, f64)>,
    /// The free parameters at the maximum.
    start: Vec<f64>,
    /// How the last fit of the others ended.
    last_status: i32,
    /// How many fits of the others did not converge.
    unfinished: usize,
    /// Where the maximum of the curve lies, a hair beside the value of the fit.
    top: Option<f64>,
}

/// The status of a fit of the others that has no start, or ended below it.
const NO_FIT: i32 = 110;

/// Where a norm may go in a profile: not below zero, however it is bounded.
pub(crate) fn norm_range(value: f64) -> (f64, f64) {
    (0.0f64.min(value), f64::MAX)
}

/// How far from `x` to look first for the end of a curve with this slope and (downward) curvature, and whether its highest point within
/// `range` lies elsewhere.
pub(crate) fn first_step(x: f64, slope: f64, curvature: f64, range: (f64, f64)) -> (f64, bool) {
    let leads_out = (x <= range.0 && slope < 0.0) || (x >= range.1 && slope > 0.0);
    let (step, is_elsewhere) = if curvature > 0.0 {
        let expected_gain = 0.5 * slope * slope / curvature;
        // Where slope and curvature lead down by as much as wanted.
        let down = if leads_out { slope.abs() } else { 0.0 };
        (((down * down + 2.0 * DROP * curvature).sqrt() - down) / curvature, expected_gain > 1e-3 && !leads_out)
    } else {
        (-DROP / slope, false)
    };
    (if step.is_finite() && step > 0.0 { step } else { usual_step(x) }, is_elsewhere)
}

/// Where the parabola with this slope and (downward) curvature has its top, when that is within `range` and higher by more than a rounding.
pub(crate) fn top_beside(x: f64, slope: f64, curvature: f64, range: (f64, f64)) -> Option<f64> {
    let top = (x + slope / curvature).clamp(range.0, range.1);
    let is_worth_it = curvature > 0.0 && 0.5 * slope * slope / curvature > LEFT;
    (is_worth_it && top.is_finite() && top != x).then_some(top)
}

fn usual_step(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.abs() }
}

/// Profile of a parameter. `angular` is the angular integral of its source, if it is known.
pub(crate) fn profile(
    session: &mut Session,
    id: ParameterId,
    options: &ProfileOptions,
    angular: Option<&Angular>,
) -> Result<Profile> {
    options.check()?;
    let loglike0 = session.loglike().map_err(Error::at_start)?;
    let mut warnings = not_at_maximum(session)?;
    let mut walk = Walk::new(session, id, options)?;
    let peak = walk.find_peak(loglike0)?;
    let xvals = match &options.xvals {
        Some(xvals) => xvals.clone(),
        None => walk.choose_points(options.npts, peak)?,
    };
    let points = walk.loglikes(&xvals)?;
    let before = (walk.unfinished, walk.visited.len());
    let limits = walk.limits(peak, loglike0)?;
    let (for_limits, calls) = (walk.unfinished - before.0, walk.visited.len());
    if let (Some(higher), Some(x0), true) = (limits.lnlmax, limits.x0, warnings.is_empty())
        && higher > NOT_AT_MAXIMUM
    {
        warnings.push(format!(
            "a logL higher by {higher:.2e} was found at {x0}: the model is not at its maximum; fit it again from there"
        ));
    }
    let (loglike, fit_status): (Vec<f64>, Vec<Option<i32>>) = points.into_iter().unzip();
    let fit_status: Vec<i32> = fit_status.into_iter().flatten().collect();
    let unfinished = fit_status.iter().filter(|status| **status != 0).count();
    if unfinished > 0 {
        warnings.push(format!("at {unfinished} of {} points the fit of the others did not converge", xvals.len()));
    }
    if for_limits > 0 {
        warnings.push(format!(
            "at {for_limits} of {} points that limits and errors come from the fit of the others did not converge",
            calls - before.1
        ));
    }
    let source = &session.roi[id.source];
    let described = describe(session, source, id.parameter, (&xvals, angular))?;
    let dloglike = loglike.iter().map(|l| l - loglike0).collect();
    Ok(Profile { xvals, loglike, dloglike, calls, exact_limits: Some(limits), fit_status, warnings, ..described })
}

/// The 95 % upper limit of a norm with all that is free fitted again by Newton's method at every point, found by bracketing: slower than the searches
/// side by side, and for what they do not find.
pub(crate) fn refitted_upper_limit(
    session: &mut Session,
    id: ParameterId,
) -> Result<std::result::Result<f64, LimitStatus>> {
    let loglike0 = session.loglike().map_err(Error::at_start)?;
    let options = ProfileOptions::default().with_reoptimize(true).with_fix_shape(false);
    let mut walk = Walk::new(session, id, &options)?;
    let peak = walk.find_peak(loglike0)?;
    walk.restart()?;
    let (known, range) = (walk.visited.clone(), walk.line.range);
    let distance = distance_to_fall(&mut walk, (peak, range), &known, (true, fall_of_limit(CL_LIMIT)))?;
    if walk.visited.iter().any(|(_, loglike)| *loglike > peak.loglike + NOT_AT_MAXIMUM) {
        return Ok(Err(LimitStatus::HigherMaximum));
    }
    let Some(distance) = distance else { return Ok(Err(LimitStatus::NoFall)) };
    let limit = peak.x + distance;
    let is_unfinished = |walk: &mut Walk<'_>| -> Result<bool> {
        walk.loglike_at(limit)?;
        Ok(walk.line.reoptimize && walk.last_status != 0)
    };
    // From where the search stands, and once more from the maximum.
    if is_unfinished(&mut walk)? {
        walk.restart()?;
        if is_unfinished(&mut walk)? {
            return Ok(Err(LimitStatus::OthersNotAtMaximum));
        }
    }
    Ok(Ok(limit))
}

/// A word when a free parameter alone could raise `logL`: `dloglike` is relative to the model as it stands, whether a fit of it converged or not.
fn not_at_maximum(session: &mut Session) -> Result<Vec<String>> {
    let (free, values) = (session.roi.free_parameters(), session.roi.free_values());
    if free.is_empty() {
        return Ok(Vec::new());
    }
    let (mut gradient, mut hessian) = (vec![0.0; free.len()], Array2::zeros((free.len(), free.len())));
    match session.posterior().and_then(|mut p| p.hessian(&values, &mut gradient, &mut hessian)) {
        Ok(_) => {}
        Err(error) if error.is_internal() => return Err(error),
        // Where there are no derivatives, the curve has to speak for itself.
        Err(_) => return Ok(Vec::new()),
    }
    let mut most: Option<(f64, ParameterId)> = None;
    for (row, &id) in free.iter().enumerate() {
        let (x, (low, high)) = (values[row], session.roi.parameter(id)?.bounds());
        let (slope, curvature) = (gradient[row], -hessian[[row, row]]);
        let leads_out = (x <= low && slope < 0.0) || (x >= high && slope > 0.0) || low == high;
        let gain = if curvature > 0.0 { 0.5 * slope * slope / curvature } else { 0.0 };
        if !leads_out && gain > NOT_AT_MAXIMUM && most.is_none_or(|(other, _)| gain > other) {
            most = Some((gain, id));
        }
    }
    let Some((gain, id)) = most else { return Ok(Vec::new()) };
    let name = session.roi.parameter_name(id)?;
    Ok(vec![format!(
        "the model is not at its maximum: {name} alone could raise logL by about {gain:.2e}; fit it first"
    )])
}

/// Frees what takes part in the profile, and nothing else.
fn open_line(roi: &mut Roi, id: ParameterId, options: &ProfileOptions) -> Result<Line> {
    let norm_only = options.fix_shape;
    let mut others = 0;
    for (source, model) in roi.ids().zip(roi.sources_mut()) {
        let norm = model.spectrum().norm_index();
        for (parameter, p) in model.spectrum_mut().parameters_mut().iter_mut().enumerate() {
            let is_it = source == id.source && parameter == id.parameter;
            let takes_part = options.reoptimize && p.is_free() && (!norm_only || norm == Some(parameter));
            others += usize::from(takes_part && !is_it);
            p.set_free(is_it || takes_part);
        }
    }
    let is_norm = roi[id.source].spectrum().norm_index() == Some(id.parameter);
    let parameter = roi.parameter_mut(id)?;
    // The integration limits of some spectra can never be free.
    let never = || Error::Option {
        option: "parameter",
        found: parameter.name().to_owned(),
        expected: "one that a fit can vary",
    };
    if !parameter.is_free() {
        return Err(never());
    }
    let (value, (low, high)) = (parameter.value(), parameter.bounds());
    let range = if is_norm { norm_range(value) } else { (low.min(value), high.max(value)) };
    let at_lower_bound = value <= low;
    parameter.set_bounds(0.0, 0.0)?;
    let row = roi.free_parameters().iter().take_while(|free| **free != id).count();
    Ok(Line { id, row, reoptimize: others > 0, is_norm, range, at_lower_bound })
}

impl<'a> Walk<'a> {
    fn new(session: &'a mut Session, id: ParameterId, options: &ProfileOptions) -> Result<Self> {
        let mut roi = session.roi.clone();
        let line = open_line(&mut roi, id, options)?;
        let start = roi.free_values();
        let visited = Vec::new();
        Ok(Self { session, roi, line, visited, start, last_status: 0, unfinished: 0, top: None })
    }

    /// `logL` of each point, and how the fit of the others ended.
    fn loglikes(&mut self, xvals: &[f64]) -> Result<Vec<(f64, Option<i32>)>> {
        // Away from the start in both directions, so that each fit begins near where the last one ended.
        let x0 = self.value()?;
        let middle = xvals.iter().position(|&x| x >= x0).unwrap_or(xvals.len());
        let start = self.roi.free_values();
        let mut loglikes = vec![(f64::NEG_INFINITY, None); xvals.len()];
        let downwards = (0..middle).rev();
        for (step, index) in (middle..xvals.len()).chain(downwards).enumerate() {
            if step + middle == xvals.len() && self.line.reoptimize {
                self.roi.set_free_values(&start)?;
            }
            let loglike = self.loglike_at(xvals[index])?;
            loglikes[index] = (loglike, self.line.reoptimize.then_some(self.last_status));
        }
        Ok(loglikes)
    }

    /// Where the parameter stands.
    fn value(&self) -> Result<f64> {
        Ok(self.roi.parameter(self.line.id).map(Parameter::value)?)
    }

    /// `logL` with the parameter at `x`; minus infinity when the data are impossible there. No point is evaluated twice.
    fn loglike_at(&mut self, x: f64) -> Result<f64> {
        let line = self.line;
        if let (Some(&(_, loglike)), false) = (self.visited.iter().find(|(at, _)| *at == x), line.reoptimize) {
            return Ok(loglike);
        }
        self.roi.parameter_mut(line.id)?.set_value(x)?;
        let mut loglike = self.session.loglike_or_impossible(&self.roi, &[])?;
        self.last_status = NO_FIT;
        if line.reoptimize {
            let options = Options::default().with_tol(1e-5).with_second_look(false);
            let problem = problem(&self.roi, Some(line.row))?;
            let posterior = self.session.posterior_of(&self.roi, &[]);
            match posterior.and_then(|p| minimize(p, &problem, &Newton, &options, &mut Silent)) {
                Ok(minimum) if -minimum.fval >= loglike => {
                    loglike = -minimum.fval;
                    // What the held value leaves unconstrained does not change the height.
                    let is_reached = matches!(minimum.status, Status::Converged | Status::Degenerate);
                    self.last_status = if is_reached { 0 } else { minimum.status.code() };
                    self.roi.set_free_values(&minimum.values)?;
                }
                Err(error) if error.is_internal() => return Err(error),
                // The fit of the others has no start here, or got nowhere: the point counts as it is.
                _ => {}
            }
            self.unfinished += usize::from(self.last_status != 0);
        }
        self.visited.push((x, loglike));
        Ok(loglike)
    }

    /// Points that show the profile from one side to the other.
    fn choose_points(&mut self, n: usize, peak: Peak) -> Result<Vec<f64>> {
        let (line, range) = (self.line, self.line.range);
        let origin = line.is_norm.then_some(if line.reoptimize { 0.0 } else { HELD_ORIGIN });
        let points = profile_points(self, peak, range, origin, n)?;
        self.restart()?;
        Ok(points)
    }

    /// Limits and errors around the maximum, from the curve itself.
    fn limits(&mut self, mut peak: Peak, loglike0: f64) -> Result<ParameterLimits> {
        // The fit ended near, not at, the maximum of this curve.
        if let Some(top) = self.top {
            self.restart()?;
            let loglike = self.loglike_at(top)?;
            if loglike > peak.loglike {
                (peak.x, peak.loglike) = (top, loglike);
            }
        }
        self.restart()?;
        let is_allowed = |(x, _): &(f64, f64)| !self.line.at_lower_bound || *x >= peak.x;
        let known: Vec<(f64, f64)> = self.visited.iter().copied().filter(is_allowed).collect();
        peak = maximum(self, peak, &known)?;
        let mut distances = [None; 4];
        for (distance, fall) in distances.iter_mut().zip(wanted()) {
            self.restart()?;
            let (known, range) = (self.visited.clone(), self.line.range);
            *distance = distance_to_fall(self, (peak, range), &known, fall)?;
        }
        Ok(limits_at(peak, distances, peak.loglike - loglike0))
    }

    /// The highest point of the curve: where the model stands after a fit that freed the parameter.
    fn find_peak(&mut self, loglike0: f64) -> Result<Peak> {
        let (x, line) = (self.value()?, self.line);
        let values = self.roi.free_values();
        let (mut gradient, mut hessian) = (vec![0.0; values.len()], Array2::zeros((values.len(), values.len())));
        let posterior = self.session.posterior_of(&self.roi, &[]);
        let derivatives = posterior.and_then(|mut p| p.hessian(&values, &mut gradient, &mut hessian)).is_ok();
        let mut peak = Peak { x, loglike: loglike0, step: usual_step(x) };
        if derivatives {
            let (slope, curvature) = (gradient[line.row], -hessian[[line.row, line.row]]);
            let (step, is_elsewhere) = first_step(x, slope, curvature, line.range);
            if is_elsewhere || (line.reoptimize && curvature > 0.0) {
                peak = self.climb(peak)?;
            } else {
                self.top = top_beside(x, slope, curvature, line.range);
            }
            peak.step = step;
        }
        self.visited.push((peak.x, peak.loglike));
        self.start = self.roi.free_values();
        Ok(peak)
    }

    /// Fits all that takes part, the parameter included, within its range.
    fn climb(&mut self, from: Peak) -> Result<Peak> {
        let (id, range) = (self.line.id, self.line.range);
        let parameter = self.roi.parameter_mut(id)?;
        // A search wants finite bounds; a normalisation has no upper one.
        let top = if range.1 < f64::MAX { range.1 } else { 1e6 * from.x.abs().max(1.0) };
        let bottom = if self.line.at_lower_bound { from.x } else { range.0 };
        if bottom < top && bottom.is_finite() {
            parameter.set_bounds(bottom, top)?;
        }
        let options = Options::default().with_tol(1e-4).with_second_look(false);
        let problem = problem(&self.roi, None)?;
        let posterior = self.session.posterior_of(&self.roi, &[]);
        let found = posterior.and_then(|p| minimize(p, &problem, &Newton, &options, &mut Silent));
        self.roi.parameter_mut(id)?.set_bounds(0.0, 0.0)?;
        match found {
            Ok(minimum) if -minimum.fval > from.loglike => {
                self.roi.set_free_values(&minimum.values)?;
                Ok(Peak { x: self.value()?, loglike: -minimum.fval, ..from })
            }
            Err(error) if error.is_internal() => Err(error),
            _ => Ok(from),
        }
    }
}

impl Curve for Walk<'_> {
    type Error = Error;

    fn loglike(&mut self, x: f64) -> Result<f64> {
        self.loglike_at(x)
    }

    fn restart(&mut self) -> Result<()> {
        Ok(self.roi.set_free_values(&self.start)?)
    }
}

/// What a source would be at each value of a parameter, whatever the bounds; the likelihood is left to the caller.
pub(crate) fn describe(
    session: &Session,
    source: &Source,
    parameter: usize,
    (xvals, angular): (&[f64], Option<&Angular>),
) -> Result<Profile> {
    let (emin, emax) = session.energy_range();
    let mut source = source.clone();
    let mut profile = Profile { src_name: source.name().to_owned(), ..Profile::default() };
    for &x in xvals {
        let Some(moved) = source.spectrum_mut().parameters_mut().get_mut(parameter) else { break };
        moved.set_bounds(0.0, 0.0)?;
        moved.set_value(x)?;
        // A spectrum that cannot be evaluated predicts nothing that could be told.
        profile.npred.extend(session.data.npred(&source));
        profile.npred_wt.extend(session.data.weighted_npred(&source));
        let spectrum = source.spectrum();
        if let Some(norm) = spectrum.norm_index() {
            profile.dnde.push(spectrum.parameters()[norm].true_value());
        }
        let Some(angular) = angular else { continue };
        if let (Some(flux), Some(eflux)) =
            (angular.flux(spectrum, emin, emax), angular.energy_flux(spectrum, emin, emax))
        {
            profile.flux.push(flux);
            profile.eflux.push(eflux);
        }
    }
    if let Some(moved) = source.spectrum().parameters().get(parameter) {
        moved.name().clone_into(&mut profile.par_name);
    }
    for list in [&mut profile.npred, &mut profile.npred_wt, &mut profile.flux, &mut profile.eflux] {
        if list.len() != xvals.len() || list.iter().any(|value| !value.is_finite()) {
            list.clear();
        }
    }
    Ok(profile)
}
