//! What `tscube` returns.

use lat_response::SkyGrid;
use ndarray::Array2;
use serde_json::{Value, json};

use crate::sed::sed_result::Reference;
use crate::tables::map_tables::numbers;
use crate::tscube::cube_point::CubePoint;
use crate::tscube::tscube_options::TsCubeOptions;

/// A TS map with the background fitted at each pixel, its arrays of shape [`SkyGrid::shape`], and the spectrum of the test source there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TsCube {
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
    /// The 1 sigma error of the amplitude.
    pub amplitude_err: Array2<f64>,
    /// The edges of the energy bins, MeV.
    pub energies: Vec<f64>,
    /// TS of each bin, `[energy bin, y, x]`; nothing without `do_sed`.
    pub bin_ts: Vec<Array2<f64>>,
    /// dN/dE of each bin at its geometric centre, cm^-2 s^-1 MeV^-1.
    pub bin_dnde: Vec<Array2<f64>>,
    /// `logL` of the model without a test source, its free norms at their maximum.
    pub loglike: f64,
    /// The options.
    pub config: TsCubeOptions,
    /// What each pixel told.
    pub(crate) points: Vec<CubePoint>,
    /// The reference spectra of the bins, their predicted counts those of the pixel in the middle.
    pub(crate) references: Vec<Reference>,
    /// The norms that are free: their names, values and covariance.
    pub(crate) baseline: Baseline,
}

/// The fit without a test source.
#[derive(Clone, Debug)]
pub(crate) struct Baseline {
    pub(crate) names: Vec<String>,
    pub(crate) values: Vec<f64>,
    /// Row by row; not a number where the Hessian is not positive definite.
    pub(crate) covariance: Vec<f64>,
}

impl TsCube {
    /// The root of the TS.
    pub fn sqrt_ts(&self) -> Array2<f64> {
        self.ts.mapv(f64::sqrt)
    }

    /// The dictionary with fermipy's keys; maps are lists of rows, `bin_ts` and `bin_dnde` lists of maps.
    pub fn to_json(&self) -> Value {
        let of_bins = |maps: &[Array2<f64>]| maps.iter().map(numbers).collect::<Vec<_>>();
        json!({
            "name": self.name,
            "src_dict": self.src_dict,
            "ts": numbers(&self.ts),
            "sqrt_ts": numbers(&self.sqrt_ts()),
            "npred": numbers(&self.npred),
            "amplitude": numbers(&self.amplitude),
            "amplitude_err": numbers(&self.amplitude_err),
            "energies": self.energies,
            "bin_ts": of_bins(&self.bin_ts),
            "bin_dnde": of_bins(&self.bin_dnde),
            "loglike": self.loglike,
            "config": self.config.to_json(),
        })
    }
}
