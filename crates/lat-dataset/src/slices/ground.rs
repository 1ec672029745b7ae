//! What is made for the whole time before bins are looked at, and the livetime of the bins.

use std::path::Path;
use std::sync::Arc;

use lat_events::{CubesByTime, LivetimeSlice, PhotonFiles, Spacecraft};
use lat_response::{
    Exposure, Irf, LivetimeCube, ObservedPsf, Recipe, ResponseTables, SkyGrid, SourceMapBuilder, plane_energies,
};
use likelihood_core::EnergyAxis;
use roi_model::{SkyDirection, Source};

use super::bin_response::{BinResponse, Functions};
use super::exposure_pixels::{ExposurePixels, pixel_size};
use super::opening::Opening;
use super::slice_source::members;
use super::watched_files::{Reading, SliceWatch, bytes_of};
use crate::component::assemble::Component;
use crate::component::recipe;
use crate::config::SliceMaps;
use crate::error::{Error, Result};
use crate::prepare::{livetime_options, spacecraft_files};

/// Exposure is looked at so many of its pixels beyond what is reached.
const MARGIN: f64 = 2.5;

/// Exposure and PSF of the whole time, and what bins are computed from.
pub(super) struct Ground {
    name: String,
    axis: EnergyAxis,
    irfs: Arc<[Irf]>,
    recipe: Recipe,
    pub(super) builder: SourceMapBuilder,
    pub(super) exposure: Exposure,
    pub(super) energies: Vec<f64>,
    center: SkyDirection,
    /// How far from the centre exposure is needed, degrees.
    reach: f64,
    /// The places that the sources have a PSF of their own at.
    points: Vec<SkyDirection>,
    pub(super) edisp_bins: Option<i64>,
    /// Bytes of the source maps of the whole time, as far as bins may have them scaled.
    whole_maps: usize,
}

/// What was observed in the bins.
pub(super) struct Observed {
    pub(super) functions: Functions,
    pub(super) pixels: ExposurePixels,
    pub(super) places: Vec<SkyDirection>,
    pub(super) bins: Vec<BinResponse>,
}

impl Ground {
    pub(super) fn of(of: &Opening<'_>, component: &Component) -> Result<Self> {
        let (maker, grid, axis) = (&component.maker, &component.counts.grid, component.counts.cube.axis());
        let recipe = recipe::of(&maker.options);
        let irfs = maker.instrument.irfs()?;
        let response = maker.response(grid, axis, of.sources.first().map_or("", Source::name))?;
        let exposure = response.exposure.clone();
        let present = of.sources.iter().filter(|source| !component.model.is_absent(source.name()));
        let own = present.map(|source| Ok(maker.own(&component.model.source(source)?)));
        let own: Vec<Source> = own.collect::<Result<_>>()?;
        let builder = SourceMapBuilder::new(grid, axis, maker.extra, response, maker.options.clone())?;
        let builder = builder.sharing(&own, &maker.templates)?;
        let center = grid.reference_direction()?;
        let points: Vec<SkyDirection> = own.iter().flat_map(members).filter_map(Source::direction).collect();
        // Images of diffuse sources are squares around all that a PSF reaches.
        let padding = if of.options.source_maps == SliceMaps::Scaled { 0.0 } else { recipe.diffuse_padding.most };
        let reach = std::f64::consts::SQRT_2 * (radius(grid, &center) + padding);
        let reach = points.iter().map(|point| point.separation(&center)).fold(reach, f64::max);
        // A dispersion that a file holds is that of all times.
        let edisp_bins = maker.dispersion.as_ref().filter(|_| component.products.drm.is_none());
        let pixels = |source: &Source| size_of::<f32>() * component.n_planes(source) * grid.n_pixels();
        let is_scaled = of.options.source_maps != SliceMaps::Exact;
        Ok(Self {
            whole_maps: if is_scaled { of.sources.iter().map(pixels).sum() } else { 0 },
            name: component.name.clone(),
            axis: axis.clone(),
            irfs,
            recipe,
            builder,
            energies: plane_energies(axis, maker.extra)?,
            center,
            reach: (reach + MARGIN * pixel_size(exposure.cube().grid())).min(180.0),
            exposure,
            points,
            edisp_bins: edisp_bins.map(|_| of.settings.edisp.bins),
        })
    }

    /// Reads the spacecraft rows, and makes what is kept of each bin as its livetime is complete.
    pub(super) fn observed(
        &self,
        of: &Opening<'_>,
        photons: &PhotonFiles,
        watch: &mut SliceWatch<'_>,
    ) -> Result<Observed> {
        let files = spacecraft_files(of.config, of.settings)?;
        let reading = Reading::new(watch, &self.name, ("livetime", bytes_of(files.iter().map(AsRef::<Path>::as_ref))?));
        let spacecraft = Spacecraft::open(&files)?.watched(&reading);
        let options = livetime_options(of.settings)?.with_region(self.center.ra(), self.center.dec(), self.reach);
        let mut begun: Option<Begun> = None;
        let mut bins = Vec::with_capacity(of.bins.bins().len());
        lat_events::livetime_slices(&spacecraft, &photons.good_times(), of.bins, &options, |slice: LivetimeSlice| {
            let begun = match &mut begun {
                Some(begun) => begun,
                none => none.insert(self.begin(&slice.to_cube()?)?),
            };
            let bin = BinResponse::new(&slice, &begun.functions, &begun.pixels, &begun.numbers)?;
            if bins.is_empty() {
                self.check_memory(of, photons, (&slice, &bin, begun))?;
            }
            bins.push(bin);
            Ok::<(), Error>(())
        })?;
        let none = Error::Internal { what: "time bins, and the livetime of none of them" };
        let Begun { functions, pixels, places, .. } = begun.ok_or(none)?;
        Ok(Observed { functions, pixels, places, bins })
    }

    /// Refuses bins that will not fit below the limit, when the first one is made: all take the same.
    fn check_memory(
        &self,
        of: &Opening<'_>,
        photons: &PhotonFiles,
        (slice, bin, begun): (&LivetimeSlice, &BinResponse, &Begun),
    ) -> Result<()> {
        let Some(limit) = of.max_bytes else { return Ok(()) };
        let bins = of.bins.bins().len() * bin.bytes() + CubesByTime::expected_bytes(photons.rows());
        // Rows are read before anything is made of the whole time for maps that are scaled.
        let needed = bins + self.bytes_of_whole(begun.places.len()).max(slice.bytes_in_work());
        if needed as u64 <= limit {
            return Ok(());
        }
        Err(Error::TimeBinMemory { component: self.name.clone(), needed: needed as u64, limit })
    }

    /// About how many bytes exposure, PSF and source maps of the whole time take.
    pub(super) fn bytes_of_whole(&self, places: usize) -> usize {
        let exposure = size_of::<f32>() * self.exposure.cube().planes().len();
        exposure + places * ObservedPsf::table_bytes(&self.recipe, self.energies.len()) + self.whole_maps
    }

    /// What all bins have in common, for livetime in the pixels and bins of this.
    fn begin(&self, livetime: &LivetimeCube) -> Result<Begun> {
        let mut tables = ResponseTables::new(&self.irfs, livetime, &self.energies, self.recipe);
        if let Some(edisp_bins) = self.edisp_bins {
            let extra = usize::try_from(edisp_bins.unsigned_abs()).unwrap_or(usize::MAX);
            let edges = (self.axis.edges(), extra);
            tables = tables.with_dispersion(&self.irfs, livetime.cosines(), edges, recipe::of_dispersion())?;
        }
        let (mut numbers, mut places) = (Vec::new(), Vec::new());
        for place in std::iter::once(&self.center).chain(&self.points) {
            // Where there is no livetime is told when it is asked for.
            let Some(pixel) = livetime.pixels().pixel(place) else { continue };
            if !numbers.contains(&pixel) {
                numbers.push(pixel);
                places.push(*place);
            }
        }
        let around = (&self.center, self.reach);
        let pixels = ExposurePixels::new(&self.exposure, self.energies.clone(), around, livetime);
        let functions = Functions { irfs: Arc::clone(&self.irfs), tables, recipe: self.recipe };
        Ok(Begun { functions, pixels, numbers, places })
    }
}

/// What the first bin makes for all.
struct Begun {
    functions: Functions,
    pixels: ExposurePixels,
    /// The pixels of the livetime where sources are.
    numbers: Vec<usize>,
    places: Vec<SkyDirection>,
}

/// How far pixels of a map lie from its middle at most, degrees.
fn radius(grid: &SkyGrid, center: &SkyDirection) -> f64 {
    let separation = |pixel| grid.direction(pixel).map_or(0.0, |direction| direction.separation(center));
    (0..grid.n_pixels()).map(separation).fold(0.0, f64::max)
}
