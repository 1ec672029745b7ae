//! Every spectrum against values and derivatives that the C++ LAT tools computed.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says when it is skipped")]

mod common;

use std::sync::Arc;

use roi_model::parameter::Parameter;
use roi_model::spectrum::{self, FileTable, Spectrum};
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

/// Where the reference is wrong, and so must differ: type, setting, quantity. Each is listed in the documentation of differences.
const REFERENCE_DEFECTS: [(&str, usize, &str); 3] = [
    // Outside the limits of the integral, the derivative of the other index is taken as zero.
    ("BrokenPowerLaw2", 1, "Index1"),
    // Near index -1 the digits of its formula cancel.
    ("PowerLaw2", 3, "value"),
    ("PowerLaw2", 3, "Index"),
];

/// The largest relative difference, and where. Differences below `floor` times the function are rounding.
fn worst(got: &[f64], want: &[f64], floor: &[f64]) -> (f64, usize) {
    let relative = |(i, ((g, w), f)): (usize, ((&f64, &f64), &f64))| {
        let difference = (g - w).abs();
        (if difference <= *f { 0.0 } else { difference / w.abs() }, i)
    };
    let all = got.iter().zip(want).zip(floor).enumerate().map(relative);
    all.fold((0.0, 0), |a, b| if b.0 > a.0 || b.0.is_nan() { b } else { a })
}

#[test]
fn values_and_derivatives_agree_with_the_reference() {
    let Some(path) = common::shared_data("reference/spectral_reference.json") else { return };
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let energies = numbers(&reference["energies_MeV"]);
    let known = spectrum::types();
    let mut failures = Vec::new();
    for function in reference["functions"].as_array().unwrap() {
        let name = function["name"].as_str().unwrap();
        if !known.contains(&name) || name == "FileFunction" {
            println!("not compared: {name}");
            continue;
        }
        for (n, setting) in function["settings"].as_array().unwrap().iter().enumerate() {
            let spectrum = Spectrum::new(name, parameters(setting)).unwrap();
            let mut values = vec![0.0; energies.len()];
            spectrum.evaluate(&energies, &mut values).unwrap();
            let mut compare = |quantity: &str, got: &[f64], want: &Value, floor: &[f64], tolerance: f64| {
                let want = numbers(want);
                let (difference, at) = worst(got, &want, floor);
                let agrees = difference <= tolerance;
                if agrees == REFERENCE_DEFECTS.contains(&(name, n, quantity)) {
                    failures.push(format!(
                        "{name} {n} {quantity} differs by {difference:e} at {} MeV: {:e}, reference {:e}",
                        energies[at], got[at], want[at]
                    ));
                }
            };
            compare("value", &values, &setting["value"], &vec![0.0; energies.len()], 1e-12);
            for (parameter, want) in setting["deriv"].as_object().unwrap() {
                let index = spectrum.index_of(parameter).unwrap();
                let mut gradient = vec![0.0; energies.len()];
                spectrum.gradient(&energies, &[index], &mut gradient).unwrap();
                let step = spectrum.parameters()[index].value().abs().max(1e-3);
                let floor: Vec<f64> = values.iter().map(|f| 1e-15 * (f / step).abs()).collect();
                compare(parameter, &gradient, want, &floor, 1e-9);
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
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
