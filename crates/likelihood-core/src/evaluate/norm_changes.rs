//! Changes of `logL` along norms, from the bins near a source.
//!
//! A profile asks for `logL` at some thirty norms of one source. One pass tells the bins in which the source is no small part of the model from all others
//! ([`crate::kernel::near_and_far`]); every value after it takes the near bins alone, a few per cent of all.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};
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
    /// `logL` of the model as it stands, where a line was moved beyond its reach.
    standing: Vec<OnceLock<f64>>,
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
    /// Prepares what is needed of each line while its norm stays within so much of its value, one reach a line. A norm may go farther, at the price of a pass over
    /// the data; that is what a line with a reach of 0 takes each time. The data are to be possible under the model as it stands: else changes mean nothing.
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
    /// [`Error::Shape`] for another number of reaches; a spectrum that cannot be evaluated.
    pub fn within(&self, reach: &[f64]) -> Result<NormChanges<'_>> {
        let n = self.sources().len();
        if reach.len() != n {
            let (expected, found) = (format!("{n} (the number of lines)"), reach.len().to_string());
            return Err(Error::Shape { what: "reaches of lines".into(), expected, found });
        }
        let mut changes = NormChanges {
            lines: self,
            norms: Vec::new(),
            reach: reach.to_vec(),
            units: vec![0.0; n],
            parts: Vec::new(),
            standing: Vec::new(),
        };
        changes.parts.resize_with(n, Vec::new);
        changes.standing.resize_with(n, OnceLock::new);
        let mut is_whole: Vec<bool> = reach.iter().map(|reach| reach.is_finite() && *reach > 0.0).collect();
        let n_moved = is_whole.iter().filter(|is_whole| **is_whole).count();
        self.of_components(|along| {
            let most = most(n_moved, along.pass.component.n_filled());
            let border = |reach: &f64| Border { reach: *reach, most, found: AtomicUsize::new(0) };
            let borders: Vec<Border> = reach.iter().map(border).collect();
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
        let mut changes: Vec<Option<f64>> = vec![None; points.len()];
        let places: Vec<_> = points.iter().zip(&mut changes).collect();
        self.lines.work.threads().for_each(places, || (), |(), (&(line, norm), out)| *out = self.change(line, norm));
        let beyond: Vec<(usize, f64)> =
            points.iter().zip(&changes).filter(|(_, change)| change.is_none()).map(|(point, _)| *point).collect();
        let mut directly = self.beyond_reach(&beyond)?.into_iter();
        let of_either = |change: Option<f64>| change.or_else(|| directly.next()).unwrap_or(f64::NEG_INFINITY);
        Ok(changes.into_iter().map(of_either).collect())
    }

    /// Changes from values over all bins; minus infinity for a line that is not there.
    fn beyond_reach(&self, points: &[(usize, f64)]) -> Result<Vec<f64>> {
        if points.is_empty() {
            return Ok(Vec::new());
        }
        let at = |line: usize, norm: f64| NormPoint { line, norm, others: 1.0 };
        // The model as it stands too, once a line: its logL in the same order of sums, so that what the source does not change cancels.
        let mut unknown: Vec<usize> = points.iter().map(|point| point.0).collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown.retain(|&line| self.standing.get(line).is_some_and(|standing| standing.get().is_none()));
        let asked = points.iter().map(|&(line, norm)| at(line, norm));
        let asked: Vec<NormPoint> =
            asked.chain(unknown.iter().filter_map(|&line| Some(at(line, *self.norms.get(line)?)))).collect();
        let values = self.lines.values(&asked)?;
        let (moved, standing) = values.split_at(points.len());
        for (line, value) in unknown.into_iter().zip(standing) {
            // Who comes first has the same.
            self.standing[line].get_or_init(|| *value);
        }
        let change = |(&(line, _), value): (&(usize, f64), &f64)| {
            let standing = self.standing.get(line).and_then(OnceLock::get).filter(|standing| standing.is_finite());
            standing.map_or(f64::NEG_INFINITY, |standing| value - standing)
        };
        Ok(points.iter().zip(moved).map(change).collect())
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

#[cfg(test)]
mod tests {
    use ndarray::Array3;
    use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};

    use super::*;
    use crate::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap, Workspace};

    fn source(name: &str) -> Source {
        let mut spectrum = Spectrum::with_defaults("PowerLaw").unwrap();
        spectrum.parameters_mut()[0] =
            Parameter::new("Prefactor", 1.0).unwrap().with_scale(1e-12).unwrap().with_free(true);
        let place = SpatialModel::point(SkyDirection::new(10.0, 0.0).unwrap()).unwrap();
        Source::new(name, SourceType::Point, spectrum, place).unwrap()
    }

    /// Their places, which go by their names.
    const FLAT: usize = 0;
    const NARROW: usize = 1;

    /// A narrow source on a flat one, and how many bins there are.
    fn region() -> (Data, Roi, usize) {
        let counts = Array3::from_shape_fn((2, 40, 40), |(k, y, x)| (1 + (k + y + 3 * x) % 3) as f32);
        let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0]).unwrap();
        let mut component = ComponentData::new("00", &CountsCube::new(axis, counts).unwrap());
        #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
        let narrow = |(_, y, x): (usize, usize, usize)| {
            let (dx, dy) = (x as f64 - 20.0, y as f64 - 20.0);
            (1e9 * (-(dx * dx + dy * dy) / 4.0).exp()) as f32
        };
        component
            .add_source_map("narrow", &SourceMap::new(Array3::from_shape_fn((3, 40, 40), narrow)).unwrap())
            .unwrap();
        component.add_source_map("flat", &SourceMap::new(Array3::from_elem((3, 40, 40), 1e9)).unwrap()).unwrap();
        let n_filled = component.n_filled();
        let roi = Roi::new(SkyDirection::new(10.0, 0.0).unwrap(), vec![source("narrow"), source("flat")]).unwrap();
        (Data::new(vec![component]).unwrap(), roi, n_filled)
    }

    #[test]
    fn a_line_is_split_where_its_near_bins_are_few_and_within_its_reach() {
        let (data, roi, n_filled) = region();
        let mut work = Workspace::new(&data, &roi, &[]).unwrap();
        let lines = data.norm_lines(&roi.free_values(), &mut work).unwrap();
        let changes = lines.within(&[0.5, 0.5]).unwrap();
        // Of the narrow source some bins are near; of the flat one all of them would be.
        assert!(changes.change(NARROW, 1.3).is_some_and(f64::is_finite) && changes.change(NARROW, 0.5).is_some());
        assert!(changes.change(NARROW, 1.6).is_none() && changes.change(NARROW, f64::NAN).is_none());
        assert!(changes.change(FLAT, 1.01).is_none() && changes.change(2, 1.0).is_none());
        let kept = changes.parts[NARROW][0].bins.n_near();
        assert!(kept > 20 && kept <= most(2, n_filled), "{kept} of {n_filled}");
        // With a short reach all bins of both are far, and nothing is kept.
        let changes = lines.within(&[0.01, 0.01]).unwrap();
        assert!([FLAT, NARROW].iter().all(|&line| changes.change(line, 1.005).is_some()));
        assert!([FLAT, NARROW].iter().all(|&line| changes.parts[line][0].bins.n_near() == 0));
        assert!(matches!(lines.within(&[1.0]), Err(Error::Shape { .. })));
        assert_eq!(changes.of(&[(9, 1.0)]).unwrap(), [f64::NEG_INFINITY]);
    }
}
