//! The verb `gather`.

use ndarray::{Array2, Axis};
use roi_estimators::{
    LightCurveOptions, LightCurveRun, ResidMapOptions, TsMapOptions, configured_time_bins, curvature, extension,
    goodness, light_curve, localize_many, residmap, sed, tsmap,
};
use roi_fit::{Analysis, ComponentCubes, Progress, TimeSlices};
use roi_model::{SkyDirection, Source};

use crate::error::Result;
use crate::gather::beside::Written;
use crate::gather::choice::{Choice, can_be_localized};
use crate::gather::report_options::ReportOptions;
use crate::input::light_curve_panel::LightCurvePanel;
use crate::input::report_input::{Problem, ReportInput};
use crate::input::sky_image::{ImageKind, SkyImage};

/// Asks the estimators for what a report shows. A source that an estimator refuses, or a map that cannot be made of these data, is a remark of the report, not its
/// end. The model is left as it was.
///
/// # Errors
/// When counts and model cannot be read or evaluated, a name is unknown, or the watcher stops it.
pub fn gather(analysis: &mut Analysis, options: &ReportOptions, progress: &mut dyn Progress) -> Result<ReportInput> {
    let (seds, places) = (options.sed.names(analysis)?, places(analysis, &options.localize)?);
    let (widths, curved) = (placed(analysis, &options.extension)?, options.curvature.names(analysis)?);
    let curves = options.light_curve.names(analysis)?;
    let mut input = ReportInput::new(analysis)?;
    let mut written = Written::new(options.fits.as_ref())?;
    let analysis = &*analysis;
    add_maps(&mut input, analysis, options, (&mut *progress, &mut written))?;
    for name in seds {
        let found = sed(analysis.session(), &name, &options.sed_options);
        if let Some(found) = kept(found, &name, "spectrum", &mut input.problems)? {
            written.add((&name, "spectrum"), &mut input.problems, |path| found.write_fits(path));
            input.seds.push(found);
        }
        if progress.is_cancelled() {
            return Err(roi_estimators::Error::Stopped.into());
        }
    }
    if !places.is_empty() {
        let makers = analysis.trial_makers();
        let found = localize_many(analysis.session(), makers, &places, &options.localize_options, progress);
        for source in kept(found, "", "positions", &mut input.problems)?.into_iter().flat_map(|found| found.sources) {
            if let Some(found) = kept(source.found, &source.name, "position", &mut input.problems)? {
                written.add((&source.name, "position"), &mut input.problems, |path| found.write_fits(path));
                input.localizations.push(found);
            }
        }
    }
    add_shapes(&mut input, analysis, options, (&widths, &curved), (&mut *progress, &mut written))?;
    let found = light_curves(analysis, &curves, options, (progress, &mut written), &mut input.problems);
    input.light_curves.extend(kept(found, "", "light curves", &mut input.problems)?.unwrap_or_default());
    input.files = written.into_files();
    Ok(input)
}

/// Widths and curvatures.
fn add_shapes(
    input: &mut ReportInput,
    analysis: &Analysis,
    options: &ReportOptions,
    (widths, curved): (&[String], &[String]),
    (progress, written): (&mut dyn Progress, &mut Written<'_>),
) -> Result<()> {
    for name in widths {
        let own = &options.extension_options;
        let found = extension(analysis.session(), analysis.trial_makers(), name, own, progress);
        if let Some(found) = kept(found, name, "width", &mut input.problems)? {
            written.add((name, "width"), &mut input.problems, |path| found.write_fits(path));
            input.extensions.push(found);
        }
    }
    for name in curved {
        let found = curvature(analysis.session(), name, &options.curvature_options);
        input.curvatures.extend(kept(found, name, "curvature", &mut input.problems)?);
        if progress.is_cancelled() {
            return Err(roi_estimators::Error::Stopped.into());
        }
    }
    Ok(())
}

/// The light curves of some sources, all in the time bins of the configuration.
fn light_curves(
    analysis: &Analysis,
    names: &[String],
    options: &ReportOptions,
    (progress, written): (&mut dyn Progress, &mut Written<'_>),
    problems: &mut Vec<Problem>,
) -> roi_estimators::Result<Vec<LightCurvePanel>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let own = options.light_curve_options.clone().unwrap_or_else(|| LightCurveOptions::of(analysis));
    let bins = configured_time_bins(analysis)?;
    let slices = TimeSlices::open(analysis, &bins, &own.slices, progress)?;
    let mut panels = Vec::new();
    for name in names {
        match light_curve(analysis, name, &slices, &own, LightCurveRun::new(progress)) {
            Ok(curve) => {
                written.add((name, "light curve"), problems, |path| curve.write_fits(path));
                panels.push(LightCurvePanel::from(&curve));
            }
            Err(error @ roi_estimators::Error::Stopped) => return Err(error),
            Err(error) => problems.push(Problem::new(name, "light curve", error.to_string())),
        }
    }
    Ok(panels)
}

/// The sources of a choice that have a place; all that were named.
fn placed(analysis: &Analysis, choice: &Choice) -> Result<Vec<String>> {
    let mut names = choice.names(analysis)?;
    if !matches!(choice, Choice::Named(_)) {
        names.retain(|name| analysis.roi().source(name).is_ok_and(can_be_localized));
    }
    Ok(names)
}

/// The sources whose positions are asked for. Those that have none are left out where they were not named.
fn places(analysis: &Analysis, choice: &Choice) -> Result<Vec<String>> {
    let mut names = choice.names(analysis)?;
    if !matches!(choice, Choice::Named(_)) {
        // Only what lies on all maps can be localized.
        let is_on_maps =
            |place: &SkyDirection| analysis.trial_makers().iter().all(|own| own.grid().pixel(place).is_some());
        let is_place =
            |source: &Source| can_be_localized(source) && source.direction().is_some_and(|at| is_on_maps(&at));
        names.retain(|name| analysis.roi().source(name).is_ok_and(is_place));
    }
    Ok(names)
}

/// What was found, or a remark; only a stop is an end.
fn kept<T>(found: roi_estimators::Result<T>, name: &str, what: &str, problems: &mut Vec<Problem>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error @ roi_estimators::Error::Stopped) => Err(error.into()),
        Err(error) => {
            problems.push(Problem::new(name, what, error.to_string()));
            Ok(None)
        }
    }
}

/// Counts, model, residuals, TS, and how good the fit is. An analysis without files has none of them.
fn add_maps(
    input: &mut ReportInput,
    analysis: &Analysis,
    options: &ReportOptions,
    (progress, written): (&mut dyn Progress, &mut Written<'_>),
) -> Result<()> {
    let cubes = match analysis.cubes(&[]) {
        Ok(cubes) => cubes,
        Err(error @ roi_fit::Error::NoFiles { .. }) => {
            input.problems.push(Problem::new("", "maps", error.to_string()));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let center = analysis.roi().center();
    input.images.extend(counts_and_model(&cubes, &center)?);
    input.goodness = Some(goodness(&cubes));
    drop(cubes);
    if options.residmap {
        let found = residmap(analysis, &ResidMapOptions::default(), progress);
        if let Some(map) = kept(found, "", "residual map", &mut input.problems)? {
            written.add(("", "residual map"), &mut input.problems, |path| map.write_fits(path));
            input.images.push(SkyImage::new(ImageKind::Significance, &map.grid, &map.sigma, &center)?);
        }
    }
    if options.tsmap {
        let found = tsmap(analysis, &TsMapOptions::default(), progress);
        if let Some(map) = kept(found, "", "TS map", &mut input.problems)? {
            written.add(("", "TS map"), &mut input.problems, |path| map.write_fits(path));
            input.images.push(SkyImage::new(ImageKind::Ts, &map.grid, &map.ts, &center)?);
        }
    }
    Ok(())
}

/// Counts and model of all components and energies, on the pixels of the component that has most.
fn counts_and_model(cubes: &[ComponentCubes], center: &SkyDirection) -> Result<Vec<SkyImage>> {
    let Some(first) = cubes.iter().max_by_key(|cube| cube.counts().grid.n_pixels()) else { return Ok(Vec::new()) };
    let grid = &first.counts().grid;
    let [ny, nx] = grid.shape();
    let mut sums = [Array2::<f64>::zeros((ny, nx)), Array2::zeros((ny, nx))];
    for cube in cubes {
        let own = &cube.counts().grid;
        let width = own.shape()[1];
        let mut add = |sum: usize, pixel: usize, value: f64| {
            // The same pixels, or those under the middles of the component's.
            let place =
                if own == grid { Some(pixel) } else { own.direction(pixel).and_then(|place| grid.pixel(&place)) };
            if let Some(place) = place {
                sums[sum][[place / nx, place % nx]] += value;
            }
        };
        for bin in cube.bins() {
            for ((y, x), n) in cube.counts().cube.counts().index_axis(Axis(0), bin).indexed_iter() {
                add(0, y * width + x, f64::from(*n));
            }
            for ((y, x), m) in cube.model().index_axis(Axis(0), bin).indexed_iter() {
                add(1, y * width + x, *m);
            }
        }
    }
    let [counts, model] = &sums;
    Ok(vec![
        SkyImage::new(ImageKind::Counts, grid, counts, center)?,
        SkyImage::new(ImageKind::Model, grid, model, center)?,
    ])
}
