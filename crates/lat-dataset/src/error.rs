//! What can be wrong with a configuration, and with the files that it names taken together.

use std::path::PathBuf;

use thiserror::Error;

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong while a configuration and its files become a data set. Each message names the file, key, component or source,
/// what was found, what was expected and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A component without a file of the photons that its counts are of.
    #[error(
        "component '{component}': the photons that its counts are of are not there, tried {tried}; make them from the event files (`roi-fit prepare`, with data.cacheft1 true)"
    )]
    NoPhotons {
        /// The component.
        component: String,
        /// The files that were looked for.
        tried: String,
    },
    /// A file could not be read, understood or written.
    #[error(transparent)]
    File(#[from] lat_io::Error),
    /// A sky projection or an instrument response that cannot be used.
    #[error(transparent)]
    Response(#[from] lat_response::Error),
    /// Event files that cannot be used, or that nothing is left of.
    #[error(transparent)]
    Events(#[from] lat_events::Error),
    /// A preparation that its watcher ended.
    #[error(
        "the preparation was stopped; what it had made by then stands, and it goes on from there when it is run again"
    )]
    Stopped,
    /// A key without which products cannot be made from event files.
    #[error("'{path}': {key} is not given, which tells {what}; products are made from event files only with it")]
    EventKey {
        /// The configuration.
        path: PathBuf,
        /// The key, with its section.
        key: &'static str,
        /// What it tells.
        what: &'static str,
    },
    /// Good times without any livetime.
    #[error(
        "component '{component}': the {seconds} s of good time hold no livetime (column LIVETIME of {files} is 0 there), so there is no exposure; select other times, or get spacecraft files of the time of the photons"
    )]
    NoLivetime {
        /// The component.
        component: String,
        /// Good time, s.
        seconds: f64,
        /// The spacecraft files.
        files: String,
    },
    /// A file that a configuration names and that is not there.
    #[error("file '{path}' does not exist; check the path (relative paths are relative to the configuration file)")]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// A template, table or catalog that is named without its folder and is in none of those that are searched.
    #[error(
        "file '{name}' does not exist in any of the folders that are searched\n  searched: {tried}\n  put it into one of them, or name its folder: model: {{extdir: PATH}} for templates of extended sources, model: {{diffuse_dir: [PATH]}} for others", name = .name.display()
    )]
    NoTemplate {
        /// The name.
        name: PathBuf,
        /// The folders.
        tried: String,
    },
    /// A file of source maps that holds none.
    #[error(
        "component '{component}': '{path}' holds no source maps, only {found}; name a source map file (of gtsrcmaps or `roi-fit srcmaps`), or leave files.srcmap out to have the maps made"
    )]
    NoSourceMaps {
        /// The component.
        component: String,
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
    },
    /// Something that a file asks for and this version does not do.
    #[error("'{path}': {what} is not supported; {remedy}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is asked for.
        what: String,
        /// What to do instead.
        remedy: String,
    },
    /// A model, spectrum table or direction that cannot be used.
    #[error("'{path}' cannot be used: {source}")]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<roi_model::Error>,
    },
    /// A source of a catalog or of `model.sources` that cannot become a model.
    #[error("'{path}': source '{name}' cannot be used: {source}; correct it, or leave it out")]
    CatalogSource {
        /// The file.
        path: PathBuf,
        /// The source.
        name: String,
        /// What is wrong.
        source: Box<roi_model::Error>,
    },
    /// A configuration that is not YAML, or not a mapping of sections.
    #[error("'{path}': {reason}")]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What the parser found, with line and column.
        reason: String,
    },
    /// A configuration key that nobody knows.
    #[error("'{path}', line {line}: unknown key '{key}' in {section}{}", nearest(.near.as_deref()))]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Line of the key.
        line: u64,
        /// The section it stands in.
        section: String,
        /// The key.
        key: String,
        /// The nearest known key.
        near: Option<String>,
    },
    /// A configuration value of the wrong kind or out of range.
    #[error("'{path}', line {line}: {key} is {found}, expected {expected}")]
    ConfigValue {
        /// The file.
        path: PathBuf,
        /// Line of the value.
        line: u64,
        /// Section and key, as `section.key`.
        key: String,
        /// The value found.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// A source whose map or model cannot become that of a component with templates of its own.
    #[error("source '{source_name}': the template that a component has of its own cannot be used: {source}")]
    OwnTemplate {
        /// The source.
        source_name: String,
        /// What is wrong.
        source: Box<roi_model::Error>,
    },
    /// A response that was computed, and does not serve what the configuration asks of it.
    #[error("'{path}': gtlike.edisp_bins is {edisp_bins}: the response that was computed does not serve it: {source}")]
    ComputedResponse {
        /// The configuration.
        path: PathBuf,
        /// The value of the key.
        edisp_bins: i64,
        /// What is wrong.
        source: Box<likelihood_core::Error>,
    },
    /// A source map whose planes cannot be what is asked for.
    #[error("source '{source_name}': its source map {what}: {source}")]
    Planes {
        /// The source.
        source_name: String,
        /// What cannot be done.
        what: &'static str,
        /// What is wrong.
        source: Box<likelihood_core::Error>,
    },
    /// A component's table cannot be expressed by the region's, which is zero there.
    #[error(
        "source '{source_name}': the table of another component is zero at {energy} MeV, where that of this one is {own}; name the other one in a later component"
    )]
    ZeroTable {
        /// The source.
        source_name: String,
        /// The energy in MeV.
        energy: f64,
        /// The component's own table there.
        own: f64,
    },
    /// Exposure, PSF or energy dispersion would have to be computed, and something is missing.
    #[error("exposure, point spread function and energy dispersion cannot be computed; {missing}")]
    NothingToCompute {
        /// What to name.
        missing: String,
    },
    /// Time bins that take more memory than they may.
    #[error(
        "component '{component}': the time bins take {needed} bytes, and {limit} are left; ask for fewer bins or a smaller region, or raise the limit"
    )]
    TimeBinMemory {
        /// The component.
        component: String,
        /// What they take, in bytes.
        needed: u64,
        /// What they may take.
        limit: u64,
    },
    /// What cannot be: a defect of this crate.
    #[error("internal error: {what}; please report it, with the configuration")]
    Internal {
        /// What is not as it should be.
        what: &'static str,
    },
    /// A product that neither `files` names nor the output directory holds.
    #[error(
        "component '{component}': no {what} found{events}\n  looked for: {tried}\n  name it in the configuration: files: {{{key}: PATH}}",
        events = .events.as_deref().map(from_events).unwrap_or_default()
    )]
    NoProduct {
        /// The component.
        component: String,
        /// What was looked for.
        what: &'static str,
        /// The paths that were tried.
        tried: String,
        /// The key of `files` that names it.
        key: &'static str,
        /// The events that the configuration names (`data.evfile`), where it could be made from them.
        events: Option<PathBuf>,
    },
    /// Two products of one component with different sky pixels.
    #[error("'{path}' and '{other}' disagree on their pixels: {what}; make both with the same binning")]
    PixelMismatch {
        /// One file.
        path: PathBuf,
        /// The other file.
        other: PathBuf,
        /// Which header values differ, and how.
        what: String,
    },
    /// A source of the model without a source map.
    #[error("component '{component}': '{path}' has no source map for source '{name}'{}\n  ways out:\n  - make one with gtsrcmaps\n  - name a binned exposure (gtexpcube2) and a PSF table (gtpsf) to make it from: files: {{bexpmap: PATH, psf: PATH}}\n  - {missing}\n  - delete the source from the model", nearest(.near.as_deref()))]
    MissingSourceMap {
        /// The component.
        component: String,
        /// The source map file.
        path: PathBuf,
        /// The source.
        name: String,
        /// The nearest name in the file.
        near: Option<String>,
        /// How the map could be computed without exposure and PSF files.
        missing: String,
    },
    /// A source map would have to be made, and something that it is made from is not there.
    #[error(
        "component '{component}': no source map of '{source_name}', and no {what} to make it from\n  ways out:\n  - name one in the configuration: files: {{{key}: PATH}}\n  - name a source map file (gtsrcmaps) that has the map: files: {{srcmap: PATH}}\n  - {missing}"
    )]
    NoInstrument {
        /// The component.
        component: String,
        /// The first source whose map is wanted.
        source_name: String,
        /// What is not there.
        what: &'static str,
        /// The key of `files` that names it.
        key: &'static str,
        /// How it could be computed instead.
        missing: String,
    },
    /// Energy dispersion is on, and there is no matrix.
    #[error(
        "'{path}', component '{component}': energy dispersion is on (gtlike.edisp, with edisp_bins {edisp_bins}), and there is no detector response matrix\n  looked for: {tried}\n  ways out:\n  - make one with gtdrm and name it in the configuration: files: {{drm: PATH}}\n  - {missing}\n  - fit without energy dispersion: gtlike: {{edisp: false}}"
    )]
    NoResponse {
        /// The configuration.
        path: PathBuf,
        /// The component.
        component: String,
        /// The setting.
        edisp_bins: i64,
        /// The paths that were tried.
        tried: String,
        /// How it could be computed instead.
        missing: String,
    },
    /// A source map without the extra planes of energy dispersion.
    #[error(
        "component '{component}': '{path}' has {found} planes for source '{name}', energy dispersion with edisp_bins {edisp_bins} needs {needed}; make the source maps with edisp_bins={edisp_bins}, or set gtlike: {{edisp_bins: -{edisp_bins}}}, or name the source in gtlike.edisp_disable"
    )]
    TooFewPlanes {
        /// The component.
        component: String,
        /// The source map file.
        path: PathBuf,
        /// The source.
        name: String,
        /// Planes of its map.
        found: usize,
        /// Planes that are needed.
        needed: usize,
        /// The setting.
        edisp_bins: i64,
    },
}

/// What the user should know who names events.
fn from_events(events: &std::path::Path) -> String {
    format!(
        "\n  the events of '{}' (data.evfile) are not binned by this command; make the cube from them first: roi-fit prepare",
        events.display()
    )
}

/// `; did you mean 'X'?`, or nothing.
fn nearest(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean '{near}'?")).unwrap_or_default()
}

impl Error {
    /// Values of an HDU that cannot be.
    pub(crate) fn data(path: &std::path::Path, hdu: String, source: likelihood_core::Error) -> Self {
        lat_io::Error::Data { path: path.to_owned(), hdu, source: Box::new(source) }.into()
    }

    /// A source map that cannot be made into another.
    pub(crate) fn planes(source_name: &str, what: &'static str, source: likelihood_core::Error) -> Self {
        Self::Planes { source_name: source_name.to_owned(), what, source: Box::new(source) }
    }

    /// A model file that cannot be used.
    pub(crate) fn model(path: &std::path::Path, source: roi_model::Error) -> Self {
        Self::Model { path: path.to_owned(), source: Box::new(source) }
    }

    /// Whether the work was ended by the one who watched it.
    pub fn is_stop(&self) -> bool {
        matches!(self, Self::Stopped | Self::Events(lat_events::Error::Stopped))
    }

    /// Whether the program is at fault, not the input.
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Internal { .. })
    }

    /// Whether what was read is at fault (a wrong path, file or key) rather than the place that was written to.
    pub fn is_input(&self) -> bool {
        match self {
            Self::File(error) => error.is_input(),
            Self::Events(error) => error.is_input(),
            Self::Internal { .. } => false,
            _ => true,
        }
    }
}
