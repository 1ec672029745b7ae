//! Interpolation between HEALPix pixels along and across the rings of equal latitude (Gorski et al. 2005, ApJ 622, 759, sections 5 and 5.1).

use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// The pixels of one latitude.
struct Ring {
    /// Number of its first pixel.
    start: u64,
    /// Number of its pixels.
    len: u64,
    /// Distance from the north pole, radians.
    colatitude: f64,
    /// Longitude of the first centre in pixels: 0 or half a pixel.
    offset: f64,
}

impl Ring {
    /// The ring of this number, 1 at the north pole to `4 nside - 1` at the south pole.
    fn new(nside: u32, index: u64) -> Self {
        let n = u64::from(nside);
        let side = f64::from(nside);
        // A cap's rings have 4, 8, 12 ... pixels; 1 - cos(colatitude) = i^2 / (3 nside^2).
        let cap = |i: u64| 2.0 * (i as f64 / (side * 6f64.sqrt())).asin();
        if index < n {
            Self { start: 2 * index * (index - 1), len: 4 * index, colatitude: cap(index), offset: 0.5 }
        } else if index <= 3 * n {
            let colatitude = (4.0 / 3.0 - 2.0 * index as f64 / (3.0 * side)).acos();
            let offset = if (index - n).is_multiple_of(2) { 0.5 } else { 0.0 };
            Self { start: 2 * n * (n - 1) + (index - n) * 4 * n, len: 4 * n, colatitude, offset }
        } else {
            let from_south = 4 * n - index;
            let start = 12 * n * n - 2 * from_south * (from_south + 1);
            Self { start, len: 4 * from_south, colatitude: PI - cap(from_south), offset: 0.5 }
        }
    }

    /// The two pixels around a longitude, and their weights.
    fn around(&self, lon: f64) -> [(u64, f64); 2] {
        let place = lon.rem_euclid(TAU) / TAU * self.len as f64 - self.offset;
        let fraction = place - place.floor();
        #[expect(clippy::cast_possible_truncation, reason = "between -1 and the number of pixels")]
        let west = place.floor() as i64;
        let pixel =
            |step: i64| self.start + west.saturating_add(step).rem_euclid(self.len.cast_signed()).cast_unsigned();
        [(pixel(0), 1.0 - fraction), (pixel(1), fraction)]
    }
}

/// Ring-numbered pixels and weights at a longitude and latitude in radians. The value of a pole is the mean of its four pixels.
pub(super) fn interpolation(nside: u32, lon: f64, lat: f64) -> [(u64, f64); 4] {
    let rings = 4 * u64::from(nside) - 1;
    let colatitude = FRAC_PI_2 - lat;
    let above = ring_above(nside, lat, colatitude);
    if above == 0 {
        let ring = Ring::new(nside, 1);
        return at_pole(&ring, lon, colatitude / ring.colatitude);
    }
    let north = Ring::new(nside, above);
    if above == rings {
        return at_pole(&north, lon, (PI - colatitude) / (PI - north.colatitude));
    }
    let south = Ring::new(nside, above + 1);
    let down = ((colatitude - north.colatitude) / (south.colatitude - north.colatitude)).clamp(0.0, 1.0);
    let [(a, wa), (b, wb)] = north.around(lon);
    let [(c, wc), (d, wd)] = south.around(lon);
    [(a, wa * (1.0 - down)), (b, wb * (1.0 - down)), (c, wc * down), (d, wd * down)]
}

/// Between a pole and the four pixels around it; `from_pole` is 0 at the pole and 1 on the ring.
fn at_pole(ring: &Ring, lon: f64, from_pole: f64) -> [(u64, f64); 4] {
    let on_ring = ring.around(lon);
    [0, 1, 2, 3].map(|step| {
        let pixel = ring.start + step;
        let along: f64 = on_ring.iter().filter(|(p, _)| *p == pixel).map(|(_, weight)| weight).sum();
        (pixel, 0.25 * (1.0 - from_pole) + along * from_pole)
    })
}

/// Number of the last ring that is not south of a latitude; 0 north of the first.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of rings")]
fn ring_above(nside: u32, lat: f64, colatitude: f64) -> u64 {
    let (n, side) = (u64::from(nside), f64::from(nside));
    let z = lat.sin();
    if z.abs() <= 2.0 / 3.0 {
        return (side * (2.0 - 1.5 * z)).floor() as u64;
    }
    // sqrt(3 (1 - |z|)), accurate at the pole.
    let pole_distance = if z > 0.0 { colatitude } else { PI - colatitude };
    let from_pole = side * 6f64.sqrt() * (0.5 * pole_distance).sin();
    if z > 0.0 { from_pole.floor() as u64 } else { 4 * n - (from_pole.ceil() as u64).max(1) }
}
