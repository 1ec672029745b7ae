//! The verb `find_sources`.

use ndarray::Array2;
use roi_fit::{Analysis, Pars};
use roi_model::SkyDirection;

use crate::error::Result;
use crate::find::candidates::{Candidate, fix, placed};
use crate::find::find_options::FindSourcesOptions;
use crate::find::find_result::{FoundSource, FoundSources, Peak, PeakStatus};
use crate::find::kept_map::KeptMap;
use crate::find::peaks::{peaks, place_of};
use crate::sky::components::{SkyComponent, bins, finest, sources_without};
use crate::sky::map_grid::MapGrid;
use crate::tsmap::ts_scan::TsScan;

/// The part of its error (r68) by which a source has to move to be placed again.
const WORTH_MOVING: f64 = 0.05;

/// Finds sources that the model lacks, and adds them to it.
///
/// On a TS map the peaks above the threshold are taken, the highest first and at least `min_separation` apart. At each a source is placed, from the maximum
/// of the paraboloid through the pixels around to where `logL` is highest ([`crate::localize`]), and its norm and shape are fitted with whatever is free in the model; what then has a TS below
/// the threshold, or no good fit, is taken out again. The map is made anew, where that changes it, until it has no new peak, or `max_iter` times. At the end each new source is placed and tested
/// once more with all others in the model. New sources stay in the model, fixed.
///
/// # Errors
/// As [`crate::tsmap`]; when a name of `free_params` is none of the test source's. Sources that were added until then stay.
pub fn find_sources(analysis: &mut Analysis, options: &FindSourcesOptions) -> Result<FoundSources> {
    options.check()?;
    let mut search = Search::new(analysis, options)?;
    for iteration in 0..options.max_iter {
        search.iterations = iteration + 1;
        if !search.step(analysis, iteration)? {
            break;
        }
    }
    search.finish(analysis)
}

/// A search that is under way.
struct Search<'a> {
    options: &'a FindSourcesOptions,
    map: MapGrid,
    scan: TsScan,
    kept: KeptMap,
    found: Vec<(Candidate, FoundSource)>,
    peaks: Vec<Peak>,
    /// Places where a source was taken out.
    rejected: Vec<SkyDirection>,
    iterations: usize,
    warnings: Vec<String>,
}

impl<'a> Search<'a> {
    fn new(analysis: &Analysis, options: &'a FindSourcesOptions) -> Result<Self> {
        let tsmap = &options.tsmap;
        let components = SkyComponent::all(analysis)?;
        let sources = sources_without(analysis.roi(), &tsmap.exclude)?;
        let bins = bins(analysis.likelihood().components(), tsmap.loge_bounds)?;
        let map =
            MapGrid::square(finest(components.iter().map(SkyComponent::grid))?, tsmap.map_skydir, tsmap.map_size)?;
        let scan = TsScan::new(&components, &bins, (&map.whole, &sources), tsmap)?;
        let is_searched = |pixel: &usize| map.whole.direction(*pixel).is_some_and(|place| options.searches(&place));
        let kept = KeptMap::new(map.pixels.iter().copied().filter(is_searched).collect());
        let (found, peaks, rejected, warnings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { options, map, scan, kept, found, peaks, rejected, iterations: 0, warnings })
    }

    /// One map, and the sources on it. Returns whether one stays.
    fn step(&mut self, analysis: &mut Analysis, iteration: usize) -> Result<bool> {
        if iteration > 0 {
            let sources = sources_without(analysis.roi(), &self.options.tsmap.exclude)?;
            self.scan.follow(analysis.likelihood().components(), &sources)?;
        }
        self.kept.follow(&self.scan);
        let grid = self.map.whole.clone();
        let [ny, nx] = grid.shape();
        let (mut ts, mut amplitudes) = (Array2::zeros((ny, nx)), vec![0.0; ny * nx]);
        for (pixel, found) in self.kept.values() {
            ts[[pixel / nx, pixel % nx]] = found.ts;
            amplitudes[pixel] = found.value;
        }
        let least = self.options.sqrt_ts_threshold.powi(2);
        let flat: Vec<f64> = ts.iter().copied().collect();
        let mut added = 0;
        for peak in peaks(&grid, &flat, least, self.options.min_separation) {
            let Some(place) = place_of(&grid, &ts, peak.pixel) else { continue };
            let mut seen = Peak {
                iteration,
                ix: peak.pixel % nx,
                iy: peak.pixel / nx,
                place,
                sqrt_ts: peak.ts.sqrt(),
                status: PeakStatus::Later,
                source: None,
            };
            let near = 0.5 * self.options.min_separation;
            if !self.options.searches(&place) {
                seen.status = PeakStatus::Outside;
            } else if self.rejected.iter().any(|other| other.separation(&place) < near) {
                seen.status = PeakStatus::Rejected;
            } else if added < self.options.sources_per_iter {
                self.try_source(analysis, (&mut seen, place), amplitudes[peak.pixel])?;
                added += usize::from(seen.status == PeakStatus::Added);
            }
            self.peaks.push(seen);
        }
        Ok(added > 0)
    }

    /// Places a source at a peak, adds and fits it, and keeps it or takes it out.
    fn try_source(
        &mut self,
        analysis: &mut Analysis,
        (peak, at): (&mut Peak, SkyDirection),
        amplitude: f64,
    ) -> Result<()> {
        let options = self.options;
        let placed = placed(analysis, (at, amplitude), options)?;
        let (place, ellipse) = (placed.place().unwrap_or(at), placed.ellipse);
        self.warnings.extend(placed.warnings.iter().cloned());
        let mut candidate = placed.add(analysis)?;
        peak.source = Some(candidate.name.clone());
        let fitted = candidate.fit(analysis, &options.free_params, &options.optimizer);
        let (is_fitted, warnings) = match fitted {
            Ok(fitted) => fitted,
            Err(error) => {
                // Nothing is left half done.
                candidate.remove(analysis)?;
                return Err(error);
            }
        };
        self.warnings.extend(warnings);
        let ts = if is_fitted { analysis.ts(&candidate.name, false)?.ts } else { f64::NAN };
        if is_fitted && ts >= options.sqrt_ts_threshold.powi(2) {
            peak.status = PeakStatus::Added;
            let source = FoundSource {
                name: candidate.name.clone(),
                iteration: peak.iteration,
                place,
                ellipse,
                sqrt_ts_of_map: peak.sqrt_ts,
                ts,
                npred: npred(analysis, &candidate.name)?,
                fit_quality: candidate.fit_quality,
            };
            self.found.push((candidate, source));
        } else {
            peak.status = if is_fitted { PeakStatus::BelowThreshold } else { PeakStatus::NotFitted };
            self.rejected.push(at);
            candidate.remove(analysis)?;
        }
        Ok(())
    }

    /// Sources are placed once more now that all others are there, all are fitted together if that is wished, and each is tested a last time.
    fn finish(mut self, analysis: &mut Analysis) -> Result<FoundSources> {
        if self.found.len() > 1 {
            self.place_again(analysis)?;
        }
        if self.options.joint_fit && !self.found.is_empty() {
            self.fit_together(analysis)?;
        }
        let least = self.options.sqrt_ts_threshold.powi(2);
        let mut sources = Vec::new();
        for (candidate, mut source) in self.found {
            source.ts = analysis.ts(&source.name, false)?.ts;
            source.npred = npred(analysis, &source.name)?;
            if source.ts >= least {
                sources.push(source);
                continue;
            }
            let own = self.peaks.iter_mut().filter(|peak| peak.source.as_ref() == Some(&source.name));
            own.for_each(|peak| peak.status = PeakStatus::BelowThreshold);
            candidate.remove(analysis)?;
        }
        Ok(FoundSources {
            sources,
            peaks: self.peaks,
            iterations: self.iterations,
            computed_pixels: self.kept.computed,
            loglike: analysis.loglike()?,
            warnings: self.warnings,
            config: self.options.clone(),
        })
    }

    /// Moves each source that has a better place now, and fits it there; where that fit is not good enough it stays where it was.
    fn place_again(&mut self, analysis: &mut Analysis) -> Result<()> {
        for (candidate, source) in &mut self.found {
            let again = candidate.replaced(analysis, self.options)?;
            let (Some(place), Some(ellipse)) = (again.place(), again.ellipse) else { continue };
            if place.separation(&source.place) < WORTH_MOVING * ellipse.r68 {
                continue;
            }
            let before = analysis.session().clone();
            analysis.delete_source(&candidate.name)?;
            let mut moved = again.add(analysis)?;
            let (is_fitted, warnings) = moved.fit(analysis, &self.options.free_params, &self.options.optimizer)?;
            self.warnings.extend(warnings);
            if !is_fitted {
                analysis.delete_source(&moved.name)?;
                candidate.add_again(analysis, &before)?;
                continue;
            }
            let own = self.peaks.iter_mut().filter(|peak| peak.source.as_ref() == Some(&source.name));
            own.for_each(|peak| peak.source = Some(moved.name.clone()));
            (source.place, source.ellipse) = (place, Some(ellipse));
            (source.name, source.fit_quality) = (moved.name.clone(), moved.fit_quality);
            *candidate = moved;
        }
        Ok(())
    }

    fn fit_together(&mut self, analysis: &mut Analysis) -> Result<()> {
        let names: Vec<String> = self.found.iter().map(|(candidate, _)| candidate.name.clone()).collect();
        let free = &self.options.free_params;
        let pars = if free.is_empty() { Pars::All } else { Pars::Names(free.clone()) };
        for name in &names {
            analysis.free_source(name, true, &pars)?;
        }
        let fitted = analysis.fit(&self.options.optimizer);
        for name in &names {
            fix(analysis.roi_mut(), name)?;
        }
        let fitted = fitted?;
        if !fitted.fit_success {
            let warning = format!("the fit of all new sources together was not good enough: {}", fitted.message);
            self.warnings.push(warning);
            return Ok(());
        }
        self.warnings.extend(fitted.warnings);
        self.found.iter_mut().for_each(|(_, source)| source.fit_quality = fitted.fit_quality);
        Ok(())
    }
}

/// Predicted counts of a source.
fn npred(analysis: &Analysis, name: &str) -> Result<f64> {
    Ok(analysis.likelihood().npred(analysis.roi().source(name)?)?)
}
