//! Maps of the sky, and new sources.

use std::path::PathBuf;

use numpy::ndarray::{Array2, Array3, Axis};
use numpy::{PyArray2, PyArray3};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_estimators::{FindSourcesOptions, PsMapOptions, ResidMapOptions, TestSource, TsCubeOptions, TsMapOptions};

use crate::border::exceptions::{Failure, OptionError};
use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::handle::Analysis;
use crate::methods::fitting::take_optimizer;
use crate::methods::selecting::{direction, names};

#[pymethods]
impl Analysis {
    /// What one more source would gain at each pixel. Keywords: `model` (a dictionary of the test source), `exclude`, `loge_bounds`,
    /// `max_kernel_radius`, `threshold`, `map_skydir`, `map_size`, `local_psf`, `refit_background`, and the file `fits`.
    #[pyo3(signature = (**keywords))]
    fn tsmap<'py>(&self, py: Python<'py>, keywords: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("tsmap", keywords);
        let options = ts_options(&mut given)?;
        let fits: Option<PathBuf> = given.take("fits")?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let map = roi_estimators::tsmap(analysis, &options, &mut watcher)?;
            if let Some(path) = &fits {
                map.write_fits(path)?;
            }
            Ok(map)
        };
        self.long_work(py, work, |map| {
            let dict = dictionary(py, &map.to_json())?;
            put(
                &dict,
                [("sqrt_ts", map.sqrt_ts()), ("ts", map.ts), ("npred", map.npred), ("amplitude", map.amplitude)],
            )?;
            Ok(dict)
        })
    }

    /// As `tsmap` with the free norms fitted at each pixel, and the spectrum of the test source there. Keywords: `model`, `exclude`, `map_skydir`, `map_size`,
    /// `do_sed`, `nnorm`, `cov_scale_bb`, `cov_scale`, and the file `fits`.
    #[pyo3(signature = (**keywords))]
    fn tscube<'py>(&self, py: Python<'py>, keywords: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("tscube", keywords);
        let options = cube_options(&mut given)?;
        let fits: Option<PathBuf> = given.take("fits")?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let cube = roi_estimators::tscube(analysis, &options, &mut watcher)?;
            if let Some(path) = &fits {
                cube.write_fits(path)?;
            }
            Ok(cube)
        };
        self.long_work(py, work, |cube| {
            let dict = dictionary(py, &cube.to_json())?;
            for (key, maps) in [("bin_ts", &cube.bin_ts), ("bin_dnde", &cube.bin_dnde)] {
                let views: Vec<_> = maps.iter().map(|map| map.view()).collect();
                let (ny, nx) = cube.ts.dim();
                let stacked = numpy::ndarray::stack(Axis(0), &views).unwrap_or_else(|_| Array3::zeros((0, ny, nx)));
                dict.set_item(key, PyArray3::from_owned_array(py, stacked))?;
            }
            put(
                &dict,
                [
                    ("sqrt_ts", cube.sqrt_ts()),
                    ("ts", cube.ts),
                    ("npred", cube.npred),
                    ("amplitude", cube.amplitude),
                    ("amplitude_err", cube.amplitude_err),
                ],
            )?;
            Ok(dict)
        })
    }

    /// How far the counts lie above the model around each pixel, in sigmas. Keywords: `model`, `exclude`, `loge_bounds`, `use_weights`, and the file `fits`.
    #[pyo3(signature = (**keywords))]
    fn residmap<'py>(&self, py: Python<'py>, keywords: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("residmap", keywords);
        let mut options = ResidMapOptions::default();
        options.model = test_source(&mut given)?;
        options.exclude = names(given.raw("exclude")?)?;
        options.loge_bounds = given.take_bounds("loge_bounds")?;
        given.set("use_weights", &mut options.use_weights)?;
        let fits: Option<PathBuf> = given.take("fits")?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let map = roi_estimators::residmap(analysis, &options, &mut watcher)?;
            if let Some(path) = &fits {
                map.write_fits(path)?;
            }
            Ok(map)
        };
        self.long_work(py, work, |map| {
            let dict = dictionary(py, &map.to_json())?;
            put(&dict, [("sigma", map.sigma), ("data", map.data), ("model", map.model), ("excess", map.excess)])?;
            if let Some(mask) = map.mask {
                dict.set_item("mask", PyArray2::from_owned_array(py, mask))?;
            }
            Ok(dict)
        })
    }

    /// How improbable the counts around each pixel are (the PS of Bruel 2021). Keywords: `exclude`, `emin`, `emax`, `nbinloge`, `fixedradius`,
    /// `psfpar0` to `psfpar3`, `psfpar0lst`, `dpix`, `maxpoissoncount`, `prob_epsilon`, `nbinpdf`, `scaleaxis`, `use_weights`, and the file `fits`.
    #[pyo3(signature = (**keywords))]
    fn psmap<'py>(&self, py: Python<'py>, keywords: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("psmap", keywords);
        let options = ps_options(&mut given)?;
        let fits: Option<PathBuf> = given.take("fits")?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let map = roi_estimators::psmap(analysis, &options, &mut watcher)?;
            if let Some(path) = &fits {
                map.write_fits(path)?;
            }
            Ok(map)
        };
        self.long_work(py, work, |map| {
            let dict = dictionary(py, &map.to_json())?;
            put(&dict, [("psmapsigma", map.psmapsigma()), ("psmap", map.psmap)])?;
            Ok(dict)
        })
    }

    /// Finds sources that the model lacks, adds them and fits them. Keywords: those of `tsmap` for its maps, `min_separation`, `sqrt_ts_threshold`,
    /// `max_iter`, `sources_per_iter`, `free_params`, `search_skydir`, `search_minmax_radius`, `joint_fit`, `optimizer`, and the file `fits`.
    #[pyo3(signature = (**keywords))]
    fn find_sources<'py>(
        &self,
        py: Python<'py>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("find_sources", keywords);
        let mut options = FindSourcesOptions::default().with_tsmap(ts_options(&mut given)?);
        options.optimizer = self.read(py, roi_fit::Analysis::fit_options)?;
        given.set("min_separation", &mut options.min_separation)?;
        given.set("sqrt_ts_threshold", &mut options.sqrt_ts_threshold)?;
        given.set("max_iter", &mut options.max_iter)?;
        given.set("sources_per_iter", &mut options.sources_per_iter)?;
        options.free_params = names(given.raw("free_params")?)?;
        options.search_skydir = direction(given.take("search_skydir")?)?;
        given.set("search_minmax_radius", &mut options.search_minmax_radius)?;
        given.set("joint_fit", &mut options.joint_fit)?;
        take_optimizer(&mut given, &mut options.optimizer)?;
        let fits: Option<PathBuf> = given.take("fits")?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let found = roi_estimators::find_sources(analysis, &options, &mut watcher)?;
            if let Some(path) = &fits {
                found.write_fits(path)?;
            }
            Ok(found)
        };
        self.long_work(py, work, |found| dictionary(py, &found.to_json()))
    }
}

/// Arrays in the places of their lists.
fn put<const N: usize>(dict: &Bound<'_, PyDict>, maps: [(&str, Array2<f64>); N]) -> PyResult<()> {
    for (key, map) in maps {
        dict.set_item(key, PyArray2::from_owned_array(dict.py(), map))?;
    }
    Ok(())
}

fn ts_options(given: &mut Keywords<'_, '_>) -> PyResult<TsMapOptions> {
    let mut options = TsMapOptions::default();
    options.model = test_source(given)?;
    options.exclude = names(given.raw("exclude")?)?;
    options.loge_bounds = given.take_bounds("loge_bounds")?;
    given.set("max_kernel_radius", &mut options.max_kernel_radius)?;
    given.set("threshold", &mut options.threshold)?;
    options.map_skydir = direction(given.take("map_skydir")?)?;
    options.map_size = given.take("map_size")?;
    given.set("local_psf", &mut options.local_psf)?;
    given.set("refit_background", &mut options.refit_background)?;
    Ok(options)
}

fn cube_options(given: &mut Keywords<'_, '_>) -> PyResult<TsCubeOptions> {
    let mut options = TsCubeOptions::default();
    options.model = test_source(given)?;
    options.exclude = names(given.raw("exclude")?)?;
    options.map_skydir = direction(given.take("map_skydir")?)?;
    options.map_size = given.take("map_size")?;
    given.set("do_sed", &mut options.do_sed)?;
    given.set("nnorm", &mut options.nnorm)?;
    options.cov_scale_bb = given.take("cov_scale_bb")?;
    options.cov_scale = given.take("cov_scale")?;
    Ok(options)
}

fn ps_options(given: &mut Keywords<'_, '_>) -> PyResult<PsMapOptions> {
    let mut options = PsMapOptions::default();
    options.exclude = names(given.raw("exclude")?)?;
    given.set("emin", &mut options.emin)?;
    given.set("emax", &mut options.emax)?;
    given.set("nbinloge", &mut options.nbinloge)?;
    options.fixedradius = given.take("fixedradius")?;
    if let Some(value) = given.take("psfpar0")? {
        options = options.with_psfpar0(value);
    }
    if let Some(value) = given.take("psfpar1")? {
        options = options.with_psfpar1(value);
    }
    if let Some(value) = given.take("psfpar2")? {
        options = options.with_psfpar2(value);
    }
    if let Some(value) = given.take("psfpar3")? {
        options = options.with_psfpar3(value);
    }
    if let Some(values) = given.take("psfpar0lst")? {
        options = options.with_psfpar0lst(values);
    }
    given.set("dpix", &mut options.dpix)?;
    given.set("maxpoissoncount", &mut options.maxpoissoncount)?;
    given.set("prob_epsilon", &mut options.prob_epsilon)?;
    given.set("nbinpdf", &mut options.nbinpdf)?;
    given.set("scaleaxis", &mut options.scaleaxis)?;
    given.set("use_weights", &mut options.use_weights)?;
    Ok(options)
}

/// The test source of keyword `model`: `SpatialModel`, `SpatialWidth`, `SpectrumType`, and true values of parameters.
fn test_source(given: &mut Keywords<'_, '_>) -> PyResult<TestSource> {
    let mut source = TestSource::default();
    let Some(model) = given.take::<Bound<'_, PyDict>>("model")? else { return Ok(source) };
    for (key, value) in model {
        let key: String = key.extract()?;
        match key.as_str() {
            "SpatialModel" | "SpatialType" => {
                source = source.with_spatial_model(&value.extract::<String>()?).map_err(Failure::from)?;
            }
            "SpatialWidth" => source = source.with_width(value.extract()?),
            "SpectrumType" => source = source.with_spectrum_type(value.extract::<String>()?),
            _ => {
                let wrong = || OptionError::new_err(format!("model: '{key}': expected the true value of a parameter"));
                source = source.with_parameter(key.clone(), value.extract::<f64>().map_err(|_| wrong())?);
            }
        }
    }
    Ok(source)
}
