//! What `psmap` returns.

use std::path::Path;

use lat_io::FitsWriter;
use lat_response::SkyGrid;
use ndarray::Array2;
use roi_model::SkyDirection;
use serde_json::{Value, json};
use statrs::function::erf::erfc_inv;

use crate::error::Result;
use crate::psmap::ps_options::PsMapOptions;
use crate::tables::map_tables::{header_of, numbers};

/// A PS map, its arrays of shape [`SkyGrid::shape`]; NaN where it was not computed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PsMap {
    /// The pixels.
    pub grid: SkyGrid,
    /// `-log10` of the probability of a deviation as large as that of the counts around a pixel, negative where there are too few.
    pub psmap: Array2<f64>,
    /// The pixel of the largest PS: row and column, from 0; `None` when no pixel was computed.
    pub peak: Option<(usize, usize)>,
    /// Edges of the bins of the spectra, log10 of MeV.
    pub hlogebin: Vec<f64>,
    /// The spectrum around the peak: counts.
    pub datcounts: Vec<f64>,
    /// The model there.
    pub modcounts: Vec<f64>,
    /// The weights there.
    pub weights: Vec<f64>,
    /// What is odd about the options.
    pub warnings: Vec<String>,
    /// The options.
    pub config: PsMapOptions,
}

/// A PS in Gaussian sigmas: `sqrt(2) erfc^-1(10^-|PS|)` with its sign.
///
/// ```
/// assert!((roi_estimators::ps_in_sigma(6.24) - 5.0).abs() < 2e-3);
/// assert!((roi_estimators::ps_in_sigma(-2.57) + 3.0).abs() < 2e-3);
/// ```
pub fn ps_in_sigma(ps: f64) -> f64 {
    if ps == 0.0 { 0.0 } else { ps.signum() * std::f64::consts::SQRT_2 * erfc_inv(10f64.powf(-ps.abs())) }
}

impl PsMap {
    /// The map in sigmas.
    pub fn psmapsigma(&self) -> Array2<f64> {
        self.psmap.mapv(ps_in_sigma)
    }

    /// The largest PS.
    pub fn psmax(&self) -> Option<f64> {
        self.peak.map(|peak| self.psmap[peak])
    }

    /// Where it is.
    pub fn direction(&self) -> Option<SkyDirection> {
        let (y, x) = self.peak?;
        self.grid.direction(y * self.grid.shape()[1] + x)
    }

    /// The dictionary with fermipy's keys; maps are lists of rows, what is not defined is `null`.
    pub fn to_json(&self) -> Value {
        let names = match &self.grid {
            SkyGrid::Wcs(grid) => [grid.header().ctype1.clone(), grid.header().ctype2.clone()],
            _ => ["lon".into(), "lat".into()],
        };
        let place = self.direction().map(|direction| direction.coordinates(self.grid.frame()));
        json!({
            "name": "PSmap",
            "psmap": numbers(&self.psmap),
            "psmapsigma": numbers(&self.psmapsigma()),
            "psmax": self.psmax(),
            "psmaxsigma": self.psmax().map(ps_in_sigma),
            "coordname1": names[0],
            "coordname2": names[1],
            "coordx": place.map(|(x, _)| format!("{x:.6}")),
            "coordy": place.map(|(_, y)| format!("{y:.6}")),
            "ipix": self.peak.map(|(_, x)| x + 1),
            "jpix": self.peak.map(|(y, _)| y + 1),
            "datcounts": self.datcounts,
            "modcounts": self.modcounts,
            "weights": self.weights,
            "hlogebin": self.hlogebin,
            "warnings": self.warnings,
            "config": self.config.to_json(),
        })
    }

    /// Writes fermipy's `_PSmap.fits`: HDU `PS in sigma`, then HDU `PS`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        let mut writer = FitsWriter::create(path)?;
        let config = header_of(&self.config.to_json());
        writer.sky_image(&self.grid, "PS in sigma", &config, &self.psmapsigma())?;
        writer.sky_image(&self.grid, "PS", &config, &self.psmap)?;
        Ok(writer.finish()?)
    }
}
