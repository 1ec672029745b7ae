//! What `localize` found.

use lat_response::SkyGrid;
use likelihood_core::SourceMap;
use roi_fit::{Analysis, Progress};
use roi_model::{Parameter, Roi, SkyDirection, Source};

use crate::error::Result;
use crate::localize::ellipse::ErrorEllipse;
use crate::localize::localize_options::LocalizeOptions;
use crate::localize::peak_scan::PeakScan;
use crate::sky::test_source::TestSource;
use crate::tsmap::ts_options::TsMapOptions;
use crate::tsmap::ts_result::TsMap;
use crate::tsmap::ts_verb::tsmap;

/// The position of a source by maximum likelihood, see [`crate::localize`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Localization {
    /// The source.
    pub name: String,
    /// Where the model had it.
    pub preloc: SkyDirection,
    /// Where it is.
    pub position: SkyDirection,
    /// The error ellipse; `None` when the fit did not succeed.
    pub ellipse: Option<ErrorEllipse>,
    /// `logL` of the model as it was.
    pub loglike_init: f64,
    /// `logL` at the old position with the same parameters free as in the fit of the position.
    pub loglike_base: f64,
    /// `logL` at the new position.
    pub loglike_loc: f64,
    /// Whether a maximum was found within `dtheta_max`, and `logL` is not higher where it was looked at around there.
    pub fit_success: bool,
    /// Whether the maximum lies within `dtheta_max`.
    pub fit_inbounds: bool,
    /// The largest relative difference of the fall of `logL` on the 95 % ellipse to that of a paraboloid.
    pub deviation: Option<f64>,
    /// The 95 % contour, right ascension and declination, where the ellipse is no good picture (a deviation above 0.2).
    pub pos_contour: Vec<[f64; 2]>,
    /// The scan, unless `nstep` is 0.
    pub scan: Option<PeakScan>,
    /// The TS map of the source around its old position, see [`Localization::add_tsmap`].
    pub tsmap: Option<TsMap>,
    /// Pixel of the position in the map of the first component, from 0.
    pub pixel: Option<[f64; 2]>,
    /// Its shift in that map, degrees along x and y.
    pub shift: Option<[f64; 2]>,
    /// What went wrong.
    pub warnings: Vec<String>,
    /// The options.
    pub config: LocalizeOptions,
    /// The model at the end of the fit.
    pub(crate) roi: Roi,
    /// The source's maps at the new position, one a component.
    pub(crate) maps: Vec<SourceMap>,
}

impl Localization {
    /// Degrees from the old position to the new one.
    pub fn pos_offset(&self) -> f64 {
        self.preloc.separation(&self.position)
    }

    /// The source at its new position, with the values of the fit.
    ///
    /// # Errors
    /// None for a localization that [`crate::localize`] made.
    pub fn source(&self) -> Result<&Source> {
        Ok(self.roi.source(&self.name)?)
    }

    /// Adds the map of fermipy's first step, for a picture: the TS of the source itself, with the spectrum that the model has, over pixels up to `dtheta_max`
    /// from its old position to either side, everything else held. Nothing is added where the counts have HEALPix pixels.
    ///
    /// # Errors
    /// As [`crate::tsmap`].
    pub fn add_tsmap(&mut self, analysis: &Analysis, progress: &mut dyn Progress) -> Result<()> {
        if analysis.trial_makers().iter().any(|maker| !matches!(maker.grid(), SkyGrid::Wcs(_))) {
            return Ok(());
        }
        let options = TsMapOptions::default()
            .with_model(TestSource::like(analysis.roi().source(&self.name)?)?)
            .with_exclude(vec![self.name.clone()])
            .with_map_skydir(Some(self.preloc))
            .with_map_size(Some(2.0 * self.config.dtheta_max));
        self.tsmap = Some(tsmap(analysis, &options, progress)?);
        Ok(())
    }

    /// As [`Localization::apply`], without the values of other sources.
    pub(crate) fn apply_own(&self, analysis: &mut Analysis) -> Result<bool> {
        if !self.fit_success || !self.config.update {
            return Ok(false);
        }
        replace(&self.roi, &self.name, &self.maps, analysis)?;
        Ok(true)
    }

    /// Moves the source in an analysis and takes over the values of everything that was fitted with it. What is free there stays free, and nothing is
    /// done where the fit did not succeed, or without [`update`](LocalizeOptions::update). `true` when the source was moved.
    ///
    /// # Errors
    /// When the analysis is of other data.
    pub fn apply(&self, analysis: &mut Analysis) -> Result<bool> {
        if !self.fit_success || !self.config.update {
            return Ok(false);
        }
        apply(&self.roi, &self.name, &self.maps, analysis)?;
        Ok(true)
    }
}

/// Gives an analysis the values of a fit, and one of its sources another place with its maps.
pub(crate) fn apply(fitted: &Roi, name: &str, maps: &[SourceMap], analysis: &mut Analysis) -> Result<()> {
    replace(fitted, name, maps, analysis)?;
    for id in fitted.free_parameters() {
        let (source, value) = (&fitted[id.source], fitted.parameter(id)?.value());
        if source.name() != name {
            let own = analysis.roi().id_of(source.name())?;
            let own = roi_model::ParameterId { source: own, parameter: id.parameter };
            analysis.roi_mut().parameter_mut(own)?.set_value(value)?;
        }
    }
    Ok(())
}

/// Gives one of the sources of an analysis another place with its maps, and its parameters the values of a fit.
fn replace(fitted: &Roi, name: &str, maps: &[SourceMap], analysis: &mut Analysis) -> Result<()> {
    let flags: Vec<bool> =
        analysis.roi().source(name)?.spectrum().parameters().iter().map(Parameter::is_free).collect();
    let mut source = fitted.source(name)?.clone();
    for (parameter, &is_free) in source.spectrum_mut().parameters_mut().iter_mut().zip(&flags) {
        parameter.set_free(is_free);
        if !is_free {
            parameter.set_error(0.0)?;
        }
    }
    analysis.replace_source(source, maps)?;
    Ok(())
}
