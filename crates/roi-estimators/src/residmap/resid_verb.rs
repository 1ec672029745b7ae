//! The verb `residmap`.

use lat_response::SkyGrid;
use ndarray::{Array2, Zip};
use roi_fit::{Analysis, ComponentCubes, Progress};

use crate::error::{Error, Result};
use crate::residmap::resid_options::ResidMapOptions;
use crate::residmap::resid_result::ResidMap;
use crate::residmap::smoothed_counts::{SmoothedCounts, Weighting};
use crate::sky::components::{SkyComponent, bins, check_modelled, finest};
use crate::sky::kernel::Kernel;
use crate::sky::parts::tell;
use crate::sky::test_source::TestSource;

/// How far the counts lie above the model around each pixel, in sigmas: both smoothed with the image of a test source. The analysis is left
/// as it was.
///
/// With `K` the counts of the test source at the middle of the region, in all energy bins and components, and the filter `f = K / sum K^2 *
/// sum K`, the smoothed counts `N` and model `M` are sums over energies; `TS = 2 (N ln(N/M) - N + M) / c` with `c` the variance of `N` over `M`,
/// and `sigma` its root with the sign of `N - M`. Data, model and excess are divided by the part of the filter that lies on the map.
///
/// # Errors
/// When the analysis has no files, a name of `exclude` is unknown, no energy bin is left, or the test source is not seen; [`Error::Stopped`].
pub fn residmap(analysis: &Analysis, options: &ResidMapOptions, progress: &mut dyn Progress) -> Result<ResidMap> {
    let cubes = analysis.cubes(&options.exclude)?;
    let of_component = bins(analysis.likelihood().components(), options.loge_bounds)?;
    let weighting = |at: usize| Weighting { bins: &of_component[at], use_weights: options.use_weights };
    let grid = finest(cubes.iter().map(|cube| &cube.counts().grid))?.clone();
    let on_sphere = matches!(grid, SkyGrid::Healpix(_));
    for (cube, bins) in cubes.iter().zip(&of_component) {
        check_modelled(cube, bins)?;
    }
    check(&cubes, on_sphere.then_some(&grid), options)?;
    let bytes = |cube: &ComponentCubes| (cube.bytes() + SmoothedCounts::bytes(cube.model().len())) as u64;
    analysis.session().check_memory("smoothed counts", cubes.iter().map(bytes).sum())?;
    let total: usize = cubes.iter().map(|cube| cube.counts().grid.n_pixels()).sum();
    let mut done = 0;
    let mut smoothed = |of: &dyn Fn(usize, &ComponentCubes) -> SmoothedCounts| -> Result<Vec<SmoothedCounts>> {
        let mut parts = Vec::with_capacity(cubes.len());
        for (at, cube) in cubes.iter().enumerate() {
            tell(progress, "residmap", done, total)?;
            parts.push(of(at, cube));
            done += cube.counts().grid.n_pixels();
        }
        Ok(parts)
    };
    let (name, src_dict, parts) = if let SkyGrid::Healpix(sphere) = &grid {
        let parts = smoothed(&|at, cube| SmoothedCounts::with_gaussian(cube, sphere, &weighting(at)))?;
        ("gauss_0p3".to_owned(), serde_json::Value::Null, parts)
    } else {
        let kernels: Vec<Kernel> = SkyComponent::all(analysis)?
            .into_iter()
            .map(|component| Kernel::new(component, &options.model))
            .collect::<Result<_>>()?;
        let total: f64 = kernels.iter().map(|kernel| kernel.counts.sum()).sum();
        let squares: f64 = kernels.iter().flat_map(|kernel| &kernel.counts).map(|k| k * k).sum();
        // K / sum K, divided by the sum of its squares.
        let norm = squares / total;
        let parts = smoothed(&|at, cube| SmoothedCounts::with_kernel(cube, &kernels[at], norm, &weighting(at)))?;
        let place = kernels.first().map(|kernel| kernel.place);
        (options.model.model_name(), options.model.to_json(place), parts)
    };
    let sums = added(&grid, &cubes, &parts)?;
    let mask = options.use_weights.then(|| mask(&grid, &cubes));
    Ok(result(sums, on_sphere, (name, src_dict, grid, mask), options))
}

/// Refuses options that would have no effect, and components that cannot be added. `sphere`: the pixels when they are HEALPix pixels.
fn check(cubes: &[ComponentCubes], sphere: Option<&SkyGrid>, options: &ResidMapOptions) -> Result<()> {
    let refuse = |option, found: &str, expected| Err(Error::Option { option, found: found.to_owned(), expected });
    if options.use_weights && cubes.iter().all(|cube| cube.weights().is_none()) {
        let expected = "an analysis with likelihood weights (gtlike: {wmap: PATH})";
        return refuse("use_weights", "an analysis without weights", expected);
    }
    let Some(sphere) = sphere else { return Ok(()) };
    if let Some(other) = cubes.iter().find(|cube| cube.counts().grid != *sphere) {
        return Err(Error::MixedPixels { component: other.name().to_owned() });
    }
    if options.model != TestSource::default() {
        let expected = "none: HEALPix maps are smoothed by a Gaussian of 0.3 degrees";
        return refuse("model", &options.model.model_name(), expected);
    }
    if options.use_weights {
        return refuse("use_weights", "HEALPix pixels", "projected counts cubes; leave it out for HEALPix pixels");
    }
    Ok(())
}

/// The components' sums, added on the pixels of the map.
fn added(grid: &SkyGrid, cubes: &[ComponentCubes], parts: &[SmoothedCounts]) -> Result<SmoothedCounts> {
    let mut sum: Option<SmoothedCounts> = None;
    for (cube, part) in cubes.iter().zip(parts) {
        let own = &cube.counts().grid;
        let part = if own == grid { part.clone() } else { on_pixels(grid, own, part) };
        match &mut sum {
            Some(sum) => sum.add(&part),
            None => sum = Some(part),
        }
    }
    sum.ok_or(Error::Likelihood(likelihood_core::Error::NoComponents))
}

/// Smooth maps, linear between the centres of a component's pixels, at those of other pixels; 0 off the component.
fn on_pixels(grid: &SkyGrid, own: &SkyGrid, part: &SmoothedCounts) -> SmoothedCounts {
    let [ny, nx] = grid.shape();
    let places: Vec<_> =
        (0..ny * nx).map(|pixel| grid.direction(pixel).map(|place| own.interpolation(&place))).collect();
    let moved = |values: &Array2<f64>| {
        let width = values.ncols();
        Array2::from_shape_fn((ny, nx), |(y, x)| {
            let terms = places[y * nx + x].iter().flat_map(|found| found.terms().to_vec());
            terms.map(|(pixel, weight)| weight * values[[pixel / width, pixel % width]]).sum()
        })
    };
    SmoothedCounts {
        counts: moved(&part.counts),
        model: moved(&part.model),
        ones: moved(&part.ones),
        variance: moved(&part.variance),
    }
}

/// `n ln m - m`, of counts that are none `-m`.
fn poisson(n: f64, m: f64) -> f64 {
    if n > 0.0 { n * m.ln() - m } else { -m }
}

fn result(
    sums: SmoothedCounts,
    on_sphere: bool,
    (name, src_dict, grid, mask): (String, serde_json::Value, SkyGrid, Option<Array2<bool>>),
    options: &ResidMapOptions,
) -> ResidMap {
    let SmoothedCounts { counts, model, mut ones, variance } = sums;
    let sigma = Zip::from(&counts).and(&model).and(&variance).map_collect(|&n, &m, &v| {
        // A transform may leave a little less than nothing where nothing is.
        let (n, m) = (n.max(0.0), m.max(0.0));
        if m == 0.0 {
            return 0.0;
        }
        let ts = 2.0 * (poisson(n, n) - poisson(n, m));
        // The variance of the counts in units of what Poisson counts would have.
        let scale = if on_sphere { 1.0 } else { v / m };
        let sigma = (ts.max(0.0) / scale).sqrt();
        if n < m { -sigma } else { sigma }
    });
    let largest = ones.iter().copied().fold(0.0, f64::max);
    ones.mapv_inplace(|one| if on_sphere { 1.0 } else { one / largest });
    let excess = (&counts - &model) / &ones;
    let (data, model) = (counts / &ones, model / &ones);
    ResidMap { name, grid, sigma, data, model, excess, mask, src_dict, config: options.clone() }
}

/// Where any weight is above 0; without weights all is.
fn mask(grid: &SkyGrid, cubes: &[ComponentCubes]) -> Array2<bool> {
    let [ny, nx] = grid.shape();
    let mut mask = Array2::from_elem((ny, nx), false);
    for cube in cubes {
        let under = crate::sky::components::pixels_under(grid, &cube.counts().grid);
        let width = cube.counts().grid.shape()[1];
        for ((y, x), is_seen) in mask.indexed_iter_mut() {
            let Some(pixel) = under[y * nx + x] else { continue };
            *is_seen |= cube.weights().is_none_or(|weights| {
                cube.bins().any(|bin| weights.values()[[bin, pixel / width, pixel % width]] > 0.0)
            });
        }
    }
    mask
}
