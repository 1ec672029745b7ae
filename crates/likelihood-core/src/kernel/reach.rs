//! How far a source reaches: the blocks of filled bins in which its map is not zero. Only these are stored and streamed.

use crate::kernel::filled::{Block, FilledPlace};

/// Marks a block that the source does not reach.
const BEYOND: usize = usize::MAX;

/// Where each block of a source's values begins, among those that are kept.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    starts: Vec<usize>,
}

impl Reach {
    /// The blocks that `is_reached` tells of.
    pub(crate) fn new(blocks: &[Block], is_reached: impl Fn(&Block) -> bool) -> Self {
        let mut next = 0;
        let start = |block: &Block| {
            if !is_reached(block) {
                return BEYOND;
            }
            let start = next;
            next += block.range.len();
            start
        };
        Self { starts: blocks.iter().map(start).collect() }
    }

    /// The values of a block among those that are kept; `None` beyond the source's reach.
    pub(crate) fn slice<'a, T>(&self, kept: &'a [T], block: &Block) -> Option<&'a [T]> {
        match self.starts[block.index] {
            BEYOND => None,
            start => Some(&kept[start..start + block.range.len()]),
        }
    }

    /// The value at a filled bin; 0 beyond the source's reach.
    pub(crate) fn at(&self, kept: &[f32], place: FilledPlace) -> f32 {
        match self.starts[place.block] {
            BEYOND => 0.0,
            start => kept[start + place.offset],
        }
    }

    /// Keeps, of values at all filled bins, those within reach.
    pub(crate) fn keep(&self, blocks: &[Block], all: Vec<f32>) -> Vec<f32> {
        let reached = |block: &&Block| self.starts[block.index] != BEYOND;
        if blocks.iter().all(|block| reached(&block)) {
            return all;
        }
        blocks.iter().filter(reached).flat_map(|block| &all[block.range.clone()]).copied().collect()
    }

    /// A buffer for the values within reach, block by block: what `fill` writes for each.
    pub(crate) fn collect(&self, blocks: &[Block], mut fill: impl FnMut(&Block, &mut [f64])) -> Vec<f64> {
        let reached = |block: &&Block| self.starts[block.index] != BEYOND;
        let mut kept = vec![0.0; blocks.iter().filter(reached).map(|block| block.range.len()).sum()];
        for block in blocks.iter().filter(reached) {
            let start = self.starts[block.index];
            fill(block, &mut kept[start..start + block.range.len()]);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again_and_the_rest_is_not_there() {
        let blocks: Vec<Block> =
            (0..4).map(|index| Block { range: 3 * index..3 * index + 3, bin: index / 2, index }).collect();
        let all: Vec<f32> = (0..12u8).map(f32::from).collect();
        let reach = Reach::new(&blocks, |block| block.index % 2 == 1);
        let kept = reach.keep(&blocks, all.clone());
        assert_eq!(kept, [3.0, 4.0, 5.0, 9.0, 10.0, 11.0]);
        for block in &blocks {
            let expected = (block.index % 2 == 1).then(|| &all[block.range.clone()]);
            assert_eq!(reach.slice(&kept, block), expected);
            for offset in 0..3 {
                let at = reach.at(&kept, FilledPlace { block: block.index, offset });
                assert_eq!(at, expected.map_or(0.0, |values| values[offset]));
            }
        }
        assert_eq!(Reach::new(&blocks, |_| true).keep(&blocks, all.clone()), all);
        let indices = reach.collect(&blocks, |block, out| out.fill(block.index as f64));
        assert_eq!(indices, [1.0, 1.0, 1.0, 3.0, 3.0, 3.0]);
    }
}
