//! A map of the sky as an image that a page can hold.

use lat_response::{SkyGrid, WcsHeader};
use ndarray::Array2;
use roi_estimators::PullHistogram;
use roi_model::SkyDirection;

use crate::error::Result;

/// Pixels of an image at most: more are not told apart on a screen, and a page of four images stays small.
const MOST_PIXELS: usize = 40_000;
/// Degrees from the middle to where HEALPix pixels are shown.
const FARTHEST: f64 = 60.0;

/// What an image shows, and with it its unit, its colours, and how pixels are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageKind {
    /// Observed counts a pixel.
    Counts,
    /// Predicted counts a pixel.
    Model,
    /// Significance of smoothed counts above the model, sigma.
    Significance,
    /// Test statistic of one more source.
    Ts,
}

impl ImageKind {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Counts => "Counts",
            Self::Model => "Model",
            Self::Significance => "Residual significance",
            Self::Ts => "TS of one more source",
        }
    }

    /// The unit of its values.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Counts | Self::Model => "counts / pixel",
            Self::Significance => "sigma",
            Self::Ts => "TS",
        }
    }

    /// Counts of pixels add; of others the one farthest from zero stands for all.
    fn together(self, values: impl Iterator<Item = f64>) -> f64 {
        match self {
            Self::Counts | Self::Model => values.sum(),
            Self::Significance | Self::Ts => {
                values.filter(|v| !v.is_nan()).fold(f64::NAN, |far, v| if far.abs() >= v.abs() { far } else { v })
            }
        }
    }
}

/// An image of the sky in a plane, north up and east to the left.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SkyImage {
    /// What it shows.
    pub kind: ImageKind,
    /// Values, rows from south to north.
    pub values: Array2<f64>,
    /// The pixels of the image, from which [`values`](Self::values) were put together.
    pub grid: SkyGrid,
    /// How many pixels of the map make one of the image, along each side.
    pub factor: usize,
    /// What all pixels of the map have told, of which the image may show a part.
    pub(crate) all: AllPixels,
}

/// What the pixels of a map come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AllPixels {
    /// The lowest and the highest value.
    pub(crate) range: Option<(f64, f64)>,
    /// The highest value and where it is.
    pub(crate) highest: Option<(f64, SkyDirection)>,
    /// The histogram of significances.
    pub(crate) histogram: PullHistogram,
}

impl AllPixels {
    fn new(kind: ImageKind, grid: &SkyGrid, values: &Array2<f64>) -> Self {
        let finite = || values.iter().copied().enumerate().filter(|(_, value)| value.is_finite());
        let highest = finite().max_by(|a, b| a.1.total_cmp(&b.1));
        let histogram = match kind {
            ImageKind::Significance => PullHistogram::of_normal(values.iter().copied()),
            _ => PullHistogram::default(),
        };
        Self {
            range: finite().map(|(_, value)| (value, value)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
            highest: highest.and_then(|(pixel, value)| Some((value, grid.direction(pixel)?))),
            histogram,
        }
    }
}

impl SkyImage {
    /// The image of a map. An image of many pixels is put together from blocks of them; HEALPix pixels are looked up on a plane around `center`.
    ///
    /// # Errors
    /// When pixels and values do not belong together, or the plane cannot be laid out.
    pub fn new(kind: ImageKind, grid: &SkyGrid, values: &Array2<f64>, center: &SkyDirection) -> Result<Self> {
        let found = values.dim();
        let [ny, nx] = grid.shape();
        if found != (ny, nx) {
            return Err(lat_response::Error::Shape {
                what: kind.title().into(),
                found: format!("{found:?} values"),
                expected: format!("{ny} x {nx} pixels"),
            }
            .into());
        }
        let image = match grid {
            SkyGrid::Wcs(_) => Self::blocks(kind, grid, values),
            _ => Self::on_plane(kind, grid, values, center)?,
        };
        Ok(Self { all: AllPixels::new(kind, grid, values), ..image })
    }

    /// Blocks of pixels.
    fn blocks(kind: ImageKind, grid: &SkyGrid, values: &Array2<f64>) -> Self {
        let (ny, nx) = values.dim();
        let factor = (1..=nx.max(ny)).find(|f| ny.div_ceil(*f) * nx.div_ceil(*f) <= MOST_PIXELS).unwrap_or(1);
        let block = |y: usize, x: usize| {
            let rows = y * factor..((y + 1) * factor).min(ny);
            let columns = x * factor..((x + 1) * factor).min(nx);
            kind.together(rows.flat_map(|y| columns.clone().map(move |x| values[[y, x]])))
        };
        let blocks = Array2::from_shape_fn((ny.div_ceil(factor), nx.div_ceil(factor)), |(y, x)| block(y, x));
        Self { kind, values: blocks, grid: grid.clone(), factor, all: AllPixels::default() }
    }

    /// Each pixel of a plane has the value of the pixel of the map that its middle lies in.
    fn on_plane(kind: ImageKind, grid: &SkyGrid, values: &Array2<f64>, center: &SkyDirection) -> Result<Self> {
        let frame = grid.frame();
        let directions = (0..grid.n_pixels()).filter_map(|pixel| grid.direction(pixel));
        let farthest = directions.map(|place| center.separation(&place)).fold(0.0, f64::max).min(FARTHEST);
        let own = grid.solid_angle(0).sqrt().to_degrees();
        let step = own.max(2.0 * farthest / (MOST_PIXELS as f64).sqrt());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most some hundred pixels")]
        let side = ((2.0 * farthest / step).ceil().max(1.0) as usize).min(MOST_PIXELS.isqrt());
        let (lon, lat) = center.coordinates(frame);
        let plane = SkyGrid::wcs(WcsHeader::centered([side, side], step, frame, "ZEA", [lon, lat]))?;
        let value = |pixel: usize| {
            let found = plane.direction(pixel).and_then(|place| grid.pixel(&place));
            found.map_or(f64::NAN, |pixel| values[[0, pixel]])
        };
        let values = Array2::from_shape_fn((side, side), |(y, x)| value(y * side + x));
        Ok(Self { kind, values, grid: plane, factor: 1, all: AllPixels::default() })
    }

    /// Degrees a pixel along x and y; the first is negative where longitude grows to the left.
    fn steps(&self) -> [f64; 2] {
        match &self.grid {
            SkyGrid::Wcs(grid) => grid.header().cdelt,
            _ => [-1.0, 1.0],
        }
    }

    /// Degrees from the middle of the map to the middles of the columns (east positive) and rows of the image.
    pub(crate) fn offsets(&self) -> [Vec<f64>; 2] {
        let [ny, nx] = self.grid.shape();
        let (rows, columns) = self.values.dim();
        let [dx, dy] = self.steps();
        let along = |n: usize, blocks: usize, step: f64| -> Vec<f64> {
            let first = 0.5 * (self.factor as f64 - n as f64);
            (0..blocks).map(|block| (first + (block * self.factor) as f64) * step).collect()
        };
        [along(nx, columns, dx), along(ny, rows, dy)]
    }

    /// The same of a place on the sky; `None` off the map.
    pub(crate) fn offset_of(&self, place: &SkyDirection) -> Option<[f64; 2]> {
        let SkyGrid::Wcs(grid) = &self.grid else { return None };
        let [nx, ny] = grid.size();
        let (x, y) = grid.to_pixel(place)?;
        let is_inside = (0.5..=nx as f64 + 0.5).contains(&x) && (0.5..=ny as f64 + 0.5).contains(&y);
        let [dx, dy] = self.steps();
        is_inside.then_some([(x - 0.5 * (nx as f64 + 1.0)) * dx, (y - 0.5 * (ny as f64 + 1.0)) * dy])
    }

    /// Coordinates of the middle of each pixel of the image, degrees, in the frame of the map.
    pub(crate) fn places(&self) -> Array2<Option<(f64, f64)>> {
        let SkyGrid::Wcs(grid) = &self.grid else { return Array2::default(self.values.dim()) };
        // FITS counts pixels from 1; the middle of the first block of two lies at 1.5.
        let middle = |block: usize| (block * self.factor) as f64 + 0.5 * (self.factor as f64 + 1.0);
        Array2::from_shape_fn(self.values.dim(), |(y, x)| {
            grid.to_direction(middle(x), middle(y)).map(|place| place.coordinates(grid.frame()))
        })
    }
}

#[cfg(test)]
mod tests {
    use lat_response::{Frame, HealpixGrid, HealpixOrdering};

    use super::*;

    fn grid(nx: usize, ny: usize, step: f64) -> SkyGrid {
        SkyGrid::wcs(WcsHeader::centered([nx, ny], step, Frame::Celestial, "TAN", [83.6, 22.0])).unwrap()
    }

    #[test]
    fn blocks_keep_the_sum_of_counts_and_the_extreme_of_a_significance() {
        let (grid, center) = (grid(301, 300, 0.1), SkyDirection::new(83.6, 22.0).unwrap());
        let mut values = Array2::from_elem((300, 301), 1.0);
        values[[17, 300]] = -8.0;
        let counts = SkyImage::new(ImageKind::Counts, &grid, &values, &center).unwrap();
        assert!(counts.factor == 2 && counts.values.dim() == (150, 151));
        assert_eq!(counts.values.sum(), values.sum());
        let sigma = SkyImage::new(ImageKind::Significance, &grid, &values, &center).unwrap();
        assert_eq!((sigma.values[[8, 150]], sigma.values[[0, 0]]), (-8.0, 1.0));
    }

    #[test]
    fn a_source_lies_on_its_pixel_with_blocks_and_without() {
        let center = SkyDirection::new(83.6, 22.0).unwrap();
        for (n, factor) in [(40, 1), (400, 2)] {
            let grid = grid(n, n, 0.05);
            let image = SkyImage::new(ImageKind::Ts, &grid, &Array2::zeros((n, n)), &center).unwrap();
            assert_eq!(image.factor, factor);
            let place = image.places()[[3, 7]].unwrap();
            let source = SkyDirection::new(place.0, place.1).unwrap();
            let ([x, y], [columns, rows]) = (image.offset_of(&source).unwrap(), image.offsets());
            assert!((x - columns[7]).abs() < 1e-9 && (y - rows[3]).abs() < 1e-9, "{x} {y}");
            assert!(columns[0] > 0.0 && rows[0] < 0.0, "east is positive, and on the left");
        }
        let away = SkyDirection::new(200.0, 0.0).unwrap();
        let image = SkyImage::new(ImageKind::Ts, &grid(40, 40, 0.05), &Array2::zeros((40, 40)), &center).unwrap();
        assert_eq!(image.offset_of(&away), None);
    }

    #[test]
    fn healpix_pixels_are_shown_around_the_middle() {
        let center = SkyDirection::new(83.6, 22.0).unwrap();
        let sphere = HealpixGrid::new(64, HealpixOrdering::Nested, Frame::Celestial).unwrap();
        let disk = SkyGrid::Healpix(sphere.disk(&center, 6.0).unwrap());
        let distance = |pixel| disk.direction(pixel).unwrap().separation(&center);
        let values = Array2::from_shape_fn((1, disk.n_pixels()), |(_, pixel)| distance(pixel));
        let image = SkyImage::new(ImageKind::Counts, &disk, &values, &center).unwrap();
        let (rows, columns) = image.values.dim();
        // A pixel is 0.9 degrees wide.
        assert!(image.values[[rows / 2, columns / 2]] < 1.2 && image.values[[0, 0]].is_nan());
    }
}
