//! Fluxes of a source and their errors from the covariance of the last fit.
//!
//! `flux` and `eflux` are integrals of `dN/dE` and `E dN/dE` over the analysis range, by the LAT tools' log-trapezoid rule; the
//! suffixed ones run from 100, 1000 or 10000 MeV to 10^5.5 MeV. The error is `sqrt(g^T C g)`, `g` the derivatives with respect to the
//! source's free parameters and `C` their block of the covariance. Templates enter by their integral over the sky ([`crate::known::angular`]). Differential fluxes have theirs in the same way.

use std::collections::BTreeMap;

use ndarray::Array1;
use roi_model::{Source, Spectrum};

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::flux::bowtie::{band_energies, bowtie, propagated};
use crate::known::angular::{Integral, NamedFlux};
use crate::known::refitted_limit::RefittedLimit;
use crate::known::source_properties::{Measured, ModelFlux};

/// Upper end of the suffixed fluxes in MeV (316 GeV).
const SUFFIXED_EMAX: f64 = 316_227.766_016_837_94;
/// Lower ends of the suffixed fluxes in MeV, and the energies of the suffixed differential fluxes.
const SUFFIXES: [(&str, f64); 3] = [("100", 100.0), ("1000", 1000.0), ("10000", 10000.0)];

/// Every flux that results have of a source, over this range and over fixed ones.
pub(crate) fn named_fluxes((emin, emax): (f64, f64)) -> Vec<NamedFlux> {
    let mut all = Vec::new();
    for (prefix, integral) in [("flux", Integral::Photons), ("eflux", Integral::Energy)] {
        all.push(NamedFlux { name: prefix.to_owned(), integral, range: (emin, emax) });
        for (suffix, from) in SUFFIXES {
            all.push(NamedFlux { name: format!("{prefix}{suffix}"), integral, range: (from, SUFFIXED_EMAX) });
        }
    }
    all
}

impl Analysis {
    /// Every flux of a source; with upper limits where those of its normalisation (the scale not applied) are given: with all else held, and refitted.
    pub(crate) fn fluxes(
        &self,
        source: &Source,
        norm_limit: Option<f64>,
        refitted: Option<&RefittedLimit>,
    ) -> Result<BTreeMap<String, Measured>> {
        let angular = self.templates.of(source);
        let at_limit = norm_limit.and_then(|limit| with_norm(source, limit));
        let mut fluxes = BTreeMap::new();
        for named in named_fluxes(self.energy_range()) {
            let mut flux = self.flux(source, &named)?;
            let with = |spectrum: &Spectrum| named.of(spectrum, angular.as_ref()?);
            flux.ul95 = at_limit.as_ref().and_then(with);
            let refitted = refitted.and_then(|limit| limit.norm_of(&named.name));
            flux.ul95_profile = refitted.and_then(|limit| with_norm(source, limit)).as_ref().and_then(with);
            fluxes.insert(named.name, flux);
        }
        Ok(fluxes)
    }

    /// Photon flux (ph cm^-2 s^-1) and energy flux (MeV cm^-2 s^-1) of a source, found by name or alias, between two energies in MeV, with the errors that
    /// follow from the covariance of the last fit, where that freed it.
    ///
    /// # Errors
    /// When there is no such source, or the energies are no range.
    pub fn flux_between(&mut self, name: &str, emin: f64, emax: f64) -> Result<[Measured; 2]> {
        if !(emin > 0.0 && emin < emax && emax.is_finite()) {
            let found = format!("{emin} to {emax} MeV");
            return Err(Error::Option { option: "emin", found, expected: "an energy above 0 and below emax" });
        }
        let id = self.session.roi.id_of(name)?;
        self.read_template(id);
        let source = &self.session.roi[id];
        let of = |integral| self.flux(source, &NamedFlux { name: String::new(), integral, range: (emin, emax) });
        Ok([of(Integral::Photons)?, of(Integral::Energy)?])
    }

    /// Photon flux (ph cm^-2 s^-1) and energy flux (MeV cm^-2 s^-1) over the range of the analysis of a source as it is given: one of the analysis, say, with
    /// another norm. Its template is read if need be; `None` where the flux is not defined.
    pub fn flux_of(&self, source: &Source) -> Option<[f64; 2]> {
        let angular = self.templates.of(source).or_else(|| {
            let mut templates = self.templates.clone();
            templates.read(self.opened.config.as_ref()?, source);
            templates.of(source)
        })?;
        let (emin, emax) = self.energy_range();
        let spectrum = source.spectrum();
        Some([angular.flux(spectrum, emin, emax)?, angular.energy_flux(spectrum, emin, emax)?])
    }

    fn flux(&self, source: &Source, named: &NamedFlux) -> Result<Measured> {
        let Some(angular) = self.templates.of(source) else { return Ok(Measured::default()) };
        let spectrum = source.spectrum();
        // A table that does not reach the suffixed range gives no flux there; that is no failure of the fit.
        let Some(value) = named.of(spectrum, &angular) else { return Ok(Measured::default()) };
        let mut flux = Measured { value: Some(value), ..Measured::default() };
        if let Some((free, covariance)) = self.covariance_of(source) {
            let gradient = named.gradient(spectrum, &angular, &free)?;
            flux.error = propagated(&gradient.into(), &covariance);
        }
        Ok(flux)
    }

    /// Differential fluxes and minus the logarithmic slopes at the pivot and at 100, 1000, 10000 MeV.
    pub(crate) fn differential(
        &self,
        source: &Source,
        pivot: f64,
    ) -> (BTreeMap<String, Measured>, BTreeMap<String, f64>) {
        let (mut dnde, mut index) = (BTreeMap::new(), BTreeMap::new());
        let spectrum = source.spectrum();
        let covariance = self.covariance_of(source);
        for (suffix, energy) in std::iter::once(("", pivot)).chain(SUFFIXES) {
            let name = format!("dnde{suffix}");
            if let Ok(value) = spectrum.dnde(energy) {
                let error = covariance.as_ref().and_then(|(free, covariance)| {
                    let mut gradient = Array1::zeros(free.len());
                    spectrum.gradient(&[energy], free, gradient.as_slice_mut()?).ok()?;
                    propagated(&gradient, covariance)
                });
                dnde.insert(name.clone(), Measured { value: Some(value), error, ..Measured::default() });
            }
            if let Ok(slope) = spectrum.log_slope(energy) {
                index.insert(name, -slope);
            }
        }
        (dnde, index)
    }

    /// The spectrum of a source, found by name or alias, with its error band, at `energies` (MeV) or at 50 log-spaced ones over the
    /// analysis range.
    ///
    /// # Errors
    /// When there is no such source, or its spectrum cannot be evaluated at an energy.
    pub fn bowtie(&self, name: &str, energies: Option<&[f64]>) -> Result<ModelFlux> {
        let source = self.session.roi.source(name)?;
        let spectrum = source.spectrum();
        let covariance = self.covariance_of(source);
        let usual = || band_energies(self.energy_range());
        let energies = energies.map_or_else(usual, <[f64]>::to_vec);
        bowtie(spectrum, covariance.as_ref().map(|(free, covariance)| (&free[..], covariance)), &energies)
    }
}

/// The spectrum with another normalisation, wherever its bounds are.
pub(crate) fn with_norm(source: &Source, value: f64) -> Option<Spectrum> {
    let mut spectrum = source.spectrum().clone();
    let norm = spectrum.norm_index()?;
    let parameter = spectrum.parameters_mut().get_mut(norm)?;
    parameter.set_bounds(0.0, 0.0).ok()?;
    parameter.set_value(value).ok()?;
    Some(spectrum)
}
