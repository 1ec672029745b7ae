//! A component in one bin of time: counts, settings, and its source maps, exact or scaled.

use std::fmt;
use std::sync::Arc;

use lat_response::{Exposure, Interpolation, ObservationPsf, Psf, Response, SkyGrid, response_matrix};
use likelihood_core::{CountsCube, DetectorResponse, Dispersion, Settings, SourceMap};
use ndarray::{ArrayViewMut2, Axis, Slice as Part};
use roi_model::Source;
use serde::Serialize;

use super::bin_response::{BinResponse, KnownPsf};
use super::component_slices::ComponentSlices;
use super::exposure_pixels::pixel_size;
use super::slice_source::SliceSource;
use crate::component::map_maker::Either;
use crate::component::recipe;
use crate::config::SliceMaps;
use crate::error::{Error, Result};

/// A component in one bin of time.
pub struct SliceComponent<'a> {
    of: &'a ComponentSlices,
    bin: &'a BinResponse,
    counts: CountsCube,
    settings: Settings,
    exposure: Exposure,
    psf: KnownPsf,
    /// By how much scaled maps would differ from exact ones, for each source; `None` where that is not known.
    deviations: Option<Vec<f64>>,
}

/// How the source maps of a bin were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SliceMapsMade {
    /// Maps that were made from exposure and PSF of the bin.
    pub exact: usize,
    /// Maps of the whole time that were scaled.
    pub scaled: usize,
    /// Of the scaled ones the largest part of a source's photons, about, that scaling puts into other pixels than making the map anew would.
    pub largest_deviation: f64,
}

impl SliceMapsMade {
    /// Of this and another component.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            exact: self.exact + other.exact,
            scaled: self.scaled + other.scaled,
            largest_deviation: self.largest_deviation.max(other.largest_deviation),
        }
    }
}

impl fmt::Display for SliceMapsMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exact, scaled, largest_deviation } = self;
        match (exact, scaled) {
            (0, 0) => write!(f, "no source map"),
            (exact, 0) => write!(f, "{exact} source maps made anew"),
            (0, scaled) => write!(f, "{scaled} source maps scaled, right to about {:.2} %", 100.0 * largest_deviation),
            (exact, scaled) => write!(
                f,
                "{exact} source maps made anew, {scaled} scaled, which are right to about {:.2} %",
                100.0 * largest_deviation
            ),
        }
    }
}

impl<'a> SliceComponent<'a> {
    pub(super) fn new(of: &'a ComponentSlices, number: usize) -> Result<Self> {
        let bin = of.bins.get(number).ok_or(Error::Internal { what: "a time bin that is not there" })?;
        let energies = of.pixels.energies();
        let psf = KnownPsf::new(bin.by_inclination.clone(), &of.functions, (&of.places, energies))?;
        let (exposure, settings, counts) =
            (of.pixels.map(&bin.exposure)?, settings(of, bin)?, of.cubes.cube(number)?.cube);
        let mut made = Self { of, bin, counts, settings, exposure, psf, deviations: None };
        if of.options.source_maps != SliceMaps::Exact {
            let whole = of.whole.psfs.as_ref();
            made.deviations = whole.map(|whole| made.deviations(whole)).transpose()?;
        }
        Ok(made)
    }

    /// The component's name.
    pub fn name(&self) -> &str {
        &self.of.component.name
    }

    /// Its counts in the bin.
    pub fn counts(&self) -> &CountsCube {
        &self.counts
    }

    /// How the likelihood evaluates them: with the energy dispersion of the bin where it is computed, and the likelihood weights of the whole time.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Good time and livetime of the instrument, s.
    pub fn times(&self) -> (f64, f64) {
        (self.bin.good_time, self.bin.livetime)
    }

    /// Gives the map of each source of the region to `take`, as the likelihood takes it, in any order.
    ///
    /// # Errors
    /// When a map of the whole time cannot be read, or a template or the exposure do not cover what is needed; the first error of `take`.
    pub fn source_maps<E: From<Error>>(
        self,
        mut take: impl FnMut(&Source, SourceMap) -> std::result::Result<(), E>,
    ) -> std::result::Result<SliceMapsMade, E> {
        let mut made = SliceMapsMade::default();
        let mut exact: Vec<(&SliceSource, &Source)> = Vec::new();
        for (number, source) in self.of.sources.iter().enumerate() {
            let deviation = self.deviations.as_ref().and_then(|deviations| deviations.get(number)).copied();
            match &source.own {
                None => take(&source.shared, self.of.component.source_map(&source.shared, None)?)?,
                Some(own) if self.is_exact(source, deviation) => exact.push((source, own)),
                Some(_) => {
                    take(&source.shared, self.scaled(source)?)?;
                    made.scaled += 1;
                    made.largest_deviation = made.largest_deviation.max(deviation.unwrap_or(1.0));
                }
            }
        }
        made.exact = exact.len();
        self.make(&exact, take)?;
        Ok(made)
    }

    fn is_exact(&self, source: &SliceSource, deviation: Option<f64>) -> bool {
        let options = &self.of.options;
        match options.source_maps {
            SliceMaps::Exact => true,
            SliceMaps::Scaled => false,
            SliceMaps::Automatic => {
                source.is_composite() || deviation.is_none_or(|deviation| deviation > options.psf_tolerance)
            }
        }
    }

    /// Makes maps from exposure and PSF of the bin.
    fn make<E: From<Error>>(
        self,
        sources: &[(&SliceSource, &Source)],
        mut take: impl FnMut(&Source, SourceMap) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        if sources.is_empty() {
            return Ok(());
        }
        let Self { of, exposure, psf, .. } = self;
        let response = Response { exposure, psf: ObservationPsf::Computed(Arc::new(psf)) };
        let builder = of.whole.builder.with_response(response).map_err(Error::from)?;
        let own: Vec<&Source> = sources.iter().map(|(_, own)| *own).collect();
        let give = |index: usize, map: SourceMap| {
            let Some((source, _)) = sources.get(index) else { return Ok(()) };
            let map = of.component.source_map(&source.shared, Some(map)).map_err(|error| Either(error.into()))?;
            take(&source.shared, map).map_err(Either)
        };
        let made = builder.build_each(&own, &of.component.maker.templates, &|_| (), give);
        made.map_err(|Either(error)| error)
    }

    /// The map of the whole time, each plane times the ratio of the exposures.
    fn scaled(&self, source: &SliceSource) -> Result<SourceMap> {
        let of = self.of;
        let whole = source.whole_map(&of.component, &of.whole.builder)?;
        let edges = of.component.counts.cube.axis().edges().len();
        let energies = of.whole.builder.energies();
        let [all, own] = [energies.len(), whole.n_planes()].map(|planes| planes.saturating_sub(edges) / 2);
        // Planes for an energy dispersion over a wider window than is asked for are left.
        let extra = all.min(own);
        let mut planes = whole.planes().slice_axis(Axis(0), Part::from(own - extra..own + edges + extra)).to_owned();
        if source.own.as_ref().is_some_and(Source::apply_exposure) {
            for (plane, &energy) in planes.outer_iter_mut().zip(energies.iter().skip(all - extra)) {
                self.scale(source, energy, plane)?;
            }
        }
        let name = source.shared.name();
        SourceMap::new(planes).map_err(|error| Error::planes(name, "cannot be scaled to a time bin", error))
    }

    /// The planes of the exposure of the bin and of the whole time at an energy.
    fn exposures(&self, energy: f64) -> Result<[&[f32]; 2]> {
        let plane = |exposure: &'a Exposure| Ok::<_, Error>(exposure.cube().plane(exposure.plane_of(energy)?));
        let now = self.exposure.cube().plane(self.exposure.plane_of(energy)?);
        let planes = now.zip(plane(&self.of.whole.exposure)?);
        planes.map(|(now, all)| [now, all]).ok_or(Error::Internal { what: "an exposure without a plane" })
    }

    /// About which part of each source's photons scaling its map puts into other pixels than making it anew does: by the difference of the PSFs, and of what is
    /// no point by how much the ratio of the exposures changes from pixel to pixel of the exposure's map, which the PSF would smooth.
    fn deviations(&self, whole: &[Psf]) -> Result<Vec<f64>> {
        let pairs = self.psf.psfs.iter().zip(whole);
        let by_place = pairs.map(|(bin, whole)| Ok(bin.deviations(whole)?)).collect::<Result<Vec<Vec<f64>>>>()?;
        let energies = self.of.whole.builder.energies();
        let roughness = energies.iter().map(|energy| self.roughness(*energy)).collect::<Result<Vec<f64>>>()?;
        let of = |source: &SliceSource| {
            let psfs = by_place.get(source.place).into_iter().flatten().zip(&source.spread);
            let planes = psfs.map(|(deviation, spread)| deviation * spread).zip(&roughness);
            let rough = if source.is_at_a_place() { 0.0 } else { 1.0 };
            planes.zip(&source.photons).map(|((psf, roughness), part)| part * (psf + rough * roughness)).sum()
        };
        Ok(self.of.sources.iter().map(of).collect())
    }

    /// Half the mean difference of the ratio of the exposures from its mean in the four directions, a pixel of the exposure's map away, in parts of the ratio.
    fn roughness(&self, energy: f64) -> Result<f64> {
        let SkyGrid::Wcs(grid) = &self.of.component.counts.grid else { return Ok(0.0) };
        let [now, all] = self.exposures(energy)?;
        let ratios: Vec<f64> = self.of.whole.lookups.iter().map(|lookup| ratio(lookup, now, all)).collect();
        let [nx, ny] = grid.size();
        let pixels = pixel_size(self.exposure.cube().grid()) / pixel_size(&self.of.component.counts.grid);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float saturates")]
        let step = (pixels.round() as usize).max(1);
        let (mut differences, mut sum) = (0.0, 0.0);
        for (y, x) in (0..ny).flat_map(|y| (0..nx).map(move |x| (y, x))) {
            // Only where all four are on the map; a map of less is taken for even.
            if x < step || y < step || x + step >= nx || y + step >= ny {
                continue;
            }
            let at = |y: usize, x: usize| ratios.get(y * nx + x).copied().unwrap_or(0.0);
            let around = at(y, x - step) + at(y, x + step) + at(y - step, x) + at(y + step, x);
            differences += (at(y, x) - 0.25 * around).abs();
            sum += at(y, x);
        }
        Ok(if sum > 0.0 { 0.5 * differences / sum } else { 0.0 })
    }

    fn scale(&self, source: &SliceSource, energy: f64, mut plane: ArrayViewMut2<'_, f32>) -> Result<()> {
        let whole = &self.of.whole.exposure;
        let [now, all] = self.exposures(energy)?;
        #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
        let scaled = |value: f32, ratio: f64| (f64::from(value) * ratio) as f32;
        if let Some(direction) = source.shared.direction().filter(|_| source.is_at_a_place()) {
            let ratio = ratio(&whole.lookup(&direction), now, all);
            plane.mapv_inplace(|value| scaled(value, ratio));
        } else {
            let pixels = plane.iter_mut().zip(&self.of.whole.lookups);
            pixels.for_each(|(value, lookup)| *value = scaled(*value, ratio(lookup, now, all)));
        }
        Ok(())
    }
}

/// The exposure of a bin where it is looked up in parts of that of the whole time; 0 where that has none.
fn ratio(lookup: &Interpolation, now: &[f32], all: &[f32]) -> f64 {
    let all = lookup.apply(all).unwrap_or(0.0);
    if all > 0.0 { lookup.apply(now).unwrap_or(0.0) / all } else { 0.0 }
}

/// The settings of the whole time with the energy dispersion of a bin.
fn settings(of: &ComponentSlices, bin: &BinResponse) -> Result<Settings> {
    let settings = of.component.settings.clone();
    let (Some(edisp_bins), Some(whole)) = (of.edisp_bins, &of.component.maker.dispersion) else { return Ok(settings) };
    let observed = of.functions.of(&bin.by_inclination).with_recipe(recipe::of_dispersion());
    let extra = usize::try_from(edisp_bins.unsigned_abs()).unwrap_or(usize::MAX);
    let direction = of.component.counts.grid.reference_direction()?;
    let matrix = response_matrix(observed, &direction, of.component.counts.cube.axis().edges(), extra)?;
    // The middle was not in view, and there is nothing to average over: as at the whole time, so that what was seen beside it is not lost.
    if matrix.iter().all(|probability| *probability == 0.0) {
        return Ok(settings);
    }
    let refused = |source| Error::ComputedResponse { path: of.config.clone(), edisp_bins, source: Box::new(source) };
    let response = DetectorResponse::new(matrix).map_err(refused)?;
    let dispersion = Dispersion::from_bins(&response, edisp_bins).map_err(refused)?;
    let except = of.sources.iter().map(|source| source.shared.name()).filter(|name| whole.excepts(name));
    let dispersion = dispersion.map(|dispersion| dispersion.except(except.map(str::to_owned)));
    Ok(settings.with_dispersion(dispersion))
}
