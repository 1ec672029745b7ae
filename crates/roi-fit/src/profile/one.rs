//! Profiles: `logL` along one parameter of a source, with the rest of the model held, or fitted again at every point.
//!
//! With the rest held and only one parameter free, the likelihood keeps all other sources as one cached vector, so that a point costs a
//! pass over one source's map. A profile of `n` points costs one sum of the other sources, and about `n + 5` such passes. The profiles of many
//! norms at once share their passes, see `norm_profiles`.

use optimizers::{Options, Silent};
use roi_model::{Parameter, ParameterId};
use serde::Serialize;

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::known::profile_curve::Profile;
use crate::maximize::objective::{minimize, minimize_holding};
use crate::profile::walk::{Curve, DROP, Peak, profile_points};

/// Options of [`Analysis::profile`] and [`Analysis::profile_norm`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProfileOptions {
    /// Fit the other free parameters again at every point. Default false: they are held.
    pub reoptimize: bool,
    /// The points, the scale not applied; by default they are chosen so that `logL` falls by 2.7 to either side, where it can.
    pub xvals: Option<Vec<f64>>,
    /// How many points are chosen. Default 20.
    pub npts: usize,
    /// Hold all parameters but normalisations when the others are fitted again. Default true for [`Analysis::profile_norm`].
    pub fix_shape: bool,
}

impl Default for ProfileOptions {
    fn default() -> Self {
        Self { reoptimize: false, xvals: None, npts: 20, fix_shape: true }
    }
}

impl ProfileOptions {
    fn check(&self) -> Result<()> {
        let xvals = self.xvals.as_deref();
        if let Some(bad) = xvals.and_then(|x| x.iter().find(|x| !x.is_finite())) {
            return Err(Error::Option { option: "xvals", found: bad.to_string(), expected: "finite values" });
        }
        if xvals.map_or(self.npts, <[f64]>::len) == 0 {
            return Err(Error::Option { option: "npts", found: "0".into(), expected: "at least 1 point" });
        }
        Ok(())
    }
}

/// With the rest held, the lowest point of a norm's profile is this fraction of the one above it: the reference's scans with a fixed
/// background never visit zero.
pub(crate) const HELD_ORIGIN: f64 = 0.05;

/// A parameter and how its curve is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    id: ParameterId,
    /// Its place among the free parameters.
    row: usize,
    /// Whether others are fitted again.
    reoptimize: bool,
    is_norm: bool,
    /// Where the parameter may go.
    range: (f64, f64),
}

/// A line that is evaluated as its points are asked for.
struct Evaluated<'a> {
    analysis: &'a mut Analysis,
    line: Line,
    visited: &'a mut Vec<(f64, f64)>,
    /// The free parameters at the maximum.
    start: Vec<f64>,
}

impl Curve for Evaluated<'_> {
    type Error = Error;

    fn loglike(&mut self, x: f64) -> Result<f64> {
        self.analysis.loglike_at(self.line, x, self.visited)
    }

    fn restart(&mut self) -> Result<()> {
        Ok(self.analysis.roi.set_free_values(&self.start)?)
    }
}

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

fn usual_step(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.abs() }
}

impl Analysis {
    /// Profile of a source's normalisation, found by name or alias. The model is left as it was, bit for bit.
    ///
    /// The normalisation is moved beyond its bounds if need be, but not below zero. Priors are part of `logL`.
    ///
    /// ```
    /// # use roi_simulate::{SimulationOptions, simulate};
    /// # use roi_fit::{Analysis, FitOptions, ProfileOptions};
    /// # let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
    /// # let likelihood = simulated.likelihood()?;
    /// # let mut roi = Analysis::new(simulated.start, likelihood)?;
    /// roi.fit(&FitOptions::default())?;
    /// let name = roi.roi().sources()[0].name().to_owned();
    /// let profile = roi.profile_norm(&name, &ProfileOptions::default())?;
    /// assert_eq!(profile.xvals.len(), 20);
    /// println!("upper limit {:?}", profile.limits().ul);
    /// # Ok::<(), roi_fit::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such source, it has no normalisation, an option is wrong, or `logL` of the model as it stands cannot be
    /// evaluated.
    pub fn profile_norm(&mut self, name: &str, options: &ProfileOptions) -> Result<Profile> {
        let source = self.roi.index_of(name)?;
        let spectrum = self.roi.sources()[source].spectrum();
        let Some(norm) = spectrum.norm_index() else { return Err(self.no_norm(source)) };
        self.profile_of(ParameterId { source, parameter: norm }, options)
    }

    /// Profile of any parameter of a source, found by name or alias. The model is left as it was, bit for bit.
    ///
    /// Chosen points stay within the bounds of a parameter that is no normalisation; points given as `xvals` are visited wherever they
    /// are. With `reoptimize` and without `fix_shape` all other free parameters are fitted again.
    ///
    /// # Errors
    /// As [`Analysis::profile_norm`]; when the source has no such parameter.
    pub fn profile(&mut self, name: &str, parameter: &str, options: &ProfileOptions) -> Result<Profile> {
        let source = self.roi.index_of(name)?;
        let parameter = self.parameter_index(source, parameter)?;
        self.profile_of(ParameterId { source, parameter }, options)
    }

    fn no_norm(&self, source: usize) -> Error {
        let source = &self.roi.sources()[source];
        Error::NoParameter {
            source_name: source.name().to_owned(),
            spectrum: source.spectrum().type_name().to_owned(),
            found: "normalisation".into(),
            known: source.spectrum().parameters().iter().map(|p| p.name().to_owned()).collect::<Vec<_>>().join(", "),
        }
    }

    fn profile_of(&mut self, id: ParameterId, options: &ProfileOptions) -> Result<Profile> {
        options.check()?;
        let loglike0 = self.loglike().map_err(Error::at_start)?;
        let state = self.roi.state();
        let profile = self.run_profile(id, options, loglike0);
        self.roi.restore(&state)?;
        profile
    }

    /// The profile; the parameters are left changed.
    fn run_profile(&mut self, id: ParameterId, options: &ProfileOptions, loglike0: f64) -> Result<Profile> {
        let line = self.open_line(id, options)?;
        let mut visited = Vec::new();
        let xvals = match &options.xvals {
            Some(xvals) => xvals.clone(),
            None => self.choose_points(line, options.npts, loglike0, &mut visited)?,
        };
        let source = &self.roi.sources()[id.source];
        let mut profile = Profile {
            src_name: source.name().to_owned(),
            par_name: source.spectrum().parameters()[id.parameter].name().to_owned(),
            ..Profile::default()
        };
        // Away from the start in both directions, so that each fit begins near where the last one ended.
        let x0 = self.value_at(id);
        let middle = xvals.iter().position(|&x| x >= x0).unwrap_or(xvals.len());
        let start = self.roi.free_values();
        let mut loglikes = vec![f64::NEG_INFINITY; xvals.len()];
        let downwards = (0..middle).rev();
        for (step, index) in (middle..xvals.len()).chain(downwards).enumerate() {
            if step + middle == xvals.len() && line.reoptimize {
                self.roi.set_free_values(&start)?;
            }
            loglikes[index] = self.loglike_at(line, xvals[index], &mut visited)?;
        }
        self.describe(id, &xvals, &mut profile)?;
        profile.dloglike = loglikes.iter().map(|l| l - loglike0).collect();
        profile.loglike = loglikes;
        profile.xvals = xvals;
        profile.calls = visited.len();
        Ok(profile)
    }

    /// Frees what takes part in the profile, and nothing else.
    pub(crate) fn open_line(&mut self, id: ParameterId, options: &ProfileOptions) -> Result<Line> {
        let norm_only = options.fix_shape;
        let mut others = 0;
        for (source, model) in self.roi.sources_mut().iter_mut().enumerate() {
            let norm = model.spectrum().norm_index();
            for (parameter, p) in model.spectrum_mut().parameters_mut().iter_mut().enumerate() {
                let is_it = source == id.source && parameter == id.parameter;
                let takes_part = options.reoptimize && p.is_free() && (!norm_only || norm == Some(parameter));
                others += usize::from(takes_part && !is_it);
                p.set_free(is_it || takes_part);
            }
        }
        let is_norm = self.roi.sources()[id.source].spectrum().norm_index() == Some(id.parameter);
        let parameter = self.roi.parameter_mut(id)?;
        // The integration limits of some spectra can never be free.
        if !parameter.is_free() {
            return Err(Error::Option {
                option: "parameter",
                found: parameter.name().to_owned(),
                expected: "one that a fit can vary",
            });
        }
        let (value, (low, high)) = (parameter.value(), parameter.bounds());
        let range = if is_norm { norm_range(value) } else { (low.min(value), high.max(value)) };
        parameter.set_bounds(0.0, 0.0)?;
        let row = self.roi.free_parameters().iter().position(|free| *free == id).unwrap_or(0);
        Ok(Line { id, row, reoptimize: others > 0, is_norm, range })
    }

    fn value_at(&self, id: ParameterId) -> f64 {
        self.roi.parameter(id).map_or(f64::NAN, Parameter::value)
    }

    /// `logL` with the parameter at `x`; minus infinity when the data are impossible there. No point is evaluated twice.
    fn loglike_at(&mut self, line: Line, x: f64, visited: &mut Vec<(f64, f64)>) -> Result<f64> {
        if let (Some(&(_, loglike)), false) = (visited.iter().find(|(at, _)| *at == x), line.reoptimize) {
            return Ok(loglike);
        }
        self.roi.parameter_mut(line.id)?.set_value(x)?;
        let mut loglike = self.value_or_impossible()?;
        if line.reoptimize {
            let optimizer = optimizers::optimizer("NEWTON")?;
            let options = Options::default().with_tolerance(1e-5);
            let start = self.roi.free_values();
            let (roi, likelihood) = (&mut self.roi, &mut self.likelihood);
            match minimize_holding(roi, likelihood, line.row, optimizer.as_ref(), &options, &mut Silent) {
                Ok(minimum) if -minimum.fval >= loglike => {
                    loglike = -minimum.fval;
                    self.roi.set_free_values(&minimum.values)?;
                }
                Err(error) if error.is_internal() => return Err(error),
                // The fit of the others has no start here, or got nowhere: the point counts as it is.
                _ => self.roi.set_free_values(&start)?,
            }
        }
        visited.push((x, loglike));
        Ok(loglike)
    }

    /// Points that show the profile from one side to the other.
    fn choose_points(
        &mut self,
        line: Line,
        n: usize,
        loglike0: f64,
        visited: &mut Vec<(f64, f64)>,
    ) -> Result<Vec<f64>> {
        let peak = self.find_peak(line, loglike0)?;
        visited.push((peak.x, peak.loglike));
        let start = self.roi.free_values();
        let origin = line.is_norm.then_some(if line.reoptimize { 0.0 } else { HELD_ORIGIN });
        let mut curve = Evaluated { analysis: self, line, visited, start };
        let points = profile_points(&mut curve, peak, line.range, origin, n)?;
        curve.restart()?;
        Ok(points)
    }

    /// The highest point of the curve: where the model stands after a fit that freed the parameter.
    fn find_peak(&mut self, line: Line, loglike0: f64) -> Result<Peak> {
        let x = self.value_at(line.id);
        let n = self.roi.free_parameters().len();
        let (mut gradient, mut hessian) = (vec![0.0; n], ndarray::Array2::zeros((n, n)));
        let derivatives =
            crate::maximize::posterior::hessian(&mut self.likelihood, &self.roi, &mut gradient, &mut hessian).is_ok();
        let mut peak = Peak { x, loglike: loglike0, step: usual_step(x) };
        if derivatives {
            let (slope, curvature) = (gradient[line.row], -hessian[[line.row, line.row]]);
            let (step, is_elsewhere) = first_step(x, slope, curvature, line.range);
            if is_elsewhere || (line.reoptimize && curvature > 0.0) {
                peak = self.climb(line, peak)?;
            }
            peak.step = step;
        }
        Ok(peak)
    }

    /// Fits all that takes part, the parameter included, within its range.
    fn climb(&mut self, line: Line, from: Peak) -> Result<Peak> {
        let start = self.roi.free_values();
        let range = line.range;
        let parameter = self.roi.parameter_mut(line.id)?;
        // A search wants finite bounds; a normalisation has no upper one.
        let top = if range.1 < f64::MAX { range.1 } else { 1e6 * from.x.abs().max(1.0) };
        if range.0 < top && range.0.is_finite() {
            parameter.set_bounds(range.0, top)?;
        }
        let optimizer = optimizers::optimizer("NEWTON")?;
        let options = Options::default().with_tolerance(1e-4);
        let found = minimize(&mut self.roi, &mut self.likelihood, optimizer.as_ref(), &options, &mut Silent);
        self.roi.parameter_mut(line.id)?.set_bounds(0.0, 0.0)?;
        match found {
            Ok(minimum) if -minimum.fval > from.loglike => {
                self.roi.set_free_values(&minimum.values)?;
                Ok(Peak { x: self.value_at(line.id), loglike: -minimum.fval, ..from })
            }
            Err(error) if error.is_internal() => Err(error),
            _ => {
                self.roi.set_free_values(&start)?;
                Ok(from)
            }
        }
    }

    /// What the source would be at each point.
    pub(crate) fn describe(&mut self, id: ParameterId, xvals: &[f64], profile: &mut Profile) -> Result<()> {
        let (emin, emax) = self.energy_range();
        self.read_template(id.source);
        let angular = self.templates.of(&self.roi.sources()[id.source]);
        for &x in xvals {
            self.roi.parameter_mut(id)?.set_value(x)?;
            // A spectrum that cannot be evaluated predicts nothing that could be told.
            profile.npred.push(self.likelihood.npred(&self.roi, id.source).unwrap_or(f64::NAN));
            profile.npred_wt.push(self.likelihood.weighted_npred(&self.roi, id.source).unwrap_or(f64::NAN));
            let source = &self.roi.sources()[id.source];
            let spectrum = source.spectrum();
            if let Some(norm) = spectrum.norm_index() {
                profile.dnde.push(spectrum.parameters()[norm].true_value());
            }
            let Some(angular) = &angular else { continue };
            if let (Some(flux), Some(eflux)) =
                (angular.flux(spectrum, emin, emax), angular.energy_flux(spectrum, emin, emax))
            {
                profile.flux.push(flux);
                profile.eflux.push(eflux);
            }
        }
        for list in [&mut profile.npred, &mut profile.npred_wt, &mut profile.flux, &mut profile.eflux] {
            if list.len() != xvals.len() || list.iter().any(|value| !value.is_finite()) {
                list.clear();
            }
        }
        Ok(())
    }
}
