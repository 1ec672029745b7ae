//! Where a source is, and how wide.

use std::path::{Path, PathBuf};

use numpy::PyArray3;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_estimators::{ExtensionOptions, LocalizeOptions, PositionsOptions, TrialShape};
use roi_fit::PsfScale;

use crate::border::exceptions::OptionError;
use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::handle::Analysis;

#[pymethods]
impl Analysis {
    /// The position of a source with its error ellipse; with `update` the source is moved there. Keywords: `nstep`, `dtheta_max`, `free_background`,
    /// `free_radius`, `fix_shape`, `update`, and the files `fits` and `ecsv`.
    #[pyo3(signature = (name, **keywords))]
    fn localize<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("localize", keywords);
        let options = take_localize_options(&mut given)?;
        let files = Files::of(&mut given)?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let (session, makers) = (analysis.session(), analysis.trial_makers());
            let found = roi_estimators::localize(session, makers, name, &options, &mut watcher)?;
            files.write(|path| found.write_fits(path), |path| found.write_ecsv(path))?;
            if options.update {
                found.apply(analysis)?;
            }
            Ok(found)
        };
        self.long_work(py, work, |found| dictionary(py, &found.to_json()))
    }

    /// The positions of several sources, each for itself, all others where the model has them; with `update` each is moved. One that cannot be localized stands
    /// in `failed`. Keywords: those of `localize`.
    #[pyo3(signature = (names, **keywords))]
    fn localize_many<'py>(
        &self,
        py: Python<'py>,
        names: Vec<String>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("localize_many", keywords);
        let options = take_localize_options(&mut given)?;
        let files = Files::of(&mut given)?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let (session, makers) = (analysis.session(), analysis.trial_makers());
            let found = roi_estimators::localize_many(session, makers, &names, &options, &mut watcher)?;
            files.write(|path| found.write_fits(path), |path| found.write_ecsv(path))?;
            let moved = found.apply(analysis)?;
            Ok((found, moved))
        };
        self.long_work(py, work, |(found, moved)| {
            let dict = dictionary(py, &found.to_json())?;
            dict.set_item("moved", moved)?;
            Ok(dict)
        })
    }

    /// The positions of several sources in one fit with everything that is free; with `update` all are moved: `is_moved` tells whether they were. Keywords:
    /// `dtheta_max`, `free_background`, `free_radius`, `fix_shape`, `update`, and the files `fits` and `ecsv`.
    #[pyo3(signature = (names, **keywords))]
    fn fit_positions<'py>(
        &self,
        py: Python<'py>,
        names: Vec<String>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("fit_positions", keywords);
        let mut options = PositionsOptions::default();
        given.set("dtheta_max", &mut options.dtheta_max)?;
        given.set("free_background", &mut options.free_background)?;
        options.free_radius = given.take("free_radius")?;
        given.set("fix_shape", &mut options.fix_shape)?;
        given.set("update", &mut options.update)?;
        let files = Files::of(&mut given)?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let (session, makers) = (analysis.session(), analysis.trial_makers());
            let found = roi_estimators::fit_positions(session, makers, &names, &options, &mut watcher)?;
            files.write(|path| found.write_fits(path), |path| found.write_ecsv(path))?;
            let is_moved = found.apply(analysis)?;
            Ok((found, is_moved))
        };
        self.long_work(py, work, |(found, is_moved)| {
            let dict = dictionary(py, &found.to_json())?;
            dict.set_item("is_moved", is_moved)?;
            Ok(dict)
        })
    }

    /// The width of a source as a disk or a Gaussian, and whether it is wider than a point; with `update` the source is given it, where `ts_ext` is above
    /// the threshold: `is_extended` tells whether it was. Keywords: `spatial_model`, `width`, `width_min`, `width_max`, `width_nstep`, `fit_position`,
    /// `free_background`, `free_radius`, `fix_shape`, `fit_ebin`, `reoptimize`, `update`, `sqrt_ts_threshold`, `psf_scale_fn` (energies, log10 of MeV, and parts),
    /// `save_model_map` (adds `ext_tot_map` and the like: counts of energy bins, y, x), and the files `fits` and `ecsv`.
    #[pyo3(signature = (name, **keywords))]
    fn extension<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("extension", keywords);
        let mut options = ExtensionOptions::default();
        take_extension_options(&mut given, &mut options)?;
        let files = Files::of(&mut given)?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let (session, makers) = (analysis.session(), analysis.trial_makers());
            let mut found = roi_estimators::extension(session, makers, name, &options, &mut watcher)?;
            found.add_model_cubes(analysis)?;
            files.write(|path| found.write_fits(path), |path| found.write_ecsv(path))?;
            let is_extended = found.apply(analysis)?;
            Ok((found, is_extended))
        };
        self.long_work(py, work, |(found, is_extended)| {
            let dict = dictionary(py, &found.to_json())?;
            dict.set_item("is_extended", is_extended)?;
            for (key, cube) in found.model_cubes.iter().flat_map(roi_estimators::ModelCubes::named) {
                dict.set_item(key, PyArray3::from_owned_array(py, cube))?;
            }
            Ok(dict)
        })
    }
}

/// The tables that were asked for.
struct Files {
    fits: Option<PathBuf>,
    ecsv: Option<PathBuf>,
}

impl Files {
    fn of(given: &mut Keywords<'_, '_>) -> PyResult<Self> {
        Ok(Self { fits: given.take("fits")?, ecsv: given.take("ecsv")? })
    }

    /// Writes them. Before sources are moved: one that cannot be written leaves them where they were.
    fn write(
        &self,
        fits: impl FnOnce(&Path) -> roi_estimators::Result<()>,
        ecsv: impl FnOnce(&Path) -> roi_estimators::Result<()>,
    ) -> roi_estimators::Result<()> {
        self.fits.as_deref().map_or(Ok(()), fits)?;
        self.ecsv.as_deref().map_or(Ok(()), ecsv)
    }
}

fn take_localize_options(given: &mut Keywords<'_, '_>) -> PyResult<LocalizeOptions> {
    let mut options = LocalizeOptions::default();
    given.set("nstep", &mut options.nstep)?;
    given.set("dtheta_max", &mut options.dtheta_max)?;
    given.set("free_background", &mut options.free_background)?;
    options.free_radius = given.take("free_radius")?;
    given.set("fix_shape", &mut options.fix_shape)?;
    given.set("update", &mut options.update)?;
    Ok(options)
}

fn take_extension_options(given: &mut Keywords<'_, '_>, options: &mut ExtensionOptions) -> PyResult<()> {
    if let Some(name) = given.take::<String>("spatial_model")? {
        let wrong = || OptionError::new_err(format!("spatial_model: '{name}': expected RadialGaussian or RadialDisk"));
        options.spatial_model = TrialShape::named(&name).ok_or_else(wrong)?;
    }
    given.set("width", &mut options.width)?;
    given.set("width_min", &mut options.width_min)?;
    given.set("width_max", &mut options.width_max)?;
    given.set("width_nstep", &mut options.width_nstep)?;
    given.set("fit_position", &mut options.fit_position)?;
    given.set("free_background", &mut options.free_background)?;
    options.free_radius = given.take("free_radius")?;
    given.set("fix_shape", &mut options.fix_shape)?;
    given.set("fit_ebin", &mut options.fit_ebin)?;
    given.set("reoptimize", &mut options.reoptimize)?;
    given.set("update", &mut options.update)?;
    given.set("save_model_map", &mut options.save_model_map)?;
    options.sqrt_ts_threshold = given.take("sqrt_ts_threshold")?;
    if let Some([loge, fractions]) = given.take::<[Vec<f64>; 2]>("psf_scale_fn")? {
        let scale = PsfScale::new(loge, fractions);
        options.psf_scale_fn = Some(scale.map_err(|error| OptionError::new_err(format!("psf_scale_fn: {error}")))?);
    }
    Ok(())
}
