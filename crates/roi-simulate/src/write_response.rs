//! The response of a simulated region as the LAT tools hold one: exposure and mean PSF as tables.

use std::path::Path;

use lat_response::{Exposure, ExposureLookup, Frame, Psf, SkyCube, SkyGrid, WcsHeader, separations};
use ndarray::Array2;

use crate::component::SimulatedComponent;
use crate::error::{Error, Result};
use crate::region::SimulatedRoi;

/// Pixels of the exposure map of all the sky, and their size in degrees.
const SIZE: [usize; 2] = [72, 36];
const PIXEL: f64 = 5.0;
/// Separations of the PSF's table, beside 0: as many as gtpsf's own.
const SEPARATIONS: usize = 400;

impl SimulatedComponent {
    /// Exposure and PSF at the edges of the energy bins, from which maps of other sources can be made: [`lat_response::SourceMapBuilder`]. Maps of point
    /// sources made so are the simulation's own to about a thousandth.
    ///
    /// # Errors
    /// None for a region that [`crate::simulate`] made.
    pub fn tables(&self) -> Result<lat_response::Response> {
        let energies = self.axis().edges().to_vec();
        let sky = SkyGrid::wcs(WcsHeader::centered(SIZE, PIXEL, Frame::Celestial, "CAR", [0.0, 0.0]))?;
        #[expect(clippy::cast_possible_truncation, reason = "exposure maps hold 32-bit floats")]
        let planes =
            Array2::from_shape_fn((energies.len(), sky.n_pixels()), |(k, _)| self.exposure(energies[k]) as f32);
        let cube = SkyCube::new("the exposure of the simulation", sky, energies.clone(), planes)?;
        let exposure = Exposure::new(cube, ExposureLookup::Fermitools)?;
        let thetas = separations(SEPARATIONS);
        let values = Array2::from_shape_fn((energies.len(), thetas.len()), |(k, t)| {
            let chord = 2.0 * (0.5 * thetas[t].to_radians()).sin();
            self.psf_density(energies[k], chord * chord)
        });
        Ok(lat_response::Response { exposure, psf: Psf::new(energies, thetas, values)?.into() })
    }
}

impl SimulatedRoi {
    /// Writes exposure and PSF of each component beside the files of [`SimulatedRoi::write`]: `bexpmap_00.fits` and `psf_00.fits`. With them sources
    /// can be moved, made wider and added. To be written first: the configuration comes last.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_response(&self, directory: &Path) -> Result<()> {
        std::fs::create_dir_all(directory).map_err(|source| Error::Directory { path: directory.to_owned(), source })?;
        for component in &self.components {
            let lat_response::Response { exposure, psf } = component.tables()?;
            let path = |product: &str| directory.join(format!("{product}_{}.fits", component.name));
            lat_io::write_exposure(&path("bexpmap"), &exposure)?;
            if let lat_response::ObservationPsf::Single(psf) = &psf {
                let exposures: Vec<f64> = psf.energies().iter().map(|&energy| component.exposure(energy)).collect();
                lat_io::write_psf(&path("psf"), psf, &exposures)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lat_response::{SourceMapBuilder, SourceMapOptions};

    use crate::{SimulationOptions, simulate};

    #[test]
    fn maps_made_of_the_tables_are_those_of_the_simulation() {
        let region = simulate(&SimulationOptions::default().with_npix(40).with_ebins(8).with_sources(2)).unwrap();
        let component = &region.components[0];
        let (grid, tables) = (&component.counts.grid, component.tables().unwrap());
        let builder = SourceMapBuilder::new(grid, component.axis(), 0, tables, SourceMapOptions::default()).unwrap();
        for source in region.truth.sources().iter().filter(|source| source.direction().is_some()) {
            let (own, made) = (component.source_map(source).unwrap(), builder.source_map(source, &()).unwrap());
            for (a, b) in own.planes().outer_iter().zip(made.planes().outer_iter()) {
                let peak = a.iter().fold(0.0f32, |most, v| most.max(*v));
                let worst = a.iter().zip(b).fold(0.0f32, |most, (a, b)| most.max((a - b).abs())) / peak;
                assert!(worst < 5e-3, "{}: {worst}", source.name());
            }
        }
    }
}
