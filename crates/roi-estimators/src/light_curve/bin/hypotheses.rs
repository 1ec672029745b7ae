//! A bin under the hypothesis that the source is as at the whole time, and with the shape of the whole time.

use roi_fit::{Analysis, Pars, Session, SourceProperties};
use roi_model::Roi;

use crate::curve::session_curve::is_impossible;
use crate::error::Result;
use crate::light_curve::bin::ladder::ts_of;
use crate::light_curve::bin::plan::Plan;
use crate::light_curve::bin::room::Roomy;
use crate::light_curve::bin::time_bin::FixedShape;

/// Others of a TS up to these are held, one after the other until both fits are good enough.
const WEAK: [f64; 5] = [f64::NEG_INFINITY, 4.0, 9.0, 16.0, 25.0];
/// How far two `logL` may be apart that are compared: what fits leave.
const ROUNDING: f64 = 0.01;

/// The two fits, or why there are none.
pub(crate) enum Compared {
    Fixed(Box<FixedShape>),
    Not(String),
}

/// Fits the source of the whole time, held, and with its norm free: `own` has its spectrum of the whole time with bounds for the bin. The freedom of others is that of the analysis at the call, but for weak ones.
pub(crate) fn compare(analysis: &mut Analysis, plan: &Plan, own: &Roomy) -> Result<Compared> {
    let (free, start) = (analysis.free_vector(), analysis.roi().clone());
    let ts: Vec<f64> = start.sources().iter().map(|source| ts_of(analysis, source.name())).collect();
    let mut why = String::new();
    let mut tried: Vec<Vec<bool>> = Vec::new();
    for weak in WEAK {
        *analysis.roi_mut() = start.clone();
        analysis.set_free_vector(&held(&start, plan, &free, (&ts, weak)))?;
        if tried.contains(&analysis.free_vector()) {
            continue;
        }
        tried.push(analysis.free_vector());
        let model = analysis.roi()[plan.source].with_spectrum(own.spectrum.clone());
        analysis.roi_mut()[plan.source] = model;
        analysis.free_source(&plan.name, false, &Pars::Names(names(plan)))?;
        let constant = match fit_others(analysis, plan)? {
            Ok(loglike) => loglike,
            Err(message) => {
                why = format!("the fit with the source of the whole time: {message}");
                continue;
            }
        };
        analysis.free_norm(&plan.name, true)?;
        own.begin(analysis.roi_mut(), plan)?;
        let fixed = analysis.fit(&plan.fit.clone().with_scan(true))?;
        if !fixed.fit_success {
            why = format!("the fit with the shape of the whole time: {}", fixed.message);
            continue;
        }
        return Ok(Compared::Fixed(Box::new(found(analysis, plan, [constant, fixed.loglike])?)));
    }
    Ok(Compared::Not(why))
}

/// `logL` with the source held and what else is free fitted, or why not. With nothing free it is that of the model as it stands.
fn fit_others(analysis: &mut Analysis, plan: &Plan) -> Result<std::result::Result<f64, String>> {
    if analysis.roi().free_parameters().is_empty() {
        return Ok(Ok(analysis.loglike()?));
    }
    let fit = analysis.fit(&plan.fit.clone().with_update(false))?;
    Ok(if fit.fit_success { Ok(fit.loglike) } else { Err(fit.message) })
}

/// Which parameters are free when others of a TS up to `weak` are held.
fn held(model: &Roi, plan: &Plan, free: &[bool], (ts, weak): (&[f64], f64)) -> Vec<bool> {
    let is_weak = |id: roi_model::SourceId| id != plan.source && ts[id.position()] <= weak && weak.is_finite();
    model.parameters().zip(free).map(|((id, _), free)| *free && !is_weak(id.source)).collect()
}

/// The names of the source's parameters.
fn names(plan: &Plan) -> Vec<String> {
    plan.spectrum.parameters().iter().map(|parameter| parameter.name().to_owned()).collect()
}

/// What the two fits say, and whether they agree.
fn found(analysis: &Analysis, plan: &Plan, [mut constant, fixed]: [f64; 2]) -> Result<FixedShape> {
    let source = analysis.properties(&plan.name)?.clone();
    let floor = floor(analysis.session(), plan)?;
    if constant < floor - ROUNDING {
        // The fit of the whole time's source stopped short: from where the other one ended the way is free.
        constant = again(analysis, plan)?.map_or(constant, |again| again.max(constant));
    }
    let excluded = if constant < floor - ROUNDING {
        Some(format!(
            "logL of the constant source, {constant:.3}, is below {floor:.3}, which it has with the others of the other fit"
        ))
    } else if constant > fixed + ROUNDING {
        Some(format!("logL of the constant source, {constant:.3}, is above {fixed:.3}, that with its norm fitted"))
    } else {
        None
    };
    let norm = plan.norm_const();
    let now = source.parameters.get(plan.norm).map_or(f64::NAN, |parameter| parameter.value);
    let ratio = |norm_now: f64| Some(norm_now / norm).filter(|ratio| ratio.is_finite());
    Ok(FixedShape {
        loglike_const: constant,
        loglike_fixed: fixed,
        ratio: ratio(now),
        ratio_err: ratio_error(&source, plan),
        source,
        excluded,
    })
}

/// `logL` with the norm of the whole time, everything else as the fit of the norm left it: no fit of the others can end below. Minus infinity where the data
/// are impossible then.
fn floor(session: &Session, plan: &Plan) -> Result<f64> {
    let mut session = with_norm_const(session, plan)?;
    match session.loglike() {
        Err(error) if is_impossible(&error) => Ok(f64::NEG_INFINITY),
        other => Ok(other?),
    }
}

/// The fit of the source of the whole time from there.
fn again(analysis: &Analysis, plan: &Plan) -> Result<Option<f64>> {
    let mut session = with_norm_const(analysis.session(), plan)?;
    let fit = roi_fit::fit(&mut session, &plan.fit, &mut roi_fit::Quiet)?;
    Ok(fit.fit_success.then_some(fit.loglike))
}

fn with_norm_const(session: &Session, plan: &Plan) -> Result<Session> {
    let mut session = session.clone();
    let parameter = &mut session.roi_mut()[plan.source].spectrum_mut().parameters_mut()[plan.norm];
    parameter.set_value(plan.norm_const())?;
    parameter.set_free(false);
    Ok(session)
}

/// The error of the flux over that of the whole time: that of the fit; where the norm ended at a bound, that of its profile upwards.
fn ratio_error(source: &SourceProperties, plan: &Plan) -> Option<f64> {
    let parameter = source.parameters.get(plan.norm)?;
    let is_bounded = parameter.min < parameter.max;
    let is_inside = !is_bounded || (parameter.min < parameter.value && parameter.value < parameter.max);
    let of_flux = source.number("flux_err").zip(plan.whole.number("flux")).map(|(error, flux)| error / flux);
    let of_norm = |error: f64| (error / plan.norm_const()).abs();
    let of_fit = of_flux.or(parameter.error.map(of_norm)).filter(|_| is_inside);
    let is_error = |error: &f64| error.is_finite() && *error > 0.0;
    let upwards = source.norm_limits.and_then(|limits| limits.err_hi).map(of_norm);
    of_fit.filter(is_error).or(upwards.filter(is_error))
}
