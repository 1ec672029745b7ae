//! Real counts from the Galactic centre: 17 3FHL sources, Galactic and isotropic emission. The recorded optimum was certified with an
//! exact Hessian (EDM below 1e-27).

use std::collections::BTreeMap;
use std::path::Path;

use roi_fit::{Analysis, FitResult};
use serde::Deserialize;

use super::harness::{Outcome, options, quality, row};
use crate::comparison::{Comparison, worst};
use crate::data;

#[derive(Deserialize)]
struct Reference {
    fits: BTreeMap<String, Fit>,
}

#[derive(Deserialize)]
struct Fit {
    free: Vec<String>,
    initial: Initial,
    newton: Optimum,
    npred_initial: BTreeMap<String, Vec<f64>>,
    #[serde(rename = "TS")]
    ts: BTreeMap<String, TestStatistic>,
    #[serde(default)]
    minos_exact_profile: BTreeMap<String, Minos>,
}

#[derive(Deserialize)]
struct Minos {
    lower: f64,
    upper: f64,
}

#[derive(Deserialize)]
struct Initial {
    #[serde(rename = "logL")]
    loglike: f64,
    gradient: Vec<f64>,
}

#[derive(Deserialize)]
struct Optimum {
    #[serde(rename = "logL")]
    loglike: f64,
    values: Vec<f64>,
    errors: Vec<f64>,
}

#[derive(Deserialize)]
struct TestStatistic {
    #[serde(rename = "TS")]
    ts: f64,
}

/// 0.1 degree pixels: quick.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn small(data: &Path) -> Outcome {
    compare(&data.join("gc-3fhl-srcmaps-small"))
}

/// 0.05 degree pixels.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn full(data: &Path) -> Outcome {
    compare(&data.join("gc-3fhl-srcmaps"))
}

fn compare(directory: &Path) -> Outcome {
    let reference: Reference = data::json(&directory.join("reference.json"))?;
    let mut comparisons = Vec::new();
    for (name, fit) in &reference.fits {
        let config = directory.join(format!("config_fit{name}.yaml"));
        let what = |quantity: &str| format!("fit {name}: {quantity}");

        let report = Analysis::open(&config)?.loglike_report()?;
        comparisons.push(Comparison::relative(what("logL at the start"), fit.initial.loglike, report.loglike, 1e-9));
        let gradient = fit.free.iter().zip(&fit.initial.gradient).map(|(parameter, &theirs)| {
            let ours = report.gradient.iter().find(|(name, _)| name == parameter).map_or(f64::NAN, |(_, g)| *g);
            Comparison::relative(parameter.clone(), theirs, ours, 1e-7)
        });
        comparisons.extend(worst(&what("gradient at the start"), gradient));
        let npred = fit.npred_initial.iter().flat_map(|(source, bins)| {
            let ours = report.components[0].npred.get(source);
            bins.iter().enumerate().map(move |(k, &theirs)| {
                Comparison::relative(format!("{source} bin {k}"), theirs, ours.map_or(f64::NAN, |bins| bins[k]), 1e-9)
            })
        });
        comparisons.extend(worst(&what("npred at the start"), npred));

        for (optimizer, tol, loglike_bar, value_bar) in
            [("NEWTON", 1e-3, 1e-7, 1e-4), ("MINUIT", 1e-3, 1e-3, 0.05), ("MINUIT", 1e-8, 1e-7, 1e-4)]
        {
            let mut analysis = Analysis::open(&config)?;
            let mut fit_options = options(optimizer, tol);
            fit_options.minos = !fit.minos_exact_profile.is_empty() && optimizer == "NEWTON";
            let result = analysis.fit(&fit_options)?;
            let label = what(&format!("{optimizer} tol {tol:e}"));
            comparisons.push(quality(&label, &result));
            comparisons.push(Comparison::not_below(
                format!("{label}: logL"),
                fit.newton.loglike,
                result.loglike,
                loglike_bar,
            ));
            comparisons.extend(against_optimum(&label, fit, &result, value_bar));
            if let Some(ours) = &result.minos {
                let sides = fit.minos_exact_profile.iter().flat_map(|(name, theirs)| {
                    let found = row(&result, name).map_or([None; 2], |row| ours[row]);
                    let [lower, upper] = found.map(|side| side.unwrap_or(f64::NAN));
                    [("lower", theirs.lower, lower), ("upper", theirs.upper, upper)]
                        .map(|(side, theirs, ours)| Comparison::relative(format!("{name} {side}"), theirs, ours, 1e-3))
                });
                comparisons.extend(worst(&format!("{label}: MINOS errors"), sides));
            }
            if optimizer == "NEWTON" {
                comparisons.extend(test_statistics(&what("TS, null refitted"), fit, &mut analysis)?);
            }
        }
    }
    Ok(comparisons)
}

fn against_optimum(label: &str, fit: &Fit, result: &FitResult, value_bar: f64) -> Vec<Comparison> {
    let rows = || fit.free.iter().enumerate().map(|(i, name)| (i, name, row(result, name)));
    let values = rows().map(|(i, name, row)| {
        let ours = row.map_or(f64::NAN, |row| result.values[row]);
        Comparison::sigma(name.clone(), fit.newton.values[i], ours, fit.newton.errors[i], value_bar)
    });
    let errors = rows().map(|(i, name, row)| {
        Comparison::relative(name.clone(), fit.newton.errors[i], row.map_or(f64::NAN, |row| result.errors[row]), 1e-3)
    });
    let values = worst(&format!("{label}: values"), values);
    let errors = worst(&format!("{label}: errors"), errors);
    values.into_iter().chain(errors).collect()
}

fn test_statistics(label: &str, fit: &Fit, analysis: &mut Analysis) -> Outcome {
    let mut all = Vec::new();
    for (source, theirs) in &fit.ts {
        all.push(Comparison::absolute(source.clone(), theirs.ts, analysis.ts(source, true)?.ts, 0.01));
    }
    Ok(worst(label, all).into_iter().collect())
}
