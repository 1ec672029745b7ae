//! A free source whose shape is fixed: its model is one vector times its norm.

use std::ops::Range;
use std::sync::Arc;

use crate::bin_model::named_spectrum::Rows;
use crate::error::Result;
use crate::kernel::filled::Filled;
use crate::kernel::input;
use crate::kernel::passes;
use crate::layout::kept_map::KeptMap;
use crate::layout::snapshot::Snapshot;
use crate::layout::source_planes::SourcePlanes;

/// By how much, relatively, a spectrum may differ from its norm times its derivative with respect to it and still count as linear.
const LINEAR: f64 = 1e-13;

/// What is known of a source of which only the norm is free.
#[derive(Debug)]
pub(crate) struct Column {
    source: Arc<Snapshot>,
    kept_map: Arc<KeptMap>,
    norm: usize,
    /// Whether it was made at norm 0, where every spectrum looks linear.
    at_zero: bool,
    /// `None` for a spectrum that is not known to be linear in its norm: the source is read plane by plane then.
    unit: Option<Arc<Unit>>,
}

/// The model of a source at norm 1: exactly `model = norm * unit`, for as long as nothing but the norm changes.
#[derive(Debug)]
pub(crate) struct Unit {
    planes: SourcePlanes,
    /// At the filled bins within the source's reach.
    values: Vec<f64>,
    /// (Weighted) predicted counts of each energy bin.
    npred: Vec<f64>,
}

/// What a column is made from: all that can go wrong has been done.
pub(crate) struct Origin {
    source: Arc<Snapshot>,
    norm: usize,
    planes: SourcePlanes,
    /// Derivatives of the nodes with respect to the norm.
    slopes: Vec<f64>,
    is_proportional: bool,
}

impl Origin {
    pub(crate) fn new(source: &Arc<Snapshot>, norm: usize, planes: SourcePlanes) -> Result<Self> {
        let (nodes, slopes) = values_and_slopes(source, norm, &planes)?;
        let is_proportional = is_proportional(source, norm, &planes, (&nodes, &slopes));
        Ok(Self { source: Arc::clone(source), norm, planes, slopes, is_proportional })
    }
}

impl Column {
    /// Sums the planes of a source, each times the derivative of its weight with respect to the norm.
    pub(crate) fn new(origin: Origin, filled: &Filled) -> Self {
        let Origin { source, norm, planes, slopes, is_proportional } = origin;
        let (kept_map, at_zero) = (Arc::clone(&planes.kept_map), is_zero(&source, norm));
        let unit = || {
            let values = planes.view().reach().collect(&filled.blocks, |block, out| {
                let weights = planes.stencil.pair_weights(&slopes, block.bin);
                for (pair, weights) in planes.view().pairs().zip(weights) {
                    passes::add_pair(out, pair, weights, block);
                }
            });
            let npred = planes.weighted_counts(&slopes, 0..filled.n_bins()).collect();
            Arc::new(Unit { planes: planes.clone(), values, npred })
        };
        let unit = (is_proportional && !at_zero).then(unit);
        Self { source, kept_map, norm, at_zero, unit }
    }

    /// Whether it is still the column of a source of which only parameter `norm` is free.
    pub(crate) fn is_of(&self, source: &Snapshot, norm: usize, planes: &SourcePlanes) -> bool {
        self.norm == norm
            && Arc::ptr_eq(&self.kept_map, &planes.kept_map)
            && self.source.predicts_as_but_for(source, Some(norm))
            && !self.is_outgrown(source)
    }

    /// Whether it was made at norm 0, and the source has a norm now.
    pub(crate) fn is_outgrown(&self, source: &Snapshot) -> bool {
        self.at_zero && !is_zero(source, self.norm)
    }

    /// The model at norm 1, if it is known.
    pub(crate) fn unit(&self) -> Option<&Arc<Unit>> {
        self.unit.as_ref()
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.unit.as_ref().map_or(0, |unit| unit.values.capacity() * size_of::<f64>())
    }
}

impl Unit {
    /// (Weighted) predicted counts of these energy bins.
    pub(crate) fn npred(&self, bins: Range<usize>) -> f64 {
        self.npred[bins].iter().sum()
    }

    /// As the passes read it.
    pub(crate) fn view(&self) -> input::Column<'_> {
        input::Column { values: &self.values, reach: self.planes.view().reach() }
    }
}

/// The nodes of a source, and their derivatives with respect to its norm.
fn values_and_slopes(source: &Snapshot, norm: usize, planes: &SourcePlanes) -> Result<(Vec<f64>, Vec<f64>)> {
    let nodes = planes.nodes(source.named(), Rows::Value)?;
    Ok((nodes, planes.nodes(source.named(), Rows::First(&[norm]))?))
}

/// Whether the model of a source is proportional to its norm. At norm 0 only the spectrum's family tells.
pub(crate) fn is_line(source: &Snapshot, norm: usize, planes: &SourcePlanes) -> Result<bool> {
    let (nodes, slopes) = values_and_slopes(source, norm, planes)?;
    Ok(is_proportional(source, norm, planes, (&nodes, &slopes)))
}

fn is_zero(source: &Snapshot, norm: usize) -> bool {
    source.value(norm).is_none_or(|value| value == 0.0)
}

/// Rescaled counts have thresholds of their own, and some norms move a break: neither is proportional to the norm everywhere.
fn is_proportional(source: &Snapshot, norm: usize, planes: &SourcePlanes, (nodes, slopes): (&[f64], &[f64])) -> bool {
    let value = source.value(norm).unwrap_or(0.0);
    planes.stencil.is_linear()
        && source.spectrum().is_proportional_to_norm()
        && nodes.iter().zip(slopes).all(|(&node, &slope)| (node - value * slope).abs() <= LINEAR * node.abs())
}
