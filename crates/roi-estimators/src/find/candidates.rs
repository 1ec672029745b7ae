//! Candidates: sources that are placed, added to the model, fitted, and taken out again when they are none.

use likelihood_core::SourceMap;
use roi_fit::{Analysis, FitOptions, Pars, Progress, Session};
use roi_model::{Roi, SkyDirection, Source, Spectrum};

use crate::error::{Error, Result};
use crate::find::find_options::FindSourcesOptions;
use crate::find::names::name_of;
use crate::localize::ellipse::ErrorEllipse;
use crate::localize::localize_verb::{check_seen, covariance};
use crate::trial::freedom::{Freedom, set_free};
use crate::trial::settle::{settle, with_curvature};
use crate::trial::together::POSITION;
use crate::trial::trial_session::TrialSession;

/// The weakest start of a norm, relative to the test source's.
const FAINTEST: f64 = 1e-4;

/// A source with a place, a start of its spectrum, and its maps, under the name of the place.
pub(crate) struct Placed {
    source: Source,
    maps: Vec<SourceMap>,
    pub(crate) ellipse: Option<ErrorEllipse>,
    pub(crate) warnings: Vec<String>,
}

/// A source in the model.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    maps: Vec<SourceMap>,
    pub(crate) fit_quality: u8,
}

/// The test source with an amplitude at a place of the map, moved to where `logL` is highest, norm and shape fitted with the place.
pub(crate) fn placed(
    analysis: &Analysis,
    (place, amplitude): (SkyDirection, f64),
    options: &FindSourcesOptions,
    progress: &mut dyn Progress,
) -> Result<Placed> {
    let own = options.tsmap.model.spectrum()?;
    let norm = own.norm_index().map(|index| &own.parameters()[index]);
    let model = options.tsmap.model.clone();
    // The start is that of the map, in whatever unit the norm has.
    let model = match norm {
        Some(norm) => model.with_parameter(norm.name(), norm.true_value() * amplitude.max(FAINTEST)),
        None => model,
    };
    let source = model.at(&name_of(&place, analysis.roi()), place)?;
    let maps = analysis.trial_makers().iter().map(|maker| maker.source_map(&source));
    let maps = maps.collect::<lat_dataset::Result<Vec<_>>>()?;
    let mut session = analysis.session().clone();
    session.roi_mut().add_source(source.clone())?;
    session.set_source_maps(source.name(), &maps)?;
    moved(analysis, &mut session, (source, maps), options, progress)
}

/// A source of a session where `logL` is highest; as it is, without an ellipse, when that is not found.
fn moved(
    analysis: &Analysis,
    session: &mut Session,
    (source, maps): (Source, Vec<SourceMap>),
    options: &FindSourcesOptions,
    progress: &mut dyn Progress,
) -> Result<Placed> {
    let id = session.roi().id_of(source.name())?;
    let indices = indices(source.spectrum(), &options.free_params)?;
    let parameters = session.roi_mut()[id].spectrum_mut().parameters_mut();
    parameters.iter_mut().enumerate().for_each(|(index, parameter)| parameter.set_free(indices.contains(&index)));
    let (source, maps, ellipse, warnings) = match settled(analysis, session, source.name(), options, progress) {
        Ok(Some((source, maps, ellipse))) => (source, maps, Some(ellipse), Vec::new()),
        Ok(None) => {
            let warning = format!("{}: its position was not fitted: logL has no maximum near the peak", source.name());
            (source, maps, None, vec![warning])
        }
        // A component that does not see the place, for example: the source stays where the map has it.
        Err(error @ (Error::OffMap { .. } | Error::NoEmission { .. } | Error::Unseen { .. })) => {
            let warning = format!("{}: its position was not fitted: {error}", source.name());
            (source, maps, None, vec![warning])
        }
        Err(error) => return Err(error),
    };
    // Its name is that of where it is now.
    let mut others = session.roi().clone();
    others.remove_source(source.name())?;
    let name = source.direction().map_or_else(|| source.name().to_owned(), |place| name_of(&place, &others));
    let mut spectrum = source.spectrum().clone();
    spectrum.parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    let mut source = Source::new(name, source.source_type(), spectrum, source.spatial().clone())?;
    source.set_catalog_values(ellipse.iter().flat_map(position_errors).collect());
    Ok(Placed { source, maps, ellipse, warnings })
}

/// The error ellipses of 68 and 95 %, degrees, in the columns that catalogs have for them.
fn position_errors(ellipse: &ErrorEllipse) -> Vec<(String, f64)> {
    let sigma = (ellipse.semimajor * ellipse.semiminor).sqrt();
    let of = |level: &str, radius: f64| {
        let axes = [("SemiMajor", ellipse.semimajor), ("SemiMinor", ellipse.semiminor)];
        let axes = axes.map(|(axis, length)| (format!("Conf_{level}_{axis}"), length * radius / sigma));
        axes.into_iter().chain([(format!("Conf_{level}_PosAng"), ellipse.angle)]).collect::<Vec<_>>()
    };
    [of("68", ellipse.r68), of("95", ellipse.r95)].concat()
}

/// A source with its maps at the maximum of `logL`, place and spectrum, the others held, and the error ellipse; `None` without a maximum near by.
fn settled(
    analysis: &Analysis,
    session: &Session,
    name: &str,
    options: &FindSourcesOptions,
    progress: &mut dyn Progress,
) -> Result<Option<(Source, Vec<SourceMap>, ErrorEllipse)>> {
    let makers = analysis.trial_makers();
    let mut trial = TrialSession::new(session, makers, name)?;
    check_seen(&trial, makers)?;
    let id = trial.source();
    set_free(trial.session_mut(), &[id], Freedom { free_background: false, free_radius: None, fix_shape: false })?;
    let farthest = 0.5 * options.min_separation.min(1.0);
    let end = settle(&mut trial, &POSITION, farthest, progress)?;
    if !(end.is_converged && end.is_inside) {
        return Ok(None);
    }
    let at = with_curvature(&mut trial, &POSITION)?.at;
    let ellipse = covariance(&trial, &at).and_then(|cov| ErrorEllipse::new(&trial.place().direction, cov));
    let maps = trial.source_maps()?;
    Ok(ellipse.map(|ellipse| (trial.model().clone(), maps, ellipse)))
}

/// Which parameters of a new source are fitted.
pub(crate) fn indices(spectrum: &Spectrum, free_params: &[String]) -> Result<Vec<usize>> {
    if free_params.is_empty() {
        return Ok(spectrum.norm_index().into_iter().chain(spectrum.shape_indices()).collect());
    }
    let index = |name: &String| {
        spectrum.index_of(name).ok_or_else(|| Error::Option {
            option: "free_params",
            found: name.clone(),
            expected: "parameters of the test source's spectrum",
        })
    };
    free_params.iter().map(index).collect()
}

impl Placed {
    /// Its place.
    pub(crate) fn place(&self) -> Option<SkyDirection> {
        self.source.direction()
    }

    /// Adds it to the model, which has not changed on an error.
    pub(crate) fn add(self, analysis: &mut Analysis) -> Result<Candidate> {
        let Self { source, maps, .. } = self;
        let name = source.name().to_owned();
        analysis.add_source_with_maps(source, &maps)?;
        Ok(Candidate { name, maps, fit_quality: 0 })
    }
}

impl Candidate {
    /// Fits its parameters (none given: norm and shape) and whatever is free in the model, and fixes its own again. Returns whether the fit was
    /// good enough, with what it warned of; the parameters are as they were when it was not.
    pub(crate) fn fit(
        &mut self,
        analysis: &mut Analysis,
        free_params: &[String],
        options: &FitOptions,
    ) -> Result<(bool, Vec<String>)> {
        let pars = if free_params.is_empty() { Pars::All } else { Pars::Names(free_params.to_vec()) };
        let freed = analysis.free_source(&self.name, true, &pars);
        let fitted = freed.and_then(|()| analysis.fit(options));
        fix(analysis.roi_mut(), &self.name)?;
        let fitted = fitted?;
        self.fit_quality = fitted.fit_quality;
        let name = &self.name;
        Ok((fitted.fit_success, fitted.warnings.iter().map(|warning| format!("{name}: {warning}")).collect()))
    }

    /// Where it is now that others are there too, if that differs.
    pub(crate) fn replaced(
        &self,
        analysis: &Analysis,
        options: &FindSourcesOptions,
        progress: &mut dyn Progress,
    ) -> Result<Placed> {
        let source = analysis.roi().source(&self.name)?.clone();
        moved(analysis, &mut analysis.session().clone(), (source, self.maps.clone()), options, progress)
    }

    /// Takes the source out of the model.
    pub(crate) fn remove(self, analysis: &mut Analysis) -> Result<()> {
        analysis.delete_source(&self.name)?;
        Ok(())
    }
}

/// Fixes all parameters of a source. Their errors stay: they are those of the fit.
pub(crate) fn fix(roi: &mut Roi, name: &str) -> Result<()> {
    let id = roi.id_of(name)?;
    roi[id].spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    Ok(())
}
