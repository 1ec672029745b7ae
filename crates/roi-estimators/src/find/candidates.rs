//! Candidates: sources that are placed, added to the model, fitted, and taken out again when they are none.

use likelihood_core::SourceMap;
use ndarray::Array3;
use roi_fit::{Analysis, ComponentCubes, FitOptions, Pars, Quiet, Session};
use roi_model::{Roi, SkyDirection, Source};

use crate::error::{Error, Result};
use crate::find::find_options::FindSourcesOptions;
use crate::find::names::name_of;
use crate::localize::ellipse::ErrorEllipse;
use crate::localize::localize_options::LocalizeOptions;
use crate::localize::localize_verb::localize;
use crate::sky::components::makers_of;

/// The weakest start of a norm, relative to the test source's.
const FAINTEST: f64 = 1e-4;

/// A source with a place, a start of its spectrum, and its maps, under the name of the place.
pub(crate) struct Placed {
    source: Source,
    maps: Vec<SourceMap>,
    pub(crate) ellipse: Option<ErrorEllipse>,
    pub(crate) warnings: Vec<String>,
}

/// A source in the model, with the counts that the cubes have of it.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    maps: Vec<SourceMap>,
    counts: Vec<Array3<f64>>,
    pub(crate) fit_quality: u8,
}

/// The test source with an amplitude at a place of the map, moved to where `logL` is highest, norm and shape fitted with the place.
pub(crate) fn placed(
    analysis: &Analysis,
    cubes: &[ComponentCubes],
    (place, amplitude): (SkyDirection, f64),
    options: &FindSourcesOptions,
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
    let maps = makers_of(analysis, cubes)?.iter().map(|maker| maker.source_map(&source));
    let maps = maps.collect::<lat_dataset::Result<Vec<_>>>()?;
    let mut session = analysis.session().clone();
    session.roi_mut().add_source(source.clone())?;
    session.set_source_maps(source.name(), &maps)?;
    moved(analysis, &mut session, (source, maps), options)
}

/// A source of a session where `logL` is highest; as it is, without an ellipse, when that is not found.
fn moved(
    analysis: &Analysis,
    session: &mut Session,
    (source, maps): (Source, Vec<SourceMap>),
    options: &FindSourcesOptions,
) -> Result<Placed> {
    let id = session.roi().id_of(source.name())?;
    let indices = indices(&source, &options.free_params)?;
    let parameters = session.roi_mut()[id].spectrum_mut().parameters_mut();
    parameters.iter_mut().enumerate().for_each(|(index, parameter)| parameter.set_free(indices.contains(&index)));
    let farthest = 0.5 * options.min_separation.min(1.0);
    let how = LocalizeOptions::default().with_nstep(0).with_dtheta_max(farthest);
    let found = match localize(session, analysis.trial_makers(), source.name(), &how, &mut Quiet) {
        Ok(found) => found,
        // A component that does not see the place, for example: the source stays where the map has it.
        Err(error @ (Error::OffMap { .. } | Error::NoEmission { .. } | Error::Unseen { .. })) => {
            let warnings = vec![format!("{}: its position was not fitted: {error}", source.name())];
            return Ok(Placed { source, maps, ellipse: None, warnings });
        }
        Err(error) => return Err(error),
    };
    let warnings = found.warnings.iter().map(|warning| format!("{}: {warning}", found.name)).collect();
    let (like, maps) = if found.fit_success { (found.source()?.clone(), found.maps) } else { (source, maps) };
    // Its name is that of where it is now.
    let mut others = session.roi().clone();
    others.remove_source(like.name())?;
    let name = name_of(&found.position, &others);
    let mut spectrum = like.spectrum().clone();
    spectrum.parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    let source = Source::new(name, like.source_type(), spectrum, like.spatial().clone())?;
    Ok(Placed { source, maps, ellipse: found.ellipse.filter(|_| found.fit_success), warnings })
}

/// Which parameters of a new source are fitted.
fn indices(source: &Source, free_params: &[String]) -> Result<Vec<usize>> {
    let spectrum = source.spectrum();
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

    /// Adds it to the model and to the cubes. On an error neither has changed.
    pub(crate) fn add(self, analysis: &mut Analysis, cubes: &mut [ComponentCubes]) -> Result<Candidate> {
        let Self { source, maps, .. } = self;
        let counts = cubes.iter().zip(&maps).map(|(cube, map)| cube.predicted(&source, map));
        let counts = counts.collect::<roi_fit::Result<Vec<_>>>()?;
        let name = source.name().to_owned();
        analysis.add_source(source, &maps)?;
        cubes.iter_mut().zip(&counts).for_each(|(cube, counts)| cube.add(counts));
        Ok(Candidate { name, maps, counts, fit_quality: 0 })
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
        analysis.free_source(&self.name, true, &pars)?;
        let fitted = analysis.fit(options);
        fix(analysis.roi_mut(), &self.name)?;
        let fitted = fitted?;
        self.fit_quality = fitted.fit_quality;
        let name = &self.name;
        Ok((fitted.fit_success, fitted.warnings.iter().map(|warning| format!("{name}: {warning}")).collect()))
    }

    /// Brings the cubes to the source's present spectrum.
    pub(crate) fn follow(&mut self, analysis: &Analysis, cubes: &mut [ComponentCubes]) -> Result<()> {
        let source: &Source = analysis.roi().source(&self.name)?;
        for ((cube, map), counts) in cubes.iter_mut().zip(&self.maps).zip(&mut self.counts) {
            let now = cube.predicted(source, map)?;
            cube.add(&(&now - &*counts));
            *counts = now;
        }
        Ok(())
    }

    /// Where it is now that others are there too, if that differs.
    pub(crate) fn replaced(&self, analysis: &Analysis, options: &FindSourcesOptions) -> Result<Placed> {
        let source = analysis.roi().source(&self.name)?.clone();
        moved(analysis, &mut analysis.session().clone(), (source, self.maps.clone()), options)
    }

    /// Puts the source back as another session has it.
    pub(crate) fn add_again(&self, analysis: &mut Analysis, before: &Session) -> Result<()> {
        Ok(analysis.add_source(before.roi().source(&self.name)?.clone(), &self.maps)?)
    }

    /// Takes the source out of the model and the cubes.
    pub(crate) fn remove(self, analysis: &mut Analysis, cubes: &mut [ComponentCubes]) -> Result<()> {
        analysis.delete_source(&self.name)?;
        cubes.iter_mut().zip(&self.counts).for_each(|(cube, counts)| cube.add(&-counts));
        Ok(())
    }
}

/// Fixes all parameters of a source. Their errors stay: they are those of the fit.
pub(crate) fn fix(roi: &mut Roi, name: &str) -> Result<()> {
    let id = roi.id_of(name)?;
    roi[id].spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    Ok(())
}
