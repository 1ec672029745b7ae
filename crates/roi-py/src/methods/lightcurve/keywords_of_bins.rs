//! The keywords of a light curve: where its bins lie, and what is fitted in them.

use pyo3::prelude::*;
use roi_estimators::{LightCurveOptions, adaptive_bins_of, equal_time_bins};
use roi_fit::{LightcurveConfig, OutOfRange, SliceMaps};

use crate::border::exceptions::{Failure, OptionError};
use crate::border::keywords::Keywords;
use crate::border::watcher::Watcher;
use crate::methods::fitting::take_optimizer;
use crate::methods::selecting::names;

/// Photons of adaptive bins lie within so many degrees of the source.
const ADAPTIVE_RADIUS: f64 = 3.0;

/// Where bins lie.
pub(super) enum Bins {
    /// As the configuration has them.
    Configured,
    /// So many seconds long.
    Long(f64),
    /// So many.
    Many(usize),
    /// Begin and end of each, mission times in s.
    Given(Vec<(f64, f64)>),
    /// As long as it takes for a flux of so many times its error, by the photons within so many degrees.
    Adaptive(f64, f64),
}

impl Bins {
    /// Of keywords `time_bins`, `nbins`, `binsz`, of which an earlier one goes before a later one, or `adaptive` and `adaptive_radius`.
    pub(super) fn take(given: &mut Keywords<'_, '_>) -> PyResult<Self> {
        let bins = given.raw("time_bins")?.map(|bins| times(&bins)).transpose()?.unwrap_or_default();
        let (nbins, binsz) = (given.take("nbins")?, given.take("binsz")?);
        let (adaptive, radius) = (given.take("adaptive")?, given.take::<f64>("adaptive_radius")?);
        let Some(significance) = adaptive else {
            if radius.is_some() {
                return Err(OptionError::new_err("adaptive_radius: it is that of adaptive, which is not given"));
            }
            return Ok(match (bins.is_empty(), nbins, binsz) {
                (false, ..) => Self::Given(bins),
                (true, Some(nbins), _) => Self::Many(nbins),
                (true, None, Some(binsz)) => Self::Long(binsz),
                (true, None, None) => Self::Configured,
            });
        };
        if !bins.is_empty() || nbins.is_some() || binsz.is_some() {
            return Err(OptionError::new_err("adaptive: bins follow the photons; give no time_bins, nbins or binsz"));
        }
        let radius = radius.unwrap_or(ADAPTIVE_RADIUS);
        if !(radius.is_finite() && radius > 0.0) {
            return Err(OptionError::new_err(format!("adaptive_radius: {radius}: expected degrees, more than 0")));
        }
        Ok(Self::Adaptive(significance, radius))
    }

    /// Begin and end of each, mission times in s.
    pub(super) fn times(
        &self,
        analysis: &roi_fit::Analysis,
        name: &str,
        watcher: &mut Watcher,
    ) -> Result<Vec<(f64, f64)>, Failure> {
        let LightcurveConfig { binsz, nbins, time_bins, .. } = analysis.light_curve_config();
        let all = || analysis.observation_times();
        Ok(match self {
            Self::Given(bins) => bins.clone(),
            Self::Adaptive(significance, radius) => {
                adaptive_bins_of(analysis, name, (*significance, *radius), watcher)?
            }
            Self::Many(nbins) => equal_time_bins(all()?, binsz, Some(*nbins))?,
            Self::Long(binsz) => equal_time_bins(all()?, *binsz, None)?,
            Self::Configured if !time_bins.is_empty() => time_bins,
            Self::Configured => equal_time_bins(all()?, binsz, nbins)?,
        })
    }
}

/// Edges, or pairs of begin and end.
fn times(given: &Bound<'_, PyAny>) -> PyResult<Vec<(f64, f64)>> {
    let wrong = || {
        OptionError::new_err("time_bins: expected edges [t0, t1, ...] or pairs [[begin, end], ...], mission times in s")
    };
    if let Ok(edges) = given.extract::<Vec<f64>>() {
        return match edges.len() {
            1 => Err(wrong()),
            _ => Ok(edges.windows(2).map(|pair| (pair[0], pair[1])).collect()),
        };
    }
    let pairs: Vec<Vec<f64>> = given.extract().map_err(|_| wrong())?;
    let pair = |ends: &Vec<f64>| match ends[..] {
        [begin, end] => Some((begin, end)),
        _ => None,
    };
    pairs.iter().map(pair).collect::<Option<_>>().ok_or_else(wrong)
}

/// What is fitted in each bin, and how its data are made.
pub(super) fn take_options(given: &mut Keywords<'_, '_>, options: &mut LightCurveOptions) -> PyResult<()> {
    given.set("shape_ts_threshold", &mut options.shape_ts_threshold)?;
    given.set("free_background", &mut options.free_background)?;
    given.set("free_diffuse", &mut options.free_diffuse)?;
    if let Some(radius) = given.take("free_radius")? {
        options.free_radius = Some(radius);
    }
    if let Some(sources) = given.raw("free_sources")? {
        options.free_sources = names(Some(sources))?;
    }
    if let Some(parameters) = given.raw("free_params")? {
        options.free_params = names(Some(parameters))?;
    }
    given.set("max_free_sources", &mut options.max_free_sources)?;
    given.set("systematic", &mut options.systematic)?;
    given.set("ul_confidence", &mut options.ul_confidence)?;
    given.set("ul_ts_threshold", &mut options.ul_ts_threshold)?;
    given.set("blocks_p0", &mut options.blocks_p0)?;
    given.set("psf_tolerance", &mut options.slices.psf_tolerance)?;
    let maps = &mut options.slices.source_maps;
    match (given.take::<String>("source_maps")?, given.take::<bool>("use_scaled_srcmap")?) {
        (Some(text), _) => *maps = text.parse().map_err(|error: OutOfRange| OptionError::new_err(error.to_string()))?,
        (None, Some(true)) => *maps = SliceMaps::Scaled,
        (None, Some(false)) if *maps == SliceMaps::Scaled => *maps = SliceMaps::default(),
        (None, _) => {}
    }
    take_optimizer(given, &mut options.optimizer)
}
