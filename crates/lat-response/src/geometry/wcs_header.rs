//! The sky projection of a map as its FITS header states it.

use roi_model::{Frame, SkyDirection};
use serde::Serialize;

use crate::error::{Error, Result};

/// Pixel grid and projection of a LAT map: plain header values, angles in degrees.
///
/// Pixel numbers in `crpix` follow FITS: the centre of the first pixel is 1.
///
/// ```
/// use lat_response::{Frame, WcsHeader};
/// let wcs = WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", [83.63, 22.01]);
/// assert_eq!(wcs.ctype1, "RA---AIT");
/// assert_eq!(wcs.crpix, [50.5, 50.5]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WcsHeader {
    /// Number of pixels along the longitude axis (`NAXIS1`).
    pub nx: usize,
    /// Number of pixels along the latitude axis (`NAXIS2`).
    pub ny: usize,
    /// `CTYPE1`, for example `GLON-CAR`.
    pub ctype1: String,
    /// `CTYPE2`, for example `GLAT-CAR`.
    pub ctype2: String,
    /// Reference pixel, 1-based.
    pub crpix: [f64; 2],
    /// Longitude and latitude of the reference pixel.
    pub crval: [f64; 2],
    /// Degrees a pixel.
    pub cdelt: [f64; 2],
    /// Rotation.
    pub crota2: f64,
}

impl WcsHeader {
    /// A grid of square pixels around `center` (longitude, latitude in `frame`), as the LAT tools lay it out: longitude grows to the left.
    pub fn centered(
        size: [usize; 2],
        degrees_per_pixel: f64,
        frame: Frame,
        projection: &str,
        center: [f64; 2],
    ) -> Self {
        let [nx, ny] = size;
        let (lon, lat) = match frame {
            Frame::Celestial => ("RA---", "DEC--"),
            Frame::Galactic => ("GLON-", "GLAT-"),
        };
        Self {
            nx,
            ny,
            ctype1: format!("{lon}{projection}"),
            ctype2: format!("{lat}{projection}"),
            crpix: [f64::midpoint(nx as f64, 1.0), f64::midpoint(ny as f64, 1.0)],
            crval: center,
            cdelt: [-degrees_per_pixel, degrees_per_pixel],
            crota2: 0.0,
        }
    }

    /// The celestial frame, told by what stands before the first `-` of `CTYPE1`.
    ///
    /// # Errors
    /// When it is neither `RA` nor `GLON`, or `CTYPE2` is of another frame.
    pub fn frame(&self) -> Result<Frame> {
        let axis = |ctype: &str| ctype.split('-').next().unwrap_or("").trim().to_ascii_uppercase();
        match (axis(&self.ctype1).as_str(), axis(&self.ctype2).as_str()) {
            ("RA", "DEC") => Ok(Frame::Celestial),
            ("GLON", "GLAT") => Ok(Frame::Galactic),
            _ => Err(Error::Projection {
                reason: format!(
                    "CTYPE1 '{}' and CTYPE2 '{}', expected RA---xxx and DEC--xxx, or GLON-xxx and GLAT-xxx",
                    self.ctype1, self.ctype2
                ),
            }),
        }
    }

    /// The projection code: what stands behind the last `-` of `CTYPE1`, for example `CAR`.
    pub fn projection(&self) -> &str {
        self.ctype1.rsplit('-').next().unwrap_or("").trim()
    }

    /// The direction of the reference pixel.
    ///
    /// # Errors
    /// When the frame is unknown or the coordinates are no direction.
    pub fn reference_direction(&self) -> Result<SkyDirection> {
        let [lon, lat] = self.crval;
        self.frame()?
            .direction(lon, lat)
            .map_err(|error| Error::Projection { reason: format!("CRVAL {lon}, {lat}: {error}") })
    }

    /// What differs between two grids by more than a thousandth of a pixel, if anything.
    pub fn difference(&self, other: &Self) -> Option<String> {
        const PIXELS: f64 = 1e-3;
        if (self.nx, self.ny) != (other.nx, other.ny) {
            return Some(format!("{} x {} and {} x {} pixels", self.nx, self.ny, other.nx, other.ny));
        }
        if self.frame().ok() != other.frame().ok() || self.projection() != other.projection() {
            return Some(format!("projections {} and {}", self.ctype1, other.ctype1));
        }
        let degrees = |i: usize| PIXELS * self.cdelt.get(i).map_or(0.0, |d| d.abs());
        let pairs = [
            ("CRPIX1", self.crpix[0], other.crpix[0], PIXELS),
            ("CRPIX2", self.crpix[1], other.crpix[1], PIXELS),
            ("CRVAL1", self.crval[0], other.crval[0], degrees(0)),
            ("CRVAL2", self.crval[1], other.crval[1], degrees(1)),
            // An error in the pixel size adds up over the whole image.
            ("CDELT1", self.cdelt[0], other.cdelt[0], degrees(0) / self.nx as f64),
            ("CDELT2", self.cdelt[1], other.cdelt[1], degrees(1) / self.ny as f64),
            ("CROTA2", self.crota2, other.crota2, PIXELS),
        ];
        pairs
            .into_iter()
            .find(|(_, a, b, tolerance)| (a - b).abs() > *tolerance)
            .map(|(keyword, a, b, _)| format!("{keyword} is {a} and {b}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_and_projection_come_from_the_axis_types() {
        let mut wcs = WcsHeader::centered([3, 5], 0.5, Frame::Galactic, "CAR", [120.0, -30.0]);
        assert_eq!(wcs.frame().unwrap(), Frame::Galactic);
        assert_eq!(wcs.projection(), "CAR");
        assert_eq!((wcs.crpix, wcs.cdelt), ([2.0, 3.0], [-0.5, 0.5]));
        wcs.ctype2 = "DEC--CAR".into();
        assert!(wcs.frame().is_err(), "mixed frames");
        wcs.ctype1 = "ELON-CAR".into();
        assert!(wcs.reference_direction().unwrap_err().to_string().contains("ELON-CAR"));
    }

    #[test]
    fn grids_differ_when_any_pixel_would_move_by_a_thousandth() {
        let wcs = WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", [83.633, 22.014]);
        let moved = |change: &dyn Fn(&mut WcsHeader)| {
            let mut other = wcs.clone();
            change(&mut other);
            wcs.difference(&other)
        };
        assert_eq!(moved(&|w| w.crval[0] += 0.5e-4), None);
        assert!(moved(&|w| w.crval[0] += 1.5e-4).is_some_and(|d| d.contains("CRVAL1")));
        assert!(moved(&|w| w.cdelt[1] += 2e-6).is_some_and(|d| d.contains("CDELT2")));
        assert!(moved(&|w| w.nx = 99).is_some_and(|d| d.contains("99 x 100")));
        assert!(moved(&|w| w.ctype1 = "RA---CAR".into()).is_some());
    }
}
