//! Every spectrum against values and derivatives that the C++ LAT tools computed.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says when it is skipped")]

mod common;

use std::sync::Arc;

use roi_model::{DarkMatterTable, EblTable, FileTable, Parameter, Spectrum, Tables};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()
}

fn parameters(setting: &Value) -> Vec<Parameter> {
    let list = setting["parameters"].as_array().unwrap();
    list.iter()
        .map(|p| {
            let (name, value) = (p["name"].as_str().unwrap(), p["value"].as_f64().unwrap());
            Parameter::new(name, value).unwrap().with_scale(p["scale"].as_f64().unwrap()).unwrap()
        })
        .collect()
}

/// Where the reference is wrong, and so must differ: type, settings, quantities. Each is listed in the documentation of differences.
const REFERENCE_DEFECTS: &[(&str, &[usize], &[&str])] = &[
    // With the break outside the limits of the integral, the derivative of the other index is taken as zero.
    ("BrokenPowerLaw2", &[1], &["Index1"]),
    ("EblAtten::BrokenPowerLaw2", &[1], &["Index1"]),
    ("EblAtten::BrokenPowerLaw2", &[2], &["Index2"]),
    ("ScaleFactor::BrokenPowerLaw2", &[1], &["Index1"]),
    // Near index -1 the digits of its formula cancel.
    ("PowerLaw2", &[3], &["value", "Index"]),
    ("EnergyBand::PowerLaw2", &[3], &["value", "Index"]),
    ("ScaleFactor::PowerLaw2", &[3], &["value", "Index"]),
    // For alpha <= beta it returns a derivative for alpha, of which the value does not depend.
    ("EblAtten::BandFunction", &[2], &["alpha"]),
    // Where the exponent is clamped, the value is constant; its derivatives are not zero.
    ("EblAtten::PLSuperExpCutoff2", &[2], &["Expfactor", "Index2"]),
    ("EblAtten::PLSuperExpCutoff3", &[2], &["IndexS", "Scale", "Expfactor2", "Index2"]),
    // It underflows to zero above 745 times the peak energy.
    ("EblAtten::ExpCutoffSEDPeak", &[2], &["value", "Fpeak", "Index", "Epeak", "tau_norm"]),
    // The scale of the parameter is missing.
    ("SmoothDoubleBrokenPowerLaw", &[1], &["Index2"]),
    ("MultipleBrokenPowerLaw", &[1], &["Index0", "Index1"]),
    ("PiecewisePowerLaw", &[1], &["IndexL", "IndexH"]),
    // The derivative of the mass is a difference quotient across a kink, and has the scale of another parameter.
    ("DMFitFunction", &[0, 1], &["mass"]),
];

fn is_defect(name: &str, n: usize, quantity: &str) -> bool {
    REFERENCE_DEFECTS.iter().any(|(f, ns, quantities)| *f == name && ns.contains(&n) && quantities.contains(&quantity))
}

/// The largest relative difference, and where. Differences below `floor` times the function are rounding.
fn worst(got: &[f64], want: &[f64], floor: &[f64]) -> (f64, usize) {
    let relative = |(i, ((g, w), f)): (usize, ((&f64, &f64), &f64))| {
        let difference = (g - w).abs();
        (if difference <= *f { 0.0 } else { difference / w.abs() }, i)
    };
    let all = got.iter().zip(want).zip(floor).enumerate().map(relative);
    all.fold((0.0, 0), |a, b| if b.0 > a.0 || b.0.is_nan() { b } else { a })
}

fn setting<'a>(reference: &'a Value, name: &str, n: usize) -> &'a Value {
    let functions = reference["functions"].as_array().unwrap();
    &functions.iter().find(|f| f["name"] == name).unwrap()["settings"][n]
}

/// The tables of a spectrum. The reference lists none, so they are made from what it computed for another function.
fn tables(reference: &Value, name: &str, n: usize, energies: &[f64]) -> Option<Tables> {
    let needs = roi_model::spectrum_needs(name).unwrap();
    let mut tables = Tables::default();
    if needs.spectrum {
        let values = numbers(&setting(reference, "FileFunction", 0)["value"]);
        tables.spectrum = Some(Arc::new(FileTable::new(energies.to_vec(), values).unwrap()));
    }
    if needs.ebl {
        // d/d(tau_norm) is -tau dN/dE; the table has this tau for every redshift. It is kept from being exactly zero,
        // because beside a zero the interpolation is zero.
        let dimmed = setting(reference, "EblAtten::PowerLaw2", n);
        let (values, derivatives) = (numbers(&dimmed["value"]), numbers(&dimmed["deriv"]["tau_norm"]));
        let depths = values.iter().zip(derivatives).map(|(f, d)| vec![(-d / f).max(1e-300); 2]);
        let depths = std::iter::once(vec![1e-300; 2]).chain(depths).collect();
        let energies = std::iter::once(1.0).chain(energies.iter().copied()).collect();
        tables.ebl = Some(Arc::new(EblTable::new(energies, vec![0.0, 10.0], depths).unwrap()));
    }
    if needs.dark_matter {
        let text = std::fs::read_to_string(common::shared_data("dmfit/gammamc_dif.dat")?).unwrap();
        tables.dark_matter = Some(Arc::new(DarkMatterTable::parse(&text).unwrap()));
    }
    Some(tables)
}

#[test]
fn values_and_derivatives_agree_with_the_reference() {
    let Some(path) = common::shared_data("reference/spectral_reference.json") else { return };
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let energies = numbers(&reference["energies_MeV"]);
    let (mut failures, mut compared) = (Vec::new(), 0);
    for function in reference["functions"].as_array().unwrap() {
        let name = function["name"].as_str().unwrap();
        // A prior, compared there.
        if name == "LogGaussian" {
            continue;
        }
        for (n, setting) in function["settings"].as_array().unwrap().iter().enumerate() {
            let Some(tables) = tables(&reference, name, n, &energies) else { continue };
            let spectrum = Spectrum::with_tables(name, parameters(setting), &tables).unwrap();
            let norm = spectrum.norm_index().map_or("", |i| spectrum.parameters()[i].name());
            assert_eq!(norm, function["norm_par"].as_str().unwrap(), "{name}");
            let mut values = vec![0.0; energies.len()];
            spectrum.evaluate(&energies, &mut values).unwrap();
            let mut compare = |quantity: &str, got: &[f64], want: &Value, floor: &[f64], tolerance: f64| {
                let want = numbers(want);
                if want.iter().any(|x| x.is_nan()) {
                    // It refuses the derivatives of always-fixed parameters.
                    return;
                }
                let (difference, at) = worst(got, &want, floor);
                let agrees = difference <= tolerance;
                compared += 1;
                if agrees == is_defect(name, n, quantity) {
                    failures.push(format!(
                        "{name} {n} {quantity} differs by {difference:e} at {} MeV: {:e}, reference {:e}",
                        energies[at], got[at], want[at]
                    ));
                }
            };
            // Below 1e-300 doubles have fewer digits.
            compare("value", &values, &setting["value"], &vec![1e-312; energies.len()], 1e-12);
            for (parameter, want) in setting["deriv"].as_object().unwrap() {
                let index = spectrum.index_of(parameter).unwrap();
                let mut gradient = vec![0.0; energies.len()];
                spectrum.gradient(&energies, &[index], &mut gradient).unwrap();
                let step = spectrum.parameters()[index].value().abs().max(1e-3);
                // A derivative can be a difference of larger terms; what is left of them below this is rounding, theirs or ours.
                let floor: Vec<f64> = values.iter().map(|f| 1e-14 * (f / step).abs() + 1e-312).collect();
                compare(parameter, &gradient, want, &floor, 1e-9);
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{compared} rows compared");
}

/// Where the reference's difference quotient, not its derivative, is off: it steps through a kink or from one whole number to the next, or is all rounding.
const QUOTIENT_ARTEFACTS: &[(&str, &[&str])] =
    &[("BrokenPowerLaw3", &["Integral1", "Integral2"]), ("DMFitFunction", &["channel0", "channel1"])];

#[test]
fn the_defects_are_all_of_the_reference_and_ours_agrees_with_its_difference_quotients() {
    let Some(path) = common::shared_data("reference/spectral_reference.json") else { return };
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let energies = numbers(&reference["energies_MeV"]);
    let (mut failures, mut defects, mut compared) = (Vec::new(), 0, 0);
    for function in reference["functions"].as_array().unwrap().iter().filter(|f| f["name"] != "LogGaussian") {
        let name = function["name"].as_str().unwrap();
        for (n, setting) in function["settings"].as_array().unwrap().iter().enumerate() {
            let Some(tables) = tables(&reference, name, n, &energies) else { continue };
            let spectrum = Spectrum::with_tables(name, parameters(setting), &tables).unwrap();
            let theirs = numbers(&setting["value"]);
            for (parameter, analytic) in setting["deriv"].as_object().unwrap() {
                let is_artefact = QUOTIENT_ARTEFACTS
                    .iter()
                    .any(|(family, names)| name.ends_with(family) && names.contains(&parameter.as_str()));
                if is_artefact || is_defect(name, n, "value") {
                    continue;
                }
                let index = spectrum.index_of(parameter).unwrap();
                let mut ours = vec![0.0; energies.len()];
                spectrum.gradient(&energies, &[index], &mut ours).unwrap();
                let size = spectrum.parameters()[index].value().abs().max(1e-3);
                let quotients = numbers(&setting["numeric_deriv"][parameter.as_str()]);
                let analytic = numbers(analytic);
                let mut is_wrong = false;
                for k in 0..energies.len() {
                    // A quotient of nearly equal numbers is rounding; so is one of numbers that underflow.
                    let floor = 1e-6 * theirs[k].abs() / size + 1e-250;
                    let agrees = |x: f64| (x - quotients[k]).abs() <= (2e-3 * quotients[k].abs()).max(floor);
                    compared += 1;
                    is_wrong |= !analytic[k].is_nan() && !agrees(analytic[k]);
                    if !agrees(ours[k]) {
                        failures.push(format!(
                            "{name} {n} {parameter} at {}: {:e} {:e}",
                            energies[k], ours[k], quotients[k]
                        ));
                    }
                }
                defects += usize::from(is_wrong);
                if is_wrong && !is_defect(name, n, parameter) {
                    failures.push(format!("{name} {n} {parameter}: a defect of the reference that is not listed"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(defects >= 14 && compared > 5000, "{defects} defects, {compared} numbers");
    println!("{compared} numbers compared, {defects} derivatives of the reference are wrong");
}

#[test]
fn declarations_agree_with_the_reference() {
    let Some(path) = common::shared_data("reference/spectral_reference.json") else { return };
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for function in reference["functions"].as_array().unwrap() {
        let name = function["name"].as_str().unwrap();
        // A prior; and two types whose number of parameters varies.
        if matches!(name, "LogGaussian" | "MultipleBrokenPowerLaw" | "PiecewisePowerLaw") {
            continue;
        }
        let table = Arc::new(FileTable::new(vec![1.0, 2.0], vec![1.0, 1.0]).unwrap());
        let ebl = Arc::new(EblTable::new(vec![1.0, 2.0], vec![0.0, 1.0], vec![vec![0.0; 2]; 2]).unwrap());
        let dark_matter = Arc::new(DarkMatterTable::parse(&"0 ".repeat(12 * 24 * 250)).unwrap());
        let tables =
            Tables { spectrum: Some(table), ebl: Some(ebl), dark_matter: Some(dark_matter), ..Tables::default() };
        let spectrum = Spectrum::with_default_parameters(name, &tables).unwrap();
        let expected = function["default_parameters"].as_array().unwrap();
        assert_eq!(spectrum.parameters().len(), expected.len(), "{name}");
        for (p, want) in spectrum.parameters().iter().zip(expected) {
            assert_eq!(p.name(), want["name"].as_str().unwrap(), "{name}");
            assert_eq!(p.value(), want["value"].as_f64().unwrap(), "{name} {}", p.name());
            assert_eq!(p.is_free(), want["free"].as_bool().unwrap(), "{name} {}", p.name());
            assert_eq!(p.is_always_fixed(), want["always_fixed"].as_bool().unwrap(), "{name} {}", p.name());
        }
    }
}

#[test]
fn a_file_function_is_its_table() {
    let table = Arc::new(FileTable::new(vec![10.0, 1e6], vec![1e-5, 1e-15]).unwrap());
    let norm = Parameter::new("Normalization", 0.5).unwrap().with_scale(3.0).unwrap();
    let spectrum = Spectrum::file_function(norm, "iso.txt", table).unwrap();
    assert!((spectrum.dnde(1000.0).unwrap() / 1.5e-9 - 1.0).abs() < 1e-13);
    let mut gradient = [0.0];
    spectrum.gradient(&[1000.0], &[0], &mut gradient).unwrap();
    assert!((gradient[0] / 3e-9 - 1.0).abs() < 1e-13);
    assert!((spectrum.log_slope(500.0).unwrap() + 2.0).abs() < 1e-13);
    let error = spectrum.dnde(9.0).unwrap_err().to_string();
    assert!(error.contains("iso.txt") && error.contains("9.0 MeV"), "{error}");
}
