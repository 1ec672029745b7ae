//! Saving a whole analysis and taking it up again: `PREFIX.json` with everything, `PREFIX_00.xml` with the model for each component,
//! `PREFIX.fits` with tables for people and plots.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use roi_model::parameter::Parameter;
use roi_model::roi::Roi;
use roi_model::source::Source;

use crate::analysis::Analysis;
use crate::covariance::Covariance;
use crate::error::{Error, Result};
use crate::saved::{SavedCovariance, SavedRoi, SavedSource};
use crate::state::write_text;

/// Version of the JSON.
const FORMAT: u32 = 1;

impl Analysis {
    /// Saves the analysis as `PREFIX.json`, `PREFIX.fits` and one `PREFIX_NAME.xml` a component. An ending `.fits`, `.json`, `.npy`,
    /// `.xml` or `.yaml` of the prefix is dropped. Every file appears whole or not at all; the JSON comes last.
    ///
    /// # Errors
    /// When the likelihood cannot be evaluated, or a file cannot be written.
    pub fn write_roi(&mut self, prefix: impl AsRef<Path>) -> Result<()> {
        let prefix = stem(prefix.as_ref());
        let loglike = self.loglike()?;
        for (index, component) in self.likelihood.components().iter().enumerate() {
            self.write_component_xml(index, &with_ending(&prefix, &format!("_{}.xml", component.name())))?;
        }
        self.write_tables(&with_ending(&prefix, ".fits"), loglike)?;
        let covariance = self.covariance.as_ref().map(|covariance| SavedCovariance {
            parameters: covariance.parameters.clone(),
            matrix: covariance.matrix.outer_iter().map(|row| row.to_vec()).collect(),
        });
        let sources = self.roi.sources().iter().map(|source| {
            let properties = self.properties.get(source.name()).cloned().unwrap_or_default();
            (source.name().to_owned(), SavedSource::new(source, &properties))
        });
        let saved = SavedRoi {
            format: FORMAT,
            title: self.roi.title().to_owned(),
            loglike,
            locked: self.locked.iter().cloned().collect(),
            zeroed: self.zeroed.clone(),
            covariance,
            sources: sources.collect(),
        };
        let path = with_ending(&prefix, ".json");
        let text = serde_json::to_string_pretty(&saved).map_err(|error| bad(&path, error.to_string()))?;
        write_text(&path, &text)
    }

    /// Takes up an analysis that [`Analysis::write_roi`] saved: parameters, freedom, priors, locks, TS, fluxes, covariance. Sources that the
    /// saved model does not have are deleted. Nothing changes on an error.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged, or the present model lacks one of its sources or has another spectrum for it.
    pub fn load_roi(&mut self, prefix: impl AsRef<Path>) -> Result<()> {
        let path = with_ending(&stem(prefix.as_ref()), ".json");
        let text = std::fs::read_to_string(&path).map_err(|error| bad(&path, error.to_string()))?;
        let saved: SavedRoi = serde_json::from_str(&text).map_err(|error| {
            bad(&path, format!("not a saved analysis: {error}; name the prefix given to write_roi"))
        })?;
        if saved.format != FORMAT {
            let reason = format!("format {} of a saved analysis; this program reads format {FORMAT}", saved.format);
            return Err(bad(&path, reason));
        }
        let covariance = saved.covariance.map(|covariance| restore_covariance(&path, covariance)).transpose()?;
        let mut sources = Vec::with_capacity(saved.sources.len());
        let mut properties = std::collections::BTreeMap::new();
        for (name, stored) in saved.sources {
            sources.push(self.restored_source(&path, &name, &stored)?);
            properties.insert(name, stored.properties.restore());
        }
        let mut roi = Roi::new(self.roi.center(), sources)?;
        roi.set_title(saved.title);
        let present = std::mem::replace(&mut self.roi, roi);
        match self.loglike() {
            Err(error) => {
                self.roi = present;
                return Err(error);
            }
            Ok(loglike) if loglike != saved.loglike => {
                let name = path.display();
                tracing::warn!(
                    "{name}: logL was {} when saved and is {loglike} now; are the data the same?",
                    saved.loglike
                );
            }
            Ok(_) => {}
        }
        self.properties = properties;
        self.covariance = covariance;
        self.locked = saved.locked.into_iter().collect();
        self.zeroed = saved.zeroed;
        Ok(())
    }

    /// The present source of this name with the saved parameters.
    fn restored_source(&self, path: &Path, name: &str, stored: &SavedSource) -> Result<Source> {
        let Some(present) = self.roi.sources().iter().find(|source| source.name() == name) else {
            let reason =
                format!("it has source '{name}', which the model does not; add it first, with its source maps");
            return Err(bad(path, reason));
        };
        let mut source = present.clone();
        let spectrum = source.spectrum_mut();
        let is_same = spectrum.type_name() == stored.spectrum_type
            && spectrum.file() == stored.spectrum_file.as_deref()
            && spectrum.parameters().iter().map(Parameter::name).eq(stored.parameters.iter().map(|p| p.name.as_str()));
        if !is_same {
            let (saved, here) = (&stored.spectrum_type, spectrum.type_name());
            let reason = format!(
                "source '{name}' has spectrum {saved}, the model has {here}, or another file or other parameters; open the \
                 configuration that the analysis was saved from"
            );
            return Err(bad(path, reason));
        }
        for (parameter, saved) in spectrum.parameters_mut().iter_mut().zip(&stored.parameters) {
            saved.apply(parameter)?;
        }
        Ok(source)
    }
}

fn restore_covariance(path: &Path, saved: SavedCovariance) -> Result<Covariance> {
    let n = saved.parameters.len();
    let rows = saved.matrix;
    if rows.len() != n || rows.iter().any(|row| row.len() != n) {
        return Err(bad(path, format!("its covariance is not {n} x {n}; the file is damaged, save again")));
    }
    let matrix = Array2::from_shape_fn((n, n), |(i, j)| rows[i][j]);
    Ok(Covariance { parameters: saved.parameters, matrix })
}

fn bad(path: &Path, reason: String) -> Error {
    Error::State { path: path.to_owned(), reason }
}

fn stem(prefix: &Path) -> PathBuf {
    let known = ["fits", "json", "npy", "xml", "yaml"];
    let is_known = prefix.extension().is_some_and(|ending| known.iter().any(|known| ending == *known));
    if is_known { prefix.with_extension("") } else { prefix.to_owned() }
}

fn with_ending(prefix: &Path, ending: &str) -> PathBuf {
    let mut name = prefix.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    prefix.with_file_name(name)
}
