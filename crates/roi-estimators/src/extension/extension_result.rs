//! What `extension` found.

use lat_response::SkyGrid;
use likelihood_core::SourceMap;
use roi_fit::{Analysis, Progress};
use roi_model::{Roi, SkyDirection, Source};

use crate::error::Result;
use crate::extension::extension_options::ExtensionOptions;
use crate::extension::model_cubes::{Hypothesis, ModelCubes};
use crate::extension::width::Width;
use crate::localize::ellipse::ErrorEllipse;
use crate::localize::localization::apply;
use crate::sky::test_source::TestSource;
use crate::trial::place::TrialShape;
use crate::tsmap::ts_options::TsMapOptions;
use crate::tsmap::ts_result::TsMap;
use crate::tsmap::ts_verb::tsmap;

/// 68 % radius of the disk of a TS map, degrees.
const TEST_WIDTH: f64 = 0.0825;
/// The width of that map: so many times that of the source, and at least so many degrees.
const MAP_WIDTHS: f64 = 4.0;
const LEAST_MAP: f64 = 1.0;

/// The width of a source by maximum likelihood, see [`crate::extension`]. Widths are 68 % containment radii in degrees.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Extension {
    /// The source.
    pub name: String,
    /// All widths at which `logL` was taken, rising from 0, which stands for a point.
    pub width: Vec<f64>,
    /// `logL` there.
    pub loglike: Vec<f64>,
    /// `logL` of the point source.
    pub loglike_ptsrc: f64,
    /// `logL` of the best width: the highest of the curve.
    pub loglike_ext: f64,
    /// `logL` of the model as it was.
    pub loglike_init: f64,
    /// `logL` of the model as it was with the same parameters free as in the fit of the width.
    pub loglike_base: f64,
    /// The best width; 0 for a point.
    pub ext: f64,
    /// Its error: the mean of both sides, or that of the side where there is one.
    pub ext_err: Option<f64>,
    /// The error upwards.
    pub ext_err_hi: Option<f64>,
    /// The error downwards; `None` where `logL` does not fall that far down to 0.
    pub ext_err_lo: Option<f64>,
    /// The 95 % upper limit; `None` where it lies above `width_max`.
    pub ext_ul95: Option<f64>,
    /// Where the source was.
    pub preloc: SkyDirection,
    /// Where it is with the best width: the same without `fit_position`.
    pub position: SkyDirection,
    /// The error ellipse of the position; `None` without `fit_position`.
    pub ellipse: Option<ErrorEllipse>,
    /// Widths in each energy bin; empty without `fit_ebin`.
    pub ebins: Vec<EnergyWidth>,
    /// Whether the maximum of the curve was found, and that of the point source.
    pub fit_success: bool,
    /// The TS map around the position without the source, see [`Extension::add_tsmap`].
    pub tsmap: Option<TsMap>,
    /// What the fits predict in every pixel, see [`Extension::add_model_cubes`].
    pub model_cubes: Option<ModelCubes>,
    /// What went wrong.
    pub warnings: Vec<String>,
    /// The options.
    pub config: ExtensionOptions,
    pub(crate) roi: Roi,
    pub(crate) maps: Vec<SourceMap>,
    /// The point, where its cubes were asked for.
    pub(crate) ptsrc: Option<Hypothesis>,
}

/// The width in one energy bin.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EnergyWidth {
    /// Lower edge, MeV.
    pub e_min: f64,
    /// Upper edge, MeV.
    pub e_max: f64,
    /// `logL` of the point source in the bin.
    pub loglike_ptsrc: f64,
    pub(crate) found: Width,
}

impl EnergyWidth {
    /// The best width; 0 for a point.
    pub fn ext(&self) -> f64 {
        self.found.ext
    }

    /// Its error.
    pub fn ext_err(&self) -> Option<f64> {
        self.found.err()
    }

    /// The 95 % upper limit.
    pub fn ext_ul95(&self) -> Option<f64> {
        self.found.ul95
    }

    /// Twice the gain in `logL` over a point.
    pub fn ts_ext(&self) -> f64 {
        2.0 * (self.found.loglike - self.loglike_ptsrc)
    }
}

impl Extension {
    /// Twice the gain in `logL` of the best width over a point.
    pub fn ts_ext(&self) -> f64 {
        2.0 * (self.loglike_ext - self.loglike_ptsrc)
    }

    /// The source with the best width, with the values of the fit.
    ///
    /// # Errors
    /// None for a result that [`crate::extension`] made.
    pub fn source(&self) -> Result<&Source> {
        Ok(self.roi.source(&self.name)?)
    }

    /// Adds fermipy's map of the source, for a picture: the TS of a disk of 0.0825 degrees (68 %) over a square around the position, the source left out and
    /// everything else held; 1 degree wide, or 4 times the width. Nothing is added where the counts have HEALPix pixels.
    ///
    /// # Errors
    /// As [`crate::tsmap`].
    pub fn add_tsmap(&mut self, analysis: &Analysis, progress: &mut dyn Progress) -> Result<()> {
        if analysis.trial_makers().iter().any(|maker| !matches!(maker.grid(), SkyGrid::Wcs(_))) {
            return Ok(());
        }
        let options = TsMapOptions::default()
            .with_model(TestSource::default().with_shape(TrialShape::Disk).with_width(TEST_WIDTH))
            .with_exclude(vec![self.name.clone()])
            .with_map_skydir(Some(self.position))
            .with_map_size(Some((MAP_WIDTHS * self.ext).max(LEAST_MAP)));
        self.tsmap = Some(tsmap(analysis, &options, progress)?);
        Ok(())
    }

    /// Adds what the fits of the point and of the best width predict in every pixel, where [`save_model_map`](ExtensionOptions::save_model_map) asked for
    /// it. The source maps of the other sources are read again (or made again), as a fit keeps only the filled bins of them.
    ///
    /// # Errors
    /// As [`Analysis::cubes`].
    pub fn add_model_cubes(&mut self, analysis: &Analysis) -> Result<()> {
        let Some(point) = &self.ptsrc else { return Ok(()) };
        let best = Hypothesis { roi: self.roi.clone(), maps: self.maps.clone() };
        self.model_cubes = Some(ModelCubes::of(analysis, &self.name, [point, &best])?);
        Ok(())
    }

    /// Whether the source is to be given its width: the maximum was found, it is no point, and `ts_ext` is above the threshold.
    pub fn is_significant(&self) -> bool {
        let threshold = self.config.sqrt_ts_threshold.unwrap_or(f64::NEG_INFINITY);
        self.fit_success && self.ext > 0.0 && self.ts_ext().max(0.0).sqrt() > threshold
    }

    /// Gives the source of an analysis its shape, width and position, and takes over the values of everything that was fitted with them, if it
    /// [is significant](Extension::is_significant) and [`update`](ExtensionOptions::update) asks for it. `true` when that was done.
    ///
    /// # Errors
    /// When the analysis is of other data.
    pub fn apply(&self, analysis: &mut Analysis) -> Result<bool> {
        if !self.config.update || !self.is_significant() {
            return Ok(false);
        }
        apply(&self.roi, &self.name, &self.maps, analysis)?;
        Ok(true)
    }
}
