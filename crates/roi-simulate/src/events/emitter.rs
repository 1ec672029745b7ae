//! What sends photons: a source of a model, and how candidates of it are drawn.

use std::f64::consts::TAU;

use lat_response::{SkyCube, Template};
use rand::{Rng, RngExt};
use roi_model::{SkyDirection, Source, SpatialKind, Spectrum};

use super::energy_proposal::EnergyProposal;
use super::sky_vectors::{angles, displaced};
use crate::error::{Error, Result};
use crate::instrument::pixels::{Vector, vector};

/// A cap of the sky.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cap {
    pub(super) middle: Vector,
    /// Radians.
    pub(super) radius: f64,
}

impl Cap {
    fn solid_angle(&self) -> f64 {
        2.0 * TAU * (0.5 * self.radius).sin().powi(2)
    }

    /// A direction within, all alike likely.
    fn draw(&self, rng: &mut impl Rng) -> Vector {
        // 1 - cos of the angle is even.
        let angle = 2.0 * ((0.5 * self.radius).sin() * rng.random::<f64>().sqrt()).asin();
        displaced(self.middle, angle, TAU * rng.random::<f64>())
    }
}

/// Where a source shines.
enum Shape {
    Point(Vector),
    /// Evenly over a cap, an integral of 1.
    Disk(Cap),
    /// Gaussian of the distance from a direction (radians), an integral of 1.
    Gaussian(Vector, f64),
    /// An intensity everywhere.
    Even(f64),
    /// The map of an intensity times a constant, and for each of its planes the largest value in the cap.
    Map {
        cube: Box<SkyCube>,
        norm: f64,
        largest: Vec<f64>,
    },
}

/// A source, and candidates of it at a rate that is nowhere below what the instrument detects.
pub(super) struct Emitter {
    name: String,
    shape: Shape,
    spectrum: Spectrum,
    cap: Cap,
    proposal: EnergyProposal,
}

/// A photon that may be on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// MeV.
    pub(super) energy: f64,
    pub(super) direction: Vector,
    /// cm^-2: what a detection with an effective area (cm^2) has to be multiplied by for its probability.
    pub(super) per_area: f64,
}

impl Emitter {
    /// A source seen from a cap, between two energies in MeV; `area` is the largest effective area (cm^2) at an energy, and `map` reads the
    /// map of a file. `None` for what does not shine there.
    pub(super) fn new(
        source: &Source,
        cap: Cap,
        (low, high): (f64, f64),
        area: &dyn Fn(f64) -> f64,
        map: &dyn Fn(&str) -> Result<SkyCube>,
    ) -> Result<Option<Self>> {
        let Some(shape) = shape(source, cap, map)? else { return Ok(None) };
        let spectrum = source.spectrum().clone();
        // Beyond the ends of its table a spectrum has no values.
        let (mut low, mut high) = (low, high);
        for table in spectrum.file_tables() {
            low = low.max(table.energies().first().copied().unwrap_or(low));
            high = high.min(table.energies().last().copied().unwrap_or(high));
        }
        if low >= high {
            return Ok(None);
        }
        let solid_angle = cap.solid_angle();
        let proposal = EnergyProposal::above((low, high), |energy| {
            let brightest = match &shape {
                Shape::Point(_) | Shape::Disk(_) | Shape::Gaussian(..) => 1.0,
                Shape::Even(intensity) => intensity * solid_angle,
                Shape::Map { cube, norm, largest } => {
                    let (a, b) = cube.planes_around(energy);
                    let of = |plane: usize| largest.get(plane).copied().unwrap_or(0.0);
                    norm * solid_angle * cube.between(a, b, of(a), of(b), energy)?
                }
            };
            Ok(spectrum.dnde(energy)? * brightest * area(energy))
        })?;
        let name = source.name().to_owned();
        Ok(proposal.map(|proposal| Self { name, shape, spectrum, cap, proposal }))
    }

    /// Candidates a second.
    pub(super) fn rate(&self) -> f64 {
        self.proposal.total()
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Draws a candidate.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Result<Candidate> {
        let (energy, proposed) = self.proposal.draw(rng.random());
        let (direction, brightness) = match &self.shape {
            Shape::Point(direction) => (*direction, 1.0),
            Shape::Disk(disk) => (disk.draw(rng), 1.0),
            Shape::Gaussian(middle, sigma) => {
                let angle = sigma * (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
                (displaced(*middle, angle, TAU * rng.random::<f64>()), 1.0)
            }
            Shape::Even(intensity) => (self.cap.draw(rng), intensity * self.cap.solid_angle()),
            Shape::Map { cube, norm, .. } => {
                let direction = self.cap.draw(rng);
                let [ra, dec] = angles(direction);
                let value = cube.value(&SkyDirection::new(ra, dec)?, energy)?.unwrap_or(0.0);
                (direction, norm * value * self.cap.solid_angle())
            }
        };
        Ok(Candidate { energy, direction, per_area: self.spectrum.dnde(energy)? * brightness / proposed })
    }
}

/// The shape of a source; `None` where it lies beyond the cap.
fn shape(source: &Source, cap: Cap, map: &dyn Fn(&str) -> Result<SkyCube>) -> Result<Option<Shape>> {
    let within = |center: SkyDirection, radius: f64| {
        let middle = vector(center);
        let cosine: f64 = middle.iter().zip(cap.middle).map(|(a, b)| a * b).sum();
        (cosine.clamp(-1.0, 1.0).acos() < cap.radius + radius.to_radians()).then_some(middle)
    };
    if source.spatial().kind() == SpatialKind::MapCube {
        let norm = source.spatial().parameter("Normalization").map_or(1.0, roi_model::Parameter::true_value);
        let cube = map(source.spatial().file().unwrap_or_default())?;
        let largest = largest(&cube, cap);
        return Ok(Some(Shape::Map { cube: Box::new(cube), norm, largest }));
    }
    match Template::of(source, &())? {
        Template::Point(center) => Ok(within(center, 0.0).map(Shape::Point)),
        Template::Isotropic(intensity) => Ok(Some(Shape::Even(intensity))),
        Template::Disk { center, radius } => {
            Ok(within(center, radius).map(|middle| Shape::Disk(Cap { middle, radius: radius.to_radians() })))
        }
        Template::Gaussian { center, sigma } => {
            Ok(within(center, 5.0 * sigma).map(|middle| Shape::Gaussian(middle, sigma.to_radians())))
        }
        _ => Err(Error::Shape { source_name: source.name().to_owned(), kind: source.spatial().kind().to_string() }),
    }
}

/// The largest value of each plane among the pixels that a direction of the cap may be interpolated between.
fn largest(cube: &SkyCube, cap: Cap) -> Vec<f64> {
    let mut largest = vec![0.0f64; cube.energies().len()];
    for (pixel, values) in cube.planes().columns().into_iter().enumerate() {
        let Some(center) = cube.grid().direction(pixel) else { continue };
        let reach = cap.radius + 3.0 * cube.grid().solid_angle(pixel).sqrt();
        let cosine: f64 = vector(center).iter().zip(cap.middle).map(|(a, b)| a * b).sum();
        if cosine.clamp(-1.0, 1.0).acos() <= reach {
            largest.iter_mut().zip(values).for_each(|(most, value)| *most = most.max(f64::from(*value)));
        }
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::super::sky_vectors::dot;
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    #[test]
    fn directions_of_a_cap_fill_it_evenly() {
        let cap = Cap { middle: [0.6, 0.0, 0.8], radius: 0.7 };
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        let n = 20_000;
        let inner = (0..n).filter(|_| dot(cap.draw(&mut rng), cap.middle) > 0.35f64.cos()).count() as f64;
        // The part of the solid angle, and four standard deviations.
        let part = (1.0 - 0.35f64.cos()) / (1.0 - 0.7f64.cos());
        assert!((inner / f64::from(n) - part).abs() < 4.0 * (part * (1.0 - part) / f64::from(n)).sqrt());
        approx::assert_relative_eq!(cap.solid_angle(), TAU * (1.0 - 0.7f64.cos()), max_relative = 1e-12);
    }
}
