//! Upper limits on the profile likelihood with everything that is free fitted again, of many sources at once.
//!
//! At the limit of a source the others' derivatives vanish (but for those that a bound holds) and `logL` has fallen by 1.35: Newton's method solves
//! both at once (Venzon & Moolgavkar 1988, Applied Statistics 37, 87). It begins with the exact Hessian at the maximum: its first step is what the
//! covariance foresees, and later ones go on with a Hessian brought up to date by the exact gradients. All searches go on side by side, and one
//! reading of the data serves the gradients that all of them want next ([`Posterior::gradients`]).
//!
//! The cost for `K` limits: a Hessian (a second one where the fit stopped short of the maximum), and two to four gradients each, which are
//! arithmetic in the cache: `2 n` multiplications and additions and a logarithm a filled bin for `n` free parameters. With norms alone free there
//! is one limit a source; of a source with a free shape every flux has a profile of its own. A limit that Newton's method does not find is sought
//! by refitting point after point ([`refitted_upper_limit`]).

use std::collections::BTreeMap;

use ndarray::Array2;
use rayon::prelude::*;
use roi_model::{ParameterId, Roi, SourceId};

use crate::error::Result;
use crate::known::angular::{Angular, NamedFlux};
use crate::known::limits::{CL_LIMIT, fall_of_limit};
use crate::known::refitted_limit::{LimitStatus, RefittedLimit};
use crate::maximize::objective::Chart as _;
use crate::maximize::posterior::Posterior;
use crate::profile::flux_coordinate::Coordinates;
use crate::profile::one::refitted_upper_limit;
use crate::profile::quadratic::{Expansion, Miss};
use crate::profile::refit_curve::limit_by_refits;
use crate::session::Session;

/// Gradients that one search may take.
const STEPS: usize = 18;
/// After so many, and as many again, the exact Hessian is taken where a search has come to.
const PATIENCE: usize = 3;
/// Hessians on the way to the maximum.
const CLIMBS: usize = 4;
/// How far below its maximum a fit may have stopped, in `logL`, to be taken for the maximum; the rest is in the expansion around it.
const AT_MAXIMUM: f64 = 1e-4;
/// How far the others may be from their maximum, and the profile from its level, as shares of the fall: what is left of either is made good by the
/// expansion there, to about a tenth.
const OTHERS_LEFT: f64 = 1e-3;
const LEVEL_LEFT: f64 = 0.03;
/// `logL` above the maximum by more is another maximum.
const HIGHER: f64 = 1e-3;
/// A step that falls this many times too far is halved.
const TOO_FAR: f64 = 12.0;
/// A parameter over whose whole range the Hessian foresees less change of `logL` has no effect.
const NO_EFFECT: f64 = 1e-8;

/// The maximum, and what of it all searches share.
struct Summit {
    values: Vec<f64>,
    /// `logL` at the values, and at the maximum that is foreseen a hair beside them.
    value: f64,
    top: f64,
    gradient: Vec<f64>,
    curvature: Array2<f64>,
    bounds: Vec<(f64, f64)>,
    /// Free parameters without effect, which are held.
    idle: Vec<usize>,
}

/// The search for one limit.
struct Search {
    source: SourceId,
    coordinates: Coordinates,
    bounds: Vec<(f64, f64)>,
    /// `logL` of the maximum and of the limit.
    top: f64,
    level: f64,
    /// What is known of the last point that counts.
    known: Expansion,
    /// The point that is asked for.
    next: Vec<f64>,
    /// Gradients that it took.
    steps: usize,
    /// The limit, or why there is none.
    found: Option<std::result::Result<f64, LimitStatus>>,
}

/// The limits of some sources. `angular` tells the angular integral of a source, if it is known; `fluxes` are those that results have.
pub(crate) fn refitted_limits(
    session: &mut Session,
    sources: &[SourceId],
    fluxes: &[NamedFlux],
    angular: impl Fn(SourceId) -> Option<Angular>,
) -> Result<BTreeMap<SourceId, RefittedLimit>> {
    let mut limits = BTreeMap::new();
    let with_norm: Vec<SourceId> =
        sources.iter().copied().filter(|id| session.roi[*id].spectrum().norm_index().is_some()).collect();
    if !with_norm.is_empty() {
        for search in search_together(session, &with_norm, fluxes, angular)? {
            merge(&mut limits, &search);
        }
    }
    for id in with_norm {
        let is_missing = limits.get(&id).is_none_or(|limit| limit.status == LimitStatus::OthersNotAtMaximum);
        if let (true, Some(parameter)) = (is_missing, session.roi[id].spectrum().norm_index()) {
            let (norm, status) = refitted_upper_limit(session, ParameterId { source: id, parameter })?;
            let has_shape = has_free_shape(&session.roi, id);
            let known = limits.remove(&id).and_then(|limit| limit.fluxes);
            limits.insert(id, RefittedLimit { norm, status, fluxes: known.or(has_shape.then(BTreeMap::new)) });
        }
    }
    Ok(limits)
}

/// Puts what a search found to the limits of its source.
fn merge(limits: &mut BTreeMap<SourceId, RefittedLimit>, search: &Search) {
    let found = search.found.unwrap_or(Err(LimitStatus::OthersNotAtMaximum));
    match search.coordinates.name() {
        None => {
            let (norm, status) = (found.ok(), found.err().unwrap_or(LimitStatus::Converged));
            let fluxes = limits.remove(&search.source).and_then(|limit| limit.fluxes);
            limits.insert(search.source, RefittedLimit { norm, status, fluxes });
        }
        Some(name) => {
            let none = RefittedLimit { norm: None, status: LimitStatus::OthersNotAtMaximum, fluxes: None };
            let fluxes = limits.entry(search.source).or_insert(none).fluxes.get_or_insert_default();
            fluxes.extend(found.ok().map(|limit| (name.to_owned(), limit)));
        }
    }
}

/// All searches side by side; none where the maximum does not allow any.
fn search_together(
    session: &mut Session,
    sources: &[SourceId],
    fluxes: &[NamedFlux],
    angular: impl Fn(SourceId) -> Option<Angular>,
) -> Result<Vec<Search>> {
    // Norms may leave their bounds, as in every profile of a norm; the others are kept within theirs by the searches.
    let mut roi = session.roi.clone();
    let bounds: Vec<(f64, f64)> = bounds_of(&roi);
    for &id in sources {
        if let Some(norm) = roi[id].spectrum().norm_index() {
            roi[id].spectrum_mut().parameters_mut()[norm].set_bounds(0.0, 0.0)?;
        }
    }
    let mut posterior = session.posterior_of(&roi, &[])?;
    let Some(summit) = Summit::near(&mut posterior, roi.free_values(), bounds)? else { return Ok(Vec::new()) };
    let mut searches: Vec<Search> = Vec::new();
    for &id in sources {
        searches.extend(searches_of(&roi, id, &summit, (fluxes, angular(id).as_ref())));
    }
    for _ in 0..STEPS {
        let mut open: Vec<&mut Search> = searches.iter_mut().filter(|search| search.found.is_none()).collect();
        if open.is_empty() {
            break;
        }
        let values: Vec<Option<Vec<f64>>> =
            open.par_iter().map(|search| search.coordinates.values(&search.next)).collect();
        let mut found = posterior.gradients(&values.iter().flatten().cloned().collect::<Vec<_>>())?.into_iter();
        let found: Vec<_> = values.iter().map(|values| values.as_ref().and_then(|_| found.next().flatten())).collect();
        let count = open.len();
        eprintln!("ROUND {count}");
        open.par_iter_mut().zip(values).zip(found).for_each(|((search, values), found)| {
            search.take(values.zip(found).map(|(values, found)| (values, found.value, found.gradient)));
        });
        for search in open.into_iter().filter(|search| search.wants_hessian()) {
            search.renew(&mut posterior)?;
        }
    }
    let start = summit.values;
    for search in &mut searches {
        if matches!(search.found, None | Some(Err(LimitStatus::OthersNotAtMaximum))) {
            eprintln!("FALLBACK {:?} {} {:?}", search.coordinates.name(), search.steps, search.found);
            let Search { coordinates, bounds, top, .. } = &*search;
            let curvature = summit.curvature.diag().to_owned();
            search.found = Some(limit_by_refits(&mut posterior, (coordinates, bounds), (&start, *top), &curvature)?);
        }
    }
    Ok(searches)
}

/// The searches of one source: along its norm and, if its shape is free, along each flux. None where they are for [`refitted_upper_limit`]: its norm is
/// fixed or at its upper bound, or its shape has no effect where it stands.
fn searches_of(
    roi: &Roi,
    id: SourceId,
    summit: &Summit,
    (fluxes, angular): (&[NamedFlux], Option<&Angular>),
) -> Vec<Search> {
    let free = roi.free_parameters();
    let own: Vec<(usize, usize)> =
        free.iter().enumerate().filter(|(_, p)| p.source == id).map(|(row, p)| (row, p.parameter)).collect();
    let spectrum = roi[id].spectrum();
    let is_norm = |(_, index): &&(usize, usize)| Some(*index) == spectrum.norm_index();
    let Some(&(row, norm)) = own.iter().find(is_norm) else { return Vec::new() };
    let is_pressed = summit.values[row] >= summit.bounds[row].1 && summit.gradient[row] > 0.0;
    if is_pressed || own.iter().any(|(row, _)| summit.idle.contains(row)) {
        return Vec::new();
    }
    let shape: Vec<(usize, usize)> = own.iter().copied().filter(|&(other, _)| other != row).collect();
    let mut all = vec![Coordinates::norm(row)];
    let mut unit = spectrum.clone();
    let is_unit = unit.is_proportional_to_norm() && unit.parameters_mut()[norm].set_value(1.0).is_ok();
    if let (false, true, Some(angular)) = (shape.is_empty(), is_unit, angular) {
        all.extend(fluxes.iter().filter_map(|flux| Coordinates::flux(row, (&unit, &shape), flux, angular)));
    }
    all.into_iter().filter_map(|coordinates| Search::new(id, coordinates, summit)).collect()
}

fn has_free_shape(roi: &Roi, id: SourceId) -> bool {
    let spectrum = roi[id].spectrum();
    spectrum.parameters().iter().enumerate().any(|(index, p)| p.is_free() && Some(index) != spectrum.norm_index())
}

/// The bounds of the free parameters, between which a value that stands outside may stay.
fn bounds_of(roi: &Roi) -> Vec<(f64, f64)> {
    let bounds = |id: ParameterId| {
        let parameter = &roi[id.source].spectrum().parameters()[id.parameter];
        let ((low, high), value) = (parameter.bounds(), parameter.value());
        (low.min(value), high.max(value))
    };
    roi.free_parameters().into_iter().map(bounds).collect()
}

impl Summit {
    /// The maximum near these values; `None` where there is none.
    fn near(posterior: &mut Posterior<'_>, mut values: Vec<f64>, mut bounds: Vec<(f64, f64)>) -> Result<Option<Self>> {
        let n = values.len();
        for _ in 0..CLIMBS {
            let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
            let value = match posterior.hessian(&values, &mut gradient, &mut hessian) {
                Ok(value) => value,
                Err(error) if error.is_internal() => return Err(error),
                Err(_) => return Ok(None),
            };
            let mut curvature = -hessian;
            let idle = hold_idle(&values, &mut bounds, &mut curvature);
            let known = Expansion { at: values.clone(), value, gradient, curvature };
            let Some((step, gain)) = known.summit(&bounds) else { return Ok(None) };
            if gain < AT_MAXIMUM {
                let Expansion { gradient, curvature, .. } = known;
                return Ok(Some(Self { values, value, top: value + gain, gradient, curvature, bounds, idle }));
            }
            for ((x, p), (low, high)) in values.iter_mut().zip(step).zip(&bounds) {
                *x = (*x + p).clamp(*low, *high);
            }
        }
        Ok(None)
    }
}

/// Holds the parameters that have no effect over their range, and gives the others what keeps a singular matrix solvable.
fn hold_idle(values: &[f64], bounds: &mut [(f64, f64)], curvature: &mut Array2<f64>) -> Vec<usize> {
    let mut idle = Vec::new();
    for (row, (low, high)) in bounds.iter_mut().enumerate() {
        let bend = curvature[[row, row]];
        let range = *high - *low;
        if range.is_finite() && bend.abs() * range * range < NO_EFFECT {
            (*low, *high) = (values[row], values[row]);
            idle.push(row);
            let largest = curvature.diag().iter().fold(f64::MIN_POSITIVE, |most, bend| most.max(*bend));
            curvature[[row, row]] = largest;
        } else {
            curvature[[row, row]] = bend * (1.0 + 1e-10);
        }
    }
    idle
}

impl Search {
    fn new(source: SourceId, coordinates: Coordinates, summit: &Summit) -> Option<Self> {
        let known = Expansion {
            at: coordinates.point(&summit.values)?,
            value: summit.value,
            gradient: coordinates.gradient(&summit.values, &summit.gradient)?,
            curvature: coordinates.curvature(&summit.values, &summit.gradient, &summit.curvature)?,
        };
        let (top, bounds) = (summit.top, summit.bounds.clone());
        let level = top - fall_of_limit(CL_LIMIT);
        let next = known.at.clone();
        let mut search = Self { source, coordinates, bounds, top, level, next, known, steps: 0, found: None };
        search.go_on(true);
        Some(search)
    }

    /// Takes what was found at the point that was asked for: values of the parameters, `logL` and its derivatives.
    fn take(&mut self, found: Option<(Vec<f64>, f64, Vec<f64>)>) {
        self.steps += 1;
        let fall = self.top - self.level;
        let found = found.filter(|(_, value, _)| self.top - value < TOO_FAR * fall);
        let derived =
            found.and_then(|(values, value, gradient)| Some((value, self.coordinates.gradient(&values, &gradient)?)));
        let Some((value, gradient)) = derived else {
            for (next, at) in self.next.iter_mut().zip(&self.known.at) {
                *next = 0.5 * (*next + at);
            }
            return;
        };
        if value > self.top + HIGHER {
            self.found = Some(Err(LimitStatus::HigherMaximum));
            return;
        }
        let curvature = self.known.updated_curvature(&self.next, &gradient);
        self.known = Expansion { at: self.next.clone(), value, gradient, curvature };
        self.go_on(false);
    }

    /// Whether gradients alone have not led to the limit for a while.
    fn wants_hessian(&self) -> bool {
        let is_stuck = self.found.is_none() && self.steps.is_multiple_of(PATIENCE);
        is_stuck || self.found == Some(Err(LimitStatus::OthersNotAtMaximum)) && self.steps < STEPS
    }

    /// Goes on with the exact Hessian where it has come to.
    fn renew(&mut self, posterior: &mut Posterior<'_>) -> Result<()> {
        let n = self.known.at.len();
        let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
        let Some(values) = self.coordinates.values(&self.known.at) else { return Ok(()) };
        match posterior.hessian(&values, &mut gradient, &mut hessian) {
            Ok(_) => {}
            Err(error) if error.is_internal() => return Err(error),
            Err(_) => return Ok(()),
        }
        if let Some(curvature) = self.coordinates.curvature(&values, &gradient, &-hessian) {
            self.found = None;
            self.known.take_curvature(curvature, self.coordinates.row);
            self.go_on(true);
        }
        Ok(())
    }

    /// Decides from the expansion around the last point.
    fn go_on(&mut self, is_first: bool) {
        let (row, fall) = (self.coordinates.row, self.top - self.level);
        let met = match self.known.meeting(&self.bounds, row, self.level) {
            Ok(met) => met,
            Err(Miss::NotConcave) => return self.found = Some(Err(LimitStatus::OthersNotAtMaximum)),
            Err(Miss::NoFall) => return self.found = Some(Err(LimitStatus::NoFall)),
        };
        let (others_left, level_left) = (met.here - self.known.value, (met.here - self.level).abs());
        if !is_first && others_left < OTHERS_LEFT * fall && level_left < LEVEL_LEFT * fall {
            return self.found = Some(Ok(self.known.at[row] + met.step[row]));
        }
        self.next = self.known.at.iter().zip(met.step).map(|(at, step)| at + step).collect();
        for (row, (next, (low, high))) in self.next.iter_mut().zip(&self.bounds).enumerate() {
            if row != self.coordinates.row {
                *next = next.clamp(*low, *high);
            }
        }
    }
}
