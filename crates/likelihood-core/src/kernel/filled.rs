//! The layout of everything that is needed bin by bin: only the *filled* bins (weighted counts > 0), bin of energy by bin of energy.
//!
//! A bin without counts enters the likelihood through the sum of the model alone, and that sum is known per plane; so only filled
//! bins need a model value and a logarithm.

use std::ops::Range;

use ndarray::{ArrayView3, Axis};

use crate::data::counts::CountsCube;
use crate::data::weights::LikelihoodWeights;

/// Filled bins per block: a block's model and ratios stay in the first-level cache, its planes in the second.
pub(crate) const BLOCK: usize = 512;

/// A run of at most [`BLOCK`] filled bins, all in one energy bin.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Indices into the arrays over filled bins.
    pub(crate) range: Range<usize>,
    /// Energy bin.
    pub(crate) bin: usize,
    /// Number of the block.
    pub(crate) index: usize,
}

/// Where a filled bin stands: its block, and its place in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FilledPlace {
    pub(crate) block: usize,
    pub(crate) offset: usize,
}

/// Counts of filled bins.
#[derive(Clone, Debug)]
pub(crate) enum Counts {
    /// As they were measured: single precision holds them.
    Plain(Vec<f32>),
    /// Each times its weight: a product of two numbers in single precision, which double precision holds exactly.
    Weighted(Vec<f64>),
}

/// The same, as the passes read them: of all filled bins, or of a block.
#[derive(Clone, Copy)]
pub(crate) enum CountsView<'a> {
    Plain(&'a [f32]),
    Weighted(&'a [f64]),
}

impl Counts {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Plain(counts) => counts.len(),
            Self::Weighted(counts) => counts.len(),
        }
    }

    fn push(&mut self, n: f32, weight: f32) -> bool {
        let weighted = f64::from(n) * f64::from(weight);
        let is_filled = weighted > 0.0;
        match self {
            _ if !is_filled => {}
            Self::Plain(counts) => counts.push(n),
            Self::Weighted(counts) => counts.push(weighted),
        }
        is_filled
    }

    /// Those of one filled bin.
    pub(crate) fn at(&self, index: usize) -> f64 {
        match self {
            Self::Plain(counts) => counts[index].into(),
            Self::Weighted(counts) => counts[index],
        }
    }

    pub(crate) fn view(&self) -> CountsView<'_> {
        match self {
            Self::Plain(counts) => CountsView::Plain(counts),
            Self::Weighted(counts) => CountsView::Weighted(counts),
        }
    }

    /// Bytes that a pass reads of them.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Plain(counts) => size_of_val(&counts[..]),
            Self::Weighted(counts) => size_of_val(&counts[..]),
        }
    }
}

impl CountsView<'_> {
    /// Those of a block.
    pub(crate) fn of_block(self, block: &Block) -> Self {
        match self {
            Self::Plain(counts) => Self::Plain(&counts[block.range.clone()]),
            Self::Weighted(counts) => Self::Weighted(&counts[block.range.clone()]),
        }
    }
}

/// The filled bins of a counts cube.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    /// Counts of each filled bin, times its weight if there are weights.
    pub(crate) counts: Counts,
    /// Pixel of each filled bin, `y * nx + x`.
    pixels: Vec<usize>,
    /// Filled bins of energy bin `k` are `bins[k]..bins[k + 1]`.
    bins: Vec<usize>,
    /// The blocks, in order. They depend on the data alone, so every sum over them does too, whatever the number of threads.
    pub(crate) blocks: Vec<Block>,
    /// Pixels in a row.
    nx: usize,
}

impl Filled {
    /// `weights`, if any, have the shape of the cube.
    pub(crate) fn new(cube: &CountsCube, weights: Option<&LikelihoodWeights>) -> Self {
        let (_, _, nx) = cube.counts().dim();
        let mut counts = if weights.is_some() { Counts::Weighted(Vec::new()) } else { Counts::Plain(Vec::new()) };
        let (mut pixels, mut bins, mut blocks) = (Vec::new(), vec![0], Vec::new());
        for (bin, plane) in cube.counts().outer_iter().enumerate() {
            let start = counts.len();
            let weight = |pixel: usize| weights.map_or(1.0, |w| w.values()[[bin, pixel / nx, pixel % nx]]);
            for (pixel, &n) in plane.iter().enumerate() {
                if counts.push(n, weight(pixel)) {
                    pixels.push(pixel);
                }
            }
            bins.push(counts.len());
            for first in (start..counts.len()).step_by(BLOCK) {
                blocks.push(Block { range: first..counts.len().min(first + BLOCK), bin, index: blocks.len() });
            }
        }
        Self { counts, pixels, bins, blocks, nx }
    }

    /// Number of energy bins.
    pub(crate) fn n_bins(&self) -> usize {
        self.bins.len() - 1
    }

    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The blocks of these energy bins.
    pub(crate) fn blocks_of(&self, bins: &Range<usize>) -> &[Block] {
        let first = |bin: usize| self.blocks.partition_point(|block| block.bin < bin);
        &self.blocks[first(bins.start)..first(bins.end)]
    }

    /// Bytes that the layout takes.
    pub(crate) fn bytes(&self) -> usize {
        self.counts.bytes() + self.pixels.capacity() * size_of::<usize>() + self.blocks.capacity() * size_of::<Block>()
    }

    /// For each filled bin the values of `planes[plane(bin)]` at its pixel; `planes` is `[edge, y, x]` in standard layout.
    pub(crate) fn gather(&self, planes: &ArrayView3<'_, f32>, plane: impl Fn(usize) -> usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.len());
        for (bin, range) in self.bins.windows(2).enumerate() {
            let plane = planes.index_axis_move(Axis(0), plane(bin));
            let pixels = self.pixels[range[0]..range[1]].iter();
            match plane.to_slice() {
                Some(plane) => out.extend(pixels.map(|&pixel| plane[pixel])),
                None => out.extend(pixels.map(|&pixel| plane[[pixel / self.nx, pixel % self.nx]])),
            }
        }
        out
    }

    /// (Weighted) counts per energy bin.
    pub(crate) fn spectrum(&self) -> Vec<f64> {
        let sum = |range: &[usize]| (range[0]..range[1]).map(|index| self.counts.at(index)).sum();
        self.bins.windows(2).map(sum).collect()
    }

    /// Row and column of a filled bin.
    pub(crate) fn pixel(&self, index: usize) -> (usize, usize) {
        (self.pixels[index] / self.nx, self.pixels[index] % self.nx)
    }

    /// The filled bin of an energy bin and a pixel.
    pub(crate) fn find(&self, bin: usize, pixel: usize) -> Option<usize> {
        let range = *self.bins.get(bin)?..*self.bins.get(bin + 1)?;
        let found = self.pixels.get(range.clone())?.binary_search(&pixel).ok()?;
        Some(range.start + found)
    }

    /// Pixel of a filled bin, `y * nx + x`.
    pub(crate) fn pixel_number(&self, index: usize) -> usize {
        self.pixels[index]
    }

    /// Where the filled bin of an energy bin and a pixel stands; `None` where that is none.
    pub(crate) fn place_of(&self, bin: usize, pixel: usize) -> Option<FilledPlace> {
        let index = self.find(bin, pixel)?;
        let block = self.blocks.partition_point(|block| block.range.end <= index);
        Some(FilledPlace { block, offset: index - self.blocks.get(block)?.range.start })
    }

    /// Energy bin, row and column of a filled bin.
    pub(crate) fn place(&self, index: usize) -> (usize, usize, usize) {
        let bin = self.bins.partition_point(|&first| first <= index).saturating_sub(1);
        (bin, self.pixels[index] / self.nx, self.pixels[index] % self.nx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::energy::EnergyAxis;
    use ndarray::Array3;

    #[test]
    fn blocks_cover_every_filled_bin_once_and_never_cross_an_energy_bin() {
        let counts = Array3::from_shape_fn((3, 40, 50), |(k, y, x)| ((k + 3 * y + 7 * x) % 3) as f32);
        let cube = CountsCube::new(EnergyAxis::new(vec![1.0, 2.0, 3.0, 4.0]).unwrap(), counts.clone()).unwrap();
        let filled = Filled::new(&cube, None);
        let mut next = 0;
        for block in &filled.blocks {
            assert_eq!(block.range.start, next);
            assert!((1..=BLOCK).contains(&block.range.len()));
            assert!(block.range.clone().all(|i| filled.place(i).0 == block.bin));
            next = block.range.end;
        }
        assert_eq!(next, counts.iter().filter(|&&n| n > 0.0).count());
        assert_eq!((filled.find(0, 0), filled.find(3, 0), filled.find(0, 9999)), (None, None, None));
        for i in 0..filled.len() {
            let (k, y, x) = filled.place(i);
            assert_eq!(f64::from(counts[[k, y, x]]), filled.counts.at(i));
            assert_eq!(filled.find(k, y * 50 + x), Some(i));
            let FilledPlace { block, offset } = filled.place_of(k, filled.pixel_number(i)).unwrap();
            assert_eq!(filled.blocks[block].range.start + offset, i);
            assert!(offset < filled.blocks[block].range.len());
        }
    }

    #[test]
    fn gathering_takes_the_lower_or_the_upper_edge_of_each_bin() {
        let counts = Array3::from_shape_fn((2, 2, 2), |(k, y, x)| u8::from((k, y, x) != (0, 0, 0)).into());
        let cube = CountsCube::new(EnergyAxis::new(vec![1.0, 2.0, 3.0]).unwrap(), counts).unwrap();
        let planes = Array3::from_shape_fn((3, 2, 2), |(k, y, x)| (100 * k + 10 * y + x) as f32);
        let filled = Filled::new(&cube, None);
        assert_eq!(filled.gather(&planes.view(), |bin| bin), [1.0, 10.0, 11.0, 100.0, 101.0, 110.0, 111.0]);
        assert_eq!(filled.gather(&planes.view(), |bin| bin + 1), [101.0, 110.0, 111.0, 200.0, 201.0, 210.0, 211.0]);
    }
}
