//! The log-likelihood of an analysis: that of the data, and the logarithms of the parameters' priors, each counted once.
//!
//! The priors of fixed parameters count as well, so that fixing a parameter changes no likelihood.

use likelihood_core::JointLikelihood;
use ndarray::Array2;
use roi_model::Roi;

use crate::error::{Error, Result};

/// `logL` with priors.
pub(crate) fn value(likelihood: &mut JointLikelihood, roi: &Roi) -> Result<f64> {
    Ok(likelihood.value(roi)? + ln_prior(roi)?)
}

/// `logL` with priors, and its derivatives with respect to the free parameters.
pub(crate) fn gradient(likelihood: &mut JointLikelihood, roi: &Roi, gradient: &mut [f64]) -> Result<f64> {
    let value = likelihood.gradient(roi, gradient)? + ln_prior(roi)?;
    for (row, [first, _]) in derivatives(roi) {
        gradient[row] += first;
    }
    Ok(value)
}

/// `logL` with priors, and its first and second derivatives with respect to the free parameters.
pub(crate) fn hessian(
    likelihood: &mut JointLikelihood,
    roi: &Roi,
    gradient: &mut [f64],
    hessian: &mut Array2<f64>,
) -> Result<f64> {
    let value = likelihood.hessian(roi, gradient, hessian)? + ln_prior(roi)?;
    for (row, [first, second]) in derivatives(roi) {
        gradient[row] += first;
        hessian[[row, row]] += second;
    }
    Ok(value)
}

/// Sum of the logarithms of all priors; an error names the parameter whose prior excludes its value.
pub(crate) fn ln_prior(roi: &Roi) -> Result<f64> {
    let total = roi.ln_prior();
    if total.is_finite() {
        return Ok(total);
    }
    let excluded = roi.parameters().find(|(_, p)| p.prior().is_some_and(|prior| !prior.ln(p.value()).is_finite()));
    let (source_name, parameter, value) = excluded.map_or_else(Default::default, |(id, p)| {
        (roi.sources()[id.source].name().to_owned(), p.name().to_owned(), p.value())
    });
    Err(Error::ExcludedByPrior { source_name, parameter, value })
}

/// Derivatives of the priors by row of the free parameters.
fn derivatives(roi: &Roi) -> impl Iterator<Item = (usize, [f64; 2])> + '_ {
    let free = roi.parameters().map(|(_, parameter)| parameter).filter(|parameter| parameter.is_free());
    free.enumerate().filter_map(|(row, p)| Some((row, p.prior()?.derivatives(p.value()))))
}
