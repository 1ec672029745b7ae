//! What a saved analysis holds, as JSON.

use std::collections::BTreeMap;

use roi_model::{Parameter, Prior, Source};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::known::covariance::Covariance;
use crate::known::source_properties::SourceProperties;

/// What is read back.
#[derive(Deserialize)]
pub(crate) struct SavedFile<State> {
    pub(crate) state: State,
}

/// The version alone: a file of another one is told by it, not by the first key that differs.
#[derive(Deserialize)]
pub(crate) struct Version {
    pub(crate) format: u32,
}

/// Everything that a fit depends on, and what is known of the sources.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedRoi {
    pub(crate) format: u32,
    pub(crate) title: String,
    pub(crate) loglike: f64,
    /// Lowest and highest energy that counted, in MeV.
    pub(crate) energy_range: (f64, f64),
    pub(crate) locked: Vec<(String, String)>,
    pub(crate) zeroed: BTreeMap<String, f64>,
    pub(crate) covariance: Option<Covariance>,
    pub(crate) sources: BTreeMap<String, SavedSource>,
}

/// One source.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedSource {
    pub(crate) source_type: String,
    pub(crate) spectrum_type: String,
    pub(crate) spectrum_file: Option<String>,
    pub(crate) spatial_type: String,
    pub(crate) spatial_file: Option<String>,
    /// Values of the spatial parameters: where it is, and how wide.
    pub(crate) place: Vec<(String, f64)>,
    pub(crate) aliases: Vec<String>,
    /// Whether energy dispersion applies to it; files of before have no word on it, and leave it as the model has it.
    #[serde(default)]
    pub(crate) apply_edisp: Option<bool>,
    pub(crate) parameters: Vec<SavedParameter>,
    pub(crate) properties: SourceProperties,
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

impl SavedSource {
    pub(crate) fn new(source: &Source, properties: &SourceProperties) -> Self {
        let (spectrum, spatial) = (source.spectrum(), source.spatial());
        Self {
            source_type: source.source_type().as_str().to_owned(),
            spectrum_type: spectrum.type_name().to_owned(),
            spectrum_file: spectrum.file().map(str::to_owned),
            spatial_type: spatial.type_name().to_owned(),
            spatial_file: spatial.file().map(str::to_owned),
            place: place_of(source),
            aliases: source.aliases().to_vec(),
            apply_edisp: Some(source.apply_edisp()),
            parameters: spectrum.parameters().iter().map(SavedParameter::new).collect(),
            properties: properties.clone(),
        }
    }
}

fn place_of(source: &Source) -> Vec<(String, f64)> {
    source.spatial().parameters().iter().map(|p| (p.name().to_owned(), p.true_value())).collect()
}

impl SavedSource {
    /// Whether a source stands where the saved one stood, with its shape.
    pub(crate) fn is_placed_as(&self, source: &Source) -> bool {
        self.spatial_type == source.spatial().type_name() && self.place == place_of(source)
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
