//! A free source whose shape is fixed: its model is one vector times its norm.

use roi_model::Source;

use crate::error::Result;
use crate::filled::Filled;
use crate::kernel;
use crate::latched::Latched;
use crate::reach::Reach;
use crate::stencil::Stencil;
use crate::template::Laid;

/// By how much, relatively, a spectrum may differ from its norm times its derivative with respect to it and still count as linear.
const LINEAR: f64 = 1e-13;

/// The model of a source at norm 1: exactly `model = norm * unit`, for as long as nothing but the norm changes.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    latched: Latched,
    norm: usize,
    /// At the filled bins within the source's reach; `None` for a spectrum that is not known to be linear in its norm.
    unit: Option<Unit>,
    /// Whether it was made at norm 0, where every spectrum looks linear.
    at_zero: bool,
}

#[derive(Clone, Debug)]
struct Unit {
    values: Vec<f64>,
    /// (Weighted) predicted counts at norm 1.
    npred: f64,
}

impl Column {
    /// Whether it is still the column of a source of which only parameter `norm` is free.
    pub(crate) fn is_of(&self, source: &Source, norm: usize) -> bool {
        self.norm == norm
            && self.latched.is_of_but_for(source, Some(norm))
            && !(self.at_zero && source.spectrum().parameters()[norm].value() != 0.0)
    }

    /// Sums the planes of a source, each times the derivative of its weight with respect to the norm.
    pub(crate) fn new(
        source: &Source,
        norm: usize,
        (laid, stencil): (Laid<'_>, &Stencil),
        filled: &Filled,
    ) -> Result<Self> {
        let mut nodes = vec![0.0; stencil.n_nodes()];
        stencil.values(source, laid.true_counts(), &mut nodes)?;
        let mut slopes = vec![0.0; stencil.n_nodes()];
        stencil.gradient(source, &[norm], laid.true_counts(), &mut slopes)?;
        let latched = Latched::new(source);
        let value = source.spectrum().parameters().get(norm).map_or(0.0, roi_model::Parameter::value);
        let at_zero = value == 0.0;
        if at_zero || !is_proportional(source, norm, stencil, &nodes, &slopes) {
            return Ok(Self { latched, norm, unit: None, at_zero });
        }
        let npred = unit_npred(laid, stencil, &slopes, filled.n_bins());
        let values = laid.reach().collect(&filled.blocks, |block, out| {
            for (planes, weights) in laid.pairs().zip(stencil.pair_weights(&slopes, block.bin)) {
                kernel::add_pair(out, planes, weights, block);
            }
        });
        Ok(Self { latched, norm, unit: Some(Unit { values, npred }), at_zero })
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.unit.as_ref().map_or(0, |unit| unit.values.capacity() * size_of::<f64>())
    }

    /// The column as the passes read it, and the (weighted) predicted counts at norm 1; `None` for a spectrum that is not known to be linear
    /// in its norm.
    pub(crate) fn view<'a>(&'a self, reach: &'a Reach) -> Option<(kernel::Column<'a>, f64)> {
        self.unit.as_ref().map(|unit| (kernel::Column { values: &unit.values, reach }, unit.npred))
    }
}

/// (Weighted) predicted counts of a source at norm 1; `slopes` are the derivatives of its nodes with respect to the norm.
pub(crate) fn unit_npred(laid: Laid<'_>, stencil: &Stencil, slopes: &[f64], n_bins: usize) -> f64 {
    let of_bin = |bin: usize| {
        let terms = laid.weighted_sums(bin).iter().zip(stencil.nodes_of(slopes, bin));
        terms.zip(stencil.coefficients(bin)).map(|((sum, slope), a)| sum * slope * a).sum::<f64>()
    };
    (0..n_bins).map(of_bin).sum()
}

/// Whether the model of a source is proportional to its norm. At norm 0 only the spectrum's family tells.
pub(crate) fn is_line(source: &Source, norm: usize, laid: Laid<'_>, stencil: &Stencil) -> Result<bool> {
    let mut nodes = vec![0.0; stencil.n_nodes()];
    stencil.values(source, laid.true_counts(), &mut nodes)?;
    let mut slopes = vec![0.0; stencil.n_nodes()];
    stencil.gradient(source, &[norm], laid.true_counts(), &mut slopes)?;
    Ok(is_proportional(source, norm, stencil, &nodes, &slopes))
}

/// Rescaled counts have thresholds of their own, and some norms move a break: neither is proportional to the norm everywhere.
fn is_proportional(source: &Source, norm: usize, stencil: &Stencil, nodes: &[f64], slopes: &[f64]) -> bool {
    let value = source.spectrum().parameters().get(norm).map_or(0.0, roi_model::Parameter::value);
    stencil.is_linear()
        && source.spectrum().is_proportional_to_norm()
        && nodes.iter().zip(slopes).all(|(&node, &slope)| (node - value * slope).abs() <= LINEAR * node.abs())
}
