//! Maps that are made one after another and given away, so that few of them are alive at a time.

use std::ops::Range;

use likelihood_core::SourceMap;
use rayon::prelude::*;
use roi_model::source::Source;

use super::{SourceMapBuilder, named};
use crate::diffuse::{self, Diffuse};
use crate::error::{Error, Result};
use crate::healpix_maps;
use crate::template::{Template, TemplateFiles};

/// How many diffuse sources at most are made together, from one transform of the PSF.
pub const DIFFUSE_TOGETHER: usize = 4;

impl SourceMapBuilder {
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
        let open = |source: &&Source| {
            Template::of(source, files).and_then(|template| self.rebinned(template)).map(Some).map_err(named(source))
        };
        let mut templates = sources.iter().map(open).collect::<Result<Vec<_>>>()?;
        let factors: Vec<Option<usize>> = templates.iter().flatten().map(|t| self.image_factor(t)).collect();
        let mut made: Vec<Option<Vec<f32>>> = sources.iter().map(|_| None).collect();
        let mut next = 0;
        while next < sources.len() {
            if made[next].is_none() {
                let run = factors[next..].iter().take(rayon::current_num_threads()).take_while(|f| f.is_none()).count();
                match factors[next] {
                    // Diffuse sources that are resampled alike share the transform of the PSF.
                    Some(factor) => {
                        let alike = |i: &usize| factors[*i] == Some(factor) && templates[*i].is_some();
                        let members: Vec<usize> = (next..sources.len()).filter(alike).take(DIFFUSE_TOGETHER).collect();
                        self.diffuse(factor, &members, sources, &mut templates, &mut made, progress)?;
                    }
                    None => self.radials(next..next + run, sources, &templates, &mut made, progress)?,
                }
            }
            let map = made[next].take().unwrap_or_default();
            take(next, self.stored(map, sources[next])?)?;
            next += 1;
        }
        Ok(())
    }

    /// Makes the maps of diffuse sources, and lets go of their templates.
    fn diffuse(
        &self,
        factor: usize,
        members: &[usize],
        sources: &[&Source],
        templates: &mut [Option<Template>],
        made: &mut [Option<Vec<f32>>],
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<()> {
        let diffuse = members.iter().filter_map(|&i| {
            let template = templates[i].take()?;
            let (apply_psf, apply_exposure) = (sources[i].apply_psf(), sources[i].apply_exposure());
            Some(Diffuse { name: sources[i].name(), template, apply_psf, apply_exposure })
        });
        let diffuse: Vec<Diffuse<'_>> = diffuse.collect();
        for (&i, map) in members.iter().zip(diffuse::maps(&self.sky(factor), diffuse)?) {
            made[i] = Some(match &self.healpix {
                Some(grid) => healpix_maps::resampled(grid, &self.pixels, &map),
                None => map,
            });
            progress(sources[i].name());
        }
        Ok(())
    }

    /// Makes the maps of a run of sources that are not diffuse, in parallel.
    fn radials(
        &self,
        run: Range<usize>,
        sources: &[&Source],
        templates: &[Option<Template>],
        made: &mut [Option<Vec<f32>>],
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<()> {
        let make = |i: usize| {
            let Some(template) = &templates[i] else { return Ok(None) };
            let map = self.radial(sources[i], template).map_err(named(sources[i]))?;
            progress(sources[i].name());
            Ok(Some(map))
        };
        // Collected before the first error is taken, so that the same error is told on every run.
        let outcomes: Vec<Result<Option<Vec<f32>>>> = run.clone().into_par_iter().map(make).collect();
        for (i, outcome) in run.zip(outcomes) {
            made[i] = outcome?;
        }
        Ok(())
    }
}
