//! Lists of parameters: read out, and set from a YAML file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;
use crate::error::{Error, Result};

/// One spectral parameter; `value`, `error`, `min` and `max` do not have the scale applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterInfo {
    /// Position among all parameters: sources by name, parameters in the order of their spectrum.
    pub idx: usize,
    /// The source.
    pub src_name: String,
    /// The parameter.
    pub par_name: String,
    /// Whether it is the normalisation.
    pub is_norm: bool,
    /// Value.
    pub value: f64,
    /// Value times scale.
    pub true_value: f64,
    /// Error, 0 when there is none.
    pub error: f64,
    /// Scale.
    pub scale: f64,
    /// Lower bound; both bounds 0 mean none.
    pub min: f64,
    /// Upper bound.
    pub max: f64,
    /// Whether a fit varies it.
    pub free: bool,
}

/// What the YAML file may say of a parameter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    value: Option<f64>,
    error: Option<f64>,
    scale: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    free: Option<bool>,
}

impl Analysis {
    /// All spectral parameters, or the free ones alone.
    pub fn params(&self, free_only: bool) -> Vec<ParameterInfo> {
        let info = |(idx, (id, p)): (usize, (roi_model::ParameterId, &roi_model::Parameter))| {
            let source = &self.session.roi[id.source];
            ParameterInfo {
                idx,
                src_name: source.name().to_owned(),
                par_name: p.name().to_owned(),
                is_norm: source.spectrum().norm_index() == Some(id.parameter),
                value: p.value(),
                true_value: p.true_value(),
                error: p.error(),
                scale: p.scale(),
                min: p.min(),
                max: p.max(),
                free: p.is_free(),
            }
        };
        self.session.roi.parameters().enumerate().map(info).filter(|p| p.free || !free_only).collect()
    }

    /// Sets parameters from a YAML file, `{source: {parameter: {value, error, scale, min, max, free}}}`, the numbers as in the XML
    /// (the scale not applied); what is left out stays. The file is taken whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be read, names an unknown source, parameter or key, or a number is not allowed.
    pub fn load_parameters_from_yaml(&mut self, path: &Path) -> Result<()> {
        let failed = |reason: String| Error::State { path: path.to_owned(), reason };
        let text = lat_io::read_text(path)?;
        let file: BTreeMap<String, BTreeMap<String, Entry>> =
            serde_saphyr::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let state = self.session.roi.state();
        let outcome = file.iter().try_for_each(|(source, parameters)| {
            parameters.iter().try_for_each(|(parameter, entry)| self.set_entry(source, parameter, entry))
        });
        if outcome.is_err() {
            self.session.roi.restore(&state)?;
        }
        outcome
    }

    fn set_entry(&mut self, source: &str, parameter: &str, entry: &Entry) -> Result<()> {
        self.change(source, parameter, |p| {
            let (min, max) = (entry.min.unwrap_or(p.min()), entry.max.unwrap_or(p.max()));
            let value = entry.value.unwrap_or(p.value());
            // Old bounds must not stand in the way of a new value, nor the old value in that of new bounds.
            p.set_bounds(0.0, 0.0)?;
            p.set_scale(entry.scale.unwrap_or(p.scale()))?;
            p.set_value(value)?;
            p.set_bounds(min, max)?;
            p.set_error(entry.error.unwrap_or(p.error()))?;
            Ok(())
        })?;
        if let Some(free) = entry.free {
            self.free_parameter(source, parameter, free)?;
        }
        Ok(())
    }
}
