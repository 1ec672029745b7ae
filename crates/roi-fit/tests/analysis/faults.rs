//! Small regions on which a status or a limit was not true once, each with a note of what is right; skipped where they are not at hand.

use fixtures::real_data;
use roi_fit::{Analysis, FitOptions, LimitStatus, ProfileOptions};

use crate::region::{analysis, analysis_with, small_region};

fn opened(fault: &str) -> Option<Analysis> {
    Some(Analysis::open(real_data(&format!("faults/{fault}"))?.join("config.yaml")).unwrap())
}

#[test]
fn a_source_without_counts_is_named_and_has_no_error() {
    let Some(mut analysis) = opened("no-counts-source-converges/region") else { return };
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(result.fit_quality < 3, "its error is not measured");
    assert!(result.warnings.iter().any(|warning| warning.contains("Z:Prefactor")), "{:?}", result.warnings);

    // Taken all the same: no error is claimed, and no limit.
    let result = analysis.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
    let parameter = analysis.roi().source("Z").unwrap().spectrum().parameter("Prefactor").unwrap();
    assert_eq!(parameter.error(), 0.0, "none is claimed");
    let row = result.src_names.iter().position(|name| name == "Z").unwrap();
    assert!(!result.errors[row].is_finite() && result.to_json()["errors"][row].is_null());
    // What of it would be seen limits it: 1.35 predicted counts beside the background.
    let (limit, held) = (result.sources["Z"].refitted_limit.clone().unwrap(), result.sources["Z"].norm_limits.unwrap());
    assert_eq!(limit.status, LimitStatus::Converged);
    assert!(limit.norm.unwrap() >= held.ul.unwrap() && held.err_hi.unwrap() > 1e6, "{limit:?} {held:?}");
    // The others are measured as if it were not there.
    assert_eq!(result.sources["A"].refitted_limit.as_ref().unwrap().status, LimitStatus::Converged);
}

#[test]
fn limits_at_zero_counts_are_exact_whatever_the_points_of_the_profile() {
    let Some(mut analysis) = opened("upper-limit-at-zero/zero-counts") else { return };
    let bound = 1e-5;
    let right = bound + 1.352_771_727 / 110.546_23;
    let result = analysis.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
    let properties = &result.sources["A"];
    let limits = properties.norm_limits.unwrap();
    approx::assert_relative_eq!(limits.ul.unwrap(), right, max_relative = 1e-3);
    approx::assert_relative_eq!(properties.refitted_limit.as_ref().unwrap().norm.unwrap(), right, max_relative = 1e-3);
    approx::assert_relative_eq!(limits.x0.unwrap(), bound, max_relative = 1e-9);
    assert!(limits.lnlmax.unwrap().abs() < 1e-9, "{limits:?}");
    let loglike = properties.number("loglike").unwrap();
    assert!((loglike - analysis.loglike().unwrap()).abs() < 1e-9, "the highest point is the fit: {loglike}");
    for (npts, reoptimize) in [(3, false), (4, true), (20, true), (50, false)] {
        let options = ProfileOptions::default().with_npts(npts).with_reoptimize(reoptimize);
        let limits = analysis.profile_norm("A", &options).unwrap().limits();
        approx::assert_relative_eq!(limits.ul.unwrap(), right, max_relative = 1e-3);
        approx::assert_relative_eq!(limits.err_hi.unwrap(), 0.5 / 110.546_23, max_relative = 1e-3);
        assert!(limits.x0 == Some(bound) && limits.lnlmax == Some(0.0) && limits.ll.is_none(), "{limits:?}");
    }
}

#[test]
fn limits_of_sources_that_are_hardly_there_are_exact_with_the_others_held() {
    // A twin of a source that is fitted has a TS of about zero.
    let (roi, data) = small_region(|parts| {
        let point = parts.start.sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
        parts.duplicate(&point, "twin");
        vec!["twin".to_owned()]
    });
    let mut twinned = analysis_with(roi, data);
    twinned.fix_all().unwrap();
    let model = analysis().roi().clone();
    twinned.free_norm("twin", true).unwrap();
    twinned.free_norm("isodiff", true).unwrap();
    assert!(model.source("twin").is_err());
    let result = twinned.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
    let (limits, best) = (result.sources["twin"].norm_limits.unwrap(), twinned.loglike().unwrap());
    let at = |analysis: &mut Analysis, norm: f64| {
        let state = analysis.roi().state();
        let spectrum = analysis.roi_mut().source_mut("twin").unwrap().spectrum_mut();
        let index = spectrum.norm_index().unwrap();
        spectrum.parameters_mut()[index].set_bounds(0.0, 0.0).unwrap();
        spectrum.parameters_mut()[index].set_value(norm).unwrap();
        let loglike = analysis.loglike().unwrap();
        analysis.roi_mut().restore(&state).unwrap();
        loglike
    };
    let x0 = limits.x0.unwrap();
    let (mut inside, mut outside) = (x0, 2.0 * limits.ul.unwrap());
    for _ in 0..50 {
        let middle = 0.5 * (inside + outside);
        let fall = best + limits.lnlmax.unwrap() - at(&mut twinned, middle);
        if fall < 1.352_771_727 { inside = middle } else { outside = middle }
    }
    approx::assert_relative_eq!(limits.ul.unwrap(), inside, max_relative = 1e-3);
}
