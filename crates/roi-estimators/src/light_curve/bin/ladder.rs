//! The ladder of fits of a bin: each rung frees less than the one before, until a fit is good enough.
//!
//! Before it the norms of source and others are fitted once, by whose TS is decided. Rungs: 0 norms, and shapes above `shape_ts_threshold`; 1 norms alone; 2
//! and 3 without others of a TS up to 4 and 9; 4 as 3, of others only those within a degree of the source; 5 the norm of the source alone. A rung that would
//! free the same as one before is left out. `free_params` are what is free of the source on all but the last one.

use roi_fit::{Analysis, FitResult, Pars};

use crate::error::Result;
use crate::light_curve::bin::plan::Plan;
use crate::light_curve::bin::time_bin::BinAttempt;

/// The rungs with others.
const RUNGS: usize = 5;
/// The TS up to which others are held on a rung.
const WEAK: [f64; RUNGS] = [f64::NEG_INFINITY, f64::NEG_INFINITY, 4.0, 9.0, 9.0];
/// The last one: whatever else was to be free, a bin in which the source is in view has a flux or a limit.
pub(crate) const NORM_ALONE: usize = RUNGS;
/// How far others may be on the last rung with others, degrees.
const NEAR: f64 = 1.0;

/// What the ladder came to.
pub(crate) struct Climbed {
    pub(crate) attempts: Vec<BinAttempt>,
    /// The fit that was good enough.
    pub(crate) fit: Option<FitResult>,
}

/// Climbs the ladder; the analysis has the model of the fit that was good enough, or, without any, that of the start, and the freedom of the last fit.
pub(crate) fn climb_ladder(analysis: &mut Analysis, plan: &Plan) -> Result<Climbed> {
    let mut others = first_fit(analysis, plan)?;
    // The strongest; those without a TS come last. The order of equals is that of the model.
    others.sort_by(|a, b| ts_of(analysis, b).total_cmp(&ts_of(analysis, a)));
    others.truncate(plan.options.max_free_sources);
    let has_shape = |name: &str| ts_of(analysis, name) > plan.options.shape_ts_threshold;
    let shaped: Vec<String> = others.iter().chain([&plan.name]).filter(|name| has_shape(name)).cloned().collect();
    let mut tried: Vec<Vec<bool>> = Vec::new();
    let mut attempts = Vec::new();
    for rung in 0..RUNGS {
        let shaped = if rung == 0 { &shaped[..] } else { &[] };
        let on_rung: Vec<&str> =
            others.iter().map(String::as_str).filter(|name| stays(analysis, plan, name, rung)).collect();
        set_free(analysis, plan, &on_rung, shaped)?;
        if let Some(fit) = fit_rung(analysis, plan, (rung, &mut tried, &mut attempts))? {
            return Ok(Climbed { attempts, fit: Some(fit) });
        }
    }
    analysis.fix_all()?;
    analysis.free_norm(&plan.name, true)?;
    let fit = fit_rung(analysis, plan, (NORM_ALONE, &mut tried, &mut attempts))?;
    Ok(Climbed { attempts, fit })
}

/// Fits what is free on a rung, unless that was tried before; the fit, where it was good enough.
fn fit_rung(
    analysis: &mut Analysis,
    plan: &Plan,
    (rung, tried, attempts): (usize, &mut Vec<Vec<bool>>, &mut Vec<BinAttempt>),
) -> Result<Option<FitResult>> {
    let free = analysis.free_vector();
    if tried.contains(&free) {
        return Ok(None);
    }
    tried.push(free);
    let fit = analysis.fit(&plan.fit.clone().with_scan(true))?;
    attempts.push(told(&fit, rung));
    Ok(Some(fit).filter(|fit| fit.fit_success))
}

/// Fits the norms of source and others, for their TS; returns the others. A fit that fails leaves what the optimization has found.
fn first_fit(analysis: &mut Analysis, plan: &Plan) -> Result<Vec<String>> {
    let others: Vec<&str> = plan.others.iter().map(String::as_str).collect();
    set_free(analysis, plan, &others, &[])?;
    analysis.fit(&plan.fit)?;
    Ok(plan.others.clone())
}

/// The TS of the last fit that freed a source; below every number without one.
pub(crate) fn ts_of(analysis: &Analysis, name: &str) -> f64 {
    let ts = analysis.properties(name).ok().and_then(|known| known.ts);
    ts.filter(|ts| !ts.is_nan()).unwrap_or(f64::NEG_INFINITY)
}

/// Whether another source is free on a rung.
fn stays(analysis: &Analysis, plan: &Plan, name: &str, rung: usize) -> bool {
    let is_near = || {
        let at = |name: &str| analysis.roi().source(name).ok()?.direction();
        at(&plan.name).zip(at(name)).is_some_and(|(center, at)| center.separation(&at) < NEAR)
    };
    ts_of(analysis, name) > WEAK[rung] && (rung + 1 < RUNGS || is_near())
}

/// Fixes everything, and frees the norms of source and others, and the shapes of some; then what is free in any case.
fn set_free(analysis: &mut Analysis, plan: &Plan, others: &[&str], shaped: &[String]) -> Result<()> {
    analysis.fix_all()?;
    for name in others.iter().copied().chain([plan.name.as_str()]) {
        let pars = if shaped.iter().any(|other| other == name) { Pars::All } else { Pars::Norm };
        if name != plan.name || plan.options.free_params.is_empty() {
            analysis.free_source(name, true, &pars)?;
        }
    }
    if !plan.options.free_params.is_empty() {
        analysis.free_source(&plan.name, true, &Pars::Names(plan.options.free_params.clone()))?;
    }
    for name in &plan.diffuse {
        analysis.free_source(name, true, &Pars::Norm)?;
    }
    if let Some(background) = &plan.background {
        // What was free of the source itself is for the rungs to say.
        let own = analysis.roi().parameters().map(|(id, _)| id.source == plan.source).collect::<Vec<_>>();
        let now = analysis.free_vector();
        let all = now.iter().zip(background).zip(own).map(|((now, before), own)| *now || (*before && !own));
        let all: Vec<bool> = all.collect();
        analysis.set_free_vector(&all)?;
    }
    Ok(())
}

/// A fit as an attempt.
fn told(fit: &FitResult, rung: usize) -> BinAttempt {
    let free = fit.src_names.iter().zip(&fit.par_names).map(|(source, parameter)| format!("{source}: {parameter}"));
    BinAttempt {
        rung,
        free: free.collect(),
        fit_success: fit.fit_success,
        fit_quality: fit.fit_quality,
        fit_status: fit.fit_status,
        message: fit.message.clone(),
    }
}
