//! Which sources of a region are free, fixed or muted, and where their parameters stand in the vector of free parameters.

use roi_model::{Parameter, Roi};

/// A source with at least one free parameter.
#[derive(Clone, Debug)]
pub(crate) struct FreeSource {
    /// Index in the region.
    pub(crate) source: usize,
    /// Its free parameters, as indices into the spectrum's list.
    pub(crate) wanted: Vec<usize>,
    /// Where the first of them stands in the vector of free parameters.
    pub(crate) first: usize,
}

impl FreeSource {
    /// How many pairs of free parameters it has, a parameter with itself included.
    pub(crate) fn n_pairs(&self) -> usize {
        self.wanted.len() * (self.wanted.len() + 1) / 2
    }
}

/// The roles of a region's sources. It is made anew only when a free flag, a source or the muting changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) free: Vec<FreeSource>,
    pub(crate) fixed: Vec<usize>,
    /// Length of the vector of free parameters, those of muted sources included.
    pub(crate) n_parameters: usize,
    /// Names of the region's sources.
    pub(crate) names: Vec<String>,
    /// What else the plan was made for: the free flags of each source's parameters, whether it is muted.
    flags: Vec<(Vec<bool>, bool)>,
}

impl Plan {
    pub(crate) fn new(roi: &Roi, muted: &[String]) -> Self {
        let mut plan = Self::default();
        for (index, source) in roi.sources().iter().enumerate() {
            let flags: Vec<bool> = source.spectrum().parameters().iter().map(Parameter::is_free).collect();
            let wanted: Vec<usize> = (0..flags.len()).filter(|&p| flags[p]).collect();
            let is_muted = muted.iter().any(|name| name == source.name());
            let first = plan.n_parameters;
            plan.n_parameters += wanted.len();
            match (is_muted, wanted.is_empty()) {
                (true, _) => {}
                (false, true) => plan.fixed.push(index),
                (false, false) => plan.free.push(FreeSource { source: index, wanted, first }),
            }
            plan.names.push(source.name().to_owned());
            plan.flags.push((flags, is_muted));
        }
        plan
    }

    /// A plan of these free sources alone, for passes that take what is fixed from elsewhere.
    pub(crate) fn of(free: Vec<FreeSource>) -> Self {
        Self { free, ..Self::default() }
    }

    /// Whether the plan still describes the region.
    pub(crate) fn fits(&self, roi: &Roi, muted: &[String]) -> bool {
        self.names.len() == roi.sources().len()
            && self.names.iter().zip(&self.flags).zip(roi.sources()).all(|((name, (flags, is_muted)), source)| {
                let parameters = source.spectrum().parameters();
                name == source.name()
                    && flags.len() == parameters.len()
                    && flags.iter().zip(parameters).all(|(&free, p)| free == p.is_free())
                    && *is_muted == muted.iter().any(|m| m == name)
            })
    }
}
