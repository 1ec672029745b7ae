//! The methods.

use std::path::PathBuf;

use numpy::PyArray2;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_estimators::{LightCurve, LightCurveOptions, LightCurveRun, light_curve};
use roi_fit::TimeSlices;
use serde_json::Value;

use crate::border::exceptions::{Failure, OptionError, RoiFitError};
use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::border::watcher::Watcher;
use crate::handle::Analysis;
use crate::methods::lightcurve::chosen_bins::ChosenBins;
use crate::methods::lightcurve::keywords_of_bins::{Bins, take_options};

/// What is a list of numbers in each bin.
const LISTS: [&str; 7] =
    ["param_values", "param_errors", "norm_scan", "flux_scan", "eflux_scan", "dloglike_scan", "loglike_scan"];
/// What is a list of texts in each bin.
const NAMES: &str = "param_names";
/// The suffixes of keys: the fit of the bin, and that with the shape of the whole time.
const FITS: [&str; 2] = ["", "_fixed"];

#[pymethods]
impl Analysis {
    /// The flux of a source in time bins. Bins: `time_bins` (edges or pairs, mission times in s), `nbins`, `binsz` (s), or `adaptive` (flux over its error) with
    /// `adaptive_radius` (deg); those of the configuration otherwise. Fits: `shape_ts_threshold`, `free_background`, `free_diffuse`, `free_radius` (deg),
    /// `free_sources`, `free_params`, `max_free_sources`, `systematic`, `ul_confidence`, `ul_ts_threshold`, `blocks_p0`, `source_maps`, `use_scaled_srcmap`,
    /// `psf_tolerance`, `optimizer` (a dictionary). Files: `fits`, `ecsv`, and `records`, where each bin is recorded as it is done, so that a run that was ended
    /// goes on there; it is removed at the end unless `keep_records`. `only` fits some of the bins, by their numbers; `threads` at once.
    ///
    /// At Ctrl-C the exception has as attribute `result` what is done; `fits` and `ecsv` are written of a whole light curve alone.
    #[pyo3(signature = (name, **keywords))]
    fn lightcurve<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("lightcurve", keywords);
        let request = Request::take(&mut given, self.read(py, LightCurveOptions::of)?)?;
        let threads: Option<usize> = given.take("threads")?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let (request, watcher) = (&request, &mut watcher);
            let mut curve = move || request.run(analysis, name, watcher);
            match threads {
                None => curve(),
                Some(threads) => pool(threads)?.install(curve),
            }
        };
        self.long_work(py, work, |curve| with_arrays(py, &curve.to_json()))
    }

    /// The bins that `lightcurve` would make: begin and end of each, mission times in s. Keywords `time_bins`, `nbins`, `binsz`, `adaptive`, `adaptive_radius`.
    #[pyo3(signature = (name, **keywords))]
    fn light_curve_bins<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut given = Keywords::new("light_curve_bins", keywords);
        let bins = Bins::take(&mut given)?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| bins.times(analysis, name, &mut watcher);
        self.long_work(py, work, |times| times.into_pyobject(py))
    }
}

/// What a call asks for.
struct Request {
    bins: Bins,
    options: LightCurveOptions,
    /// The numbers of the bins that are fitted; all of them by default.
    only: Option<Vec<usize>>,
    records: Option<PathBuf>,
    keeps_records: bool,
    fits: Option<PathBuf>,
    ecsv: Option<PathBuf>,
}

impl Request {
    fn take(given: &mut Keywords<'_, '_>, mut options: LightCurveOptions) -> PyResult<Self> {
        take_options(given, &mut options)?;
        let records: Option<PathBuf> = given.take("records")?;
        let keeps_records = given.take("keep_records")?.unwrap_or(false);
        if keeps_records && records.is_none() {
            let reason = "keep_records: there are no records to keep; records=FILE names where they go";
            return Err(OptionError::new_err(reason));
        }
        Ok(Self {
            bins: Bins::take(given)?,
            options,
            only: given.take("only")?,
            records,
            keeps_records,
            fits: given.take("fits")?,
            ecsv: given.take("ecsv")?,
        })
    }

    fn run(&self, analysis: &roi_fit::Analysis, name: &str, watcher: &mut Watcher) -> Result<LightCurve, Failure> {
        let times = self.bins.times(analysis, name, watcher)?;
        let slices = TimeSlices::open(analysis, &times, &self.options.slices, watcher)?;
        let mut run = LightCurveRun::new(watcher);
        if let Some(records) = &self.records {
            run = run.with_records(records);
        }
        let curve = match &self.only {
            None => light_curve(analysis, name, &slices, &self.options, run)?,
            Some(only) => light_curve(analysis, name, &ChosenBins::new(&slices, only)?, &self.options, run)?,
        };
        if curve.is_complete() {
            self.write(&curve)?;
        }
        Ok(curve)
    }

    /// Writes what was asked for; the records are not needed any more.
    fn write(&self, curve: &LightCurve) -> Result<(), Failure> {
        if let Some(path) = &self.fits {
            curve.write_fits(path)?;
        }
        if let Some(path) = &self.ecsv {
            curve.write_ecsv(path)?;
        }
        if let Some(records) = self.records.as_ref().filter(|_| !self.keeps_records)
            && let Err(error) = std::fs::remove_file(records)
        {
            // One that stays does no harm.
            tracing::warn!("'{}' could not be removed: {error}", records.display());
        }
        Ok(())
    }
}

/// So many threads.
fn pool(threads: usize) -> Result<rayon::ThreadPool, Failure> {
    if threads == 0 {
        return Err(OptionError::new_err("threads: 0: expected at least 1").into());
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool.map_err(|error| RoiFitError::new_err(format!("threads: {threads}: {error}")))?)
}

/// A light curve as a dictionary. What is a list in each bin is an array of two dimensions; bins that have none, or shorter ones, are filled with NaN, or no text.
fn with_arrays<'py>(py: Python<'py>, curve: &Value) -> PyResult<Bound<'py, PyDict>> {
    let dict = dictionary(py, curve)?;
    for fit in FITS {
        for key in LISTS {
            let key = format!("{key}{fit}");
            let rows = filled(&curve[&key], |item| item.as_f64().unwrap_or(f64::NAN), &f64::NAN);
            dict.set_item(key, PyArray2::from_vec2(py, &rows)?)?;
        }
        let key = format!("{NAMES}{fit}");
        let text = |item: &Value| item.as_str().unwrap_or_default().to_owned();
        dict.set_item(&key, filled(&curve[&key], text, &String::new()))?;
    }
    Ok(dict)
}

/// The lists of all bins, each as long as the longest.
fn filled<T: Clone>(bins: &Value, of: impl Fn(&Value) -> T, absent: &T) -> Vec<Vec<T>> {
    let items = |bin: &Value| bin.as_array().into_iter().flatten().map(&of).collect::<Vec<T>>();
    let mut rows: Vec<Vec<T>> = bins.as_array().into_iter().flatten().map(items).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    for row in &mut rows {
        row.resize(width, absent.clone());
    }
    rows
}
