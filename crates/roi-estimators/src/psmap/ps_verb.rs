//! The verb `psmap`.

use lat_response::SkyGrid;
use ndarray::Array2;
use roi_fit::{Analysis, ComponentCubes, Progress};

use crate::error::{Error, Result};
use crate::psmap::deviation::{SpectrumBin, Work, signed_ps};
use crate::psmap::ps_options::PsMapOptions;
use crate::psmap::ps_result::PsMap;
use crate::psmap::summed_counts::{Plane, planes};
use crate::sky::components::{finest, pixels_under};
use crate::sky::parts::{in_parts, tell};

/// The widths of spectral bins, log10, for which PS is meant (Bruel 2021).
const GOOD_WIDTHS: std::ops::RangeInclusive<f64> = 0.2..=0.3;

/// How improbable the spectrum of the counts around each pixel is under the model: a map of PS, the P-value statistic of Bruel (2021, A&A
/// 656, A81). The analysis is left as it was.
///
/// Around each pixel, counts and model are summed over a disk whose radius falls with energy about as the PSF does, and rebinned in energy. `L` is
/// the likelihood of that spectrum; PS is `-log10` of the probability that counts drawn from the model have an `L` as low or lower, negative
/// where the counts lie below the model on the whole.
///
/// # Errors
/// When an option is wrong, the analysis has no files, a name of `exclude` is unknown, or no energy bin lies between `emin` and `emax`; [`Error::Stopped`].
pub fn psmap(analysis: &Analysis, options: &PsMapOptions, progress: &mut dyn Progress) -> Result<PsMap> {
    options.check(analysis.likelihood().components().len())?;
    let cubes = analysis.cubes(&options.exclude)?;
    let grid = finest(cubes.iter().map(|cube| &cube.counts().grid))?.clone();
    if options.use_weights && cubes.iter().all(|cube| cube.weights().is_none()) {
        let (found, expected) =
            ("an analysis without weights".to_owned(), "an analysis with likelihood weights (gtlike: {wmap: PATH})");
        return Err(Error::Option { option: "use_weights", found, expected });
    }
    let (low, high) = (options.emin.log10(), options.emax.log10());
    let width = (high - low) / options.nbinloge as f64;
    let hlogebin: Vec<f64> = (0..=options.nbinloge).map(|i| low + width * i as f64).collect();
    analysis.session().check_memory("sums over disks", Spectra::bytes(&cubes))?;
    let spectra = Spectra::new(&cubes, &grid, (&hlogebin, options), progress)?;
    let wanted = wanted(&grid, options)?;
    let of_pixel = |work: &mut Work, pixel: &usize| Ok(signed_ps(&spectra.at(*pixel), options, work));
    let pixels: Vec<usize> = (0..grid.n_pixels()).filter(|pixel| wanted.contains(*pixel)).collect();
    let found = in_parts("psmap", &pixels, progress, of_pixel)?;
    let mut ps = vec![f64::NAN; grid.n_pixels()];
    for (&pixel, found) in pixels.iter().zip(found) {
        ps[pixel] = found;
    }
    let [ny, nx] = grid.shape();
    let mut peak: Option<(usize, f64)> = None;
    for (pixel, &ps) in ps.iter().enumerate().filter(|(_, ps)| !ps.is_nan()) {
        if peak.is_none_or(|(_, most)| ps > most) {
            peak = Some((pixel, ps));
        }
    }
    let spectrum = peak.map(|(pixel, _)| spectra.at(pixel)).unwrap_or_default();
    let shape = |_| Error::Internal { what: "a PS map has not as many values as pixels" };
    let is_good = GOOD_WIDTHS.contains(&((1e9 * width).round() / 1e9));
    let warning =
        format!("psmap: bins of {width:.3} in log10(E) are not the 0.2 to 0.3 that are recommended; change nbinloge");
    Ok(PsMap {
        psmap: Array2::from_shape_vec((ny, nx), ps).map_err(shape)?,
        peak: peak.map(|(pixel, _)| (pixel / nx, pixel % nx)),
        grid,
        hlogebin,
        datcounts: spectrum.iter().map(|bin| bin.counts).collect(),
        modcounts: spectrum.iter().map(|bin| bin.model).collect(),
        weights: spectrum.iter().map(|bin| bin.weight).collect(),
        warnings: if is_good { Vec::new() } else { vec![warning] },
        config: options.clone(),
    })
}

/// The pixels that are computed.
struct Wanted {
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    width: usize,
}

impl Wanted {
    fn contains(&self, pixel: usize) -> bool {
        self.rows.contains(&(pixel / self.width)) && self.columns.contains(&(pixel % self.width))
    }
}

fn wanted(grid: &SkyGrid, options: &PsMapOptions) -> Result<Wanted> {
    let [ny, nx] = grid.shape();
    let Some([x, y]) = options.pixel else { return Ok(Wanted { rows: 0..ny, columns: 0..nx, width: nx }) };
    if !(1..=nx).contains(&x) || !(1..=ny).contains(&y) {
        let found = format!("({x}, {y}) of a map of {nx} x {ny} pixels");
        return Err(Error::Option { option: "pixel", found, expected: "a pixel of the map, counted from 1" });
    }
    let around = |at: usize, n: usize| (at - 1).saturating_sub(options.dpix)..at.saturating_add(options.dpix).min(n);
    Ok(Wanted { rows: around(y, ny), columns: around(x, nx), width: nx })
}

/// The spectra around all pixels.
struct Spectra {
    components: Vec<ComponentSums>,
    n_bins: usize,
}

/// The sums of a component.
struct ComponentSums {
    planes: Vec<(usize, Plane)>,
    under: Vec<Option<usize>>,
    width: usize,
}

impl Spectra {
    /// What they take, in bytes, the cubes that they are made of included.
    fn bytes(cubes: &[ComponentCubes]) -> u64 {
        cubes.iter().map(|cube| (cube.bytes() + Plane::bytes(cube.model().len())) as u64).sum()
    }

    fn new(
        cubes: &[ComponentCubes],
        grid: &SkyGrid,
        (edges, options): (&[f64], &PsMapOptions),
        progress: &mut dyn Progress,
    ) -> Result<Self> {
        let n_bins = options.nbinloge;
        let mut components = Vec::new();
        for (index, cube) in cubes.iter().enumerate() {
            tell(progress, "psmap", 0, grid.n_pixels())?;
            let binned = planes(cube, index, options)?
                .into_iter()
                .filter_map(|plane| Some((bin_of(edges, plane.log_center)?, plane)));
            let own = &cube.counts().grid;
            components.push(ComponentSums {
                planes: binned.collect(),
                under: pixels_under(grid, own),
                width: own.shape()[1],
            });
        }
        if components.iter().all(|component| component.planes.is_empty()) {
            let (emin, emax) = (options.emin, options.emax);
            return Err(likelihood_core::Error::EnergyRange { emin, emax }.into());
        }
        Ok(Self { components, n_bins })
    }

    /// The spectrum around a pixel of the map.
    fn at(&self, pixel: usize) -> Vec<SpectrumBin> {
        let mut bins = vec![SpectrumBin { counts: 0.0, model: 0.0, weight: 0.0 }; self.n_bins];
        for component in &self.components {
            let Some(own) = component.under.get(pixel).copied().flatten() else { continue };
            let place = (own / component.width, own % component.width);
            for (bin, plane) in &component.planes {
                let sum = &mut bins[*bin];
                sum.counts += plane.counts[place];
                sum.model += plane.model[place];
                sum.weight += plane.inverse_weights[place];
            }
        }
        // The mean of the inverse weights over the counts, inverted.
        for bin in &mut bins {
            bin.weight = if bin.counts > 0.0 { bin.counts / bin.weight } else { 1.0 };
        }
        bins
    }
}

/// The bin of a spectrum that an energy lies in; the last holds its upper edge.
fn bin_of(edges: &[f64], log_energy: f64) -> Option<usize> {
    let above = edges.partition_point(|edge| *edge <= log_energy);
    let last = edges.len().checked_sub(2)?;
    match above {
        0 => None,
        _ if above <= last + 1 => Some(above - 1),
        _ => (edges.last() == Some(&log_energy)).then_some(last),
    }
}
