//! What a likelihood keeps of a source map: its values at the filled bins, and the sum of each plane.

use ndarray::{ArrayView2, ArrayView3, Axis};

use crate::bin_model::dispersion::rescaling::TrueCounts;
use crate::data::weights::LikelihoodWeights;
use crate::kernel::filled::{Block, Filled, FilledPlace};
use crate::kernel::input::PlanePair;
use crate::kernel::reach::Reach;

/// Running sums of a plane.
const LANES: usize = 16;

/// A source's map where it is needed.
#[derive(Clone, Debug)]
pub(crate) struct KeptMap {
    /// All planes that a bin draws on: two, or the window of energy dispersion.
    whole: Gathered,
    /// Which of them is the one at the bin's own lower edge; the next is that at its upper edge.
    own: usize,
    /// For rescaling, when the planes of some bins are empty: those of the reference bins in their stead.
    substitute: Option<Gathered>,
    /// The reference bin of each bin.
    reference: Vec<Option<usize>>,
    /// Sum of each plane over all pixels.
    sums: Vec<f64>,
    /// How many planes the map had.
    n_planes: usize,
    /// Whether the source whose derivative it is is excepted from energy dispersion.
    is_excepted: bool,
}

/// Planes at the filled bins, with what they add up to.
#[derive(Clone, Debug)]
struct Gathered {
    /// One vector a plane of a bin, over the filled bins within reach.
    planes: Vec<Vec<f32>>,
    /// The blocks where any of them is not zero.
    reach: Reach,
    /// Sums over all pixels, `[bin][plane]`.
    sums: Vec<f64>,
    /// The same with each pixel's weight in the bin; `None` without weights.
    weighted_sums: Option<Vec<f64>>,
}

/// Which planes of a kept map a stencil draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Draw {
    /// The two at the bin's own edges.
    Plain,
    /// The two at the edges of the bin's reference bin.
    Rescaled,
    /// All planes of a window.
    Window,
}

/// The planes of a kept map that a stencil draws on.
#[derive(Clone, Copy)]
pub(crate) struct PlaneView<'a> {
    gathered: &'a Gathered,
    first: usize,
    n_planes: usize,
    true_counts: TrueCounts<'a>,
    /// Whether a bin draws on the planes of its reference bin instead of its own.
    by_reference: bool,
}

impl KeptMap {
    /// `planes`: the map, `extra` planes on either side of those at the edges.
    pub(crate) fn new(
        filled: &Filled,
        planes: &ArrayView3<'_, f32>,
        extra: usize,
        weights: Option<&LikelihoodWeights>,
        n_planes: usize,
    ) -> Self {
        let sums = plane_sums(planes);
        let plane_sums = &sums[extra..sums.len() - extra];
        let bins = plane_sums.len() - 1;
        let whole = Gathered::new(filled, planes, &sums, 2 * extra + 2, weights, |bin| bin);
        let mut last = None;
        let mut reference = Vec::with_capacity(bins);
        for k in 0..bins {
            if plane_sums[k] != 0.0 || plane_sums[k + 1] != 0.0 {
                last = Some(k);
            }
            reference.push(last);
        }
        // In a window of more than two planes nothing is rescaled.
        let lacking =
            extra == 0 && reference.iter().enumerate().any(|(k, reference)| reference.is_some_and(|r| r != k));
        let substitute =
            lacking.then(|| Gathered::new(filled, planes, &sums, 2, weights, |bin| reference[bin].unwrap_or(bin)));
        Self { whole, own: extra, substitute, reference, sums, n_planes, is_excepted: false }
    }

    /// The same planes, whose true counts are those of another source: for a derivative of that source's map.
    pub(crate) fn slope_of(
        self,
        (other, is_excepted): (&Self, bool),
        filled: &Filled,
        planes: &ArrayView3<'_, f32>,
        weights: Option<&LikelihoodWeights>,
    ) -> Self {
        let reference = other.reference.clone();
        let gather = || {
            let own = plane_sums(planes);
            Gathered::new(filled, planes, &own, 2, weights, |bin| reference.get(bin).copied().flatten().unwrap_or(bin))
        };
        let substitute = other.substitute.is_some().then(gather);
        Self { substitute, reference: reference.clone(), sums: other.sums.clone(), is_excepted, ..self }
    }

    /// What is kept of the same map at other filled bins, which stand at `places` among those of this one.
    pub(crate) fn at_places(&self, places: &[FilledPlace], filled: &Filled) -> Self {
        Self {
            whole: self.whole.at_places(places, filled),
            own: self.own,
            substitute: self.substitute.as_ref().map(|substitute| substitute.at_places(places, filled)),
            reference: self.reference.clone(),
            sums: self.sums.clone(),
            n_planes: self.n_planes,
            is_excepted: self.is_excepted,
        }
    }

    /// The planes that are drawn on.
    pub(crate) fn view(&self, draw: Draw) -> PlaneView<'_> {
        let plain = PlaneView {
            gathered: &self.whole,
            first: self.own,
            n_planes: 2,
            true_counts: self.true_counts(),
            by_reference: false,
        };
        match (draw, &self.substitute) {
            (Draw::Rescaled, Some(substitute)) => {
                PlaneView { gathered: substitute, first: 0, by_reference: true, ..plain }
            }
            (Draw::Plain | Draw::Rescaled, _) => plain,
            (Draw::Window, _) => {
                let true_counts = TrueCounts { plane_sums: &self.sums, reference: &self.reference };
                PlaneView { first: 0, n_planes: self.n_window(), true_counts, ..plain }
            }
        }
    }

    /// How many planes a bin's window has.
    pub(crate) fn n_window(&self) -> usize {
        self.whole.planes.len()
    }

    fn true_counts(&self) -> TrueCounts<'_> {
        let plane_sums = &self.sums[self.own..self.sums.len() - self.own];
        TrueCounts { plane_sums, reference: &self.reference }
    }

    /// Whether energy dispersion does not apply, whatever the name of the source says.
    pub(crate) fn is_excepted(&self) -> bool {
        self.is_excepted
    }

    /// How many planes the map had.
    pub(crate) fn n_planes(&self) -> usize {
        self.n_planes
    }

    /// Bytes of the planes that are kept.
    pub(crate) fn bytes(&self) -> usize {
        let of = |gathered: &Gathered| gathered.planes.iter().map(|plane| plane.capacity() * size_of::<f32>()).sum();
        of(&self.whole) + self.substitute.as_ref().map_or(0, of)
    }
}

impl Gathered {
    /// `count` planes a bin, from plane `first(bin)` on; `sums` of all planes.
    fn new(
        filled: &Filled,
        planes: &ArrayView3<'_, f32>,
        sums: &[f64],
        count: usize,
        weights: Option<&LikelihoodWeights>,
        first: impl Fn(usize) -> usize,
    ) -> Self {
        let bins = sums.len() + 1 - count;
        let of_bin = |bin: usize| first(bin)..first(bin) + count;
        let weighted = |weights: &LikelihoodWeights| {
            let sum = |(bin, plane): (usize, usize)| {
                weighted_sum(&weights.values().index_axis(Axis(0), bin), &planes.index_axis(Axis(0), plane))
            };
            (0..bins).flat_map(|bin| of_bin(bin).map(move |plane| (bin, plane))).map(sum).collect()
        };
        let all = (0..count).map(|p| filled.gather(planes, |bin| first(bin) + p)).collect();
        let sums = (0..bins).flat_map(|bin| sums[of_bin(bin)].iter().copied()).collect();
        Self::within_reach(filled, all, (sums, weights.map(weighted)))
    }

    /// Of values at all filled bins, plane by plane, those within reach.
    fn within_reach(filled: &Filled, all: Vec<Vec<f32>>, (sums, weighted_sums): (Vec<f64>, Option<Vec<f64>>)) -> Self {
        let is_reached = |block: &Block| all.iter().any(|plane| plane[block.range.clone()].iter().any(|&m| m != 0.0));
        let reach = Reach::new(&filled.blocks, is_reached);
        let planes = all.into_iter().map(|plane| reach.keep(&filled.blocks, plane)).collect();
        Self { planes, reach, sums, weighted_sums }
    }

    /// The same at other filled bins, which stand at `places` among those that are kept.
    fn at_places(&self, places: &[FilledPlace], filled: &Filled) -> Self {
        let at_places = |plane: &Vec<f32>| places.iter().map(|&place| self.reach.at(plane, place)).collect();
        let all = self.planes.iter().map(at_places).collect();
        Self::within_reach(filled, all, (self.sums.clone(), self.weighted_sums.clone()))
    }
}

/// The sum of each plane, in lanes that are added at the end: as many additions go on at once.
fn plane_sums(planes: &ArrayView3<'_, f32>) -> Vec<f64> {
    let sum = |plane: ArrayView2<'_, f32>| {
        let plane = plane.as_standard_layout();
        let Some(values) = plane.as_slice() else { return plane.iter().map(|&value| f64::from(value)).sum() };
        let mut lanes = [0.0; LANES];
        let whole = values.chunks_exact(LANES);
        let rest = whole.remainder();
        for values in whole {
            lanes.iter_mut().zip(values).for_each(|(lane, &value)| *lane += f64::from(value));
        }
        lanes.iter_mut().zip(rest).for_each(|(lane, &value)| *lane += f64::from(value));
        lanes.iter().sum()
    };
    planes.outer_iter().map(sum).collect()
}

fn weighted_sum(weights: &ArrayView2<'_, f32>, plane: &ArrayView2<'_, f32>) -> f64 {
    weights.iter().zip(plane).map(|(&w, &m)| f64::from(w) * f64::from(m)).sum()
}

impl<'a> PlaneView<'a> {
    /// The planes in pairs.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = PlanePair<'a>> + use<'a> {
        let planes = &self.gathered.planes[self.first..self.first + self.n_planes];
        let reach = self.reach();
        planes.chunks_exact(2).map(move |pair| PlanePair { lower: &pair[0], upper: &pair[1], reach })
    }

    /// The blocks that the planes reach.
    pub(crate) fn reach(&self) -> &'a Reach {
        &self.gathered.reach
    }

    /// How many filled bins it reaches.
    pub(crate) fn n_reached(&self) -> usize {
        self.gathered.planes.first().map_or(0, Vec::len)
    }

    /// Sums of the planes of a bin over all pixels.
    pub(crate) fn sums(self, bin: usize) -> &'a [f64] {
        self.of_bin(&self.gathered.sums, bin)
    }

    /// The same with each pixel's weight, if there are weights.
    pub(crate) fn weighted_sums(self, bin: usize) -> &'a [f64] {
        self.of_bin(self.gathered.weighted_sums.as_ref().unwrap_or(&self.gathered.sums), bin)
    }

    fn of_bin(self, sums: &'a [f64], bin: usize) -> &'a [f64] {
        let start = bin * self.gathered.planes.len() + self.first;
        &sums[start..start + self.n_planes]
    }

    /// The bin whose planes a bin draws on: its own, but for bins that are rescaled from another one.
    pub(crate) fn reference_bin(&self, bin: usize) -> usize {
        let reference = self.true_counts.reference.get(bin).copied().flatten();
        reference.filter(|_| self.by_reference).unwrap_or(bin)
    }

    /// What the true counts in each bin come from.
    pub(crate) fn true_counts(&self) -> TrueCounts<'a> {
        self.true_counts
    }
}
