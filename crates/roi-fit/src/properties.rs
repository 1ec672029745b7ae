//! What is known of a source beside its parameters: predicted counts, test statistic, fluxes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The null hypothesis that a TS is relative to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TestStatistic {
    /// `2 (logL1 - logL0)`; infinite when the data are impossible without the source.
    pub ts: f64,
    /// `logL0`.
    pub loglike_null: f64,
    /// `"rescaled"` or `"reoptimized"`.
    pub definition: &'static str,
}

/// A flux and its error. `None` where it cannot be computed (the angular integral of a map that is not at hand, say).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The value.
    pub value: Option<f64>,
    /// Its 1 sigma error from the last fit's covariance; `None` when the source had no free parameter.
    pub error: Option<f64>,
}

/// Properties of one source. TS, errors and upper limits are `None` until a fit that freed the source has computed them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceProperties {
    /// Predicted counts in all components.
    pub npred: f64,
    /// The same with each pixel's counts times its likelihood weight; `npred` again without weights.
    pub npred_wt: f64,
    /// Test statistic `2 (logL1 - logL0)`.
    pub ts: Option<f64>,
    /// `logL0` that the TS is relative to.
    pub loglike_null: Option<f64>,
    /// Which definition of TS was used: `"rescaled"` or `"reoptimized"`, see [`crate::ts`].
    pub ts_definition: Option<&'static str>,
    /// Named fluxes: `flux`, `eflux` over the analysis range; `flux100`, `flux1000`, `flux10000`, `eflux100` ... to 316 GeV.
    /// Photon fluxes in ph cm^-2 s^-1, energy fluxes in MeV cm^-2 s^-1.
    pub fluxes: BTreeMap<String, Measured>,
    /// Differential fluxes at the pivot energy (`dnde`) and at 100, 1000 and 10000 MeV, in ph cm^-2 s^-1 MeV^-1.
    pub dnde: BTreeMap<String, f64>,
    /// Minus the logarithmic slope of the spectrum at the same energies.
    pub dnde_index: BTreeMap<String, f64>,
}

impl SourceProperties {
    pub(crate) fn set_ts(&mut self, ts: &TestStatistic) {
        self.ts = Some(ts.ts);
        self.loglike_null = Some(ts.loglike_null);
        self.ts_definition = Some(ts.definition);
    }

    /// The dictionary of a source, with the field's key names; what is unknown is `null`.
    pub fn to_json(&self) -> serde_json::Value {
        let mut map = serde_json::Map::new();
        map.insert("ts".into(), json_number(self.ts));
        // JSON has no infinity: a null TS beside a true flag is that of a source without which the data are impossible.
        map.insert("ts_infinite".into(), self.ts.is_some_and(f64::is_infinite).into());
        map.insert("loglike_null".into(), json_number(self.loglike_null));
        map.insert("ts_definition".into(), self.ts_definition.into());
        map.insert("npred".into(), json_number(Some(self.npred)));
        map.insert("npred_wt".into(), json_number(Some(self.npred_wt)));
        for (name, flux) in &self.fluxes {
            map.insert(name.clone(), json_number(flux.value));
            map.insert(format!("{name}_err"), json_number(flux.error));
        }
        for (name, &value) in &self.dnde {
            map.insert(name.clone(), json_number(Some(value)));
        }
        for (name, &value) in &self.dnde_index {
            map.insert(format!("{name}_index"), json_number(Some(value)));
        }
        map.into()
    }
}

impl Serialize for SourceProperties {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// A number, or `null` for what is unknown or not finite (JSON knows neither NaN nor infinity).
pub(crate) fn json_number(value: Option<f64>) -> serde_json::Value {
    value.filter(|v| v.is_finite()).map_or(serde_json::Value::Null, Into::into)
}
