//! How much memory the data and a workspace take.

use roi_model::{Parameter, Roi, Source};

use crate::data::component::ComponentData;
use crate::data::joint::Data;
use crate::evaluate::workspace::{ComponentWork, Workspace};
use crate::evaluate::{norm_changes, stream};
use crate::layout::fixed;

/// Bytes that the data or a workspace hold, counted. What is too small to matter (spectra, sums of planes) is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// The filled bins: counts, pixels, weights.
    pub data: usize,
    /// The source maps at the filled bins.
    pub kept_maps: usize,
    /// The sums of the fixed sources.
    pub fixed: usize,
    /// The models at norm 1 of the free sources whose shape is fixed.
    pub columns: usize,
    /// Partial sums of passes.
    pub work: usize,
    /// Bins near sources, which [`NormChanges`](crate::NormChanges) holds for a while: what is expected, and nothing between calls.
    pub profiles: usize,
}

impl Footprint {
    /// The sum.
    pub fn total(&self) -> usize {
        self.data + self.kept_maps + self.fixed + self.columns + self.work + self.profiles
    }
}

impl std::ops::Add for Footprint {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            data: self.data + other.data,
            kept_maps: self.kept_maps + other.kept_maps,
            fixed: self.fixed + other.fixed,
            columns: self.columns + other.columns,
            work: self.work + other.work,
            profiles: self.profiles + other.profiles,
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
            kept_maps: self.kept_maps().map(|(_, kept_map)| kept_map.bytes()).sum(),
            ..Footprint::default()
        }
    }

    /// Bytes that a thread takes to keep of one plane of a map what lies at the filled bins.
    pub fn excerpt_bytes(&self) -> usize {
        size_of::<f32>() * self.n_filled()
    }

    /// What it and one workspace will hold for a region, once it has the maps of all sources; `n_planes` tells how many planes the map of a
    /// source has, 0 for one without a map. It is an estimate: how far sources reach is not known before their maps are.
    pub fn expected_footprint(&self, roi: &Roi, n_planes: impl Fn(&Source) -> usize) -> Footprint {
        let planes_of = |source: &Source| match n_planes(source) {
            0 => 0,
            planes => self.window_planes(source, planes),
        };
        let (mut pairs, mut columns) = (0, 0);
        for source in roi.sources().iter().filter(|source| source.is_free()) {
            let spectrum = source.spectrum();
            let norm = spectrum.norm_index().map(|norm| &spectrum.parameters()[norm]);
            let free = spectrum.parameters().iter().filter(|parameter| parameter.is_free()).count();
            if free == 1 && norm.is_some_and(Parameter::is_free) && !self.is_rescaled(source) {
                columns += 1;
            } else {
                pairs += planes_of(source) / 2;
            }
        }
        let filled = self.n_filled();
        let n_free = roi.sources().iter().filter(|source| source.is_free()).count();
        Footprint {
            data: self.footprint().data,
            kept_maps: roi.sources().iter().map(|source| size_of::<f32>() * filled * planes_of(source)).sum(),
            fixed: fixed::expected_bytes(roi.sources().len(), filled),
            columns: size_of::<f64>() * filled * columns,
            work: stream::expected_bytes(filled, self.n_bins(), (pairs, columns), roi.free_parameters().len()),
            profiles: norm_changes::expected_bytes(n_free, filled),
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
        let of = |own: &ComponentWork| Footprint {
            fixed: own.layout.fixed.bytes(),
            columns: own.layout.column_bytes(),
            work: own.buffers.bytes(),
            ..Footprint::default()
        };
        self.components().iter().map(of).sum()
    }
}
