//! A test source at any pixel of a map.

use std::ops::Range;

use lat_response::SkyGrid;
use likelihood_core::ComponentData;
use roi_model::{SkyDirection, Source};

use crate::error::Result;
use crate::sky::components::{SkyComponent, pixels_under};
use crate::tsmap::amplitude::{Amplitude, Moments, Series, TrialBins, maximize};
use crate::tsmap::shifted_kernel::ShiftedKernel;
use crate::tsmap::ts_options::TsMapOptions;

/// All components with the image of the test source.
pub(crate) struct TsScan {
    components: Vec<Placed>,
}

/// A component beside the map's pixels.
struct Placed {
    shifted: ShiftedKernel,
    /// Its pixel under each of the map's.
    under: Vec<Option<usize>>,
    width: usize,
}

/// A test source at one place.
struct Trial<'a> {
    parts: Vec<(&'a ShiftedKernel, (usize, usize))>,
}

impl TrialBins for Trial<'_> {
    fn split(&self, limit: f64, near: &mut Vec<(f64, f64)>) -> Series {
        let mut far = Series::default();
        for (component, pixel) in &self.parts {
            component.split(*pixel, limit, (near, &mut far));
        }
        far
    }
}

impl TsScan {
    /// On these pixels, over these energy bins of the components and the model of some sources.
    pub(crate) fn new(
        components: &[SkyComponent<'_>],
        bins: &[Range<usize>],
        (grid, sources): (&SkyGrid, &[&Source]),
        options: &TsMapOptions,
    ) -> Result<Self> {
        let place = |(component, bins): (&SkyComponent<'_>, &Range<usize>)| {
            let shifted = ShiftedKernel::new(*component, bins, sources, options)?;
            Ok(Placed { shifted, under: pixels_under(grid, component.grid()), width: component.grid().shape()[1] })
        };
        Ok(Self { components: components.iter().zip(bins).map(place).collect::<Result<_>>()? })
    }

    /// What it takes, in bytes: in each energy bin images of the test source and of sums, and the filled bins; while sums are made, images that are convolved on
    /// each thread.
    pub(crate) fn bytes(components: &[SkyComponent<'_>], bins: &[Range<usize>]) -> u64 {
        let threads = rayon::current_num_threads();
        let of = |(component, bins): (&SkyComponent<'_>, &Range<usize>)| {
            let (n_pixels, n_filled) = (component.grid().n_pixels(), component.data.n_filled());
            ShiftedKernel::bytes(n_pixels, bins.len(), n_filled) + threads * ShiftedKernel::scratch_bytes(n_pixels)
        };
        components.iter().zip(bins).map(of).sum::<usize>() as u64
    }

    /// Counts of the test source in all components.
    pub(crate) fn npred(&self) -> f64 {
        self.components.iter().map(|component| component.shifted.npred).sum()
    }

    /// Where the image of the test source was made.
    pub(crate) fn place(&self) -> Option<SkyDirection> {
        self.components.first().map(|component| component.shifted.kernel.place)
    }

    /// The sums at amplitude 0 of a test source at a pixel of the map.
    pub(crate) fn moments(&self, pixel: usize) -> Moments {
        let mut moments = Moments::default();
        for (component, place) in self.parts(pixel) {
            let sums = component.moments_at(place);
            moments.total += sums.total;
            moments.first += sums.first;
            moments.second += sums.second;
        }
        moments
    }

    /// The maximum for a test source at a pixel of the map.
    pub(crate) fn at(&self, pixel: usize, near: &mut Vec<(f64, f64)>) -> Amplitude {
        maximize(&Trial { parts: self.parts(pixel).collect() }, &self.moments(pixel), near)
    }

    /// The components that have a pixel there, and theirs.
    fn parts(&self, pixel: usize) -> impl Iterator<Item = (&ShiftedKernel, (usize, usize))> {
        self.components.iter().filter_map(move |component| {
            let own = component.under.get(pixel).copied().flatten()?;
            Some((&component.shifted, (own / component.width, own % component.width)))
        })
    }

    /// Takes the model of some sources.
    pub(crate) fn follow(&mut self, data: &[ComponentData], sources: &[&Source]) -> Result<()> {
        let mut components = self.components.iter_mut().zip(data);
        components.try_for_each(|(component, data)| component.shifted.follow(data, sources))
    }
}
