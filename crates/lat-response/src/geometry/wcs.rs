//! Projected images: pixel coordinates to directions and back, for the projections of the LAT tools.

use std::fmt;
use std::sync::Arc;

use mapproj::cylindrical::{car::Car, cea::Cea, mer::Mer};
use mapproj::img2celestial::Img2Celestial;
use mapproj::img2proj::WcsImgXY2ProjXY;
use mapproj::pseudocyl::{ait::Ait, sfl::Sfl};
use mapproj::zenithal::{arc::Arc as ZenithalArc, sin::Sin, stg::Stg, tan::Tan, zea::Zea};
use mapproj::{CanonicalProjection, CenteredProjection, ImgXY, LonLat};
use roi_model::{Frame, SkyDirection};
use serde::{Serialize, Serializer};

use super::interpolation::Interpolation;
use super::unit_vector::UnitVector;
use super::wcs_header::WcsHeader;
use crate::error::{Error, Result};

/// The projections that images may have.
const PROJECTIONS: &str = "AIT, ARC, CAR, CEA, MER, SFL, SIN, STG, TAN, ZEA";

/// Pixel coordinates to longitude and latitude (degrees, in the image's own frame) and back. Pixel coordinates are FITS's: 1 at the centre of
/// the first pixel.
trait Projector: Send + Sync {
    fn to_lonlat(&self, x: f64, y: f64) -> Option<(f64, f64)>;
    fn to_pixel(&self, lon: f64, lat: f64) -> Option<(f64, f64)>;
}

impl<P: CanonicalProjection + Send + Sync> Projector for Img2Celestial<P, WcsImgXY2ProjXY> {
    fn to_lonlat(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let found = self.img2lonlat(&ImgXY::new(x, y))?;
        Some((found.lon().to_degrees(), found.lat().to_degrees()))
    }

    fn to_pixel(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let found = self.lonlat2img(&LonLat::new(lon.to_radians(), lat.to_radians()))?;
        Some((found.x(), found.y()))
    }
}

/// The pixels of a projected image.
///
/// ```
/// use lat_response::{Frame, WcsGrid, WcsHeader};
/// use roi_model::SkyDirection;
/// let header = WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", [83.63, 22.01]);
/// let grid = WcsGrid::new(header)?;
/// let center = SkyDirection::new(83.63, 22.01)?;
/// let (x, y) = grid.to_pixel(&center).unwrap_or_default();
/// assert!((x - 50.5).abs() < 1e-9 && (y - 50.5).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct WcsGrid {
    header: WcsHeader,
    frame: Frame,
    projector: Arc<dyn Projector>,
    /// Whether the longitude axis closes on itself.
    periodic: bool,
}

impl fmt::Debug for WcsGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WcsGrid").field("header", &self.header).finish_non_exhaustive()
    }
}

/// The header.
impl Serialize for WcsGrid {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.header.serialize(serializer)
    }
}

/// Grids are equal when their headers are.
impl PartialEq for WcsGrid {
    fn eq(&self, other: &Self) -> bool {
        self.header == other.header
    }
}

impl WcsGrid {
    /// The pixels that a header describes.
    ///
    /// # Errors
    /// [`Error::Projection`] for an unknown projection or frame, no pixels, or header values that are not finite.
    pub fn new(header: WcsHeader) -> Result<Self> {
        let frame = header.frame()?;
        header.reference_direction()?;
        let numbers = [header.crpix, header.crval, header.cdelt].concat();
        if header.nx == 0 || header.ny == 0 || numbers.iter().any(|x| !x.is_finite()) || !header.crota2.is_finite() {
            return Err(Error::Projection {
                reason: format!("{header:?}: expected at least one pixel and finite numbers"),
            });
        }
        if header.cdelt.contains(&0.0) {
            return Err(Error::Projection { reason: "CDELT is 0, expected a pixel size in degrees".into() });
        }
        let projector: Arc<dyn Projector> = match header.projection() {
            "AIT" => centered(&header, Ait::new()),
            "ARC" => centered(&header, ZenithalArc::new()),
            "CAR" => centered(&header, Car::new()),
            "CEA" => centered(&header, Cea::new()),
            "MER" => centered(&header, Mer::new()),
            // The old name of SFL, as wcslib and the LAT tools take it.
            "SFL" | "GLS" => centered(&header, Sfl::new()),
            "SIN" => centered(&header, Sin::new()),
            "STG" => centered(&header, Stg::new()),
            "TAN" => centered(&header, Tan::new()),
            "ZEA" => centered(&header, Zea::new()),
            other => {
                let reason = format!("projection '{other}' is unknown, expected one of {PROJECTIONS}");
                return Err(Error::Projection { reason });
            }
        };
        let cylindrical = ["CAR", "CEA", "MER"].contains(&header.projection());
        let turn = header.nx as f64 * header.cdelt[0];
        let periodic = cylindrical && (turn.abs() - 360.0).abs() < 1e-6 * 360.0;
        Ok(Self { header, frame, projector, periodic })
    }

    /// The header.
    pub fn header(&self) -> &WcsHeader {
        &self.header
    }

    /// The frame of the image's coordinates.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// Pixels along x and y.
    pub fn size(&self) -> [usize; 2] {
        [self.header.nx, self.header.ny]
    }

    /// Number of pixels.
    pub fn n_pixels(&self) -> usize {
        self.header.nx * self.header.ny
    }

    /// Pixel coordinates of a direction, as FITS counts them: 1 at the centre of the first pixel. `None` when the projection has no
    /// place for it; a place may be outside the image.
    pub fn to_pixel(&self, direction: &SkyDirection) -> Option<(f64, f64)> {
        let (lon, lat) = direction.coordinates(self.frame);
        let (x, y) = self.projector.to_pixel(lon, lat)?;
        if !self.periodic {
            return Some((x, y));
        }
        // Bring x to the image's own turn: [0.5, nx + 0.5).
        let turn = self.header.nx as f64;
        Some(((x - 0.5).rem_euclid(turn) + 0.5, y))
    }

    /// Direction at pixel coordinates as FITS counts them; `None` off the projection.
    pub fn to_direction(&self, x: f64, y: f64) -> Option<SkyDirection> {
        let (lon, lat) = self.projector.to_lonlat(x, y)?;
        self.frame.direction(lon, lat.clamp(-90.0, 90.0)).ok()
    }

    /// Direction of a pixel's centre.
    pub fn direction_of(&self, pixel: usize) -> Option<SkyDirection> {
        let [nx, ny] = self.size();
        let (x, y) = (pixel % nx, pixel / nx);
        if y >= ny {
            return None;
        }
        self.to_direction(x as f64 + 1.0, y as f64 + 1.0)
    }

    /// The four corners of a pixel, around it; `None` when one is off the projection.
    pub fn corners_of(&self, pixel: usize) -> Option<[UnitVector; 4]> {
        let [nx, _] = self.size();
        let (x, y) = ((pixel % nx) as f64 + 1.0, (pixel / nx) as f64 + 1.0);
        let corner = |dx: f64, dy: f64| self.to_direction(x + dx, y + dy).map(UnitVector::from);
        Some([corner(-0.5, -0.5)?, corner(0.5, -0.5)?, corner(0.5, 0.5)?, corner(-0.5, 0.5)?])
    }

    /// Solid angle of a pixel in sr, 0 when a corner is off the projection. For CAR images referred to the equator it is exact, and of a
    /// pixel that reaches beyond a pole the part that does not.
    pub fn solid_angle(&self, pixel: usize) -> f64 {
        if self.is_plate_carree() {
            let [x_step, y_step] = self.header.cdelt;
            let middle = ((pixel / self.header.nx) as f64 + 1.0 - self.header.crpix[1]) * y_step;
            let sin = |latitude: f64| latitude.clamp(-90.0, 90.0).to_radians().sin();
            let height = (sin(middle + 0.5 * y_step) - sin(middle - 0.5 * y_step)).abs();
            return x_step.abs().to_radians() * height;
        }
        self.corners_of(pixel).map_or(0.0, UnitVector::quadrangle)
    }

    /// The pixel that a direction falls in; `None` off the image.
    pub fn pixel(&self, direction: &SkyDirection) -> Option<usize> {
        let (x, y) = self.to_pixel(direction)?;
        let [nx, ny] = self.size();
        if !self.contains(x, y) {
            return None;
        }
        Some(nearest(y, ny) * nx + nearest(x, nx))
    }

    /// Pixels and weights of the bilinear interpolation at a direction: between the four pixel centres around it, the nearest pixel's
    /// value within half a pixel of an edge that does not close on itself, nothing off the image.
    pub fn interpolation(&self, direction: &SkyDirection) -> Interpolation {
        let mut out = Interpolation::default();
        let Some((x, y)) = self.to_pixel(direction) else { return out };
        if !self.contains(x, y) {
            return out;
        }
        let [nx, ny] = self.size();
        let columns = if self.periodic { around(x, nx) } else { between(x, nx) };
        for (row, row_weight) in between(y, ny) {
            for (column, weight) in columns {
                out.push(row * nx + column, row_weight * weight);
            }
        }
        out
    }

    /// Whether rows are parallels and columns meridians, equally spaced.
    fn is_plate_carree(&self) -> bool {
        self.header.projection() == "CAR" && self.header.crval[1] == 0.0 && self.header.crota2 == 0.0
    }

    /// Whether pixel coordinates lie on the image.
    fn contains(&self, x: f64, y: f64) -> bool {
        let [nx, ny] = self.size();
        x >= 0.5 && x <= nx as f64 + 0.5 && y >= 0.5 && y <= ny as f64 + 0.5
    }
}

fn centered<P: CanonicalProjection + Send + Sync + 'static>(header: &WcsHeader, projection: P) -> Arc<dyn Projector> {
    let mut centered = CenteredProjection::new(projection);
    let [lon, lat] = header.crval.map(f64::to_radians);
    centered.set_proj_center_from_lonlat(&LonLat::new(lon, lat));
    let [x, y] = header.crpix;
    let plane = WcsImgXY2ProjXY::from_cr(x, y, header.crota2, header.cdelt[0], header.cdelt[1]);
    Arc::new(Img2Celestial::new(plane, centered))
}

/// The pixel, counted from 0, that a coordinate on the image falls in.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the coordinate lies on the image")]
fn nearest(x: f64, n: usize) -> usize {
    ((x - 0.5).max(0.0) as usize).min(n - 1)
}

/// The two pixels, counted from 0, around a coordinate on the image, with their weights. Within half a pixel of an edge, the pixel there.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the coordinate lies on the image")]
fn between(x: f64, n: usize) -> [(usize, f64); 2] {
    if x < 1.0 || x >= n as f64 {
        return [(nearest(x, n), 1.0), (0, 0.0)];
    }
    let (low, fraction) = (x.floor() as usize, x.fract());
    [(low - 1, 1.0 - fraction), (low, fraction)]
}

/// The two pixels around a coordinate on an axis that closes on itself.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the coordinate lies on the image")]
fn around(x: f64, n: usize) -> [(usize, f64); 2] {
    let (low, fraction) = (x.floor() as usize, x.fract());
    [((low + n - 1) % n, 1.0 - fraction), (low % n, fraction)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(projection: &str, frame: Frame, center: [f64; 2]) -> WcsGrid {
        WcsGrid::new(WcsHeader::centered([40, 30], 0.25, frame, projection, center)).unwrap()
    }

    #[test]
    fn every_projection_comes_back_and_keeps_its_pixel_size_at_the_centre() {
        for projection in PROJECTIONS.split(", ") {
            for (frame, center) in [(Frame::Celestial, [83.63, 22.01]), (Frame::Galactic, [359.9, -40.0])] {
                let grid = grid(projection, frame, center);
                for (x, y) in [(1.0, 1.0), (20.5, 15.5), (40.0, 3.25), (7.1, 29.9)] {
                    let direction = grid.to_direction(x, y).unwrap();
                    let (back_x, back_y) = grid.to_pixel(&direction).unwrap();
                    assert!((back_x - x).abs() < 1e-7 && (back_y - y).abs() < 1e-7, "{projection} {frame:?}");
                }
                let step = grid.to_direction(20.0, 15.5).unwrap().separation(&grid.to_direction(21.0, 15.5).unwrap());
                assert!((step - 0.25).abs() < 1e-5, "{projection}: {step}");
            }
        }
    }

    #[test]
    fn the_solid_angles_of_an_equal_area_projection_are_equal() {
        let grid = grid("ZEA", Frame::Galactic, [10.0, 50.0]);
        // Sides are great circles here, not the curves of the projection: 2.4e-6 five degrees from the centre.
        for pixel in [0, 777, 1199] {
            approx::assert_relative_eq!(grid.solid_angle(pixel), 0.25f64.to_radians().powi(2), max_relative = 1e-5);
        }
    }

    #[test]
    fn the_exact_solid_angles_of_parallels_are_near_those_of_great_circles() {
        let grid = grid("CAR", Frame::Galactic, [10.0, 0.0]);
        for pixel in [0, 777, 1199] {
            let quadrangle = UnitVector::quadrangle(grid.corners_of(pixel).unwrap());
            // Great circles bulge towards the pole: that makes the quadrangle larger by (pixel width)^2 / 12.
            approx::assert_relative_eq!(grid.solid_angle(pixel), quadrangle, max_relative = 2e-6);
        }
    }

    #[test]
    fn interpolation_is_exact_for_a_plane_and_flat_at_the_edge() {
        let grid = grid("CAR", Frame::Celestial, [80.0, 0.0]);
        let plane: Vec<f32> = (0..1200).map(|i| (i % 40 + 100 * (i / 40)) as f32).collect();
        let at = |x: f64, y: f64| grid.interpolation(&grid.to_direction(x, y).unwrap()).apply(&plane);
        approx::assert_relative_eq!(at(10.25, 4.5).unwrap(), 9.25 + 350.0, max_relative = 1e-9);
        approx::assert_relative_eq!(at(40.4, 4.0).unwrap(), 39.0 + 300.0, max_relative = 1e-9);
        assert_eq!(at(40.6, 4.0), None);
    }

    #[test]
    fn an_all_sky_map_closes_on_itself() {
        let header = WcsHeader::centered([360, 180], 1.0, Frame::Galactic, "CAR", [0.0, 0.0]);
        let grid = WcsGrid::new(header).unwrap();
        let plane: Vec<f32> = (0..360 * 180).map(|i| if i % 360 == 0 { 2.0 } else { 0.0 }).collect();
        // Column 0 is centred on longitude 179.5, column 359 on 180.5.
        let at = |l: f64| {
            let direction = SkyDirection::from_galactic(l, 10.5).unwrap();
            grid.interpolation(&direction).apply(&plane).unwrap()
        };
        approx::assert_relative_eq!(at(180.0), 1.0, max_relative = 1e-9);
        approx::assert_relative_eq!(at(180.25), 0.5, max_relative = 1e-8);
        assert_eq!(grid.pixel(&SkyDirection::from_galactic(180.4, 10.5).unwrap()).map(|p| p % 360), Some(359));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let header = |projection: &str| WcsHeader::centered([4, 4], 1.0, Frame::Galactic, projection, [0.0, 0.0]);
        assert!(WcsGrid::new(header("XYZ")).unwrap_err().to_string().contains("'XYZ'"));
        assert!(WcsGrid::new(WcsHeader { nx: 0, ..header("CAR") }).is_err());
        assert!(WcsGrid::new(WcsHeader { crpix: [f64::NAN, 1.0], ..header("CAR") }).is_err());
        assert!(WcsGrid::new(WcsHeader { cdelt: [0.0, 1.0], ..header("CAR") }).is_err());
    }
}
