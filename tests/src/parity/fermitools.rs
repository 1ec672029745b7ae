//! A simulated region whose counts, source maps and answers were made by the C++ fermitools.

use std::collections::BTreeMap;
use std::path::Path;

use likelihood_core::{BinnedLikelihood, DetectorResponse, Dispersion, JointLikelihood, Settings};
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
    compare(data, &Case { value_bars: None, ..case })
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
    compare(data, &Case::new("config_weighted_edisp0.yaml", "fit_weighted_edisp0.json"))
}

/// Likelihood weights and energy dispersion over a window of 2 bins.
///
/// # Errors
/// When data or answers cannot be read, or the fit cannot be made.
pub fn weighted_window(data: &Path) -> Outcome {
    compare(data, &Case::new("config_weighted_edisp2.yaml", "fit_weighted_edisp2.json"))
}

/// A configuration, the recorded answers to it, and how close values (in errors) and errors (relative) must come.
struct Case {
    config: &'static str,
    answers: &'static str,
    value_bars: Option<[f64; 2]>,
}

impl Case {
    fn new(config: &'static str, answers: &'static str) -> Self {
        Self { config, answers, value_bars: Some([0.02, 0.01]) }
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
    let loaded = lat_io::load(config)?;
    let mut components = Vec::new();
    for (component, settings) in loaded.observation.components.iter().zip(&loaded.config.components) {
        let bins = if settings.edisp.is_on() { settings.edisp.bins } else { 0 };
        let dispersion = Dispersion::from_bins(&response, bins)?.map(Dispersion::with_frozen_ratios);
        let settings = Settings { dispersion, ..component.settings.clone() };
        let mut likelihood = BinnedLikelihood::with_settings(component.name.clone(), &component.counts.cube, settings)?;
        for source in loaded.roi.sources() {
            likelihood.add_source_map(source.name(), &component.read_source_map(source.name())?)?;
        }
        components.push(likelihood);
    }
    Ok(Analysis::new(loaded.roi, JointLikelihood::new(components)?)?)
}

fn compare(data: &Path, case: &Case) -> Outcome {
    let directory = data.join("fermitools-roi");
    let reference: Reference = data::json(&directory.join(case.answers))?;
    let config = directory.join(case.config);
    let mut comparisons = Vec::new();

    let mut analysis = as_recorded(&directory, &config)?;
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
        1e-9,
    ));

    for optimizer in ["NEWTON", "MINUIT"] {
        let mut analysis = Analysis::open(config)?;
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
        if let Some([value_bar, error_bar]) = case.value_bars {
            let fit = &reference.fit;
            let rows = || fit.params.iter().enumerate().map(|(i, name)| (i, name, row(&result, name)));
            let values = rows().map(|(i, name, row)| {
                let ours = row.map_or(f64::NAN, |row| result.values[row]);
                Comparison::sigma(name.clone(), fit.values[i], ours, fit.errors[i], value_bar)
            });
            comparisons.extend(worst(&format!("{optimizer}: values"), values));
            let errors = rows().map(|(i, name, row)| {
                let ours = row.map_or(f64::NAN, |row| result.errors[row]);
                Comparison::relative(name.clone(), fit.errors[i], ours, error_bar)
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
    Ok(())
}
