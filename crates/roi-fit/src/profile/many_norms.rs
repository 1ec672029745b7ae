//! Profiles of many normalisations at once, each with the rest of the model held.
//!
//! Each profile asks for the points that its search wants next. One pass over the data tells for all of them what their sources are a part of; after it a point takes the
//! bins near its source alone, and a pass again only far from the maximum. So the profiles of all free sources of a region cost a few passes. What a source cannot share is left
//! to the profile of one.

use std::collections::BTreeMap;

use ndarray::Array2;
use roi_model::{ParameterId, SourceId};

use crate::error::Result;
use crate::known::angular::Angular;
use crate::known::limits::ParameterLimits;
use crate::known::profile_curve::Profile;
use crate::profile::crossings::{distance_to_fall, limits_at, wanted};
use crate::profile::one::{HELD_ORIGIN, describe, first_step, norm_range, top_beside};
use crate::profile::profile_options::ProfileOptions;
use crate::profile::walk::{Curve, Peak, profile_points};
use crate::session::Session;

/// Rounds after which a search that has not ended goes on alone.
const ROUNDS: usize = 24;
/// How far a norm mostly goes, in distances over which `logL` falls by [`DROP`](crate::profile::walk::DROP).
const REACH: f64 = 2.0;

/// The profile of one source's norm, as far as it is known.
struct Search {
    id: ParameterId,
    line: usize,
    peak: Peak,
    range: (f64, f64),
    /// Points and their `logL`.
    visited: Vec<(f64, f64)>,
    /// The points of the profile, once they are chosen.
    xvals: Option<Vec<f64>>,
    /// Where the maximum lies, a hair beside the value of the fit.
    top: Option<f64>,
    /// `logL` of the model as it stands.
    zero: f64,
    limits: Option<ParameterLimits>,
}

/// What is known of a curve; a point that is not stops the search that asks for it.
struct Known<'a>(&'a [(f64, f64)]);

/// The point that is not known.
struct Unknown(f64);

impl Curve for Known<'_> {
    type Error = Unknown;

    fn loglike(&mut self, x: f64) -> std::result::Result<f64, Unknown> {
        self.0.iter().find(|(at, _)| *at == x).map(|(_, loglike)| *loglike).ok_or(Unknown(x))
    }
}

impl Search {
    /// The points that it needs next; none when all of the profile is known.
    fn wants(&mut self, npts: usize) -> Vec<f64> {
        if self.xvals.is_none() {
            // The search is run anew from its start: its decisions depend on the points alone.
            match profile_points(&mut Known(&self.visited), self.peak, self.range, Some(HELD_ORIGIN), npts) {
                Ok(xvals) => self.xvals = Some(xvals),
                Err(Unknown(x)) => return vec![x],
            }
        }
        let known = |x: &f64| self.visited.iter().any(|(at, _)| at == x);
        let points = self.xvals.iter().flatten().chain(&self.top).copied();
        let wanted: Vec<f64> = points.filter(|x| !known(x)).collect();
        if wanted.is_empty() && self.limits.is_none() { self.limits_want() } else { wanted }
    }

    /// The points that the crossings need next.
    fn limits_want(&mut self) -> Vec<f64> {
        let mut peak = self.peak;
        let top = self.visited.iter().find(|(x, loglike)| Some(*x) == self.top && *loglike > peak.loglike);
        if let Some(&(x, loglike)) = top {
            (peak.x, peak.loglike) = (x, loglike);
        }
        let (mut distances, mut unknown) = ([None; 4], Vec::new());
        for (distance, fall) in distances.iter_mut().zip(wanted()) {
            match distance_to_fall(&mut Known(&self.visited), (peak, self.range), &self.visited, fall) {
                Ok(found) => *distance = found,
                Err(Unknown(x)) => unknown.push(x),
            }
        }
        if unknown.is_empty() {
            self.limits = Some(limits_at(peak, distances, peak.loglike - self.zero));
        }
        unknown
    }
}

/// Profiles of the norms of some free sources with the rest of the model held, by source; a source is missing where the pass cannot serve it:
/// others are to be fitted again, its norm is fixed, not at its maximum, has a prior or is no plain factor. `angular` tells the angular
/// integral of a source, if it is known.
pub(crate) fn profiles_of_norms(
    session: &mut Session,
    sources: &[SourceId],
    options: &ProfileOptions,
    angular: impl Fn(SourceId) -> Option<Angular>,
) -> Result<BTreeMap<SourceId, Profile>> {
    let mut profiles = BTreeMap::new();
    if options.reoptimize || options.xvals.is_some() || sources.is_empty() {
        return Ok(profiles);
    }
    for mut search in search_together(session, sources, options.npts)? {
        let (Some(xvals), id) = (search.xvals.take(), search.id) else { continue };
        let at = |x: &f64| search.visited.iter().find(|(at, _)| at == x).map(|(_, loglike)| *loglike);
        let Some(limits) = search.limits else { continue };
        let Some(loglike) = xvals.iter().map(at).collect::<Option<Vec<f64>>>() else { continue };
        let (source, angular) = (&session.roi[id.source], angular(id.source));
        let described = describe(session, source, id.parameter, (&xvals, angular.as_ref()))?;
        let dloglike = loglike.iter().map(|l| l - search.peak.loglike).collect();
        let calls = search.visited.len();
        profiles
            .insert(id.source, Profile { xvals, loglike, dloglike, calls, exact_limits: Some(limits), ..described });
    }
    Ok(profiles)
}

/// Runs all searches side by side.
fn search_together(session: &mut Session, sources: &[SourceId], npts: usize) -> Result<Vec<Search>> {
    let (free, values) = (session.roi.free_parameters(), session.roi.free_values());
    let (mut gradient, mut hessian) = (vec![0.0; free.len()], Array2::zeros((free.len(), free.len())));
    let Ok((roi, mut posterior)) = session.model_and_posterior() else { return Ok(Vec::new()) };
    let Ok(loglike) = posterior.hessian(&values, &mut gradient, &mut hessian) else { return Ok(Vec::new()) };
    let search = |(line, &source): (usize, &SourceId)| {
        if !sources.contains(&source) {
            return None;
        }
        let parameter = roi[source].spectrum().norm_index()?;
        let id = ParameterId { source, parameter };
        let row = free.iter().position(|free| *free == id)?;
        let norm = roi.parameter(id).ok().filter(|norm| norm.prior().is_none())?;
        let (x, range) = (norm.value(), norm_range(norm.value()));
        let (step, is_elsewhere) = first_step(x, gradient[row], -hessian[[row, row]], range);
        let peak = Peak { x, loglike, step };
        let top = top_beside(x, gradient[row], -hessian[[row, row]], range);
        let (visited, zero) = (Vec::new(), loglike);
        let search = Search { id, line, peak, range, visited, xvals: None, top, zero, limits: None };
        (!is_elsewhere).then_some(search)
    };
    let lines = posterior.norm_lines(&values)?;
    let mut searches: Vec<Search> = lines.sources().iter().enumerate().filter_map(search).collect();
    let mut reach = vec![0.0; lines.sources().len()];
    for search in &mut searches {
        reach[search.line] = REACH * search.peak.step;
        search.visited.push((search.peak.x, loglike));
    }
    let changes = lines.within(&reach)?;
    for _ in 0..ROUNDS {
        let wanted: Vec<Vec<f64>> = searches.iter_mut().map(|search| search.wants(npts)).collect();
        let all = searches.iter().zip(&wanted).flat_map(|(search, xs)| xs.iter().map(move |x| (search.line, *x)));
        let points: Vec<(usize, f64)> = all.collect();
        if points.is_empty() {
            break;
        }
        let mut found = changes.of(&points)?.into_iter();
        for (search, xs) in searches.iter_mut().zip(wanted) {
            search.visited.extend(xs.into_iter().zip(found.by_ref()).map(|(x, change)| (x, loglike + change)));
        }
    }
    Ok(searches)
}
