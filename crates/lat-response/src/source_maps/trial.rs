//! Maps of sources that are moved and made wider, with their derivatives.

use likelihood_core::SourceMap;
use roi_model::{SkyDirection, Source};

use super::builder::{Canvas, SourceMapBuilder, named};
use super::extended::{self, Shape};
use super::healpix_maps;
use super::pixels::Pixels;
use super::point::{PointImage, PointSource};
use super::radial::{assembled, placed, single};
use crate::error::{Error, Result};
use crate::templates::Template;

/// The step over which an exposure that is interpolated is differentiated, degrees.
const EXPOSURE_STEP: f64 = 1e-3;

/// The map of a source, and its derivatives with respect to place and width, all of one shape: cm^2 s, and cm^2 s a degree.
#[derive(Clone, Debug)]
pub struct TrialMap {
    /// The map, the same as [`SourceMapBuilder::source_map`] makes.
    pub map: SourceMap,
    /// Its derivative when the source moves to the east.
    pub east: SourceMap,
    /// When it moves to the north.
    pub north: SourceMap,
    /// When it grows: for each degree of a disk's radius or a Gaussian's sigma; `None` for a point.
    pub width: Option<SourceMap>,
}

impl TrialMap {
    /// What it takes while it is made, in bytes: four images in double precision, from which as many maps are made in single precision.
    pub fn making_bytes(n_pixels: usize, n_planes: usize) -> usize {
        4 * n_pixels * n_planes * (size_of::<f64>() + size_of::<f32>())
    }

    /// What it takes when it is made, in bytes.
    pub fn bytes(n_pixels: usize, n_planes: usize) -> usize {
        4 * n_pixels * n_planes * size_of::<f32>()
    }
}

impl SourceMapBuilder {
    /// The map of a point, a disk or a Gaussian with its derivatives. These are analytic: the slope of the PSF (convolved with the shape) times
    /// the geometry of every point that the map sums over; so they are those of the map itself, not of an idealised one. What the map takes
    /// in steps, an exposure that is not interpolated, the PSF of the place, the correction of its integral, counts as constant.
    ///
    /// # Errors
    /// As [`SourceMapBuilder::source_map`]; [`Error::Unsupported`] for other spatial models, and for a source that is not convolved with the
    /// PSF: its map changes by jumps.
    pub fn trial(&self, source: &Source) -> Result<TrialMap> {
        let make = || {
            let template = Template::of(source, &())?;
            let (center, shape) = placed(&template).map_err(|_| immovable(source))?;
            if !self.convolves(source) {
                return Err(Error::Unsupported {
                    what: "moving a source that is not convolved with the PSF".into(),
                    remedy: "all of it lies in one pixel; let the PSF apply to it".into(),
                });
            }
            self.sloped(source, center, shape)
        };
        make().map_err(named(source))
    }

    fn sloped(&self, source: &Source, center: &SkyDirection, shape: Option<Shape>) -> Result<TrialMap> {
        let exposures = self.exposures(source, center)?;
        let psf = self.radial_psf(center, shape)?;
        let change = shape.map(|shape| extended::change(&self.central, shape, self.options.recipe.disk_shape, &psf));
        let ([map, east, north], width) = match (&*self.canvas, shape) {
            (Canvas::Healpix(grid, _, sampling), _) => {
                let relative = self.relative_slopes(source, center, &exposures)?;
                let tables = (&*psf, change.as_ref());
                let [map, east, north, width] =
                    healpix_maps::sloped_radial(grid, tables, center, (&exposures, &relative), sampling);
                ([map, east, north], shape.map(|_| width))
            }
            (Canvas::Image(pixels), None) => {
                let point = self.point(pixels, (&psf, shape), center);
                (self.joined(&point, &point.sloped_images::<3>(None), source, &exposures)?, None)
            }
            (Canvas::Image(pixels), Some(_)) => {
                let point = self.point(pixels, (&psf, shape), center);
                let images = point.sloped_images::<4>(change.as_ref());
                let [map, east, north, width] = self.joined(&point, &images, source, &exposures)?;
                ([map, east, north], Some(width))
            }
        };
        Ok(TrialMap {
            map: self.stored(map, source)?,
            east: self.stored(east, source)?,
            north: self.stored(north, source)?,
            width: width.map(|width| self.stored(width, source)).transpose()?,
        })
    }

    /// The planes of the image and of its derivatives, each times exposure and correction; to the east and to the north the change of the exposure is added.
    fn joined<const M: usize>(
        &self,
        point: &PointSource<'_>,
        images: &[PointImage; M],
        source: &Source,
        exposures: &[f64],
    ) -> Result<[Vec<f32>; M]> {
        let relative = self.relative_slopes(source, point.direction, exposures)?;
        let (pixels, value) = (point.pixels, &images[0]);
        let scales = self.scales(point, value, exposures);
        let changes: [Vec<f64>; 2] = [0, 1].map(|i| relative.iter().map(|along| along[i]).collect());
        let none = vec![0.0; scales.len()];
        Ok(std::array::from_fn(|i| match i {
            0 => assembled(pixels, value, &scales),
            1 | 2 => sloped(pixels, (value, &images[i]), &scales, &changes[i - 1]),
            _ => sloped(pixels, (value, &images[i]), &scales, &none),
        }))
    }

    /// The change of each plane's exposure over the exposure, a degree to the east and to the north; 0 where the exposure is not interpolated.
    fn relative_slopes(&self, source: &Source, center: &SkyDirection, exposures: &[f64]) -> Result<Vec<[f64; 2]>> {
        if !self.exposure.is_interpolated() || !source.apply_exposure() {
            return Ok(vec![[0.0; 2]; exposures.len()]);
        }
        let along = |east: f64, north: f64| -> Result<Vec<f64>> {
            let at = |sign: f64| {
                let place = center.moved(sign * EXPOSURE_STEP * east, sign * EXPOSURE_STEP * north);
                place.ok().map_or_else(|| Ok(exposures.to_vec()), |place| self.exposures(source, &place))
            };
            let (less, more) = (at(-1.0)?, at(1.0)?);
            let change = less.iter().zip(more).zip(exposures);
            Ok(change.map(|((a, b), e)| if *e > 0.0 { (b - a) / (2.0 * EXPOSURE_STEP * e) } else { 0.0 }).collect())
        };
        Ok(along(1.0, 0.0)?.into_iter().zip(along(0.0, 1.0)?).map(|(east, north)| [east, north]).collect())
    }
}

/// The planes of a derivative, and their changes times those of the image, times a number each.
fn sloped(pixels: &Pixels, (value, slope): (&PointImage, &PointImage), scales: &[f64], changes: &[f64]) -> Vec<f32> {
    let [nx, ny] = pixels.grid().size();
    let mut map = Vec::with_capacity(nx * ny * scales.len());
    for (plane, (scale, own)) in scales.iter().zip(changes).enumerate() {
        for row in 0..ny {
            let row = slope.row(plane, row).iter().zip(value.row(plane, row));
            map.extend(row.map(|(slope, value)| single((slope + own * value) * scale)));
        }
    }
    map
}

fn immovable(source: &Source) -> Error {
    Error::Unsupported {
        what: format!("place and width of a {}", source.spatial().type_name()),
        remedy: "points (SkyDirFunction), disks (RadialDisk) and Gaussians (RadialGaussian) have them".into(),
    }
}
