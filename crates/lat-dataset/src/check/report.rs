//! What [`check`](super::check) found.

use std::path::PathBuf;

use serde::Serialize;

use crate::problems::Problem;

/// What a configuration and its files come to, see [`check`](crate::check()).
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The configuration.
    pub config: PathBuf,
    /// Everything that keeps it from being used, in the order in which it is needed.
    pub problems: Vec<Problem>,
    /// What the user should know besides: ignored keys, products found in another place than usual.
    pub notes: Vec<String>,
    /// The model, if it could be read.
    pub model: Option<ModelSummary>,
    /// The components, in the order of the configuration; none where that cannot be read.
    pub components: Vec<ComponentReport>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_usable(&self) -> bool {
        self.problems.is_empty()
    }
}

/// The model of a region in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelSummary {
    /// Sources.
    pub sources: usize,
    /// Free parameters of all sources.
    pub free_parameters: usize,
    /// Right ascension of the centre, degrees.
    pub ra: f64,
    /// Declination of the centre, degrees.
    pub dec: f64,
}

/// One component: what was found for it, and what would be made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ComponentReport {
    /// Its name.
    pub name: String,
    /// Its files, and the templates of its sources.
    pub files: Vec<FoundFile>,
    /// Its counts, if they could be read.
    pub counts: Option<CountsSummary>,
    /// Its source maps; `None` where there are no counts to make them for.
    pub maps: Option<PlannedMaps>,
    /// What would be computed from livetime and response functions.
    pub computed: Vec<Computed>,
}

/// A file that a fit would read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundFile {
    /// What it is: the key of section `files`, or `template`.
    pub product: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Whether configuration or model name it; else it was found under its usual name.
    pub is_named: bool,
    /// Bytes; `None` of a folder.
    pub bytes: Option<u64>,
}

/// The counts of a component in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CountsSummary {
    /// All counts.
    pub total: f64,
    /// Energy bins.
    pub energy_bins: usize,
    /// Lowest edge, MeV.
    pub emin: f64,
    /// Highest edge, MeV.
    pub emax: f64,
    /// Pixels.
    pub pixels: usize,
}

/// The source maps of a component.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlannedMaps {
    /// How many maps of the file are used as they are.
    pub kept: usize,
    /// Those that would be made, in the order of the sources.
    pub to_make: Vec<PlannedMap>,
    /// The file that would keep them; `None` where nothing is made, and where the present file is another program's: they are made at every run.
    pub file: Option<PathBuf>,
    /// Bytes of the pixels of all maps together, kept and made.
    pub bytes: u64,
    /// About how many bytes of memory it takes to make them, with all threads.
    pub memory: u64,
    /// About how many seconds it takes to make them, with all threads: told from their sizes and from times on one machine, so roughly.
    pub seconds: f64,
}

/// A source map that would be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedMap {
    /// The source.
    pub source: String,
    /// Why.
    pub reason: Reason,
    /// How many planes it would have.
    pub planes: usize,
    /// Bytes of its pixels.
    pub bytes: u64,
}

/// Why a source map would be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// No file has it.
    Missing,
    /// It was made here from something that has changed since.
    Stale,
}

/// What livetime and response functions give where no file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Computed {
    /// The exposure.
    Exposure,
    /// The point spread function.
    Psf,
    /// The energy dispersion.
    EnergyDispersion,
}
