//! Time bins of little exposure, of few counts or none: each has a limit, that of the likelihood.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[path = "support/time_slices.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod time_slices;

use roi_estimators::{LightCurve, LightCurveOptions, LightCurveRun, TimeBin, light_curve};
use roi_fit::{OptimizeOptions, Quiet, Session};
use roi_model::{ParameterId, Pars};
use time_slices::{Observed, Sky};

/// `z^2 / 2` at 95 %.
const FALL: f64 = 1.352_771_727;

/// From an orbit in a day to milliseconds of years.
const SHARES: [f64; 5] = [0.1, 1e-3, 1e-5, 1e-7, 1e-10];

fn curve_of(observed: &Observed, options: &LightCurveOptions) -> LightCurve {
    light_curve(&observed.whole, &observed.name, &observed.slices, options, LightCurveRun::new(&mut Quiet)).unwrap()
}

/// A light curve whose middle bins are these.
fn with_bins(sky: &Sky, bins: &[Session]) -> Observed {
    let mut observed = sky.observe(&vec![1.0; bins.len() + 2], 21);
    for (slice, bin) in observed.slices.sessions.iter_mut().skip(1).zip(bins) {
        *slice = Ok(bin.clone());
    }
    observed
}

/// Every way in which the freedom of a bin can be chosen.
fn all_freedoms(observed: &Observed) -> Vec<(&'static str, LightCurveOptions)> {
    let source = observed.whole.roi().source(&observed.name).unwrap().spectrum();
    let names = |pars: Pars| -> Vec<String> {
        pars.indices(source).iter().map(|index| source.parameters()[*index].name().to_owned()).collect()
    };
    let plain = LightCurveOptions::default;
    vec![
        ("as it is", plain()),
        ("norm alone", plain().with_free_params(names(Pars::Norm))),
        ("norm and shape on every rung", plain().with_free_params(names(Pars::All))),
        ("shapes whatever the TS", plain().with_shape_ts_threshold(-1.0)),
        ("others near by", plain().with_free_radius(Some(10.0))),
        ("all norms", plain().with_free_radius(Some(10.0)).with_free_diffuse(true)),
        ("what is free in the model", plain().with_free_background(true)),
    ]
}

/// Predicted counts of the source of the whole time at a norm of 1.
fn counts_per_norm(observed: &Observed, session: &Session) -> f64 {
    let source = observed.whole.roi().source(&observed.name).unwrap();
    let norm = source.spectrum().norm_index().unwrap();
    session.data().npred(source).unwrap() / source.spectrum().parameters()[norm].value()
}

/// The lower bound of its norm.
fn least_norm(observed: &Observed) -> f64 {
    let spectrum = observed.whole.roi().source(&observed.name).unwrap().spectrum();
    spectrum.parameters()[spectrum.norm_index().unwrap()].min()
}

/// The flux of the source of the whole time at a norm of 1.
fn flux_per_norm(observed: &Observed, found: &LightCurve) -> f64 {
    let source = observed.whole.roi().source(&observed.name).unwrap();
    found.flux_const().unwrap() / source.spectrum().parameters()[source.spectrum().norm_index().unwrap()].value()
}

fn assert_close(found: f64, expected: f64, relative: f64, what: &str) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{what}: {found} and {expected}");
}

#[test]
fn a_bin_without_counts_has_the_limit_in_closed_form_whatever_its_exposure_and_what_is_free() {
    let sky = Sky::new(20.0);
    let bins = SHARES.map(|share| sky.nothing(share));
    let observed = with_bins(&sky, &bins);
    for (what, options) in all_freedoms(&observed) {
        let found = curve_of(&observed, &options);
        for ((bin, session), share) in found.bins.iter().skip(1).zip(&bins).zip(SHARES) {
            let what = format!("{what}, {share} of the exposure: {} {:?}", bin.message, bin.attempts.last());
            assert!(bin.fit_success() && bin.is_ul && bin.counts == 0.0, "{what}");
            // Without counts logL falls by one a predicted count.
            let limit = bin.limit.unwrap();
            assert_close(limit.norm, FALL / counts_per_norm(&observed, session), 1e-5, &what);
            // A shape that was fitted before has another.
            if what.starts_with("norm alone") {
                assert_close(limit.flux.unwrap(), flux_per_norm(&observed, &found) * limit.norm, 1e-5, &what);
            }
            let bayes = bin.limit_bayes.unwrap();
            assert_close(bayes.norm, -f64::ln(1.0 - 0.95) / counts_per_norm(&observed, session), 1e-5, &what);
            assert_close(bayes.flux.unwrap() / limit.flux.unwrap(), bayes.norm / limit.norm, 1e-12, &what);
            assert!(limit.flux.is_some_and(|flux| flux > 0.0) && limit.eflux.is_some_and(|flux| flux > 0.0), "{what}");
            // The norm ends at its lower bound, which is not quite 0.
            let least = least_norm(&observed) * counts_per_norm(&observed, session);
            assert!(bin.number("npred").unwrap() < 1.001 * least + 1e-6, "{what}");
            assert!(bin.number("ts").unwrap().abs() < 2.1 * least + 1e-6, "{what}");
            assert!(bin.message.contains("lower bound") && bin.attempts.last().unwrap().fit_success, "{what}");
            let fixed = bin.fixed.as_ref().unwrap_or_else(|| panic!("{what}: {}", bin.message_fixed));
            let expected = session.data().npred(observed.whole.roi().source(&observed.name).unwrap()).unwrap() - least;
            assert_close(fixed.loglike_fixed - fixed.loglike_const, expected, 1e-6, &what);
        }
        assert!(found.fit_success() && found.variability.excluded.is_empty(), "{what}: {:?}", found.variability);
        assert_eq!(found.variability.dof, found.bins.len() - 1, "{what}");
    }
}

/// The place of the maximum of `logL` along the norm, 0 or above, and that of the limit, all else held, by halving.
fn by_brute_force(observed: &Observed, session: &Session) -> (f64, f64) {
    let counts = counts_per_norm(observed, session);
    let mut session = session.clone();
    *session.roi_mut() = observed.whole.roi().clone();
    let source = session.roi().id_of(&observed.name).unwrap();
    let id = ParameterId { source, parameter: session.roi()[source].spectrum().norm_index().unwrap() };
    session.roi_mut().parameter_mut(id).unwrap().set_bounds(0.0, 0.0).unwrap();
    let mut at = |x: f64| {
        session.roi_mut().parameter_mut(id).unwrap().set_value(x).unwrap();
        session.loglike().unwrap()
    };
    let most = 1e3 / counts;
    let (mut low, mut high) = (0.0, most);
    for _ in 0..200 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if at(a) > at(b) { high = b } else { low = a }
    }
    let (peak, top) = (low, at(low));
    let (mut inside, mut outside) = (peak, most);
    for _ in 0..200 {
        let middle = 0.5 * (inside + outside);
        if at(middle) < top - FALL { outside = middle } else { inside = middle }
    }
    (peak, inside)
}

#[test]
fn few_counts_have_the_flux_and_the_limit_of_the_likelihood_beyond_all_bounds_of_the_whole_time() {
    let sky = Sky::new(20.0);
    for counts in [1.0, 2.0, 5.0] {
        let bins = SHARES.map(|share| sky.counts_at_source(counts, share));
        let observed = with_bins(&sky, &bins);
        // Nobody but the source is fitted, not even before.
        let others = observed.whole.roi().sources().iter().map(|source| source.name().to_owned());
        let skip = others.filter(|name| *name != observed.name).collect();
        let options = LightCurveOptions::default()
            .with_shape_ts_threshold(f64::INFINITY)
            .with_roiopt(OptimizeOptions::default().with_skip(skip));
        let found = curve_of(&observed, &options);
        for ((bin, session), share) in found.bins.iter().skip(1).zip(&bins).zip(SHARES) {
            let what = format!("{counts} counts, {share} of the exposure: {}", bin.message);
            assert!(bin.fit_success(), "{what}");
            let (peak, limit) = by_brute_force(&observed, session);
            assert_close(bin.limit.unwrap().norm, limit, 1e-5, &what);
            let norm = norm_of(&observed, bin);
            // As near as fits come to a maximum.
            assert!((norm - peak).abs() < 0.01 * (limit - peak), "{what}: {norm} {peak}");
            assert_close(bin.number("flux").unwrap(), norm * flux_per_norm(&observed, &found), 1e-6, &what);
            assert_close(bin.limit.unwrap().flux.unwrap(), limit * flux_per_norm(&observed, &found), 1e-5, &what);
            assert!(bin.fixed.is_some(), "{what}: {}", bin.message_fixed);
        }
        // With next to no exposure the source is where the counts are, and the limit is that of a Poisson mean without background.
        let last = found.bins.iter().rev().nth(1).unwrap();
        let scale = counts_per_norm(&observed, bins.last().unwrap());
        assert_close(norm_of(&observed, last) * scale, f64::from(counts), 1e-2, &last.message);
        let fall = |mean: f64| mean - f64::from(counts) - f64::from(counts) * (mean / f64::from(counts)).ln();
        assert_close(fall(last.limit.unwrap().norm * scale), FALL, 1e-3, &last.message);
        assert!(last.message.contains("upper bound"), "{}", last.message);
    }
}

fn norm_of(observed: &Observed, bin: &TimeBin) -> f64 {
    let norm = observed.whole.roi().source(&observed.name).unwrap().spectrum().norm_index().unwrap();
    bin.source.as_ref().unwrap().parameters[norm].value
}

#[test]
fn bounds_that_leave_room_stay_as_they_are() {
    let sky = Sky::new(20.0);
    let observed = sky.observe(&[1.0; 3], 22);
    let found = curve_of(&observed, &LightCurveOptions::default());
    let norm = observed.whole.roi().source(&observed.name).unwrap().spectrum().norm_index().unwrap();
    let whole = &observed.whole.roi().source(&observed.name).unwrap().spectrum().parameters()[norm];
    for bin in &found.bins {
        let parameter = &bin.source.as_ref().unwrap().parameters[norm];
        assert_eq!((parameter.min, parameter.max), (whole.min(), whole.max()), "{}", bin.message);
        assert!(!bin.message.contains("bound"), "{}", bin.message);
    }
}

#[test]
fn a_bound_is_raised_for_a_flare_that_it_cuts_and_for_no_other_one() {
    let sky = Sky::new(20.0);
    // The flare is 2.25 times the mean.
    for (bound, is_cut) in [(3.5, false), (2.0, true)] {
        let mut observed = sky.observe(&[1.0, 6.0, 1.0], 23);
        let name = observed.name.clone();
        let norm = norm_id(&observed);
        let parameter = observed.whole.roi_mut().parameter_mut(norm).unwrap();
        let (value, min) = (parameter.value(), parameter.min());
        parameter.set_bounds(min, bound * value).unwrap();
        let found = curve_of(&observed, &LightCurveOptions::default());
        let bin = &found.bins[1];
        let what = format!("{name}, bound {bound}: {}", bin.message);
        assert!(bin.fit_success() && !bin.is_ul, "{what}");
        let ratio = norm_of(&observed, bin) / value;
        assert!((ratio - 2.25).abs() < 0.2, "{what}: {ratio}");
        assert_eq!(bin.message.contains("raised"), is_cut, "{what}");
        let now = bin.source.as_ref().unwrap().parameters[norm.parameter].max;
        assert_eq!(now == bound * value, !is_cut, "{what}: {now}");
    }
}

fn norm_id(observed: &Observed) -> ParameterId {
    let source = observed.whole.roi().id_of(&observed.name).unwrap();
    ParameterId { source, parameter: observed.whole.roi()[source].spectrum().norm_index().unwrap() }
}

#[test]
fn a_norm_that_is_held_stays_where_it_is_however_faint_the_bin() {
    let sky = Sky::new(20.0);
    let bins = SHARES.map(|share| sky.counts_at_source(2.0, share));
    let mut observed = with_bins(&sky, &bins);
    let norm = norm_id(&observed);
    let value = observed.whole.roi().parameter(norm).unwrap().value();
    let (name, parameter) = {
        let source = &observed.whole.roi()[norm.source];
        (source.name().to_owned(), source.spectrum().parameters()[norm.parameter].name().to_owned())
    };
    observed.whole.lock_parameter(&name, &parameter, true).unwrap();
    for (what, options) in all_freedoms(&observed) {
        for bin in curve_of(&observed, &options).bins.iter().skip(1).filter(|bin| bin.fit_success()) {
            assert_eq!(norm_of(&observed, bin), value, "{what}: {}", bin.message);
            assert!(
                !bin.message.contains("raised") && !bin.message.contains("norm alone was fitted"),
                "{what}: {}",
                bin.message
            );
        }
    }
}
