//! Exposure over the sky.

use likelihood_core::is_same_energy;
use roi_model::SkyDirection;

use crate::error::{Error, Result};
use crate::geometry::{Interpolation, SkyGrid};
use crate::recipe::ExposureLookup;
use crate::templates::SkyCube;

/// Exposure in cm^2 s over the sky, at the energies of the planes of source maps.
///
/// There is no interpolation in energy, as in the LAT tools: the cube must hold the energies that are asked for.
#[derive(Clone, Debug)]
pub struct Exposure {
    cube: SkyCube,
    lookup: ExposureLookup,
}

impl Exposure {
    /// An exposure from a cube of cm^2 s.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a negative exposure.
    pub fn new(cube: SkyCube, lookup: ExposureLookup) -> Result<Self> {
        if let Some(((plane, pixel), &value)) = cube.planes().indexed_iter().find(|(_, v)| **v < 0.0) {
            let what = format!("{}, plane {plane}, pixel {pixel}", cube.what());
            return Err(Error::BadValue {
                what,
                value: f64::from(value),
                expected: "an exposure of at least 0 cm^2 s",
            });
        }
        Ok(Self { cube, lookup })
    }

    /// The cube.
    pub fn cube(&self) -> &SkyCube {
        &self.cube
    }

    /// Whether it is interpolated between pixels.
    pub fn is_interpolated(&self) -> bool {
        self.lookup == ExposureLookup::Bilinear
    }

    /// The plane at an energy in MeV.
    ///
    /// # Errors
    /// [`Error::Energy`] when no plane has this energy to a relative 1e-5.
    pub fn plane_of(&self, energy: f64) -> Result<usize> {
        let energies = self.cube.energies();
        energies.iter().position(|&e| is_same_energy(e, energy)).ok_or_else(|| Error::Energy {
            what: self.cube.what().to_owned(),
            energy,
            first: energies.first().copied().unwrap_or(f64::NAN),
            last: energies.last().copied().unwrap_or(f64::NAN),
        })
    }

    /// Exposure of a plane (see [`Exposure::plane_of`]) at a direction, cm^2 s; `None` off the map.
    pub fn value(&self, plane: usize, direction: &SkyDirection) -> Option<f64> {
        self.lookup(direction).apply(self.cube.plane(plane)?)
    }

    /// The same as [`Exposure::lookup`], and the nearest pixel for a direction beyond the edge of an image; empty where there is none: off the
    /// projection, and off a HEALPix map of a part of the sky.
    pub(crate) fn nearest(&self, direction: &SkyDirection) -> Interpolation {
        let mut found = self.lookup(direction);
        if let (SkyGrid::Wcs(grid), true) = (self.cube.grid(), found.terms().is_empty())
            && let Some((x, y)) = grid.to_pixel(direction)
        {
            let [nx, ny] = grid.size();
            found.push(nearest(y, ny) * nx + nearest(x, nx), 1.0);
        }
        found
    }

    /// The pixels of the cube that tell the exposure at a direction, the same for all planes; empty off the map.
    pub fn lookup(&self, direction: &SkyDirection) -> Interpolation {
        match (self.cube.grid(), self.lookup) {
            (SkyGrid::Wcs(grid), ExposureLookup::Fermitools) => {
                let mut found = Interpolation::default();
                let [nx, ny] = grid.size();
                // Truncation toward zero: the half pixel before the first centre belongs to the first pixel.
                let pixel = grid
                    .to_pixel(direction)
                    .and_then(|(x, y)| Some((truncated(x - 1.0, nx)?, truncated(y - 1.0, ny)?)));
                if let Some((column, row)) = pixel {
                    found.push(row * nx + column, 1.0);
                }
                found
            }
            (SkyGrid::Healpix(grid), ExposureLookup::Fermitools) => {
                let mut found = Interpolation::default();
                if let Some(pixel) = grid.pixel(direction) {
                    found.push(pixel, 1.0);
                }
                found
            }
            (grid, ExposureLookup::Bilinear) => grid.interpolation(direction),
        }
    }
}

/// The pixel of an image nearest to a coordinate.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a coordinate is drawn into the image first"
)]
fn nearest(x: f64, n: usize) -> usize {
    (x.round().clamp(1.0, n.max(1) as f64) as usize).saturating_sub(1)
}

/// A coordinate truncated to a pixel below `n`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
fn truncated(x: f64, n: usize) -> Option<usize> {
    (x > -1.0 && x < n as f64).then_some(x.max(0.0) as usize)
}
