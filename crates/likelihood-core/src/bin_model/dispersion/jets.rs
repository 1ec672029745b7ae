//! Spectra with derivatives, as rescaling takes them: its nodes depend on ratios of counts, so that derivatives go through all of its
//! arithmetic.

use num_dual::{Dual64, HyperDual64};

use super::rescaling::{Number, Rescaling, TrueCounts};
use crate::bin_model::named_spectrum::Rows;

/// What rescaling needs of a source: the integrals of its spectrum, and those of its shape where it is zero everywhere.
pub(crate) struct Jets {
    pub(crate) spectrum: Jet,
    pub(crate) shape: Option<Jet>,
}

/// Values with their derivatives: value `[value]`, first `[parameter][value]`, second `[pair][value]`.
pub(crate) struct Jet {
    pub(crate) value: Vec<f64>,
    pub(crate) first: Vec<f64>,
    /// Empty where it is not needed, as it is multiplied by zero.
    pub(crate) second: Vec<f64>,
}

impl Jet {
    /// Each part as `change` makes it.
    pub(crate) fn map(self, change: impl Fn(Vec<f64>) -> Vec<f64>) -> Self {
        Self { value: change(self.value), first: change(self.first), second: change(self.second) }
    }

    fn first_of(&self, parameter: usize) -> &[f64] {
        let n = self.value.len();
        &self.first[parameter * n..(parameter + 1) * n]
    }

    fn n_parameters(&self) -> usize {
        self.first.len() / self.value.len().max(1)
    }
}

impl Jets {
    /// Rows of the nodes into `out`.
    pub(crate) fn rescale(&self, rescaling: &Rescaling, rows: Rows<'_>, sums: TrueCounts<'_>, out: &mut [f64]) {
        match rows {
            Rows::Value => self.rows_of::<f64>(rescaling, sums, out),
            Rows::First(_) => self.rows_of::<Dual64>(rescaling, sums, out),
            Rows::Second(_) => self.rows_of::<HyperDual64>(rescaling, sums, out),
        }
    }

    fn rows_of<D: Carried>(&self, rescaling: &Rescaling, sums: TrueCounts<'_>, out: &mut [f64]) {
        let spectra = D::rows(&self.spectrum);
        let shapes = self.shape.as_ref().map(D::rows);
        let shapes = shapes.as_ref().unwrap_or(&spectra);
        let n_nodes = rescaling.n_nodes();
        for ((spectrum, shape), row) in spectra.iter().zip(shapes).zip(out.chunks_exact_mut(n_nodes)) {
            let nodes = rescaling.nodes(spectrum, shape, sums);
            row.iter_mut().zip(&nodes).for_each(|(slot, node)| *slot = node.wanted());
        }
    }
}

/// A number that carries the derivatives of one row.
trait Carried: Number {
    /// The values of a jet with the derivatives of each row.
    fn rows(jet: &Jet) -> Vec<Vec<Self>>;

    /// The part of it that the row is of.
    fn wanted(&self) -> f64;
}

impl Carried for f64 {
    fn rows(jet: &Jet) -> Vec<Vec<Self>> {
        vec![jet.value.clone()]
    }

    fn wanted(&self) -> f64 {
        *self
    }
}

impl Carried for Dual64 {
    fn rows(jet: &Jet) -> Vec<Vec<Self>> {
        let row = |p: usize| jet.value.iter().zip(jet.first_of(p)).map(|(&re, &eps)| Self::new(re, eps)).collect();
        (0..jet.n_parameters()).map(row).collect()
    }

    fn wanted(&self) -> f64 {
        self.eps
    }
}

impl Carried for HyperDual64 {
    fn rows(jet: &Jet) -> Vec<Vec<Self>> {
        let n = jet.n_parameters();
        let mut seconds = jet.second.chunks_exact(jet.value.len().max(1));
        let pairs = (0..n).flat_map(|p| (p..n).map(move |q| (p, q)));
        let row = |(p, q): (usize, usize)| {
            let second = seconds.next().unwrap_or(&[]).iter().copied().chain(std::iter::repeat(0.0));
            let first = jet.first_of(p).iter().zip(jet.first_of(q));
            let all = jet.value.iter().zip(first).zip(second);
            all.map(|((&re, (&eps1, &eps2)), both)| Self::new(re, eps1, eps2, both)).collect()
        };
        pairs.map(row).collect()
    }

    fn wanted(&self) -> f64 {
        self.eps1eps2
    }
}
