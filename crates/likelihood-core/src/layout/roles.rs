//! Which sources of a region are free, fixed or muted, and where their parameters stand in the vector of free parameters.

use std::sync::Arc;

use roi_model::{Parameter, ParameterId, Roi, SourceId};

use crate::layout::snapshot::Snapshot;

/// A source with at least one free parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FreeSource {
    pub(crate) source: SourceId,
    /// Its free parameters, as indices into the spectrum's list.
    pub(crate) wanted: Vec<usize>,
    /// Where the first of them stands in the vector of free parameters.
    pub(crate) first: usize,
}

/// The roles of a region's sources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roles {
    /// The free sources in the model.
    pub(crate) free: Vec<FreeSource>,
    /// The fixed ones.
    pub(crate) fixed: Vec<SourceId>,
    /// The vector of free parameters, those of muted sources included.
    pub(crate) parameters: Vec<ParameterId>,
    /// How many sources the region has.
    pub(crate) n_sources: usize,
}

/// The region that a layout follows.
#[derive(Clone, Copy)]
pub(crate) struct Region<'a> {
    pub(crate) sources: &'a [Arc<Snapshot>],
    pub(crate) roles: &'a Roles,
}

impl Roles {
    /// The roles as the region's free flags have them; `muted` sources have none.
    pub(crate) fn new(roi: &Roi, muted: &[&str]) -> Self {
        let mut roles = Self { n_sources: roi.sources().len(), ..Self::default() };
        for (source, model) in roi.ids().zip(roi.sources()) {
            let parameters = model.spectrum().parameters().iter().map(Parameter::is_free).enumerate();
            let wanted: Vec<usize> =
                parameters.filter_map(|(parameter, is_free)| is_free.then_some(parameter)).collect();
            let first = roles.parameters.len();
            roles.parameters.extend(wanted.iter().map(|&parameter| ParameterId { source, parameter }));
            match (muted.contains(&model.name()), wanted.is_empty()) {
                (true, _) => {}
                (false, true) => roles.fixed.push(source),
                (false, false) => roles.free.push(FreeSource { source, wanted, first }),
            }
        }
        roles
    }
}
