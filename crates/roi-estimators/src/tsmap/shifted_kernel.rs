//! The image of a test source at the middle of a component, moved by whole pixels: the test source at every other pixel.

use std::ops::Range;

use lat_response::convolved;
use ndarray::{Array2, ArrayView2, Axis, Zip};
use rayon::prelude::*;
use roi_fit::{ComponentCubes, TrialMaker};

use crate::error::Result;
use crate::sky::kernel::{Kernel, image_of};
use crate::tsmap::amplitude::Moments;
use crate::tsmap::filled_bins::{FilledPlane, filled_planes};
use crate::tsmap::ts_options::TsMapOptions;

/// A kernel has at least so many pixels on each side.
const LEAST_HALF: usize = 3;

/// A component with the image of the test source.
pub(crate) struct ShiftedKernel {
    pub(crate) kernel: Kernel,
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
    pub(crate) fn new(
        cubes: &ComponentCubes,
        maker: &TrialMaker,
        bins: &Range<usize>,
        options: &TsMapOptions,
    ) -> Result<Self> {
        let image = image_of(cubes)?;
        let kernel = Kernel::new(cubes, maker, &options.model)?;
        let half = half_size(&kernel, bins, image.header().cdelt, options);
        let cut: Vec<_> = bins.clone().map(|bin| kernel.window(bin, (half, half))).collect();
        let center = cut.first().map_or((0, 0), |(_, center)| *center);
        let [nx, ny] = image.size();
        let filled = filled_planes(cubes, bins)?;
        let planes: Vec<_> = filled.into_iter().zip(cut).map(|(filled, (window, _))| (filled, window)).collect();
        let moments = moments(cubes, bins, &planes, center);
        let npred = bins.clone().map(|bin| kernel.plane(bin).sum()).sum();
        Ok(Self { kernel, planes, center, size: (ny, nx), moments, npred })
    }

    /// Takes the model that the component has now.
    pub(crate) fn follow(&mut self, cubes: &ComponentCubes, bins: &Range<usize>) -> Result<()> {
        for ((filled, _), now) in self.planes.iter_mut().zip(filled_planes(cubes, bins)?) {
            *filled = now;
        }
        self.moments = moments(cubes, bins, &self.planes, self.center);
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
            for row in rows {
                let line = window.row(row + cy - y);
                for (column, n, inverse) in filled.within(row, columns.clone()) {
                    let counts = line[column + cx - x];
                    if counts > 0.0 {
                        take(n, counts * inverse);
                    }
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
    cubes: &ComponentCubes,
    bins: &Range<usize>,
    planes: &[(FilledPlane, Array2<f64>)],
    center: (usize, usize),
) -> Array2<Moments> {
    let (_, ny, nx) = cubes.model().dim();
    let of_bin = |(bin, (filled, window)): (usize, &(FilledPlane, Array2<f64>))| {
        let weights = match cubes.weights() {
            Some(weights) => weights.values().index_axis(Axis(0), bin).mapv(f64::from),
            None => Array2::ones((ny, nx)),
        };
        let (first, second) = filled.ratios((ny, nx));
        let mut sums = correlated(&[weights.view(), first.view()], window, center);
        sums.extend(correlated(&[second.view()], &window.mapv(|t| t * t), center));
        sums
    };
    let planes: Vec<_> = bins.clone().zip(planes).collect();
    let sums: Vec<Vec<Array2<f64>>> = planes.into_par_iter().map(of_bin).collect();
    let mut moments = Array2::from_elem((ny, nx), Moments::default());
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
