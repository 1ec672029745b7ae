//! One page of a region.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_estimators::{BinStatus, CurvatureOptions, LocalizeOptions, SedOptions};
use roi_fit::Progress;
use roi_report::{Beside, Choice, LightCurveBin, LightCurvePanel, ReportOptions, gather, quoted, write_report};
use serde_json::Value;

use crate::border::exceptions::{Failure, OptionError};
use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::border::watcher::Watcher;
use crate::handle::Analysis;

#[pymethods]
impl Analysis {
    /// Writes a page that a browser shows without a network: status of the fit, maps, spectra, sources, goodness of fit. Keywords: `sed`, `localize`,
    /// `extension`, `curvature` and `lightcurve`, for which sources they are made (`"none"`, `"notable"`, `"all"`, or names), `residmap`, `tsmap`, `loge_bins` (of spectra,
    /// log10 of MeV), `nstep` (of positions), `fits` (FITS files beside the page), `optimize_first`, `fit_first`, `light_curves` (a list of what `lightcurve` returned), and `config`, the file that the page says it comes from.
    #[pyo3(signature = (path, **keywords))]
    fn report<'py>(
        &self,
        py: Python<'py>,
        path: PathBuf,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("report", keywords);
        let page = Page::take(&mut given, path, self.read(py, roi_fit::Analysis::fit_options)?)?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        self.long_work(py, |analysis| page.write(analysis, &mut watcher), |written| dictionary(py, &written))
    }
}

/// What a call asks for.
struct Page {
    path: PathBuf,
    options: ReportOptions,
    is_optimized_first: bool,
    is_fitted_first: bool,
    light_curves: Vec<LightCurvePanel>,
    config: Option<PathBuf>,
}

impl Page {
    fn take(given: &mut Keywords<'_, '_>, path: PathBuf, optimizer: roi_fit::FitOptions) -> PyResult<Self> {
        let absent = ReportOptions::default();
        let curvature = CurvatureOptions::default().with_optimizer(optimizer.clone());
        let sed = SedOptions::default().with_loge_bins(given.take("loge_bins")?).with_optimizer(optimizer);
        let mut localize = LocalizeOptions::default();
        given.set("nstep", &mut localize.nstep)?;
        let options = ReportOptions::default()
            .with_sed(choice(given, "sed", absent.sed)?)
            .with_localize(choice(given, "localize", absent.localize)?)
            .with_extension(choice(given, "extension", absent.extension)?)
            .with_curvature(choice(given, "curvature", absent.curvature)?)
            .with_curvature_options(curvature)
            .with_light_curve(choice(given, "lightcurve", absent.light_curve)?)
            .with_fits(given.take("fits")?.unwrap_or(false).then(|| Beside::of(&path)))
            .with_residmap(given.take("residmap")?.unwrap_or(absent.residmap))
            .with_tsmap(given.take("tsmap")?.unwrap_or(absent.tsmap))
            .with_sed_options(sed)
            .with_localize_options(localize);
        let curves: Vec<Bound<'_, PyDict>> = given.take("light_curves")?.unwrap_or_default();
        Ok(Self {
            path,
            options,
            is_optimized_first: given.take("optimize_first")?.unwrap_or(false),
            is_fitted_first: given.take("fit_first")?.unwrap_or(false),
            light_curves: curves.iter().map(panel).collect::<PyResult<_>>()?,
            config: given.take("config")?,
        })
    }

    /// Gathers what the page shows, and writes it; nothing is written after Ctrl-C.
    fn write(&self, analysis: &mut roi_fit::Analysis, watcher: &mut Watcher) -> Result<Value, Failure> {
        let optimize = self.is_optimized_first.then(|| analysis.optimize_options());
        let optimized = optimize.map(|options| analysis.optimize(&options)).transpose()?;
        let fit = self.is_fitted_first.then(|| analysis.fit_options());
        let fit = fit.map(|options| analysis.fit(&options)).transpose()?;
        let mut input = gather(analysis, &self.options, watcher)?.with_optimized(optimized).with_fit(fit);
        // Those that were made before are shown beside those that are made for the page.
        input.light_curves.extend(self.light_curves.iter().cloned());
        if let Some(config) = &self.config {
            input = input
                .with_provenance(roi_batch::provenance(Some(config), &[], true))
                .with_config(roi_fit::resolved_config(config).unwrap_or_default())
                .with_command(quoted(&config.to_string_lossy()));
        }
        if watcher.is_cancelled() {
            return Err(roi_estimators::Error::Stopped.into());
        }
        let bytes = write_report(&input, &self.path)?;
        Ok(input.told(&self.path, bytes))
    }
}

/// Which sources are meant: a word, names, or whether the notable ones are.
fn choice(given: &mut Keywords<'_, '_>, name: &'static str, absent: Choice) -> PyResult<Choice> {
    let Some(value) = given.raw(name)? else { return Ok(absent) };
    if let Ok(is_wanted) = value.extract::<bool>() {
        return Ok(if is_wanted { Choice::Notable } else { Choice::None });
    }
    if let Ok(text) = value.extract::<String>() {
        let Ok(choice) = text.parse::<Choice>();
        return Ok(choice);
    }
    let wrong = |_| OptionError::new_err(format!("{name}: expected 'none', 'notable', 'all', or a list of names"));
    value.extract().map(Choice::Named).map_err(wrong)
}

/// A light curve as the page shows it. Numbers that are not defined are NaN.
fn panel(curve: &Bound<'_, PyDict>) -> PyResult<LightCurvePanel> {
    let wrong =
        |key: &str| OptionError::new_err(format!("light_curves: expected what lightcurve returned, with '{key}'"));
    let item = |key: &str| curve.get_item(key)?.ok_or_else(|| wrong(key));
    let numbers = |key: &str| item(key)?.extract::<Vec<f64>>().map_err(|_| wrong(key));
    let texts = |key: &str| item(key)?.extract::<Vec<String>>().map_err(|_| wrong(key));
    let (tmin, tmax) = (numbers("tmin")?, numbers("tmax")?);
    let (flux, errors, limits, ts) = (numbers("flux")?, numbers("flux_err")?, numbers("flux_ul95")?, numbers("ts")?);
    let (states, messages) = (texts("status")?, texts("message")?);
    // Of a bin that was fitted the message tells how.
    let problem = |bin: usize| {
        let is_fitted = states.get(bin).is_some_and(|status| status == BinStatus::Fitted.as_str());
        messages.get(bin).filter(|_| !is_fitted).cloned()
    };
    let at = |list: &[f64], bin: usize| list.get(bin).copied().filter(|value| value.is_finite());
    let bin = |(index, (begin, end)): (usize, (&f64, &f64))| {
        LightCurveBin::new(*begin, *end)
            .with_flux(at(&flux, index), at(&errors, index))
            .with_flux_ul95(at(&limits, index))
            .with_ts(at(&ts, index))
            .with_problem(problem(index))
    };
    let bins = tmin.iter().zip(&tmax).enumerate().map(bin).collect();
    let p_value = item("ts_var_p_value")?.extract::<Option<f64>>().map_err(|_| wrong("ts_var_p_value"))?;
    let found = p_value.filter(|chance| chance.is_finite()).map(|chance| {
        let ts_var = item("ts_var").and_then(|value| value.extract::<f64>());
        Ok::<_, PyErr>(format!("TS_var {:.2}: a constant source has more with probability {chance:.3e}", ts_var?))
    });
    let name: String = item("name")?.extract()?;
    Ok(LightCurvePanel::new(name, bins).with_remarks(found.transpose()?.into_iter().collect()))
}
