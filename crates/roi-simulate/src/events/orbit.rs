//! A plausible survey orbit: circular, rocked to the north on one orbit and to the south on the next, without data in the South Atlantic
//! anomaly.

use std::f64::consts::TAU;

use lat_io::{Interval, NewSpacecraftRow, SpacecraftRow};

use super::geography::{EARTH_RADIUS, geomagnetic, ground, in_anomaly, sun};
use super::sky_vectors::{angles, cross, dot, sum, unit_or};
use crate::instrument::pixels::Vector;

/// Length of a row of the spacecraft file, s.
pub(super) const ROW: f64 = 30.0;
/// Height of the orbit above the ground, m, and its period, s.
const HEIGHT: f64 = 535e3;
const PERIOD: f64 = 5_725.0;
/// Inclination of the orbit to the equator, degrees, and the period in which its plane turns backwards, s.
const INCLINATION: f64 = 25.6;
const PRECESSION: f64 = 53.4 * 86_400.0;
/// The angle between the LAT's axis and the zenith, degrees.
const ROCKING: f64 = 50.0;
/// Fraction of the time that the LAT is live on the geomagnetic equator, and how it falls with the square of the sine of the geomagnetic
/// latitude, where more cosmic rays come in.
const LIVE: (f64, f64) = (0.93, 0.16);

/// Axes and livetime during a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attitude {
    pub(super) start: f64,
    pub(super) stop: f64,
    /// s; 0 in the anomaly.
    pub(super) livetime: f64,
    pub(super) x: Vector,
    pub(super) y: Vector,
    pub(super) z: Vector,
    pub(super) zenith: Vector,
}

/// The rows of an observation: whole ones from its begin on, the last one shorter where it ends within.
#[derive(Clone, Copy, Debug)]
pub(super) struct Orbit {
    start: f64,
    stop: f64,
    rows: usize,
}

/// The spacecraft at a time.
struct Place {
    zenith: Vector,
    forward: Vector,
    pole: Vector,
    ground: [f64; 2],
    geomagnetic: [f64; 4],
}

impl Orbit {
    /// Between two mission times, s.
    pub(super) fn new((start, stop): Interval) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the options allow a century")]
        let rows = ((stop - start) / ROW).ceil() as usize;
        Self { start, stop, rows }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    fn place(time: f64) -> Place {
        let node = -TAU * time / PRECESSION;
        let (sin, cos) = INCLINATION.to_radians().sin_cos();
        let ascending = [node.cos(), node.sin(), 0.0];
        let pole = [sin * node.sin(), -sin * node.cos(), cos];
        let (up, along) = (TAU * time / PERIOD).sin_cos();
        let ahead = cross(pole, ascending);
        let zenith = unit_or(sum(along, ascending, up, ahead), ascending);
        let ground = ground(zenith, time);
        Place {
            zenith,
            forward: cross(pole, zenith),
            pole,
            ground,
            geomagnetic: geomagnetic(ground, EARTH_RADIUS + HEIGHT),
        }
    }

    fn times(&self, row: usize) -> Interval {
        let start = self.start + ROW * row as f64;
        (start, (start + ROW).min(self.stop))
    }

    fn attitude_at(&self, row: usize, place: &Place) -> Attitude {
        let (start, stop) = self.times(row);
        let orbit = (start / PERIOD).floor();
        let side = if orbit.rem_euclid(2.0) < 0.5 { 1.0 } else { -1.0 };
        let (sin, cos) = ROCKING.to_radians().sin_cos();
        let z = unit_or(sum(cos, place.zenith, side * sin, place.pole), place.zenith);
        // The panels are kept square to the Sun: it lies in the plane of the x and z axes.
        let sun = sun(start);
        let x = unit_or(sum(1.0, sun, -dot(sun, z), z), place.forward);
        let live = LIVE.0 - LIVE.1 * place.geomagnetic[3].to_radians().sin().powi(2);
        let livetime = if in_anomaly(place.ground) { 0.0 } else { live * (stop - start) };
        Attitude { start, stop, livetime, x, y: cross(z, x), z, zenith: place.zenith }
    }

    /// The attitude of a row: that at its begin, as spacecraft files tell it.
    pub(super) fn attitude(&self, row: usize) -> Attitude {
        self.attitude_at(row, &Self::place(self.times(row).0))
    }

    /// A row as the spacecraft file tells it.
    pub(super) fn row(&self, row: usize) -> NewSpacecraftRow {
        let place = Self::place(self.times(row).0);
        let attitude = self.attitude_at(row, &place);
        let distance = EARTH_RADIUS + HEIGHT;
        let speed = TAU * distance / PERIOD;
        NewSpacecraftRow {
            row: SpacecraftRow {
                start: attitude.start,
                stop: attitude.stop,
                livetime: attitude.livetime,
                z_axis: angles(attitude.z),
                x_axis: angles(attitude.x),
                zenith: angles(attitude.zenith),
            },
            position: place.zenith.map(|part| part * distance),
            velocity: place.forward.map(|part| part * speed),
            geography: [place.ground[1], place.ground[0], HEIGHT],
            geomagnetic: place.geomagnetic,
            orbital_pole: angles(place.pole),
            sun: angles(sun(attitude.start)),
        }
    }

    /// The times outside the anomaly.
    pub(super) fn good_times(&self) -> Vec<Interval> {
        let mut intervals: Vec<Interval> = Vec::new();
        for row in 0..self.rows {
            let attitude = self.attitude(row);
            if attitude.livetime == 0.0 {
                continue;
            }
            match intervals.last_mut() {
                Some(last) if last.1 == attitude.start => last.1 = attitude.stop,
                _ => intervals.push((attitude.start, attitude.stop)),
            }
        }
        intervals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAYS: f64 = 54.0;

    fn orbit() -> Orbit {
        Orbit::new((300_000_000.0, 300_000_000.0 + DAYS * 86_400.0))
    }

    #[test]
    fn axes_are_square_and_rocked_to_either_side() {
        let orbit = orbit();
        let (mut north, mut south) = (0, 0);
        for row in (0..orbit.rows()).step_by(17) {
            let a = orbit.attitude(row);
            for (one, other) in [(a.x, a.y), (a.y, a.z), (a.z, a.x)] {
                assert!(dot(one, other).abs() < 1e-12 && (dot(one, one) - 1.0).abs() < 1e-12);
            }
            approx::assert_relative_eq!(dot(a.z, a.zenith).acos().to_degrees(), ROCKING, max_relative = 1e-9);
            if dot(a.z, [0.0, 0.0, 1.0]) > dot(a.zenith, [0.0, 0.0, 1.0]) { north += 1 } else { south += 1 }
        }
        assert!(f64::from(north) / f64::from(south) > 0.8 && f64::from(south) / f64::from(north) > 0.8);
    }

    #[test]
    fn the_survey_loses_a_seventh_to_the_anomaly_and_a_tenth_to_dead_time() {
        let orbit = orbit();
        let good: f64 = orbit.good_times().iter().map(|(start, stop)| stop - start).sum();
        let live: f64 = (0..orbit.rows()).map(|row| orbit.attitude(row).livetime).sum();
        let part = good / (DAYS * 86_400.0);
        assert!((0.82..0.9).contains(&part), "{part}");
        assert!((0.86..0.94).contains(&(live / good)), "{}", live / good);
    }

    #[test]
    fn every_direction_is_seen_for_a_like_time_within_two_orbits() {
        let orbit = Orbit::new((300_000_000.0, 300_000_000.0 + 2.0 * PERIOD));
        for direction in [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.0, -0.6, 0.8]] {
            let seen = (0..orbit.rows()).filter(|row| dot(orbit.attitude(*row).z, direction) > 0.4).count();
            assert!(seen * 20 > orbit.rows(), "{direction:?}: {seen} of {}", orbit.rows());
        }
    }

    #[test]
    fn rows_follow_each_other_and_the_last_ends_with_the_observation() {
        let orbit = Orbit::new((300_000_000.5, 300_000_100.0));
        let rows: Vec<_> = (0..orbit.rows()).map(|row| orbit.row(row).row).collect();
        assert_eq!(rows.len(), 4);
        assert!(rows.windows(2).all(|pair| pair[0].stop == pair[1].start));
        assert_eq!((rows[0].start, rows[3].stop), (300_000_000.5, 300_000_100.0));
        let position = orbit.row(2).position;
        approx::assert_relative_eq!(dot(position, position).sqrt(), EARTH_RADIUS + HEIGHT, max_relative = 1e-12);
    }
}
