//! PSF and energy dispersion of a component as files to be looked at.

use std::path::Path;

use super::assemble::Component;
use super::recipe;
use crate::error::Result;

/// How many energies a PSF is tabulated at, for each energy bin.
const ENERGIES_A_BIN: usize = 2;

impl Component {
    /// Writes the PSF at the reference direction of the counts, averaged over the observation, as gtpsf does: twice as many energies as there are bins, at
    /// equal steps of the logarithm over their range. An analysis does not take it up by itself, as each source has the PSF of its own place.
    ///
    /// # Errors
    /// Without livetime and response functions; when the file cannot be written.
    pub fn write_psf(&self, path: &Path) -> Result<()> {
        let axis = self.counts.cube.axis();
        let edges = axis.edges();
        let (first, last) = (edges[0], edges[axis.n_bins()]);
        let count = ENERGIES_A_BIN * axis.n_bins();
        let ratio = last / first;
        let mut energies: Vec<f64> = (0..count).map(|i| first * ratio.powf(i as f64 / (count - 1) as f64)).collect();
        if let Some(end) = energies.last_mut() {
            *end = last;
        }
        let direction = self.counts.grid.reference_direction()?;
        let observed = self.maker.instrument.psf_at(&direction, &energies, recipe::of(&self.maker.options))?;
        Ok(lat_io::write_psf_for_people(path, &observed.psf, &observed.exposure)?)
    }

    /// Writes the detector response matrix at the reference direction of the counts, with so many true energy bins more on either side, as gtdrm does. An
    /// analysis does not take it up by itself.
    ///
    /// # Errors
    /// Without livetime and response functions with energy dispersion; when the file cannot be written.
    pub fn write_detector_response(&self, path: &Path, edisp_bins: i64) -> Result<()> {
        let response = self.maker.instrument.response(&self.counts, edisp_bins)?;
        Ok(lat_io::write_detector_response(path, self.counts.cube.axis(), &response)?)
    }
}
