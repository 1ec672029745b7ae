//! HEALPix pixels: the whole sphere or some of them, in either numbering (Gorski et al. 2005, ApJ 622, 759).

use std::f64::consts::{FRAC_PI_2, PI};
use std::fmt;
use std::sync::Arc;

use cdshealpix::{nested, ring};
use roi_model::{Frame, SkyDirection};
use serde::{Serialize, Serializer};

use super::healpix_ring::interpolation;
use super::interpolation::Interpolation;
use super::unit_vector::UnitVector;
use crate::error::{Error, Result};

/// The largest `NSIDE`, 2^29: pixel numbers fit 64 bits.
const LARGEST_NSIDE: u32 = 1 << 29;

/// The order in which the sphere's pixels are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum HealpixOrdering {
    /// From the north pole along rings of equal latitude; any `NSIDE`.
    Ring,
    /// Four pixels of one make one of half the `NSIDE`; `NSIDE` is a power of two.
    Nested,
}

/// Pixels of a HEALPix map: all of the sphere, or a list of them. In the map they are numbered from 0 in the order of the list; the number
/// within the sphere is called the *sphere pixel* here.
///
/// ```
/// use lat_response::{Frame, HealpixGrid, HealpixOrdering};
/// use roi_model::SkyDirection;
/// let sphere = HealpixGrid::new(64, HealpixOrdering::Ring, Frame::Galactic)?;
/// assert_eq!(sphere.n_pixels(), 12 * 64 * 64);
/// let crab = SkyDirection::from_galactic(184.56, -5.78)?;
/// let region = sphere.disk(&crab, 10.0)?;
/// let pixel = region.pixel(&crab).unwrap_or_default();
/// assert_eq!(region.sphere_pixel(pixel), sphere.pixel(&crab).map(|p| p as u64));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct HealpixGrid {
    nside: u32,
    ordering: HealpixOrdering,
    frame: Frame,
    part: Option<Arc<Part>>,
    region: Option<String>,
}

/// The pixels of a map that does not cover the sphere.
#[derive(PartialEq)]
struct Part {
    /// Sphere pixels in the order of the map.
    pixels: Vec<u64>,
    /// Sphere pixel and place in the map, by sphere pixel.
    places: Vec<(u64, usize)>,
}

/// What grids are equal by.
impl Serialize for HealpixGrid {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        (self.nside, self.ordering, self.frame, &self.region, self.pixels()).serialize(serializer)
    }
}

impl fmt::Debug for HealpixGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nside, ordering, frame, region, .. } = self;
        write!(f, "HealpixGrid(NSIDE {nside} {ordering:?} {frame:?}, {} pixels, {region:?})", self.n_pixels())
    }
}

impl HealpixGrid {
    /// All pixels of the sphere.
    ///
    /// # Errors
    /// [`Error::Healpix`] when `nside` is 0 or above 2^29, or not a power of two for nested numbering.
    pub fn new(nside: u32, ordering: HealpixOrdering, frame: Frame) -> Result<Self> {
        if nside == 0 || nside > LARGEST_NSIDE {
            return Err(Error::Healpix { reason: format!("NSIDE is {nside}, expected 1 to {LARGEST_NSIDE}") });
        }
        if ordering == HealpixOrdering::Nested && !nside.is_power_of_two() {
            let reason = format!("NSIDE is {nside}, expected a power of two for NESTED numbering");
            return Err(Error::Healpix { reason });
        }
        Ok(Self { nside, ordering, frame, part: None, region: None })
    }

    /// The same sphere reduced to these of its pixels, in this order.
    ///
    /// # Errors
    /// [`Error::Healpix`] for no pixels, one that the sphere does not have, or one that stands twice.
    pub fn with_pixels(mut self, pixels: Vec<u64>) -> Result<Self> {
        let n = self.sphere_size();
        if pixels.is_empty() {
            return Err(Error::Healpix { reason: "the list of pixels is empty, expected at least one".into() });
        }
        if let Some(&pixel) = pixels.iter().find(|&&pixel| pixel >= n) {
            let reason = format!("pixel {pixel} does not exist, NSIDE {} has the pixels 0 to {}", self.nside, n - 1);
            return Err(Error::Healpix { reason });
        }
        let mut places: Vec<(u64, usize)> = pixels.iter().copied().zip(0..).collect();
        places.sort_unstable();
        if let Some((pixel, _)) = places.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0]) {
            return Err(Error::Healpix { reason: format!("pixel {pixel} stands twice in the list of pixels") });
        }
        self.part = Some(Arc::new(Part { pixels, places }));
        Ok(self)
    }

    /// The same with the text that a LAT header describes the region with (`HPX_REG`), for example `DISK(184.56,-5.78,10)`.
    #[must_use]
    pub fn with_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The pixels of the sphere whose centres lie within a radius (degrees) of a direction, and `HPX_REG` set so.
    ///
    /// # Errors
    /// [`Error::Healpix`] when there are none, or the radius is not in (0, 180], and for a sphere of more than 2^31 pixels, which are all
    /// looked at.
    pub fn disk(&self, center: &SkyDirection, radius: f64) -> Result<Self> {
        if !(radius > 0.0 && radius <= 180.0) || self.sphere_size() > 1 << 31 {
            let reason = format!("a disk of radius {radius} deg at NSIDE {}, expected above 0 to 180 deg", self.nside);
            return Err(Error::Healpix { reason });
        }
        let middle = UnitVector::from(*center);
        let radius_rad = radius.to_radians();
        let inside = |&pixel: &u64| {
            self.sphere_direction(pixel).is_some_and(|d| UnitVector::from(d).angle(middle) <= radius_rad)
        };
        let pixels = (0..self.sphere_size()).filter(inside).collect();
        let (lon, lat) = center.coordinates(self.frame);
        let sphere = Self { part: None, ..self.clone() };
        Ok(sphere.with_pixels(pixels)?.with_region(format!("DISK({lon:.9},{lat:.9},{radius:.9})")))
    }

    /// Pixels along a side of a base pixel.
    pub fn nside(&self) -> u32 {
        self.nside
    }

    /// log2 of `nside`; `None` when it is not a power of two.
    pub fn order(&self) -> Option<u8> {
        self.nside.is_power_of_two().then(|| u8::try_from(self.nside.trailing_zeros()).unwrap_or(u8::MAX))
    }

    /// How pixels are numbered.
    pub fn ordering(&self) -> HealpixOrdering {
        self.ordering
    }

    /// The frame of the sphere.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// Whether the map holds the whole sphere in its own order.
    pub fn is_full_sky(&self) -> bool {
        self.part.is_none()
    }

    /// Sphere pixels in the order of the map, for a map that lists them.
    pub fn pixels(&self) -> Option<&[u64]> {
        self.part.as_ref().map(|part| part.pixels.as_slice())
    }

    /// The text of `HPX_REG`.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Pixels of the whole sphere.
    pub fn sphere_size(&self) -> u64 {
        ring::n_hash(self.nside)
    }

    /// Number of pixels of the map.
    pub fn n_pixels(&self) -> usize {
        match &self.part {
            Some(part) => part.pixels.len(),
            None => usize::try_from(self.sphere_size()).unwrap_or(usize::MAX),
        }
    }

    /// The number within the sphere of a pixel of the map.
    pub fn sphere_pixel(&self, pixel: usize) -> Option<u64> {
        match &self.part {
            Some(part) => part.pixels.get(pixel).copied(),
            None => u64::try_from(pixel).ok().filter(|&pixel| pixel < self.sphere_size()),
        }
    }

    /// Where the map has a pixel of the sphere; `None` where it has not.
    pub fn local_pixel(&self, sphere_pixel: u64) -> Option<usize> {
        match &self.part {
            Some(part) => {
                let found = part.places.binary_search_by_key(&sphere_pixel, |&(pixel, _)| pixel).ok()?;
                part.places.get(found).map(|&(_, place)| place)
            }
            None => usize::try_from(sphere_pixel).ok().filter(|_| sphere_pixel < self.sphere_size()),
        }
    }

    /// Direction of a pixel's centre.
    pub fn direction_of(&self, pixel: usize) -> Option<SkyDirection> {
        self.sphere_direction(self.sphere_pixel(pixel)?)
    }

    /// Direction of the centre of a pixel of the sphere.
    pub(crate) fn sphere_direction(&self, sphere_pixel: u64) -> Option<SkyDirection> {
        let (lon, lat) = match self.layer() {
            Some(layer) => layer.center(sphere_pixel),
            None => ring::center(self.nside, sphere_pixel),
        };
        self.direction(lon, lat)
    }

    /// The pixel of the map that a direction falls in.
    pub fn pixel(&self, direction: &SkyDirection) -> Option<usize> {
        self.local_pixel(self.sphere_pixel_of(direction))
    }

    /// The pixel of the sphere that a direction falls in.
    pub(crate) fn sphere_pixel_of(&self, direction: &SkyDirection) -> u64 {
        let (lon, lat) = self.radians(direction);
        match self.layer() {
            Some(layer) => layer.hash(lon, lat),
            None => ring::hash(self.nside, lon, lat),
        }
    }

    /// The pixels of the sphere whose centres lie within a radius (degrees) of a direction, in ascending order.
    pub(crate) fn sphere_pixels_within(&self, direction: &SkyDirection, radius: f64) -> Vec<u64> {
        let middle = UnitVector::from(*direction);
        let limit = radius.to_radians();
        let inside = |&pixel: &u64| {
            self.sphere_direction(pixel).is_some_and(|center| UnitVector::from(center).angle(middle) <= limit)
        };
        let Some(layer) = self.nested_layer() else { return (0..self.sphere_size()).filter(inside).collect() };
        let (lon, lat) = self.radians(direction);
        let is_ring = self.ordering == HealpixOrdering::Ring;
        let number = |nested: u64| if is_ring { layer.to_ring(nested) } else { nested };
        let mut pixels: Vec<u64> =
            layer.cone_coverage_approx(lon, lat, limit).flat_iter().map(number).filter(inside).collect();
        pixels.sort_unstable();
        pixels
    }

    /// The pixels of the map whose centres lie within a radius (degrees) of a direction, and perhaps some more around them, in ascending order: what
    /// sums over disks look at. All pixels of the map where `nside` is not a power of two.
    pub fn pixels_near(&self, direction: &SkyDirection, radius: f64) -> Vec<usize> {
        let Some(layer) = self.nested_layer() else { return (0..self.n_pixels()).collect() };
        let (lon, lat) = self.radians(direction);
        let is_ring = self.ordering == HealpixOrdering::Ring;
        let number = |nested: u64| if is_ring { layer.to_ring(nested) } else { nested };
        let cone = layer.cone_coverage_approx(lon, lat, radius.clamp(0.0, 180.0).to_radians());
        let mut pixels: Vec<usize> = cone.flat_iter().filter_map(|nested| self.local_pixel(number(nested))).collect();
        pixels.sort_unstable();
        pixels
    }

    /// The corners of a pixel, around it from the southern one.
    pub fn corners_of(&self, pixel: usize) -> Option<[UnitVector; 4]> {
        self.sphere_corners(self.sphere_pixel(pixel)?)
    }

    /// The corners of a pixel of the sphere, around it from the southern one.
    pub(crate) fn sphere_corners(&self, pixel: u64) -> Option<[UnitVector; 4]> {
        let corners = match self.layer() {
            Some(layer) => layer.vertices(pixel),
            None => ring::vertices(self.nside, pixel),
        };
        let [s, e, n, w] = corners.map(|(lon, lat)| self.direction(lon, lat).map(UnitVector::from));
        Some([s?, e?, n?, w?])
    }

    /// Solid angle of a pixel in sr; all are equal.
    pub fn solid_angle(&self) -> f64 {
        4.0 * PI / self.sphere_size() as f64
    }

    /// The pixels of the map that touch a pixel: up to 8 in ascending order, fewer at the edge of the map and in the corners of base pixels.
    ///
    /// # Errors
    /// [`Error::Healpix`] when `nside` is not a power of two.
    pub fn neighbours(&self, pixel: usize) -> Result<Vec<usize>> {
        let layer = self.nested_layer().ok_or_else(|| {
            let reason = format!("neighbours of pixels are known for powers of two only, NSIDE is {}", self.nside);
            Error::Healpix { reason }
        })?;
        let Some(pixel) = self.sphere_pixel(pixel) else { return Ok(Vec::new()) };
        let is_ring = self.ordering == HealpixOrdering::Ring;
        let nested = if is_ring { layer.from_ring(pixel) } else { pixel };
        let mut found: Vec<usize> = layer
            .neighbours(nested, false)
            .values_vec()
            .into_iter()
            .filter_map(|nested| self.local_pixel(if is_ring { layer.to_ring(nested) } else { nested }))
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Pixels and weights of the interpolation at a direction, linear along and across the rings of pixels, as the HEALPix library and so
    /// the LAT tools do it. Off the map it is empty; at its border the weights of the pixels that are there are scaled to a sum of one.
    pub fn interpolation(&self, direction: &SkyDirection) -> Interpolation {
        let mut out = Interpolation::default();
        if self.pixel(direction).is_none() {
            return out;
        }
        let (lon, lat) = self.radians(direction);
        let layer = self.layer();
        let number = |pixel: u64| layer.map_or(pixel, |layer| layer.from_ring(pixel));
        let terms = interpolation(self.nside, lon, lat);
        let there = terms.map(|(pixel, weight)| (self.local_pixel(number(pixel)), weight));
        let sum: f64 = there.iter().filter(|(pixel, _)| pixel.is_some()).map(|(_, weight)| weight).sum();
        for (pixel, weight) in there {
            if let Some(pixel) = pixel {
                out.push(pixel, weight / sum);
            }
        }
        out
    }

    /// The middle of the map: that of `HPX_REG` when it tells one, else the mean direction of the listed pixels, else longitude 0, latitude 0.
    ///
    /// # Errors
    /// When `HPX_REG` names coordinates that are no direction.
    pub fn reference_direction(&self) -> Result<SkyDirection> {
        if let Some([lon, lat]) = self.region.as_deref().and_then(region_center) {
            let reason = |error| Error::Healpix { reason: format!("HPX_REG '{:?}': {error}", self.region) };
            return self.frame.direction(lon, lat).map_err(reason);
        }
        let pixels = self.part.as_ref().map_or(0, |part| part.pixels.len());
        let directions = (0..pixels).filter_map(|pixel| self.direction_of(pixel).map(UnitVector::from));
        let sum = directions.fold([0.0; 3], |[x, y, z], UnitVector([dx, dy, dz])| [x + dx, y + dy, z + dz]);
        if sum == [0.0; 3] {
            return Ok(self.frame.direction(0.0, 0.0)?);
        }
        let [x, y, z] = sum;
        Ok(SkyDirection::new(y.atan2(x).to_degrees(), z.atan2(x.hypot(y)).to_degrees())?)
    }

    /// What differs between two grids, if anything. Names of regions may differ.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let outline = |grid: &Self| {
            format!("{} {:?} HEALPix pixels of NSIDE {} {:?}", grid.n_pixels(), grid.frame, grid.nside, grid.ordering)
        };
        if outline(self) != outline(other) {
            return Some(format!("{} and {}", outline(self), outline(other)));
        }
        let first = (0..self.n_pixels()).find(|&pixel| self.sphere_pixel(pixel) != other.sphere_pixel(pixel))?;
        Some(format!(
            "the pixel at {first} (counted from 0) is {:?} and {:?} of the sphere",
            self.sphere_pixel(first),
            other.sphere_pixel(first)
        ))
    }

    /// The library's tables for nested numbering; `None` for rings.
    fn layer(&self) -> Option<&'static nested::Layer> {
        (self.ordering == HealpixOrdering::Nested).then(|| self.nested_layer()).flatten()
    }

    fn nested_layer(&self) -> Option<&'static nested::Layer> {
        self.order().map(nested::get)
    }

    /// Longitude and latitude in radians of a direction, the latitude within the poles.
    fn radians(&self, direction: &SkyDirection) -> (f64, f64) {
        let (lon, lat) = direction.coordinates(self.frame);
        (lon.to_radians(), lat.to_radians().clamp(-FRAC_PI_2, FRAC_PI_2))
    }

    fn direction(&self, lon: f64, lat: f64) -> Option<SkyDirection> {
        self.frame.direction(lon.to_degrees(), lat.to_degrees().clamp(-90.0, 90.0)).ok()
    }
}

/// The centre that a region such as `DISK(lon,lat,radius)` or `DISK_INC(lon,lat,radius,factor)` names.
fn region_center(region: &str) -> Option<[f64; 2]> {
    let (kind, rest) = region.trim().split_once('(')?;
    if !kind.trim().to_ascii_uppercase().starts_with("DISK") {
        return None;
    }
    let mut numbers = rest.trim_end().trim_end_matches(')').split(',').map(|word| word.trim().parse::<f64>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(lon)), Some(Ok(lat))) => Some([lon, lat]),
        _ => None,
    }
}
