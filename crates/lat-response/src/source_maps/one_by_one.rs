//! Maps that are made one after another and given away, so that few of them are alive at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use likelihood_core::{SourceMap, is_same_energy};
use rayon::prelude::*;
use roi_model::Source;

use super::builder::{Canvas, SourceMapBuilder, named};
use super::composite;
use super::diffuse::{self, Coverage, Diffuse};
use super::pixels::Pixels;
use crate::error::{Error, Result};
use crate::observation::ObservationPsf;
use crate::recipe::DiffusePsf;
use crate::templates::{Template, TemplateFiles, held};

/// How many diffuse sources at most are made together, from one transform of the PSF.
pub const DIFFUSE_TOGETHER: usize = 4;

/// The part of a source beyond the exposure map of which the user is told.
const WORTH_A_WARNING: f64 = 1e-4;

/// What the user is told of a map cube that ends within the energies of the counts.
fn extrapolated(source: &Diffuse<'_>, edges: &[f64]) -> Option<String> {
    let Template::Map { cube, .. } = &source.template else { return None };
    let [first, .., last] = *cube.energies() else { return None };
    let [low, .., high] = *edges else { return None };
    let is_below = first > low && !is_same_energy(first, low);
    let is_above = last < high && !is_same_energy(last, high);
    (is_below || is_above).then(|| {
        format!(
            "source '{}': its map cube {} reaches from {first} to {last} MeV, the counts from {low} to {high} MeV; beyond the cube it is \
             extrapolated as a power law of its last two planes",
            source.name,
            cube.what()
        )
    })
}

impl SourceMapBuilder {
    /// The map of a source. A source to which energy dispersion does not apply gets no planes for it.
    ///
    /// # Errors
    /// [`Error::Source`], which names the source and what is wrong with it.
    pub fn source_map(&self, source: &Source, files: &dyn TemplateFiles) -> Result<SourceMap> {
        let mut maps = self.build_all(&[source], files, &|_| ())?;
        maps.pop().ok_or_else(|| Error::Unsupported { what: "no source".into(), remedy: "give one".into() })
    }

    /// The maps of sources, in their order, in parallel; `progress` is told the name of each source when its map is done.
    ///
    /// The map of a composite source is the sum of its members' maps, each times the member's spectrum at the energies of the planes: counts
    /// per MeV and pixel for a spectrum of 1. The maps do not depend on the number of threads.
    ///
    /// # Errors
    /// As [`SourceMapBuilder::source_map`], of the first source that fails.
    pub fn build_all(
        &self,
        sources: &[&Source],
        files: &dyn TemplateFiles,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Vec<SourceMap>> {
        let mut maps = Vec::with_capacity(sources.len());
        self.build_each(sources, files, progress, |_, map| {
            maps.push(map);
            Ok::<_, Error>(())
        })?;
        Ok(maps)
    }

    /// As [`SourceMapBuilder::build_all`], but each map is given to `take`, with the index of its source, when it and those before it are made.
    /// So few maps are alive at a time: one a thread, and up to [`DIFFUSE_TOGETHER`] of diffuse sources.
    ///
    /// # Errors
    /// As [`SourceMapBuilder::build_all`], and the first error of `take`.
    pub fn build_each<E: From<Error>>(
        &self,
        sources: &[&Source],
        files: &dyn TemplateFiles,
        progress: &(dyn Fn(&str) + Sync),
        mut take: impl FnMut(usize, SourceMap) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let parts = composite::parts(sources, &self.energies, self.extra..self.extra + self.n_edges)?;
        // A composite source is done with its last member.
        let left: Vec<AtomicUsize> = sources.iter().map(|source| AtomicUsize::new(source.members().len())).collect();
        let done = |part: usize| {
            let Some(part) = parts.get(part) else { return };
            if part.spectrum.is_none() || left[part.owner].fetch_sub(1, Ordering::Relaxed) == 1 {
                progress(sources[part.owner].name());
            }
        };
        let mut batch = Batch::new(self, parts.iter().map(|part| part.source).collect(), files, &done)?;
        let mut joined = Vec::new();
        for (next, part) in parts.iter().enumerate() {
            part.add(batch.map(next)?, &mut joined);
            if parts.get(next + 1).is_none_or(|after| after.owner != part.owner) {
                take(part.owner, self.stored(std::mem::take(&mut joined), sources[part.owner])?)?;
            }
        }
        Ok(())
    }

    /// The maps of diffuse sources with this many fine pixels along a side of a counts pixel; the user is told how much of them the exposure map
    /// does not cover.
    fn images(&self, factor: usize, sources: Vec<Diffuse<'_>>) -> Result<Vec<Vec<f32>>> {
        let names: Vec<&str> = sources.iter().map(|source| source.name).collect();
        sources
            .iter()
            .filter_map(|source| extrapolated(source, self.edges()))
            .for_each(|note| tracing::warn!("{note}"));
        let maps = self.covered_images(factor, sources)?;
        for (name, (_, coverage)) in names.into_iter().zip(&maps) {
            if coverage.beyond() > WORTH_A_WARNING {
                tracing::warn!(
                    "source '{name}': {:.1} % of its emission within reach of the counts lies beyond the edge of {}; the exposure of the \
                     nearest pixel is taken there. Make the exposure map for the whole sky, or that much larger",
                    100.0 * coverage.beyond(),
                    self.exposure.cube().what()
                );
            }
        }
        Ok(maps.into_iter().map(|(map, _)| map).collect())
    }

    /// The energies at the edges of the counts, MeV.
    fn edges(&self) -> &[f64] {
        self.energies.get(self.extra..self.extra + self.n_edges).unwrap_or(&self.energies)
    }

    fn covered_images(&self, factor: usize, mut sources: Vec<Diffuse<'_>>) -> Result<Vec<(Vec<f32>, Coverage)>> {
        let (grid, patches) = match &*self.canvas {
            Canvas::Image(pixels) => return diffuse::maps(&self.sky(pixels, &self.central, factor), sources),
            Canvas::Healpix(grid, patches, _) => (grid, patches),
        };
        let empty = || (vec![0.0; grid.n_pixels() * self.energies.len()], Coverage::default());
        let mut maps: Vec<(Vec<f32>, Coverage)> = sources.iter().map(|_| empty()).collect();
        if patches.len() > 1 {
            // Every patch looks at its part of a template, which would be read from its file for each of them.
            for source in &mut sources {
                if let Template::Map { cube, .. } = &mut source.template {
                    let wrong = |error| Error::Source { name: source.name.to_owned(), error: Box::new(error) };
                    *cube = held(Arc::clone(cube), &self.energies).map_err(wrong)?;
                }
            }
        }
        // One after the other, each in parallel: the memory is that of one.
        for patch in patches {
            let pixels = Pixels::new(&patch.image);
            let own;
            let psf = match (&self.psf, self.options.recipe.diffuse_psf) {
                (ObservationPsf::Single(_), _) | (_, DiffusePsf::Middle) => &self.central,
                (_, DiffusePsf::EachImage) => {
                    own = self.psf_at(&patch.image.header().reference_direction()?)?;
                    &own
                }
            };
            let images = diffuse::maps(&self.sky(&pixels, psf, factor), sources.clone())?;
            for ((image, of_image), (map, coverage)) in images.iter().zip(&mut maps) {
                patch.resample(grid, &pixels, image, map);
                *coverage = coverage.with(*of_image);
            }
        }
        Ok(maps)
    }
}

/// Sources with spatial models of their own, and the maps of them that have been made and wait for their turn.
struct Batch<'a> {
    builder: &'a SourceMapBuilder,
    sources: Vec<&'a Source>,
    /// Those of diffuse sources are let go of when their maps are made.
    templates: Vec<Option<Template>>,
    /// For a diffuse source: fine pixels along a side of a counts pixel.
    factors: Vec<Option<usize>>,
    made: Vec<Option<Vec<f32>>>,
    /// Is told the index of each source when its map is made.
    done: &'a (dyn Fn(usize) + Sync),
}

impl<'a> Batch<'a> {
    fn new(
        builder: &'a SourceMapBuilder,
        sources: Vec<&'a Source>,
        files: &dyn TemplateFiles,
        done: &'a (dyn Fn(usize) + Sync),
    ) -> Result<Self> {
        let open = |source: &&Source| builder.template(source, files).map(Some).map_err(named(source));
        let templates = sources.iter().map(open).collect::<Result<Vec<_>>>()?;
        let factors = templates.iter().flatten().map(|template| builder.image_factor(template)).collect();
        let made = sources.iter().map(|_| None).collect();
        Ok(Self { builder, sources, templates, factors, made, done })
    }

    /// The map of a source, which is given away.
    fn map(&mut self, index: usize) -> Result<Vec<f32>> {
        if self.made[index].is_none() {
            match self.factors[index] {
                Some(factor) => self.diffuse(index, factor)?,
                None => self.radials(index)?,
            }
        }
        Ok(self.made[index].take().unwrap_or_default())
    }

    /// Makes the map of a diffuse source and of those after it that are resampled alike, which share the transform of the PSF.
    fn diffuse(&mut self, index: usize, factor: usize) -> Result<()> {
        let alike = |i: &usize| self.factors[*i] == Some(factor) && self.templates[*i].is_some();
        let members: Vec<usize> = (index..self.sources.len()).filter(alike).take(DIFFUSE_TOGETHER).collect();
        let diffuse = members.iter().filter_map(|&i| {
            let (source, template) = (self.sources[i], self.templates[i].take()?);
            let (apply_psf, apply_exposure) = (self.builder.convolves(source), source.apply_exposure());
            Some(Diffuse { name: source.name(), template, apply_psf, apply_exposure })
        });
        for (&i, map) in members.iter().zip(self.builder.images(factor, diffuse.collect())?) {
            self.made[i] = Some(map);
            (self.done)(i);
        }
        Ok(())
    }

    /// Makes the maps of a run of sources that are not diffuse, one a thread, in parallel.
    fn radials(&mut self, index: usize) -> Result<()> {
        let run = self.factors[index..].iter().take(rayon::current_num_threads()).take_while(|f| f.is_none()).count();
        let make = |i: usize| {
            let Some(template) = &self.templates[i] else { return Ok(None) };
            let map = self.builder.radial(self.sources[i], template).map_err(named(self.sources[i]))?;
            (self.done)(i);
            Ok(Some(map))
        };
        // Collected before the first error is taken, so that the same error is told on every run.
        let outcomes: Vec<Result<Option<Vec<f32>>>> = (index..index + run).into_par_iter().map(make).collect();
        for (made, outcome) in self.made[index..].iter_mut().zip(outcomes) {
            *made = outcome?;
        }
        Ok(())
    }
}
