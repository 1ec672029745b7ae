//! The verb `find_sources`.

use ndarray::Array2;
use roi_fit::{Analysis, Event, Pars, Progress};
use roi_model::SkyDirection;

use crate::error::{Error, Result};
use crate::find::candidates::{Candidate, fix, indices, placed};
use crate::find::find_options::FindSourcesOptions;
use crate::find::find_result::{FoundSource, FoundSources, Peak, PeakStatus};
use crate::find::kept_map::KeptMap;
use crate::find::peaks::{peaks, place_of};
use crate::sky::components::{SkyComponent, bins, finest, sources_without};
use crate::sky::map_grid::MapGrid;
use crate::trial::memory::{self, Moves};
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
/// As [`crate::tsmap`]; when a name of `free_params` is none of the test source's. The analysis is as it was then, without what was found until then.
pub fn find_sources(
    analysis: &mut Analysis,
    options: &FindSourcesOptions,
    progress: &mut dyn Progress,
) -> Result<FoundSources> {
    options.check()?;
    let before = analysis.checkpoint();
    let found = searched(analysis, options, progress);
    if found.is_err() {
        analysis.restore(before);
    }
    found
}

fn searched(
    analysis: &mut Analysis,
    options: &FindSourcesOptions,
    progress: &mut dyn Progress,
) -> Result<FoundSources> {
    let mut search = Search::new(analysis, options, progress)?;
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
    progress: &'a mut dyn Progress,
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
    fn new(analysis: &Analysis, options: &'a FindSourcesOptions, progress: &'a mut dyn Progress) -> Result<Self> {
        let tsmap = &options.tsmap;
        let components = SkyComponent::all(analysis)?;
        let sources = sources_without(analysis.roi(), &tsmap.exclude)?;
        let bins = bins(analysis.likelihood().components(), tsmap.loge_bounds)?;
        let map =
            MapGrid::square(finest(components.iter().map(SkyComponent::grid))?, tsmap.map_skydir, tsmap.map_size)?;
        // What cannot be fitted is refused before there is anything to fit.
        indices(&tsmap.model.spectrum()?, &options.free_params)?;
        if let Some(place) = options.search_skydir.filter(|place| map.whole.pixel(place).is_none()) {
            return Err(Error::Outside { what: "search_skydir".into(), ra: place.ra(), dec: place.dec() });
        }
        analysis.session().check_memory("TS maps", TsScan::bytes(&components, &bins))?;
        memory::check(analysis.session(), analysis.trial_makers(), Moves::of(1, 1))?;
        let scan = TsScan::new(&components, &bins, (&map.whole, &sources), tsmap)?;
        let is_searched = |pixel: &usize| map.whole.direction(*pixel).is_some_and(|place| options.searches(&place));
        let kept = KeptMap::new(map.pixels.iter().copied().filter(is_searched).collect());
        let (found, peaks, rejected, warnings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { options, progress, map, scan, kept, found, peaks, rejected, iterations: 0, warnings })
    }

    /// One map, and the sources on it. Returns whether one stays.
    fn step(&mut self, analysis: &mut Analysis, iteration: usize) -> Result<bool> {
        if iteration > 0 {
            let sources = sources_without(analysis.roi(), &self.options.tsmap.exclude)?;
            self.scan.follow(analysis.likelihood().components(), &sources)?;
        }
        self.tell(&Event::SkyMap { map: "find_sources", done: 0, total: self.map.pixels.len() })?;
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

    /// Places a source at a peak, adds and fits it, and keeps it; or leaves the model as it was, bit for bit, also on an error.
    fn try_source(
        &mut self,
        analysis: &mut Analysis,
        (peak, at): (&mut Peak, SkyDirection),
        amplitude: f64,
    ) -> Result<()> {
        let (iteration, sqrt_ts, found) = (peak.iteration, peak.sqrt_ts, self.found.len());
        self.tell(&Event::Peak { iteration, sqrt_ts, found })?;
        let before = analysis.checkpoint();
        let tried = self.tried(analysis, (peak, at), amplitude);
        if !matches!(tried, Ok(PeakStatus::Added)) {
            analysis.restore(before);
            self.rejected.push(at);
        }
        peak.status = tried?;
        Ok(())
    }

    /// What becomes of a peak; a source that is no good is still in the model.
    fn tried(
        &mut self,
        analysis: &mut Analysis,
        (peak, at): (&mut Peak, SkyDirection),
        amplitude: f64,
    ) -> Result<PeakStatus> {
        let options = self.options;
        let placed = placed(analysis, (at, amplitude), options, self.progress)?;
        let (place, ellipse) = (placed.place().unwrap_or(at), placed.ellipse);
        self.warnings.extend(placed.warnings.iter().cloned());
        let mut candidate = placed.add(analysis)?;
        peak.source = Some(candidate.name.clone());
        let (is_fitted, warnings) = candidate.fit(analysis, &options.free_params, &options.optimizer)?;
        self.warnings.extend(warnings);
        if !is_fitted {
            return Ok(PeakStatus::NotFitted);
        }
        let ts = analysis.ts(&candidate.name, false)?.ts;
        if ts < self.least() {
            return Ok(PeakStatus::BelowThreshold);
        }
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
        Ok(PeakStatus::Added)
    }

    /// Tells the watcher, and stops where it says so.
    fn tell(&mut self, event: &Event) -> Result<()> {
        let is_stopped = self.progress.event(event).is_break() || self.progress.is_cancelled();
        if is_stopped { Err(Error::Stopped) } else { Ok(()) }
    }

    /// The least TS of a source.
    fn least(&self) -> f64 {
        self.options.sqrt_ts_threshold.powi(2)
    }

    /// Sources are placed once more now that all others are there, all are fitted together if that is wished, and each is tested a last time: the
    /// weakest below the threshold goes, the others are fitted again, until all are above it.
    fn finish(mut self, analysis: &mut Analysis) -> Result<FoundSources> {
        if self.found.len() > 1 {
            self.place_again(analysis)?;
        }
        if self.options.joint_fit && !self.found.is_empty() {
            self.fit_together(analysis)?;
        }
        loop {
            for (_, source) in &mut self.found {
                source.ts = analysis.ts(&source.name, false)?.ts;
                source.npred = npred(analysis, &source.name)?;
            }
            let least = self.least();
            let weakest = self.found.iter().enumerate().min_by(|(_, a), (_, b)| a.1.ts.total_cmp(&b.1.ts));
            let Some(index) = weakest.filter(|(_, (_, source))| source.ts < least).map(|(index, _)| index) else {
                break;
            };
            let (candidate, source) = self.found.remove(index);
            let own = self.peaks.iter_mut().filter(|peak| peak.source.as_ref() == Some(&source.name));
            own.for_each(|peak| peak.status = PeakStatus::BelowThreshold);
            candidate.remove(analysis)?;
            self.fit_again(analysis)?;
        }
        Ok(FoundSources {
            sources: self.found.into_iter().map(|(_, source)| source).collect(),
            peaks: self.peaks,
            iterations: self.iterations,
            computed_pixels: self.kept.computed,
            loglike: analysis.loglike()?,
            warnings: self.warnings,
            config: self.options.clone(),
        })
    }

    /// Moves each source that has a better place now, and fits it there; where that does not succeed it stays as it was.
    fn place_again(&mut self, analysis: &mut Analysis) -> Result<()> {
        for (candidate, source) in &mut self.found {
            let again = candidate.replaced(analysis, self.options, self.progress)?;
            let (Some(place), Some(ellipse)) = (again.place(), again.ellipse) else { continue };
            if place.separation(&source.place) < WORTH_MOVING * ellipse.r68 {
                continue;
            }
            let before = analysis.checkpoint();
            let fitted = (|| {
                analysis.delete_source(&candidate.name)?;
                let mut moved = again.add(analysis)?;
                let fitted = moved.fit(analysis, &self.options.free_params, &self.options.optimizer)?;
                Ok((moved, fitted))
            })();
            let (moved, (is_fitted, warnings)) = match fitted {
                Ok(fitted) => fitted,
                Err(error) => {
                    analysis.restore(before);
                    return Err(error);
                }
            };
            self.warnings.extend(warnings);
            if !is_fitted {
                analysis.restore(before);
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

    /// Fits what is left after one source went.
    fn fit_again(&mut self, analysis: &mut Analysis) -> Result<()> {
        if self.options.joint_fit && !self.found.is_empty() {
            return self.fit_together(analysis);
        }
        for (candidate, source) in &mut self.found {
            let fitted = candidate.fit(analysis, &self.options.free_params, &self.options.optimizer)?;
            self.warnings.extend(fitted.1);
            source.fit_quality = candidate.fit_quality;
        }
        Ok(())
    }

    fn fit_together(&mut self, analysis: &mut Analysis) -> Result<()> {
        let names: Vec<String> = self.found.iter().map(|(candidate, _)| candidate.name.clone()).collect();
        let free = &self.options.free_params;
        let pars = if free.is_empty() { Pars::All } else { Pars::Names(free.clone()) };
        let freed = names.iter().try_for_each(|name| analysis.free_source(name, true, &pars));
        let fitted = freed.and_then(|()| analysis.fit(&self.options.optimizer));
        // Whatever became of it, new sources are fixed.
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
