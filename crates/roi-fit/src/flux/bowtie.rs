//! The error band of a spectrum, from the covariance of its parameters.

use ndarray::{Array1, Array2};
use roi_model::Spectrum;

use crate::error::Result;
use crate::known::source_properties::ModelFlux;
use crate::profile::walk::linspace;

/// Energies of an error band over the analysis range.
const BAND_POINTS: usize = 50;

/// 50 log-spaced energies over a range, both ends included.
pub fn band_energies((emin, emax): (f64, f64)) -> Vec<f64> {
    let mut energies: Vec<f64> =
        linspace(0.0, (emax / emin).ln(), BAND_POINTS).into_iter().map(|t| emin * t.exp()).collect();
    // Rounding must not lead out of the range of a table.
    energies.iter_mut().rev().take(1).for_each(|last| *last = emax);
    energies
}

/// A spectrum with its error band: `sqrt(g^T C g)`, `g` the derivatives of dN/dE with respect to the `value` of some parameters (by their places in
/// the spectrum's list) and `C` their covariance. Without a covariance the band has no width. `energies` in MeV.
///
/// # Errors
/// When the spectrum cannot be evaluated at an energy.
pub fn bowtie(
    spectrum: &Spectrum,
    covariance: Option<(&[usize], &Array2<f64>)>,
    energies: &[f64],
) -> Result<ModelFlux> {
    let mut flux = ModelFlux { energies: energies.to_vec(), ..ModelFlux::default() };
    for &energy in energies {
        let (dnde, error) = with_error(spectrum, covariance, energy)?;
        flux.dnde.push(dnde);
        flux.dnde_err.push(error);
        let hi = dnde + error;
        let lo = if hi == 0.0 { 0.0 } else { dnde * dnde / hi };
        flux.dnde_lo.push(lo);
        flux.dnde_hi.push(hi);
        flux.dnde_ferr.push(if dnde == 0.0 { f64::INFINITY } else { 0.5 * (hi - lo) / dnde });
    }
    let width = |energy: f64| match with_error(spectrum, covariance, energy) {
        Ok((dnde, error)) if dnde != 0.0 => error / dnde,
        _ => f64::INFINITY,
    };
    flux.pivot_energy = narrowest(&flux, width);
    Ok(flux)
}

/// dN/dE and its error, 0 without a covariance.
fn with_error(spectrum: &Spectrum, covariance: Option<(&[usize], &Array2<f64>)>, energy: f64) -> Result<(f64, f64)> {
    let dnde = spectrum.dnde(energy)?;
    let Some((free, covariance)) = covariance else { return Ok((dnde, 0.0)) };
    let mut gradient = vec![0.0; free.len()];
    spectrum.gradient(&[energy], free, &mut gradient)?;
    Ok((dnde, propagated(&gradient.into(), covariance).unwrap_or(0.0)))
}

/// `sqrt(g^T C g)`; `None` when rounding or a covariance that is none make it no number.
pub(crate) fn propagated(gradient: &Array1<f64>, covariance: &Array2<f64>) -> Option<f64> {
    let variance = gradient.dot(&covariance.dot(gradient));
    (variance >= 0.0 && variance.is_finite()).then(|| variance.sqrt())
}

/// The energy where the band is narrowest: golden section between the neighbours of the narrowest point. The band of a fit that moved
/// the normalisation alone is equally wide everywhere, and has no such energy.
fn narrowest(flux: &ModelFlux, width: impl Fn(f64) -> f64) -> Option<f64> {
    let ferr = &flux.dnde_ferr;
    let at = (0..ferr.len()).filter(|&i| ferr[i].is_finite()).min_by(|&a, &b| ferr[a].total_cmp(&ferr[b]))?;
    let widest = ferr.iter().copied().filter(|f| f.is_finite()).fold(0.0, f64::max);
    if widest - ferr[at] <= 1e-6 * widest {
        return None;
    }
    let mut low = flux.energies[at.saturating_sub(1)].ln();
    let mut high = flux.energies[(at + 1).min(ferr.len() - 1)].ln();
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    // Below a relative distance of 1e-8 a minimum cannot be told from its surroundings in double precision.
    for _ in 0..40 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if width(a.exp()) < width(b.exp()) { high = b } else { low = a }
    }
    let best = (0.5 * (low + high)).exp();
    let corner = flux.energies[at];
    // The end of the range, when the band goes on narrowing there.
    Some(if width(corner) < width(best) { corner } else { best })
}
