//! The verb `tsmap`.

use rayon::prelude::*;
use roi_fit::{Analysis, ComponentCubes, TrialMaker};

use crate::error::Result;
use crate::sky::components::{bins, finest, makers_of};
use crate::sky::map_grid::MapGrid;
use crate::tsmap::amplitude::Amplitude;
use crate::tsmap::ts_options::TsMapOptions;
use crate::tsmap::ts_result::TsMap;
use crate::tsmap::ts_scan::TsScan;

/// What a source of a given shape and spectrum would gain at each pixel: a map of its TS, with the rest of the model held. The analysis is left
/// as it was.
///
/// The test source's image at the middle of the region is moved by whole pixels; over the bins within its reach `logL = sum w (n ln(b + a T) - b
/// - a T)` is maximised in the amplitude `a >= 0`, and `TS = 2 (logL(a) - logL(0))`. Counts outside the map have no part in either sum.
///
/// # Errors
/// When an option is wrong, the analysis has no files, a name of `exclude` is unknown, no energy bin is left, the test source is not seen, or
/// there are counts where nothing is predicted.
pub fn tsmap(analysis: &Analysis, options: &TsMapOptions) -> Result<TsMap> {
    options.check()?;
    let cubes = analysis.cubes(&options.exclude)?;
    let loglike = analysis.session().clone().loglike()?;
    map_of((&cubes, makers_of(analysis, &cubes)?), loglike, options)
}

/// The map over cubes.
fn map_of((cubes, makers): (&[ComponentCubes], &[TrialMaker]), loglike: f64, options: &TsMapOptions) -> Result<TsMap> {
    let bins = bins(cubes, options.loge_bounds)?;
    let map = MapGrid::square(finest(cubes)?, options.map_skydir, options.map_size)?;
    let scan = TsScan::new((cubes, makers), &bins, &map.whole, options)?;
    let found: Vec<Amplitude> = map.pixels.par_iter().map_init(Vec::new, |near, &pixel| scan.at(pixel, near)).collect();
    let spectrum = options.model.spectrum()?;
    let norm = spectrum.norm_index().map_or(f64::NAN, |index| spectrum.parameters()[index].true_value());
    let npred = scan.npred();
    let image = |of: &dyn Fn(&Amplitude) -> f64| map.image(found.iter().map(of).collect());
    Ok(TsMap {
        name: options.model.model_name(),
        src_dict: options.model.to_json(scan.place()),
        ts: image(&|found| found.ts)?,
        npred: image(&|found| found.value * npred)?,
        amplitude: image(&|found| found.value * norm)?,
        grid: map.grid,
        loglike,
        config: options.clone(),
    })
}
