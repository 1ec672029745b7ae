//! Source maps on HEALPix pixels: radially symmetric sources are sampled pixel by pixel, diffuse ones in a projected image around the region.

use roi_model::sky::SkyDirection;

use crate::error::{Error, Result};
use crate::geometry::{HealpixGrid, UnitVector, WcsGrid, WcsHeader};
use crate::parity::Parity;
use crate::pixels::Pixels;
use crate::psf_planes::PsfPlanes;

/// The largest radius of a region, degrees: beyond it no projected image around the region is of use for convolutions.
const LARGEST_RADIUS: f64 = 45.0;
/// Points along a side of the pixel that the source lies in.
const CENTRAL: usize = 64;
/// Points along a side of the pixels next to it.
const NEAR: usize = 8;

/// How far out a source is sampled, and how finely.
struct Rule {
    /// The part of the PSF beyond which the map is zero, and the largest separation in degrees.
    containment: f64,
    largest: f64,
    /// Separation of the pixels that are sampled finely, in sides of a pixel. The 8 neighbours of a pixel lie within 2.
    near: f64,
}

impl Rule {
    fn of(parity: Parity) -> Self {
        match parity {
            Parity::Fermitools | Parity::ScienceTools => Self { containment: 0.995, largest: 15.0, near: 2.0 },
            Parity::Accurate => Self { containment: 0.9999, largest: LARGEST_RADIUS, near: 6.0 },
        }
    }
}

/// A projected image around the region, of pixels half as large: for diffuse sources.
///
/// # Errors
/// [`Error::Unsupported`] for a region that is too large.
pub(crate) fn image_around(grid: &HealpixGrid) -> Result<WcsGrid> {
    let center = grid.reference_direction()?;
    let middle = UnitVector::from(center);
    let separations = (0..grid.n_pixels()).filter_map(|pixel| grid.direction_of(pixel));
    let radius = if grid.is_full_sky() {
        180.0
    } else {
        separations.map(|direction| UnitVector::from(direction).angle(middle)).fold(0.0, f64::max).to_degrees()
    };
    if radius > LARGEST_RADIUS {
        return Err(Error::Unsupported {
            what: format!("a source map on HEALPix pixels up to {radius:.1} deg from the middle of the region"),
            remedy: format!(
                "bin the counts in a region of at most {LARGEST_RADIUS} deg (HPX_REG = DISK(LON,LAT,RADIUS)), or make the maps with gtsrcmaps"
            ),
        });
    }
    let step = 0.5 * side(grid);
    // A stereographic image keeps the shape of the PSF; its scale grows with the separation from the centre.
    let reach = 2.0 * (0.5 * radius.to_radians()).tan().to_degrees() + 3.0 * step;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 45 deg over a pixel's side")]
    let size = 2 * (reach / step).ceil() as usize + 1;
    let (lon, lat) = grid.frame().coordinates(&center);
    WcsGrid::new(WcsHeader::centered([size, size], step, grid.frame(), "STG", [lon, lat]))
}

/// Side of a square as large as a pixel, degrees.
fn side(grid: &HealpixGrid) -> f64 {
    grid.solid_angle().sqrt().to_degrees()
}

/// Counts in the pixels of an image, all planes, as counts in HEALPix pixels: intensities between the centres of the image's pixels, times
/// the solid angle.
pub(crate) fn resampled(grid: &HealpixGrid, image: &Pixels, map: &[f32]) -> Vec<f32> {
    let cells: Vec<_> = (0..grid.n_pixels())
        .map(|pixel| grid.direction_of(pixel).map(|direction| image.grid().interpolation(&direction)))
        .collect();
    let mut out = Vec::with_capacity(cells.len() * (map.len() / image.grid().n_pixels().max(1)));
    for plane in map.chunks_exact(image.grid().n_pixels()) {
        out.extend(cells.iter().map(|cell| {
            let terms = cell.as_ref().map_or(&[][..], |cell| cell.terms());
            let value = |&(pixel, weight): &(usize, f64)| {
                let solid_angle = image.solid_angle(pixel);
                let counts = plane.get(pixel).copied().map_or(0.0, f64::from);
                if solid_angle > 0.0 { weight * counts / solid_angle } else { 0.0 }
            };
            single(terms.iter().map(value).sum::<f64>() * grid.solid_angle())
        }));
    }
    out
}

/// The map of a radially symmetric source, all planes: the PSF in the pixels out to its containment radius, scaled so that all pixels of
/// the sphere together hold what it contains, times the exposure of each plane.
pub(crate) fn radial(
    grid: &HealpixGrid,
    psf: &PsfPlanes,
    source: &SkyDirection,
    exposures: &[f64],
    parity: Parity,
) -> Vec<f32> {
    let rule = Rule::of(parity);
    let n = psf.n_planes();
    let side = side(grid);
    let radii: Vec<f64> =
        (0..n).map(|plane| psf.containment_radius(rule.containment, plane).min(rule.largest)).collect();
    // Pixels that the disk touches count.
    let farthest = radii.iter().copied().fold(0.0, f64::max) + side;
    let middle = UnitVector::from(*source);
    let central = grid.sphere_pixel_of(source);
    let mut sums = vec![0.0; n];
    let mut found: Vec<(usize, Vec<f64>)> = Vec::new();
    let mut values = vec![0.0; n];
    for pixel in grid.sphere_pixels_within(source, farthest) {
        let Some(center) = grid.sphere_direction(pixel).map(UnitVector::from) else { continue };
        let separation = center.angle(middle).to_degrees();
        let points = match pixel == central {
            true => CENTRAL,
            false if separation < rule.near * side => NEAR,
            false => 1,
        };
        values.fill(0.0);
        mean(grid, pixel, center, points, |point| psf.add(point.angle(middle).to_degrees(), 0, &mut values));
        for ((value, radius), sum) in values.iter_mut().zip(&radii).zip(&mut sums) {
            *value = if separation > radius + side { 0.0 } else { *value / (points * points) as f64 };
            *sum += *value;
        }
        if let Some(local) = grid.local_pixel(pixel) {
            found.push((local, values.clone()));
        }
    }
    let n_pixels = grid.n_pixels();
    let mut map = vec![0.0; n * n_pixels];
    for (plane, out) in map.chunks_exact_mut(n_pixels).enumerate() {
        let (sum, exposure) = (sums[plane], exposures.get(plane).copied().unwrap_or(0.0));
        if sum <= 0.0 {
            continue;
        }
        let scale = exposure * psf.integral(radii[plane], plane) / sum;
        for (pixel, values) in &found {
            out[*pixel] = single(values[plane] * scale);
        }
    }
    map
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
