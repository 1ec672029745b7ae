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
use crate::tsmap::amplitude::{Moments, Series};
use crate::tsmap::filled_bins::{FilledPixel, FilledPlane, filled_planes};
use crate::tsmap::ts_options::TsMapOptions;

/// A kernel has at least so many pixels on each side.
const LEAST_HALF: usize = 3;

/// A component with the image of the test source.
pub(crate) struct ShiftedKernel {
    pub(crate) kernel: Kernel,
    bins: Range<usize>,
    /// The image in each energy bin, cut to the same pixels in all.
    windows: Vec<Array2<f64>>,
    center: (usize, usize),
    size: (usize, usize),
    /// Weighted counts of a test source at each pixel.
    totals: Array2<f64>,
    /// The energy bins, those first in which the test source is the smallest part of the background.
    planes: Vec<ShiftedPlane>,
    /// Counts of the whole image in the energy bins.
    pub(crate) npred: f64,
}

/// An energy bin of a component with the image of the test source.
struct ShiftedPlane {
    filled: FilledPlane,
    /// Its window.
    window: usize,
    /// The largest ratio of the test source to the background, wherever it stands.
    largest: f64,
    /// Sums over the filled bins, of this energy bin and all before it in their order, for a test source at each pixel.
    sums: Array2<Series>,
}

impl ShiftedKernel {
    /// What it takes of so many pixels, energy bins and filled bins: the image and its window, sums, and what lies before each pixel.
    pub(crate) fn bytes(n_pixels: usize, n_bins: usize, n_filled: usize) -> usize {
        let of_pixel = 2 * size_of::<f64>() + size_of::<Series>() + size_of::<u32>();
        n_pixels * n_bins * of_pixel + 2 * n_filled * size_of::<FilledPixel>()
    }

    /// What a thread takes to make the sums of an energy bin: four images and their kernels, with a margin, as complex numbers.
    pub(crate) fn scratch_bytes(n_pixels: usize) -> usize {
        4 * 8 * n_pixels * size_of::<[f64; 2]>()
    }

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
        let windows: Vec<Array2<f64>> = cut.into_iter().map(|(window, _)| window).collect();
        let npred = bins.clone().map(|bin| kernel.plane(bin).sum()).sum();
        let totals = totals(component.data, bins, &windows, (center, (ny, nx)));
        let mut shifted =
            Self { kernel, bins: bins.clone(), windows, center, size: (ny, nx), totals, planes: Vec::new(), npred };
        shifted.follow(component.data, sources)?;
        Ok(shifted)
    }

    /// Takes the model of some sources.
    pub(crate) fn follow(&mut self, data: &ComponentData, sources: &[&Source]) -> Result<()> {
        let filled = filled_planes(data, &self.bins, self.size, sources)?;
        let (center, size, windows) = (self.center, self.size, &self.windows);
        let plane = |(window, filled): (usize, FilledPlane)| {
            let peak = windows[window].iter().copied().fold(0.0, f64::max);
            let (largest, sums) = (peak * filled.largest_inverse(), sums(&filled, &windows[window], (center, size)));
            ShiftedPlane { filled, window, largest, sums }
        };
        let planes: Vec<_> = filled.into_iter().enumerate().collect();
        self.planes = planes.into_par_iter().map(plane).collect();
        // Of equals the one of lower energy first: the order depends on the data alone.
        self.planes.sort_by(|a, b| a.largest.total_cmp(&b.largest).then(a.window.cmp(&b.window)));
        let mut before: Option<&Array2<Series>> = None;
        for plane in &mut self.planes {
            if let Some(before) = before {
                plane.sums.zip_mut_with(before, Series::add);
            }
            before = Some(&plane.sums);
        }
        Ok(())
    }

    /// The sums at amplitude 0 of the test source at a pixel.
    pub(crate) fn moments_at(&self, pixel: (usize, usize)) -> Moments {
        let Series([first, second, ..]) = self.planes.last().map(|plane| plane.sums[pixel]).unwrap_or_default();
        Moments { total: self.totals[pixel], first, second }
    }

    /// Of the filled bins that a test source at a pixel reaches, those whose ratio may be above a limit one by one, the others as sums: of energy
    /// bins in which no ratio is above it, those that are known.
    pub(crate) fn split(&self, (y, x): (usize, usize), limit: f64, (near, far): (&mut Vec<(f64, f64)>, &mut Series)) {
        let first = self.planes.partition_point(|plane| plane.largest <= limit);
        if let Some(known) = first.checked_sub(1).and_then(|last| self.planes.get(last)) {
            far.add(&known.sums[(y, x)]);
        }
        let (cy, cx) = self.center;
        for ShiftedPlane { filled, window, .. } in &self.planes[first..] {
            let window = &self.windows[*window];
            let (height, width) = window.dim();
            let rows = y.saturating_sub(cy)..(y + height - cy).min(self.size.0);
            let columns = x.saturating_sub(cx)..(x + width - cx).min(self.size.1);
            // A window is made whole, row after row.
            let Some(image) = window.as_slice() else { continue };
            for row in rows {
                let line = &image[(row + cy - y) * width..(row + cy - y + 1) * width];
                for pixel in filled.within(row, &columns) {
                    let ratio = line[pixel.column + cx - x] * pixel.inverse;
                    if ratio > limit {
                        near.push((pixel.counts, ratio));
                    } else {
                        far.take(pixel.counts, ratio);
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

/// For each pixel the weighted counts of a test source there, those beyond the map not counted: its image correlated with the weights.
fn totals(
    data: &ComponentData,
    bins: &Range<usize>,
    windows: &[Array2<f64>],
    (center, size): ((usize, usize), (usize, usize)),
) -> Array2<f64> {
    let of_bin = |(bin, window): (usize, &Array2<f64>)| {
        let weights = match data.weights() {
            Some(weights) => weights.values().index_axis(Axis(0), bin).mapv(f64::from),
            None => Array2::ones(size),
        };
        correlated(&weights.view(), window, center)
    };
    let planes: Vec<_> = bins.clone().zip(windows).collect();
    let planes: Vec<Array2<f64>> = planes.into_par_iter().map(of_bin).collect();
    planes.iter().fold(Array2::zeros(size), |sum, plane| sum + plane)
}

/// For each pixel the sums over the filled bins of a test source there: correlations of powers of its image with `n / b`, `n / b^2`, ...
fn sums(
    filled: &FilledPlane,
    window: &Array2<f64>,
    (center, size): ((usize, usize), (usize, usize)),
) -> Array2<Series> {
    let mut sums = Array2::from_elem(size, Series::default());
    let mut power = Array2::ones(window.dim());
    for (order, image) in filled.ratios(size).iter().enumerate() {
        power *= window;
        let correlated = correlated(&image.view(), &power, center);
        Zip::from(&mut sums).and(&correlated).for_each(|sum, value| sum.0[order] = *value);
    }
    sums
}

/// The correlation of an image: a convolution with the kernel turned by half a turn.
fn correlated(image: &ArrayView2<'_, f64>, kernel: &Array2<f64>, (cy, cx): (usize, usize)) -> Array2<f64> {
    let (last_y, last_x) = (kernel.nrows() - 1, kernel.ncols() - 1);
    let turned = Array2::from_shape_fn(kernel.dim(), |(y, x)| kernel[[last_y - y, last_x - x]]);
    let [correlated] = convolved([*image], &turned.view(), (last_y - cy, last_x - cx));
    correlated
}
