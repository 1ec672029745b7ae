//! What `tsmap` returns.

use std::path::Path;

use lat_io::{Column, ColumnValues, FitsWriter, Header};
use lat_response::SkyGrid;
use ndarray::Array2;
use serde_json::{Value, json};

use crate::error::Result;
use crate::tables::map_tables::{header_of, numbers};
use crate::tsmap::ts_options::TsMapOptions;

/// A TS map, its arrays of shape [`SkyGrid::shape`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TsMap {
    /// The name of the model.
    pub name: String,
    /// The test source.
    pub src_dict: Value,
    /// The pixels.
    pub grid: SkyGrid,
    /// Twice the gain in `logL`.
    pub ts: Array2<f64>,
    /// Predicted counts of the test source at its maximum, also those beyond the map.
    pub npred: Array2<f64>,
    /// Its norm there: the true value of its spectrum's norm parameter, `Prefactor` in cm^-2 s^-1 MeV^-1.
    pub amplitude: Array2<f64>,
    /// `logL` of the model as it is, without what was excluded taken out.
    pub loglike: f64,
    /// The options.
    pub config: TsMapOptions,
}

impl TsMap {
    /// The root of the TS.
    pub fn sqrt_ts(&self) -> Array2<f64> {
        self.ts.mapv(f64::sqrt)
    }

    /// The dictionary with fermipy's keys; maps are lists of rows.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "src_dict": self.src_dict,
            "ts": numbers(&self.ts),
            "sqrt_ts": numbers(&self.sqrt_ts()),
            "npred": numbers(&self.npred),
            "amplitude": numbers(&self.amplitude),
            "loglike": self.loglike,
            "config": self.config.to_json(),
        })
    }

    /// Writes fermipy's `_tsmap.fits`: TS in the primary HDU (of HEALPix pixels: in table `TS_MAP`), table `TSMAP_DATA` of what is one number, then
    /// `NPRED_MAP`, `N_MAP` (the amplitude) and `SQRT_TS_MAP`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let config = header_of(&self.config.to_json());
        let first = if matches!(self.grid, SkyGrid::Healpix(_)) { "TS_MAP" } else { "PRIMARY" };
        writer.sky_image(&self.grid, first, &config, &self.ts)?;
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let column = |name: &str, values| Column { name: name.into(), unit: String::new(), values };
        let columns = [
            column("file", ColumnValues::Text(vec![file])),
            column("loglike", ColumnValues::Double(vec![self.loglike])),
            column("name", ColumnValues::Text(vec![self.name.clone()])),
        ];
        writer.table("TSMAP_DATA", &config, &columns)?;
        writer.sky_image(&self.grid, "NPRED_MAP", &Header::default(), &self.npred)?;
        writer.sky_image(&self.grid, "N_MAP", &Header::default(), &self.amplitude)?;
        writer.sky_image(&self.grid, "SQRT_TS_MAP", &Header::default(), &self.sqrt_ts())?;
        Ok(writer.finish()?)
    }
}
