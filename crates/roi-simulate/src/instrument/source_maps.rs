//! Source maps: exposure times the template seen through the PSF, integrated over pixels.

use std::f64::consts::FRAC_1_SQRT_2;

use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::Array3;
use roi_model::SkyDirection;

use crate::error::Result;
use crate::instrument::pixels::{Grid, Vector, squared_chord, vector};
use crate::instrument::psf::Psf;
use crate::instrument::response::Response;
use crate::sky::galactic::Galactic;

/// Pixels farther away than this many widths from where the PSF is sharp get its value at their centre.
const FAR: f64 = 16.0;
/// Nearer ones are cut into cells at most this fraction of the distance over which the PSF changes.
const CELL: f64 = 0.2;
/// Gauss-Legendre nodes of order two on [0, 1], with equal weights.
const GAUSS: [f64; 2] = [0.211_324_865_405_187_1, 0.788_675_134_594_812_9];

/// The map of a point source, cm^2 s: exposure times the share of the PSF that falls into each pixel.
///
/// Where the PSF changes within a pixel, the pixel is cut into cells, each integrated by the Gauss-Legendre rule of 2 x 2 points. The
/// integral is then good to about 1e-3 at any width of the PSF.
pub(crate) fn point(grid: &Grid, response: &Response, axis: &EnergyAxis, direction: SkyDirection) -> Result<SourceMap> {
    let source = vector(direction);
    let chords: Vec<f64> = grid.centers.iter().map(|&center| squared_chord(center, source)).collect();
    let far = (FAR * grid.pixel_width()).powi(2);
    planes(grid, axis, |energy, plane| {
        let (psf, exposure) = (response.psf(energy), response.exposure(energy));
        for ((out, &chord), omega) in plane.iter_mut().zip(&chords).zip(&grid.solid_angles) {
            *out = exposure * omega * psf.density(chord);
        }
        for (pixel, (out, &chord)) in plane.iter_mut().zip(&chords).enumerate() {
            if psf.scale_squared(0.0) + chord < far {
                let mean = mean_density(&psf, grid.corners_of(pixel), source, cells(grid, &psf, chord));
                *out = exposure * grid.solid_angles[pixel] * mean;
            }
        }
    })
}

/// Into how many cells a side of a pixel is cut, from the squared chord to its centre: by the distance over which the PSF changes at
/// the pixel's nearest point, which is at most half a diagonal nearer.
fn cells(grid: &Grid, psf: &Psf, squared_chord: f64) -> f64 {
    let width = grid.pixel_width();
    let nearest = (squared_chord.sqrt() - width * FRAC_1_SQRT_2).max(0.0);
    (width / (CELL * psf.scale_squared(nearest).sqrt())).ceil()
}

/// The PSF's mean over a pixel that is cut into `cells` x `cells`. Places are interpolated between the corners and put back on the
/// sphere.
fn mean_density(psf: &Psf, [a, b, c, d]: [Vector; 4], source: Vector, cells: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred for the widest pixels")]
    let n = cells as usize;
    let nodes = || (0..n).flat_map(|cell| GAUSS.map(|node| (cell as f64 + node) / cells));
    let mut sum = 0.0;
    for v in nodes() {
        let (left, right) = (between(a, d, v), between(b, c, v));
        for u in nodes() {
            sum += psf.density(squared_chord(unit(between(left, right, u)), source));
        }
    }
    sum / (2.0 * cells).powi(2)
}

fn between(a: Vector, b: Vector, fraction: f64) -> Vector {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * fraction)
}

fn unit(v: Vector) -> Vector {
    let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
    v.map(|x| x / length)
}

/// The map of the isotropic component, cm^2 s sr: an even sky looks the same through any PSF.
pub(crate) fn isotropic(grid: &Grid, response: &Response, axis: &EnergyAxis) -> Result<SourceMap> {
    planes(grid, axis, |energy, plane| {
        let exposure = response.exposure(energy);
        for (out, omega) in plane.iter_mut().zip(&grid.solid_angles) {
            *out = exposure * omega;
        }
    })
}

/// The map of the Galactic component, MeV^-1: its intensity is part of the map, its spectrum a factor.
pub(crate) fn galactic(grid: &Grid, response: &Response, axis: &EnergyAxis, sky: &Galactic) -> Result<SourceMap> {
    planes(grid, axis, |energy, plane| {
        let exposure = response.exposure(energy);
        let intensity = sky.convolved(&response.psf(energy), energy);
        for ((out, intensity), omega) in plane.iter_mut().zip(intensity).zip(&grid.solid_angles) {
            *out = exposure * intensity * omega;
        }
    })
}

/// A map from a function that fills the plane at an energy.
fn planes(grid: &Grid, axis: &EnergyAxis, fill: impl Fn(f64, &mut [f64])) -> Result<SourceMap> {
    let (n, edges) = (grid.side(), axis.edges());
    let mut map = Array3::zeros((edges.len(), n, n));
    let mut plane = vec![0.0; n * n];
    for (mut out, &energy) in map.outer_iter_mut().zip(edges) {
        fill(energy, &mut plane);
        #[expect(clippy::cast_possible_truncation, reason = "source maps hold 32-bit floats")]
        out.iter_mut().zip(&plane).for_each(|(out, &value)| *out = value as f32);
    }
    Ok(SourceMap::new(map)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::pixels::angle;
    use crate::options::SimulationOptions;

    fn sums(map: &SourceMap) -> Vec<f64> {
        map.planes().outer_iter().map(|plane| plane.iter().map(|&v| f64::from(v)).sum()).collect()
    }

    fn region(npix: usize, binsz: f64, ebins: usize) -> (Grid, EnergyAxis) {
        let options = SimulationOptions { npix, ebins, binsz, ..SimulationOptions::default() };
        (Grid::new(&options).unwrap(), options.axis().unwrap())
    }

    /// Share of the PSF within the region, by the closed form along the border seen from a direction inside.
    fn contained(grid: &Grid, psf: &Psf, from: SkyDirection) -> f64 {
        // The border, finely: its bearing and distance from the source.
        let (n, steps) = (grid.side() as f64, 4000);
        let mut ring = Vec::new();
        for side in 0..4 {
            for step in 0..steps {
                let t = f64::from(step) / f64::from(steps) * n - 0.5;
                let (low, high) = (-0.5, n - 0.5);
                let (x, y) = match side {
                    0 => (t, low),
                    1 => (high, t),
                    2 => (n - 1.0 - t, high),
                    _ => (low, n - 1.0 - t),
                };
                let edge = grid.direction(x, y).unwrap();
                let (a, b) = (vector(from), vector(edge));
                let (sin_ra, cos_ra) = from.ra().to_radians().sin_cos();
                let (sin_dec, cos_dec) = from.dec().to_radians().sin_cos();
                let east = -sin_ra * b[0] + cos_ra * b[1];
                let north = -cos_ra * sin_dec * b[0] - sin_ra * sin_dec * b[1] + cos_dec * b[2];
                ring.push((east.atan2(north), squared_chord(a, b)));
            }
        }
        let mut sum = 0.0;
        for (i, &(bearing, chord)) in ring.iter().enumerate() {
            let (next, next_chord) = ring[(i + 1) % ring.len()];
            let turn = (bearing - next + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU) - std::f64::consts::PI;
            sum += turn * 0.5 * (psf.containment(chord) + psf.containment(next_chord));
        }
        (sum / std::f64::consts::TAU).abs()
    }

    #[test]
    fn a_point_source_plane_over_its_exposure_is_the_contained_share() {
        for (npix, binsz) in [(100, 0.1), (40, 0.1), (12, 1.0)] {
            let (grid, axis) = region(npix, binsz, 6);
            let side = npix as f64;
            for (x, y) in [(0.5, 0.5), (0.31, 0.72), (0.512, 0.488), (0.95, 0.1)] {
                let direction = grid.direction(x * side - 0.5, y * side - 0.5).unwrap();
                for response in Response::groups(4) {
                    let map = point(&grid, &response, &axis, direction).unwrap();
                    for (sum, &energy) in sums(&map).iter().zip(axis.edges()) {
                        let expected = contained(&grid, &response.psf(energy), direction);
                        approx::assert_relative_eq!(sum / response.exposure(energy), expected, max_relative = 1e-3);
                    }
                }
            }
        }
    }

    #[test]
    fn sharp_psfs_are_integrated_over_the_pixel() {
        // Any place within a pixel: the sum over the region must not depend on it, nor the pixel's own value on the cutting.
        let (grid, _) = region(20, 0.1, 4);
        let psf = Psf::new(0.05);
        for (x, y) in [(10.0, 10.0), (9.5, 9.5), (10.3, 9.6), (10.49, 10.0)] {
            let source = vector(grid.direction(x, y).unwrap());
            for pixel in [210, 190, 209, 231, 214] {
                let cells = cells(&grid, &psf, squared_chord(grid.centers[pixel], source));
                let found = mean_density(&psf, grid.corners_of(pixel), source, cells);
                let fine = mean_density(&psf, grid.corners_of(pixel), source, 60.0);
                approx::assert_relative_eq!(found, fine, max_relative = 1e-3);
            }
        }
    }

    #[test]
    fn a_source_outside_leaks_in() {
        let (grid, axis) = region(40, 0.1, 6);
        let direction = grid.direction(50.0, 20.0).unwrap();
        let response = Response::groups(1).next().unwrap();
        let map = point(&grid, &response, &axis, direction).unwrap();
        let shares: Vec<f64> =
            sums(&map).iter().zip(axis.edges()).map(|(sum, &energy)| sum / response.exposure(energy)).collect();
        // Half a degree outside of it: the wider the PSF, the more; a wide PSF is also spread over the whole region and beyond.
        assert!(shares[2] > 5.0 * shares[6] && shares[6] > 1e-5, "{shares:?}");
        let nearest = grid.centers.iter().map(|&c| angle(squared_chord(c, vector(direction)))).fold(f64::MAX, f64::min);
        approx::assert_relative_eq!(nearest.to_degrees(), 1.1, max_relative = 1e-2);
    }

    #[test]
    fn the_isotropic_map_is_exposure_times_solid_angle() {
        let (grid, axis) = region(30, 0.2, 4);
        for response in Response::groups(2) {
            let map = isotropic(&grid, &response, &axis).unwrap();
            for (sum, &energy) in sums(&map).iter().zip(axis.edges()) {
                let expected = response.exposure(energy) * 6f64.to_radians().powi(2);
                approx::assert_relative_eq!(*sum, expected, max_relative = 1e-4);
            }
        }
    }
}
