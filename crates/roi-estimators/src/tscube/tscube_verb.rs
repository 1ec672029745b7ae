//! The verb `tscube`.

use ndarray::Array2;
use roi_fit::{Analysis, Progress};

use crate::error::{Error, Result};
use crate::sed::energy_bins;
use crate::sed::fit_bin::power_law;
use crate::sed::sed_options::SedOptions;
use crate::sed::sed_result::Reference;
use crate::sed::sed_verb::bin_of;
use crate::sky::components::{SkyComponent, finest};
use crate::sky::map_grid::MapGrid;
use crate::sky::parts::in_parts;
use crate::tscube::cube_point::CubePoint;
use crate::tscube::tscube_options::TsCubeOptions;
use crate::tscube::tscube_result::{Baseline, TsCube};
use crate::tsmap::refitted::{Refitted, Scope};

/// What a source of a given shape and spectrum would gain at each pixel, the norms that are free in the model fitted beside it, and its spectrum there bin
/// by bin. The analysis is left as it was.
///
/// At each pixel the test source's map is made with exposure and PSF of the place. Its norm and the free norms are fitted over all counts by Newton's method;
/// `TS = 2 (logL - logL without it)`. With `do_sed` the norm of a power law of the test spectrum's local index is then fitted in each energy bin as by
/// [`crate::sed`], the background held where the whole range left it, or (`cov_scale`) fitted with priors.
///
/// # Errors
/// When an option is wrong, the analysis has no files, a name of `exclude` is unknown, the memory does not suffice, or there are counts where nothing is
/// predicted; [`Error::Stopped`].
pub fn tscube(analysis: &Analysis, options: &TsCubeOptions, progress: &mut dyn Progress) -> Result<TsCube> {
    options.check()?;
    let (session, makers) = (analysis.session(), analysis.trial_makers());
    let components = SkyComponent::all(analysis)?;
    let whole = finest(components.iter().map(SkyComponent::grid))?;
    let map = MapGrid::square(whole, options.map_skydir, options.map_size)?;
    let edges = energy_bins::edges(session, None)?;
    let (n_bins, n_points) = (if options.do_sed { edges.len() - 1 } else { 0 }, options.nnorm);
    let points = map.pixels.len() as u64 * CubePoint::bytes(n_bins, n_points);
    session.check_memory("the TS cube", Refitted::bytes(session, makers) + points)?;

    let scope = Scope { exclude: &options.exclude, loge_bounds: [None, None], cov_scale: options.cov_scale_bb };
    let trials = Refitted::new(session, makers, &options.model, &scope)?;
    let at = |(): &mut (), pixel: &usize| match whole.direction(*pixel) {
        Some(place) => CubePoint::at(&trials, place, &edges, options),
        None => Ok(CubePoint::unseen(n_bins, n_points)),
    };
    let points = in_parts("tscube", &map.pixels, progress, at)?;

    let spectrum = options.model.spectrum()?;
    let norm = spectrum.norm_index().map(|index| spectrum.parameters()[index].true_value());
    let norm = norm.ok_or(Error::Internal { what: "a test source without a norm" })?;
    let slope = SedOptions::default().with_use_local_index(true);
    let middle = map.middle().and_then(|pixel| points.get(pixel));
    let reference = |(bin, range): (usize, &[f64])| {
        let own = bin_of(&spectrum, (range[0], range[1]), &slope);
        let npred = middle.and_then(|point| point.bins.get(bin)).map_or(f64::NAN, |bin| bin.ref_npred);
        Reference::new(&power_law(own.index)?, own.range, npred)
    };
    let references = edges.windows(2).enumerate().take(n_bins).map(reference).collect::<Result<Vec<Reference>>>()?;

    let image = |of: &dyn Fn(&CubePoint) -> f64| map.image(points.iter().map(of).collect());
    let of_bins = |of: &dyn Fn(&CubePoint, usize) -> f64| {
        (0..n_bins).map(|bin| image(&|point| of(point, bin))).collect::<Result<Vec<Array2<f64>>>>()
    };
    Ok(TsCube {
        name: options.model.model_name(),
        src_dict: options.model.to_json(None),
        ts: image(&|point| point.ts)?,
        npred: image(&|point| point.npred)?,
        amplitude: image(&|point| point.norm * norm)?,
        amplitude_err: image(&|point| point.norm_err * norm)?,
        bin_ts: of_bins(&|point, bin| point.bins[bin].ts)?,
        bin_dnde: of_bins(&|point, bin| point.bins[bin].norm * references[bin].dnde)?,
        grid: map.grid.clone(),
        energies: edges,
        loglike: trials.loglike(),
        config: options.clone(),
        baseline: baseline(&trials)?,
        references,
        points,
    })
}

/// The free norms of the fit without a test source.
fn baseline(trials: &Refitted<'_>) -> Result<Baseline> {
    let roi = trials.base().roi();
    let free = roi.free_parameters();
    let names = free.iter().map(|id| Ok(roi.parameter_name(*id)?.to_string())).collect::<Result<Vec<_>>>()?;
    let values = free.iter().map(|id| Ok(roi.parameter(*id)?.value())).collect::<Result<Vec<_>>>()?;
    let unknown = vec![f64::NAN; free.len() * free.len()];
    let covariance = trials.covariance().map_or(unknown, |covariance| covariance.iter().copied().collect());
    Ok(Baseline { names, values, covariance })
}
