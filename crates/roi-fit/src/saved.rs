//! What a saved analysis holds, as JSON: floats to the last bit, and words for those that JSON has no numbers for.

use std::collections::BTreeMap;

use roi_model::parameter::Parameter;
use roi_model::prior::Prior;
use roi_model::source::Source;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Result;
use crate::properties::{Measured, SourceProperties};

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRoi {
    pub(crate) format: u32,
    pub(crate) title: String,
    pub(crate) loglike: f64,
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
    ts: Option<Exact>,
    loglike_null: Option<Exact>,
    ts_definition: Option<String>,
    fluxes: BTreeMap<String, Measured>,
    dnde: BTreeMap<String, f64>,
    dnde_index: BTreeMap<String, f64>,
}

/// A number that may be infinite or NaN, which are written as text.
#[derive(Clone, Copy)]
pub(crate) struct Exact(f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(f64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
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
        Self {
            npred: p.npred,
            npred_wt: (p.npred_wt != p.npred).then_some(p.npred_wt),
            ts: p.ts.map(Exact),
            loglike_null: p.loglike_null.map(Exact),
            ts_definition: p.ts_definition.map(str::to_owned),
            fluxes: p.fluxes.clone(),
            dnde: p.dnde.clone(),
            dnde_index: p.dnde_index.clone(),
        }
    }

    pub(crate) fn restore(self) -> SourceProperties {
        let definition = ["rescaled", "reoptimized"].into_iter().find(|d| Some(*d) == self.ts_definition.as_deref());
        SourceProperties {
            npred: self.npred,
            npred_wt: self.npred_wt.unwrap_or(self.npred),
            ts: self.ts.map(|x| x.0),
            loglike_null: self.loglike_null.map(|x| x.0),
            ts_definition: definition,
            fluxes: self.fluxes,
            dnde: self.dnde,
            dnde_index: self.dnde_index,
        }
    }
}
