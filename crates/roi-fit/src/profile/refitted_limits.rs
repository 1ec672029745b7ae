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
use crate::profile::known_maximum::KnownMaximum;
use crate::profile::one::refitted_upper_limit;
use crate::profile::quadratic::Expansion;
use crate::profile::refit_curve::limit_by_refits;
use crate::session::Session;

/// Gradients that one search may take.
const STEPS: usize = 18;
/// After so many, and as many again, the exact Hessian is taken where a search has come to.
const PATIENCE: usize = 3;
/// Hessians on the way to the maximum.
const CLIMBS: usize = 8;
/// How far below its maximum a fit may have stopped, in `logL`, to be taken for the maximum; the rest is in the expansion around it.
const AT_MAXIMUM: f64 = 1e-4;
/// How far the others may be from their maximum, and the profile from its level, as shares of the fall: what is left of either is made good by the
/// expansion there, to about a tenth.
const OTHERS_LEFT: f64 = 1e-3;
const LEVEL_LEFT: f64 = 0.03;
/// `logL` above the maximum by more is another maximum.
const HIGHER: f64 = 1e-3;
/// So many limits times free parameters are sought by refits at most in one call, but two limits always; the rest is told as not found.
const REFITS: usize = 300;
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
    /// Free parameters without effect, which are held, and what bounds they had.
    idle: Vec<(usize, (f64, f64))>,
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
    /// Where the maximum lies along the coordinate.
    origin: f64,
    /// Gradients that it took.
    steps: usize,
    /// The limit, or why there is none.
    found: Option<std::result::Result<f64, LimitStatus>>,
}

/// The limits of some sources. `angular` tells the angular integral of a source, if it is known; `fluxes` are those that results have; `maximum` is
/// where the last fit ended, if it is known.
pub(crate) fn refitted_limits(
    session: &mut Session,
    sources: &[SourceId],
    fluxes: &[NamedFlux],
    angular: impl Fn(SourceId) -> Option<Angular>,
    maximum: Option<&KnownMaximum>,
) -> Result<BTreeMap<SourceId, RefittedLimit>> {
    let mut limits = BTreeMap::new();
    let with_norm: Vec<SourceId> =
        sources.iter().copied().filter(|id| session.roi[*id].spectrum().norm_index().is_some()).collect();
    if with_norm.is_empty() {
        return Ok(limits);
    }
    let searches = search_together(session, &with_norm, fluxes, angular, maximum)?;
    let has_summit = searches.is_some();
    for search in searches.iter().flatten() {
        merge(&mut limits, search);
    }
    for id in with_norm {
        let Some(parameter) = session.roi[id].spectrum().norm_index() else { continue };
        if limits.contains_key(&id) {
            continue;
        }
        // A norm that is fixed, or would go beyond its upper bound; where all have no summit to start from, nothing is tried.
        let found = if has_summit || !session.roi[id].spectrum().parameters()[parameter].is_free() {
            refitted_upper_limit(session, ParameterId { source: id, parameter })?
        } else {
            Err(LimitStatus::OthersNotAtMaximum)
        };
        let mut limit = RefittedLimit::of_norm(found);
        if has_free_shape(&session.roi, id) {
            for flux in fluxes {
                limit.take_flux(&flux.name, Err(LimitStatus::OthersNotAtMaximum));
            }
        }
        limits.insert(id, limit);
    }
    Ok(limits)
}

/// Puts what a search found to the limits of its source.
fn merge(limits: &mut BTreeMap<SourceId, RefittedLimit>, search: &Search) {
    let found = search.found.unwrap_or(Err(LimitStatus::OthersNotAtMaximum));
    match search.coordinates.name() {
        // The norm of a source comes first.
        None => {
            limits.insert(search.source, RefittedLimit::of_norm(found));
        }
        Some(name) => {
            let none = RefittedLimit::of_norm(Err(LimitStatus::OthersNotAtMaximum));
            limits.entry(search.source).or_insert(none).take_flux(name, found);
        }
    }
}

/// All searches side by side; none where the maximum does not allow any.
fn search_together(
    session: &mut Session,
    sources: &[SourceId],
    fluxes: &[NamedFlux],
    angular: impl Fn(SourceId) -> Option<Angular>,
    maximum: Option<&KnownMaximum>,
) -> Result<Option<Vec<Search>>> {
    // Norms may leave their bounds, as in every profile of a norm; the others are kept within theirs by the searches.
    let mut roi = session.roi.clone();
    let bounds: Vec<(f64, f64)> = bounds_of(&roi);
    for &id in sources {
        if let Some(norm) = roi[id].spectrum().norm_index() {
            roi[id].spectrum_mut().parameters_mut()[norm].set_bounds(0.0, 0.0)?;
        }
    }
    let is_alone = session.on_one_thread;
    let mut posterior = session.posterior_of(&roi, &[])?;
    let summit = match maximum.filter(|maximum| maximum.is_that_of(&roi)) {
        Some(maximum) => Some(Summit::known(maximum, roi.free_values(), bounds)),
        None => Summit::near(&mut posterior, roi.free_values(), &bounds)?,
    };
    let Some(summit) = summit else { return Ok(None) };
    let mut searches: Vec<Search> = Vec::new();
    for &id in sources {
        searches.extend(searches_of(&roi, id, &summit, (fluxes, angular(id).as_ref())));
    }
    for _ in 0..STEPS {
        let mut open: Vec<&mut Search> = searches.iter_mut().filter(|search| search.found.is_none()).collect();
        if open.is_empty() {
            break;
        }
        read_for(&mut open, &mut posterior, is_alone)?;
        for search in open.into_iter().filter(|search| search.wants_hessian()) {
            search.renew(&mut posterior)?;
        }
    }
    let start = summit.values;
    // Norms first: of a source with a free shape that is asked for most.
    let is_open = |search: &&mut Search| matches!(search.found, None | Some(Err(LimitStatus::OthersNotAtMaximum)));
    let mut open: Vec<&mut Search> = searches.iter_mut().filter(is_open).collect();
    open.sort_by_key(|search| search.coordinates.name().is_some());
    let most = (REFITS / start.len().max(1)).max(2);
    for search in open.into_iter().take(most) {
        let Search { coordinates, bounds, top, .. } = &*search;
        let curvature = summit.curvature.diag().to_owned();
        search.found = Some(limit_by_refits(&mut posterior, (coordinates, bounds), (&start, *top), &curvature)?);
    }
    Ok(Some(searches))
}

/// One reading of the data for what all open searches want next. A session that is one of many side by side is alone: it must not wait for threads
/// that others have.
fn read_for(open: &mut [&mut Search], posterior: &mut Posterior<'_>, is_alone: bool) -> Result<()> {
    let next = |search: &&mut Search| search.coordinates.values(&search.next);
    let values: Vec<Option<Vec<f64>>> =
        if is_alone { open.iter().map(next).collect() } else { open.par_iter().map(next).collect() };
    let mut found = posterior.gradients(&values.iter().flatten().cloned().collect::<Vec<_>>())?.into_iter();
    let found: Vec<_> = values.iter().map(|values| values.as_ref().and_then(|_| found.next().flatten())).collect();
    let read: Vec<_> = values
        .into_iter()
        .zip(found)
        .map(|(values, found)| values.zip(found).map(|(values, found)| (values, found.value, found.gradient)))
        .collect();
    if is_alone {
        open.iter_mut().zip(read).for_each(|(search, read)| search.take(read));
    } else {
        open.par_iter_mut().zip(read).for_each(|(search, read)| search.take(read));
    }
    Ok(())
}

/// The searches of one source: along its norm and, if its shape is free, along each flux. None where they are for [`refitted_upper_limit`]: its norm is
/// fixed or at its upper bound.
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
    if summit.values[row] >= summit.bounds[row].1 && summit.gradient[row] > 0.0 {
        return Vec::new();
    }
    let own_idle: Vec<_> = summit.idle.iter().filter(|(idle, _)| own.iter().any(|(row, _)| row == idle)).collect();
    let shape: Vec<(usize, usize)> = own.iter().copied().filter(|&(other, _)| other != row).collect();
    let mut all = vec![Coordinates::norm(row)];
    let mut unit = spectrum.clone();
    let is_unit = unit.is_proportional_to_norm() && unit.parameters_mut()[norm].set_value(1.0).is_ok();
    if let (false, true, Some(angular)) = (shape.is_empty(), is_unit, angular) {
        all.extend(fluxes.iter().filter_map(|flux| Coordinates::flux(row, (&unit, &shape), flux, angular)));
    }
    let mut searches: Vec<Search> =
        all.into_iter().filter_map(|coordinates| Search::new(id, coordinates, summit)).collect();
    // A shape without effect where the source stands has one where its limit is: there it has to be found.
    for search in searches.iter_mut().filter(|_| !own_idle.is_empty()) {
        for (row, bounds) in &own_idle {
            search.bounds[*row] = *bounds;
        }
        search.found = Some(Err(LimitStatus::OthersNotAtMaximum));
    }
    searches
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
    /// The maximum where a fit has found it: off all bounds, what is left of the gradient being nothing beside the falls that are sought.
    fn known(maximum: &KnownMaximum, values: Vec<f64>, bounds: Vec<(f64, f64)>) -> Self {
        let KnownMaximum { loglike: value, left, curvature, .. } = maximum.clone();
        let gradient = vec![0.0; values.len()];
        Self { values, value, top: value + left, gradient, curvature, bounds, idle: Vec::new() }
    }

    /// The maximum near these values; `None` where there is none.
    fn near(posterior: &mut Posterior<'_>, mut values: Vec<f64>, all_bounds: &[(f64, f64)]) -> Result<Option<Self>> {
        let n = values.len();
        let mut fitted = None;
        for _ in 0..CLIMBS {
            let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
            let value = match posterior.hessian(&values, &mut gradient, &mut hessian) {
                Ok(value) => value,
                Err(error) if error.is_internal() => return Err(error),
                Err(_) => return Ok(None),
            };
            // A step that led down is no climb.
            if value < *fitted.get_or_insert(value) - HIGHER {
                return Ok(None);
            }
            let (mut curvature, mut bounds) = (-hessian, all_bounds.to_vec());
            let idle = hold_idle(&values, &mut bounds, &mut curvature);
            let mut known = Expansion { at: values.clone(), value, gradient, curvature };
            let unheld: Vec<usize> = (0..n).filter(|&i| bounds[i].0 < values[i] && values[i] < bounds[i].1).collect();
            known.make_concave(&unheld);
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
fn hold_idle(values: &[f64], bounds: &mut [(f64, f64)], curvature: &mut Array2<f64>) -> Vec<(usize, (f64, f64))> {
    let mut idle = Vec::new();
    for (row, (low, high)) in bounds.iter_mut().enumerate() {
        let bend = curvature[[row, row]];
        let range = *high - *low;
        if range > 0.0 && range.is_finite() && bend.abs() * range * range < NO_EFFECT {
            idle.push((row, (*low, *high)));
            (*low, *high) = (values[row], values[row]);
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
        let (next, origin) = (known.at.clone(), known.at[coordinates.row]);
        let mut search = Self { source, coordinates, bounds, top, level, next, known, origin, steps: 0, found: None };
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
        // Whether the profile itself does not fall is for the refits to say.
        let met = self.known.meeting(&self.bounds, row, self.level);
        let Some(met) = met.ok().filter(|met| self.known.at[row] + met.step[row] > self.origin) else {
            return self.found = Some(Err(LimitStatus::OthersNotAtMaximum));
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
