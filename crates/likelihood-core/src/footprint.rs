//! How much memory the data and a workspace take.

use crate::data::component::ComponentData;
use crate::data::joint::Data;
use crate::evaluate::workspace::Workspace;
use crate::layout::template::Template;

/// Bytes that the data or a workspace hold, counted. What is too small to matter (spectra, sums of planes) is left out.
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

impl std::iter::Sum for Footprint {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), std::ops::Add::add)
    }
}

impl ComponentData {
    /// What it holds; clones share it.
    pub fn footprint(&self) -> Footprint {
        Footprint {
            data: self.filled().bytes() + self.weight_bytes(),
            templates: self.templates().map(Template::bytes).sum(),
            ..Footprint::default()
        }
    }
}

impl Data {
    /// What all components hold; clones share it.
    pub fn footprint(&self) -> Footprint {
        self.components().iter().map(ComponentData::footprint).sum()
    }
}

impl Workspace {
    /// What it holds beside the data.
    pub fn footprint(&self) -> Footprint {
        let of = |own: &crate::evaluate::workspace::ComponentWork| Footprint {
            fixed: own.layout.fixed.bytes(),
            columns: own.layout.column_bytes(),
            work: own.buffers.bytes(),
            ..Footprint::default()
        };
        self.components().iter().map(of).sum()
    }
}
