//! The dictionary of `lightcurve`, with fermipy's keys: a list a quantity, one entry a bin.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::light_curve::bin::time_bin::TimeBin;
use crate::light_curve::light_curve_result::LightCurve;
use crate::light_curve::time_bins::mjd_of_mission_time;

/// Photon and energy fluxes, by the first part of their keys.
const FLUXES: [&str; 8] = ["flux", "flux100", "flux1000", "flux10000", "eflux", "eflux100", "eflux1000", "eflux10000"];
/// What there is of each.
const OF_FLUXES: [&str; 4] = ["", "_err", "_ul95", "_ul95_profile"];
/// Differential fluxes.
const DNDE: [&str; 4] = ["dnde", "dnde100", "dnde1000", "dnde10000"];
/// What there is of each.
const OF_DNDE: [&str; 3] = ["", "_err", "_index"];
/// Other numbers of a source with their units.
const OTHERS: [(&str, &str); 5] =
    [("ts", ""), ("loglike", ""), ("npred", ""), ("npred_wt", ""), ("pivot_energy", "MeV")];
/// Lists of a source that are points of its profile.
pub(crate) const SCANS: [(&str, &str); 5] =
    [("norm_scan", ""), ("flux_scan", PHOTONS), ("eflux_scan", ENERGY), ("dloglike_scan", ""), ("loglike_scan", "")];
/// The suffix of the fit with the shape of the whole time.
pub(crate) const FIXED: &str = "_fixed";

pub(crate) const PHOTONS: &str = "ph / (cm2 s)";
pub(crate) const ENERGY: &str = "MeV / (cm2 s)";
const DIFFERENTIAL: &str = "ph / (MeV cm2 s)";

/// The keys of a source's numbers with their units.
pub(crate) fn numbers() -> Vec<(String, &'static str)> {
    let mut all: Vec<(String, &str)> = OTHERS.iter().map(|(key, unit)| ((*key).to_owned(), *unit)).collect();
    for name in FLUXES {
        let unit = if name.starts_with('e') { ENERGY } else { PHOTONS };
        all.extend(OF_FLUXES.iter().map(|suffix| (format!("{name}{suffix}"), unit)));
    }
    for name in DNDE {
        let unit = |suffix: &str| if suffix == "_index" { "" } else { DIFFERENTIAL };
        all.extend(OF_DNDE.iter().map(|suffix| (format!("{name}{suffix}"), unit(suffix))));
    }
    all
}

/// Numbers of a bin that are no source's: key, unit, value.
type Own = (&'static str, &'static str, fn(&TimeBin) -> Option<f64>);

/// All of them.
pub(crate) const OWN: [Own; 13] = [
    ("tmin", "s", |bin| Some(bin.tmin)),
    ("tmax", "s", |bin| Some(bin.tmax)),
    ("tmin_mjd", "d", |bin| Some(mjd_of_mission_time(bin.tmin))),
    ("tmax_mjd", "d", |bin| Some(mjd_of_mission_time(bin.tmax))),
    ("good_time", "s", |bin| Some(bin.good_time)),
    ("livetime", "s", |bin| Some(bin.livetime)),
    ("loglike_const", "", |bin| bin.fixed.as_ref().map(|fixed| fixed.loglike_const)),
    ("norm_ul", "", |bin| bin.limit.map(|limit| limit.norm)),
    ("flux_ul", PHOTONS, |bin| bin.limit?.flux),
    ("eflux_ul", ENERGY, |bin| bin.limit?.eflux),
    ("norm_ul_bayes", "", |bin| bin.limit_bayes.map(|limit| limit.norm)),
    ("flux_ul_bayes", PHOTONS, |bin| bin.limit_bayes?.flux),
    ("eflux_ul_bayes", ENERGY, |bin| bin.limit_bayes?.eflux),
];

impl LightCurve {
    /// The dictionary with fermipy's keys; what is not defined is `null`. Beside them what became of each bin, and what all bins tell together.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        put("name", json!(self.name));
        put("SpectrumType", json!(self.spectrum_type));
        for (key, _, of) in OWN {
            put(key, self.list(of));
        }
        put("flux_const", self.list(|_| self.flux_const()));
        put("status", self.list(|bin| bin.status));
        put("message", self.list(|bin| bin.message.clone()));
        put("message_fixed", self.list(|bin| bin.message_fixed.clone()));
        put("maps", self.list(|bin| bin.maps.clone()));
        put("counts", self.list(|bin| bin.counts));
        put("fit_success", self.list(TimeBin::fit_success));
        put("fit_success_fixed", self.list(|bin| bin.fixed.is_some()));
        put("fit_quality", self.list(|bin| bin.attempts.last().map(|attempt| attempt.fit_quality)));
        put("fit_status", self.list(|bin| bin.attempts.last().map(|attempt| attempt.fit_status)));
        put("num_free_params", self.list(|bin| bin.num_free_params));
        put("attempts", self.list(|bin| bin.attempts.clone()));
        put("is_ul", self.list(|bin| bin.is_ul));
        for suffix in ["", FIXED] {
            for (key, _) in numbers() {
                let key = format!("{key}{suffix}");
                put(&key, self.list(|bin| bin.number(&key)));
            }
            self.put_lists(suffix, &mut put);
        }
        self.put_variability(&mut put);
        put("blocks", json!(self.blocks));
        put("warnings", json!(self.warnings));
        put("config", json!(self.config));
        Value::Object(map)
    }

    /// One entry a bin; `serde_json` makes `null` of what is no finite number.
    fn list<T: Serialize>(&self, of: impl Fn(&TimeBin) -> T) -> Value {
        self.bins.iter().map(|bin| json!(of(bin))).collect()
    }

    /// What is a list in each bin, under the keys of a source.
    fn put_lists(&self, suffix: &str, put: &mut impl FnMut(&str, Value)) {
        let source = |bin: &TimeBin| match suffix {
            FIXED => bin.fixed.as_ref().map(|fixed| fixed.source.to_json()),
            _ => bin.source.as_ref().map(roi_fit::SourceProperties::to_json),
        };
        let known: Vec<Option<Value>> = self.bins.iter().map(source).collect();
        let scans = SCANS.iter().map(|(key, _)| *key);
        for key in ["param_names", "param_values", "param_errors"].into_iter().chain(scans) {
            let of = |known: &Option<Value>| known.as_ref().map_or(Value::Null, |known| known[key].clone());
            put(&format!("{key}{suffix}"), known.iter().map(of).collect());
        }
    }

    fn put_variability(&self, put: &mut impl FnMut(&str, Value)) {
        let found = &self.variability;
        put("ts_var", json!(found.ts_var));
        put("ts_var_dof", json!(found.dof));
        put("ts_var_p_value", json!(found.p_value));
        put("ts_var_bins", json!(found.contributions));
        let excluded = found.excluded.iter().map(|(bin, reason)| json!({ "bin": bin, "reason": reason }));
        put("ts_var_excluded", excluded.collect());
    }
}
