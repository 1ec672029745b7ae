//! Editing a model, and priors, change what they say and nothing else.

use roi_fit::{Error, FitOptions, Given, ParameterSetting, Pars, Selection};
use roi_model::Prior;

use crate::region::{analysis, analysis_with, small_region};

fn point(analysis: &roi_fit::Analysis) -> String {
    analysis.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned()
}

#[test]
fn a_prior_counts_once_in_value_gradient_fit_and_ts() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let norm = analysis.roi().source(&name).unwrap().spectrum().norm_index().unwrap();
    let par = analysis.roi().source(&name).unwrap().spectrum().parameters()[norm].name().to_owned();
    analysis.free_parameter(&name, &par, true).unwrap();
    let data = analysis.loglike().unwrap();
    let value = analysis.norm(&name).unwrap();
    let ts = analysis.ts(&name, true).unwrap().ts;
    let prior = Prior::gaussian(2.0 * value, 0.1 * value).unwrap();
    analysis.set_parameter_prior(&name, &par, Some(prior)).unwrap();
    let with_prior = analysis.loglike().unwrap();
    approx::assert_abs_diff_eq!(with_prior, data - 50.0, epsilon = 1e-9);
    let ts_with_prior = analysis.ts(&name, true).unwrap().ts;
    approx::assert_abs_diff_eq!(ts_with_prior, ts, epsilon = 1e-6 * ts.abs());

    let key = format!("{name}:{par}");
    let slope = analysis.loglike_report().unwrap().gradient.into_iter().find(|(k, _)| *k == key).unwrap().1;
    let step = 1e-5 * value;
    let mut at = |x: f64| {
        analysis.set_parameter(&name, &par, x).unwrap();
        analysis.loglike().unwrap()
    };
    let numeric = (at(value + step) - at(value - step)) / (2.0 * step);
    approx::assert_relative_eq!(slope, numeric, max_relative = 1e-5);
    at(value);

    // With everything else fixed, the error is that of value and prior together: the Hessian has the prior's curvature.
    analysis.fix_all().unwrap();
    analysis.free_parameter(&name, &par, true).unwrap();
    let mut options = FitOptions::default();
    options.optimizer = "NEWTON".into();
    let result = analysis.fit(&options).unwrap();
    assert!(result.fit_success, "{}", result.message);
    let best = result.values[0];
    let slope = analysis.loglike_report().unwrap().gradient[0].1;
    assert!((slope * result.errors[0]).abs() < 1e-2, "{slope} at the maximum");
    let mut at = |x: f64| {
        analysis.set_parameter(&name, &par, x).unwrap();
        analysis.loglike().unwrap()
    };
    let step = 0.02 * best;
    let curvature = (at(best + step) - 2.0 * at(best) + at(best - step)) / (step * step);
    approx::assert_relative_eq!(result.errors[0], (-1.0 / curvature).sqrt(), max_relative = 1e-3);
}

#[test]
fn a_value_that_the_prior_excludes_is_named() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let par = "Index";
    analysis.set_parameter_prior(&name, par, Some(Prior::log_normal(0.0, 1.0).unwrap())).unwrap();
    analysis.set_parameter(&name, par, ParameterSetting::value(-1.0).bounds(-5.0, 5.0)).unwrap();
    let error = analysis.fit(&FitOptions::default()).unwrap_err();
    assert!(matches!(&error, Error::ExcludedByPrior { source_name, .. } if *source_name == name), "{error}");
}

#[test]
fn locked_parameters_are_deaf() {
    let mut analysis = analysis();
    let name = point(&analysis);
    analysis.lock_source(&name, true).unwrap();
    analysis.free_source(&name, true, &Pars::All).unwrap();
    analysis.free_index(&name, true).unwrap();
    analysis.free_sources(&Selection::all(), Pars::All, true).unwrap();
    let all = vec![true; analysis.free_vector().len()];
    analysis.set_free_vector(&all).unwrap();
    assert!(!analysis.roi().source(&name).unwrap().is_free());
    assert_eq!(
        analysis.locked_parameters().count(),
        analysis.roi().source(&name).unwrap().spectrum().parameters().len()
    );
    analysis.lock_source(&name, false).unwrap();
    assert!(!analysis.roi().source(&name).unwrap().is_free());
    analysis.free_sources_by_name(&[&name], true, &Pars::Norm).unwrap();
    assert!(analysis.roi().source(&name).unwrap().is_free());
    assert!(matches!(analysis.set_free_vector(&[true]), Err(Error::Option { .. })));
}

#[test]
fn settings_change_the_parameter_or_nothing() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let before = analysis.roi().state();
    let index = |a: &roi_fit::Analysis| a.roi().source(&name).unwrap().spectrum().parameter("Index").unwrap().clone();
    analysis.set_parameter(&name, "Index", ParameterSetting::true_value(-7.0).scale(-1.0).error(0.2)).unwrap();
    assert_eq!((index(&analysis).value(), index(&analysis).true_value()), (7.0, -7.0));
    assert!(index(&analysis).max() >= 7.0 && index(&analysis).error() == 0.2);
    analysis.set_parameter_scale(&name, "Index", -2.0).unwrap();
    assert_eq!((index(&analysis).value(), index(&analysis).error(), index(&analysis).true_value()), (3.5, 0.1, -7.0));
    analysis.scale_parameter(&name, "Index", 0.5).unwrap();
    assert_eq!(index(&analysis).true_value(), -3.5);
    let kept = index(&analysis);
    for bad in [f64::NAN, f64::INFINITY] {
        assert!(analysis.set_parameter(&name, "Index", bad).is_err());
        assert!(analysis.set_parameter(&name, "Index", ParameterSetting::value(1.0).scale(bad)).is_err());
        assert!(analysis.set_parameter_error(&name, "Index", bad).is_err());
    }
    assert!(analysis.set_parameter(&name, "Index", ParameterSetting::value(1.0).bounds(3.0, 2.0)).is_err());
    assert!(analysis.set_parameter(&name, "Indx", 1.0).unwrap_err().to_string().contains("Index"));
    assert_eq!(index(&analysis), kept);
    assert_ne!(analysis.roi().state(), before);
}

#[test]
fn a_zeroed_source_is_gone_and_comes_back_to_the_bit() {
    let mut analysis = analysis();
    let name = point(&analysis);
    analysis.fix_all().unwrap();
    let (before, npred) = (analysis.loglike().unwrap(), analysis.properties(&name).unwrap().npred);
    assert!(npred > 0.0);
    analysis.zero_source(&name).unwrap();
    analysis.zero_source(&name).unwrap();
    let ts = analysis.ts(&name, false).unwrap().ts;
    assert!(ts.abs() < 1e-6 && analysis.loglike().unwrap() != before, "{ts}");
    analysis.unzero_source(&name).unwrap();
    assert!(!analysis.roi().source(&name).unwrap().spectrum().parameters()[0].is_free());
    approx::assert_relative_eq!(analysis.loglike().unwrap(), before, max_relative = 1e-14);
}

#[test]
fn deleting_and_adding_a_source_changes_logl_by_it_alone() {
    let mut map = None;
    let (roi, likelihood) = small_region(|parts| {
        map = parts.maps.iter().find(|(name, _)| name.starts_with("SIM")).cloned();
        Vec::new()
    });
    let (name, map) = map.unwrap();
    let mut analysis = analysis_with(roi, likelihood);
    analysis.fix_all().unwrap();
    let before = analysis.loglike().unwrap();
    let null = analysis.ts(&name, false).unwrap().loglike_null;
    let source = analysis.delete_source(&name).unwrap();
    approx::assert_relative_eq!(analysis.loglike().unwrap(), null, max_relative = 1e-14);
    assert!(analysis.properties(&name).is_err());
    assert!(analysis.add_source_with_maps(source.clone(), &[]).is_err());
    assert!(analysis.roi().source(&name).is_err());
    analysis.add_source_with_maps(source.clone(), std::slice::from_ref(&map)).unwrap();
    assert_eq!(analysis.loglike().unwrap(), before);
    assert!(analysis.add_source_with_maps(source, &[map]).unwrap_err().to_string().contains(&name));
    let deleted = analysis.delete_sources(&Selection::all().cut("offset", Some(0.0), None)).unwrap();
    assert!(!deleted.is_empty() && analysis.roi().sources().iter().all(|s| s.direction().is_none()));
}

#[test]
fn a_source_that_comes_back_has_nothing_of_the_one_that_went() {
    let mut map = None;
    let (roi, likelihood) = small_region(|parts| {
        map = parts.maps.iter().find(|(name, _)| name.starts_with("SIM")).cloned();
        Vec::new()
    });
    let (name, map) = map.unwrap();
    let mut analysis = analysis_with(roi, likelihood);
    analysis.fix_all().unwrap();
    analysis.free_source(&name, true, &Pars::All).unwrap();
    analysis.free_norm("isodiff", true).unwrap();
    assert!(analysis.fit(&FitOptions::default()).unwrap().fit_success);
    let is_band = |analysis: &roi_fit::Analysis, name: &str| {
        analysis.bowtie(name, None).unwrap().dnde_err.iter().all(|error| *error > 0.0)
    };
    assert!(is_band(&analysis, &name) && is_band(&analysis, "isodiff"));
    let source = analysis.delete_source(&name).unwrap();
    analysis.add_source_with_maps(source, &[map]).unwrap();
    assert!(!is_band(&analysis, &name), "the covariance of the source that was deleted");
    assert!(is_band(&analysis, "isodiff"), "what was known of the others stays");
}

#[test]
fn parameters_from_yaml_are_taken_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("parameters.yaml");
    let mut analysis = analysis();
    let name = point(&analysis);
    std::fs::write(&path, format!("{name}: {{Index: {{value: 2.5, min: 1, max: 4, error: 0.1, free: true}}}}"))
        .unwrap();
    analysis.load_parameters_from_yaml(&path).unwrap();
    let info = analysis.params(true).into_iter().find(|p| p.src_name == name && p.par_name == "Index").unwrap();
    assert_eq!((info.value, info.min, info.max, info.error, info.free), (2.5, 1.0, 4.0, 0.1, true));
    let before = analysis.roi().state();
    for (text, word) in [
        (format!("{name}: {{Index: {{value: 3}}, Nix: {{value: 1}}}}"), "Nix"),
        (format!("{name}: {{Index: {{valeu: 3}}}}"), "valeu"),
        (format!("{name}: {{Index: {{value: 9}}}}"), "9"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = analysis.load_parameters_from_yaml(&path).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        assert_eq!(analysis.roi().state(), before);
    }
}

#[test]
fn gauss_priors_come_and_go() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let before = analysis.loglike().unwrap();
    let value = analysis.norm(&name).unwrap();
    analysis.add_gauss_prior(&name, "Prefactor", value + 1.0, 0.5).unwrap();
    approx::assert_abs_diff_eq!(analysis.loglike().unwrap(), before - 2.0, epsilon = 1e-9);
    assert!(analysis.add_gauss_prior(&name, "Prefactor", value, 0.0).is_err());
    approx::assert_abs_diff_eq!(analysis.loglike().unwrap(), before - 2.0, epsilon = 1e-9);
    analysis.remove_prior(&name, "Prefactor").unwrap();
    assert_eq!(analysis.loglike().unwrap(), before);
    analysis.add_gauss_prior(&name, "Index", 9.0, 1.0).unwrap();
    analysis.remove_priors();
    assert_eq!(analysis.loglike().unwrap(), before);
}

#[test]
fn norms_are_constrained_where_they_are_free_and_have_an_error() {
    let mut analysis = analysis();
    let names: Vec<String> = analysis.roi().sources().iter().map(|s| s.name().to_owned()).collect();
    analysis.fix_all().unwrap();
    let free = point(&analysis);
    analysis.free_norm(&free, true).unwrap();
    assert!(analysis.constrain_norms(&names, 2.0).unwrap().is_empty(), "no errors yet");
    analysis.set_parameter_error(&free, "Prefactor", 0.1).unwrap();
    assert!(analysis.constrain_norms(&[free.as_str(), "nobody"], 2.0).is_err());
    assert!(analysis.roi().parameters().all(|(_, p)| p.prior().is_none()), "nothing has changed");
    assert_eq!(analysis.constrain_norms(&names, 2.0).unwrap(), std::slice::from_ref(&free));
    let norm = analysis.roi().source(&free).unwrap().spectrum().parameter("Prefactor").unwrap();
    assert_eq!(norm.prior(), Some(&Prior::gaussian(norm.value(), 0.2).unwrap()));
}

#[test]
fn a_power_law_becomes_the_log_parabola_without_curvature() {
    let mut analysis = analysis();
    let name = point(&analysis);
    analysis.free_norm(&name, true).unwrap();
    analysis.lock_parameter(&name, "Index", true).unwrap();
    let (before, npred) = (analysis.loglike().unwrap(), analysis.properties(&name).unwrap().npred);
    let old = analysis.roi().source(&name).unwrap().spectrum().clone();
    analysis.set_source_spectrum(&name, "LogParabola", &[]).unwrap();
    approx::assert_relative_eq!(analysis.loglike().unwrap(), before, max_relative = 1e-14);
    approx::assert_relative_eq!(analysis.properties(&name).unwrap().npred, npred, max_relative = 1e-13);
    let new = analysis.roi().source(&name).unwrap().spectrum().clone();
    let (norm, alpha, beta) = (&new.parameters()[0], &new.parameters()[1], &new.parameters()[2]);
    assert_eq!(
        (norm.value(), norm.scale(), norm.is_free()),
        (old.parameters()[0].value(), old.parameters()[0].scale(), true)
    );
    assert_eq!((alpha.true_value(), alpha.scale()), (-old.parameters()[1].true_value(), 1.0));
    assert_eq!((beta.value(), beta.min(), beta.max()), (0.0, 0.0, 1.0));
    assert_eq!(analysis.locked_parameters().count(), 0, "a lock of a parameter that is gone is gone");
    // What is told goes before what was.
    analysis
        .set_source_spectrum(
            &name,
            "PowerLaw",
            &[("Index", Given { value: Some(2.5), free: Some(true), ..Given::default() })],
        )
        .unwrap();
    let spectrum = analysis.roi().source(&name).unwrap().spectrum();
    let index = spectrum.parameter("Index").unwrap();
    assert_eq!((index.true_value(), index.is_free()), (-2.5, true));
    assert_eq!((index.min(), index.max()), (0.0025, 2500.0));
    let prefactor = spectrum.parameter("Prefactor").unwrap();
    approx::assert_relative_eq!(prefactor.true_value(), 1e-12, max_relative = 1e-15);
    assert!(prefactor.is_free(), "it stays as free as it was");
    analysis.loglike().unwrap();
}

#[test]
fn a_spectrum_becomes_its_own_table_which_is_saved_with_the_model() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let before = analysis.loglike().unwrap();
    let old = analysis.roi().source(&name).unwrap().spectrum().clone();
    analysis.set_source_spectrum(&name, "FileFunction", &[]).unwrap();
    approx::assert_relative_eq!(analysis.loglike().unwrap(), before, max_relative = 1e-13);
    let new = analysis.roi().source(&name).unwrap().spectrum().clone();
    let norm = &new.parameters()[0];
    assert_eq!((norm.value(), norm.scale(), norm.min(), norm.max()), (1.0, 1.0, 1e-3, 1e3));
    // A power law is a line between any two points of the table.
    for energy in [4.0, 150.0, 3000.0, 2e6] {
        approx::assert_relative_eq!(new.dnde(energy).unwrap(), old.dnde(energy).unwrap(), max_relative = 1e-11);
    }
    let table = new.file_tables()[0].energies();
    approx::assert_relative_eq!(table[0], 10f64.powf(0.5), max_relative = 1e-12);
    approx::assert_relative_eq!(table[table.len() - 1], 10f64.powf(6.5), max_relative = 1e-12);
    let edges = analysis.likelihood().components()[0].axis().edges().to_vec();
    assert!(edges.iter().all(|edge| table.iter().any(|energy| (energy / edge - 1.0).abs() < 1e-12)));

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.xml");
    analysis.write_xml(&path).unwrap();
    // The isotropic table was there before; it is not the analysis's own.
    let isotropic = analysis.roi().source("isodiff").unwrap().spectrum();
    let beside = directory.path().join(isotropic.file().unwrap());
    assert!(!beside.exists());
    std::fs::write(beside, isotropic.file_tables()[0].to_text()).unwrap();
    let written = roi_fit::tabulate(&path, &name, &edges).unwrap();
    let mut expected = vec![0.0; edges.len()];
    new.evaluate(&edges, &mut expected).unwrap();
    assert_eq!(written.dnde, expected);
}

#[test]
fn values_of_a_table_are_set_and_saved() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let before = analysis.loglike().unwrap();
    let error = analysis.set_source_dnde(&name, &[1.0]).unwrap_err().to_string();
    assert!(error.contains("FileFunction") && error.contains(&name), "{error}");
    analysis.set_source_spectrum(&name, "FileFunction", &[]).unwrap();
    analysis.free_norm(&name, true).unwrap();
    let table = analysis.roi().source(&name).unwrap().spectrum().file_tables()[0].clone();

    for (wrong, word) in [
        (vec![1e-12], "energies"),
        (vec![-1.0; table.values().len()], "negative"),
        (vec![f64::NAN; table.values().len()], "finite"),
    ] {
        let error = analysis.set_source_dnde(&name, &wrong).unwrap_err().to_string();
        assert!(error.contains(word), "{word}: {error}");
        assert_eq!(analysis.roi().source(&name).unwrap().spectrum().file_tables()[0], table);
    }

    // Twice the table is twice the source.
    let npred = analysis.properties(&name).unwrap().npred;
    let doubled: Vec<f64> = table.values().iter().map(|dnde| 2.0 * dnde).collect();
    analysis.set_source_dnde(&name, &doubled).unwrap();
    approx::assert_relative_eq!(analysis.properties(&name).unwrap().npred, 2.0 * npred, max_relative = 1e-12);
    assert!(analysis.roi().source(&name).unwrap().spectrum().parameters()[0].is_free());
    let with_doubled = analysis.loglike().unwrap();
    assert!((with_doubled - before).abs() > 1e-3);
    let directory = tempfile::tempdir().unwrap();
    analysis.write_xml(&directory.path().join("model.xml")).unwrap();
    let energies = table.energies();
    let file = analysis.roi().source(&name).unwrap().spectrum().file().unwrap().to_owned();
    let written = std::fs::read_to_string(directory.path().join(file)).unwrap();
    assert_eq!(roi_model::FileTable::parse(&written).unwrap().values(), doubled);
    assert_eq!(roi_model::FileTable::parse(&written).unwrap().energies(), energies);
    // A saved table comes back into an analysis that has another one, and into one that has none.
    analysis.write_roi(directory.path().join("doubled")).unwrap();
    let saved = directory.path().join("doubled");
    let isotropic = analysis.roi().source("isodiff").unwrap().spectrum().clone();
    std::fs::write(directory.path().join(isotropic.file().unwrap()), isotropic.file_tables()[0].to_text()).unwrap();
    analysis.set_source_dnde(&name, table.values()).unwrap();
    analysis.load_roi(&saved).unwrap();
    assert_eq!(analysis.loglike().unwrap(), with_doubled);
    let mut fresh = crate::region::analysis();
    fresh.load_roi(&saved).unwrap();
    assert_eq!(fresh.loglike().unwrap(), with_doubled);
    let again = tempfile::tempdir().unwrap();
    fresh.write_xml(&again.path().join("model.xml")).unwrap();
    let file = fresh.roi().source(&name).unwrap().spectrum().file().unwrap().to_owned();
    assert!(again.path().join(file).exists(), "a table that was loaded is written with the model");
    // Half the norm brings back what was.
    analysis.set_norm(&name, 0.5).unwrap();
    approx::assert_relative_eq!(analysis.loglike().unwrap(), before, max_relative = 1e-12);
}

#[test]
fn models_saved_side_by_side_keep_their_tables_and_no_file_of_the_user_is_written_over() {
    let mut analysis = analysis();
    let name = point(&analysis);
    analysis.set_source_spectrum(&name, "FileFunction", &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let isotropic = analysis.roi().source("isodiff").unwrap().spectrum().clone();
    let noted = format!("# mine\n{}", isotropic.file_tables()[0].to_text());
    std::fs::write(path(isotropic.file().unwrap()), &noted).unwrap();
    analysis.write_roi(path("one")).unwrap();
    let one = analysis.loglike().unwrap();
    let table = analysis.roi().source(&name).unwrap().spectrum().file_tables()[0].clone();
    let doubled: Vec<f64> = table.values().iter().map(|dnde| 2.0 * dnde).collect();
    analysis.set_source_dnde(&name, &doubled).unwrap();
    let two = analysis.loglike().unwrap();
    analysis.write_roi(path("two")).unwrap();
    for (prefix, loglike) in [("one", one), ("two", two), ("one", one)] {
        analysis.load_roi(path(prefix)).unwrap();
        assert_eq!(analysis.loglike().unwrap(), loglike, "{prefix}");
    }
    analysis.load_xml(&path("two_00.xml")).unwrap();
    assert_eq!(analysis.loglike().unwrap(), two);
    analysis.write_xml(&path("three.xml")).unwrap();
    assert_eq!(std::fs::read_to_string(path(isotropic.file().unwrap())).unwrap(), noted);
    // Another table under the name of one of the model's.
    let file = analysis.roi().source(&name).unwrap().spectrum().file().unwrap().to_owned();
    std::fs::write(path(&file), table.to_text()).unwrap();
    let error = analysis.write_xml(&path("four.xml")).unwrap_err().to_string();
    assert!(error.contains(&file), "{error}");
    assert_eq!(std::fs::read_to_string(path(&file)).unwrap(), table.to_text());
}

#[test]
fn a_spectrum_that_cannot_be_changes_nothing() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let before = analysis.roi().state();
    let nan = Given { value: Some(f64::NAN), ..Given::default() };
    for (kind, pars, word) in [
        ("PowerLow", vec![], "PowerLaw"),
        ("LogParabola", vec![("gamma", Given::default())], "gamma"),
        ("PowerLaw", vec![("Index", nan)], "Index"),
        ("DMFitFunction", vec![], "yields"),
        ("FileFunction", vec![("Index", Given::default())], "Index"),
    ] {
        let error = analysis.set_source_spectrum(&name, kind, &pars).unwrap_err().to_string();
        assert!(error.contains(word), "{kind}: {error}");
        assert_eq!(analysis.roi().state(), before);
        assert_eq!(analysis.roi().source(&name).unwrap().spectrum().type_name(), "PowerLaw");
    }
}

#[test]
fn cuts_know_the_columns_of_the_catalog() {
    let (mut roi, likelihood) = small_region(|_| Vec::new());
    let names: Vec<String> =
        roi.sources().iter().filter(|s| s.spatial().is_point()).map(|s| s.name().to_owned()).collect();
    for (name, significance) in names.iter().zip([5.0, 50.0]) {
        let values = [("Signif_Avg".to_owned(), significance)].into_iter().collect();
        roi.source_mut(name).unwrap().set_catalog_values(values);
    }
    let analysis = analysis_with(roi, likelihood);
    let chosen = |low: f64, high: Option<f64>| analysis.selected(&Selection::all().cut("Signif_Avg", Some(low), high));
    assert_eq!(chosen(5.0, None), names[..2]);
    assert_eq!(chosen(6.0, None), names[1..2]);
    assert_eq!(chosen(0.0, Some(10.0)), names[..1]);
    assert!(
        analysis.selected(&Selection::all().cut("No_Column", None, None)).is_empty(),
        "a source without the column fails"
    );
}
