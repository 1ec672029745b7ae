//! Changes of `logL` along norms, without the bins.
//!
//! A profile asks for `logL` at some thirty norms of one source. One pass tells the bins in which the source is no small part of the model from all others
//! ([`crate::kernel::near_and_far`]); every value after it takes the near bins alone, a few per cent of all.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Result;
use crate::evaluate::norm_lines::NormLines;
use crate::kernel::along_norms::NormPoint;
use crate::kernel::near_and_far::{Border, NEAR_BYTES, NearAndFar, deal_out};

/// All near bins together are at most so many times all filled bins of a component, and those of one line this share of them.
const MOST: usize = 2;
const MOST_OF_LINE: usize = 8;

/// Changes of `logL` when one norm of [`NormLines`] changes; made by [`NormLines::within`].
#[derive(Debug)]
pub struct NormChanges<'a> {
    lines: &'a NormLines<'a>,
    norms: Vec<f64>,
    reach: Vec<f64>,
    /// (Weighted) predicted counts of each line at norm 1.
    units: Vec<f64>,
    /// What each line is made of in each component; none of a line whose near bins are too many.
    parts: Vec<Vec<Part>>,
}

/// A line in one component.
#[derive(Debug)]
struct Part {
    bins: NearAndFar,
    /// `sum N ln M` over the near bins, the norm as it stands.
    near: f64,
    refuses_unmodelled: bool,
}

/// So many near bins of a line are kept at most, where there are so many lines and filled bins.
fn most(n_lines: usize, n_filled: usize) -> usize {
    (MOST * n_filled / n_lines.max(1)).min(n_filled / MOST_OF_LINE)
}

/// What [`NormChanges`] takes at most for a component with so many lines and filled bins, in bytes: what is kept, and what comes from the threads.
pub(crate) fn expected_bytes(n_lines: usize, n_filled: usize) -> usize {
    2 * NEAR_BYTES * n_lines * most(n_lines, n_filled)
}

impl NormLines<'_> {
    /// Prepares what is needed of each line while its norm stays within so much of its value, one reach a line. A norm may go farther, at the price of a pass over the data;
    /// that is what a line with a reach of 0 takes each time.
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
    /// # let mut work = Workspace::new(&data, &roi, &[])?;
    /// let lines = data.norm_lines(&[3.0], &mut work)?;
    /// let changes = lines.within(&[1.0])?;
    /// let [nothing, change] = changes.of(&[(0, 3.0), (0, 2.5)])?[..] else { unreachable!() };
    /// let values = lines.values(&[2.5, 3.0].map(|norm| NormPoint { line: 0, norm, others: 1.0 }))?;
    /// assert!(nothing == 0.0 && (change - (values[0] - values[1])).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A spectrum that cannot be evaluated.
    pub fn within(&self, reach: &[f64]) -> Result<NormChanges<'_>> {
        let n = self.sources().len();
        let reach: Vec<f64> = (0..n).map(|line| reach.get(line).copied().unwrap_or(0.0)).collect();
        let mut changes = NormChanges { lines: self, norms: Vec::new(), reach, units: vec![0.0; n], parts: Vec::new() };
        changes.parts.resize_with(n, Vec::new);
        let mut is_whole: Vec<bool> = changes.reach.iter().map(|reach| reach.is_finite() && *reach > 0.0).collect();
        self.of_components(|along| {
            let most = most(n, along.pass.component.n_filled());
            let border = |reach: &f64| Border { reach: *reach, most, found: AtomicUsize::new(0) };
            let borders: Vec<Border> = changes.reach.iter().map(border).collect();
            let mut found = vec![NearAndFar::default(); n];
            let chunks = along.chunks(n, self.work, |(input, lines), block, scratch, parts| {
                deal_out(input, lines, block, scratch, (&borders, parts));
            });
            // Chunk by chunk, whatever the threads.
            for (index, chunk) in chunks.into_iter().enumerate() {
                found[index % n].append(chunk);
            }
            let refuses_unmodelled = along.pass.component.refuses_unmodelled_bins();
            for (line, bins) in found.into_iter().enumerate() {
                is_whole[line] &= borders[line].found.load(Ordering::Relaxed) <= most;
                let near = bins.of_near(along.norms[line]).n_ln_m;
                changes.parts[line].push(Part { bins, near, refuses_unmodelled });
            }
            changes.units.iter_mut().zip(&along.units).for_each(|(sum, unit)| *sum += unit);
            changes.norms.clone_from(&along.norms);
        })?;
        for (parts, is_whole) in changes.parts.iter_mut().zip(is_whole) {
            if !is_whole {
                parts.clear();
            }
        }
        Ok(changes)
    }
}

impl NormChanges<'_> {
    /// By how much `logL` changes when the norm of a line is moved to a value, for each of these pairs; minus infinity where the data are impossible then. The
    /// same to the last bit for any number of threads.
    ///
    /// # Errors
    /// A spectrum that cannot be evaluated.
    pub fn of(&self, points: &[(usize, f64)]) -> Result<Vec<f64>> {
        let mut changes = vec![0.0; points.len()];
        let places: Vec<_> = points.iter().zip(&mut changes).collect();
        self.lines.work.threads().for_each(
            places,
            || (),
            |(), (&(line, norm), out)| {
                *out = self.change(line, norm).unwrap_or(f64::NAN);
            },
        );
        let beyond: Vec<usize> = (0..points.len()).filter(|&i| changes[i].is_nan()).collect();
        let stands = |line: usize| self.norms.get(line).copied().unwrap_or(f64::NAN);
        let moved = |&i: &usize| {
            let (line, norm) = points[i];
            [norm, stands(line)].map(|norm| NormPoint { line, norm, others: 1.0 })
        };
        let directly: Vec<NormPoint> = beyond.iter().flat_map(moved).collect();
        let values = if directly.is_empty() { Vec::new() } else { self.lines.values(&directly)? };
        for (i, values) in beyond.into_iter().zip(values.chunks_exact(2)) {
            let change = values[0] - values[1];
            changes[i] = if change.is_nan() { f64::NEG_INFINITY } else { change };
        }
        Ok(changes)
    }

    /// The change of a line within its reach; `None` beyond it.
    fn change(&self, line: usize, norm: f64) -> Option<f64> {
        let (parts, reach) = (self.parts.get(line)?, self.reach[line]);
        let by = norm - self.norms.get(line)?;
        if parts.is_empty() || by.is_nan() || by.abs() > reach {
            return None;
        }
        let mut sum = 0.0;
        for part in parts {
            let near = part.bins.of_near(norm);
            if near.unmodelled > 0.0 && part.refuses_unmodelled {
                return Some(f64::NEG_INFINITY);
            }
            sum += part.bins.of_far(by / reach) + (near.n_ln_m - part.near);
        }
        Some(sum - by * self.units[line])
    }
}
