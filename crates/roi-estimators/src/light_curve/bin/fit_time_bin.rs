//! All that is done with a time bin.

use std::ops::ControlFlow;

use roi_fit::{Analysis, Event, Progress, StopSignal};
use roi_model::ParameterId;

use crate::error::Result;
use crate::light_curve::bin::flux_limit::flux_limits;
use crate::light_curve::bin::hypotheses::{Compared, compare};
use crate::light_curve::bin::ladder::{NORM_ALONE, climb_ladder};
use crate::light_curve::bin::plan::Plan;
use crate::light_curve::bin::room::{Raised, with_room};
use crate::light_curve::bin::time_bin::{BinAttempt, BinStatus, TimeBin};
use crate::light_curve::time_data::BinData;

/// Ends the fits of a bin when the signal is up, and sees nothing else.
struct Stopping(StopSignal);

impl Progress for Stopping {
    fn event(&mut self, _event: &Event) -> ControlFlow<()> {
        if self.0.is_up() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_up()
    }

    fn stop_signal(&self) -> StopSignal {
        self.0.clone()
    }
}

/// The record of a bin: what cannot be made or fitted is told there, and never an error.
pub(crate) fn fit_time_bin(times: (f64, f64), data: Result<BinData>, plan: &Plan, stop: &StopSignal) -> TimeBin {
    let data = match data {
        Ok(data) => data,
        Err(error) => {
            return TimeBin::unknown(times, BinStatus::Failed, format!("the data could not be made: {error}"));
        }
    };
    let BinData { session, good_time, livetime, maps } = data;
    let session = match session {
        Ok(session) => session,
        Err(why) => {
            return TimeBin { good_time, livetime, ..TimeBin::unknown(times, BinStatus::NoData, why) };
        }
    };
    let counts = session.data().total_counts();
    let blank = TimeBin::unknown(times, BinStatus::Failed, "");
    let mut bin = TimeBin { good_time, livetime, counts, maps, ..blank };
    // A source that the bin does not see has no flux there.
    match session.data().npred(&plan.roi[plan.source]) {
        Ok(npred) if npred > 0.0 || plan.norm_const() == 0.0 => {}
        Ok(_) => {
            let why = "the source was not in view in this bin: it predicts no counts";
            return TimeBin { status: BinStatus::NoData, message: why.into(), ..bin };
        }
        Err(error) => return TimeBin { message: error.to_string(), ..bin },
    }
    let mut session = session.on_one_thread();
    *session.roi_mut() = plan.roi.clone();
    let analysis = plan.companion.analysis(session, Box::new(Stopping(stop.clone())));
    let done = analysis.map_err(Into::into).and_then(|mut analysis| fit_all(&mut analysis, plan, &mut bin));
    if let Err(error) = done {
        (bin.status, bin.message) = (BinStatus::Failed, error.to_string());
    }
    bin
}

/// Optimizes, climbs the ladder, and compares with the whole time; what was found until an error stands.
fn fit_all(analysis: &mut Analysis, plan: &Plan, bin: &mut TimeBin) -> Result<()> {
    let own = with_room(analysis, plan)?;
    if own.raised.is_some() {
        let source = analysis.roi()[plan.source].with_spectrum(own.spectrum.clone());
        analysis.roi_mut()[plan.source] = source;
        own.begin(analysis.roi_mut(), plan)?;
    }
    analysis.optimize(&plan.optimize)?;
    let climbed = climb_ladder(analysis, plan)?;
    bin.attempts = climbed.attempts;
    bin.num_free_params = bin.attempts.last().map_or(0, |attempt| attempt.free.len());
    let known = climbed.fit.as_ref().map(|_| analysis.properties(&plan.name).cloned()).transpose()?;
    let mut words = words(bin.attempts.last(), (climbed.fit.is_some(), own.raised.as_ref()));
    if let (Some(fit), Some(known)) = (climbed.fit, known) {
        (bin.status, bin.loglike) = (BinStatus::Fitted, Some(fit.loglike));
        bin.is_ul = known.ts.is_none_or(|ts| ts < plan.options.ul_ts_threshold);
        words.extend(at_lower_bound(analysis, plan)?);
        // The fit stands, whatever becomes of its limit.
        match flux_limits(analysis, plan, (&known, bin.is_ul)) {
            Ok(limits) => (bin.limit, bin.limit_bayes) = (limits.of_profile, limits.of_integral),
            Err(error) => words.push(format!("no upper limit: {error}")),
        }
        bin.source = Some(known);
    }
    bin.message = words.join("; ");
    match compare(analysis, plan, &own) {
        Ok(Compared::Fixed(fixed)) => bin.fixed = Some(*fixed),
        Ok(Compared::Not(why)) => bin.message_fixed = why,
        Err(error) => bin.message_fixed = error.to_string(),
    }
    Ok(())
}

/// What is to be said of the last fit: how it ended, that it was good enough with the norm alone, that bounds were raised.
fn words(last: Option<&BinAttempt>, (is_fitted, raised): (bool, Option<&Raised>)) -> Vec<String> {
    let mut words: Vec<String> = last.map(|attempt| attempt.message.clone()).into_iter().collect();
    if is_fitted && last.is_some_and(|attempt| attempt.rung == NORM_ALONE && !attempt.free.is_empty()) {
        words.push("with what else was to be free no fit was good enough: the norm alone was fitted".to_owned());
    }
    words.extend(raised.map(|raised| raised.note.clone()));
    words
}

/// That the fit of the norm ended at its lower bound.
fn at_lower_bound(analysis: &Analysis, plan: &Plan) -> Result<Option<String>> {
    let norm = analysis.roi().parameter(ParameterId { source: plan.source, parameter: plan.norm })?;
    let is_there = norm.is_free() && norm.min() < norm.max() && norm.value() <= norm.min();
    Ok(is_there.then(|| format!("{} ended at its lower bound, {}", norm.name(), norm.min())))
}
