//! How much memory a likelihood takes, and how it is told to take less.

use roi_model::Source;

use crate::error::Result;
use crate::joint::JointLikelihood;
use crate::likelihood::BinnedLikelihood;

/// Bytes that a likelihood holds, counted. What is too small to matter (spectra, sums of planes) is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// The filled bins: counts, pixels, weights.
    pub data: usize,
    /// The source maps at the filled bins.
    pub templates: usize,
    /// The sums of the fixed sources.
    pub fixed: usize,
    /// The models at norm 1 of the free sources whose shape is fixed.
    pub columns: usize,
    /// Partial sums of passes.
    pub work: usize,
}

impl Footprint {
    /// The sum.
    pub fn total(&self) -> usize {
        self.data + self.templates + self.fixed + self.columns + self.work
    }
}

impl std::ops::Add for Footprint {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            data: self.data + other.data,
            templates: self.templates + other.templates,
            fixed: self.fixed + other.fixed,
            columns: self.columns + other.columns,
            work: self.work + other.work,
        }
    }
}

impl BinnedLikelihood {
    /// What it holds now.
    pub fn footprint(&self) -> Footprint {
        let vectors = self.fixed.groups.iter().map(|group| group.model.capacity()).sum::<usize>();
        Footprint {
            data: self.filled.bytes() + self.weight_bytes(),
            templates: self.templates.values().map(crate::template::Template::bytes).sum(),
            fixed: (vectors + self.fixed.model.capacity()) * size_of::<f64>(),
            columns: self.columns.values().map(crate::column::Column::bytes).sum(),
            work: self.work.bytes(),
        }
    }

    /// Those of the sources (with their norms), in order, whose columns still fit into the bytes that columns may take.
    pub(crate) fn within_budget<'a>(&self, needed: Vec<(&'a Source, usize)>) -> Result<Vec<(&'a Source, usize)>> {
        if self.column_budget == usize::MAX {
            return Ok(needed);
        }
        let mut left = self.column_budget;
        let mut kept = Vec::with_capacity(needed.len());
        for (source, norm) in needed {
            let bytes = self.laid(source)?.0.n_reached() * size_of::<f64>();
            if let Some(rest) = left.checked_sub(bytes) {
                left = rest;
                kept.push((source, norm));
            }
        }
        Ok(kept)
    }
}

impl JointLikelihood {
    /// What all components hold now.
    pub fn footprint(&self) -> Footprint {
        self.components().iter().map(BinnedLikelihood::footprint).fold(Footprint::default(), std::ops::Add::add)
    }

    /// Limits the memory of the models at norm 1 that are kept of free sources whose shape is fixed, all components together; there is no limit
    /// at first. Sources beyond it are read plane by plane in every evaluation, which takes longer and gives the same numbers up to rounding
    /// (1e-12 relative).
    pub fn limit_columns(&mut self, bytes: usize) {
        let filled: Vec<usize> = self.components().iter().map(BinnedLikelihood::n_filled).collect();
        let total = filled.iter().sum::<usize>().max(1);
        for (component, n) in self.components_mut().iter_mut().zip(filled) {
            // Of a share, no more than a rounding is lost.
            let share = (bytes as u128 * n as u128 / total as u128) as usize;
            component.column_budget = if bytes == usize::MAX { bytes } else { share };
            component.columns.clear();
        }
    }
}
