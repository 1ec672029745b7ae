//! What the user may choose of a simulated region.

use likelihood_core::EnergyAxis;

use crate::error::{Error, Result};

/// Size and content of a simulated region. The same options give the same region, bit for bit.
///
/// ```
/// use roi_simulate::{SimulationOptions, simulate};
///
/// let options = SimulationOptions::default().with_npix(30).with_ebins(6).with_sources(4);
/// let region = simulate(&options)?;
/// assert_eq!(region.truth.sources().len(), 6, "four points, a Galactic and an isotropic component");
/// # Ok::<(), roi_simulate::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SimulationOptions {
    /// Seed of everything random: the sky, the start model and the counts.
    pub seed: u64,
    /// Number of point sources, 0 to 1000. The brightest stands at the centre of the region.
    pub sources: usize,
    /// Pixels on a side, 4 to 1000.
    pub npix: usize,
    /// Energy bins, 1 to 200, of equal width in the logarithm.
    pub ebins: usize,
    /// Components, 1 to 4: the four PSF event types of the LAT, joined to as many groups.
    pub components: usize,
    /// Lower edge of the first bin, MeV, at least 30.
    pub emin: f64,
    /// Upper edge of the last bin, MeV, at most 3e6.
    pub emax: f64,
    /// Width of a pixel, degrees, 0.01 to 2; the region is at most 40 deg wide.
    pub binsz: f64,
    /// Years of data, 0.01 to 1000: the exposure, and with it the counts, grow in proportion.
    pub years: f64,
}

impl Default for SimulationOptions {
    /// Seed 1, 20 sources, 100 x 100 pixels of 0.1 deg, 30 bins from 100 to 300 000 MeV, one component, ten years.
    fn default() -> Self {
        Self {
            seed: 1,
            sources: 20,
            npix: 100,
            ebins: 30,
            components: 1,
            emin: 100.0,
            emax: 300_000.0,
            binsz: 0.1,
            years: 10.0,
        }
    }
}

/// Widest region, degrees.
const MAX_WIDTH: f64 = 40.0;
/// Most values in a source map: 200 MB of 32-bit floats.
const MAX_VOXELS: usize = 50_000_000;
/// Narrowest energy bin, as a ratio of edges: the edges are 32-bit floats in the files.
const MIN_RATIO: f64 = 1.0001;

impl SimulationOptions {
    /// Seed of everything random.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Number of point sources, 0 to 1000.
    #[must_use]
    pub fn with_sources(mut self, sources: usize) -> Self {
        self.sources = sources;
        self
    }

    /// Pixels on a side, 4 to 1000.
    #[must_use]
    pub fn with_npix(mut self, npix: usize) -> Self {
        self.npix = npix;
        self
    }

    /// Energy bins, 1 to 200.
    #[must_use]
    pub fn with_ebins(mut self, ebins: usize) -> Self {
        self.ebins = ebins;
        self
    }

    /// Components, 1 to 4.
    #[must_use]
    pub fn with_components(mut self, components: usize) -> Self {
        self.components = components;
        self
    }

    /// Lower edge of the first bin, MeV.
    #[must_use]
    pub fn with_emin(mut self, emin: f64) -> Self {
        self.emin = emin;
        self
    }

    /// Upper edge of the last bin, MeV.
    #[must_use]
    pub fn with_emax(mut self, emax: f64) -> Self {
        self.emax = emax;
        self
    }

    /// Width of a pixel, degrees.
    #[must_use]
    pub fn with_binsz(mut self, binsz: f64) -> Self {
        self.binsz = binsz;
        self
    }

    /// Years of data, 0.01 to 1000.
    #[must_use]
    pub fn with_years(mut self, years: f64) -> Self {
        self.years = years;
        self
    }

    /// Width of the region, degrees.
    pub fn roiwidth(&self) -> f64 {
        self.npix as f64 * self.binsz
    }

    /// Checks every range.
    pub(super) fn check(&self) -> Result<()> {
        let refuse = |option, found: String, expected| Err(Error::Option { option, found, expected });
        if self.sources > 1000 {
            return refuse("sources", self.sources.to_string(), "0 to 1000 point sources");
        }
        if !(4..=1000).contains(&self.npix) {
            return refuse("npix", self.npix.to_string(), "4 to 1000 pixels on a side");
        }
        if !(1..=200).contains(&self.ebins) {
            return refuse("ebins", self.ebins.to_string(), "1 to 200 energy bins");
        }
        if !(1..=4).contains(&self.components) {
            return refuse("components", self.components.to_string(), "1 to 4 components");
        }
        if !(30.0..=3e6).contains(&self.emin) {
            return refuse("emin", format!("{} MeV", self.emin), "30 to 3e6 MeV");
        }
        if !(30.0..=3e6).contains(&self.emax) {
            return refuse("emax", format!("{} MeV", self.emax), "30 to 3e6 MeV");
        }
        if self.emax < self.emin * MIN_RATIO.powf(self.ebins as f64) {
            let found = format!("{} MeV with emin = {} MeV and {} bins", self.emax, self.emin, self.ebins);
            return refuse("emax", found, "more than emin, by at least 0.01 % for each energy bin");
        }
        if !(0.01..=2.0).contains(&self.binsz) {
            return refuse("binsz", format!("{} deg", self.binsz), "0.01 to 2 deg");
        }
        if !(0.01..=1000.0).contains(&self.years) {
            return refuse("years", self.years.to_string(), "0.01 to 1000 years");
        }
        if self.roiwidth() > MAX_WIDTH {
            let found = format!("{} deg with npix = {}", self.binsz, self.npix);
            return refuse("binsz", found, "a region of at most 40 deg: npix * binsz <= 40");
        }
        if self.npix * self.npix * (self.ebins + 1) > MAX_VOXELS {
            let found = format!("{} with ebins = {}", self.npix, self.ebins);
            return refuse("npix", found, "maps of at most 5e7 values: npix^2 * (ebins + 1) <= 5e7");
        }
        Ok(())
    }

    /// The energy axis as a counts cube file holds it: edges in 32-bit keV, so that a region in memory equals the one on disk.
    pub(super) fn axis(&self) -> Result<EnergyAxis> {
        let step = (self.emax / self.emin).ln() / self.ebins as f64;
        let edge = |k: usize| {
            let mev = if k == self.ebins { self.emax } else { self.emin * (step * k as f64).exp() };
            #[expect(clippy::cast_possible_truncation, reason = "the file format holds 32-bit floats")]
            let kev = (mev * 1000.0) as f32;
            f64::from(kev) / 1000.0
        };
        Ok(EnergyAxis::new((0..=self.ebins).map(edge).collect())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_option_is_named() {
        let good = SimulationOptions::default;
        good().check().unwrap();
        for (name, bad) in [
            ("sources", SimulationOptions { sources: 1001, ..good() }),
            ("npix", SimulationOptions { npix: 3, ..good() }),
            ("npix", SimulationOptions { npix: usize::MAX, ..good() }),
            ("npix", SimulationOptions { npix: 600, ebins: 200, binsz: 0.05, ..good() }),
            ("ebins", SimulationOptions { ebins: 0, ..good() }),
            ("ebins", SimulationOptions { ebins: 201, ..good() }),
            ("components", SimulationOptions { components: 0, ..good() }),
            ("components", SimulationOptions { components: 5, ..good() }),
            ("emin", SimulationOptions { emin: f64::NAN, ..good() }),
            ("emin", SimulationOptions { emin: -1.0, ..good() }),
            ("emax", SimulationOptions { emax: f64::INFINITY, ..good() }),
            ("emax", SimulationOptions { emax: 100.0, ..good() }),
            ("emax", SimulationOptions { emax: 100.1, ..good() }),
            ("binsz", SimulationOptions { binsz: 0.0, ..good() }),
            ("binsz", SimulationOptions { binsz: 0.5, ..good() }),
            ("binsz", SimulationOptions { binsz: f64::NAN, ..good() }),
            ("years", SimulationOptions { years: 0.0, ..good() }),
            ("years", SimulationOptions { years: f64::NAN, ..good() }),
            ("years", SimulationOptions { years: 1e4, ..good() }),
        ] {
            match bad.check() {
                Err(Error::Option { option, .. }) => assert_eq!(option, name, "{bad:?}"),
                other => panic!("{bad:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn the_axis_has_the_edges_that_a_file_can_hold() {
        let axis = SimulationOptions::default().axis().unwrap();
        assert_eq!(axis.n_bins(), 30);
        for &edge in axis.edges() {
            #[expect(clippy::cast_possible_truncation, reason = "as the file format has it")]
            let kev = (edge * 1000.0) as f32;
            assert_eq!(f64::from(kev) / 1000.0, edge);
        }
        let narrowest =
            SimulationOptions { emax: 100.0 * 1.0001f64.powi(201), ebins: 200, npix: 4, ..Default::default() };
        narrowest.check().unwrap();
        narrowest.axis().unwrap();
    }
}
