//! PSF and energy dispersion of each component as files to be looked at: what `compute_psf` and `compute_drm` of fermipy do.

use std::path::{Path, PathBuf};

use lat_dataset::Component;

use crate::analysis::Analysis;
use crate::error::{Error, Result};

impl Analysis {
    /// Writes the PSF at the centre of each component as gtpsf does, `psf_NAME.fits` in the output directory; what stands is kept unless `overwrite`. Returns
    /// the paths. Analyses do not take these files up by themselves: each source has the PSF of its own place.
    ///
    /// # Errors
    /// For an analysis that was not opened from a configuration, without livetime and response functions, and when a file cannot be written or is one that
    /// was not written so.
    pub fn write_psf(&self, overwrite: bool) -> Result<Vec<PathBuf>> {
        self.write_responses("psf", overwrite, |component, path| Ok(component.write_psf(path)?))
    }

    /// Writes the detector response matrix at the centre of each component as gtdrm does, with so many true energy bins more on either side,
    /// `drm_NAME.fits` in the output directory; otherwise as [`Analysis::write_psf`].
    ///
    /// # Errors
    /// As [`Analysis::write_psf`].
    pub fn write_detector_response(&self, edisp_bins: i64, overwrite: bool) -> Result<Vec<PathBuf>> {
        self.write_responses("drm", overwrite, |component, path| {
            Ok(component.write_detector_response(path, edisp_bins)?)
        })
    }

    fn write_responses(
        &self,
        product: &str,
        overwrite: bool,
        write: impl Fn(&Component, &Path) -> Result<()>,
    ) -> Result<Vec<PathBuf>> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a response" })?;
        let loaded = lat_dataset::load(&config.path)?;
        let mut paths = Vec::new();
        for component in &loaded.observation.components {
            let path = lat_dataset::product_path(&config.outdir, product, &component.name, "fits");
            if path.exists() && overwrite && !lat_io::is_for_people(&path) {
                return Err(Error::Option {
                    option: "overwrite",
                    found: path.display().to_string(),
                    expected: "a file that was written here: this one is of another program, and the analysis may read it; move it away",
                });
            }
            if overwrite || !path.exists() {
                write(component, &path)?;
            }
            paths.push(path);
        }
        Ok(paths)
    }
}
