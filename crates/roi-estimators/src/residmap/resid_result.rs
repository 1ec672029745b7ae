//! What `residmap` returns.

use std::path::Path;

use lat_io::{FitsWriter, Header};
use lat_response::SkyGrid;
use ndarray::Array2;
use serde_json::{Value, json};

use crate::error::Result;
use crate::residmap::resid_options::ResidMapOptions;
use crate::tables::map_tables::{header_of, numbers};

/// A residual map, its arrays of shape [`SkyGrid::shape`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResidMap {
    /// The name of the model.
    pub name: String,
    /// The pixels.
    pub grid: SkyGrid,
    /// Significance in Gaussian sigmas, negative where there are too few counts.
    pub sigma: Array2<f64>,
    /// Smoothed counts.
    pub data: Array2<f64>,
    /// Smoothed model.
    pub model: Array2<f64>,
    /// Their difference: about the counts of a test source at the pixel.
    pub excess: Array2<f64>,
    /// Where the likelihood weights, summed over energies, are above 0; `None` where none are used.
    pub mask: Option<Array2<bool>>,
    /// The test source.
    pub src_dict: Value,
    /// The options.
    pub config: ResidMapOptions,
}

impl ResidMap {
    /// fermipy's word for the kind of pixels.
    pub fn projtype(&self) -> &'static str {
        if matches!(self.grid, SkyGrid::Healpix(_)) { "HPX" } else { "WCS" }
    }

    /// The dictionary with fermipy's keys; maps are lists of rows, what is not defined is `null`.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "projtype": self.projtype(),
            "src_dict": self.src_dict,
            "sigma": numbers(&self.sigma),
            "data": numbers(&self.data),
            "model": numbers(&self.model),
            "excess": numbers(&self.excess),
            "mask": self.mask.as_ref().map(|mask| mask.outer_iter().map(|row| row.to_vec()).collect::<Vec<_>>()),
            "config": self.config.to_json(),
        })
    }

    /// Writes fermipy's `_residmap.fits`: `sigma` in the primary HDU (of HEALPix pixels: in table `SIGMA`), then `DATA_MAP`, `EXCESS_MAP` and
    /// `MODEL_MAP`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let config = header_of(&self.config.to_json());
        let first = if matches!(self.grid, SkyGrid::Healpix(_)) { "SIGMA" } else { "PRIMARY" };
        writer.sky_image(&self.grid, first, &config, &self.sigma)?;
        writer.sky_image(&self.grid, "DATA_MAP", &config, &self.data)?;
        writer.sky_image(&self.grid, "EXCESS_MAP", &Header::default(), &self.excess)?;
        writer.sky_image(&self.grid, "MODEL_MAP", &Header::default(), &self.model)?;
        Ok(writer.finish()?)
    }
}
