//! What a profile promises: the likelihood itself at its points, limits where they are, and a model left alone.

use roi_fit::{Analysis, FitOptions, Pars, Profile, ProfileOptions, Selection};
use roi_model::Prior;

use crate::region::{analysis, analysis_with, small_region};

/// Name of the point source with the most predicted counts, and of the one with the fewest.
fn brightest_and_faintest(analysis: &Analysis) -> [String; 2] {
    let points = || analysis.roi().sources().iter().filter(|s| s.spatial().is_point()).map(|s| s.name().to_owned());
    let npred = |name: &String| analysis.properties(name).unwrap().npred;
    [
        points().max_by(|a, b| npred(a).total_cmp(&npred(b))).unwrap(),
        points().min_by(|a, b| npred(a).total_cmp(&npred(b))).unwrap(),
    ]
}

fn fitted() -> Analysis {
    let mut analysis = analysis();
    analysis.free_sources(&Selection::all(), Pars::Norm, true).unwrap();
    let result = analysis.fit(&options(false)).unwrap();
    assert!(result.fit_success, "{}", result.message);
    analysis
}

fn options(minos: bool) -> FitOptions {
    let mut options = FitOptions::default();
    (options.update, options.minos) = (false, minos);
    options.optimizer = "NEWTON".into();
    options.tol = 1e-8;
    options
}

fn set(analysis: &mut Analysis, name: &str, parameter: &str, value: f64) {
    let parameter = analysis.roi_mut().source_mut(name).unwrap().spectrum_mut().parameter_mut(parameter).unwrap();
    parameter.set_bounds(0.0, 0.0).unwrap();
    parameter.set_value(value).unwrap();
}

/// `logL` with one parameter moved and the rest held.
fn loglike_at(analysis: &mut Analysis, name: &str, parameter: &str, value: f64) -> f64 {
    let state = analysis.roi().state();
    set(analysis, name, parameter, value);
    let loglike = analysis.loglike().unwrap();
    analysis.roi_mut().restore(&state).unwrap();
    loglike
}

fn norm_of(analysis: &Analysis, name: &str) -> (String, f64) {
    let spectrum = analysis.roi().source(name).unwrap().spectrum();
    let norm = &spectrum.parameters()[spectrum.norm_index().unwrap()];
    (norm.name().to_owned(), norm.value())
}

#[test]
fn points_are_the_likelihood_and_the_limit_is_where_it_falls() {
    let mut analysis = fitted();
    for name in brightest_and_faintest(&analysis) {
        let (norm, value) = norm_of(&analysis, &name);
        let before = (analysis.roi().state(), analysis.loglike().unwrap());
        let profile = analysis.profile_norm(&name, &ProfileOptions::default()).unwrap();
        assert_eq!((analysis.roi().state(), analysis.loglike().unwrap()), before, "the model is left alone");
        assert_eq!((profile.xvals.len(), profile.par_name.as_str()), (20, norm.as_str()));
        assert!(profile.xvals.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", profile.xvals);
        for (&x, &loglike) in profile.xvals.iter().zip(&profile.loglike) {
            let direct = loglike_at(&mut analysis, &name, &norm, x);
            approx::assert_relative_eq!(loglike, direct, max_relative = 1e-12);
        }
        let scale = analysis.roi().source(&name).unwrap().spectrum().parameter(&norm).unwrap().scale();
        for (index, &x) in profile.xvals.iter().enumerate() {
            assert_eq!(profile.dloglike[index], profile.loglike[index] - before.1);
            assert_eq!(profile.dnde[index], x * scale);
            approx::assert_relative_eq!(
                profile.flux[index] / x,
                profile.flux[0] / profile.xvals[0],
                max_relative = 1e-12
            );
            approx::assert_relative_eq!(
                profile.npred[index] / x,
                profile.npred[0] / profile.xvals[0],
                max_relative = 1e-9
            );
        }
        assert!(profile.calls <= 30, "{} passes for 20 points", profile.calls);

        // The fit is at the maximum; the upper limit by bisection of the likelihood itself.
        let limits = profile.limits();
        let (mut inside, mut outside) = (value, 10.0 * value);
        for _ in 0..60 {
            let middle = 0.5 * (inside + outside);
            let is_out = loglike_at(&mut analysis, &name, &norm, middle) < before.1 - 1.352_771_727;
            if is_out { outside = middle } else { inside = middle }
        }
        let width = inside - value;
        assert!((limits.ul.unwrap() - inside).abs() < 5e-3 * width, "{name}: {limits:?} {inside}");
        assert!((limits.x0.unwrap() - value).abs() < 5e-3 * width, "{name}: {limits:?} {value}");
        let drop = before.1 - profile.loglike.last().unwrap();
        assert!((drop - 2.706).abs() < 0.11, "{drop}");
    }
}

#[test]
fn refitted_profiles_have_the_errors_of_minos() {
    let mut analysis = fitted();
    let [name, _] = brightest_and_faintest(&analysis);
    analysis.free_source(&name, true, &Pars::Names(vec!["alpha".into()])).unwrap();
    let result = analysis.fit(&options(true)).unwrap();
    let before = analysis.roi().state();
    for parameter in ["norm", "alpha"] {
        let row = (0..result.par_names.len())
            .find(|&row| result.src_names[row] == name && result.par_names[row] == parameter)
            .unwrap();
        let options = ProfileOptions::default().with_reoptimize(true).with_fix_shape(false);
        let profile = analysis.profile(&name, parameter, &options).unwrap();
        assert_eq!(analysis.roi().state(), before);
        let limits = profile.limits();
        let [lower, upper] = result.minos.as_ref().unwrap()[row].map(Option::unwrap);
        assert!((limits.err_hi.unwrap() / upper - 1.0).abs() < 0.01, "{parameter}: {limits:?} {lower} {upper}");
        assert!((limits.err_lo.unwrap() / -lower - 1.0).abs() < 0.01, "{parameter}: {limits:?} {lower} {upper}");
        // With the others held the curve falls faster.
        let held = analysis.profile(&name, parameter, &ProfileOptions::default()).unwrap().limits();
        assert!(held.err.unwrap() < limits.err.unwrap());
        if parameter == "norm" {
            // The first point of a refitted profile of a norm is the null hypothesis.
            assert_eq!(profile.xvals[0], 0.0);
            let ts = analysis.ts(&name, true).unwrap();
            assert!(2.0 * -profile.dloglike[0] >= ts.ts - 1e-3, "{} {}", profile.dloglike[0], ts.ts);
            assert!((2.0 * -profile.dloglike[0] / ts.ts - 1.0).abs() < 1e-3, "{} {}", profile.dloglike[0], ts.ts);
        }
    }
}

#[test]
fn a_prior_takes_part() {
    let mut analysis = fitted();
    let [name, _] = brightest_and_faintest(&analysis);
    let (norm, value) = norm_of(&analysis, &name);
    let width = |analysis: &mut Analysis| {
        analysis.profile_norm(&name, &ProfileOptions::default()).unwrap().limits().err.unwrap()
    };
    let free = width(&mut analysis);
    analysis.set_parameter_prior(&name, &norm, Some(Prior::gaussian(value, free).unwrap())).unwrap();
    // Two equal weights: the error is smaller by the square root of two.
    approx::assert_relative_eq!(width(&mut analysis), free / 2f64.sqrt(), max_relative = 0.02);
}

fn checked(profile: &Profile) {
    assert_eq!(profile.xvals.len(), 20);
    assert!(profile.xvals.iter().all(|x| x.is_finite()), "{profile:?}");
    assert!(profile.loglike.iter().chain(&profile.dloglike).all(|l| !l.is_nan()), "{profile:?}");
    let limits = profile.limits();
    let all = [limits.x0, limits.ul, limits.ll, limits.err, limits.err_lo, limits.err_hi, limits.lnlmax];
    assert!(all.into_iter().flatten().all(f64::is_finite), "{limits:?}");
}

#[test]
fn no_state_of_a_source_is_too_odd() {
    let mut analysis = fitted();
    let [name, faint] = brightest_and_faintest(&analysis);
    let (norm, value) = norm_of(&analysis, &name);
    let state = analysis.roi().state();
    for reoptimize in [false, true] {
        let options = ProfileOptions::default().with_reoptimize(reoptimize);
        // At zero; far above and below the maximum.
        for start in [0.0, 1e-8 * value, 30.0 * value] {
            set(&mut analysis, &name, &norm, start);
            let before = analysis.roi().state();
            let profile = analysis.profile_norm(&name, &options).unwrap();
            checked(&profile);
            assert_eq!(analysis.roi().state(), before);
            let x0 = profile.limits().x0.unwrap();
            assert!((x0 / value - 1.0).abs() < 0.3, "from {start}: the maximum is at {x0}, not near {value}");
            analysis.roi_mut().restore(&state).unwrap();
        }
        // At a bound that keeps the normalisation from its maximum: bounds of norms do not bind a profile.
        let parameter = analysis.roi_mut().source_mut(&name).unwrap().spectrum_mut().parameter_mut(&norm).unwrap();
        parameter.set_bounds(0.0, 0.0).unwrap();
        parameter.set_value(0.5 * value).unwrap();
        parameter.set_bounds(0.0, 0.5 * value).unwrap();
        let profile = analysis.profile_norm(&name, &options).unwrap();
        checked(&profile);
        assert!((profile.limits().x0.unwrap() / value - 1.0).abs() < 0.3);
        analysis.roi_mut().restore(&state).unwrap();
        // Taken away, its scale times 1e-10: the limit is that much higher.
        let limit = analysis.profile_norm(&faint, &options).unwrap().limits().ul.unwrap();
        analysis.zero_source(&faint).unwrap();
        let zeroed = analysis.profile_norm(&faint, &options).unwrap();
        checked(&zeroed);
        let again = zeroed.limits().ul.unwrap() * 1e-10;
        assert!((again / limit - 1.0).abs() < 0.05, "{again} {limit}");
        analysis.unzero_source(&faint).unwrap();
        analysis.roi_mut().restore(&state).unwrap();
        // The only source there is at its place: without it counts have no model.
        let names: Vec<String> = analysis.roi().sources().iter().map(|s| s.name().to_owned()).collect();
        for other in names.iter().filter(|other| **other != "isodiff") {
            let (norm, _) = norm_of(&analysis, other);
            set(&mut analysis, other, &norm, 0.0);
        }
        let profile = analysis.profile_norm("isodiff", &options).unwrap();
        checked(&profile);
        assert!(profile.limits().ll.is_some());
        analysis.roi_mut().restore(&state).unwrap();
    }
}

#[test]
fn a_source_of_which_nothing_arrives_has_no_limit() {
    use likelihood_core::SourceMap;
    let (roi, likelihood) = small_region(|parts| {
        let twin = parts.start.sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
        parts.duplicate(&twin, "absent");
        let map = &mut parts.maps.last_mut().unwrap().1;
        *map = SourceMap::new(ndarray::Array3::zeros(map.planes().dim())).unwrap();
        vec!["absent".into()]
    });
    let mut analysis = analysis_with(roi, likelihood);
    for reoptimize in [false, true] {
        let profile = analysis.profile_norm("absent", &ProfileOptions::default().with_reoptimize(reoptimize)).unwrap();
        checked(&profile);
        assert!(profile.limits().ul.is_none(), "{:?}", profile.limits());
    }
}

#[test]
fn points_of_ones_own_are_visited_and_wrong_ones_named() {
    let mut analysis = fitted();
    let [name, _] = brightest_and_faintest(&analysis);
    let options = |xvals: Vec<f64>| ProfileOptions::default().with_xvals(Some(xvals));
    let profile = analysis.profile(&name, "alpha", &options(vec![2.5, -1.0, 9.0])).unwrap();
    assert_eq!(profile.xvals, [2.5, -1.0, 9.0]);
    let direct = loglike_at(&mut analysis, &name, "alpha", 2.5);
    approx::assert_relative_eq!(profile.loglike[0], direct, max_relative = 1e-12);
    let error = |r: roi_fit::Result<Profile>| r.unwrap_err().to_string();
    assert!(error(analysis.profile(&name, "alpha", &options(vec![1.0, f64::NAN]))).contains("xvals"));
    assert!(error(analysis.profile(&name, "alpha", &options(vec![]))).contains("npts"));
    let too_many = ProfileOptions::default().with_npts(usize::MAX);
    assert!(error(analysis.profile(&name, "alpha", &too_many)).contains("at most a million"));
    assert!(error(analysis.profile(&name, "Gamma", &ProfileOptions::default())).contains("Gamma"));
    assert!(error(analysis.profile("nobody", "alpha", &ProfileOptions::default())).contains("nobody"));
}

#[test]
fn limits_and_errors_do_not_depend_on_the_points_of_the_profile() {
    let mut analysis = fitted();
    for name in brightest_and_faintest(&analysis) {
        let (norm, value) = norm_of(&analysis, &name);
        let loglike = analysis.loglike().unwrap();
        // By bisection of the likelihood itself.
        let mut distance = |sign: f64, fall: f64| {
            let (mut inside, mut outside) = (0.0, if sign > 0.0 { 10.0 * value } else { value });
            for _ in 0..60 {
                let middle = 0.5 * (inside + outside);
                let is_out = loglike_at(&mut analysis, &name, &norm, value + sign * middle) < loglike - fall;
                if is_out { outside = middle } else { inside = middle }
            }
            inside
        };
        let (up, down, limit) = (distance(1.0, 0.5), distance(-1.0, 0.5), value + distance(1.0, 1.352_771_727));
        for npts in [1, 2, 3, 7, 20, 60] {
            let options = ProfileOptions::default().with_npts(npts);
            let limits = analysis.profile_norm(&name, &options).unwrap().limits();
            let close = |found: Option<f64>, right: f64| (found.unwrap() / right - 1.0).abs() < 1e-3;
            assert!(close(limits.ul, limit) && close(limits.x0, value), "{npts}: {limits:?} {limit}");
            assert!(close(limits.err_hi, up) && close(limits.err_lo, down), "{npts}: {limits:?} {down} {up}");
            assert!(limits.lnlmax.unwrap().abs() < 1e-3, "{npts}: {limits:?}");
        }
    }
}

#[test]
fn a_profile_tells_what_it_is_of() {
    let mut analysis = fitted();
    let [name, other] = brightest_and_faintest(&analysis);
    let options = ProfileOptions::default().with_npts(5);
    let sound = analysis.profile_norm(&name, &options).unwrap();
    assert!(sound.warnings.is_empty() && sound.fit_status.is_empty(), "{:?}", sound.warnings);
    let refitted = options.clone().with_reoptimize(true);
    let refitted = analysis.profile_norm(&name, &refitted).unwrap();
    assert_eq!(refitted.fit_status, [0; 5]);
    // Another parameter off its maximum: what the fit has not reached, the profile says.
    let (norm, value) = norm_of(&analysis, &other);
    set(&mut analysis, &other, &norm, 3.0 * value);
    let off = analysis.profile_norm(&name, &options).unwrap();
    assert!(off.warnings.iter().any(|w| w.contains(&other) && w.contains("not at its maximum")), "{:?}", off.warnings);
    assert_eq!(off.to_json()["warnings"].as_array().unwrap().len(), 1);
}
