//! A component in bins of time: what all bins share, and what is kept of each.

use std::fmt::Write as _;
use std::path::PathBuf;

use lat_events::{CubesByTime, EnergyBinning, PhotonFiles, Selection};
use lat_response::{LivetimeCube, ObservedIrfs, ObservedPsf, Psf};
use roi_model::{SkyDirection, Source};

use super::bin_response::{BinResponse, Functions};
use super::exposure_pixels::ExposurePixels;
use super::ground::{Ground, Observed};
use super::opening::{Opening, Whole};
use super::slice_source::SliceSource;
use super::watched_files::{Reading, SliceWatch, bytes_of};
use crate::component::assemble::Component;
use crate::config::SliceOptions;
use crate::error::{Error, Result};
use crate::prepare::spacecraft_files;

/// A component in bins of time.
pub(super) struct ComponentSlices {
    pub(super) component: Component,
    pub(super) sources: Vec<SliceSource>,
    pub(super) cubes: CubesByTime,
    pub(super) functions: Functions,
    pub(super) pixels: ExposurePixels,
    /// Where sources are; the middle of the counts first.
    pub(super) places: Vec<SkyDirection>,
    pub(super) bins: Vec<BinResponse>,
    pub(super) whole: Whole,
    pub(super) options: SliceOptions,
    /// `gtlike.edisp_bins`, where each bin has a dispersion of its own.
    pub(super) edisp_bins: Option<i64>,
    /// The configuration.
    pub(super) config: PathBuf,
    /// The files of photons and of the spacecraft.
    files: Vec<PathBuf>,
    /// Bytes of what there is of the whole time, maps that bins will ask for included.
    bytes_of_whole: usize,
}

impl ComponentSlices {
    /// Reads photons and spacecraft rows once each.
    pub(super) fn open(
        of: &Opening<'_>,
        (component, photons): (Component, &PhotonFiles),
        watch: &mut SliceWatch<'_>,
    ) -> Result<Self> {
        let mut files = spacecraft_files(of.config, of.settings)?;
        files.extend(photons.files().iter().map(|file| file.path().to_owned()));
        let ground = Ground::of(of, &component)?;
        let Observed { functions, pixels, places, bins } = ground.observed(of, photons, watch)?;
        let cubes = read_counts(of, (&component, photons), watch)?;
        let livetime = component.maker.instrument.livetime()?;
        let psfs = livetime.map(|livetime| whole_psfs(&livetime, &functions, &places, &ground.energies)).transpose()?;
        let bytes_of_whole = ground.bytes_of_whole(places.len());
        let Ground { builder, exposure, edisp_bins, .. } = ground;
        let grid = &component.counts.grid;
        let lookup = |pixel| grid.direction(pixel).map(|direction| exposure.lookup(&direction)).unwrap_or_default();
        let lookups = (0..grid.n_pixels()).map(lookup).collect();
        let whole = Whole { builder, exposure, psfs, lookups };
        let sources = SliceSource::all(of, &component, (&whole, bins.first()))?;
        let (options, config) = (of.options.clone(), of.config.path.clone());
        Ok(Self {
            component,
            sources,
            cubes,
            functions,
            pixels,
            places,
            bins,
            whole,
            options,
            edisp_bins,
            config,
            files,
            bytes_of_whole,
        })
    }

    /// The exposure of a bin at a direction, one value an energy, cm^2 s.
    pub(super) fn exposure(&self, bin: usize, direction: &SkyDirection) -> Result<Vec<f64>> {
        let bin = self.bins.get(bin).ok_or(Error::Internal { what: "a time bin that is not there" })?;
        let unknown = || {
            let at = format!("the exposure of a time bin at RA {:.4}, Dec {:.4} deg", direction.ra(), direction.dec());
            let remedy = "it is known around the region and at its sources alone".to_owned();
            Error::Response(lat_response::Error::Unsupported { what: at, remedy })
        };
        self.pixels.at(&self.whole.exposure, &bin.exposure, direction).ok_or_else(unknown)
    }

    /// What a bin is made of beside its times, as text: digests of what source maps are made of, of the photons and of the spacecraft rows.
    pub(super) fn inputs(&self, sources: &[Source]) -> Result<String> {
        let Self { component, options, edisp_bins, .. } = self;
        let has_dispersion = component.settings.dispersion.is_some();
        let mut text = format!("{} {options:?} {edisp_bins:?} {has_dispersion}", component.name);
        for source in sources.iter().filter(|source| !component.model.is_absent(source.name())) {
            let map = component.maker.inputs(&component.counts, &component.model.source(source)?)?;
            // Writing to a String cannot fail.
            let _ = write!(text, " {map}");
        }
        for file in &self.files {
            let _ = write!(text, " {}", lat_io::digest_of_file(file)?);
        }
        Ok(text)
    }

    /// About how many bytes it holds, with the source maps of the whole time that bins will ask for.
    pub(super) fn bytes(&self) -> u64 {
        let photons: usize = (0..self.bins.len()).map(|bin| self.cubes.photons(bin)).sum();
        let bins: usize = self.bins.iter().map(BinResponse::bytes).sum();
        (CubesByTime::expected_bytes(photons) + bins + self.bytes_of_whole) as u64
    }

    /// About how many bytes a bin takes beside its maps while it is in work: its PSF at all places, and its exposure.
    pub(super) fn bytes_of_bin(&self) -> u64 {
        let energies = self.pixels.energies().len();
        let psfs = self.places.len() * ObservedPsf::table_bytes(&self.functions.recipe, energies);
        (psfs + size_of::<f32>() * self.whole.exposure.cube().planes().len()) as u64
    }
}

/// The counts of all bins.
fn read_counts(
    of: &Opening<'_>,
    (component, photons): (&Component, &PhotonFiles),
    watch: &mut SliceWatch<'_>,
) -> Result<CubesByTime> {
    let bytes = bytes_of(photons.files().iter().map(lat_io::PhotonFile::path))?;
    let reading = Reading::new(watch, &component.name, ("counts", bytes));
    let selection = Selection::all(photons).watched(&reading);
    let energies = EnergyBinning::counted(component.counts.cube.axis())?;
    Ok(lat_events::bin_cubes(&selection, &component.counts.grid, &energies, of.bins)?)
}

/// The PSF of the whole time at the places of sources.
fn whole_psfs(
    livetime: &LivetimeCube,
    functions: &Functions,
    places: &[SkyDirection],
    energies: &[f64],
) -> Result<Vec<Psf>> {
    let observed = ObservedIrfs::new(livetime, &functions.irfs).with_recipe(functions.recipe);
    let observed = observed.with_tables(&functions.tables);
    places.iter().map(|place| Ok(ObservedPsf::new(observed, place, energies)?.psf)).collect()
}
