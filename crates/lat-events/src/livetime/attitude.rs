//! Where the LAT looked during a spacecraft row, and how long.

use lat_io::SpacecraftRow;

/// Livetimes are whole numbers of 2^-22 s (0.24 us; files tell times to a microsecond): up to 2^31 s their sums in 64 bits are exact, in whatever order.
pub(super) const STEPS: f64 = 4_194_304.0;

/// Axes as unit vectors, and the livetime of a row within the good times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attitude {
    pub(super) z: [f64; 3],
    pub(super) zenith: [f64; 3],
    /// Livetime, s.
    pub(super) livetime: f64,
    /// Livetime times the fraction of the row that the instrument was live.
    pub(super) weighted: f64,
}

impl Attitude {
    /// Of a row of which `overlap` seconds are good time. Livetime is taken as spread evenly over the row, and the attitude as that at
    /// its start.
    pub(super) fn of(row: &SpacecraftRow, overlap: f64) -> Self {
        let length = row.stop - row.start;
        let livetime = row.livetime * (overlap / length);
        Self::live(row, rounded(livetime), rounded(livetime * (row.livetime / length)))
    }

    /// Of a row of which so much livetime counts, s.
    pub(super) fn live(row: &SpacecraftRow, livetime: f64, weighted: f64) -> Self {
        Self { z: unit_vector(row.z_axis), zenith: unit_vector(row.zenith), livetime, weighted }
    }
}

/// A time as a whole number of steps, s.
pub(super) fn rounded(time: f64) -> f64 {
    (time * STEPS).round() / STEPS
}

/// A time in steps, if it is a whole number of them that 32 bits hold: up to a thousand seconds.
pub(super) fn steps(time: f64) -> Option<u32> {
    let steps = time * STEPS;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with what it was")]
    let whole = steps as u32;
    (f64::from(whole) == steps).then_some(whole)
}

/// The unit vector of a direction (right ascension, declination) in degrees.
pub(super) fn unit_vector([ra, dec]: [f64; 2]) -> [f64; 3] {
    let ((sin_ra, cos_ra), (sin_dec, cos_dec)) = (ra.to_radians().sin_cos(), dec.to_radians().sin_cos());
    [cos_ra * cos_dec, sin_ra * cos_dec, sin_dec]
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
