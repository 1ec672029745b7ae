//! The likelihood along the normalisations of many sources at once.
//!
//! A profile of one source's norm, and a TS without it, need the model of all *others* at every filled bin. Here that is made for every free
//! source in one pass ([`crate::kernel::along_norms`]). Nothing is ever subtracted.

use std::ops::Range;

use roi_model::SourceId;

use crate::bin_model::named_spectrum::Rows;
use crate::data::component::ComponentData;
use crate::data::joint::Data;
use crate::error::Result;
use crate::evaluate::pass::Pass;
use crate::evaluate::workspace::Workspace;
use crate::kernel::along_norms::{LineScratch, Lines, NormPoint, along_norms};
use crate::kernel::blocks::parts;
use crate::kernel::buffers::Buffers;
use crate::kernel::filled::Block;
use crate::kernel::input::{Input, Slopes};
use crate::kernel::passes::BlockSum;
use crate::layout::component_layout::ComponentLayout;
use crate::layout::free_sources::{FreeSources, Place, PlaneSource};
use crate::layout::norm_column::is_line;
use crate::layout::roles::FreeSource;

/// How many partial sums a point has at most.
const CHUNKS: usize = 64;

/// The free sources whose model is proportional to their norm, ready to be evaluated anywhere along it; made by [`Data::norm_lines`].
#[derive(Debug)]
pub struct NormLines<'a> {
    pub(super) data: &'a Data,
    pub(super) work: &'a Workspace,
    /// The free sources that are no lines, with nothing wanted of them.
    rest: Vec<FreeSource>,
    /// The lines, with their norms.
    lines: Vec<FreeSource>,
    /// The sources of the lines.
    sources: Vec<SourceId>,
}

impl Data {
    /// Prepares the lines of all free sources whose model is proportional to their norm, whether the norm itself is free or not, around these
    /// values of the free parameters.
    ///
    /// ```
    /// # use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, NormPoint, SourceMap, Workspace};
    /// # use ndarray::Array3;
    /// # use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
    /// # let spectrum = Spectrum::new("PowerLaw", vec![
    /// #     Parameter::new("Prefactor", 3.0)?.with_scale(1e-12)?.with_free(true),
    /// #     Parameter::new("Index", 2.0)?.with_scale(-1.0)?,
    /// #     Parameter::new("Scale", 1000.0)?,
    /// # ])?;
    /// # let center = SkyDirection::new(83.63, 22.01)?;
    /// # let source = Source::new("Crab", SourceType::Point, spectrum, SpatialModel::point(center)?)?;
    /// # let roi = Roi::new(center, vec![source])?;
    /// # let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0])?;
    /// # let counts = CountsCube::new(axis, Array3::from_shape_vec((2, 1, 1), vec![250.0, 31.0])?)?;
    /// # let mut component = ComponentData::new("00", &counts);
    /// # component.add_source_map("Crab", &SourceMap::new(Array3::from_elem((3, 1, 1), 7e9))?)?;
    /// # let data = Data::new(vec![component])?;
    /// let mut work = Workspace::new(&data, &roi, &[])?;
    /// let lines = data.norm_lines(&[3.0], &mut work)?;
    /// assert_eq!(lines.sources(), [roi.id_of("Crab")?]);
    /// let values = lines.values(&[2.0, 4.0, 0.0].map(|norm| NormPoint { line: 0, norm, others: 1.0 }))?;
    /// // Without the only source the counts are impossible.
    /// assert_eq!(values[2], f64::NEG_INFINITY);
    /// for (norm, value) in [2.0, 4.0].into_iter().zip(values) {
    ///     assert!((data.value(&[norm], &mut work)? / value - 1.0).abs() < 1e-14);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::OtherData`], a value that its parameter does not allow, or a spectrum that cannot be evaluated.
    pub fn norm_lines<'a>(&'a self, values: &[f64], work: &'a mut Workspace) -> Result<NormLines<'a>> {
        work.take(self, values)?;
        let work = &*work;
        let (mut rest, mut lines) = (Vec::new(), Vec::new());
        for free in &work.roles().free {
            match self.line_of(work, free.source)? {
                Some(norm) => lines.push(FreeSource { wanted: vec![norm], ..*free }),
                None => rest.push(FreeSource { wanted: Vec::new(), ..*free }),
            }
        }
        let sources = lines.iter().map(|free| free.source).collect();
        Ok(NormLines { data: self, work, rest, lines, sources })
    }

    /// The norm of a source whose model is proportional to it in every component.
    fn line_of(&self, work: &Workspace, source: SourceId) -> Result<Option<usize>> {
        let source = &work.sources()[source.position()];
        let Some(norm) = source.spectrum().norm_index() else { return Ok(None) };
        for component in self.components() {
            if !is_line(source, norm, &component.planes_of(source.name(), source.apply_edisp())?)? {
                return Ok(None);
            }
        }
        Ok(Some(norm))
    }
}

impl NormLines<'_> {
    /// The sources that can be moved, in the order of the region.
    pub fn sources(&self) -> &[SourceId] {
        &self.sources
    }

    /// `logL` of each point, as [`Data::value`] gives it with these norms, up to rounding; minus infinity where the data are
    /// impossible. It is the same to the last bit for any number of threads.
    ///
    /// # Errors
    /// A spectrum that cannot be evaluated. Points of lines that are not there, or whose numbers are not finite, are minus infinity.
    pub fn values(&self, points: &[NormPoint]) -> Result<Vec<f64>> {
        let mut order: Vec<usize> = (0..points.len()).filter(|&i| points[i].line < self.sources.len()).collect();
        order.sort_by_key(|&i| points[i].line);
        let sorted: Vec<NormPoint> = order.iter().map(|&i| points[i]).collect();
        let mut totals = vec![0.0; sorted.len()];
        self.of_components(|along| along.add(&sorted, &mut totals, self.work))?;
        let mut values = vec![f64::NEG_INFINITY; points.len()];
        for (index, total) in order.into_iter().zip(totals) {
            values[index] = if total.is_nan() { f64::NEG_INFINITY } else { total };
        }
        Ok(values)
    }

    /// Calls `task` with the lines of each component.
    pub(super) fn of_components(&self, mut task: impl FnMut(&Along<'_>)) -> Result<()> {
        for (component, own) in self.data.components().iter().zip(self.work.components()) {
            let free = self.free_sources(component, &own.layout)?;
            let pass = Pass::new(component, self.work.sources(), &own.layout.fixed, &free);
            task(&Along::new(pass, self.rest.len(), &self.lines)?);
            // What a stopped pass has summed is of no use.
            self.work.check_stop()?;
        }
        Ok(())
    }

    /// What is no line, then the lines, as a component reads them.
    fn free_sources(&self, component: &ComponentData, layout: &ComponentLayout) -> Result<FreeSources> {
        let placed = |free: &FreeSource| {
            let source = &self.work.sources()[free.source.position()];
            Ok((free.clone(), component.planes_of(source.name(), source.apply_edisp())?))
        };
        let free = self.rest.iter().chain(&self.lines).map(placed).collect::<Result<Vec<_>>>()?;
        Ok(FreeSources::new(free, |source| layout.unit(&self.work.sources()[source.position()])))
    }
}

/// The lines of one component, evaluated.
pub(super) struct Along<'a> {
    pub(super) pass: Pass<'a>,
    buffers: Buffers,
    /// So many of the pairs of planes are of sources that are no lines.
    n_rest_pairs: usize,
    /// (Weighted) predicted counts of what no line changes.
    rest_npred: f64,
    /// The norms as they stand.
    pub(super) norms: Vec<f64>,
    /// (Weighted) predicted counts of each line at norm 1.
    pub(super) units: Vec<f64>,
}

impl<'a> Along<'a> {
    /// The first `n_rest` free sources of the pass are no lines, the others are these.
    fn new(pass: Pass<'a>, n_rest: usize, lines: &[FreeSource]) -> Result<Self> {
        let mut buffers = Buffers::default();
        pass.weigh(&mut buffers)?;
        pass.differentiate(&mut buffers)?;
        let (rest, own) = pass.free.order.split_at(n_rest);
        let (mut n_rest_pairs, mut rest_npred) = (0, 0.0);
        for place in rest {
            if let Place::Planes(at) = *place {
                let source = &pass.free.planes[at];
                n_rest_pairs += source.planes.n_pairs();
                rest_npred += pass.npred_of(source, &buffers);
            }
        }
        let rest_npred = pass.fixed.npred(pass.component.bins()) + rest_npred;
        let norm = |free: &FreeSource| pass.sources[free.source.position()].value(*free.wanted.first()?);
        let norms = lines.iter().filter_map(norm).collect();
        let units = own.iter().map(|place| pass.unit_npred(*place)).collect::<Result<Vec<f64>>>()?;
        Ok(Self { pass, buffers, n_rest_pairs, rest_npred, norms, units })
    }

    /// Adds `logL` of this component at each point; `points` are in the order of their lines.
    fn add(&self, points: &[NormPoint], totals: &mut [f64], work: &Workspace) {
        let partial = self.stream(points, work);
        let others = |line: usize| -> f64 {
            let all = self.norms.iter().zip(&self.units).enumerate();
            all.filter(|(other, _)| *other != line).map(|(_, (norm, unit))| norm * unit).sum()
        };
        let others: Vec<f64> = (0..self.norms.len()).map(others).collect();
        for (index, (point, total)) in points.iter().zip(totals).enumerate() {
            let (mut n_ln_m, mut unmodelled) = (0.0, 0.0);
            for sum in partial.iter().skip(index).step_by(points.len()) {
                n_ln_m += sum.n_ln_m;
                unmodelled += sum.unmodelled;
            }
            let npred = self.rest_npred + point.others * others[point.line] + point.norm * self.units[point.line];
            let is_impossible = unmodelled > 0.0 && self.pass.component.refuses_unmodelled_bins();
            *total += if is_impossible { f64::NEG_INFINITY } else { n_ln_m - npred };
        }
    }

    /// The sums over the blocks, `[chunk of blocks][point]`: as many whatever the number of threads.
    fn stream(&self, points: &[NormPoint], work: &Workspace) -> Vec<BlockSum> {
        let of_line = |line: usize| {
            points.partition_point(|point| point.line < line)..points.partition_point(|point| point.line <= line)
        };
        let ranges: Vec<Range<usize>> = (0..self.norms.len()).map(of_line).collect();
        self.chunks(points.len(), work, |(input, lines), block, scratch, sums| {
            along_norms(input, Lines { points, ranges: &ranges, ..lines }, block, scratch, sums);
        })
    }

    /// What `task` makes of the blocks, so many numbers of each chunk of blocks: as many chunks whatever the number of threads.
    pub(super) fn chunks<T: Clone + Default + Send>(
        &self,
        n: usize,
        work: &Workspace,
        task: impl Fn((Input<'_>, Lines<'_>), &Block, &mut LineScratch, &mut [T]) + Sync + Send,
    ) -> Vec<T> {
        let Buffers { weights, norms, derivatives, .. } = &self.buffers;
        let input = self.pass.input(weights, norms);
        let free = self.pass.free;
        let slopes = Slopes { rows: &free.rows, derivatives, stride: free.n_slopes };
        let blocks = self.pass.component.blocks();
        let run = blocks.len().div_ceil(CHUNKS).max(1);
        let n_chunks = blocks.len().div_ceil(run);
        let mut partial = vec![T::default(); n_chunks * n];
        let chunks = blocks.chunks(run).zip(parts(&mut partial, std::iter::repeat_n(n, n_chunks)));
        let of_chunk = |scratch: &mut LineScratch, (blocks, sums): (&[Block], &mut [T])| {
            for block in blocks {
                if work.stop().is_up() {
                    return;
                }
                let (slopes, n_rest_pairs) = (slopes.of_bin(block.bin), self.n_rest_pairs);
                let lines = Lines { n_rest_pairs, slopes, norms: &self.norms, points: &[], ranges: &[] };
                task((input.of_bin(block.bin), lines), block, scratch, sums);
            }
        };
        work.threads().for_each(chunks.collect(), || LineScratch::new(self.norms.len()), of_chunk);
        partial
    }
}

impl Pass<'_> {
    /// (Weighted) predicted counts of a source that is read plane by plane.
    fn npred_of(&self, source: &PlaneSource, buffers: &Buffers) -> f64 {
        let of_bin = |bin: usize| {
            let weights = buffers.weights[bin * self.free.n_pairs..][source.pairs.clone()].iter();
            let sums = source.planes.view().weighted_sums(bin).chunks_exact(2).zip(weights);
            sums.map(|(sums, weights)| sums[0] * weights[0] + sums[1] * weights[1]).sum::<f64>()
        };
        self.component.bins().map(of_bin).sum()
    }

    /// (Weighted) predicted counts at norm 1 of a source of which its norm is wanted.
    fn unit_npred(&self, place: Place) -> Result<f64> {
        match place {
            Place::Column(at) => Ok(self.free.columns[at].unit.npred(self.component.bins())),
            Place::Planes(at) => {
                let PlaneSource { source, wanted, planes, .. } = &self.free.planes[at];
                let slopes = planes.nodes(self.sources[source.position()].named(), Rows::First(wanted))?;
                Ok(planes.weighted_counts(&slopes, self.component.bins()).sum())
            }
        }
    }
}
