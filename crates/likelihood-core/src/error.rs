//! What can be wrong with data, response or model when a likelihood is built or evaluated.

use thiserror::Error;

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in this crate. Each message says what was found, what was expected and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Energy edges that are not finite, positive and strictly increasing, or fewer than two of them.
    #[error(
        "energy edges must be finite, positive and strictly increasing: edge {index} is {value} MeV after {previous} MeV"
    )]
    EnergyEdges {
        /// Index of the offending edge.
        index: usize,
        /// Its value in MeV.
        value: f64,
        /// The edge before it in MeV (0 for the first).
        previous: f64,
    },
    /// Too few energy edges to make one bin.
    #[error("an energy axis needs at least 2 edges, found {found}")]
    TooFewEdges {
        /// How many edges were given.
        found: usize,
    },
    /// An array whose shape does not fit the energy axis or the counts cube.
    #[error("{what}: expected shape {expected}, found {found}")]
    Shape {
        /// Which array.
        what: String,
        /// The shape that would fit.
        expected: String,
        /// The shape found.
        found: String,
    },
    /// A value that is not finite, or negative where that has no meaning.
    #[error("{what}: value {value} at energy index {energy}, y {y}, x {x} (0-based); {expected}")]
    BadValue {
        /// Which array.
        what: String,
        /// The value found.
        value: f64,
        /// 0-based index along the energy axis.
        energy: usize,
        /// 0-based pixel row.
        y: usize,
        /// 0-based pixel column.
        x: usize,
        /// What a valid value looks like.
        expected: &'static str,
    },
    /// A source of the model has no source map in a component.
    #[error(
        "component '{component}' has no source map for source '{source_name}'; make one (gtsrcmaps) or delete the source from the model"
    )]
    NoSourceMap {
        /// The component.
        component: String,
        /// The source.
        source_name: String,
    },
    /// Two source maps with one name.
    #[error("component '{component}' was given two source maps named '{source_name}'")]
    DuplicateSourceMap {
        /// The component.
        component: String,
        /// The source.
        source_name: String,
    },
    /// The model predicts nothing (or less) in a bin that holds counts, so the likelihood is zero.
    #[error(
        "component '{component}': the model predicts {model:e} counts in a bin that holds {counts} (energy bin {energy}, pixel x {x}, y {y}, all 0-based; {bins} such bins); add or enlarge a component that covers it (Galactic, isotropic)"
    )]
    UnmodelledCounts {
        /// The component.
        component: String,
        /// How many such bins there are.
        bins: usize,
        /// 0-based energy bin of the first of them.
        energy: usize,
        /// 0-based pixel column of the first of them.
        x: usize,
        /// 0-based pixel row of the first of them.
        y: usize,
        /// Counts in it.
        counts: f64,
        /// What the model predicts there.
        model: f64,
    },
    /// A spectrum that gives NaN or infinity at an energy of the axis.
    #[error("source '{source_name}': its spectrum gives {value} at {energy} MeV; check its parameters")]
    SpectrumNotFinite {
        /// The source.
        source_name: String,
        /// The energy in MeV.
        energy: f64,
        /// The value found.
        value: f64,
    },
    /// The sum came out as NaN or infinity although every bin was modelled.
    #[error("component '{component}': the log-likelihood is {value}; the model overflows double precision")]
    NotFinite {
        /// The component.
        component: String,
        /// What was found.
        value: f64,
    },
    /// Derivatives that no double holds, of a log-likelihood that one does.
    #[error(
        "the derivatives of the log-likelihood overflow double precision; check the values and scales of the free parameters"
    )]
    DerivativesNotFinite,
    /// Predicted counts that no double holds.
    #[error(
        "component '{component}': source '{source_name}' predicts {counts} counts; check its norm with its scale, and its source map"
    )]
    CountsNotFinite {
        /// The component.
        component: String,
        /// The source.
        source_name: String,
        /// What was found.
        counts: f64,
    },
    /// An element of a detector response matrix that is no probability.
    #[error(
        "detector response matrix: {value} for true bin {true_bin} and measured bin {measured_bin} (0-based rows and columns); it must be finite and not negative"
    )]
    ResponseValue {
        /// 0-based row.
        true_bin: usize,
        /// 0-based column.
        measured_bin: usize,
        /// The value found.
        value: f64,
    },
    /// A detector response matrix with fewer true bins than the setting of energy dispersion needs.
    #[error(
        "energy dispersion needs {needed} true-energy bin(s) below and above the measured ones, the detector response matrix has {found}; make it with more (gtdrm edisp_bins={needed}) or lower edisp_bins"
    )]
    TooFewTrueBins {
        /// Extra bins on either side.
        found: usize,
        /// Extra bins that are needed.
        needed: usize,
    },
    /// Counts in a bin at which no values of the source maps are kept.
    #[error(
        "component '{component}': counts in energy bin {energy}, pixel x {x}, y {y} (0-based), where nothing is kept of the source maps; make the data with a count in every bin first"
    )]
    NoMapValues {
        /// The component.
        component: String,
        /// 0-based energy bin.
        energy: usize,
        /// 0-based pixel row.
        y: usize,
        /// 0-based pixel column.
        x: usize,
    },
    /// A source map without the extra planes of energy dispersion.
    #[error(
        "component '{component}': the map of source '{source_name}' has {found} planes, energy dispersion over its pixels needs {needed}; make source maps with the same edisp_bins, use a negative edisp_bins, or switch it off for this source (edisp_disable)"
    )]
    TooFewPlanes {
        /// The component.
        component: String,
        /// The source.
        source_name: String,
        /// Planes of its map.
        found: usize,
        /// Planes that are needed.
        needed: usize,
    },
    /// A workspace that was made for other data, or for these before a source map was replaced.
    #[error(
        "the workspace follows other data than those that are evaluated; let it follow these first (Workspace::follow)"
    )]
    OtherData,
    /// An energy between the edges of a component's bins.
    #[error(
        "component '{component}' has no edge of an energy bin at {energy} MeV; the nearest are {below} and {above} MeV"
    )]
    NoEnergyEdge {
        /// The component.
        component: String,
        /// The energy in MeV.
        energy: f64,
        /// The edge below it in MeV.
        below: f64,
        /// The edge above it in MeV.
        above: f64,
    },
    /// Energies between which no component has a bin.
    #[error("no component has an energy bin between {emin} and {emax} MeV")]
    EnergyRange {
        /// The lower energy in MeV.
        emin: f64,
        /// The higher energy in MeV.
        emax: f64,
    },
    /// An evaluation that a [`StopSignal`](crate::StopSignal) ended.
    #[error("the evaluation was stopped")]
    Stopped,
    /// A likelihood without components.
    #[error("a joint likelihood needs at least one component")]
    NoComponents,
    /// An error of the model itself (a spectrum outside its table, for example).
    #[error(transparent)]
    Model(#[from] roi_model::Error),
}

impl Error {
    /// Predicted counts of a source in a component, if they are a number.
    pub(crate) fn unless_finite_counts(component: &str, source: &str, counts: f64) -> Result<f64> {
        let (component, source_name) = (component.to_owned(), source.to_owned());
        if counts.is_finite() { Ok(counts) } else { Err(Self::CountsNotFinite { component, source_name, counts }) }
    }

    /// Whether the model's *present parameter values* are at fault (a minimiser may step back), not the data or the set-up.
    pub fn depends_on_parameters(&self) -> bool {
        match self {
            Self::UnmodelledCounts { .. }
            | Self::SpectrumNotFinite { .. }
            | Self::NotFinite { .. }
            | Self::CountsNotFinite { .. }
            | Self::DerivativesNotFinite => true,
            Self::Model(error) => error.depends_on_parameters(),
            _ => false,
        }
    }
}
