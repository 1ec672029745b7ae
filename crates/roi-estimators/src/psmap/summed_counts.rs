//! Counts and model around every pixel, bin by bin.

use lat_response::{HealpixGrid, SkyGrid, UnitVector, WcsGrid, convolved};
use ndarray::{Array2, Axis, Zip};
use rayon::prelude::*;
use roi_fit::ComponentCubes;
use roi_model::SkyDirection;

use crate::error::{Error, Result};
use crate::psmap::ps_options::PsMapOptions;
use crate::sky::components::check_modelled;

/// Sums below are none: what Fourier transforms leave of zero.
const NONE: f64 = 0.1;
/// The part of the largest sum that is rounding.
const ROUNDING: f64 = 1e-13;

/// Sums of one energy bin of a component over disks around its pixels.
pub(crate) struct Plane {
    /// Geometric centre of the bin, log10 of MeV.
    pub(crate) log_center: f64,
    pub(crate) counts: Array2<f64>,
    pub(crate) model: Array2<f64>,
    /// The counts' mean of the inverse weight, times the counts.
    pub(crate) inverse_weights: Array2<f64>,
}

impl Plane {
    /// What the planes of so many bins take, in bytes: three images, and as many while they are made.
    pub(crate) fn bytes(n_bins: usize) -> usize {
        2 * 3 * size_of::<f64>() * n_bins
    }
}

/// Sums of all bins of a component that reach into the range of energies.
pub(crate) fn planes(cubes: &ComponentCubes, component: usize, options: &PsMapOptions) -> Result<Vec<Plane>> {
    let edges = cubes.counts().cube.axis().edges();
    let is_within = |bin: &usize| edges[bin + 1] > options.emin && edges[*bin] < options.emax;
    let wanted: Vec<usize> = cubes.bins().filter(is_within).collect();
    if let (Some(&first), Some(&last)) = (wanted.first(), wanted.last()) {
        check_modelled(cubes, &(first..last + 1))?;
    }
    let plane = |bin: usize| {
        let [counts, model, inverse] = images(cubes, bin, options.use_weights)?;
        let radius = options.radius(component, edges[bin]);
        let is_weighted = options.use_weights && cubes.weights().is_some();
        let [counts, model, inverse] = match &cubes.counts().grid {
            SkyGrid::Wcs(grid) => in_disks(grid, radius, [&counts, &model, &inverse])?,
            SkyGrid::Healpix(grid) => on_sphere(grid, radius, [&counts, &model, &inverse]),
            _ => return Err(Error::MixedPixels { component: cubes.name().to_owned() }),
        };
        let counts = counts.mapv(|n| if n > NONE { n } else { 0.0 });
        let noise = ROUNDING * model.iter().copied().fold(0.0, f64::max);
        let model = model.mapv(|m| if m > noise { m } else { 0.0 });
        let inverse_weights = if is_weighted {
            Zip::from(&inverse).and(&counts).map_collect(|&inverse, &n| if n > 0.0 { inverse } else { 0.0 })
        } else {
            counts.clone()
        };
        let log_center = (edges[bin] * edges[bin + 1]).sqrt().log10();
        Ok(Plane { log_center, counts, model, inverse_weights })
    };
    wanted.into_par_iter().map(plane).collect()
}

/// Counts, model, and counts over weights of a bin. A pixel of weight zero is left out of all.
fn images(cubes: &ComponentCubes, bin: usize, use_weights: bool) -> Result<[Array2<f64>; 3]> {
    let mut counts = cubes.counts().cube.counts().index_axis(Axis(0), bin).mapv(f64::from);
    let mut model = cubes.model().index_axis(Axis(0), bin).to_owned();
    let Some(weights) = cubes.weights().filter(|_| use_weights) else {
        let inverse = counts.clone();
        return Ok([counts, model, inverse]);
    };
    let weights = weights.values().index_axis(Axis(0), bin);
    if weights.iter().any(|weight| *weight < 0.0) {
        return Err(Error::Internal { what: "a likelihood weight below 0" });
    }
    let inverse = Zip::from(&mut counts).and(&mut model).and(&weights).map_collect(|n, m, &weight| {
        if weight > 0.0 {
            *n / f64::from(weight)
        } else {
            (*n, *m) = (0.0, 0.0);
            0.0
        }
    });
    Ok([counts, model, inverse])
}

/// Sums over the pixels whose centres lie within a radius of each pixel's: with the pixels of a disk in the middle of the map, moved.
fn in_disks(grid: &WcsGrid, radius: f64, images: [&Array2<f64>; 3]) -> Result<[Array2<f64>; 3]> {
    let [nx, ny] = grid.size();
    // The pixel left below the middle, counted from 1 as FITS does.
    let (x, y) = ((nx / 2).max(1) as f64, (ny / 2).max(1) as f64);
    let lost = || Error::Internal { what: "the middle of the counts is no direction" };
    let center = grid.to_direction(x, y).ok_or_else(lost)?;
    // What a pixel is on the sky there, not what the header has of the reference pixel.
    let step = |dx: f64, dy: f64| grid.to_direction(x + dx, y + dy).map(|place| place.separation(&center));
    let x_step = step(1.0, 0.0).ok_or_else(lost)?;
    let y_step = step(0.0, 1.0).ok_or_else(lost)?;
    let (half_x, half_y) = (half(radius, x_step, nx), half(radius, y_step, ny));
    let disk = Array2::from_shape_fn((2 * half_y + 1, 2 * half_x + 1), |(row, column)| {
        let (dx, dy) = (column as f64 - half_x as f64, row as f64 - half_y as f64);
        let place = grid.to_direction(x + dx, y + dy);
        if place.is_some_and(|place| place.separation(&center) < radius) { 1.0 } else { 0.0 }
    });
    Ok(convolved(images.map(|image| image.view()), &disk.view(), (half_y, half_x)))
}

/// How many pixels on each side of the centre a disk reaches, with some to spare for a projection that stretches, but no more than there are.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the size of the map")]
fn half(radius: f64, step: f64, n: usize) -> usize {
    (1.2 * radius / step + 1.0).ceil().clamp(0.0, n as f64) as usize
}

/// The same by the distances of the pixels near by.
fn on_sphere(grid: &HealpixGrid, radius: f64, images: [&Array2<f64>; 3]) -> [Array2<f64>; 3] {
    let n = grid.n_pixels();
    let place = |pixel: usize| grid.direction_of(pixel).map(|place| (place, UnitVector::from(place)));
    let centers: Vec<Option<(SkyDirection, UnitVector)>> = (0..n).map(place).collect();
    let limit = radius.to_radians();
    let flat = images.map(|image| image.iter().copied().collect::<Vec<f64>>());
    let of_pixel = |pixel: usize| {
        let mut sums = [0.0; 3];
        let Some((direction, center)) = centers[pixel] else { return sums };
        for other in grid.pixels_near(&direction, radius) {
            if centers[other].is_some_and(|(_, place)| place.angle(center) < limit) {
                sums.iter_mut().zip(&flat).for_each(|(sum, image)| *sum += image[other]);
            }
        }
        sums
    };
    let sums: Vec<[f64; 3]> = (0..n).into_par_iter().map(of_pixel).collect();
    let shape = images[0].dim();
    [0, 1, 2].map(|index| Array2::from_shape_fn(shape, |(y, x)| sums[y * shape.1 + x][index]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lat_response::HealpixOrdering;
    use roi_model::Frame;

    #[test]
    fn sums_over_disks_of_healpix_pixels_are_those_over_all_pixels_within() {
        let center = SkyDirection::new(83.6, 22.0).unwrap();
        // A power of two, whose neighbourhoods are known, and another one.
        for (nside, ordering) in
            [(64, HealpixOrdering::Nested), (64, HealpixOrdering::Ring), (50, HealpixOrdering::Ring)]
        {
            let sphere = HealpixGrid::new(nside, ordering, Frame::Celestial).unwrap();
            let grid = sphere.disk(&center, 6.0).unwrap();
            let n = grid.n_pixels();
            let image = Array2::from_shape_fn((1, n), |(_, pixel)| (0.7 * pixel as f64).sin() + 2.0);
            for radius in [0.1, 1.3, 5.0, 200.0] {
                let [sums, ..] = on_sphere(&grid, radius, [&image, &image, &image]);
                for pixel in 0..n {
                    let place = UnitVector::from(grid.direction_of(pixel).unwrap());
                    let is_inside = |other: &usize| {
                        UnitVector::from(grid.direction_of(*other).unwrap()).angle(place) < radius.to_radians()
                    };
                    let expected: f64 = (0..n).filter(is_inside).map(|other| image[[0, other]]).sum();
                    assert_eq!(sums[[0, pixel]], expected, "{nside} {radius} {pixel}");
                }
            }
        }
    }
}
