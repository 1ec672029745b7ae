//! The pixels of a map: those of the counts, or a part of them.

use lat_response::{SkyGrid, WcsGrid, WcsHeader};
use ndarray::Array2;
use roi_model::SkyDirection;

use crate::error::{Error, Result};

/// The pixels of a map, which are pixels of a component's counts.
#[derive(Clone, Debug)]
pub(crate) struct MapGrid {
    /// The pixels of the counts.
    pub(crate) whole: SkyGrid,
    /// Those of the map.
    pub(crate) grid: SkyGrid,
    /// The number in the whole of each pixel of the map.
    pub(crate) pixels: Vec<usize>,
}

impl MapGrid {
    /// The whole counts map.
    pub(crate) fn whole(whole: &SkyGrid) -> Self {
        Self { whole: whole.clone(), grid: whole.clone(), pixels: (0..whole.n_pixels()).collect() }
    }

    /// A square of `size` degrees around a place, by default around the region's centre, of all that is not given the whole.
    pub(crate) fn square(whole: &SkyGrid, place: Option<SkyDirection>, size: Option<f64>) -> Result<Self> {
        if place.is_none() && size.is_none() {
            return Ok(Self::whole(whole));
        }
        if let Some(size) = size.filter(|size| !(*size > 0.0 && size.is_finite())) {
            return Err(Error::Option { option: "map_size", found: size.to_string(), expected: "degrees, above 0" });
        }
        let SkyGrid::Wcs(image) = whole else {
            return Err(Error::Option {
                option: "map_size",
                found: "a map of HEALPix pixels".into(),
                expected: "a projected counts cube; leave map_skydir and map_size out",
            });
        };
        let header = image.header();
        let place = match place {
            Some(place) => place,
            None => header.reference_direction()?,
        };
        let outside = || Error::Outside { what: "map_skydir".into(), ra: place.ra(), dec: place.dec() };
        let (x, y) = image.to_pixel(&place).ok_or_else(outside)?;
        let half = |step: f64| size.map_or(f64::INFINITY, |size| 0.5 * size / step.abs());
        let columns = range(x - 1.0, half(header.cdelt[0]), header.nx);
        let rows = range(y - 1.0, half(header.cdelt[1]), header.ny);
        if columns.is_empty() || rows.is_empty() {
            return Err(outside());
        }
        let part = WcsHeader {
            nx: columns.len(),
            ny: rows.len(),
            crpix: [header.crpix[0] - columns.start as f64, header.crpix[1] - rows.start as f64],
            ..header.clone()
        };
        let pixels = rows.flat_map(|row| columns.clone().map(move |column| row * header.nx + column)).collect();
        Ok(Self { whole: whole.clone(), grid: SkyGrid::Wcs(WcsGrid::new(part)?), pixels })
    }

    /// The number in the map of the pixel in its middle; of an even number of rows or columns the one above.
    pub(crate) fn middle(&self) -> Option<usize> {
        match &self.grid {
            SkyGrid::Wcs(_) => {
                let [ny, nx] = self.grid.shape();
                Some(ny / 2 * nx + nx / 2)
            }
            _ => self.grid.pixel(&self.grid.reference_direction().ok()?),
        }
    }

    /// The values of the map's pixels, as an image (or the one row of HEALPix pixels).
    pub(crate) fn image(&self, values: Vec<f64>) -> Result<Array2<f64>> {
        let [ny, nx] = self.grid.shape();
        Array2::from_shape_vec((ny, nx), values)
            .map_err(|_| Error::Internal { what: "a map has not as many values as pixels" })
    }
}

/// The pixels of an axis whose centres lie within half a width of a place.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the axis")]
fn range(place: f64, half: f64, n: usize) -> std::ops::Range<usize> {
    let first = (place - half).ceil().clamp(0.0, n as f64) as usize;
    let end = ((place + half).floor() + 1.0).clamp(0.0, n as f64) as usize;
    first..end.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lat_response::Frame;

    #[test]
    fn a_part_of_a_map_has_the_directions_of_the_whole() {
        let header = WcsHeader::centered([40, 30], 0.1, Frame::Celestial, "AIT", [83.6, 22.0]);
        let whole = SkyGrid::wcs(header).unwrap();
        let place = SkyDirection::new(84.1, 22.3).unwrap();
        let part = MapGrid::square(&whole, Some(place), Some(1.0)).unwrap();
        assert_eq!(part.grid.shape(), [10, 10]);
        for (local, &pixel) in part.pixels.iter().enumerate() {
            let (a, b) = (part.grid.direction(local).unwrap(), whole.direction(pixel).unwrap());
            assert!(a.separation(&b) < 1e-9 && a.separation(&place) < 0.72);
        }
        assert_eq!(part.middle(), Some(55), "row 5, column 5 of ten");
        // It ends where the counts end.
        assert_eq!(MapGrid::square(&whole, Some(place), None).unwrap().pixels.len(), 1200);
        let far = SkyDirection::new(120.0, 22.0).unwrap();
        assert!(matches!(MapGrid::square(&whole, Some(far), Some(1.0)), Err(Error::Outside { .. })));
        assert!(MapGrid::square(&whole, None, Some(0.0)).is_err());
    }
}
