//! A simulated region whose counts, source maps and answers were made by the C++ fermitools.

use std::collections::BTreeMap;
use std::path::Path;

use roi_fit::Analysis;
use serde::Deserialize;

use super::harness::{Outcome, options, quality, row, set_free};
use crate::comparison::{Comparison, worst};
use crate::data;

#[derive(Deserialize)]
struct Reference {
    initial: Initial,
    fit: Fit,
    minos: Option<Minos>,
}

#[derive(Deserialize)]
struct Minos {
    lo: Vec<f64>,
    hi: Vec<f64>,
}

#[derive(Deserialize)]
struct Initial {
    #[serde(rename = "logL")]
    loglike: f64,
    free_params: Vec<String>,
    free_derivs: Vec<f64>,
    npred: BTreeMap<String, f64>,
    #[serde(rename = "nFilled")]
    n_filled: usize,
}

#[derive(Deserialize)]
struct Fit {
    #[serde(rename = "logL")]
    loglike: f64,
    params: Vec<String>,
    values: Vec<f64>,
    errors: Vec<f64>,
}

/// 10 free parameters.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn ten_free(data: &Path) -> Outcome {
    compare(data, "config_edisp0.yaml", "fit_newminuit_edisp0.json", true)
}

/// 44 free parameters. The recorded fit ended with status 156 (covariance not accurate), so its values and errors are no bar.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn all_free(data: &Path) -> Outcome {
    compare(data, "config_allfree_edisp0.yaml", "fit_allfree_newminuit_edisp0.json", false)
}

fn compare(data: &Path, config: &str, answers: &str, with_values: bool) -> Outcome {
    let directory = data.join("fermitools-roi");
    let reference: Reference = data::json(&directory.join(answers))?;
    let config = directory.join(config);
    let mut comparisons = Vec::new();

    let mut analysis = Analysis::open(&config)?;
    let report = analysis.loglike_report()?;
    let initial = &reference.initial;
    comparisons.push(Comparison::relative("logL at the start", initial.loglike, report.loglike, 1e-9));
    let filled = analysis.likelihood().components()[0].n_filled();
    comparisons.push(Comparison::absolute("filled bins", initial.n_filled as f64, filled as f64, 0.0));
    let derivatives = initial.free_params.iter().zip(&initial.free_derivs).map(|(parameter, &theirs)| {
        let ours = report.gradient.iter().find(|(name, _)| name == parameter).map_or(f64::NAN, |(_, g)| *g);
        Comparison::relative(parameter.clone(), theirs, ours, 1e-7)
    });
    comparisons.extend(worst("free derivatives at the start", derivatives));
    let npred = initial.npred.iter().map(|(source, &theirs)| {
        let ours = report.components[0].npred.get(source).map_or(f64::NAN, |bins| bins.iter().sum());
        Comparison::relative(source.clone(), theirs, ours, 1e-9)
    });
    comparisons.extend(worst("npred at the start", npred));

    set_free(&mut analysis, &reference.fit.values)?;
    comparisons.push(Comparison::relative(
        "logL at its fitted point",
        reference.fit.loglike,
        analysis.loglike()?,
        1e-9,
    ));

    for optimizer in ["NEWTON", "MINUIT"] {
        let mut analysis = Analysis::open(&config)?;
        let mut fit_options = options(optimizer, 1e-3);
        fit_options.minos = optimizer == "NEWTON" && reference.minos.is_some();
        let result = analysis.fit(&fit_options)?;
        comparisons.push(quality(optimizer, &result));
        // MINUIT stops within its tolerance of the maximum, as the recorded fit did.
        let bar = if optimizer == "NEWTON" { 0.0 } else { 1e-3 };
        comparisons.push(Comparison::not_below(
            format!("{optimizer}: logL"),
            reference.fit.loglike,
            result.loglike,
            bar,
        ));
        if with_values {
            let fit = &reference.fit;
            let rows = || fit.params.iter().enumerate().map(|(i, name)| (i, name, row(&result, name)));
            let values = rows().map(|(i, name, row)| {
                let ours = row.map_or(f64::NAN, |row| result.values[row]);
                Comparison::sigma(name.clone(), fit.values[i], ours, fit.errors[i], 0.02)
            });
            comparisons.extend(worst(&format!("{optimizer}: values"), values));
            let errors = rows().map(|(i, name, row)| {
                let ours = row.map_or(f64::NAN, |row| result.errors[row]);
                Comparison::relative(name.clone(), fit.errors[i], ours, 0.01)
            });
            comparisons.extend(worst(&format!("{optimizer}: errors"), errors));
            if let (Some(theirs), Some(ours)) = (&reference.minos, &result.minos) {
                let sides = rows().flat_map(|(i, name, row)| {
                    let [lower, upper] = row.map_or([None; 2], |row| ours[row]).map(|side| side.unwrap_or(f64::NAN));
                    [("lower", theirs.lo[i], lower), ("upper", theirs.hi[i], upper)]
                        .map(|(side, theirs, ours)| Comparison::relative(format!("{name} {side}"), theirs, ours, 0.02))
                });
                comparisons.extend(worst(&format!("{optimizer}: MINOS errors"), sides));
            }
        }
    }
    Ok(comparisons)
}
