//! The options that every command on a region has: which one, with which model, and where its model goes.

use std::path::{Path, PathBuf};

use clap::Args;
use roi_fit::Analysis;

use crate::failure::Failure;
use crate::output::{Output, check_folder};

/// A region, and what becomes of its model.
#[derive(Args)]
pub(crate) struct Region {
    /// A fermipy config.yaml, or the directory that holds one
    config: PathBuf,
    /// Take the model of a file instead of the configuration's: a source model XML, or the JSON that --write-roi saved
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Write the model as it ends
    #[arg(long, value_name = "FILE")]
    xml: Option<PathBuf>,
    /// Save the analysis as PREFIX.json, PREFIX.fits and one XML file a component
    #[arg(long, value_name = "PREFIX")]
    write_roi: Option<PathBuf>,
}

impl Region {
    /// Opens the region.
    pub(crate) fn open(&self, output: &Output) -> Result<Analysis, Failure> {
        for (option, path) in [("--xml", &self.xml), ("--write-roi", &self.write_roi)] {
            path.as_deref().map_or(Ok(()), |path| check_folder(option, path))?;
        }
        let mut analysis = output.open(&config_file(&self.config))?;
        if let Some(model) = &self.model {
            analysis.load_model(model)?;
        }
        Ok(analysis)
    }

    /// Writes what was asked for.
    pub(crate) fn save(&self, analysis: &mut Analysis) -> Result<(), Failure> {
        if let Some(path) = &self.xml {
            analysis.write_xml(path)?;
        }
        if let Some(prefix) = &self.write_roi {
            analysis.write_roi(prefix)?;
        }
        Ok(())
    }
}

/// The configuration: in a directory it is its config.yaml.
pub(crate) fn config_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("config.yaml") } else { path.to_owned() }
}
