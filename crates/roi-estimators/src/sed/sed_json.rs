//! The dictionary of `sed`, with fermipy's keys: a list a quantity, one entry a bin.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::sed::sed_result::{Reference, SedBin, SedResult};

/// Entries of the lists of parameters, as in fermipy.
const PARAMETERS: usize = 10;

/// What norms are multiplied with, by the name of the product.
const QUANTITIES: [(&str, OfReference); 5] = [
    ("norm", |_| 1.0),
    ("flux", |reference| reference.flux),
    ("eflux", |reference| reference.eflux),
    ("dnde", |reference| reference.dnde),
    ("e2dnde", |reference| reference.e2dnde),
];

impl SedResult {
    /// The dictionary with fermipy's keys; what is not defined is `null`, and so is minus infinity in scans. Beside them `counts`, the
    /// observed counts of
    /// each bin, and `warnings`.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        put("name", json!(self.name));
        for (key, of) in edges() {
            put(key, self.list(of));
            put(&key.replacen("e_", "loge_", 1), self.list(|bin| of(bin).log10()));
        }
        for (key, of) in references() {
            put(key, self.list(|bin| of(&bin.reference)));
        }
        for (key, factor) in QUANTITIES {
            for (suffix, norm) in norms() {
                put(&format!("{key}{suffix}"), self.list(|bin| norm(bin).map(|norm| norm * factor(&bin.reference))));
            }
        }
        put("index", self.list(|bin| bin.index));
        put("npred", self.list(|bin| bin.npred));
        put("counts", self.list(|bin| bin.counts));
        put("ts", self.list(|bin| bin.ts));
        put("loglike", self.list(|bin| bin.loglike));
        put("fit_quality", self.list(|bin| bin.fit_quality));
        put("fit_status", self.list(|bin| bin.fit_status));
        put("norm_scan", self.list(|bin| bin.norm_scan.clone()));
        put("dloglike_scan", self.list(|bin| bin.dloglike_scan.clone()));
        let absolute = |bin: &SedBin| bin.dloglike_scan.iter().map(|d| d + bin.loglike).collect::<Vec<_>>();
        put("loglike_scan", self.list(absolute));
        put("correlation", self.correlation());
        put("model_flux", self.model_flux.to_json());
        put("SpectrumType", json!(self.spectrum_type));
        self.put_parameters(&mut put);
        put("warnings", json!(self.warnings));
        put("config", json!(self.config));
        Value::Object(map)
    }

    /// One entry a bin; `serde_json` makes `null` of what is no finite number.
    fn list<T: Serialize>(&self, of: impl Fn(&SedBin) -> T) -> Value {
        self.bins.iter().map(|bin| json!(of(bin))).collect()
    }

    /// A list a source whose norm was free.
    fn correlation(&self) -> Value {
        let mut names: Vec<&String> = self.bins.iter().flat_map(|bin| bin.correlation.keys()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| (name.clone(), self.list(|bin| bin.correlation.get(name).copied()))).collect()
    }

    fn put_parameters(&self, put: &mut impl FnMut(&str, Value)) {
        let parameters = &self.parameters;
        let n = parameters.names.len();
        let padded = |entry: &dyn Fn(usize) -> Value, rest: Value| -> Value {
            (0..n.max(PARAMETERS)).map(|at| if at < n { entry(at) } else { rest.clone() }).collect()
        };
        put("param_names", padded(&|at| json!(parameters.names[at]), json!("")));
        put("param_values", padded(&|at| json!(parameters.values[at]), Value::Null));
        put("param_errors", padded(&|at| json!(parameters.errors[at]), Value::Null));
        put("param_covariance", json!(parameters.covariance));
        let row = |i: usize| (0..n).map(|j| json!(parameters.correlation(i, j))).collect::<Value>();
        put("param_correlation", (0..n).map(row).collect());
    }
}

/// A number of the reference spectrum.
pub(crate) type OfReference = fn(&Reference) -> f64;
type OfBin = fn(&SedBin) -> f64;
pub(crate) type NormOfBin = fn(&SedBin) -> Option<f64>;

/// Energies of a bin by their keys.
fn edges() -> [(&'static str, OfBin); 4] {
    [("e_min", |bin| bin.e_min), ("e_max", |bin| bin.e_max), ("e_ctr", SedBin::e_ref), ("e_ref", SedBin::e_ref)]
}

/// The reference spectrum by its keys.
fn references() -> [(&'static str, OfReference); 7] {
    [
        ("ref_flux", |reference| reference.flux),
        ("ref_eflux", |reference| reference.eflux),
        ("ref_dnde", |reference| reference.dnde),
        ("ref_dnde_e_min", |reference| reference.dnde_e_min),
        ("ref_dnde_e_max", |reference| reference.dnde_e_max),
        ("ref_e2dnde", |reference| reference.e2dnde),
        ("ref_npred", |reference| reference.npred),
    ]
}

/// The norm with its errors and limits by the suffixes of their keys.
fn norms() -> [(&'static str, NormOfBin); 6] {
    [
        ("", |bin| bin.norm),
        ("_err", |bin| bin.norm_err),
        ("_err_hi", |bin| bin.norm_err_hi),
        ("_err_lo", |bin| bin.norm_err_lo),
        ("_ul95", |bin| bin.norm_ul95),
        ("_ul", |bin| bin.norm_ul),
    ]
}
