//! A test source with the map of its own place in each component: exposure and PSF of the place, whatever the component's pixels.

use std::ops::Range;

use lat_response::{SkyGrid, UnitVector};
use ndarray::{Array2, Axis};
use roi_model::{SkyDirection, Source};

use crate::error::Result;
use crate::sky::components::SkyComponent;
use crate::tsmap::amplitude::{Amplitude, Moments, Series, TrialBins, maximize};
use crate::tsmap::filled_bins::{FilledPixel, FilledPlane, filled_planes};
use crate::tsmap::ts_options::TsMapOptions;

/// The name of the source that is looked for.
const NAME: &str = "test source";

/// The components with what makes maps for them.
pub(crate) struct ExactTrials<'a> {
    components: Vec<Seen<'a>>,
    options: &'a TsMapOptions,
}

/// A component.
struct Seen<'a> {
    component: SkyComponent<'a>,
    bins: Range<usize>,
    filled: Vec<FilledPlane>,
}

/// The filled bins of a trial, with the ratio of the test source to the background.
struct Ratios(Vec<(f64, f64)>);

impl TrialBins for Ratios {
    fn split(&self, limit: f64, near: &mut Vec<(f64, f64)>) -> Series {
        let mut far = Series::default();
        for &(n, r) in &self.0 {
            if r > limit { near.push((n, r)) } else { far.take(n, r) }
        }
        far
    }
}

impl<'a> ExactTrials<'a> {
    /// What it takes, in bytes: the filled bins; on each thread the map of the test source, of so many bytes, its counts in double precision twice while
    /// they are summed, and its ratios at the filled bins, those near the amplitude's limit apart.
    pub(crate) fn bytes(components: &[SkyComponent<'_>], bins: &[Range<usize>], maps: u64) -> u64 {
        let filled = |own: &SkyComponent<'_>| own.data.n_filled();
        let fixed = |(own, bins): (&SkyComponent<'_>, &Range<usize>)| {
            own.grid().n_pixels() * bins.len() * size_of::<u32>() + 2 * filled(own) * size_of::<FilledPixel>()
        };
        let fixed: usize = components.iter().zip(bins).map(fixed).sum();
        let counts = |own: &SkyComponent<'_>| 2 * own.grid().n_pixels() * own.data.axis().n_bins() * size_of::<f64>();
        let counts = components.iter().map(counts).max().unwrap_or(0);
        let ratios = 2 * components.iter().map(filled).sum::<usize>() * size_of::<(f64, f64)>();
        fixed as u64 + rayon::current_num_threads() as u64 * (maps + (counts + ratios) as u64)
    }

    /// Over these energy bins of the components and the model of some sources.
    pub(crate) fn new(
        components: &[SkyComponent<'a>],
        bins: &[Range<usize>],
        sources: &[&Source],
        options: &'a TsMapOptions,
    ) -> Result<Self> {
        let seen = |(component, bins): (&SkyComponent<'a>, &Range<usize>)| {
            let [ny, nx] = component.grid().shape();
            let filled = filled_planes(component.data, bins, (ny, nx), sources)?;
            Ok(Seen { component: *component, bins: bins.clone(), filled })
        };
        Ok(Self { components: components.iter().zip(bins).map(seen).collect::<Result<_>>()?, options })
    }

    /// The maximum for a test source at a place, and all its predicted counts at amplitude 1.
    pub(crate) fn at(&self, place: SkyDirection, near: &mut Vec<(f64, f64)>) -> Result<(Amplitude, f64)> {
        let source = self.options.model.at(NAME, place)?;
        let (mut ratios, mut moments, mut npred) = (Vec::new(), Moments::default(), 0.0);
        for Seen { component, bins, filled } in &self.components {
            let counts = component.predicted(&source, &component.maker.source_map(&source)?)?;
            let within = within(component.grid(), place, self.options.max_kernel_radius);
            for (bin, filled) in bins.clone().zip(filled) {
                let plane = counts.index_axis(Axis(0), bin);
                npred += plane.sum();
                for ((y, x), _) in within.indexed_iter().filter(|(_, reached)| **reached) {
                    let weights = component.data.weights();
                    let weight = weights.map_or(1.0, |weights| f64::from(weights.values()[[bin, y, x]]));
                    moments.total += weight * plane[[y, x]];
                }
                for y in 0..within.nrows() {
                    for pixel in filled.within(y, &(0..within.ncols())) {
                        let (at, n) = ([y, pixel.column], pixel.counts);
                        let ratio = plane[at] * pixel.inverse;
                        if within[at] && ratio > 0.0 {
                            moments.first += n * ratio;
                            moments.second += n * ratio * ratio;
                            ratios.push((n, ratio));
                        }
                    }
                }
            }
        }
        Ok((maximize(&Ratios(ratios), &moments, near), npred))
    }
}

/// The pixels that are compared with a test source: a square of an image, whose half side is the radius, and a disk of HEALPix pixels.
fn within(grid: &SkyGrid, place: SkyDirection, radius: f64) -> Array2<bool> {
    let [ny, nx] = grid.shape();
    if let SkyGrid::Wcs(image) = grid
        && let Some((x, y)) = image.to_pixel(&place)
    {
        let [x_step, y_step] = image.header().cdelt.map(f64::abs);
        let most = (radius / x_step.max(y_step)).floor();
        let (x, y) = ((x - 1.0).round(), (y - 1.0).round());
        return Array2::from_shape_fn((ny, nx), |(row, column)| {
            (row as f64 - y).abs() <= most && (column as f64 - x).abs() <= most
        });
    }
    let (center, limit) = (UnitVector::from(place), radius.to_radians());
    Array2::from_shape_fn((ny, nx), |(row, column)| {
        grid.direction(row * nx + column).is_some_and(|other| UnitVector::from(other).angle(center) <= limit)
    })
}
