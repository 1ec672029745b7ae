//! The image of the sky, finer and larger than the counts map, on which diffuse templates are convolved with the PSF.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use roi_model::SkyDirection;

use super::convolve::Window;
use crate::error::{Error, Result};
use crate::geometry::{Frame, Interpolation, SkyGrid, UnitVector, WcsGrid, WcsHeader};
use crate::observation::Exposure;
use crate::recipe::KernelFrame;
use crate::templates::Template;

/// Most pixels a side of an image: 2.5 GB with its transforms.
pub(crate) const LARGEST: usize = 8192;

/// A square image around the counts map, each pixel of which it divides into `factor` x `factor`. Images of different sizes have the same
/// centre, so what is known of the pixels of the largest serves them all.
pub(crate) struct FineImage {
    grid: WcsGrid,
    /// Pixels a side, even.
    size: usize,
    factor: usize,
    counts: [usize; 2],
}

impl FineImage {
    /// An image that reaches `radius` degrees from the counts map's reference direction.
    pub(crate) fn new(counts: &WcsHeader, factor: usize, radius: f64) -> Result<Self> {
        let factor = factor.max(1);
        let size = Self::size_for(counts, factor, radius);
        if size > LARGEST {
            return Err(Error::Projection {
                reason: format!(
                    "an image of pixels of CDELT {:?} deg over {divided} that reaches {radius:.2} deg, as the PSF asks for, would have {size} x \
                     {size} pixels, expected at most {LARGEST} a side; is the pixel size right, and rfactor?",
                    counts.cdelt,
                    divided = factor
                ),
            });
        }
        let mut header = counts.clone();
        (header.nx, header.ny) = (size, size);
        for (axis, n) in [counts.nx, counts.ny].into_iter().enumerate() {
            header.cdelt[axis] = counts.cdelt[axis] / factor as f64;
            let offset = ((size - n * factor) / 2) as f64;
            header.crpix[axis] = offset + (counts.crpix[axis] - 0.5) * factor as f64 + 0.5;
        }
        Ok(Self { grid: WcsGrid::new(header)?, size, factor, counts: [counts.nx, counts.ny] })
    }

    /// Pixels a side of the image that reaches `radius` degrees, and holds the counts map.
    pub(crate) fn size_for(counts: &WcsHeader, factor: usize, radius: f64) -> usize {
        let step = counts.cdelt.iter().fold(f64::INFINITY, |least, d| least.min(d.abs())) / factor as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float saturates")]
        let half = (radius.clamp(0.0, 180.0) / step).floor().min(1e9) as usize;
        (2 * half).max((counts.nx.max(counts.ny).saturating_mul(factor).min(1 << 40)).next_multiple_of(2))
    }

    /// Pixels a side.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Fine pixels along a side of a counts pixel.
    pub(crate) fn factor(&self) -> usize {
        self.factor
    }

    /// Pixels and weights of a position in the counts map, in an image of `size` pixels a side.
    pub(crate) fn window(&self, size: usize) -> Window {
        let [nx, ny] = self.counts.map(|n| n * self.factor);
        Window { origin: [(size - nx) / 2, (size - ny) / 2], size: [nx, ny] }
    }

    /// What `at` says of the direction of each pixel; `absent` off the projection.
    fn map<T: Copy + Send + Sync>(&self, absent: T, at: impl Fn(&SkyDirection) -> T + Sync) -> Vec<T> {
        let n = self.size;
        let mut values = vec![absent; n * n];
        values.par_chunks_mut(n).enumerate().for_each(|(y, row)| {
            for (x, value) in row.iter_mut().enumerate() {
                if let Some(direction) = self.grid.to_direction(x as f64 + 1.0, y as f64 + 1.0) {
                    *value = at(&direction);
                }
            }
        });
        values
    }

    /// How a template is looked up in each pixel.
    pub(crate) fn template(&self, template: &Template) -> Result<Sampler> {
        match template {
            Template::Isotropic(value) => Ok(Sampler::Constant(*value)),
            Template::Map { cube, .. } => {
                let grid = cube.grid();
                Ok(Sampler::Cells(self.map(Cell::default(), |direction| Cell::from(grid.interpolation(direction)))))
            }
            Template::Profile { center, profile } => {
                Ok(Sampler::Values(self.map(0.0, |direction| single(profile.value(center.separation(direction))))))
            }
            Template::Point(_) | Template::Disk { .. } | Template::Gaussian { .. } => Err(Error::Unsupported {
                what: "an image of a template that has its own convolution".into(),
                remedy: "this is an error in the program".into(),
            }),
        }
    }

}

/// How the exposure is looked up in each pixel of a fine image.
pub(crate) struct ExposureImage {
    pub(crate) sampler: Sampler,
    /// Which pixels lie beyond the edge of the exposure's map, where its nearest pixel stands for them; none of a map of all the sky.
    pub(crate) beyond: Vec<bool>,
    grid: SkyGrid,
    is_interpolated: bool,
}

impl ExposureImage {
    /// # Errors
    /// [`Error::Unsupported`] where there is no nearest pixel.
    pub(crate) fn new(image: &FineImage, exposure: &Exposure) -> Result<Self> {
        let (beyond, lost) = (AtomicBool::new(false), AtomicBool::new(false));
        let at = |direction: &SkyDirection| {
            let found = exposure.lookup(direction);
            if !found.terms().is_empty() {
                return found;
            }
            let nearest = exposure.nearest(direction);
            if nearest.terms().is_empty() { &lost } else { &beyond }.store(true, Ordering::Relaxed);
            nearest
        };
        let sampler = if exposure.is_interpolated() {
            Sampler::Cells(image.map(Cell::default(), |direction| Cell::from(at(direction))))
        } else {
            let pixel = |found: Interpolation| found.terms().first().map_or(ABSENT, |&(pixel, _)| index(pixel));
            Sampler::Pixels(image.map(ABSENT, |direction| pixel(at(direction))))
        };
        if lost.into_inner() {
            return Err(Error::Unsupported {
                what: format!("a diffuse source with emission where {} has no pixel near by", exposure.cube().what()),
                remedy: "make the exposure map for the whole sky".into(),
            });
        }
        let is_beyond = |direction: &SkyDirection| exposure.lookup(direction).terms().is_empty();
        let beyond = if beyond.into_inner() { image.map(false, is_beyond) } else { Vec::new() };
        let (grid, is_interpolated) = (exposure.cube().grid().clone(), exposure.is_interpolated());
        Ok(Self { sampler, beyond, grid, is_interpolated })
    }

    /// Whether an exposure is looked up in the same way in the same pixels.
    pub(crate) fn is_of(&self, exposure: &Exposure) -> bool {
        self.is_interpolated == exposure.is_interpolated() && self.grid == *exposure.cube().grid()
    }
}

/// Separations, degrees, of the pixels of the kernel's image from its centre, and the size of that image (odd); infinite off the
/// projection.
pub(crate) struct KernelImage {
    size: usize,
    separations: Vec<f32>,
}

impl KernelImage {
    /// The largest kernel for a fine image.
    pub(crate) fn new(fine: &FineImage, frame: KernelFrame) -> Result<Self> {
        let size = (fine.size - 1).max(1);
        let header = fine.grid.header();
        let center = header.reference_direction()?;
        let (frame, crval) = match frame {
            KernelFrame::Equatorial => (Frame::Celestial, [center.ra(), center.dec()]),
            KernelFrame::Counts => (header.frame()?, header.crval),
        };
        let mut kernel = WcsHeader::centered([size, size], 1.0, frame, header.projection(), crval);
        kernel.cdelt = header.cdelt;
        let grid = WcsGrid::new(kernel)?;
        let middle = UnitVector::from(center);
        let mut separations = vec![f32::INFINITY; size * size];
        separations.par_chunks_mut(size).enumerate().for_each(|(y, row)| {
            for (x, value) in row.iter_mut().enumerate() {
                if let Some(direction) = grid.to_direction(x as f64 + 1.0, y as f64 + 1.0) {
                    *value = single(middle.angle(direction.into()).to_degrees());
                }
            }
        });
        separations[size * size / 2] = 0.0;
        Ok(Self { size, separations })
    }

    /// A row of separations of the kernel of (odd) `size`.
    pub(crate) fn row(&self, size: usize, row: usize) -> &[f32] {
        let skip = (self.size.max(size) - size) / 2;
        let start = (row + skip) * self.size + skip;
        self.separations.get(start..start + size).unwrap_or_default()
    }
}

const ABSENT: u32 = u32::MAX;

fn index(pixel: usize) -> u32 {
    u32::try_from(pixel).unwrap_or(ABSENT)
}

#[expect(clippy::cast_possible_truncation, reason = "single precision is enough here, and half the memory")]
fn single(value: f64) -> f32 {
    value as f32
}

/// Pixels and weights of an interpolation.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pixels: [u32; 4],
    weights: [f32; 4],
}

impl Default for Cell {
    fn default() -> Self {
        Self { pixels: [ABSENT; 4], weights: [0.0; 4] }
    }
}

impl From<Interpolation> for Cell {
    fn from(found: Interpolation) -> Self {
        let mut cell = Self::default();
        for ((pixel, weight), term) in cell.pixels.iter_mut().zip(&mut cell.weights).zip(found.terms()) {
            (*pixel, *weight) = (index(term.0), single(term.1));
        }
        cell
    }
}

/// How the values of a map are found in the pixels of a fine image.
pub(crate) enum Sampler {
    /// The same everywhere.
    Constant(f64),
    /// Known for each pixel.
    Values(Vec<f32>),
    /// One pixel of the map.
    Pixels(Vec<u32>),
    /// Four pixels of the map, weighted.
    Cells(Vec<Cell>),
}

impl Sampler {
    /// The pixels of the map that are looked at, in order. From here on they are known by their place in this list.
    pub(crate) fn renumber(&mut self, n_pixels: usize) -> Vec<u32> {
        let mut places = vec![ABSENT; n_pixels];
        for pixel in self.pixels_mut() {
            if let Some(place) = places.get_mut(*pixel as usize) {
                *place = 0;
            }
        }
        let looked_at: Vec<u32> =
            places.iter().enumerate().filter(|(_, place)| **place == 0).map(|(pixel, _)| index(pixel)).collect();
        for (place, &pixel) in looked_at.iter().enumerate() {
            places[pixel as usize] = index(place);
        }
        for pixel in self.pixels_mut() {
            *pixel = places.get(*pixel as usize).copied().unwrap_or(ABSENT);
        }
        looked_at
    }

    fn pixels_mut(&mut self) -> Box<dyn Iterator<Item = &mut u32> + '_> {
        match self {
            Self::Constant(_) | Self::Values(_) => Box::new(std::iter::empty()),
            Self::Pixels(pixels) => Box::new(pixels.iter_mut()),
            Self::Cells(cells) => Box::new(cells.iter_mut().flat_map(|cell| cell.pixels.iter_mut())),
        }
    }

    /// The value at a fine pixel from a plane of the map; 0 off the map.
    pub(crate) fn value(&self, pixel: usize, plane: &[f32]) -> f64 {
        let of = |pixel: u32| plane.get(pixel as usize).copied().map_or(0.0, f64::from);
        match self {
            Self::Constant(value) => *value,
            Self::Values(values) => values.get(pixel).copied().map_or(0.0, f64::from),
            Self::Pixels(pixels) => pixels.get(pixel).map_or(0.0, |&pixel| of(pixel)),
            Self::Cells(cells) => cells.get(pixel).map_or(0.0, |cell| {
                cell.pixels.iter().zip(cell.weights).map(|(&pixel, weight)| f64::from(weight) * of(pixel)).sum()
            }),
        }
    }
}
