//! Directions on the sky.

use serde::Serialize;

use crate::error::{Error, Result, finite};

/// Right ascension of the north galactic pole, degrees (ICRS; Hipparcos catalogue, volume 1, section 1.5.3).
const POLE_RA: f64 = 192.859_48;
/// Declination of the north galactic pole, degrees (ICRS).
const POLE_DEC: f64 = 27.128_25;
/// Galactic longitude of the north celestial pole, degrees.
const NODE_L: f64 = 122.931_92;

/// A direction: right ascension and declination in degrees, ICRS.
///
/// Galactic coordinates use the rotation that the Hipparcos catalogue defines in ICRS; it differs from the one
/// defined through FK5 by about 0.02 arcsec.
///
/// ```
/// use roi_model::SkyDirection;
///
/// let crab = SkyDirection::new(83.633, 22.014)?;
/// let (l, b) = crab.to_galactic();
/// assert!((l - 184.56).abs() < 0.01 && (b + 5.78).abs() < 0.01);
/// assert_eq!(crab.separation(&crab), 0.0);
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SkyDirection {
    /// Right ascension, degrees, [0, 360).
    ra: f64,
    /// Declination, degrees, [-90, 90].
    dec: f64,
}

/// The frame of coordinates on the sky, `coordsys` of fermipy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Frame {
    /// Right ascension and declination (`CEL`); FK5 of the LAT's headers and ICRS are the same here.
    #[default]
    Celestial,
    /// Galactic longitude and latitude (`GAL`).
    Galactic,
}

impl Frame {
    /// The direction of a longitude and latitude (degrees) in this frame.
    ///
    /// # Errors
    /// When they are not finite, or the latitude is beyond a pole.
    pub fn direction(self, lon: f64, lat: f64) -> Result<SkyDirection> {
        match self {
            Self::Celestial => SkyDirection::new(lon, lat),
            Self::Galactic => SkyDirection::from_galactic(lon, lat),
        }
    }
}

impl SkyDirection {
    /// A direction from right ascension and declination in degrees, ICRS. Right ascension is taken modulo 360.
    ///
    /// # Errors
    /// [`Error::NonFinite`] or [`Error::InvalidLatitude`].
    pub fn new(ra: f64, dec: f64) -> Result<Self> {
        finite(ra, || "the right ascension".to_owned())?;
        finite(dec, || "the declination".to_owned())?;
        if dec.abs() > 90.0 {
            return Err(Error::InvalidLatitude { what: "the declination", value: dec });
        }
        Ok(Self { ra: full_turn(ra), dec })
    }

    /// A direction from galactic longitude and latitude in degrees.
    ///
    /// # Errors
    /// [`Error::NonFinite`] or [`Error::InvalidLatitude`].
    pub fn from_galactic(l: f64, b: f64) -> Result<Self> {
        finite(l, || "the galactic longitude".to_owned())?;
        finite(b, || "the galactic latitude".to_owned())?;
        if b.abs() > 90.0 {
            return Err(Error::InvalidLatitude { what: "the galactic latitude", value: b });
        }
        let (ra, dec) = change_pole(l, b, NODE_L, POLE_DEC, POLE_RA);
        Ok(Self { ra, dec })
    }

    /// Right ascension, degrees, [0, 360).
    pub fn ra(&self) -> f64 {
        self.ra
    }

    /// Declination, degrees.
    pub fn dec(&self) -> f64 {
        self.dec
    }

    /// Galactic longitude in [0, 360) and latitude, degrees.
    pub fn to_galactic(&self) -> (f64, f64) {
        change_pole(self.ra, self.dec, POLE_RA, POLE_DEC, NODE_L)
    }

    /// Angular separation in degrees, accurate for tiny and for antipodal separations
    /// (the special case of Vincenty's formula for the sphere, 1975).
    pub fn separation(&self, other: &Self) -> f64 {
        let (sin_lon, cos_lon) = (other.ra - self.ra).to_radians().sin_cos();
        let (sin_a, cos_a) = self.dec.to_radians().sin_cos();
        let (sin_b, cos_b) = other.dec.to_radians().sin_cos();
        let across = (cos_b * sin_lon).hypot(cos_a * sin_b - sin_a * cos_b * cos_lon);
        across.atan2(sin_a * sin_b + cos_a * cos_b * cos_lon).to_degrees()
    }

    /// The direction so many degrees from here along the great circle that leaves in the direction (`east`, `north`) of the tangent plane.
    ///
    /// ```
    /// use roi_model::SkyDirection;
    /// let start = SkyDirection::new(83.63, 22.01)?;
    /// let end = start.moved(0.3, -0.4)?;
    /// assert!((start.separation(&end) - 0.5).abs() < 1e-12);
    /// let (east, north) = start.offset(&end);
    /// assert!((east - 0.3).abs() < 1e-12 && (north + 0.4).abs() < 1e-12);
    /// # Ok::<(), roi_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NonFinite`] for a step that is not finite.
    pub fn moved(&self, east: f64, north: f64) -> Result<Self> {
        let (sin_r, cos_r) = east.hypot(north).to_radians().sin_cos();
        let (sin_pa, cos_pa) = east.atan2(north).sin_cos();
        let (sin_d, cos_d) = self.dec.to_radians().sin_cos();
        let ahead = cos_d * cos_r - sin_d * sin_r * cos_pa;
        let across = sin_pa * sin_r;
        let up = sin_d * cos_r + cos_d * sin_r * cos_pa;
        let dec = up.atan2(ahead.hypot(across)).to_degrees();
        Self::new(self.ra + across.atan2(ahead).to_degrees(), dec)
    }

    /// Where another direction lies in the tangent plane here, along the great circle to it: degrees to the east and to the north, the inverse
    /// of [`SkyDirection::moved`].
    pub fn offset(&self, other: &Self) -> (f64, f64) {
        let (sin_lon, cos_lon) = (other.ra - self.ra).to_radians().sin_cos();
        let (sin_a, cos_a) = self.dec.to_radians().sin_cos();
        let (sin_b, cos_b) = other.dec.to_radians().sin_cos();
        let (east, north) = (cos_b * sin_lon, cos_a * sin_b - sin_a * cos_b * cos_lon);
        let across = east.hypot(north);
        if across == 0.0 {
            return (0.0, 0.0);
        }
        let separation = across.atan2(sin_a * sin_b + cos_a * cos_b * cos_lon).to_degrees();
        (separation * east / across, separation * north / across)
    }

    /// Longitude and latitude in this frame, degrees.
    pub fn coordinates(&self, frame: Frame) -> (f64, f64) {
        match frame {
            Frame::Celestial => (self.ra, self.dec),
            Frame::Galactic => self.to_galactic(),
        }
    }

    /// Where `other` falls in a Hammer-Aitoff projection centred here, degrees: x along increasing longitude, y along
    /// increasing latitude of the frame (Calabretta & Greisen 2002, A&A 395, 1077, section 5.4, oblique).
    pub fn aitoff_offset(&self, other: &Self, frame: Frame) -> (f64, f64) {
        let (lon0, lat0) = self.coordinates(frame);
        let (lon, lat) = other.coordinates(frame);
        let (sin_lon, cos_lon) = (lon - lon0).to_radians().sin_cos();
        let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
        let (sin0, cos0) = lat0.to_radians().sin_cos();
        let (east, north) = (cos_lat * sin_lon, sin_lat * cos0 - cos_lat * sin0 * cos_lon);
        let ahead = sin_lat * sin0 + cos_lat * cos0 * cos_lon;
        // Native longitude and the cosine of native latitude, with the centre at (0, 0).
        let (half_phi, cos_theta) = (0.5 * east.atan2(ahead), ahead.hypot(east));
        let gamma = (2.0 / (1.0 + cos_theta * half_phi.cos())).sqrt().to_degrees();
        (2.0 * gamma * cos_theta * half_phi.sin(), gamma * north)
    }
}

/// The angle modulo 360, in [0, 360).
pub(crate) fn full_turn(angle: f64) -> f64 {
    let turned = angle.rem_euclid(360.0);
    // A tiny negative angle is rounded to 360 itself.
    if turned < 360.0 { turned } else { 0.0 }
}

/// Rotates (longitude, latitude) into the frame whose pole lies at (`pole_lon`, `pole_lat`) of the old frame, and in
/// which the old pole has the longitude `node`. Degrees; the inverse swaps `pole_lon` and `node`.
pub(crate) fn change_pole(lon: f64, lat: f64, pole_lon: f64, pole_lat: f64, node: f64) -> (f64, f64) {
    let (sin_lon, cos_lon) = (lon - pole_lon).to_radians().sin_cos();
    let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
    let (sin_pole, cos_pole) = pole_lat.to_radians().sin_cos();
    let x = sin_lat * cos_pole - cos_lat * sin_pole * cos_lon;
    let y = cos_lat * sin_lon;
    let z = sin_lat * sin_pole + cos_lat * cos_pole * cos_lon;
    (full_turn(node - y.atan2(x).to_degrees()), z.atan2(x.hypot(y)).to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn galactic_coordinates_of_known_directions() {
        // Sagittarius A*, Crab, north galactic pole; ICRS and galactic coordinates from SIMBAD, to its rounding.
        for (ra, dec, l, b) in [
            (266.416_816_62, -29.007_824_97, 359.944_2, -0.046_2),
            (83.633_212, 22.014_460, 184.557_46, -5.784_36),
            (201.365_063, -43.019_113, 309.515_9, 19.417_3),
        ] {
            let direction = SkyDirection::new(ra, dec).unwrap();
            let (lon, lat) = direction.to_galactic();
            assert!((lon - l).abs() < 1e-4 && (lat - b).abs() < 1e-4, "{lon} {lat} against {l} {b}");
        }
        let pole = SkyDirection::from_galactic(17.0, 90.0).unwrap();
        assert!((pole.ra() - POLE_RA).abs() < 1e-9 && (pole.dec() - POLE_DEC).abs() < 1e-9);
    }

    #[test]
    fn separation_is_accurate_at_both_ends() {
        let a = SkyDirection::new(10.0, 60.0).unwrap();
        let close = SkyDirection::new(10.0, 60.0 + 1e-9).unwrap();
        assert!((a.separation(&close) / (close.dec() - a.dec()) - 1.0).abs() < 1e-5);
        let opposite = SkyDirection::new(190.0, -60.0).unwrap();
        assert!((a.separation(&opposite) - 180.0).abs() < 1e-12);
        let north = SkyDirection::new(123.0, 90.0).unwrap();
        assert!((a.separation(&north) - 30.0).abs() < 1e-12);
    }

    #[test]
    fn aitoff_offsets() {
        // On the central meridian the projection stretches by 2 tan(theta/2)-like terms only: y = 2 sin(theta/2).
        let center = SkyDirection::new(120.0, 30.0).unwrap();
        let (x, y) = center.aitoff_offset(&SkyDirection::new(120.0, 40.0).unwrap(), Frame::Celestial);
        assert!(x.abs() < 1e-12 && (y - 2.0 * 5f64.to_radians().sin().to_degrees()).abs() < 1e-12);
        // Close by it is the tangent plane, in either frame.
        let close = SkyDirection::new(120.001, 30.001).unwrap();
        let (x, y) = center.aitoff_offset(&close, Frame::Celestial);
        assert!((x - 0.001 * 30f64.to_radians().cos()).abs() < 1e-7 && (y - 0.001).abs() < 1e-7);
        let (l, b) = center.aitoff_offset(&close, Frame::Galactic);
        assert!((x.hypot(y) - l.hypot(b)).abs() < 1e-11);
        // Straight behind it stays finite.
        let (x, y) = center.aitoff_offset(&SkyDirection::new(300.0, -30.0).unwrap(), Frame::Celestial);
        assert!(x.is_finite() && y.is_finite());
    }

    #[test]
    fn bad_angles_are_refused() {
        assert!(SkyDirection::new(f64::NAN, 0.0).is_err());
        assert!(SkyDirection::new(0.0, f64::INFINITY).is_err());
        assert!(SkyDirection::new(0.0, 90.1).is_err());
        assert!(SkyDirection::from_galactic(0.0, -90.1).is_err());
        assert_eq!(SkyDirection::new(-1e-20, 0.0).unwrap().ra(), 0.0);
        assert_eq!(SkyDirection::new(-90.0, 0.0).unwrap().ra(), 270.0);
    }

    proptest! {
        #[test]
        fn galactic_round_trip(ra in 0.0..360.0f64, dec in -90.0..90.0f64) {
            let direction = SkyDirection::new(ra, dec).unwrap();
            let (l, b) = direction.to_galactic();
            let back = SkyDirection::from_galactic(l, b).unwrap();
            prop_assert!(direction.separation(&back) < 1e-12);
        }

        #[test]
        fn rotation_keeps_separations(a in 0.0..360.0f64, b in -90.0..90.0f64, c in 0.0..360.0f64, d in -90.0..90.0f64) {
            let (p, q) = (SkyDirection::new(a, b).unwrap(), SkyDirection::new(c, d).unwrap());
            let (p2, q2) = (SkyDirection::from_galactic(a, b).unwrap(), SkyDirection::from_galactic(c, d).unwrap());
            prop_assert!((p.separation(&q) - p2.separation(&q2)).abs() < 1e-11);
            prop_assert!((p.separation(&q) - q.separation(&p)).abs() < 1e-12);
        }
    }
}
