//! Source maps on HEALPix pixels: radially symmetric sources are sampled pixel by pixel, diffuse ones in projected images around
//! the region or its parts.

use roi_model::SkyDirection;

use super::pixels::Pixels;
use crate::error::{Error, Result};
use crate::geometry::{HealpixGrid, HealpixOrdering, UnitVector, WcsGrid, WcsHeader};
use crate::observation::PsfPlanes;
use crate::recipe::HealpixSampling;

/// The largest radius of a region, degrees, for which one projected image around it serves for convolutions.
pub(crate) const LARGEST_RADIUS: f64 = 45.0;
/// NSIDE of the parts that a larger region is divided into: 192 on the sphere, of up to 12 deg around their centres.
const PARTS: u32 = 4;
/// Points along a side of the pixel that the source lies in.
const CENTRAL: usize = 64;
/// Points along a side of the pixels next to it.
const NEAR: usize = 8;

/// A part of the region, for diffuse sources: a projected image around some of its pixels.
pub(crate) struct Patch {
    /// Pixels half as large as those of the region.
    pub(crate) image: WcsGrid,
    /// The pixels of the map that are taken from this image.
    members: Vec<usize>,
}

/// The images that diffuse sources are convolved on: one around the whole region, or, when it reaches further than the `largest` radius
/// (degrees), one around each part of the sky, so small that a projection keeps the shape of the PSF.
///
/// # Errors
/// [`Error::Projection`] when an image cannot be made.
pub(crate) fn patches(grid: &HealpixGrid, largest: f64) -> Result<Vec<Patch>> {
    let all: Vec<usize> = (0..grid.n_pixels()).collect();
    let center = grid.reference_direction()?;
    let reach = if grid.is_full_sky() { 180.0 } else { radius(grid, &center, &all) };
    if reach <= largest {
        return Ok(vec![Patch { image: image_around(grid, &center, reach)?, members: all }]);
    }
    let parts = HealpixGrid::new(PARTS, HealpixOrdering::Ring, grid.frame())?;
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); parts.n_pixels()];
    for pixel in all {
        let part = grid.direction_of(pixel).and_then(|direction| parts.pixel(&direction));
        if let Some(members) = part.and_then(|part| members.get_mut(part)) {
            members.push(pixel);
        }
    }
    let patch = |(part, members): (usize, Vec<usize>)| {
        let center = parts.direction_of(part).ok_or_else(|| Error::Healpix { reason: format!("no part {part}") })?;
        Ok(Patch { image: image_around(grid, &center, radius(grid, &center, &members))?, members })
    };
    members.into_iter().enumerate().filter(|(_, members)| !members.is_empty()).map(patch).collect()
}

/// The largest separation, degrees, of pixels from a direction.
fn radius(grid: &HealpixGrid, center: &SkyDirection, members: &[usize]) -> f64 {
    let middle = UnitVector::from(*center);
    let directions = members.iter().filter_map(|&pixel| grid.direction_of(pixel));
    directions.map(|direction| UnitVector::from(direction).angle(middle)).fold(0.0, f64::max).to_degrees()
}

/// A stereographic image, which keeps the shape of the PSF, of pixels half as large; its scale grows with the separation from the centre.
fn image_around(grid: &HealpixGrid, center: &SkyDirection, radius: f64) -> Result<WcsGrid> {
    let step = 0.5 * side(grid);
    let reach = 2.0 * (0.5 * radius.to_radians()).tan().to_degrees() + 3.0 * step;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 45 deg over a pixel's side")]
    let size = 2 * (reach / step).ceil() as usize + 1;
    let (lon, lat) = center.coordinates(grid.frame());
    WcsGrid::new(WcsHeader::centered([size, size], step, grid.frame(), "STG", [lon, lat]))
}

/// Side of a square as large as a pixel, degrees.
fn side(grid: &HealpixGrid) -> f64 {
    grid.solid_angle().sqrt().to_degrees()
}

impl Patch {
    /// Writes what an image of the patch, all planes, holds of its pixels into a map of the whole region: intensities between the centres of
    /// the image's pixels, times the solid angle.
    pub(crate) fn resample(&self, grid: &HealpixGrid, image: &Pixels, map: &[f32], out: &mut [f32]) {
        let cells: Vec<_> = self
            .members
            .iter()
            .map(|&pixel| grid.direction_of(pixel).map(|direction| image.grid().interpolation(&direction)))
            .collect();
        let planes = map.chunks_exact(image.grid().n_pixels()).zip(out.chunks_exact_mut(grid.n_pixels()));
        for (plane, out) in planes {
            for (cell, &pixel) in cells.iter().zip(&self.members) {
                let terms = cell.as_ref().map_or(&[][..], |cell| cell.terms());
                let value = |&(pixel, weight): &(usize, f64)| {
                    let solid_angle = image.solid_angle(pixel);
                    let counts = plane.get(pixel).copied().map_or(0.0, f64::from);
                    if solid_angle > 0.0 { weight * counts / solid_angle } else { 0.0 }
                };
                out[pixel] = single(terms.iter().map(value).sum::<f64>() * grid.solid_angle());
            }
        }
    }
}

/// The map of a radially symmetric source, all planes: the PSF in the pixels out to its containment radius, scaled so that all pixels of
/// the sphere together hold what it contains, times the exposure of each plane.
pub(crate) fn radial(
    grid: &HealpixGrid,
    psf: &PsfPlanes,
    source: &SkyDirection,
    exposures: &[f64],
    sampling: &HealpixSampling,
) -> Vec<f32> {
    let middle = UnitVector::from(*source);
    let add = |point: UnitVector, [value]: &mut [Vec<f64>; 1]| psf.add(point.angle(middle).to_degrees(), 0, value);
    sampled(grid, psf, source, sampling, add).map(grid, psf, exposures)
}

/// [`radial`], and its derivatives when the source moves to the east and to the north, and when the table changes by `change`; a degree each. With
/// the exposures come their relative changes to the east and to the north. That the source is cut off elsewhere when it moves is left out: there
/// is next to nothing of it.
pub(crate) fn sloped_radial(
    grid: &HealpixGrid,
    (psf, change): (&PsfPlanes, Option<&PsfPlanes>),
    source: &SkyDirection,
    (exposures, relative): (&[f64], &[[f64; 2]]),
    sampling: &HealpixSampling,
) -> [Vec<f32>; 4] {
    let middle = UnitVector::from(*source);
    let tangents = middle.tangents();
    let add = |point: UnitVector, [value, east, north, table]: &mut [Vec<f64>; 4]| {
        let theta = point.angle(middle).to_degrees();
        psf.add(theta, 0, value);
        psf.add_slopes(theta, 0, middle.angle_slopes(&tangents, point), [&mut *east, &mut *north]);
        if let Some(change) = change {
            change.add(theta, 0, table);
        }
    };
    let sampled = sampled(grid, psf, source, sampling, add);
    let n_pixels = grid.n_pixels();
    let mut slopes: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; sampled.sums.len() * n_pixels]);
    for (plane, (sums, exposure)) in sampled.sums.iter().zip(exposures).enumerate() {
        if sums[0] <= 0.0 {
            continue;
        }
        let scale = exposure * psf.integral(sampled.radii[plane], plane) / sums[0];
        let of_exposure = relative.get(plane).copied().unwrap_or_default();
        for (pixel, values) in &sampled.found {
            let values = values[plane];
            for (k, out) in slopes.iter_mut().enumerate() {
                let relative = of_exposure.get(k).copied().unwrap_or(0.0) - sums[k + 1] / sums[0];
                out[plane * n_pixels + pixel] = single((values[k + 1] + values[0] * relative) * scale);
            }
        }
    }
    let [east, north, width] = slopes;
    [sampled.map(grid, psf, exposures), east, north, width]
}

/// A table, and what goes with it, sampled in the pixels within reach of a source.
struct Sampled<const N: usize> {
    /// The containment radius of each plane, degrees.
    radii: Vec<f64>,
    /// Sums over the pixels of the sphere, each plane.
    sums: Vec<[f64; N]>,
    /// The pixels of the map, with their means in each plane.
    found: Vec<(usize, Vec<[f64; N]>)>,
}

impl<const N: usize> Sampled<N> {
    /// The map of the table itself.
    fn map(&self, grid: &HealpixGrid, psf: &PsfPlanes, exposures: &[f64]) -> Vec<f32> {
        let n_pixels = grid.n_pixels();
        let mut map = vec![0.0; self.sums.len() * n_pixels];
        for (plane, out) in map.chunks_exact_mut(n_pixels).enumerate() {
            let (sum, exposure) = (self.sums[plane][0], exposures.get(plane).copied().unwrap_or(0.0));
            if sum <= 0.0 {
                continue;
            }
            let scale = exposure * psf.integral(self.radii[plane], plane) / sum;
            for (pixel, values) in &self.found {
                out[*pixel] = single(values[plane][0] * scale);
            }
        }
        map
    }
}

/// Means over the pixels within reach of a source of what `add` adds at a direction.
fn sampled<const N: usize>(
    grid: &HealpixGrid,
    psf: &PsfPlanes,
    source: &SkyDirection,
    sampling: &HealpixSampling,
    add: impl Fn(UnitVector, &mut [Vec<f64>; N]),
) -> Sampled<N> {
    let n = psf.n_planes();
    let side = side(grid);
    let radii: Vec<f64> =
        (0..n).map(|plane| psf.containment_radius(sampling.containment, plane).min(sampling.largest)).collect();
    // Pixels that the disk touches count.
    let farthest = radii.iter().copied().fold(0.0, f64::max) + side;
    let middle = UnitVector::from(*source);
    let central = grid.sphere_pixel_of(source);
    let mut sums = vec![[0.0; N]; n];
    let mut found = Vec::new();
    let mut rows: [Vec<f64>; N] = std::array::from_fn(|_| vec![0.0; n]);
    for pixel in grid.sphere_pixels_within(source, farthest) {
        let Some(center) = grid.sphere_direction(pixel).map(UnitVector::from) else { continue };
        let separation = center.angle(middle).to_degrees();
        let points = match pixel == central {
            true => CENTRAL,
            false if separation < sampling.near * side => NEAR,
            false => 1,
        };
        for row in &mut rows {
            row.fill(0.0);
        }
        mean(grid, pixel, center, points, |point| add(point, &mut rows));
        let of_plane = |(plane, radius): (usize, &f64)| {
            let is_beyond = separation > radius + side;
            std::array::from_fn(|k| if is_beyond { 0.0 } else { rows[k][plane] / (points * points) as f64 })
        };
        let values: Vec<[f64; N]> = radii.iter().enumerate().map(of_plane).collect();
        for (sums, values) in sums.iter_mut().zip(&values) {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        if let Some(local) = grid.local_pixel(pixel) {
            found.push((local, values));
        }
    }
    Sampled { radii, sums, found }
}

/// Calls `add` with `points` x `points` directions spread over a pixel.
fn mean(grid: &HealpixGrid, pixel: u64, center: UnitVector, points: usize, mut add: impl FnMut(UnitVector)) {
    let corners = if points > 1 { grid.sphere_corners(pixel) } else { None };
    let Some([south, east, north, west]) = corners.map(|corners| corners.map(|corner| corner.0)) else {
        for _ in 0..points * points {
            add(center);
        }
        return;
    };
    let step = 1.0 / points as f64;
    for i in 0..points * points {
        let (u, v) = (((i % points) as f64 + 0.5) * step, ((i / points) as f64 + 0.5) * step);
        let at = |k: usize| (1.0 - v) * ((1.0 - u) * south[k] + u * east[k]) + v * ((1.0 - u) * west[k] + u * north[k]);
        let [x, y, z] = [at(0), at(1), at(2)];
        let length = (x * x + y * y + z * z).sqrt();
        add(UnitVector([x / length, y / length, z / length]));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "maps are stored in single precision")]
fn single(value: f64) -> f32 {
    value as f32
}
