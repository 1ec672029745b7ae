//! Maps of points and of radially symmetric sources.

use std::borrow::Cow;

use roi_model::{SkyDirection, Source};

use super::builder::{Canvas, SourceMapBuilder};
use super::extended::{self, Shape};
use super::healpix_maps;
use super::pixels::Pixels;
use super::point::{PointImage, PointSource};
use super::psf_correction::Correction;
use crate::error::{Error, Result};
use crate::observation::{ObservationPsf, PsfPlanes};
use crate::recipe::PsfCorrection;
use crate::templates::Template;

/// Where a radially symmetric source is, and its shape; `None` for a point.
pub(super) fn placed(template: &Template) -> Result<(&SkyDirection, Option<Shape>)> {
    match template {
        Template::Point(center) => Ok((center, None)),
        Template::Disk { center, radius } => Ok((center, Some(Shape::Disk(*radius)))),
        Template::Gaussian { center, sigma } => Ok((center, Some(Shape::Gaussian(*sigma)))),
        _ => Err(Error::Unsupported { what: "this template".into(), remedy: "it needs an image".into() }),
    }
}

impl SourceMapBuilder {
    /// The map of a point or a radially symmetric source.
    pub(super) fn radial(&self, source: &Source, template: &Template) -> Result<Vec<f32>> {
        let (center, shape) = placed(template)?;
        let exposures = self.exposures(source, center)?;
        if !self.convolves(source) {
            return match shape {
                None => Ok(self.unconvolved(center, &exposures)),
                Some(_) => Err(Error::Unsupported {
                    what: "a disk or Gaussian that is not convolved with the PSF (apply_psf=\"false\", or gtlike.convolve: false)"
                        .into(),
                    remedy: "give it as a SpatialMap, or convolve it".into(),
                }),
            };
        }
        let psf = self.radial_psf(center, shape)?;
        Ok(match &*self.canvas {
            Canvas::Healpix(grid, _, sampling) => healpix_maps::radial(grid, &psf, center, &exposures, sampling),
            Canvas::Image(pixels) => {
                let point = self.point(pixels, (&psf, shape), center);
                let image = point.image();
                assembled(pixels, &image, &self.scales(&point, &image, &exposures))
            }
        })
    }

    /// The PSF at a point source; convolved with it, that at the centre of the map for another shape.
    pub(super) fn radial_psf(&self, center: &SkyDirection, shape: Option<Shape>) -> Result<Cow<'_, PsfPlanes>> {
        Ok(match (shape, &self.psf) {
            (Some(shape), _) => Cow::Owned(extended::convolved(&self.central, shape, self.options.recipe.disk_shape)?),
            (None, ObservationPsf::Single(_)) => Cow::Borrowed(&self.central),
            (None, _) => Cow::Owned(self.psf_at(center)?),
        })
    }

    /// A point source, or another shape whose convolution is given, on the pixels.
    pub(super) fn point<'a>(
        &'a self,
        pixels: &'a Pixels,
        (psf, shape): (&'a PsfPlanes, Option<Shape>),
        direction: &'a SkyDirection,
    ) -> PointSource<'a> {
        let summed_within = shape.is_none().then(|| self.correction(pixels).radius(direction)).flatten();
        PointSource { pixels, psf, direction, recipe: &self.options.recipe, summed_within }
    }

    fn correction<'a>(&self, pixels: &'a Pixels) -> Correction<'a> {
        let way = if self.options.psf_correction { self.options.recipe.psf_correction } else { PsfCorrection::Never };
        Correction { pixels, n_edges: self.n_edges, way }
    }

    /// What the planes of an image are multiplied by: exposure, and for a point the correction of the PSF's integral.
    pub(super) fn scales(&self, point: &PointSource<'_>, image: &PointImage, exposures: &[f64]) -> Vec<f64> {
        let Some(radius) = point.summed_within else { return exposures.to_vec() };
        let corrections = self.correction(point.pixels).factors(point.psf, radius, image.sums());
        exposures.iter().zip(&corrections).map(|(e, c)| e * c).collect()
    }

    /// All exposure in the pixel of the source.
    fn unconvolved(&self, center: &SkyDirection, exposures: &[f64]) -> Vec<f32> {
        let (n_pixels, pixel) = match &*self.canvas {
            Canvas::Healpix(grid, ..) => (grid.n_pixels(), grid.pixel(center)),
            Canvas::Image(pixels) => (pixels.grid().n_pixels(), pixels.grid().pixel(center)),
        };
        let mut map = vec![0.0; n_pixels * exposures.len()];
        if let Some(pixel) = pixel {
            for (plane, &exposure) in map.chunks_exact_mut(n_pixels).zip(exposures) {
                plane[pixel] = single(exposure);
            }
        }
        map
    }
}

/// The planes of an image, times a number each.
pub(super) fn assembled(pixels: &Pixels, image: &PointImage, scales: &[f64]) -> Vec<f32> {
    let [nx, ny] = pixels.grid().size();
    let mut map = Vec::with_capacity(nx * ny * scales.len());
    for (plane, scale) in scales.iter().enumerate() {
        for row in 0..ny {
            map.extend(image.row(plane, row).iter().map(|value| single(value * scale)));
        }
    }
    map
}

#[expect(clippy::cast_possible_truncation, reason = "maps are stored in single precision")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}
