//! What the groups share: options of their fits, and how a result is found in one.

use roi_fit::{Analysis, FitOptions, FitResult};
use roi_model::ParameterName;

use crate::comparison::Comparison;

/// What a group of comparisons may fail with before there is anything to compare.
pub type Outcome = Result<Vec<Comparison>, Box<dyn std::error::Error>>;

/// Options of a fit with an optimizer at a tolerance, without the update of properties.
pub(super) fn options(optimizer: &str, tol: f64) -> FitOptions {
    let mut options = FitOptions::default();
    options.optimizer = optimizer.into();
    options.tol = tol;
    options.update = false;
    options
}

/// Position of a free parameter in a result, by its `SOURCE:PAR` name.
pub(super) fn row(result: &FitResult, name: &str) -> Option<usize> {
    (0..result.src_names.len())
        .find(|&i| name == ParameterName { source: &result.src_names[i], parameter: &result.par_names[i] }.to_string())
}

/// Quality 3 is a bar of its own.
pub(super) fn quality(what: &str, result: &FitResult) -> Comparison {
    Comparison::not_below(format!("{what}: fit quality"), 3.0, f64::from(result.fit_quality), 0.0)
}

/// Sets the free parameters to recorded values.
pub(super) fn set_free(analysis: &mut Analysis, values: &[f64]) -> Result<(), Box<dyn std::error::Error>> {
    Ok(analysis.roi_mut().set_free_values(values)?)
}
