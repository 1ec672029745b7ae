//! The recorded answers of fermipy 1.4.3 on a region that was simulated through the real response of the instrument.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "every difference is told")]

mod support;

use std::time::Instant;

use roi_estimators::{CurvatureOptions, ProfileAxis, SedOptions, bowtie, curvature, profile, sed};
use roi_fit::{FitOptions, ParameterLimits, Quiet, Session, fit, parameter_limits};
use serde_json::Value;
use support::{numbers, recorded, recorded_region};

/// The largest of some differences, with its place; NaN on both sides is no difference.
fn worst(theirs: &[f64], ours: &[f64], measure: impl Fn(usize, f64, f64) -> f64) -> (f64, usize) {
    assert_eq!(theirs.len(), ours.len());
    let difference = |at: usize| match (theirs[at].is_nan(), ours[at].is_nan()) {
        (true, true) => 0.0,
        (false, false) => measure(at, theirs[at], ours[at]),
        _ => f64::INFINITY,
    };
    (0..theirs.len()).map(|at| (difference(at), at)).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

fn met(what: &str, (found, at): (f64, usize), bar: f64) {
    println!("{what}: worst {found:.3e} at {at}, bar {bar:.1e}");
    assert!(found <= bar, "{what}: {found} at {at}, bar {bar}");
}

/// What the recorded profile of each bin says, read off its points.
fn profiles_of(theirs: &Value) -> Vec<ParameterLimits> {
    let (xs, ys) = (theirs["norm_scan"].as_array().unwrap(), theirs["dloglike_scan"].as_array().unwrap());
    let limits = |(x, y): (&Value, &Value)| parameter_limits(&numbers(x), &numbers(y), 0.95, 0.682_689_492);
    xs.iter().zip(ys).map(limits).collect()
}

fn sed_of_src00(session: &Session, file: &str, options: &SedOptions) {
    let theirs = recorded(file);
    let start = Instant::now();
    let ours = sed(session, "src00", options).unwrap();
    println!("{file}: {:?}", start.elapsed());
    assert!(ours.bins.iter().all(|bin| bin.fit_status == 0 && bin.fit_quality == 3));
    let json = ours.to_json();
    let both = |key: &str| (numbers(&theirs[key]), numbers(&json[key]));
    let errors = numbers(&theirs["norm_err"]);
    let relative = |_: usize, a: f64, b: f64| (b / a - 1.0).abs();
    // Where a recorded number does not lie on the profile that was recorded beside it (a fit that stopped early, a smoothing spline), it is the profile that counts.
    let profiles = profiles_of(&theirs);
    let nearer = |at: usize, other: f64, b: f64, measure: &dyn Fn(f64, f64) -> f64, direct: f64, key: &str| {
        let read = measure(other, b);
        if direct > 0.01 {
            println!("bin {at}: {key} recorded off its own profile: {direct:.4}; ours off that profile: {read:.4}");
        }
        direct.min(if read.is_nan() { f64::INFINITY } else { read })
    };
    let (a, b) = both("norm");
    let in_errors = |at: usize, a: f64, b: f64| {
        let measure = |a: f64, b: f64| (a - b).abs() / errors[at];
        nearer(at, profiles[at].x0.unwrap_or(f64::NAN), b, &measure, measure(a, b), "norm")
    };
    met("norm, in errors", worst(&a, &b, in_errors), 0.01);
    let measure = |a: f64, b: f64| (b / a - 1.0).abs();
    for key in ["norm_err", "norm_err_hi", "norm_err_lo", "norm_ul95"] {
        let (a, b) = both(key);
        let read = |at: usize| match key {
            "norm_err" => profiles[at].err,
            "norm_err_hi" => profiles[at].err_hi,
            "norm_err_lo" => profiles[at].err_lo,
            _ => profiles[at].ul,
        };
        let of_either =
            |at: usize, a: f64, b: f64| nearer(at, read(at).unwrap_or(f64::NAN), b, &measure, measure(a, b), key);
        met(key, worst(&a, &b, of_either), 0.01);
    }
    let (a, b) = both("ts");
    met("ts", worst(&a, &b, |_, a, b| (a - b).abs() / f64::max(0.05, 1e-3 * a)), 1.0);
    for (key, bar) in [("ref_flux", 1e-4), ("ref_npred", 1e-4), ("ref_e2dnde", 1e-4), ("index", 1e-3), ("e_max", 2e-5)]
    {
        let (a, b) = both(key);
        met(key, worst(&a, &b, relative), bar);
    }
    let (a, b) = both("loglike");
    met("loglike", worst(&a, &b, |_, a, b| (a - b).abs()), 0.05);
    let (a, b) = both("param_values");
    met("param_values", worst(&a, &b, relative), 1e-3);
    let (a, b) = both("param_errors");
    met("param_errors", worst(&a, &b, relative), 0.01);
}

#[test]
fn spectrum_points_of_an_index_of_two() {
    let Some(session) = recorded_region() else { return };
    sed_of_src00(&session, "sed_src00.json", &SedOptions::default());
}

#[test]
fn spectrum_points_of_the_local_index() {
    let Some(session) = recorded_region() else { return };
    sed_of_src00(&session, "sed_src00_localindex.json", &SedOptions::default().with_use_local_index(true));
}

#[test]
fn curvature_of_a_log_parabola() {
    let Some(session) = recorded_region() else { return };
    let theirs = recorded("curvature_src00.json");
    let ours = curvature(&session, "src00", &CurvatureOptions::default()).unwrap();
    let json = ours.to_json();
    for key in ["ts_curv", "lp_ts_curv", "ple_ts_curv", "loglike_pl", "loglike_lp", "loglike_ple"] {
        let (a, b) = (theirs[key].as_f64().unwrap(), json[key].as_f64().unwrap());
        println!("{key}: {a} {b}");
        assert!((a - b).abs() < 0.05, "{key}: {a} {b}");
    }
}

#[test]
fn the_error_band_after_a_fit() {
    let Some(mut session) = recorded_region() else { return };
    let options = FitOptions::default().with_optimizer("NEWTON".into()).with_update(false);
    assert!(fit(&mut session, &options, &mut Quiet).unwrap().fit_success);
    let theirs = recorded("bowtie_src00.json");
    let json = bowtie(&session, "src00", None).unwrap().to_json();
    // The recorded errors are of second derivatives by finite differences.
    let keys = [("energies", 1e-5), ("dnde", 1e-4), ("dnde_lo", 1e-4), ("dnde_hi", 1e-4), ("dnde_err", 5e-4)];
    for (key, bar) in keys {
        let (a, b) = (numbers(&theirs[key]), numbers(&json[key]));
        met(key, worst(&a, &b, |_, a, b| (b / a - 1.0).abs()), bar);
    }
    // Theirs is the lowest point of a spline through 50 energies.
    let [a, b] = [&theirs, &json].map(|of| of["pivot_energy"].as_f64().unwrap());
    println!("pivot {a} {b}");
    assert!((b / a - 1.0).abs() < 0.01);
}

#[test]
fn profiles_of_the_norm() {
    let Some(session) = recorded_region() else { return };
    for (file, reoptimize) in [("profile_norm_src00.json", false), ("profile_norm_reopt_src00.json", true)] {
        let theirs = recorded(file);
        let axis = ProfileAxis { source: "src00".into(), parameter: None, xvals: numbers(&theirs["xvals"]) };
        let ours = profile(&session, &[axis], reoptimize).unwrap();
        let a = numbers(&theirs["dloglike"]);
        met(file, worst(&a, &ours.dloglike, |_, a, b| (a - b).abs()), 1e-3);
        assert!(ours.not_converged.is_empty(), "{:?}", ours.not_converged);
    }
}
