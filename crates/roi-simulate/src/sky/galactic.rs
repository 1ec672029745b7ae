//! The Galactic component: planes and clouds whose image through the PSF is known in closed form.
//!
//! Every structure is a Gaussian: of latitude for a plane, of the distance from its centre for a cloud. The PSF is a sum of Gaussians
//! too ([`Psf::gaussians`]), and a Gaussian seen through a Gaussian is one whose variance is the sum of both. So the convolution needs no
//! Fourier transform. It is that of a flat sky: good to 0.1 % where the 68 % radius of the PSF is 1 deg or less, and to about a per cent
//! at 5 to 9 deg, the lowest energies, where the sky within the PSF's reach is not flat.

use rand::{Rng, RngExt};
use roi_model::SkyDirection;

use crate::error::Result;
use crate::instrument::pixels::{Grid, Vector, angle, squared_chord, vector};
use crate::instrument::psf::Psf;

/// A kind of interstellar emission, with its own spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Emission {
    /// Nuclei and electrons hitting gas: a bump around 1000 MeV, then about E^-2.75.
    Gas,
    /// Electrons scattering starlight: harder, from about E^-1.9 to E^-2.5.
    InverseCompton,
}

impl Emission {
    /// dN/dE over its value at 1000 MeV.
    fn spectrum(self, energy: f64) -> f64 {
        let bend = |below: f64, by: f64, at: f64| {
            let shape = |e: f64| (e / 1000.0).powf(-below) / (1.0 + e / at).powf(by);
            shape(energy) / shape(1000.0)
        };
        match self {
            Self::Gas => bend(1.5, 1.25, 1000.0),
            Self::InverseCompton => bend(1.9, 0.6, 20_000.0),
        }
    }
}

/// Where a structure lies.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// A Gaussian of Galactic latitude.
    Plane,
    /// A Gaussian of the distance from a direction.
    Cloud(Vector),
}

impl Shape {
    /// Distance from the middle, radians.
    fn distance(self, direction: SkyDirection) -> f64 {
        match self {
            Self::Plane => direction.to_galactic().1.to_radians().abs(),
            Self::Cloud(center) => angle(squared_chord(vector(direction), center)),
        }
    }
}

struct Structure {
    emission: Emission,
    shape: Shape,
    /// Standard deviation, radians.
    sigma: f64,
    /// Intensity at its middle at 1000 MeV, cm^-2 s^-1 sr^-1 MeV^-1.
    peak: f64,
    /// Distances of all pixels of the region.
    distances: Vec<f64>,
}

/// The Galactic sky of one region: the same planes in every simulation, clouds drawn for each.
pub(crate) struct Galactic {
    structures: Vec<Structure>,
}

/// Planes: emission, width in degrees, intensity at 1000 MeV at zero latitude.
const PLANES: [(Emission, f64, f64); 3] =
    [(Emission::Gas, 1.5, 8e-9), (Emission::Gas, 6.0, 8e-9), (Emission::InverseCompton, 15.0, 2e-9)];
/// Number of clouds.
const CLOUDS: usize = 8;

impl Galactic {
    /// Draws the clouds: anywhere in the region and a tenth of its width around it.
    pub(crate) fn draw(grid: &Grid, rng: &mut impl Rng) -> Result<Self> {
        let structure = |emission, shape: Shape, width: f64, peak| {
            let distances = grid.directions.iter().map(|&direction| shape.distance(direction)).collect();
            Structure { emission, shape, sigma: width.to_radians(), peak, distances }
        };
        let mut structures: Vec<Structure> =
            PLANES.into_iter().map(|(emission, width, peak)| structure(emission, Shape::Plane, width, peak)).collect();
        for _ in 0..CLOUDS {
            let mut place = || rng.random_range(-0.1..1.1) * grid.side() as f64 - 0.5;
            let center = vector(grid.direction(place(), place())?);
            let width = 0.3 * 5f64.powf(rng.random());
            let peak = 2e-9 * 5f64.powf(rng.random());
            structures.push(structure(Emission::Gas, Shape::Cloud(center), width, peak));
        }
        Ok(Self { structures })
    }

    /// Intensity before the PSF, cm^-2 s^-1 sr^-1 MeV^-1.
    pub(crate) fn intensity(&self, direction: SkyDirection, energy: f64) -> f64 {
        let of = |s: &Structure| s.height(energy) * s.through(&[(1.0, 0.0)], s.shape.distance(direction));
        self.structures.iter().map(of).sum()
    }

    /// Intensity seen through a PSF at the centres of all pixels, cm^-2 s^-1 sr^-1 MeV^-1.
    pub(crate) fn convolved(&self, psf: &Psf, energy: f64) -> Vec<f64> {
        let gaussians = psf.gaussians();
        let mut sum = vec![0.0; self.structures.first().map_or(0, |s| s.distances.len())];
        for structure in &self.structures {
            let profile = Profile::new(structure, &gaussians, structure.height(energy));
            for (sum, &distance) in sum.iter_mut().zip(&structure.distances) {
                *sum += profile.at(distance);
            }
        }
        sum
    }
}

impl Structure {
    fn height(&self, energy: f64) -> f64 {
        self.peak * self.emission.spectrum(energy)
    }

    /// The profile, one at its middle, through a sum of Gaussians (weight, variance), at a distance in radians.
    fn through(&self, gaussians: &[(f64, f64)], distance: f64) -> f64 {
        let variance = self.sigma * self.sigma;
        let of = |&(weight, blur): &(f64, f64)| {
            let shrink = variance / (variance + blur);
            let height = match self.shape {
                Shape::Plane => shrink.sqrt(),
                Shape::Cloud(_) => shrink,
            };
            weight * height * (-0.5 * distance * distance / (variance + blur)).exp()
        };
        gaussians.iter().map(of).sum()
    }
}

/// Steps of a profile's table in one standard deviation; linear interpolation errs by less than 1e-3 of the peak.
const STEPS: f64 = 16.0;

/// A structure's profile as a table, for the many pixels.
struct Profile {
    per_step: f64,
    values: Vec<f64>,
}

impl Profile {
    fn new(structure: &Structure, gaussians: &[(f64, f64)], height: f64) -> Self {
        let reach = structure.distances.iter().copied().fold(0.0, f64::max);
        let step = structure.sigma / STEPS;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "angles over widths: a few thousand"
        )]
        let steps = (reach / step) as usize + 2;
        let values = (0..steps).map(|i| height * structure.through(gaussians, step * i as f64)).collect();
        Self { per_step: 1.0 / step, values }
    }

    fn at(&self, distance: f64) -> f64 {
        let place = distance * self.per_step;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative and within the table"
        )]
        let index = place as usize;
        match self.values.get(index..index + 2) {
            Some(&[below, above]) => below + (above - below) * (place - index as f64),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SimulationOptions;
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    fn sky() -> (Grid, Galactic) {
        let grid = Grid::new(&SimulationOptions { npix: 20, binsz: 0.5, ..SimulationOptions::default() }).unwrap();
        let galactic = Galactic::draw(&grid, &mut Xoshiro256PlusPlus::seed_from_u64(3)).unwrap();
        (grid, galactic)
    }

    #[test]
    fn a_point_like_psf_changes_nothing() {
        let (grid, galactic) = sky();
        for energy in [100.0, 1e3, 1e5] {
            let convolved = galactic.convolved(&Psf::new(1e-3), energy);
            for (found, &direction) in convolved.iter().zip(&grid.directions) {
                approx::assert_relative_eq!(*found, galactic.intensity(direction, energy), max_relative = 2e-3);
            }
        }
    }

    /// The convolution as an integral over the sphere, in rings and azimuths around the pixel.
    fn integral(galactic: &Galactic, psf: &Psf, direction: SkyDirection, energy: f64) -> f64 {
        let (rings, azimuths) = (300, 48);
        let [east, north] = {
            let (sin_ra, cos_ra) = direction.ra().to_radians().sin_cos();
            let (sin_dec, cos_dec) = direction.dec().to_radians().sin_cos();
            [[-sin_ra, cos_ra, 0.0], [-cos_ra * sin_dec, -sin_ra * sin_dec, cos_dec]]
        };
        let to = vector(direction);
        let mut sum = 0.0;
        let edge = |i: i32| 4.0 * (f64::from(i) / f64::from(rings)).powi(6);
        for ring in 0..rings {
            let share = psf.containment(edge(ring + 1)) - psf.containment(edge(ring));
            let theta = angle(0.5 * (edge(ring) + edge(ring + 1)));
            for azimuth in 0..azimuths {
                let (sin_phi, cos_phi) = (std::f64::consts::TAU * f64::from(azimuth) / f64::from(azimuths)).sin_cos();
                let v: Vec<f64> = (0..3)
                    .map(|i| theta.cos() * to[i] + theta.sin() * (sin_phi * east[i] + cos_phi * north[i]))
                    .collect();
                let (ra, dec) = (v[1].atan2(v[0]).to_degrees(), v[2].clamp(-1.0, 1.0).asin().to_degrees());
                sum += share * galactic.intensity(SkyDirection::new(ra, dec).unwrap(), energy) / f64::from(azimuths);
            }
        }
        sum
    }

    #[test]
    fn the_closed_form_is_the_convolution() {
        let (grid, galactic) = sky();
        for (r68, tolerance) in [(0.3, 5e-4), (1.0, 1e-3), (5.0, 0.01), (9.2, 0.02)] {
            let psf = Psf::new(r68);
            let convolved = galactic.convolved(&psf, 1e3);
            for pixel in [0, 19, 45, 210, 333, 399] {
                let expected = integral(&galactic, &psf, grid.directions[pixel], 1e3);
                approx::assert_relative_eq!(convolved[pixel], expected, max_relative = tolerance);
            }
        }
    }

    #[test]
    fn gas_bumps_and_falls_faster_than_starlight() {
        let slope =
            |emission: Emission, e: f64| (emission.spectrum(1.01 * e) / emission.spectrum(e)).ln() / 1.01f64.ln();
        for emission in [Emission::Gas, Emission::InverseCompton] {
            approx::assert_relative_eq!(emission.spectrum(1000.0), 1.0, max_relative = 1e-15);
        }
        approx::assert_relative_eq!(slope(Emission::Gas, 1e5), -2.74, epsilon = 0.01);
        assert!(slope(Emission::Gas, 100.0) > -1.7);
        assert!(slope(Emission::InverseCompton, 1e5) > slope(Emission::Gas, 1e5) + 0.25);
    }
}
