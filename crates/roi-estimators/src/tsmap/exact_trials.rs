//! A test source with the map of its own place in each component: exposure and PSF of the place, whatever the component's pixels.

use std::ops::Range;

use lat_response::{SkyGrid, UnitVector};
use ndarray::{Array2, Axis};
use roi_model::{SkyDirection, Source};

use crate::error::Result;
use crate::sky::components::SkyComponent;
use crate::tsmap::amplitude::{Amplitude, Moments, TrialBins, maximize};
use crate::tsmap::filled_bins::{FilledPlane, filled_planes};
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
    fn visit(&self, mut take: impl FnMut(f64, f64)) {
        self.0.iter().for_each(|&(n, r)| take(n, r));
    }
}

impl<'a> ExactTrials<'a> {
    /// Over these energy bins of the components and the model of some sources.
    pub(crate) fn new(
        components: &[SkyComponent<'a>],
        bins: &[Range<usize>],
        sources: &[&Source],
        options: &'a TsMapOptions,
    ) -> Result<Self> {
        let seen = |(component, bins): (&SkyComponent<'a>, &Range<usize>)| {
            let n_rows = component.grid().shape()[0];
            let filled = filled_planes(component.data, bins, n_rows, sources)?;
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
#[expect(clippy::cast_possible_truncation, reason = "pixel numbers")]
fn within(grid: &SkyGrid, place: SkyDirection, radius: f64) -> Array2<bool> {
    let [ny, nx] = grid.shape();
    if let SkyGrid::Wcs(image) = grid
        && let Some((x, y)) = image.to_pixel(&place)
    {
        let [x_step, y_step] = image.header().cdelt.map(f64::abs);
        let most = (radius / x_step.max(y_step)) as i64;
        let (x, y) = ((x - 1.0).round() as i64, (y - 1.0).round() as i64);
        return Array2::from_shape_fn((ny, nx), |(row, column)| {
            (row as i64 - y).abs() <= most && (column as i64 - x).abs() <= most
        });
    }
    let (center, limit) = (UnitVector::from(place), radius.to_radians());
    Array2::from_shape_fn((ny, nx), |(row, column)| {
        grid.direction(row * nx + column).is_some_and(|other| UnitVector::from(other).angle(center) <= limit)
    })
}
