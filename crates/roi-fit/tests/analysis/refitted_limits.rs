//! Limits with all that is free refitted are those of a refit at each value, by another way: a fit with the norm fixed, and bisection.

use roi_fit::{Analysis, FitOptions, FitResult, LimitStatus, Pars, Quiet, Selection, Session, fit};
use roi_model::Spectrum;

use crate::region::{analysis, analysis_with, small_region};

/// What `logL` falls to the limit.
const FALL: f64 = 1.352_771_727;

fn newton() -> FitOptions {
    FitOptions::default().with_optimizer("NEWTON".into()).with_tol(1e-9).with_min_fit_quality(0)
}

/// A session of the model of an analysis.
fn session(analysis: &Analysis) -> Session {
    Session::new(analysis.roi().clone(), analysis.session().data().clone())
}

/// `logL` with a norm fixed and all else fitted from where the session stands.
fn refitted(session: &mut Session, name: &str, norm: f64) -> f64 {
    let spectrum = session.roi_mut().source_mut(name).unwrap().spectrum_mut();
    let index = spectrum.norm_index().unwrap();
    let parameter = &mut spectrum.parameters_mut()[index];
    parameter.set_bounds(0.0, 0.0).unwrap();
    parameter.set_value(norm).unwrap();
    parameter.set_free(false);
    fit(session, &newton().with_update(false), &mut Quiet).unwrap().loglike
}

/// Where a falling function meets zero, by bisection.
fn root(mut inside: f64, mut outside: f64, mut height: impl FnMut(f64) -> f64) -> f64 {
    while height(outside) > 0.0 {
        (inside, outside) = (outside, 2.0 * outside - 0.5 * inside);
    }
    for _ in 0..24 {
        let middle = 0.5 * (inside + outside);
        if height(middle) > 0.0 { inside = middle } else { outside = middle }
    }
    0.5 * (inside + outside)
}

fn norm_of(spectrum: &Spectrum) -> f64 {
    spectrum.parameters()[spectrum.norm_index().unwrap()].value()
}

/// Checks the limit of each source's norm; how far the limits with the others held are from it, at most.
fn check_norms(analysis: &Analysis, result: &FitResult) -> f64 {
    let mut most = 0.0_f64;
    for (name, properties) in &result.sources {
        let limit = properties.refitted_limit.clone().unwrap();
        assert_eq!(limit.status, LimitStatus::Converged, "{name}");
        let best = norm_of(analysis.roi().source(name).unwrap().spectrum());
        let held = properties.norm_limits.unwrap().ul.unwrap();
        let mut session = session(analysis);
        let top = fit(&mut session, &newton().with_update(false), &mut Quiet).unwrap().loglike;
        let exact = root(best, best + 1.5 * (held - best), |norm| refitted(&mut session, name, norm) - top + FALL);
        let found = limit.norm.unwrap();
        assert!(
            (found - exact).abs() < 1e-3 * (exact - best),
            "{name}: {found}, refitted {exact}, fit {best}, held {held}"
        );
        assert!(found > held - 1e-3 * (held - best), "{name}: more freedom allows more");
        most = most.max((found - best) / (held - best));
    }
    most
}

#[test]
fn limits_of_norms_are_those_of_refits() {
    let mut analysis = analysis();
    analysis.free_sources(&Selection::all(), Pars::Norm, true).unwrap();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(result.fit_success, "{}", result.message);
    assert!(check_norms(&analysis, &result) > 1.5, "the background's norms are correlated");
    for properties in result.sources.values() {
        // With the shape fixed every flux has its limit where the norm has it.
        let ratio =
            properties.refitted_limit.as_ref().unwrap().norm.unwrap() / properties.norm_limits.unwrap().ul.unwrap();
        for flux in properties.fluxes.values().filter(|flux| flux.value.is_some()) {
            approx::assert_relative_eq!(flux.ul95_profile.unwrap() / flux.ul95.unwrap(), ratio, max_relative = 1e-9);
        }
    }
}

#[test]
fn limits_with_shapes_free_are_those_of_refits() {
    let mut analysis = analysis();
    analysis.free_sources(&Selection::all(), Pars::Norm, true).unwrap();
    let points: Vec<String> =
        analysis.roi().sources().iter().filter(|s| s.spatial().is_point()).map(|s| s.name().to_owned()).collect();
    analysis.free_sources_by_name(&points[..2], true, &Pars::Shape).unwrap();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(result.fit_success, "{}", result.message);
    check_norms(&analysis, &result);
}

/// The highest `logL` with a flux of a power law fixed: over its index by golden section, all else fitted.
fn with_flux(session: &mut Session, name: &str, flux: f64, (low, high): (f64, f64)) -> f64 {
    let golden = 0.5 * (5_f64.sqrt() - 1.0);
    let mut at = |index: f64| {
        let spectrum = session.roi_mut().source_mut(name).unwrap().spectrum_mut();
        let parameter = spectrum.parameter_mut("Index").unwrap();
        parameter.set_value(index).unwrap();
        parameter.set_free(false);
        let norm = norm_of(spectrum) * flux / spectrum.flux(1000.0, 316_227.766_016_837_94).unwrap();
        refitted(session, name, norm)
    };
    let (mut a, mut b) = (low, high);
    let (mut x, mut y) = (b - golden * (b - a), a + golden * (b - a));
    let (mut fx, mut fy) = (at(x), at(y));
    for _ in 0..20 {
        if fx > fy {
            (b, y, fy) = (y, x, fx);
            x = b - golden * (b - a);
            fx = at(x);
        } else {
            (a, x, fx) = (x, y, fy);
            y = a + golden * (b - a);
            fy = at(y);
        }
    }
    fx.max(fy)
}

#[test]
fn the_limit_of_a_flux_with_a_free_index_is_on_the_profile_of_that_flux() {
    let mut analysis = analysis();
    analysis.free_sources(&Selection::all(), Pars::Norm, true).unwrap();
    let source =
        analysis.roi().sources().iter().find(|s| s.spatial().is_point() && s.spectrum().type_name() == "PowerLaw");
    let name = source.unwrap().name().to_owned();
    analysis.free_source(&name, true, &Pars::Shape).unwrap();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(result.fit_success, "{}", result.message);
    let flux = result.sources[&name].fluxes["flux1000"];
    let (value, limit) = (flux.value.unwrap(), flux.ul95_profile.unwrap());
    let index = analysis.roi().source(&name).unwrap().spectrum().parameter("Index").unwrap();
    let range = (index.value() - 3.0 * index.error(), index.value() + 3.0 * index.error());
    let mut session = session(&analysis);
    let top = fit(&mut session, &newton().with_update(false), &mut Quiet).unwrap().loglike;
    // Two points around the limit, between which the fall is as good as straight.
    let fall = |session: &mut Session, flux: f64| top - with_flux(session, &name, flux, range);
    let (inside, outside) = (limit - 0.02 * (limit - value), limit + 0.02 * (limit - value));
    let (low, high) = (fall(&mut session, inside).sqrt(), fall(&mut session, outside).sqrt());
    let exact = inside + (FALL.sqrt() - low) / (high - low) * (outside - inside);
    assert!((limit - exact).abs() < 1e-3 * (exact - value), "{limit:e} {exact:e} {value:e}");
}

#[test]
fn twins_and_sources_at_zero_have_the_limits_of_refits() {
    // A twin of a source: their norms are degenerate until one of them is at zero.
    let mut names = Vec::new();
    let (roi, data) = small_region(|parts| {
        let points: Vec<String> =
            parts.start.sources().iter().filter(|s| s.spatial().is_point()).map(|s| s.name().to_owned()).collect();
        parts.duplicate(&points[0], "twin");
        names.push(points[0].clone());
        vec!["twin".to_owned()]
    });
    let mut analysis = analysis_with(roi, data);
    analysis.fix_all().unwrap();
    for name in [names[0].as_str(), "twin", "isodiff"] {
        analysis.free_norm(name, true).unwrap();
    }
    let zero = |analysis: &mut Analysis, name: &str| {
        let spectrum = analysis.roi_mut().source_mut(name).unwrap().spectrum_mut();
        let index = spectrum.norm_index().unwrap();
        spectrum.parameters_mut()[index].set_bounds(0.0, 1e4).unwrap();
    };
    zero(&mut analysis, "twin");
    zero(&mut analysis, &names[0]);
    let result = analysis.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
    let total: f64 =
        ["twin", names[0].as_str()].iter().map(|name| norm_of(analysis.roi().source(name).unwrap().spectrum())).sum();
    let mut session = session(&analysis);
    let top = fit(&mut session, &newton().with_update(false), &mut Quiet).unwrap().loglike;
    let exact = root(total, 2.0 * total, |norm| refitted(&mut session, "twin", norm) - top + FALL);
    for name in ["twin", names[0].as_str()] {
        let limit = result.sources[name].refitted_limit.clone().unwrap();
        assert_eq!(limit.status, LimitStatus::Converged, "{name}");
        let norm = limit.norm.unwrap();
        assert!((norm - exact).abs() < 1e-3 * (exact - total), "{name}: {norm} {exact} {total}");
    }
}

#[test]
fn a_source_at_zero_with_a_free_shape_has_the_limit_of_refits() {
    let mut original = String::new();
    let (roi, data) = small_region(|parts| {
        let is_law = |s: &&roi_model::Source| s.spatial().is_point() && s.spectrum().type_name() == "PowerLaw";
        original = parts.start.sources().iter().find(is_law).unwrap().name().to_owned();
        parts.duplicate(&original, "twin");
        vec!["twin".to_owned()]
    });
    let mut analysis = analysis_with(roi, data);
    // All that there is is taken for the original, and more: nothing is left for its twin.
    analysis.fix_all().unwrap();
    for (name, bounds, value) in [(original.as_str(), (0.0, 1e4), 20.0), ("twin", (0.0, 1e4), 0.1)] {
        let spectrum = analysis.roi_mut().source_mut(name).unwrap().spectrum_mut();
        let index = spectrum.norm_index().unwrap();
        let parameter = &mut spectrum.parameters_mut()[index];
        parameter.set_bounds(bounds.0, bounds.1).unwrap();
        parameter.set_value(value).unwrap();
    }
    analysis.free_source("twin", true, &Pars::All).unwrap();
    let result = analysis.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
    let properties = &result.sources["twin"];
    assert!(norm_of(analysis.roi().source("twin").unwrap().spectrum()) < 1e-6, "it ends at its bound");
    let limit = properties.refitted_limit.clone().unwrap();
    assert_eq!(limit.status, LimitStatus::Converged);
    let mut session = session(&analysis);
    let top = analysis.loglike().unwrap();
    let best = |session: &mut Session, norm: f64| {
        // Over its range the index has more than one maximum.
        let from = |session: &mut Session, index: f64| {
            let spectrum = session.roi_mut().source_mut("twin").unwrap().spectrum_mut();
            spectrum.parameter_mut("Index").unwrap().set_value(index).unwrap();
            refitted(session, "twin", norm)
        };
        [1.0, 2.0, 3.0, 4.0].map(|index| from(session, index)).into_iter().fold(f64::NEG_INFINITY, f64::max)
    };
    let found = limit.norm.unwrap();
    // Not beyond the best of refits, which the search may not have met all of; never below the limit with the shape held by more than rounding.
    let fall = top - best(&mut session, found);
    assert!(fall < FALL * 1.002, "{found}: {fall}");
    let held = properties.norm_limits.unwrap().ul.unwrap();
    assert!(found > 0.999 * held, "{found} {held}");
    for (name, flux) in &properties.fluxes {
        let told = limit.without.contains_key(name) || flux.value.is_none();
        assert!(told != flux.ul95_profile.is_some(), "{name}: a limit, or a word why there is none");
    }
}

#[test]
fn limits_do_not_depend_on_the_number_of_threads() {
    let limits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut analysis = analysis();
            analysis.free_sources(&Selection::all(), Pars::All, true).unwrap();
            let result = analysis.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
            result.sources.into_iter().map(|(name, p)| (name, p.refitted_limit, p.fluxes)).collect::<Vec<_>>()
        })
    };
    let one = limits(1);
    assert_eq!(limits(3), one);
}

#[test]
fn optimize_seeks_the_limits_of_two_fluxes_and_says_which_it_does_not() {
    let mut analysis = analysis();
    let result = analysis.optimize(&roi_fit::OptimizeOptions::default()).unwrap();
    let limits = |sources: &std::collections::BTreeMap<String, roi_fit::SourceProperties>| {
        let all = sources.values().filter_map(|p| Some((p.fluxes.clone(), p.refitted_limit.clone()?)));
        // Without its template the flux of a map cube is not known.
        all.filter(|(fluxes, limit)| limit.status == LimitStatus::Converged && fluxes["flux"].value.is_some())
            .collect::<Vec<_>>()
    };
    let mut with_free_shape = 0;
    for (fluxes, limit) in limits(&result.sources) {
        assert!(fluxes["flux"].ul95_profile.is_some() && fluxes["eflux"].ul95_profile.is_some(), "{limit:?}");
        let unsought: Vec<&String> = limit.without.keys().collect();
        assert!(limit.without.values().all(|status| *status == LimitStatus::NotSought), "{limit:?}");
        assert!(unsought.iter().all(|name| fluxes[*name].ul95_profile.is_none()) && [0, 6].contains(&unsought.len()));
        with_free_shape += usize::from(!unsought.is_empty());
    }
    assert!(with_free_shape > 0, "step 3 frees the shape of the brightest");
    // A fit seeks them all.
    let fitted = analysis.fit(&FitOptions::default()).unwrap();
    let is_unsought = |limit: &roi_fit::RefittedLimit| limit.without.values().any(|s| *s == LimitStatus::NotSought);
    assert!(limits(&fitted.sources).iter().all(|(_, limit)| !is_unsought(limit)));
    assert!(!fitted.warnings.iter().any(|warning| warning.contains("not sought")));
}
