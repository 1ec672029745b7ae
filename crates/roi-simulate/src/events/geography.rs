//! Where the spacecraft is above the ground, and what the Earth's magnetic field does there.

use crate::instrument::pixels::Vector;

use super::sky_vectors::{angles, dot};

/// Mean radius of the Earth, m.
pub(super) const EARTH_RADIUS: f64 = 6.3712e6;

/// Corners (longitude, latitude) of about the region over the South Atlantic in which the LAT is switched off; it reaches below all orbits.
const ANOMALY: [(f64, f64); 12] = [
    (34.0, -32.0),
    (34.0, -30.0),
    (12.0, -20.0),
    (-9.0, -10.0),
    (-31.0, 0.0),
    (-38.0, 2.0),
    (-45.0, 2.0),
    (-65.0, -1.0),
    (-84.0, -6.0),
    (-94.0, -14.0),
    (-94.0, -18.0),
    (-86.0, -32.0),
];

/// The pole of the dipole of the geomagnetic field: longitude and latitude, degrees (IGRF 2015).
const DIPOLE: (f64, f64) = (-72.6, 80.4);
/// Field of the dipole at the equator on the ground, Gauss.
const FIELD: f64 = 0.299;

/// Days since 2000 January 1, 12 h, of a mission time.
pub(super) fn days_since_2000(time: f64) -> f64 {
    365.5 + time / 86_400.0
}

/// Longitude and latitude in degrees of the ground below a direction at a mission time: right ascension less Greenwich mean sidereal time
/// (Astronomical Almanac, section B).
pub(super) fn ground(zenith: Vector, time: f64) -> [f64; 2] {
    let sidereal = 280.460_618_37 + 360.985_647_366_29 * days_since_2000(time);
    let [ra, dec] = angles(zenith);
    [(ra - sidereal).rem_euclid(360.0), dec]
}

/// Whether a place lies in the South Atlantic anomaly: a ray from it crosses the border an odd number of times.
pub(super) fn in_anomaly([longitude, latitude]: [f64; 2]) -> bool {
    let longitude = if longitude > 180.0 { longitude - 360.0 } else { longitude };
    let mut inside = false;
    let mut previous = ANOMALY[ANOMALY.len() - 1];
    for corner in ANOMALY {
        let ((x0, y0), (x1, y1)) = (previous, corner);
        if (y0 > latitude) != (y1 > latitude) && longitude < x0 + (latitude - y0) / (y1 - y0) * (x1 - x0) {
            inside = !inside;
        }
        previous = corner;
    }
    inside
}

/// Field in Gauss, `L` in Earth radii, invariant and signed latitude in degrees at a place and a distance (m) from the Earth's centre, of a
/// dipole.
pub(super) fn geomagnetic([longitude, latitude]: [f64; 2], distance: f64) -> [f64; 4] {
    let vector = |longitude: f64, latitude: f64| {
        let ((sin_lon, cos_lon), (sin_lat, cos_lat)) =
            (longitude.to_radians().sin_cos(), latitude.to_radians().sin_cos());
        [cos_lon * cos_lat, sin_lon * cos_lat, sin_lat]
    };
    let sine = dot(vector(longitude, latitude), vector(DIPOLE.0, DIPOLE.1)).clamp(-1.0, 1.0);
    let radii = distance / EARTH_RADIUS;
    let field = FIELD / radii.powi(3) * (1.0 + 3.0 * sine * sine).sqrt();
    let shell = radii / (1.0 - sine * sine).max(1e-6);
    let invariant = (1.0 / shell).min(1.0).sqrt().acos().to_degrees();
    [field, shell, invariant, sine.asin().to_degrees()]
}

/// Direction of the Sun, good to an arc minute (Astronomical Almanac, section C).
pub(super) fn sun(time: f64) -> Vector {
    let days = days_since_2000(time);
    let anomaly = (357.528 + 0.985_600_3 * days).to_radians();
    let longitude = (280.460 + 0.985_647_4 * days) + 1.915 * anomaly.sin() + 0.020 * (2.0 * anomaly).sin();
    let ((sin, cos), tilt) = (longitude.to_radians().sin_cos(), 23.439f64.to_radians());
    [cos, sin * tilt.cos(), sin * tilt.sin()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sun_stands_where_the_almanac_says() {
        // Equinox of 2018 March 20, 16:15 UTC; solstice of June 21, 10:07 UTC: right ascension 0 and 90 degrees.
        for (time, ra) in [(543_255_305.0, 0.0), (551_268_425.0, 90.0)] {
            let found = angles(sun(time))[0];
            assert!(((found - ra + 180.0).rem_euclid(360.0) - 180.0).abs() < 0.05, "{found} {ra}");
        }
    }

    #[test]
    fn the_ground_turns_once_a_sidereal_day() {
        let zenith = [0.6, 0.8, 0.0];
        let [first, later] = [300_000_000.0, 300_000_000.0 + 86_164.090_5].map(|time| ground(zenith, time)[0]);
        assert!((first - later).abs() < 1e-3);
        // At the epoch 2000 January 1, 12 h UT, Greenwich has the right ascension 280.46.
        assert!((ground([1.0, 0.0, 0.0], -365.5 * 86_400.0)[0] - (360.0 - 280.460_62)).abs() < 1e-4);
    }

    #[test]
    fn the_anomaly_is_over_brazil_and_the_south_atlantic() {
        for (place, inside) in
            [([310.0, -20.0], true), ([340.0, -25.0], true), ([310.0, 10.0], false), ([120.0, -20.0], false)]
        {
            assert_eq!(in_anomaly(place), inside, "{place:?}");
        }
    }

    #[test]
    fn the_field_is_that_of_a_dipole() {
        let [field, shell, invariant, latitude] = geomagnetic([0.0, 0.0], EARTH_RADIUS * 1.08);
        assert!((0.2..0.3).contains(&field) && (1.08..1.2).contains(&shell), "{field} {shell}");
        assert!(invariant > 0.0 && latitude.abs() < 12.0);
        // On the axis the field is twice that of the equator.
        approx::assert_relative_eq!(
            geomagnetic([DIPOLE.0, DIPOLE.1], EARTH_RADIUS)[0],
            2.0 * FIELD,
            max_relative = 1e-9
        );
    }
}
