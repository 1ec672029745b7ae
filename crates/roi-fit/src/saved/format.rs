//! What a saved analysis holds, as JSON.

use std::collections::BTreeMap;

use ndarray::Array2;
use roi_model::{Parameter, Prior, Source};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::known::exact_json::{self, Exact};
use crate::known::limits::ParameterLimits;
use crate::known::profile_curve::Profile;
use crate::known::source_properties::{Measured, ModelFlux, SourceProperties, SpectralParameter};

/// What is read back.
#[derive(Deserialize)]
pub(crate) struct SavedFile {
    pub(crate) state: SavedRoi,
}

/// Everything that a fit depends on, and what is known of the sources.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRoi {
    pub(crate) format: u32,
    pub(crate) title: String,
    pub(crate) loglike: f64,
    /// Lowest and highest energy that counted, in MeV; absent in files of older versions.
    #[serde(default)]
    pub(crate) energy_range: Option<(f64, f64)>,
    pub(crate) locked: Vec<(String, String)>,
    pub(crate) zeroed: BTreeMap<String, f64>,
    pub(crate) covariance: Option<SavedCovariance>,
    pub(crate) sources: BTreeMap<String, SavedSource>,
}

/// The covariance of the last fit, in units of `value`.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedCovariance {
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) matrix: Vec<Vec<f64>>,
}

/// One source.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedSource {
    pub(crate) source_type: String,
    pub(crate) spectrum_type: String,
    pub(crate) spectrum_file: Option<String>,
    pub(crate) spatial_type: String,
    pub(crate) spatial_file: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) parameters: Vec<SavedParameter>,
    pub(crate) properties: SavedProperties,
}

/// One spectral parameter, the scale not applied.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedParameter {
    pub(crate) name: String,
    value: f64,
    scale: f64,
    min: f64,
    max: f64,
    free: bool,
    error: f64,
    prior: Option<Prior>,
}

/// Properties of a source.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedProperties {
    npred: f64,
    /// Absent where it is `npred` again, and in files of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    npred_wt: Option<f64>,
    model_counts: Vec<f64>,
    #[serde(default)]
    model_counts_wt: Vec<f64>,
    parameters: Vec<SpectralParameter>,
    ts: Option<Exact>,
    loglike_null: Option<Exact>,
    ts_definition: Option<String>,
    fluxes: BTreeMap<String, Measured>,
    pivot_energy: Option<f64>,
    dnde: BTreeMap<String, Measured>,
    dnde_index: BTreeMap<String, f64>,
    scan: Option<SavedProfile>,
    norm_limits: Option<ParameterLimits>,
    model_flux: Option<SavedModelFlux>,
    covar: Option<Vec<Vec<f64>>>,
    correlation: BTreeMap<String, f64>,
}

/// A profile.
#[derive(Serialize, Deserialize)]
struct SavedProfile {
    src_name: String,
    par_name: String,
    xvals: Vec<f64>,
    npred: Vec<f64>,
    #[serde(default)]
    npred_wt: Vec<f64>,
    dnde: Vec<f64>,
    flux: Vec<f64>,
    eflux: Vec<f64>,
    loglike: Vec<Exact>,
    dloglike: Vec<Exact>,
    calls: usize,
    #[serde(default)]
    exact_limits: Option<ParameterLimits>,
    #[serde(default)]
    fit_status: Vec<i32>,
    #[serde(default)]
    warnings: Vec<String>,
}

/// A spectrum with its error band.
#[derive(Serialize, Deserialize)]
struct SavedModelFlux {
    energies: Vec<f64>,
    dnde: Vec<f64>,
    dnde_err: Vec<f64>,
    dnde_lo: Vec<f64>,
    dnde_hi: Vec<f64>,
    dnde_ferr: Vec<Exact>,
    pivot_energy: Option<f64>,
}

impl SavedSource {
    pub(crate) fn new(source: &Source, properties: &SourceProperties) -> Self {
        let (spectrum, spatial) = (source.spectrum(), source.spatial());
        Self {
            source_type: source.source_type().as_str().to_owned(),
            spectrum_type: spectrum.type_name().to_owned(),
            spectrum_file: spectrum.file().map(str::to_owned),
            spatial_type: spatial.type_name().to_owned(),
            spatial_file: spatial.file().map(str::to_owned),
            aliases: source.aliases().to_vec(),
            parameters: spectrum.parameters().iter().map(SavedParameter::new).collect(),
            properties: SavedProperties::new(properties),
        }
    }
}

impl SavedParameter {
    fn new(p: &Parameter) -> Self {
        Self {
            name: p.name().to_owned(),
            value: p.value(),
            scale: p.scale(),
            min: p.min(),
            max: p.max(),
            free: p.is_free(),
            error: p.error(),
            prior: p.prior().copied(),
        }
    }

    /// Puts all of it into a parameter.
    pub(crate) fn apply(&self, p: &mut Parameter) -> Result<()> {
        // Old bounds must not stand in the way of the value.
        p.set_bounds(0.0, 0.0)?;
        p.set_value(self.value)?;
        p.set_scale(self.scale)?;
        p.set_bounds(self.min, self.max)?;
        p.set_error(self.error)?;
        p.set_free(self.free);
        p.set_prior(self.prior);
        Ok(())
    }
}

impl SavedProperties {
    fn new(p: &SourceProperties) -> Self {
        let p = p.clone();
        Self {
            npred: p.npred,
            npred_wt: (p.npred_wt != p.npred).then_some(p.npred_wt),
            model_counts: p.model_counts,
            model_counts_wt: p.model_counts_wt,
            parameters: p.parameters,
            ts: p.ts.map(Exact),
            loglike_null: p.loglike_null.map(Exact),
            ts_definition: p.ts_definition.map(str::to_owned),
            fluxes: p.fluxes,
            pivot_energy: p.pivot_energy,
            dnde: p.dnde,
            dnde_index: p.dnde_index,
            scan: p.scan.map(SavedProfile::new),
            norm_limits: p.norm_limits,
            model_flux: p.model_flux.map(SavedModelFlux::new),
            covar: p.covar.as_ref().map(rows),
            correlation: p.correlation,
        }
    }

    /// The properties; an error says what of them is damaged.
    pub(crate) fn restore(self) -> std::result::Result<SourceProperties, String> {
        let definition = ["rescaled", "reoptimized"].into_iter().find(|d| Some(*d) == self.ts_definition.as_deref());
        Ok(SourceProperties {
            npred: self.npred,
            npred_wt: self.npred_wt.unwrap_or(self.npred),
            model_counts: self.model_counts,
            model_counts_wt: self.model_counts_wt,
            parameters: self.parameters,
            ts: self.ts.map(|x| x.0),
            loglike_null: self.loglike_null.map(|x| x.0),
            ts_definition: definition,
            fluxes: self.fluxes,
            pivot_energy: self.pivot_energy,
            dnde: self.dnde,
            dnde_index: self.dnde_index,
            scan: self.scan.map(SavedProfile::restore),
            norm_limits: self.norm_limits,
            model_flux: self.model_flux.map(SavedModelFlux::restore),
            covar: self.covar.map(|rows| matrix(rows.len(), &rows)).transpose()?,
            correlation: self.correlation,
        })
    }
}

impl SavedProfile {
    fn new(p: Profile) -> Self {
        Self {
            loglike: exact_json::list(&p.loglike),
            dloglike: exact_json::list(&p.dloglike),
            src_name: p.src_name,
            par_name: p.par_name,
            xvals: p.xvals,
            npred: p.npred,
            npred_wt: p.npred_wt,
            dnde: p.dnde,
            flux: p.flux,
            eflux: p.eflux,
            calls: p.calls,
            exact_limits: p.exact_limits,
            fit_status: p.fit_status,
            warnings: p.warnings,
        }
    }

    fn restore(self) -> Profile {
        Profile {
            src_name: self.src_name,
            par_name: self.par_name,
            xvals: self.xvals,
            npred: self.npred,
            npred_wt: self.npred_wt,
            dnde: self.dnde,
            flux: self.flux,
            eflux: self.eflux,
            loglike: exact_json::plain(self.loglike),
            dloglike: exact_json::plain(self.dloglike),
            calls: self.calls,
            exact_limits: self.exact_limits,
            fit_status: self.fit_status,
            warnings: self.warnings,
        }
    }
}

impl SavedModelFlux {
    fn new(p: ModelFlux) -> Self {
        Self {
            dnde_ferr: exact_json::list(&p.dnde_ferr),
            energies: p.energies,
            dnde: p.dnde,
            dnde_err: p.dnde_err,
            dnde_lo: p.dnde_lo,
            dnde_hi: p.dnde_hi,
            pivot_energy: p.pivot_energy,
        }
    }

    fn restore(self) -> ModelFlux {
        ModelFlux {
            energies: self.energies,
            dnde: self.dnde,
            dnde_err: self.dnde_err,
            dnde_lo: self.dnde_lo,
            dnde_hi: self.dnde_hi,
            dnde_ferr: exact_json::plain(self.dnde_ferr),
            pivot_energy: self.pivot_energy,
        }
    }
}

/// The rows of a matrix.
pub(crate) fn rows(matrix: &Array2<f64>) -> Vec<Vec<f64>> {
    matrix.outer_iter().map(|row| row.to_vec()).collect()
}

/// The square matrix of these rows.
pub(crate) fn matrix(n: usize, rows: &[Vec<f64>]) -> std::result::Result<Array2<f64>, String> {
    if rows.len() != n || rows.iter().any(|row| row.len() != n) {
        return Err(format!("its covariance is not {n} x {n}; the file is damaged, save again"));
    }
    Ok(Array2::from_shape_fn((n, n), |(i, j)| rows[i][j]))
}
