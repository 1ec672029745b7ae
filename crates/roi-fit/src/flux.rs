//! Fluxes of a source and their errors from the covariance of the last fit.
//!
//! `flux` and `eflux` are integrals of `dN/dE` and `E dN/dE` over the analysis range, by the LAT tools' log-trapezoid rule; the
//! suffixed ones run from 100, 1000 or 10000 MeV to 10^5.5 MeV. The error is `sqrt(g^T C g)`, `g` the derivatives with respect to the
//! source's free parameters and `C` their block of the covariance.

use std::collections::BTreeMap;

use roi_model::source::Source;

use crate::analysis::Analysis;
use crate::error::Result;
use crate::properties::Measured;

/// Upper end of the suffixed fluxes in MeV (316 GeV).
const SUFFIXED_EMAX: f64 = 316_227.766_016_837_94;
/// Lower ends of the suffixed fluxes in MeV, and the energies of the suffixed differential fluxes.
const SUFFIXES: [(&str, f64); 3] = [("100", 100.0), ("1000", 1000.0), ("10000", 10000.0)];
/// Pivot energy in MeV of `dnde`.
const PIVOT: f64 = 1000.0;

/// What integrates over energy.
#[derive(Clone, Copy)]
enum Integral {
    Photons,
    Energy,
}

impl Analysis {
    /// Every flux of a source.
    pub(crate) fn fluxes(&self, source: &Source) -> Result<BTreeMap<String, Measured>> {
        let (emin, emax) = self.energy_range();
        let mut fluxes = BTreeMap::new();
        for (prefix, integral) in [("flux", Integral::Photons), ("eflux", Integral::Energy)] {
            fluxes.insert(prefix.to_owned(), self.flux(source, integral, emin, emax)?);
            for (suffix, from) in SUFFIXES {
                fluxes.insert(format!("{prefix}{suffix}"), self.flux(source, integral, from, SUFFIXED_EMAX)?);
            }
        }
        Ok(fluxes)
    }

    fn flux(&self, source: &Source, integral: Integral, emin: f64, emax: f64) -> Result<Measured> {
        let Some(solid_angle) = source.spatial().angular_integral() else { return Ok(Measured::default()) };
        let spectrum = source.spectrum();
        let value = match integral {
            Integral::Photons => spectrum.flux(emin, emax),
            Integral::Energy => spectrum.energy_flux(emin, emax),
        };
        // A table that does not reach the suffixed range gives no flux there; that is no failure of the fit.
        let Ok(value) = value else { return Ok(Measured::default()) };
        let Some((free, covariance)) = self.covariance_of(source) else {
            return Ok(Measured { value: Some(value * solid_angle), error: None });
        };
        let gradient = match integral {
            Integral::Photons => spectrum.flux_gradient(emin, emax, &free)?,
            Integral::Energy => spectrum.energy_flux_gradient(emin, emax, &free)?,
        };
        let gradient = ndarray::Array1::from(gradient);
        let variance = gradient.dot(&covariance.dot(&gradient));
        let error = (variance >= 0.0).then(|| variance.sqrt() * solid_angle);
        Ok(Measured { value: Some(value * solid_angle), error })
    }

    /// Differential fluxes and minus the logarithmic slopes at the pivot and at 100, 1000, 10000 MeV.
    pub(crate) fn differential(source: &Source) -> (BTreeMap<String, f64>, BTreeMap<String, f64>) {
        let (mut dnde, mut index) = (BTreeMap::new(), BTreeMap::new());
        for (suffix, energy) in std::iter::once(("", PIVOT)).chain(SUFFIXES) {
            let name = format!("dnde{suffix}");
            if let Ok(value) = source.spectrum().dnde(energy) {
                dnde.insert(name.clone(), value);
            }
            if let Ok(slope) = source.spectrum().log_slope(energy) {
                index.insert(name, -slope);
            }
        }
        (dnde, index)
    }
}
