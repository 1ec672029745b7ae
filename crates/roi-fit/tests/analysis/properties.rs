//! What a fit says of its sources beside their parameters.

use roi_fit::{Analysis, FitOptions, FitResult, OptimizeOptions, Pars, ProfileOptions, Selection, SourceProperties};

use crate::region::analysis;

/// A region with norms and the shapes of the point sources free, fitted.
fn fitted(pars: &Pars) -> (Analysis, FitResult) {
    let mut analysis = analysis();
    analysis.free_sources(&Selection::all(), Pars::Norm, true).unwrap();
    let points: Vec<String> =
        analysis.roi().sources().iter().filter(|s| s.spatial().is_point()).map(|s| s.name().to_owned()).collect();
    analysis.free_sources_by_name(&points, true, pars).unwrap();
    let mut options = FitOptions::default();
    options.optimizer = "NEWTON".into();
    options.tol = 1e-8;
    let result = analysis.fit(&options).unwrap();
    let updated = result.warnings.iter().all(|warning| !warning.contains("updated"));
    assert!(result.fit_success && updated, "{} {:?}", result.message, result.warnings);
    (analysis, result)
}

/// The power-law point source with the most counts.
fn power_law(analysis: &Analysis) -> String {
    let laws = analysis.roi().sources().iter().filter(|s| s.spectrum().type_name() == "PowerLaw");
    let points = laws.filter(|s| s.spatial().is_point());
    let npred = |name: &String| analysis.properties(name).unwrap().npred;
    points.map(|s| s.name().to_owned()).max_by(|a, b| npred(a).total_cmp(&npred(b))).unwrap()
}

fn row(result: &FitResult, source: &str, parameter: &str) -> usize {
    let is_it = |&row: &usize| result.src_names[row] == source && result.par_names[row] == parameter;
    (0..result.values.len()).find(is_it).unwrap()
}

#[test]
fn upper_limits_follow_the_profile_of_the_norm() {
    let (analysis, result) = fitted(&Pars::All);
    for (name, properties) in &result.sources {
        let source = analysis.roi().source(name).unwrap();
        let norm = source.spectrum().parameters()[source.spectrum().norm_index().unwrap()].value();
        let limits = properties.norm_limits.unwrap();
        let scan = properties.scan.as_ref().unwrap();
        assert_eq!(scan.xvals.len(), 20);
        assert_eq!(properties.number("loglike"), scan.max_loglike());
        assert!(limits.ul.unwrap() > norm);
        let keys = ["flux", "eflux", "flux100", "flux1000", "flux10000", "eflux100", "eflux1000", "eflux10000"];
        for key in keys.into_iter().filter(|key| properties.fluxes[*key].value.is_some()) {
            let flux = properties.fluxes[key];
            approx::assert_relative_eq!(
                flux.ul95.unwrap() / flux.value.unwrap(),
                limits.ul.unwrap() / norm,
                max_relative = 1e-9
            );
        }
    }
}

#[test]
fn errors_of_differential_fluxes_are_the_covariance_along_finite_differences() {
    let (mut analysis, result) = fitted(&Pars::All);
    let name = power_law(&analysis);
    let rows: Vec<usize> = (0..result.values.len()).filter(|&row| result.src_names[row] == name).collect();
    let covariance = result.covariance.as_ref().unwrap();
    let properties = analysis.properties(&name).unwrap().clone();
    let covar = properties.covar.as_ref().unwrap();
    assert_eq!(covar.dim(), (rows.len(), rows.len()));
    for (key, energy) in [("dnde", properties.pivot()), ("dnde100", 100.0), ("dnde10000", 1e4)] {
        let mut slopes = Vec::new();
        for &row in &rows {
            let at = |analysis: &mut Analysis, value: f64| {
                let spectrum = analysis.roi_mut().source_mut(&name).unwrap().spectrum_mut();
                let parameter = spectrum.parameter_mut(&result.par_names[row]).unwrap();
                parameter.set_value(value).unwrap();
                spectrum.dnde(energy).unwrap()
            };
            let (value, step) = (result.values[row], 1e-3 * result.errors[row]);
            let rise = at(&mut analysis, value + step) - at(&mut analysis, value - step);
            assert!((at(&mut analysis, value) / properties.dnde[key].value.unwrap() - 1.0).abs() < 1e-12);
            slopes.push(rise / (2.0 * step));
        }
        let mut variance = 0.0;
        for (i, &a) in rows.iter().enumerate() {
            for (j, &b) in rows.iter().enumerate() {
                variance += slopes[i] * slopes[j] * covariance[[a, b]];
                assert_eq!(covar[[i, j]], covariance[[a, b]]);
            }
        }
        approx::assert_relative_eq!(properties.dnde[key].error.unwrap(), variance.sqrt(), max_relative = 1e-6);
    }
}

#[test]
fn the_pivot_of_a_power_law_is_where_norm_and_index_are_uncorrelated() {
    let (analysis, result) = fitted(&Pars::All);
    let name = power_law(&analysis);
    let (norm, index) = (row(&result, &name, "Prefactor"), row(&result, &name, "Index"));
    let covariance = result.covariance.as_ref().unwrap();
    let scale = analysis.roi().source(&name).unwrap().spectrum().parameter("Scale").unwrap().value();
    let pivot = scale * (covariance[[norm, index]] / (result.values[norm] * covariance[[index, index]])).exp();
    let properties = analysis.properties(&name).unwrap();
    approx::assert_relative_eq!(properties.pivot(), pivot, max_relative = 1e-5);
    let band = properties.model_flux.as_ref().unwrap();
    assert_eq!(band.energies.len(), 50);
    assert_eq!((band.energies[0], band.energies[49]), analysis.energy_range());
    let at_pivot = properties.dnde["dnde"].error.unwrap() / properties.dnde["dnde"].value.unwrap();
    for (dnde, error) in band.dnde.iter().zip(&band.dnde_err) {
        assert!(error / dnde >= at_pivot);
    }
    for i in 0..50 {
        let ratio = 1.0 + band.dnde_err[i] / band.dnde[i];
        approx::assert_relative_eq!(band.dnde_hi[i], band.dnde[i] * ratio, max_relative = 1e-12);
        approx::assert_relative_eq!(band.dnde_lo[i], band.dnde[i] / ratio, max_relative = 1e-12);
        approx::assert_relative_eq!(band.dnde_ferr[i], 0.5 * (ratio - 1.0 / ratio), max_relative = 1e-12);
    }
}

#[test]
fn a_fit_of_norms_alone_has_no_pivot_but_correlations() {
    let (analysis, result) = fitted(&Pars::Norm);
    let correlation = result.correlation.as_ref().unwrap();
    for (name, properties) in &result.sources {
        assert!(properties.pivot_energy.is_none() && properties.pivot() == 1000.0, "{:?}", properties.pivot_energy);
        let own = result.src_names.iter().position(|n| n == name).unwrap();
        assert_eq!(properties.correlation.len(), result.values.len() - 1);
        for (other, coefficient) in &properties.correlation {
            let row = result.src_names.iter().position(|n| n == other).unwrap();
            approx::assert_relative_eq!(*coefficient, correlation[[own, row]], max_relative = 1e-9);
        }
        approx::assert_relative_eq!(
            properties.model_counts.iter().sum::<f64>(),
            properties.npred,
            max_relative = 1e-12
        );
    }
    assert_eq!(result.sources.len(), analysis.roi().sources().len());
}

const KEYS: [&str; 69] = [
    "ts",
    "ts_infinite",
    "loglike_null",
    "ts_definition",
    "npred",
    "npred_wt",
    "model_counts",
    "model_counts_wt",
    "param_names",
    "param_values",
    "param_errors",
    "spectral_pars",
    "flux",
    "flux_err",
    "flux_ul95",
    "flux_ul95_profile",
    "flux100",
    "flux100_err",
    "flux100_ul95",
    "flux100_ul95_profile",
    "flux1000",
    "flux1000_err",
    "flux1000_ul95",
    "flux1000_ul95_profile",
    "flux10000",
    "flux10000_err",
    "flux10000_ul95",
    "flux10000_ul95_profile",
    "eflux",
    "eflux_err",
    "eflux_ul95",
    "eflux_ul95_profile",
    "eflux100",
    "eflux100_err",
    "eflux100_ul95",
    "eflux100_ul95_profile",
    "eflux1000",
    "eflux1000_err",
    "eflux1000_ul95",
    "eflux1000_ul95_profile",
    "eflux10000",
    "eflux10000_err",
    "eflux10000_ul95",
    "eflux10000_ul95_profile",
    "pivot_energy",
    "dnde",
    "dnde_err",
    "dnde100",
    "dnde100_err",
    "dnde1000",
    "dnde1000_err",
    "dnde10000",
    "dnde10000_err",
    "dnde_index",
    "dnde100_index",
    "dnde1000_index",
    "dnde10000_index",
    "loglike",
    "norm_scan",
    "flux_scan",
    "eflux_scan",
    "dloglike_scan",
    "loglike_scan",
    "norm_limits",
    "norm_ul95_profile",
    "ul95_profile_status",
    "model_flux",
    "covar",
    "correlation",
];

#[test]
fn the_dictionary_has_fermipys_keys_and_no_gaps_for_a_fitted_source() {
    let (analysis, result) = fitted(&Pars::All);
    let name = power_law(&analysis);
    let json = result.sources[&name].to_json();
    for key in KEYS {
        let may_be_null = key == "ts_infinite" || key == "loglike_null" && json["ts_infinite"] == true;
        assert!(json.get(key).is_some_and(|value| may_be_null || !value.is_null()), "{key}: {:?}", json.get(key));
    }
    // What has one number is found under its key.
    for (key, value) in json.as_object().unwrap() {
        if let Some(number) = value.as_f64() {
            assert_eq!(result.sources[&name].number(key), Some(number), "{key}");
        }
    }
    assert_eq!(json["param_values"][0].as_f64().unwrap(), result.true_values()[row(&result, &name, "Prefactor")]);
    assert!(json["param_errors"][1].as_f64().unwrap() > 0.0, "of an Index whose scale is negative");
}

#[test]
fn what_was_not_fitted_has_no_profile_and_what_vanished_still_has_a_limit() {
    let mut analysis = analysis();
    let name = power_law(&analysis);
    analysis.fix_all().unwrap();
    analysis.free_norm("isodiff", true).unwrap();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert_eq!(result.sources.keys().collect::<Vec<_>>(), ["isodiff"]);
    let unfitted = analysis.properties(&name).unwrap();
    assert!(unfitted.scan.is_none() && unfitted.norm_limits.is_none() && unfitted.covar.is_none());
    assert!(unfitted.fluxes["flux"].value.is_some() && unfitted.fluxes["flux"].ul95.is_none());

    // A copy of the source, where nothing is left for it: its norm ends at zero.
    let mut analysis = self::analysis();
    let parameter = analysis.roi_mut().source_mut(&name).unwrap().spectrum_mut().parameter_mut("Prefactor").unwrap();
    parameter.set_bounds(0.0, 1000.0).unwrap();
    parameter.set_value(0.0).unwrap();
    analysis.fix_all().unwrap();
    analysis.free_source(&name, true, &Pars::Names(vec!["Index".into()])).unwrap();
    let mut options = FitOptions::default();
    options.min_fit_quality = 0;
    let result = analysis.fit(&options).unwrap();
    assert!(result.warnings.iter().all(|w| !w.contains("not updated")), "{:?}", result.warnings);
    let properties: &SourceProperties = &result.sources[&name];
    assert_eq!(properties.fluxes["flux"].value, Some(0.0));
    assert!(properties.fluxes["flux"].ul95.unwrap() > 0.0 && properties.fluxes["eflux10000"].ul95.unwrap() > 0.0);
    assert!(properties.to_json()["norm_scan"].as_array().unwrap().iter().all(serde_json::Value::is_number));
}

#[test]
fn optimize_leaves_limits_behind() {
    let mut analysis = analysis();
    let result = analysis.optimize(&OptimizeOptions::default()).unwrap();
    let fitted: Vec<&String> = result.steps.iter().filter(|s| s.fit_success).flat_map(|s| &s.sources).collect();
    assert!(!fitted.is_empty());
    for name in fitted {
        assert!(result.sources[name].norm_limits.unwrap().ul.is_some(), "{name}");
    }
}

/// Checks TS and profiles of a result against those made for each source alone.
fn check_each_alone(analysis: &mut Analysis, result: &FitResult) {
    let is_free = |source: &&roi_model::Source| source.is_free();
    assert_eq!(result.sources.len(), analysis.roi().sources().iter().filter(is_free).count());
    for (name, properties) in &result.sources {
        let alone = analysis.ts(name, false).unwrap();
        approx::assert_relative_eq!(
            properties.loglike_null.unwrap(),
            alone.loglike_null,
            max_relative = 1e-13,
            epsilon = 1e-9
        );
        let alone = analysis.profile_norm(name, &ProfileOptions::default()).unwrap();
        let together = properties.scan.as_ref().unwrap();
        assert_eq!((&together.src_name, &together.par_name), (&alone.src_name, &alone.par_name));
        // The step of a search depends on derivatives, whose rounding depends on what else is free.
        for (a, b) in
            [(&together.xvals, &alone.xvals), (&together.npred, &alone.npred), (&together.eflux, &alone.eflux)]
        {
            assert_eq!(a.len(), b.len());
            a.iter().zip(b).for_each(|(a, b)| approx::assert_relative_eq!(a, b, max_relative = 1e-6));
        }
        for (a, b) in together.dloglike.iter().zip(&alone.dloglike) {
            approx::assert_relative_eq!(a, b, epsilon = 1e-5, max_relative = 1e-6);
        }
    }
}

#[test]
fn what_is_made_for_all_sources_at_once_is_what_is_made_for_each_alone() {
    for pars in [Pars::Norm, Pars::All] {
        let (mut analysis, result) = fitted(&pars);
        check_each_alone(&mut analysis, &result);
        let names: Vec<String> = result.sources.keys().cloned().collect();
        let parameter = |analysis: &Analysis, name: &str| {
            let spectrum = analysis.roi().source(name).unwrap().spectrum();
            let norm = &spectrum.parameters()[spectrum.norm_index().unwrap()];
            (norm.name().to_owned(), norm.value())
        };
        let mut options = FitOptions::default();
        options.optimizer = "NEWTON".into();

        // A norm so near to its bound that it cannot be rescaled for the others.
        let (norm, value) = parameter(&analysis, &names[0]);
        analysis.set_parameter_bounds(&names[0], &norm, 0.5 * value, value * (1.0 + 1e-6)).unwrap();
        let bounded = analysis.fit(&options).unwrap();
        assert!(bounded.fit_success, "{}", bounded.message);
        check_each_alone(&mut analysis, &bounded);
        let other = &names[1];
        assert!(bounded.sources[other].ts > result.sources[other].ts, "fewer norms make good for the source");

        // A norm that a prior pulls.
        let (norm, value) = parameter(&analysis, &names[1]);
        analysis.add_gauss_prior(&names[1], &norm, 1.1 * value, 0.2 * value).unwrap();
        let pulled = analysis.fit(&options).unwrap();
        assert!(pulled.fit_success, "{}", pulled.message);
        check_each_alone(&mut analysis, &pulled);
    }
}
