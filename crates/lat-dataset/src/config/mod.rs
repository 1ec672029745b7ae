//! fermipy's `config.yaml`, read, checked and resolved.
//!
//! Besides fermipy's own sections a configuration may hold `files`, at the top level and in each component, which names the products to
//! load. Keys that only fermipy's set-up steps use are accepted and listed in [`Config::notes`]; an unknown key is an error. Relative
//! paths are relative to the configuration file.

mod component_settings;
mod definition;
mod events;
mod exposure;
mod file_kind;
mod fit_sections;
mod keys;
mod lightcurve_section;
mod memory_size;
mod model;
mod page;
mod printed;
mod reference;
mod refusals;
mod resolve;
mod resolved;
mod schema;
mod settings;
mod slice_options;
mod source;
mod yaml;

use std::path::{Path, PathBuf};

pub use component_settings::{ComponentConfig, EnergyDispersion, ExposureScaling, Files, ResponseFunctions};
pub use definition::{Definition, Kind, OptionValue, OutOfRange, Range};
pub use events::{BinningConfig, EventConfig, LivetimeConfig};
pub use file_kind::FileKind;
pub use fit_sections::{LightcurveConfig, OptimizerConfig, RoioptConfig};
pub use memory_size::memory_size;
pub(crate) use model::sources_of_file;
pub use model::{Diffuse, ModelConfig};
pub use page::configuration_reference;
pub use printed::resolved_config;
pub(crate) use refusals::nearest;
pub use resolved::Resolved;
pub use settings::{Center, Config};
pub use slice_options::{SliceMaps, SliceOptions};
pub use source::SourceConfig;

use crate::error::{Error, Result};
use crate::problems::Problems;
use lat_io::{read_bytes, text_of};

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// When the file is missing or not YAML, holds an unknown key (the message names the nearest known one), or a value of the wrong
    /// kind or range.
    ///
    /// ```no_run
    /// let config = lat_dataset::Config::read("config.yaml".as_ref())?;
    /// println!("{} components, optimizer {}", config.components.len(), config.optimizer.optimizer);
    /// # Ok::<(), lat_dataset::Error>(())
    /// ```
    pub fn read(path: &Path) -> Result<Self> {
        Self::read_with(path, &mut Problems::first())?.ok_or(NO_PROBLEM)
    }

    /// Reads a configuration file; `None` where problems are gathered that leave none.
    pub(crate) fn read_with(path: &Path, problems: &mut Problems) -> Result<Option<Self>> {
        let bytes = read_bytes(path)?;
        let path = &whole_path(path);
        if let Some(kind) = FileKind::of(&bytes) {
            let reason = format!("this is {kind}; expected a configuration in YAML, a config.yaml ({})", kind.place());
            return Err(Error::Yaml { path: path.to_owned(), reason });
        }
        Self::parse_with(path, &text_of(path, bytes)?, problems)
    }

    /// Resolves the text of a configuration; `path` places relative paths and names the file in messages.
    ///
    /// # Errors
    /// As [`Config::read`].
    ///
    /// ```
    /// let text = "selection: {emin: 100, emax: 300000, glon: 0, glat: 0}\ngtlike: {edisp: false}";
    /// let config = lat_dataset::Config::parse("/analysis/config.yaml".as_ref(), text)?;
    /// assert_eq!(config.components[0].emax, Some(300_000.0));
    /// assert_eq!(config.outdir, std::path::Path::new("/analysis"));
    /// assert_eq!(config.optimizer.tol, 1e-3);
    /// # Ok::<(), lat_dataset::Error>(())
    /// ```
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        Self::parse_with(path, text, &mut Problems::first())?.ok_or(NO_PROBLEM)
    }

    fn parse_with(path: &Path, text: &str, problems: &mut Problems) -> Result<Option<Self>> {
        let root = yaml::parse(path, text)?;
        let notes = schema::check(path, &root, problems)?;
        resolve::config(path, &root, notes, problems)
    }
}

/// A path that means the same wherever the program runs and however it was spelled.
fn whole_path(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // The file itself may be a link: its relative paths are relative to where it was named.
    match (whole.parent().map(std::fs::canonicalize), whole.file_name()) {
        (Some(Ok(directory)), Some(name)) => directory.join(name),
        _ => whole,
    }
}

/// The error of a configuration that is missing without a reason.
const NO_PROBLEM: Error = Error::Internal { what: "a configuration was not resolved, and no problem was told" };

#[cfg(test)]
mod tests;
