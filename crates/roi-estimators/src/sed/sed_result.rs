//! What `sed` returns.

use std::collections::BTreeMap;

use ndarray::Array2;
use roi_fit::ModelFlux;
use roi_model::{Parameter, Spectrum};
use serde::Serialize;

use crate::error::Result;
use crate::sed::bin::{Bin, UNSEEN};
use crate::sed::sed_options::SedOptions;

/// The spectrum of a source bin by bin.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SedResult {
    /// The source.
    pub name: String,
    /// The bins, in order of energy.
    pub bins: Vec<SedBin>,
    /// The spectrum that was fitted over the whole range, with its error band.
    pub model_flux: ModelFlux,
    /// Its type.
    pub spectrum_type: String,
    /// Its parameters.
    pub parameters: SedParameters,
    /// What went wrong on the way.
    pub warnings: Vec<String>,
    /// The options.
    pub config: SedOptions,
}

/// The parameters of the fitted spectrum, true values: the scale is applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SedParameters {
    /// Their names.
    pub names: Vec<String>,
    /// Their values.
    pub values: Vec<f64>,
    /// Their 1 sigma errors; `None` for those that the fit held.
    pub errors: Vec<Option<f64>>,
    /// Their covariance, row by row; `None` for those that the fit held.
    pub covariance: Vec<Vec<Option<f64>>>,
}

impl SedParameters {
    /// Of a spectrum, and the covariance (in units of `value`) of those of its parameters that a fit freed.
    pub(crate) fn new(spectrum: &Spectrum, covariance: Option<(&[usize], &Array2<f64>)>) -> Self {
        let parameters = spectrum.parameters();
        let element = |i: usize, j: usize| {
            let (free, matrix) = covariance?;
            let row = |place: usize| free.iter().position(|free| *free == place);
            Some(matrix[[row(i)?, row(j)?]] * parameters[i].scale() * parameters[j].scale())
        };
        let n = parameters.len();
        Self {
            names: parameters.iter().map(|p| p.name().to_owned()).collect(),
            values: parameters.iter().map(Parameter::true_value).collect(),
            errors: (0..n).map(|i| element(i, i).map(f64::sqrt)).collect(),
            covariance: (0..n).map(|i| (0..n).map(|j| element(i, j)).collect()).collect(),
        }
    }

    /// The correlation of two of them; `None` where one was held.
    pub fn correlation(&self, i: usize, j: usize) -> Option<f64> {
        let covariance = *self.covariance.get(i)?.get(j)?;
        Some(covariance? / (self.errors[i]? * self.errors[j]?)).filter(|correlation| correlation.is_finite())
    }
}

/// The reference spectrum of a bin: a power law of 1e-13 cm^-2 s^-1 MeV^-1 at 1 GeV.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reference {
    /// Photon flux in the bin, cm^-2 s^-1.
    pub flux: f64,
    /// Energy flux in the bin, MeV cm^-2 s^-1.
    pub eflux: f64,
    /// dN/dE at the bin's geometric centre, cm^-2 s^-1 MeV^-1.
    pub dnde: f64,
    /// dN/dE at its lower edge.
    pub dnde_e_min: f64,
    /// dN/dE at its upper edge.
    pub dnde_e_max: f64,
    /// E^2 dN/dE at the centre, MeV cm^-2 s^-1.
    pub e2dnde: f64,
    /// Predicted counts in the bin.
    pub npred: f64,
}

impl Reference {
    pub(crate) fn new(spectrum: &Spectrum, (e_min, e_max): (f64, f64), npred: f64) -> Result<Self> {
        let center = (e_min * e_max).sqrt();
        let dnde = spectrum.dnde(center)?;
        Ok(Self {
            flux: spectrum.flux(e_min, e_max)?,
            eflux: spectrum.energy_flux(e_min, e_max)?,
            dnde,
            dnde_e_min: spectrum.dnde(e_min)?,
            dnde_e_max: spectrum.dnde(e_max)?,
            e2dnde: dnde * center * center,
            npred,
        })
    }
}

/// One bin. Norms are in units of the reference spectrum: times `reference.flux` they are fluxes, and so on. What is not defined is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct SedBin {
    /// Lower edge, MeV.
    pub e_min: f64,
    /// Upper edge, MeV.
    pub e_max: f64,
    /// Exponent of the power law in the bin, a negative number.
    pub index: f64,
    /// What norms are relative to.
    pub reference: Reference,
    /// The norm at the maximum.
    pub norm: Option<f64>,
    /// Its 1 sigma error from the profile: the mean of the two below, or the one there is.
    pub norm_err: Option<f64>,
    /// How far up `logL` falls by 0.5.
    pub norm_err_hi: Option<f64>,
    /// How far down; `None` when it does not fall so far until zero.
    pub norm_err_lo: Option<f64>,
    /// Upper limit at 95 %.
    pub norm_ul95: Option<f64>,
    /// Upper limit at `ul_confidence`.
    pub norm_ul: Option<f64>,
    /// Predicted counts of the source at the maximum.
    pub npred: f64,
    /// Observed counts of the whole region in the bin.
    pub counts: f64,
    /// Test statistic: twice the gain in `logL` over no source, infinite when the counts are impossible without it.
    pub ts: f64,
    /// `logL` of the bin at the maximum, priors included.
    pub loglike: f64,
    /// Quality of the fit, 0 to 3: 3 for a maximum that was found with the background held, otherwise that of the fit of all free norms.
    pub fit_quality: u8,
    /// 0 when all is well; -1 when the source predicts nothing in the bin, 1 when the maximum was not found.
    pub fit_status: i32,
    /// Points of the profile, the first of which is zero.
    pub norm_scan: Vec<f64>,
    /// `logL` at these points relative to the maximum; minus infinity where the data are impossible.
    pub dloglike_scan: Vec<f64>,
    /// Correlation of the norm with each free norm, its own included.
    pub correlation: BTreeMap<String, f64>,
}

impl SedBin {
    /// A bin that does not see the source.
    pub(crate) fn unseen(bin: Bin, reference: Reference, counts: f64) -> Self {
        Self {
            e_min: bin.range.0,
            e_max: bin.range.1,
            index: -bin.index,
            reference,
            norm: None,
            norm_err: None,
            norm_err_hi: None,
            norm_err_lo: None,
            norm_ul95: None,
            norm_ul: None,
            npred: 0.0,
            counts,
            ts: 0.0,
            loglike: f64::NAN,
            fit_quality: 0,
            fit_status: UNSEEN,
            norm_scan: Vec::new(),
            dloglike_scan: Vec::new(),
            correlation: BTreeMap::new(),
        }
    }

    /// Geometric centre, MeV.
    pub fn e_ref(&self) -> f64 {
        (self.e_min * self.e_max).sqrt()
    }

    /// Photon flux in the bin, cm^-2 s^-1; not a number in a bin that does not see the source.
    pub fn flux(&self) -> f64 {
        self.norm.unwrap_or(f64::NAN) * self.reference.flux
    }

    /// E^2 dN/dE at the centre, MeV cm^-2 s^-1; not a number in a bin that does not see the source.
    pub fn e2dnde(&self) -> f64 {
        self.norm.unwrap_or(f64::NAN) * self.reference.e2dnde
    }
}
