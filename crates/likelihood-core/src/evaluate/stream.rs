//! The passes over all blocks of a component's filled bins. Every partial sum has its place, so the later sums are made in one order.

use crate::evaluate::pass::Pass;
use crate::kernel::blocks::{Threads, parts};
use crate::kernel::buffers::{Buffers, resize};
use crate::kernel::filled::{BLOCK, Block};
use crate::kernel::input::{EdgeWeights, HessianSums, Input, RatioSums, Slopes};
use crate::kernel::passes::{self, BlockSum, Scratch};

/// How many partial Hessians are kept at most.
const HESSIAN_CHUNKS: usize = 64;

/// Bytes of the partial sums and weights of passes over a component: so many filled bins in so many energy bins, `pairs` of planes and
/// `columns` of free sources, and free parameters of all sources together.
pub(crate) fn expected_bytes(filled: usize, bins: usize, (pairs, columns): (usize, usize), parameters: usize) -> usize {
    // Each energy bin may end in a block that is not full.
    let blocks = filled.div_ceil(BLOCK) + bins;
    let of_block = size_of::<EdgeWeights>() * pairs + size_of::<f64>() * columns + 2 * size_of::<BlockSum>();
    let hessians = HESSIAN_CHUNKS.min(blocks) * size_of::<f64>() * parameters * (parameters + 1) / 2;
    // The weights of a pair, and their derivatives with respect to up to seven parameters of the source.
    let weights = size_of::<EdgeWeights>() * bins * pairs * 8;
    blocks * of_block + hessians + weights
}

/// Which derivatives a pass takes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Order {
    Value,
    Gradient,
    Hessian,
}

/// A block's own place for its sums.
struct Place<'a> {
    block: &'a Block,
    sum: &'a mut BlockSum,
    ratios: RatioSums<'a>,
}

/// The same of one of several points, with what is read there.
struct PointPlace<'a> {
    input: Input<'a>,
    place: Place<'a>,
}

impl Pass<'_> {
    /// Streams the filled bins, once the sources are weighed and differentiated.
    pub(crate) fn stream(&self, buffers: &mut Buffers, order: Order, threads: Threads) {
        let (n_pairs, n_columns) = (self.free.n_pairs, self.free.columns.len());
        let blocks = self.component.blocks();
        let n_rows = self.free.rows.len();
        let n_products = n_rows * (n_rows + 1) / 2;
        // At most `HESSIAN_CHUNKS` matrices are kept, each the sum of a run of blocks.
        let run = blocks.len().div_ceil(HESSIAN_CHUNKS).max(1);
        let n_chunks = if order == Order::Hessian { blocks.len().div_ceil(run) } else { 0 };
        resize(&mut buffers.block_sums, blocks.len());
        resize(&mut buffers.ratio_sums, blocks.len() * n_pairs);
        resize(&mut buffers.column_sums, blocks.len() * n_columns);
        resize(&mut buffers.pair_sums, n_chunks * n_products);

        let Buffers { weights, norms, derivatives, block_sums, ratio_sums, column_sums, pair_sums, .. } = buffers;
        let input = self.input(weights, norms);
        if order == Order::Value || n_rows == 0 {
            let places = blocks.iter().zip(block_sums).collect();
            let task = |scratch: &mut Scratch, (block, sum): (&Block, &mut BlockSum)| {
                *sum = passes::value(input.of_bin(block.bin), block, scratch);
            };
            return threads.for_each(places, || Scratch::new(0), task);
        }
        let each = |length: usize| std::iter::repeat_n(length, blocks.len());
        let ratios = parts(ratio_sums, each(n_pairs)).zip(parts(column_sums, each(n_columns)));
        let places = blocks.iter().zip(block_sums).zip(ratios);
        let places: Vec<Place<'_>> = places
            .map(|((block, sum), (pairs, columns))| Place { block, sum, ratios: RatioSums { pairs, columns } })
            .collect();
        if order == Order::Gradient {
            let task = |scratch: &mut Scratch, Place { block, sum, ratios }: Place<'_>| {
                *sum = passes::gradient(input.of_bin(block.bin), block, scratch, ratios);
            };
            return threads.for_each(places, || Scratch::new(0), task);
        }
        let slopes = Slopes { rows: &self.free.rows, derivatives, stride: self.free.n_slopes };
        let mut places = places;
        let products = parts(pair_sums, std::iter::repeat_n(n_products, n_chunks));
        let task = |scratch: &mut Scratch, (places, pairs): (&mut [Place<'_>], &mut [f64])| {
            for Place { block, sum, ratios } in places {
                let sums = HessianSums { ratios: ratios.reborrow(), pairs: &mut *pairs };
                **sum = passes::hessian(input.of_bin(block.bin), slopes.of_bin(block.bin), block, scratch, sums);
            }
        };
        threads.for_each(places.chunks_mut(run).zip(products).collect(), || Scratch::new(n_rows), task);
    }

    /// Value and gradient at several points in one reading of the filled bins, once the sources are weighed and differentiated at each of them:
    /// every block is worked on for all points while its planes and columns are in the cache. The bits are those of one point after the other.
    pub(crate) fn stream_points(&self, points: &mut [Buffers], threads: Threads) {
        let (n_pairs, n_columns) = (self.free.n_pairs, self.free.columns.len());
        let blocks = self.component.blocks();
        let n_points = points.len();
        let each = |length: usize| std::iter::repeat_n(length, blocks.len());
        let mut of_points: Vec<_> = points
            .iter_mut()
            .map(|buffers| {
                resize(&mut buffers.block_sums, blocks.len());
                resize(&mut buffers.ratio_sums, blocks.len() * n_pairs);
                resize(&mut buffers.column_sums, blocks.len() * n_columns);
                let Buffers { weights, norms, block_sums, ratio_sums, column_sums, .. } = buffers;
                let ratios = parts(ratio_sums, each(n_pairs)).zip(parts(column_sums, each(n_columns)));
                let places = blocks.iter().zip(block_sums).zip(ratios);
                (self.input(weights, norms), places)
            })
            .collect();
        let mut places = Vec::with_capacity(blocks.len() * n_points);
        for _ in blocks {
            places.extend(of_points.iter_mut().filter_map(|(input, rest)| {
                let ((block, sum), (pairs, columns)) = rest.next()?;
                Some(PointPlace { input: *input, place: Place { block, sum, ratios: RatioSums { pairs, columns } } })
            }));
        }
        let task = |scratch: &mut Scratch, places: &mut [PointPlace<'_>]| {
            for PointPlace { input, place: Place { block, sum, ratios } } in places {
                **sum = passes::gradient(input.of_bin(block.bin), block, scratch, ratios.reborrow());
            }
        };
        threads.for_each(places.chunks_mut(n_points.max(1)).collect(), || Scratch::new(0), task);
    }
}
