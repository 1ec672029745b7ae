//! Counts and model of a component, smoothed.

use std::ops::Range;

use lat_response::{HealpixGrid, UnitVector, convolved};
use ndarray::{Array2, Axis, Zip};
use rayon::prelude::*;
use roi_fit::ComponentCubes;
use roi_model::SkyDirection;

use crate::sky::kernel::Kernel;

/// The part of a kernel's peak below which it is cut.
const NEGLIGIBLE: f64 = 1e-3;
/// A kernel has at least so many pixels on each side.
const LEAST_HALF: usize = 3;
/// Sigma of the Gaussian that smooths HEALPix maps, degrees.
pub(crate) const HEALPIX_SIGMA: f64 = 0.3;
/// How many sigmas it reaches: beyond lie 1e-8 of it.
const REACH: f64 = 6.0;

/// Sums over energies of what was smoothed with a filter `f`, on a component's pixels.
#[derive(Clone, Debug)]
pub(crate) struct SmoothedCounts {
    /// Counts, `f * (w n)`.
    pub(crate) counts: Array2<f64>,
    /// Model, `f * (w m)`.
    pub(crate) model: Array2<f64>,
    /// A map of ones: how much of the filter lies on the counts map.
    pub(crate) ones: Array2<f64>,
    /// The variance of the counts if the model is right, `f^2 * (w^2 m)`.
    pub(crate) variance: Array2<f64>,
}

impl SmoothedCounts {
    /// What it takes to make it of so many bins, in bytes: four images of each energy bin, and the image of the test source.
    pub(crate) fn bytes(n_bins: usize) -> usize {
        5 * size_of::<f64>() * n_bins
    }

    fn zeros(shape: (usize, usize)) -> Self {
        let zeros = || Array2::zeros(shape);
        Self { counts: zeros(), model: zeros(), ones: zeros(), variance: zeros() }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.counts += &other.counts;
        self.model += &other.model;
        self.ones += &other.ones;
        self.variance += &other.variance;
    }

    /// Of an image, with the image of the test source divided by `norm` as filter in each energy bin.
    pub(crate) fn with_kernel(cubes: &ComponentCubes, kernel: &Kernel, norm: f64, of: &Weighting<'_>) -> Self {
        let (_, ny, nx) = cubes.model().dim();
        let plane = |bin: usize| {
            // As fermipy has it: the extent along the row bounds the rows, that along the column the columns.
            let (half_y, half_x) = kernel.half_sizes(bin, NEGLIGIBLE);
            let half = (inside(half_x, kernel.center.0, ny), inside(half_y, kernel.center.1, nx));
            let (window, center) = kernel.window(bin, half);
            let filter = window / norm;
            let (counts, model, weights) = of.planes(cubes, bin);
            let variance = Zip::from(&model).and(&weights).map_collect(|m, w| m * w);
            let ones = Array2::ones((ny, nx));
            let images = [counts.view(), model.view(), ones.view()];
            let [counts, model, ones] = convolved(images, &filter.view(), center);
            let square = filter.mapv(|f| f * f);
            let [variance] = convolved([variance.view()], &square.view(), center);
            Self { counts, model, ones, variance }
        };
        let planes: Vec<Self> = of.bins.clone().into_par_iter().map(plane).collect();
        planes.iter().fold(Self::zeros((ny, nx)), |mut sum, plane| {
            sum.add(plane);
            sum
        })
    }

    /// Of HEALPix pixels, with a Gaussian on the sphere as filter.
    pub(crate) fn with_gaussian(cubes: &ComponentCubes, grid: &HealpixGrid, of: &Weighting<'_>) -> Self {
        let [ny, nx] = cubes.counts().grid.shape();
        let mut sums = [Array2::zeros((ny, nx)), Array2::zeros((ny, nx)), Array2::zeros((ny, nx))];
        for bin in of.bins.clone() {
            let (counts, model, weights) = of.planes(cubes, bin);
            let variance = Zip::from(&model).and(&weights).map_collect(|m, w| m * w);
            for (sum, plane) in sums.iter_mut().zip([counts, model, variance]) {
                *sum += &plane;
            }
        }
        let [counts, model, variance] = sums;
        smooth_on_sphere(grid, [&counts, &model, &variance])
    }
}

/// One less where the window would touch the edge of the map.
fn inside(half: usize, center: usize, n: usize) -> usize {
    let half = half.max(LEAST_HALF);
    if center + half + 1 >= n || center < half { half - 1 } else { half }
}

/// Which energy bins take part, and whether weights do.
pub(crate) struct Weighting<'a> {
    pub(crate) bins: &'a Range<usize>,
    pub(crate) use_weights: bool,
}

impl Weighting<'_> {
    /// Counts and model of a bin times their weights, and these.
    fn planes(&self, cubes: &ComponentCubes, bin: usize) -> (Array2<f64>, Array2<f64>, Array2<f64>) {
        let counts = cubes.counts().cube.counts().index_axis(Axis(0), bin).mapv(f64::from);
        let model = cubes.model().index_axis(Axis(0), bin).to_owned();
        match cubes.weights().filter(|_| self.use_weights) {
            None => {
                let ones = Array2::ones(counts.dim());
                (counts, model, ones)
            }
            Some(weights) => {
                let weights = weights.values().index_axis(Axis(0), bin).mapv(f64::from);
                (counts * &weights, model * &weights, weights)
            }
        }
    }
}

/// Counts, model and variance smoothed with a Gaussian of unit integral, as its density times the solid angle of a pixel.
fn smooth_on_sphere(grid: &HealpixGrid, [counts, model, variance]: [&Array2<f64>; 3]) -> SmoothedCounts {
    let n = grid.n_pixels();
    let place = |pixel: usize| grid.direction_of(pixel).map(|place| (place, UnitVector::from(place)));
    let centers: Vec<Option<(SkyDirection, UnitVector)>> = (0..n).map(place).collect();
    let sigma = HEALPIX_SIGMA.to_radians();
    // Chords instead of angles: 2 (1 - cos) of an angle that small is its square to 1e-6.
    let reach = (REACH * sigma) * (REACH * sigma);
    let shape = counts.dim();
    let (counts, model, variance) = (flat(counts), flat(model), flat(variance));
    let norm = 1.0 / (std::f64::consts::TAU * sigma * sigma);
    let of_pixel = |pixel: usize| {
        let mut sums = [0.0; 4];
        let Some((direction, UnitVector(center))) = centers[pixel] else { return sums };
        // A little farther than the reach, which is one of chords.
        for other in grid.pixels_near(&direction, 1.01 * REACH * HEALPIX_SIGMA) {
            let Some((_, UnitVector(place))) = centers[other] else { continue };
            let chord: f64 = center.iter().zip(place).map(|(a, b)| (a - b) * (a - b)).sum();
            if chord > reach {
                continue;
            }
            let weight = norm * (-0.5 * chord / (sigma * sigma)).exp() * grid.solid_angle();
            sums[0] += weight * counts[other];
            sums[1] += weight * model[other];
            sums[2] += weight;
            sums[3] += weight * weight * variance[other];
        }
        sums
    };
    let sums: Vec<[f64; 4]> = (0..n).into_par_iter().map(of_pixel).collect();
    let part = |index: usize| Array2::from_shape_fn(shape, |(y, x)| sums[y * shape.1 + x][index]);
    SmoothedCounts { counts: part(0), model: part(1), ones: part(2), variance: part(3) }
}

fn flat(image: &Array2<f64>) -> Vec<f64> {
    image.iter().copied().collect()
}
