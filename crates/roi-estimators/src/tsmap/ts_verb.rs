//! The verb `tsmap`.

use lat_response::SkyGrid;
use roi_fit::{Analysis, Progress, Session, TrialMaker};
use roi_model::SkyDirection;

use crate::error::{Error, Result};
use crate::sky::components::{SkyComponent, bins, finest, sources_without};
use crate::sky::map_grid::MapGrid;
use crate::sky::parts::in_parts;
use crate::trial::memory;
use crate::tsmap::amplitude::Amplitude;
use crate::tsmap::exact_trials::ExactTrials;
use crate::tsmap::refitted::{Refitted, Scope};
use crate::tsmap::ts_options::TsMapOptions;
use crate::tsmap::ts_result::TsMap;
use crate::tsmap::ts_scan::TsScan;

/// What a source of a given shape and spectrum would gain at each pixel: a map of its TS, with the rest of the model held. The analysis is left
/// as it was.
///
/// The test source's image at the middle of the region is moved by whole pixels. Over the bins within its reach
/// `logL = sum w (n ln(b + a T) - b - a T)` is maximised in the amplitude `a >= 0`, and `TS = 2 (logL(a) - logL(0))`. Counts outside the map have
/// no part in either sum. With `local_psf`, and where components differ in their pixels, the test source's map is made at each place; with
/// `refit_background` the norms that are free in the model are fitted with it.
///
/// # Errors
/// When an option is wrong, the analysis has no files, a name of `exclude` is unknown, no energy bin is left, the test source is not seen, or
/// there are counts where nothing is predicted; [`Error::Stopped`].
pub fn tsmap(analysis: &Analysis, options: &TsMapOptions, progress: &mut dyn Progress) -> Result<TsMap> {
    options.check()?;
    let components = SkyComponent::all(analysis)?;
    let (session, makers) = (analysis.session(), analysis.trial_makers());
    session.check_memory("the TS map", bytes(session, makers, options)?)?;
    let sources = sources_without(analysis.roi(), &options.exclude)?;
    let bins = bins(analysis.likelihood().components(), options.loge_bounds)?;
    let whole = finest(components.iter().map(SkyComponent::grid))?;
    let map = MapGrid::square(whole, options.map_skydir, options.map_size)?;
    let place = |pixel: &usize| whole.direction(*pixel);
    let (found, of_source) = if options.refit_background {
        let scope = Scope { exclude: &options.exclude, loge_bounds: options.loge_bounds, cov_scale: None };
        let trials = Refitted::new(session, makers, &options.model, &scope)?;
        let at = |pixel: &usize| place(pixel).map_or(Ok(UNSEEN), |place| trials.at(place));
        (in_parts("tsmap", &map.pixels, progress, |(): &mut (), pixel| at(pixel))?, None)
    } else if options.local_psf || !is_alike(&components, whole) {
        let trials = ExactTrials::new(&components, &bins, &sources, options)?;
        let at =
            |near: &mut Vec<(f64, f64)>, pixel: &usize| place(pixel).map_or(Ok(UNSEEN), |place| trials.at(place, near));
        (in_parts("tsmap", &map.pixels, progress, at)?, None)
    } else {
        let scan = TsScan::new(&components, &bins, (whole, &sources), options)?;
        let npred = scan.npred();
        let at = |near: &mut Vec<(f64, f64)>, pixel: &usize| Ok((scan.at(*pixel, near), npred));
        (in_parts("tsmap", &map.pixels, progress, at)?, scan.place())
    };
    let loglike = session.clone().loglike()?;
    result(map, &found, (of_source, loglike), options)
}

/// Whether a test source that is moved by whole pixels stands where it should: if all components have the pixels of the map.
fn is_alike(components: &[SkyComponent<'_>], whole: &SkyGrid) -> bool {
    components.iter().all(|own| matches!(whole, SkyGrid::Wcs(_)) && own.grid() == whole)
}

/// What the map takes, in bytes, beside the analysis.
pub(crate) fn bytes(session: &Session, makers: &[TrialMaker], options: &TsMapOptions) -> Result<u64> {
    if options.refit_background {
        return Ok(Refitted::bytes(session, makers));
    }
    let components = SkyComponent::of(session.data().components(), makers)?;
    let bins = bins(session.data().components(), options.loge_bounds)?;
    let whole = finest(components.iter().map(SkyComponent::grid))?;
    if options.local_psf || !is_alike(&components, whole) {
        return Ok(ExactTrials::bytes(&components, &bins, memory::of_map(session, makers)));
    }
    Ok(TsScan::bytes(&components, &bins))
}

/// What a place off the projection has.
const UNSEEN: (Amplitude, f64) = (Amplitude { ts: f64::NAN, value: f64::NAN }, f64::NAN);

fn result(
    map: MapGrid,
    found: &[(Amplitude, f64)],
    (place, loglike): (Option<SkyDirection>, f64),
    options: &TsMapOptions,
) -> Result<TsMap> {
    let spectrum = options.model.spectrum()?;
    let norm = spectrum.norm_index().map(|index| spectrum.parameters()[index].true_value());
    let norm = norm.ok_or(Error::Internal { what: "a test source without a norm" })?;
    let image =
        |of: &dyn Fn(&Amplitude, f64) -> f64| map.image(found.iter().map(|(at, npred)| of(at, *npred)).collect());
    Ok(TsMap {
        name: options.model.model_name(),
        src_dict: options.model.to_json(place),
        ts: image(&|found, _| found.ts)?,
        npred: image(&|found, npred| found.value * npred)?,
        amplitude: image(&|found, _| found.value * norm)?,
        grid: map.grid,
        loglike,
        config: options.clone(),
    })
}
