//! What is known of a source beside its parameters: predicted counts, test statistic, fluxes, limits. The keys of its dictionary are
//! fermipy's.

use std::collections::BTreeMap;

use ndarray::Array2;
use roi_model::Spectrum;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::known::exact_json;
use crate::known::limits::ParameterLimits;
use crate::known::profile_curve::Profile;
use crate::known::refitted_limit::RefittedLimit;

/// The null hypothesis that a TS is relative to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TestStatistic {
    /// `2 (logL1 - logL0)`; infinite when the data are impossible without the source.
    pub ts: f64,
    /// `logL0`.
    pub loglike_null: f64,
    /// How `logL0` was found.
    pub definition: TsDefinition,
}

/// What becomes of the other sources where one is taken out for its TS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TsDefinition {
    /// They are held, but for the norms near by: one factor makes good for the counts that are missing.
    Rescaled,
    /// All that is free is fitted again.
    Reoptimized,
}

impl TsDefinition {
    /// Its name in results: `rescaled`, `reoptimized`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rescaled => "rescaled",
            Self::Reoptimized => "reoptimized",
        }
    }
}

/// A flux, its error and its upper limit. `None` where it cannot be computed (the angular integral of a map that is not at hand, say).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The value.
    pub value: Option<f64>,
    /// Its 1 sigma error from the last fit's covariance; `None` when the source had no free parameter that can move.
    pub error: Option<f64>,
    /// One-sided 95 % upper limit: the value where the profile of the normalisation, all else held, has fallen by 1.35.
    pub ul95: Option<f64>,
    /// One-sided 95 % upper limit on the profile likelihood: of this flux with all that was free in the fit fitted again. `None` where the search for
    /// it did not converge, see [`SourceProperties::refitted_limit`].
    pub ul95_profile: Option<f64>,
}

/// One spectral parameter as it was when the properties were computed; `value`, `error`, `min` and `max` do not have the scale applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpectralParameter {
    /// Its name.
    pub name: String,
    /// Value.
    pub value: f64,
    /// Error; `None` for a fixed parameter, and a free one that cannot move.
    pub error: Option<f64>,
    /// Scale.
    pub scale: f64,
    /// Lower bound; both bounds 0 mean none.
    pub min: f64,
    /// Upper bound.
    pub max: f64,
    /// Whether a fit varies it.
    pub free: bool,
}

/// dN/dE with its error band ("bowtie"), ph cm^-2 s^-1 MeV^-1. All lists are of one length. `Serialize` and `Deserialize` are for saved
/// states, [`ModelFlux::to_json`] is for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelFlux {
    /// Energies in MeV.
    pub energies: Vec<f64>,
    /// dN/dE.
    pub dnde: Vec<f64>,
    /// Its 1 sigma error from the covariance of the last fit; 0 for a source that the fit held.
    pub dnde_err: Vec<f64>,
    /// Lower edge of the band, `f / (1 + err/f)`.
    pub dnde_lo: Vec<f64>,
    /// Upper edge of the band, `f + err`.
    pub dnde_hi: Vec<f64>,
    /// Relative half width of the band; infinite where dN/dE is zero.
    #[serde(with = "exact_json::list")]
    pub dnde_ferr: Vec<f64>,
    /// Energy in MeV where the band is narrowest; `None` when it is equally wide everywhere.
    pub pivot_energy: Option<f64>,
}

impl ModelFlux {
    /// The dictionary with the documented keys.
    pub fn to_json(&self) -> Value {
        json!({
            "energies": self.energies,
            "log_energies": self.energies.iter().map(|e| e.log10()).collect::<Vec<_>>(),
            "dnde": self.dnde,
            "dnde_err": self.dnde_err,
            "dnde_lo": self.dnde_lo,
            "dnde_hi": self.dnde_hi,
            "dnde_ferr": self.dnde_ferr,
            "pivot_energy": self.pivot_energy,
        })
    }
}

/// Properties of one source. TS, errors, profile and limits are `None` until a fit that freed the source has computed them.
/// `Serialize` and `Deserialize` are for saved states and lose nothing; [`SourceProperties::to_json`] has the documented keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceProperties {
    /// Predicted counts in all components.
    pub npred: f64,
    /// The same with each pixel's counts times its likelihood weight; `npred` again without weights.
    pub npred_wt: f64,
    /// Predicted counts per energy bin of the analysis, summed over the components.
    pub model_counts: Vec<f64>,
    /// The same, weighted.
    pub model_counts_wt: Vec<f64>,
    /// The spectral parameters, in the spectrum's order.
    pub parameters: Vec<SpectralParameter>,
    /// Test statistic `2 (logL1 - logL0)`.
    #[serde(with = "exact_json::option")]
    pub ts: Option<f64>,
    /// `logL0` that the TS is relative to.
    #[serde(with = "exact_json::option")]
    pub loglike_null: Option<f64>,
    /// Which definition of TS was used.
    pub ts_definition: Option<TsDefinition>,
    /// Named fluxes: `flux`, `eflux` over the analysis range; `flux100`, `flux1000`, `flux10000`, `eflux100` ... to 316 GeV.
    /// Photon fluxes in ph cm^-2 s^-1, energy fluxes in MeV cm^-2 s^-1.
    pub fluxes: BTreeMap<String, Measured>,
    /// Energy of `dnde` in MeV: where the error band of the last fit is narrowest, 1000 before there was one.
    pub pivot_energy: Option<f64>,
    /// Differential fluxes at the pivot energy (`dnde`) and at 100, 1000 and 10000 MeV, in ph cm^-2 s^-1 MeV^-1.
    pub dnde: BTreeMap<String, Measured>,
    /// Minus the logarithmic slope of the spectrum at the same energies.
    pub dnde_index: BTreeMap<String, f64>,
    /// Profile of the normalisation.
    pub scan: Option<Profile>,
    /// Limits and errors of the normalisation from that profile, the scale not applied.
    pub norm_limits: Option<ParameterLimits>,
    /// Upper limit of the normalisation with all that was free in the fit fitted again, and how the search for it ended.
    pub refitted_limit: Option<RefittedLimit>,
    /// Spectrum with its error band over the analysis range.
    pub model_flux: Option<ModelFlux>,
    /// Covariance of the source's free parameters, in their order and in units of `value`.
    #[serde(with = "exact_json::optional_square")]
    pub covar: Option<Array2<f64>>,
    /// Correlation of its normalisation with those of other sources, by their names.
    pub correlation: BTreeMap<String, f64>,
}

/// Predicted counts of a source, as its properties have them.
#[derive(Clone, Debug, Default)]
pub(crate) struct PredictedCounts {
    pub(crate) npred: f64,
    pub(crate) npred_wt: f64,
    pub(crate) model_counts: Vec<f64>,
    pub(crate) model_counts_wt: Vec<f64>,
}

/// Fluxes and parameters of a source, as its properties have them.
pub(crate) struct Fluxes {
    pub(crate) integrals: BTreeMap<String, Measured>,
    /// `None` leaves what was known.
    pub(crate) pivot_energy: Option<f64>,
    pub(crate) dnde: BTreeMap<String, Measured>,
    pub(crate) dnde_index: BTreeMap<String, f64>,
    pub(crate) parameters: Vec<SpectralParameter>,
    pub(crate) model_flux: Option<ModelFlux>,
    pub(crate) covar: Option<Array2<f64>>,
    pub(crate) correlation: BTreeMap<String, f64>,
}

impl SourceProperties {
    pub(crate) fn set_counts(&mut self, counts: PredictedCounts) {
        (self.npred, self.npred_wt) = (counts.npred, counts.npred_wt);
        (self.model_counts, self.model_counts_wt) = (counts.model_counts, counts.model_counts_wt);
    }

    pub(crate) fn set_fluxes(&mut self, new: Fluxes) {
        self.fluxes = new.integrals;
        self.pivot_energy = new.pivot_energy.or(self.pivot_energy);
        (self.dnde, self.dnde_index) = (new.dnde, new.dnde_index);
        self.parameters = new.parameters;
        self.model_flux = new.model_flux;
        (self.covar, self.correlation) = (new.covar, new.correlation);
    }

    pub(crate) fn set_ts(&mut self, ts: &TestStatistic) {
        self.ts = Some(ts.ts);
        self.loglike_null = Some(ts.loglike_null);
        self.ts_definition = Some(ts.definition);
    }

    /// Whether they were computed for the parameter values that a spectrum has.
    pub(crate) fn are_of(&self, spectrum: &Spectrum) -> bool {
        self.parameters
            .iter()
            .map(|p| (p.value, p.scale))
            .eq(spectrum.parameters().iter().map(|p| (p.value(), p.scale())))
    }

    /// Energy of `dnde` in MeV.
    pub fn pivot(&self) -> f64 {
        self.pivot_energy.unwrap_or(1000.0)
    }

    /// A quantity that is one number, by its documented key.
    pub fn number(&self, key: &str) -> Option<f64> {
        let of = |measured: &Measured, suffix: &str| match suffix {
            "" => measured.value,
            "_err" => measured.error,
            "_ul95" => measured.ul95,
            "_ul95_profile" => measured.ul95_profile,
            _ => None,
        };
        match key {
            "ts" => self.ts,
            "loglike_null" => self.loglike_null,
            "npred" => Some(self.npred),
            "npred_wt" => Some(self.npred_wt),
            "pivot_energy" => Some(self.pivot()),
            "norm_ul95_profile" => self.refitted_limit.as_ref()?.norm,
            "loglike" => self.scan.as_ref()?.max_loglike(),
            _ => {
                let (name, suffix) = key.split_at(key.find('_').unwrap_or(key.len()));
                if let (Some(index), "_index") = (self.dnde_index.get(name), suffix) {
                    return Some(*index);
                }
                of(self.fluxes.get(name).or_else(|| self.dnde.get(name))?, suffix)
            }
        }
    }

    /// The dictionary of a source, with the field's key names; what is unknown is `null`.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        put("ts", json_number(self.ts));
        // JSON has no infinity: a null TS beside a true flag is that of a source without which the data are impossible.
        put("ts_infinite", self.ts.is_some_and(f64::is_infinite).into());
        put("loglike_null", json_number(self.loglike_null));
        put("ts_definition", self.ts_definition.map(TsDefinition::as_str).into());
        // Without a weights map the weighted prediction is the prediction.
        put("npred", json_number(Some(self.npred)));
        put("npred_wt", json_number(Some(self.npred_wt)));
        put("model_counts", self.model_counts.clone().into());
        put("model_counts_wt", self.model_counts_wt.clone().into());
        put("param_names", self.parameters.iter().map(|p| p.name.as_str()).collect());
        put("param_values", self.parameters.iter().map(|p| json_number(Some(p.value * p.scale))).collect());
        let errors = self.parameters.iter().map(|p| json_number(p.error.map(|error| (error * p.scale).abs())));
        put("param_errors", errors.collect());
        put("spectral_pars", self.parameters.iter().map(|p| (p.name.clone(), json!(p))).collect::<Map<_, _>>().into());
        for (name, flux) in &self.fluxes {
            put(name, json_number(flux.value));
            put(&format!("{name}_err"), json_number(flux.error));
            put(&format!("{name}_ul95"), json_number(flux.ul95));
            put(&format!("{name}_ul95_profile"), json_number(flux.ul95_profile));
        }
        put("pivot_energy", json_number(Some(self.pivot())));
        for (name, dnde) in &self.dnde {
            put(name, json_number(dnde.value));
            put(&format!("{name}_err"), json_number(dnde.error));
        }
        for (name, &value) in &self.dnde_index {
            put(&format!("{name}_index"), json_number(Some(value)));
        }
        put("loglike", json_number(self.scan.as_ref().and_then(Profile::max_loglike)));
        let unknown = Profile::default();
        let scan = self.scan.as_ref().unwrap_or(&unknown);
        for (key, list) in [
            ("norm_scan", &scan.xvals),
            ("flux_scan", &scan.flux),
            ("eflux_scan", &scan.eflux),
            ("dloglike_scan", &scan.dloglike),
            ("loglike_scan", &scan.loglike),
        ] {
            put(key, if list.is_empty() { Value::Null } else { list.clone().into() });
        }
        put("norm_limits", json!(self.norm_limits));
        put("norm_ul95_profile", json_number(self.refitted_limit.as_ref().and_then(|limit| limit.norm)));
        put("ul95_profile_status", self.refitted_limit.as_ref().map(|limit| limit.status.as_str()).into());
        let without = self.refitted_limit.as_ref().map(|limit| json!(limit.without));
        put("ul95_profile_without", without.unwrap_or(Value::Null));
        put("model_flux", self.model_flux.as_ref().map_or(Value::Null, ModelFlux::to_json));
        let rows = |m: &Array2<f64>| m.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>();
        put("covar", json!(self.covar.as_ref().map(rows)));
        put("correlation", json!(self.correlation));
        map.into()
    }
}

/// The dictionaries of sources, by their names.
pub(crate) fn dictionaries(sources: &BTreeMap<String, SourceProperties>) -> Map<String, Value> {
    sources.iter().map(|(name, properties)| (name.clone(), properties.to_json())).collect()
}

/// A number, or `null` for what is unknown or not finite (JSON knows neither NaN nor infinity).
pub(crate) fn json_number(value: Option<f64>) -> Value {
    value.filter(|v| v.is_finite()).map_or(Value::Null, Into::into)
}
