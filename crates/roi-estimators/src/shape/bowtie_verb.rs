//! The verb `bowtie`.

use ndarray::Array2;
use roi_fit::{ModelFlux, Session, band_energies};

use crate::error::Result;

/// The spectrum of a source, found by name or alias, with its error band, at `energies` (MeV) or at 50 log-spaced ones over the analysis range.
///
/// The covariance is that of all free parameters at the present point, the inverse of minus the exact second derivatives of `logL`: no
/// earlier fit has to
/// match. The band has no width for a source without free parameters, or where `logL` has no maximum.
///
/// # Errors
/// When there is no such source, the likelihood cannot be evaluated, or the spectrum cannot at an energy.
pub fn bowtie(session: &Session, name: &str, energies: Option<&[f64]>) -> Result<ModelFlux> {
    let source = session.roi().id_of(name)?;
    let energies = energies.map_or_else(|| band_energies(session.energy_range()), <[f64]>::to_vec);
    let free = session.roi().free_parameters();
    let rows: Vec<usize> = (0..free.len()).filter(|&row| free[row].source == source).collect();
    let covariance =
        if rows.is_empty() { None } else { optimizers::inverse(&session.clone().derivatives()?.hessian.mapv(|h| -h)) };
    let block = covariance.map(|all| Array2::from_shape_fn((rows.len(), rows.len()), |(i, j)| all[[rows[i], rows[j]]]));
    let places: Vec<usize> = rows.iter().map(|&row| free[row].parameter).collect();
    let spectrum = session.roi()[source].spectrum();
    Ok(roi_fit::bowtie(spectrum, block.as_ref().map(|block| (&places[..], block)), &energies)?)
}
