//! Changes of the model from the command line, made before anything else is done with it.

use std::path::PathBuf;

use clap::Args;
use roi_fit::Analysis;

use crate::failure::Failure;

/// Where the help lists them: a heading for all that follow would take in what other structs have.
const HEADING: &str = "Changes of the model";

/// What is changed of the model.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Editing {
    /// Leave a source out (may be repeated)
    #[arg(help_heading = HEADING, long, value_name = "NAME")]
    delete: Vec<String>,
    /// Add the sources of a YAML file, one or a list of them, written as below model.sources of a configuration; their source maps are made (may
    /// be repeated)
    #[arg(help_heading = HEADING, long, value_name = "FILE")]
    add_source: Vec<PathBuf>,
    /// Give a source another type of spectrum (may be repeated); types are those of the LAT tools, such as
    /// `PowerLaw`, `LogParabola`, `PLSuperExpCutoff4`
    #[arg(help_heading = HEADING, long, value_name = "NAME=TYPE", value_parser = pair)]
    spectrum: Vec<(String, String)>,
    /// Set a parameter to a value, the scale not applied; bounds are widened to hold it (may be repeated)
    #[arg(help_heading = HEADING, long, value_name = "NAME:PAR=VALUE", value_parser = setting)]
    set: Vec<(String, f64)>,
    /// Fix a source, or some of its parameters: norm, shape, all, or names separated by commas (may be repeated)
    #[arg(help_heading = HEADING, long, value_name = "NAME[:PARS]")]
    fix: Vec<String>,
}

impl Editing {
    /// Changes the model: sources leave and come, spectra change, parameters are set, then fixed.
    pub(crate) fn apply(&self, analysis: &mut Analysis) -> Result<(), Failure> {
        Ok(self.plain().apply(analysis)?)
    }

    /// Without the command line.
    pub(crate) fn plain(&self) -> roi_batch::Editing {
        let mut plain = roi_batch::Editing::default();
        plain.delete.clone_from(&self.delete);
        plain.add_source.clone_from(&self.add_source);
        plain.spectrum.clone_from(&self.spectrum);
        plain.set.clone_from(&self.set);
        plain.fix.clone_from(&self.fix);
        plain
    }

    /// The same on a command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
        self.delete.iter().for_each(|name| add("--delete", name.clone()));
        self.add_source.iter().for_each(|path| add("--add-source", path.to_string_lossy().into_owned()));
        self.spectrum.iter().for_each(|(name, kind)| add("--spectrum", format!("{name}={kind}")));
        self.set.iter().for_each(|(place, value)| add("--set", format!("{place}={value}")));
        self.fix.iter().for_each(|fixed| add("--fix", fixed.clone()));
        words
    }

    /// The files of sources that it reads.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.add_source
    }
}

/// `NAME=TYPE`; a name may hold an equals sign, a type does not.
fn pair(text: &str) -> Result<(String, String), &'static str> {
    let bad = "expected NAME=TYPE, as in 'Crab=LogParabola'";
    let (name, kind) = text.rsplit_once('=').ok_or(bad)?;
    if name.is_empty() || kind.is_empty() { Err(bad) } else { Ok((name.to_owned(), kind.to_owned())) }
}

/// `NAME:PAR=VALUE`.
fn setting(text: &str) -> Result<(String, f64), &'static str> {
    let bad = "expected NAME:PAR=VALUE with a finite number, as in 'Crab:Index=-2.1'";
    let (place, value) = text.rsplit_once('=').ok_or(bad)?;
    let (name, parameter) = place.rsplit_once(':').ok_or(bad)?;
    let value: f64 = value.trim().parse().map_err(|_| bad)?;
    let is_good = !name.is_empty() && !parameter.is_empty() && value.is_finite();
    if is_good { Ok((place.to_owned(), value)) } else { Err(bad) }
}
