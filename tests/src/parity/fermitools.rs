//! A simulated region whose counts, source maps and answers were made by the C++ fermitools.

use std::collections::BTreeMap;
use std::path::Path;

use likelihood_core::{ComponentData, Data, DetectorResponse, Dispersion};
use ndarray::Array2;
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
    npred_weighted: Option<BTreeMap<String, f64>>,
    model_counts_spectrum: Option<BTreeMap<String, Vec<f64>>>,
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
    covariance: Option<Vec<Vec<f64>>>,
}

/// 10 free parameters.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn ten_free(data: &Path) -> Outcome {
    compare(data, &Case::new("config_edisp0.yaml", "fit_newminuit_edisp0.json"))
}

/// 44 free parameters. The recorded fit ended with status 156 (covariance not accurate), so its values and errors are no bar.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn all_free(data: &Path) -> Outcome {
    let case = Case::new("config_allfree_edisp0.yaml", "fit_allfree_newminuit_edisp0.json");
    compare(data, &Case { with_values: false, ..case })
}

/// Energy dispersion over a window of 2 bins.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn window(data: &Path) -> Outcome {
    compare(data, &Case::new("config_edisp2.yaml", "fit_newminuit_edisp2.json"))
}

/// Energy dispersion by rescaling, 2 extrapolated bins. The recorded derivatives, and so the recorded fit, take the ratios of measured to
/// true counts for constants; the fit here does not.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn rescaling(data: &Path) -> Outcome {
    compare(data, &Case::new("config_edispm2.yaml", "fit_newminuit_edispm2.json"))
}

/// Likelihood weights.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn weighted(data: &Path) -> Outcome {
    let case = Case::new("config_weighted_edisp0.yaml", "fit_weighted_edisp0.json");
    compare(data, &Case { loglike_bar: OF_SINGLE_PRECISION, ..case })
}

/// Likelihood weights and energy dispersion over a window of 2 bins.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn weighted_window(data: &Path) -> Outcome {
    let case = Case::new("config_weighted_edisp2.yaml", "fit_weighted_edisp2.json");
    compare(data, &Case { loglike_bar: OF_SINGLE_PRECISION, ..case })
}

/// A configuration, the recorded answers to it, and whether its values and errors are a bar.
struct Case {
    config: &'static str,
    answers: &'static str,
    with_values: bool,
    /// How near the recorded logL ours must be.
    loglike_bar: f64,
}

/// The tools round each count times its weight to single precision, which we do not: the logL of weighted counts agree to the rounding alone.
const OF_SINGLE_PRECISION: f64 = 1e-8;

impl Case {
    fn new(config: &'static str, answers: &'static str) -> Self {
        Self { config, answers, with_values: true, loglike_bar: 1e-9 }
    }
}

#[derive(Deserialize)]
struct RecordedResponse {
    drm: Vec<Vec<f64>>,
}

/// The region with the detector response matrix as the recorded program computed it, in double precision: the file of gtdrm holds it in
/// single precision, which would show in derivatives that nearly cancel. In rescaling mode with the derivatives that were recorded.
fn as_recorded(directory: &Path, config: &Path) -> Result<Analysis, Box<dyn std::error::Error>> {
    let recorded: RecordedResponse = data::json(&directory.join("eval_start_edisp2_drm.json"))?;
    let (rows, columns) = (recorded.drm.len(), recorded.drm.first().map_or(0, Vec::len));
    let matrix = Array2::from_shape_vec((rows, columns), recorded.drm.into_iter().flatten().collect())?;
    let response = DetectorResponse::new(matrix)?;
    let loaded = lat_dataset::load(config)?;
    let mut components = Vec::new();
    for (component, settings) in loaded.observation.components.iter().zip(&loaded.config.components) {
        let bins = if settings.edisp.is_on() { settings.edisp.bins } else { 0 };
        let dispersion = Dispersion::from_bins(&response, bins)?.map(Dispersion::with_frozen_ratios);
        let settings = component.settings.clone().with_dispersion(dispersion);
        let mut likelihood = ComponentData::with_settings(component.name.clone(), &component.counts.cube, settings)?;
        for source in loaded.roi.sources() {
            likelihood.add_source_map(source.name(), &component.source_map(source, None)?)?;
        }
        components.push(likelihood);
    }
    Ok(Analysis::new(loaded.roi, Data::new(components)?)?)
}

fn compare(data: &Path, case: &Case) -> Outcome {
    let directory = data.join("fermitools-roi");
    let reference: Reference = data::json(&directory.join(case.answers))?;
    let config = directory.join(case.config);
    let mut comparisons = Vec::new();

    let mut analysis = as_recorded(&directory, &config)?;
    let report = analysis.loglike_report()?;
    let initial = &reference.initial;
    comparisons.push(Comparison::relative("logL at the start", initial.loglike, report.loglike, case.loglike_bar));
    let filled = analysis.likelihood().components()[0].n_filled();
    comparisons.push(Comparison::absolute("filled bins", initial.n_filled as f64, filled as f64, 0.0));
    let derivatives = initial.free_params.iter().zip(&initial.free_derivs).map(|(parameter, &theirs)| {
        let ours = report.gradient.iter().find(|(name, _)| name == parameter).map_or(f64::NAN, |(_, g)| *g);
        Comparison::relative(parameter.clone(), theirs, ours, 1e-7)
    });
    comparisons.extend(worst("free derivatives at the start", derivatives));
    let component = &report.components[0];
    let npred_comparisons = |theirs: &BTreeMap<String, f64>, ours: &BTreeMap<String, Vec<f64>>| -> Vec<Comparison> {
        let ours = |source: &String| ours.get(source).map_or(f64::NAN, |bins| bins.iter().sum());
        theirs.iter().map(|(s, &npred)| Comparison::relative(s.clone(), npred, ours(s), 1e-9)).collect()
    };
    comparisons.extend(worst("npred at the start", npred_comparisons(&initial.npred, &component.npred)));
    if let Some(theirs) = initial.npred_weighted.as_ref().filter(|_| component.weighted.is_some()) {
        comparisons.extend(worst("weighted npred at the start", npred_comparisons(theirs, component.npred_wt())));
    }
    let by_bin = initial.model_counts_spectrum.iter().flatten().flat_map(|(source, bins)| {
        let ours = component.npred.get(source);
        bins.iter().enumerate().map(move |(k, &theirs)| {
            Comparison::relative(format!("{source} bin {k}"), theirs, ours.map_or(f64::NAN, |bins| bins[k]), 1e-9)
        })
    });
    comparisons.extend(worst("npred at the start by energy", by_bin));

    // What the program itself reads: the matrix of the file.
    let loglike = Analysis::open(&config)?.loglike()?;
    comparisons.push(Comparison::relative("logL at the start, all from files", initial.loglike, loglike, 1e-7));
    fits(&reference, case, &config, &mut analysis, &mut comparisons)?;
    Ok(comparisons)
}

/// The likelihood at the recorded maximum, and fits by two optimizers beside it.
fn fits(
    reference: &Reference,
    case: &Case,
    config: &Path,
    analysis: &mut Analysis,
    comparisons: &mut Vec<Comparison>,
) -> Result<(), Box<dyn std::error::Error>> {
    set_free(analysis, &reference.fit.values)?;
    comparisons.push(Comparison::relative(
        "logL at its fitted point",
        reference.fit.loglike,
        analysis.loglike()?,
        case.loglike_bar,
    ));

    // The recorded fits stopped within their tolerance of the maximum, in rescaling mode by derivatives that are not quite those of logL:
    // a point that lies `d` below a maximum in logL lies within `sqrt(2 d)` errors of it. One Newton step, with the recorded covariance and
    // the gradient there, must lead to it.
    let fit = &reference.fit;
    let mut there = Analysis::open(config)?;
    set_free(&mut there, &fit.values)?;
    let report = there.loglike_report()?;
    let gradient: Vec<f64> = report.gradient.iter().map(|(_, g)| *g).collect();
    let step = |row: &[f64]| -> f64 { row.iter().zip(&gradient).map(|(c, g)| c * g).sum() };
    let stepped: Option<Vec<f64>> = fit
        .covariance
        .as_ref()
        .map(|covariance| fit.values.iter().zip(covariance).map(|(value, row)| value + step(row)).collect());

    for optimizer in ["NEWTON", "MINUIT"] {
        let mut analysis = Analysis::open(config)?;
        let mut fit_options = options(optimizer, 1e-3);
        fit_options.minos = optimizer == "NEWTON" && reference.minos.is_some();
        let result = analysis.fit(&fit_options)?;
        comparisons.push(quality(optimizer, &result));
        // MINUIT stops within its tolerance of the maximum, as the recorded fit did.
        let bar = if optimizer == "NEWTON" { 0.0 } else { 1e-3 };
        comparisons.push(Comparison::not_below(format!("{optimizer}: logL"), fit.loglike, result.loglike, bar));
        if !case.with_values {
            continue;
        }
        let value = |name: &String| row(&result, name).map_or(f64::NAN, |row| result.values[row]);
        let against = |theirs: &[f64], bar: f64| -> Vec<Comparison> {
            let rows = fit.params.iter().zip(theirs).zip(&fit.errors);
            rows.map(|((name, &theirs), &error)| Comparison::sigma(name.clone(), theirs, value(name), error, bar))
                .collect()
        };
        let distance = (2.0 * (result.loglike - report.loglike).max(0.0)).sqrt();
        comparisons.extend(worst(&format!("{optimizer}: values"), against(&fit.values, distance.max(0.02))));
        if let (Some(stepped), "NEWTON") = (&stepped, optimizer) {
            let what = "NEWTON: values beside the recorded ones and a Newton step";
            comparisons.extend(worst(what, against(stepped, 0.01)));
        }
        let errors = fit.params.iter().zip(&fit.errors).map(|(name, &theirs)| {
            let ours = row(&result, name).map_or(f64::NAN, |row| result.errors[row]);
            Comparison::relative(name.clone(), theirs, ours, 0.01)
        });
        comparisons.extend(worst(&format!("{optimizer}: errors"), errors));
        if let (Some(theirs), Some(ours)) = (&reference.minos, &result.minos) {
            // The ends of the intervals: they do not depend on where within its tolerance the fit stopped.
            let sides = fit.params.iter().enumerate().flat_map(|(i, name)| {
                let [lower, upper] =
                    row(&result, name).map_or([None; 2], |row| ours[row]).map(|side| side.unwrap_or(f64::NAN));
                [("lower", theirs.lo[i], lower), ("upper", theirs.hi[i], upper)].map(|(side, theirs, ours)| {
                    let (theirs, ours) = (fit.values[i] + theirs, value(name) + ours);
                    Comparison::sigma(format!("{name} {side}"), theirs, ours, fit.errors[i], 0.02)
                })
            });
            comparisons.extend(worst(&format!("{optimizer}: ends of the MINOS intervals"), sides));
        }
    }
    Ok(())
}
