//! The image of a test source at the middle of a component, moved by whole pixels: the test source at every other pixel.

use std::ops::Range;

use lat_response::convolved;
use likelihood_core::ComponentData;
use ndarray::{Array2, ArrayView2, Axis, Zip};
use rayon::prelude::*;
use roi_model::Source;

use crate::error::Result;
use crate::sky::components::SkyComponent;
use crate::sky::kernel::{Kernel, image_of};
use crate::tsmap::amplitude::Moments;
use crate::tsmap::filled_bins::{FilledPlane, filled_planes};
use crate::tsmap::ts_options::TsMapOptions;

/// A kernel has at least so many pixels on each side.
const LEAST_HALF: usize = 3;

/// A component with the image of the test source.
pub(crate) struct ShiftedKernel {
    pub(crate) kernel: Kernel,
    bins: Range<usize>,
    /// The filled bins and the image in each energy bin, the image cut to the same pixels in all.
    planes: Vec<(FilledPlane, Array2<f64>)>,
    center: (usize, usize),
    size: (usize, usize),
    /// Sums at amplitude 0 for a test source at each pixel.
    moments: Array2<Moments>,
    /// Counts of the whole image in the energy bins.
    pub(crate) npred: f64,
}

impl ShiftedKernel {
    /// Of some energy bins of a component, over the model of some sources.
    pub(crate) fn new(
        component: SkyComponent<'_>,
        bins: &Range<usize>,
        sources: &[&Source],
        options: &TsMapOptions,
    ) -> Result<Self> {
        let image = image_of(component)?;
        let kernel = Kernel::new(component, &options.model)?;
        let half = half_size(&kernel, bins, image.header().cdelt, options);
        let cut: Vec<_> = bins.clone().map(|bin| kernel.window(bin, (half, half))).collect();
        let center = cut.first().map_or((0, 0), |(_, center)| *center);
        let [nx, ny] = image.size();
        let planes = cut.into_iter().map(|(window, _)| (FilledPlane::default(), window)).collect();
        let npred = bins.clone().map(|bin| kernel.plane(bin).sum()).sum();
        let moments = Array2::from_elem((ny, nx), Moments::default());
        let mut shifted = Self { kernel, bins: bins.clone(), planes, center, size: (ny, nx), moments, npred };
        shifted.follow(component.data, sources)?;
        Ok(shifted)
    }

    /// Takes the model of some sources.
    pub(crate) fn follow(&mut self, data: &ComponentData, sources: &[&Source]) -> Result<()> {
        let filled = filled_planes(data, &self.bins, self.size.0, sources)?;
        for ((plane, _), filled) in self.planes.iter_mut().zip(filled) {
            *plane = filled;
        }
        self.moments = moments(data, &self.bins, &self.planes, (self.center, self.size));
        Ok(())
    }

    /// The sums at amplitude 0 of the test source at a pixel.
    pub(crate) fn moments_at(&self, pixel: (usize, usize)) -> Moments {
        self.moments[pixel]
    }

    /// Weighted counts and ratio of test source to background, of each filled bin that a test source at a pixel reaches.
    pub(crate) fn visit(&self, (y, x): (usize, usize), take: &mut impl FnMut(f64, f64)) {
        let (cy, cx) = self.center;
        for (filled, window) in &self.planes {
            let (height, width) = window.dim();
            let rows = y.saturating_sub(cy)..(y + height - cy).min(self.size.0);
            let columns = x.saturating_sub(cx)..(x + width - cx).min(self.size.1);
            // A window is made whole, row after row.
            let Some(image) = window.as_slice() else { continue };
            for row in rows {
                let line = &image[(row + cy - y) * width..(row + cy - y + 1) * width];
                for pixel in filled.within(row, &columns) {
                    take(pixel.counts, line[pixel.column + cx - x] * pixel.inverse);
                }
            }
        }
    }
}

/// Half the size of the image that is compared with the counts, pixels.
fn half_size(kernel: &Kernel, bins: &Range<usize>, cdelt: [f64; 2], options: &TsMapOptions) -> usize {
    let of_bin = |bin: usize| {
        let (half_y, half_x) = kernel.half_sizes(bin, options.threshold);
        half_y.max(half_x)
    };
    let half = bins.clone().map(of_bin).max().unwrap_or(0).max(LEAST_HALF);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a radius in pixels, above 0")]
    let most = (options.max_kernel_radius / cdelt[0].abs().max(cdelt[1].abs())) as usize;
    half.min(most)
}

/// For each pixel the sums at amplitude 0 of a test source there: correlations of its image with weights, `n / b` and `n / b^2`.
fn moments(
    data: &ComponentData,
    bins: &Range<usize>,
    planes: &[(FilledPlane, Array2<f64>)],
    (center, size): ((usize, usize), (usize, usize)),
) -> Array2<Moments> {
    let of_bin = |(bin, (filled, window)): (usize, &(FilledPlane, Array2<f64>))| {
        let weights = match data.weights() {
            Some(weights) => weights.values().index_axis(Axis(0), bin).mapv(f64::from),
            None => Array2::ones(size),
        };
        let (first, second) = filled.ratios(size);
        let mut sums = correlated(&[weights.view(), first.view()], window, center);
        sums.extend(correlated(&[second.view()], &window.mapv(|t| t * t), center));
        sums
    };
    let planes: Vec<_> = bins.clone().zip(planes).collect();
    let sums: Vec<Vec<Array2<f64>>> = planes.into_par_iter().map(of_bin).collect();
    let mut moments = Array2::from_elem(size, Moments::default());
    for sums in &sums {
        let [total, first, second] = sums.as_slice() else { continue };
        Zip::from(&mut moments).and(total).and(first).and(second).for_each(|sum, &total, &first, &second| {
            sum.total += total;
            sum.first += first;
            sum.second += second;
        });
    }
    moments
}

/// Correlations: convolutions with the image turned by half a turn.
fn correlated(images: &[ArrayView2<'_, f64>], kernel: &Array2<f64>, (cy, cx): (usize, usize)) -> Vec<Array2<f64>> {
    let (last_y, last_x) = (kernel.nrows() - 1, kernel.ncols() - 1);
    let turned = Array2::from_shape_fn(kernel.dim(), |(y, x)| kernel[[last_y - y, last_x - x]]);
    convolved(images, turned.view(), (last_y - cy, last_x - cx))
}
