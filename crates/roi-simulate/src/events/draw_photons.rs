//! Photons of some rows of an orbit: candidates of all sources, thinned to what the instrument detects, and measured.

use std::f64::consts::FRAC_PI_4;

use lat_io::NewPhoton;
use lat_response::{Irf, OnAxisWidth};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Poisson};
use roi_model::SkyDirection;

use super::emitter::{Candidate, Cap, Emitter};
use super::event_options::EventOptions;
use super::orbit::{Attitude, Orbit};
use super::sky_vectors::{across, angles, displaced, dot};
use crate::error::{Error, Result};
use crate::instrument::pixels::Vector;

/// Rows whose photons are drawn with one generator.
pub(super) const TOGETHER: usize = 1 << 10;

/// Cosine of the angle to the zenith behind which the Earth is: 113 degrees.
const EARTH: f64 = -0.390_731_128_489_274;

/// Cosines of the inclination at which the largest area is looked for.
const COSINES: usize = 101;

/// The dependence on the azimuth is of bins of energy: the largest area is looked for a little around an energy, farther than candidates' energies are
/// from those at which it is asked for.
const AROUND: [f64; 3] = [0.96, 1.0, 1.04];

/// The largest change of an energy by the dispersion that is looked at, as a natural logarithm: a factor of 20.
const FARTHEST: f64 = 3.0;

/// The response functions as photons meet them.
pub(super) struct Detector<'a> {
    irfs: &'a [Irf],
    edisp: bool,
    azimuth: bool,
}

impl<'a> Detector<'a> {
    /// With energy dispersion and the dependence of the effective area on the azimuth, or without.
    pub(super) fn new(irfs: &'a [Irf], edisp: bool, azimuth: bool) -> Result<Self> {
        if irfs.is_empty() {
            return Err(Error::NoResponse);
        }
        if let Some(irf) = irfs.iter().find(|irf| edisp && irf.dispersion.is_none()) {
            return Err(lat_response::Error::NoDispersion { event_type: irf.event_type.clone() }.into());
        }
        Ok(Self { irfs, edisp, azimuth })
    }

    /// What the effective area is multiplied by at a fraction of live time, for all event types that of the first, as the LAT tools do it.
    fn efficiency(&self, energy: f64, live: f64) -> f64 {
        let factors = self.irfs.first().map_or((1.0, 0.0), |irf| irf.effective_area.livetime_factors(energy));
        factors.0 + factors.1 * live
    }

    /// The effective area of an event type at an azimuth in radians, cm^2.
    fn area(&self, irf: &Irf, energy: f64, cosine: f64, azimuth: f64) -> f64 {
        irf.effective_area.at(energy, cosine, self.azimuth.then_some(azimuth))
    }

    /// The largest effective area of all event types together at any inclination, azimuth and fraction of live time, cm^2.
    pub(super) fn largest_area(&self, energy: f64) -> f64 {
        // Between an axis of the instrument and a diagonal it only rises or only falls.
        let at = |irf: &Irf, energy: f64, cosine: f64| {
            self.area(irf, energy, cosine, 0.0).max(self.area(irf, energy, cosine, FRAC_PI_4))
        };
        let of = |irf: &Irf, cosine: f64| {
            if !(self.azimuth && irf.effective_area.depends_on_azimuth()) {
                return irf.effective_area.value(energy, cosine);
            }
            AROUND.map(|factor| at(irf, energy * factor, cosine)).into_iter().fold(0.0, f64::max)
        };
        let area = |step: usize| {
            let cosine = step as f64 / (COSINES - 1) as f64;
            self.irfs.iter().map(|irf| of(irf, cosine)).sum::<f64>()
        };
        let area = (0..COSINES).map(area).fold(0.0, f64::max);
        area * self.efficiency(energy, 0.0).max(self.efficiency(energy, 1.0)).max(0.0)
    }

    /// The separation in degrees beyond which less than a thousandth of the photons of an energy fall, at most 30.
    pub(super) fn reach(&self, energy: f64) -> f64 {
        let steps = 900;
        let beyond = |irf: &Irf, cosine: f64| {
            let ring = |step: i32| {
                let theta = 0.1 * (f64::from(step) + 0.5);
                irf.psf.value(theta, energy, cosine) * theta.to_radians().sin()
            };
            let rings: Vec<f64> = (0..steps).map(ring).collect();
            let total: f64 = rings.iter().sum();
            let mut left = total;
            let within = rings.iter().position(|ring| {
                left -= ring;
                left < 1e-3 * total
            });
            0.1 * within.map_or(f64::from(steps), |step| (step + 1) as f64)
        };
        let of = |irf: &Irf| [0.3, 0.6, 1.0].map(|cosine| beyond(irf, cosine)).into_iter().fold(0.0, f64::max);
        self.irfs.iter().map(of).fold(0.0, f64::max).clamp(1.0, 30.0)
    }

    /// Whether a candidate is detected at a cosine of the inclination and an azimuth in radians, and by which event type.
    fn detects(
        &self,
        candidate: &Candidate,
        (cosine, azimuth): (f64, f64),
        live: f64,
        uniform: f64,
    ) -> Result<Option<&'a Irf>> {
        let factor = candidate.per_area * self.efficiency(candidate.energy, live).max(0.0);
        let mut sum = 0.0;
        let mut found = None;
        for irf in self.irfs {
            sum += factor * self.area(irf, candidate.energy, cosine, azimuth);
            if found.is_none() && uniform < sum {
                found = Some(irf);
            }
        }
        if sum > 1.0 {
            return Err(Error::Thinning { energy: candidate.energy, found: sum });
        }
        Ok(found)
    }

    /// The measured energy, MeV: the inverse of the cumulative distribution, by the regula falsi (Illinois; Dowell and Jarratt 1971, BIT 11, 168).
    fn measured_energy(&self, irf: &Irf, energy: f64, cosine: f64, uniform: f64) -> Result<f64> {
        let Some(dispersion) = irf.dispersion.as_ref().filter(|_| self.edisp) else { return Ok(energy) };
        let missing = |x: f64| -> Result<f64> {
            let below = dispersion.cumulative(energy, cosine, &[energy * x.exp()], OnAxisWidth::LastCenter)?;
            Ok(below.first().copied().unwrap_or(0.0) - uniform)
        };
        let (mut low, mut high) = (-FARTHEST, FARTHEST);
        let (mut at_low, mut at_high) = (missing(low)?, missing(high)?);
        if at_low >= 0.0 || at_high <= 0.0 {
            return Ok(energy * if at_low >= 0.0 { low.exp() } else { high.exp() });
        }
        let mut last_moved_low = None;
        for _ in 0..100 {
            if high - low < 1e-7 {
                break;
            }
            let x = (low * at_high - high * at_low) / (at_high - at_low);
            let value = missing(x)?;
            if value.abs() < 1e-10 {
                return Ok(energy * x.exp());
            }
            if value < 0.0 {
                (low, at_low) = (x, value);
                if last_moved_low == Some(true) {
                    at_high *= 0.5;
                }
            } else {
                (high, at_high) = (x, value);
                if last_moved_low == Some(false) {
                    at_low *= 0.5;
                }
            }
            last_moved_low = Some(value < 0.0);
        }
        Ok(energy * (0.5 * (low + high)).exp())
    }
}

/// All that photons are drawn from.
pub(super) struct Drawing<'a> {
    pub(super) options: &'a EventOptions,
    pub(super) orbit: &'a Orbit,
    pub(super) detector: Detector<'a>,
    pub(super) emitters: Vec<Emitter>,
    /// Where candidates come from.
    pub(super) cap: Cap,
}

impl Drawing<'_> {
    /// The photons of a block of [`TOGETHER`] rows in the order of time, without numbers. A block has a generator of its own, so that it
    /// does not matter which thread draws it.
    pub(super) fn block(&self, block: usize) -> Result<Vec<NewPhoton>> {
        let seed = self.options.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(block as u64);
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let rates: Vec<f64> = self
            .emitters
            .iter()
            .scan(0.0, |sum, emitter| {
                *sum += emitter.rate();
                Some(*sum)
            })
            .collect();
        let total = rates.last().copied().unwrap_or(0.0);
        let first = block * TOGETHER;
        let mut photons = Vec::new();
        for row in first..(first + TOGETHER).min(self.orbit.rows()) {
            let attitude = self.orbit.attitude(row);
            let mean = total * attitude.livetime;
            if mean <= 0.0 || !self.sees(&attitude) {
                continue;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a number of photons in half a minute"
            )]
            let candidates = Poisson::new(mean).map_err(|_| Error::Rate { mean })?.sample(&mut rng) as u64;
            for _ in 0..candidates {
                let place = rng.random::<f64>() * total;
                let emitter = self.emitters.get(rates.partition_point(|&sum| sum <= place)).or(self.emitters.last());
                let Some(emitter) = emitter else { continue };
                let photon = self.photon(emitter, &attitude, &mut rng);
                photons.extend(photon.map_err(|error| error.of_source(emitter.name()))?);
            }
        }
        photons.sort_by(|a, b| a.time.total_cmp(&b.time));
        Ok(photons)
    }

    /// Whether anything of the cap may be in view; behind the instrument's edge the area is 0.
    fn sees(&self, attitude: &Attitude) -> bool {
        let angle = |axis: Vector| dot(axis, self.cap.middle).clamp(-1.0, 1.0).acos();
        angle(attitude.z) - self.cap.radius < std::f64::consts::FRAC_PI_2
            && angle(attitude.zenith) - self.cap.radius < EARTH.acos()
    }

    fn photon(
        &self,
        emitter: &Emitter,
        attitude: &Attitude,
        rng: &mut Xoshiro256PlusPlus,
    ) -> Result<Option<NewPhoton>> {
        let candidate = emitter.draw(rng)?;
        let cosine = dot(attitude.z, candidate.direction);
        if cosine <= 0.0 || dot(attitude.zenith, candidate.direction) < EARTH {
            return Ok(None);
        }
        let live = attitude.livetime / (attitude.stop - attitude.start);
        let azimuth = dot(attitude.y, candidate.direction).atan2(dot(attitude.x, candidate.direction));
        let found = self.detector.detects(&candidate, (cosine, azimuth), live, rng.random())?;
        let Some(irf) = found else { return Ok(None) };
        let energy = self.detector.measured_energy(irf, candidate.energy, cosine, rng.random())?;
        let separation = irf.psf.draw(candidate.energy, cosine, || rng.random()).to_radians();
        let azimuth = std::f64::consts::TAU * rng.random::<f64>();
        let direction = displaced(candidate.direction, separation, azimuth);
        let time = attitude.start + (attitude.stop - attitude.start) * rng.random::<f64>();
        Ok(self.measured(irf, attitude, (energy, direction, time)))
    }

    /// What the photon file tells, if the photon is one that it has.
    fn measured(&self, irf: &Irf, attitude: &Attitude, (energy, v, time): (f64, Vector, f64)) -> Option<NewPhoton> {
        let [ra, dec] = angles(v);
        let (l, b) = SkyDirection::new(ra, dec).ok()?.to_galactic();
        let [east, north] = across(attitude.zenith);
        let turned = |y: f64, x: f64| y.atan2(x).to_degrees().rem_euclid(360.0);
        let degrees = |cosine: f64| cosine.clamp(-1.0, 1.0).acos().to_degrees();
        let live = attitude.livetime / (attitude.stop - attitude.start);
        #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
        let photon = NewPhoton {
            energy: energy as f32,
            ra: ra as f32,
            dec: dec as f32,
            l: l as f32,
            b: b as f32,
            theta: degrees(dot(attitude.z, v)) as f32,
            phi: turned(dot(attitude.y, v), dot(attitude.x, v)) as f32,
            zenith_angle: degrees(dot(attitude.zenith, v)) as f32,
            earth_azimuth: turned(dot(east, v), dot(north, v)) as f32,
            time,
            event_class: self.options.event_class,
            event_type: event_type(&irf.event_type),
            conversion_type: i16::from(irf.event_type == "BACK"),
            livetime: live * (time - attitude.start),
            ..NewPhoton::default()
        };
        // The cuts are on what the file holds.
        let held = SkyDirection::new(f64::from(photon.ra), f64::from(photon.dec)).ok()?;
        let (emin, emax) = self.options.energies;
        let [ra, dec] = self.options.center;
        let inside = SkyDirection::new(ra, dec).ok()?.separation(&held) < self.options.radius;
        (inside && emin < f64::from(photon.energy) && f64::from(photon.energy) <= emax).then_some(photon)
    }
}

/// The bit of an event type.
fn event_type(name: &str) -> u32 {
    let names = ["FRONT", "BACK", "PSF0", "PSF1", "PSF2", "PSF3", "EDISP0", "EDISP1", "EDISP2", "EDISP3"];
    names.iter().position(|known| *known == name).map_or(0, |bit| 1 << bit)
}

#[cfg(test)]
mod tests {
    use lat_response::{AzimuthDependence, IrfGrid};

    use super::*;

    /// The built-in response with an area that is `1 + q0` times that on a diagonal along an axis of the instrument.
    fn irfs(q0: f64) -> Vec<Irf> {
        let folder = tempfile::tempdir().unwrap();
        let name = crate::write_builtin_response(folder.path()).unwrap();
        let grid = IrfGrid::new(&[10.0, 1e3, 1e4], &[1e3, 1e4, 1e7], &[0.2], &[1.0]).unwrap();
        let mut irfs = lat_io::read_irf_set(folder.path(), name, 3).unwrap();
        for irf in &mut irfs {
            let dependence = AzimuthDependence::new(grid.clone(), &[q0; 3], &[1.0; 3]).unwrap();
            irf.effective_area = irf.effective_area.clone().with_azimuth(Some(dependence));
        }
        irfs
    }

    #[test]
    fn photons_are_detected_as_the_azimuth_tells() {
        let irfs = irfs(0.5);
        // The probability of a detection: the part of even numbers that detect.
        let probability = |detector: &Detector<'_>, azimuth: f64| {
            let direction = [0.0, 0.0, 1.0];
            let candidate = Candidate { energy: 2000.0, direction, per_area: 0.7 / detector.largest_area(2000.0) };
            let hits = (0..10_000).filter(|step| {
                let uniform = (f64::from(*step) + 0.5) / 1e4;
                detector.detects(&candidate, (0.7, azimuth), 0.9, uniform).unwrap().is_some()
            });
            hits.count() as f64 / 1e4
        };
        let with = Detector::new(&irfs, false, true).unwrap();
        let [along, diagonal] = [0.0, FRAC_PI_4].map(|azimuth| probability(&with, azimuth));
        approx::assert_relative_eq!(along / diagonal, 1.5, max_relative = 1e-3);
        for quarter in 1..4 {
            assert_eq!(probability(&with, f64::from(quarter) * 2.0 * FRAC_PI_4), along);
        }
        let without = Detector::new(&irfs, false, false).unwrap();
        assert_eq!(probability(&without, 0.0), probability(&without, FRAC_PI_4));
        // The mean over the azimuth is the area without the dependence; a larger one is proposed for.
        approx::assert_relative_eq!(
            with.largest_area(2000.0) / without.largest_area(2000.0),
            1.5 / 1.25,
            max_relative = 0.03
        );
        let steps = 0..90;
        let mean = steps.map(|degree| probability(&with, (f64::from(degree) + 0.5).to_radians())).sum::<f64>() / 90.0;
        let per_area = with.largest_area(2000.0) / without.largest_area(2000.0);
        approx::assert_relative_eq!(mean * per_area, probability(&without, 0.0), max_relative = 2e-3);
    }
}
