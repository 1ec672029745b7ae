//! A component in one bin of time: counts, settings, and its source maps, exact or scaled.

use std::fmt;
use std::sync::Arc;

use lat_response::{Exposure, ObservationPsf, Response, response_matrix};
use likelihood_core::{CountsCube, DetectorResponse, Dispersion, Settings, SourceMap};
use ndarray::{ArrayViewMut2, Axis, Slice as Part};
use roi_model::Source;
use serde::Serialize;

use super::bin_response::{BinResponse, KnownPsf};
use super::component_slices::ComponentSlices;
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
    /// By how much the PSF differs from that of the whole time, for each source; `None` where that is not known.
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
    /// Of the scaled ones the largest part of a source's photons that the PSF of the bin puts at other separations than that of the whole time.
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
            (0, scaled) => write!(f, "{scaled} source maps scaled, PSFs alike to {:.2} %", 100.0 * largest_deviation),
            (exact, scaled) => write!(
                f,
                "{exact} source maps made anew, {scaled} scaled, whose PSFs are alike to {:.2} %",
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
        let deviations = of.whole.psfs.as_ref().map(|whole| deviations(&of.sources, &psf, whole)).transpose()?;
        Ok(Self {
            of,
            bin,
            counts: of.cubes.cube(number)?.cube,
            settings: settings(of, bin)?,
            exposure: of.pixels.map(&bin.exposure)?,
            psf,
            deviations,
        })
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

    fn scale(&self, source: &SliceSource, energy: f64, mut plane: ArrayViewMut2<'_, f32>) -> Result<()> {
        let whole = &self.of.whole.exposure;
        let part = |exposure: &'_ Exposure| Ok::<_, Error>(exposure.plane_of(energy)?);
        let (now, all) = (part(&self.exposure)?, part(whole)?);
        let planes = self.exposure.cube().plane(now).zip(whole.cube().plane(all));
        let (now, all) = planes.ok_or(Error::Internal { what: "an exposure without a plane" })?;
        let ratio = |lookup: &lat_response::Interpolation| {
            let all = lookup.apply(all).unwrap_or(0.0);
            if all > 0.0 { lookup.apply(now).unwrap_or(0.0) / all } else { 0.0 }
        };
        #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
        let scaled = |value: f32, ratio: f64| (f64::from(value) * ratio) as f32;
        match source.shared.direction().filter(|_| source.is_at_a_place()) {
            Some(direction) => {
                let ratio = ratio(&whole.lookup(&direction));
                plane.mapv_inplace(|value| scaled(value, ratio));
            }
            None => {
                let pixels = plane.iter_mut().zip(&self.of.whole.lookups);
                pixels.for_each(|(value, lookup)| *value = scaled(*value, ratio(lookup)));
            }
        }
        Ok(())
    }
}

/// By how much the PSF of a bin differs from that of the whole time, for the photons of each source.
fn deviations(sources: &[SliceSource], psf: &KnownPsf, whole: &[lat_response::Psf]) -> Result<Vec<f64>> {
    let pairs = psf.psfs.iter().zip(whole);
    let by_place = pairs.map(|(bin, whole)| Ok(bin.deviations(whole)?)).collect::<Result<Vec<Vec<f64>>>>()?;
    let of = |source: &SliceSource| {
        let planes = by_place.get(source.place).into_iter().flatten();
        planes.zip(&source.photons).map(|(deviation, part)| deviation * part).sum()
    };
    Ok(sources.iter().map(of).collect())
}

/// The settings of the whole time with the energy dispersion of a bin.
fn settings(of: &ComponentSlices, bin: &BinResponse) -> Result<Settings> {
    let settings = of.component.settings.clone();
    let (Some(edisp_bins), Some(whole)) = (of.edisp_bins, &of.component.maker.dispersion) else { return Ok(settings) };
    let observed = of.functions.of(&bin.by_inclination).with_recipe(recipe::of_dispersion());
    let extra = usize::try_from(edisp_bins.unsigned_abs()).unwrap_or(usize::MAX);
    let direction = of.component.counts.grid.reference_direction()?;
    let matrix = response_matrix(observed, &direction, of.component.counts.cube.axis().edges(), extra)?;
    let refused = |source| Error::ComputedResponse { path: of.config.clone(), edisp_bins, source: Box::new(source) };
    let response = DetectorResponse::new(matrix).map_err(refused)?;
    let dispersion = Dispersion::from_bins(&response, edisp_bins).map_err(refused)?;
    let except = of.sources.iter().map(|source| source.shared.name()).filter(|name| whole.excepts(name));
    let dispersion = dispersion.map(|dispersion| dispersion.except(except.map(str::to_owned)));
    Ok(settings.with_dispersion(dispersion))
}
