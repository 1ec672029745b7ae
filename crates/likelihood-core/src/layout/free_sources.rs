//! The free sources of a component: those that are read plane by plane, and those that are a column. Two lists, and the places of each
//! source in the buffers of an evaluation.

use std::ops::Range;
use std::sync::Arc;

use roi_model::SourceId;

use crate::kernel::input::{self, PlanePair, Row};
use crate::layout::norm_column::Unit;
use crate::layout::roles::FreeSource;
use crate::layout::source_planes::SourcePlanes;

/// A free source that is read plane by plane.
#[derive(Clone, Debug)]
pub(crate) struct PlaneSource {
    pub(crate) source: SourceId,
    /// Its free parameters, as indices into the spectrum's list.
    pub(crate) wanted: Vec<usize>,
    /// Where the first of them stands in the vector of free parameters.
    pub(crate) first: usize,
    pub(crate) planes: SourcePlanes,
    /// Its nodes among those of all such sources.
    pub(crate) nodes: Range<usize>,
    /// Its pairs of planes among all of them.
    pub(crate) pairs: Range<usize>,
    /// Its first derivatives of nodes among all of them, one parameter after the other.
    pub(crate) derivatives: Range<usize>,
    /// The derivative of its first pair's weight, among those of an energy bin.
    pub(crate) slope: usize,
}

/// A free source of which only the norm is free: the model at norm 1 times its norm.
#[derive(Clone, Debug)]
pub(crate) struct ColumnSource {
    pub(crate) source: SourceId,
    /// Index of the norm in the spectrum's list.
    pub(crate) norm: usize,
    /// Where the norm stands in the vector of free parameters.
    pub(crate) first: usize,
    pub(crate) unit: Arc<Unit>,
}

/// Where a free source stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// In the list of those that are read plane by plane.
    Planes(usize),
    /// In the list of columns.
    Column(usize),
}

/// The free sources of a component.
#[derive(Clone, Debug, Default)]
pub(crate) struct FreeSources {
    pub(crate) planes: Vec<PlaneSource>,
    pub(crate) columns: Vec<ColumnSource>,
    /// In the region's order.
    pub(crate) order: Vec<Place>,
    /// Their free parameters in that order: where each derivative of the model comes from.
    pub(crate) rows: Vec<Row>,
    /// Where each of them stands in the vector of free parameters, which those of muted sources are in too.
    pub(crate) positions: Vec<usize>,
    pub(crate) n_nodes: usize,
    pub(crate) n_pairs: usize,
    pub(crate) n_derivatives: usize,
    /// How many derivatives of weights an energy bin has.
    pub(crate) n_slopes: usize,
}

/// What the passes read of the free sources.
pub(crate) struct Views<'a> {
    pub(crate) pairs: Vec<PlanePair<'a>>,
    pub(crate) columns: Vec<input::Column<'a>>,
}

impl FreeSources {
    /// Gives every free source its place. `unit` tells the model at norm 1 of a source , if there is one: with
    /// one parameter wanted, its norm, it is a column then.
    pub(crate) fn new(free: Vec<(FreeSource, SourcePlanes)>, unit: impl Fn(SourceId) -> Option<Arc<Unit>>) -> Self {
        let mut all = Self::default();
        for (free, planes) in free {
            match (unit(free.source), &free.wanted[..]) {
                (Some(unit), &[norm]) => all.add_column(&free, norm, unit),
                _ => all.add_planes(free, planes),
            }
        }
        all
    }

    fn add_column(&mut self, free: &FreeSource, norm: usize, unit: Arc<Unit>) {
        let at = self.columns.len();
        self.columns.push(ColumnSource { source: free.source, norm, first: free.first, unit });
        self.order.push(Place::Column(at));
        self.rows.push(Row::Column(at));
        self.positions.push(free.first);
    }

    fn add_planes(&mut self, free: FreeSource, planes: SourcePlanes) {
        let FreeSource { source, wanted, first } = free;
        let following = |start: &mut usize, count: usize| {
            let range = *start..*start + count;
            *start = range.end;
            range
        };
        let n_nodes = planes.stencil.n_nodes();
        let nodes = following(&mut self.n_nodes, n_nodes);
        let pairs = following(&mut self.n_pairs, planes.n_pairs());
        let derivatives = following(&mut self.n_derivatives, wanted.len() * n_nodes);
        let slope = self.n_slopes;
        for parameter in 0..wanted.len() {
            let own = following(&mut self.n_slopes, planes.n_pairs());
            self.rows.push(Row::Planes { pairs: pairs.clone(), first: own.start });
            self.positions.push(first + parameter);
        }
        self.order.push(Place::Planes(self.planes.len()));
        self.planes.push(PlaneSource { source, wanted, first, planes, nodes, pairs, derivatives, slope });
    }

    /// What the passes read of them.
    pub(crate) fn views(&self) -> Views<'_> {
        Views {
            pairs: self.planes.iter().flat_map(|source| source.planes.view().pairs()).collect(),
            columns: self.columns.iter().map(|source| source.unit.view()).collect(),
        }
    }
}
