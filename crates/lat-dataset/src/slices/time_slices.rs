//! All components of an analysis in bins of time.

use std::collections::BTreeSet;
use std::fmt;

use lat_events::{GoodTimes, PhotonFiles, TimeBins};
use roi_model::{SkyDirection, Source};
use serde::Serialize;

use super::component_slices::ComponentSlices;
use super::opening::Opening;
use super::slice_component::SliceComponent;
use super::watched_files::SliceWatch;
use crate::component::Component;
use crate::config::Config;
use crate::config::SliceOptions;
use crate::error::{Error, Result};
use crate::products::selected_photons;

/// The data of an analysis in bins of time, with what all bins share. Bins may be asked for from many threads at once.
pub struct TimeSlices {
    bins: TimeBins,
    components: Vec<ComponentSlices>,
}

/// What bins of time are made from: a configuration, its components as [`crate::load()`] opens them, and the model.
pub struct SliceInputs<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Its components.
    pub components: Vec<Component>,
    /// The sources of the region.
    pub sources: &'a [Source],
    /// Sources that were made after the configuration was opened: a map that a file has of their name is another's.
    pub made_here: &'a BTreeSet<String>,
    /// The most bytes that the bins may hold; as many as there are without.
    pub max_bytes: Option<u64>,
}

/// One bin of time.
pub struct Slice<'a> {
    /// Begin and end, s.
    pub bin: (f64, f64),
    /// Good time of the component that has most, s.
    pub good_time: f64,
    /// Livetime of the instrument of the component that has most, s.
    pub livetime: f64,
    /// Photons in the counts cubes of all components.
    pub photons: usize,
    /// The components, or why there is nothing to fit.
    pub components: std::result::Result<Vec<SliceComponent<'a>>, NoData>,
}

/// Why a bin of time has no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// There is no good time in it.
    NoGoodTime,
    /// The instrument was not live in its good time.
    NoLivetime,
    /// The middle of the region was not in view.
    OutOfView,
}

impl fmt::Display for NoData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoGoodTime => "no good time",
            Self::NoLivetime => "no livetime in the good time",
            Self::OutOfView => "the region was not in view: no exposure",
        })
    }
}

impl TimeSlices {
    /// Reads the selected photons and the spacecraft rows of every component once. `watch` is told how that goes, and may stop it.
    ///
    /// Memory: 8 bytes a photon; for each bin and component 4 bytes for each energy and pixel of the livetime within some 25 deg (0.3 MB for 30 energies), less
    /// where maps are only scaled, and 8 bytes for each source and bin of inclination; the exposure map and the PSF at all sources of the whole time. Where maps
    /// are scaled those of the whole time are held, 4 bytes a pixel and plane. Whether that is below `max_bytes` is asked when the first bin is made.
    ///
    /// # Errors
    /// When event files or response functions are not named or not there, no component has good time in any bin ([`lat_events::Error::NoGoodTime`]; one
    /// that has none is empty in all bins), an option is out of its range, or something cannot be read;
    /// [`Error::TimeBinMemory`] when it takes more than it may; [`Error::Stopped`] when it was stopped.
    pub fn open(
        inputs: SliceInputs<'_>,
        bins: &TimeBins,
        options: &SliceOptions,
        watch: &mut SliceWatch<'_>,
    ) -> Result<Self> {
        let SliceInputs { config, components, sources, made_here, max_bytes } = inputs;
        let photons = |component: &Component| Ok(PhotonFiles::open(&[selected_photons(config, &component.name)?])?);
        let photons = components.iter().map(photons).collect::<Result<Vec<_>>>()?;
        check_good_times(&components, &photons, bins)?;
        let mut opened = Vec::with_capacity(components.len());
        for ((component, photons), settings) in components.into_iter().zip(&photons).zip(&config.components) {
            let held: u64 = opened.iter().map(ComponentSlices::bytes).sum();
            let max_bytes = max_bytes.map(|limit| limit.saturating_sub(held));
            let opening = Opening { config, settings, sources, made_here, bins, max_bytes, options };
            opened.push(ComponentSlices::open(&opening, (component, photons), watch)?);
        }
        Ok(Self { bins: bins.clone(), components: opened })
    }

    /// The bins.
    pub fn bins(&self) -> &TimeBins {
        &self.bins
    }

    /// What bins of these sources are made of beside their times, as text: equal for equal contents of all files. It reads them.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn inputs(&self, sources: &[Source]) -> Result<String> {
        self.components
            .iter()
            .map(|component| component.inputs(sources))
            .collect::<Result<Vec<_>>>()
            .map(|all| all.join("\n"))
    }

    /// A bin, with what does not take long; its source maps are made when they are asked for.
    ///
    /// # Errors
    /// For a bin that is not there; when the response of the bin cannot be computed.
    pub fn slice(&self, bin: usize) -> Result<Slice<'_>> {
        let times = self.times(bin)?;
        let most = |of: fn(&super::bin_response::BinResponse) -> f64| {
            self.components.iter().filter_map(|component| component.bins.get(bin).map(of)).fold(0.0, f64::max)
        };
        let (good_time, livetime) = (most(|bin| bin.good_time), most(|bin| bin.livetime));
        let center = match self.components.first() {
            Some(first) => first.component.counts.grid.reference_direction()?,
            None => return Err(Error::Internal { what: "an analysis without a component" }),
        };
        let components = if good_time <= 0.0 {
            Err(NoData::NoGoodTime)
        } else if livetime <= 0.0 {
            Err(NoData::NoLivetime)
        } else if self.is_dark(bin, &center)? {
            Err(NoData::OutOfView)
        } else {
            Ok(self.components.iter().map(|component| SliceComponent::new(component, bin)).collect::<Result<_>>()?)
        };
        let photons = self.components.iter().map(|component| component.cubes.photons(bin)).sum();
        Ok(Slice { bin: times, good_time, livetime, photons, components })
    }

    fn times(&self, bin: usize) -> Result<(f64, f64)> {
        self.bins.bins().get(bin).copied().ok_or_else(|| {
            let (option, expected) = ("time bin", "the number of a bin, counted from 0");
            lat_events::Error::Option { option, found: bin.to_string(), expected }.into()
        })
    }

    /// Whether no component has exposure at a direction.
    fn is_dark(&self, bin: usize, direction: &SkyDirection) -> Result<bool> {
        for component in &self.components {
            if component.exposure(bin, direction)?.iter().any(|exposure| *exposure > 0.0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The exposure of a bin at a direction and an energy (MeV), all components together, cm^2 s: between the energies of source maps linear in the logarithm of
    /// the energy. It is that of
    /// the pixel of the exposure map which source maps take, within some degrees of the region.
    ///
    /// # Errors
    /// For a bin that is not there, or a direction that the exposure is not known at.
    pub fn exposure(&self, bin: usize, direction: &SkyDirection, energy: f64) -> Result<f64> {
        self.times(bin)?;
        let mut sum = 0.0;
        for component in &self.components {
            sum += between(component.pixels.energies(), &component.exposure(bin, direction)?, energy);
        }
        Ok(sum)
    }

    /// About how many bytes are held, with the source maps of the whole time that bins will ask for.
    pub fn bytes(&self) -> u64 {
        self.components.iter().map(ComponentSlices::bytes).sum()
    }

    /// About how many bytes a bin takes while it is in work, beside its source maps and what is made of them.
    pub fn bytes_of_bin(&self) -> u64 {
        self.components.iter().map(ComponentSlices::bytes_of_bin).sum()
    }
}

/// Refuses bins in which no component has good time.
fn check_good_times(components: &[Component], photons: &[PhotonFiles], bins: &TimeBins) -> Result<()> {
    let covered = GoodTimes::new(bins.bins().iter().copied());
    if photons.iter().any(|photons| !photons.good_times().intersection(&covered).is_empty()) {
        return Ok(());
    }
    let told = |(component, photons): (&Component, &PhotonFiles)| match photons.good_times().span() {
        Some((start, stop)) => format!("component {}: from {start} to {stop} s", component.name),
        None => format!("component {}: none", component.name),
    };
    let told: Vec<String> = components.iter().zip(photons).map(told).collect();
    let (first, last) = bins.span();
    let reason = format!(
        "the time bins reach from {first} to {last} s, and the photons have no good time in any of them ({}); bins are in seconds of mission time",
        told.join("; ")
    );
    Err(lat_events::Error::NoGoodTime { reason }.into())
}

/// Linear in the logarithm of the energy between nodes, so that bins add up; beyond them the value of the last.
fn between(energies: &[f64], values: &[f64], energy: f64) -> f64 {
    let above = energies.partition_point(|node| *node < energy).clamp(1, energies.len().saturating_sub(1).max(1));
    let pair = energies.get(above - 1).zip(energies.get(above)).zip(values.get(above - 1).zip(values.get(above)));
    let Some(((a, b), (low, high))) = pair else { return values.first().copied().unwrap_or(0.0) };
    let fraction = ((energy / a).ln() / (b / a).ln()).clamp(0.0, 1.0);
    low + (high - low) * fraction
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn exposure_is_linear_in_the_logarithm_between_energies_and_stays_beyond_them() {
        let (energies, values) = ([10.0, 100.0, 1000.0], [1.0, 3.0, 2.0]);
        for (energy, expected) in
            [(1.0, 1.0), (10.0, 1.0), (10f64.powf(1.5), 2.0), (100.0, 3.0), (1e3, 2.0), (1e6, 2.0)]
        {
            approx::assert_relative_eq!(between(&energies, &values, energy), expected, max_relative = 1e-12);
        }
        assert_eq!(between(&[10.0], &[4.0], 3.0), 4.0);
    }
}
