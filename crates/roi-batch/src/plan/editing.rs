//! Changes of a model.

use std::path::PathBuf;
use std::str::FromStr;

use roi_fit::{Analysis, Error, Given, ParameterSetting, Pars, Result};
use serde::Deserialize;

use crate::result_name::file_digest;

/// What is changed of a model before anything else is done with it, in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Editing {
    /// Sources that are left out.
    pub delete: Vec<String>,
    /// Files of sources that are added, written as `model.sources` of a configuration is.
    pub add_source: Vec<PathBuf>,
    /// Sources and the types of spectrum that they are given.
    pub spectrum: Vec<(String, String)>,
    /// `NAME:PARAMETER` and a value, the scale not applied.
    pub set: Vec<(String, f64)>,
    /// Sources that are fixed, or `NAME:PARS`.
    pub fix: Vec<String>,
}

impl Editing {
    /// That what is asked for can be, as far as it is told without a model.
    pub(crate) fn check(&self) -> Result<()> {
        self.set.iter().try_for_each(|(place, _)| source_and_parameter(place).map(|_| ()))
    }

    /// Changes the model: sources leave and come, spectra change, parameters are set, then fixed.
    ///
    /// # Errors
    /// Unknown sources, spectra and parameters; files that cannot be used.
    pub fn apply(&self, analysis: &mut Analysis) -> Result<()> {
        for name in &self.delete {
            analysis.delete_source(name)?;
        }
        for path in &self.add_source {
            analysis.add_sources_of_file(path)?;
        }
        for (name, kind) in &self.spectrum {
            let none: &[(&str, Given)] = &[];
            analysis.set_source_spectrum(name, kind, none)?;
        }
        for (place, value) in &self.set {
            let (name, parameter) = source_and_parameter(place)?;
            analysis.set_parameter(name, parameter, ParameterSetting::value(*value))?;
        }
        for place in &self.fix {
            let (name, pars) = source_and_pars(analysis, place)?;
            analysis.free_source(name, false, &pars)?;
        }
        Ok(())
    }

    /// In words, those of the program's command line: for what depends on them.
    pub fn words(&self) -> Vec<String> {
        let delete = self.delete.iter().map(|name| format!("--delete '{name}'"));
        let add = self.add_source.iter().map(|path| {
            // What cannot be read is told where it is read.
            let digest = file_digest(path).unwrap_or_default();
            format!("--add-source '{}' {digest}", path.display())
        });
        let spectrum = self.spectrum.iter().map(|(name, kind)| format!("--spectrum '{name}={kind}'"));
        let set = self.set.iter().map(|(place, value)| format!("--set '{place}={value:?}'"));
        let fix = self.fix.iter().map(|place| format!("--fix '{place}'"));
        delete.chain(add).chain(spectrum).chain(set).chain(fix).collect()
    }
}

/// `NAME:PARAMETER`; a name may hold a colon, a parameter does not.
fn source_and_parameter(place: &str) -> Result<(&str, &str)> {
    let both = place.rsplit_once(':').filter(|(name, parameter)| !name.is_empty() && !parameter.is_empty());
    let expected = "NAME:PARAMETER, as in 'Crab:Index'";
    both.ok_or_else(|| Error::Option { option: "set", found: place.to_owned(), expected })
}

/// `NAME` or `NAME:PARS`. A source's own name may hold a colon; only what is no source is taken apart.
pub(crate) fn source_and_pars<'a>(analysis: &Analysis, place: &'a str) -> Result<(&'a str, Pars)> {
    match place.rsplit_once(':') {
        Some((name, pars)) if analysis.roi().id_of(place).is_err() => Ok((name, Pars::from_str(pars)?)),
        _ => Ok((place, Pars::All)),
    }
}
