//! Source maps of a component: counts grid, energies and response in, maps out.

mod one_by_one;

use std::sync::Arc;

use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::Array3;
use roi_model::sky::SkyDirection;
use roi_model::source::Source;

use crate::diffuse::Sky;
use crate::error::{Error, Result};
use crate::exposure::Exposure;
use crate::extended::{self, Shape};
use crate::geometry::{HealpixGrid, SkyGrid};
use crate::healpix_maps;
use crate::parity::Parity;
use crate::pixels::Pixels;
use crate::point;
use crate::psf::Psf;
use crate::psf_planes::PsfPlanes;
use crate::psf_resample::separations;
use crate::rebin;
use crate::template::{Template, TemplateFiles};

pub use one_by_one::DIFFUSE_TOGETHER;

/// How source maps are made; the defaults are those of gtsrcmaps.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SourceMapOptions {
    /// Whose numbers they follow.
    pub parity: Parity,
    /// Into how many pixels a side a counts pixel is divided for diffuse sources, at least (`rfactor`).
    pub resample: usize,
    /// Maps with pixels below this, degrees, and below the counts map's are rebinned first (`minbinsz`).
    pub least_template_pixel: f64,
    /// Whether the integral of a point source's PSF is corrected (`psfcorr`; only with [`Parity::Fermitools`]).
    pub psf_correction: bool,
}

impl Default for SourceMapOptions {
    fn default() -> Self {
        Self { parity: Parity::default(), resample: 2, least_template_pixel: 0.1, psf_correction: true }
    }
}

/// Makes the PSF at a direction, from response functions and livetimes.
pub trait PsfAt: Send + Sync {
    /// The PSF there.
    ///
    /// # Errors
    /// When there is no exposure, or the responses do not hold it.
    fn psf(&self, direction: &SkyDirection) -> Result<Psf>;
}

/// Which PSF is used where.
#[derive(Clone)]
#[non_exhaustive]
pub enum ObservationPsf {
    /// The same everywhere: a gtpsf table at the centre of the region.
    Single(Psf),
    /// The table whose position is nearest.
    Nearest(Vec<(SkyDirection, Psf)>),
    /// Computed at the position of each point source; at the centre of the counts map for extended and diffuse ones.
    Computed(Arc<dyn PsfAt>),
}

impl From<Psf> for ObservationPsf {
    fn from(psf: Psf) -> Self {
        Self::Single(psf)
    }
}

impl ObservationPsf {
    fn at(&self, direction: &SkyDirection) -> Result<std::borrow::Cow<'_, Psf>> {
        let none = || Error::Shape {
            what: "PSF".into(),
            found: "no table".into(),
            expected: "at least one table and its position".into(),
        };
        match self {
            Self::Single(psf) => Ok(std::borrow::Cow::Borrowed(psf)),
            Self::Nearest(tables) => {
                let nearest =
                    tables.iter().min_by(|a, b| a.0.separation(direction).total_cmp(&b.0.separation(direction)));
                nearest.map(|(_, psf)| std::borrow::Cow::Borrowed(psf)).ok_or_else(none)
            }
            Self::Computed(responses) => responses.psf(direction).map(std::borrow::Cow::Owned),
        }
    }
}

/// What the instrument does to photons from the region.
pub struct Response {
    /// cm^2 s at the energies of all planes.
    pub exposure: Exposure,
    /// The PSF.
    pub psf: ObservationPsf,
}

/// Makes source maps for one counts cube.
///
/// ```
/// use lat_response::build::{Response, SourceMapBuilder, SourceMapOptions};
/// use lat_response::exposure::{Exposure, ExposureLookup};
/// use lat_response::{Frame, Psf, SkyCube, SkyGrid, WcsGrid, WcsHeader};
/// use likelihood_core::EnergyAxis;
/// use ndarray::Array2;
/// use roi_model::sky::SkyDirection;
/// use roi_model::source::{Source, SourceType};
/// use roi_model::spatial::SpatialModel;
/// use roi_model::spectrum::Spectrum;
///
/// // Exposure of 1e11 cm^2 s everywhere, and a PSF of a fifth of a degree.
/// let edges = vec![1000.0, 3000.0, 10_000.0];
/// let sky = WcsHeader::centered([36, 18], 10.0, Frame::Galactic, "CAR", [0.0, 0.0]);
/// let cube = SkyCube::new("exposure", SkyGrid::Wcs(WcsGrid::new(sky)?), edges.clone(), Array2::from_elem((3, 648), 1e11))?;
/// let thetas: Vec<f64> = (0..400).map(|i| 5e-5 * f64::from(i * i)).collect();
/// let psf = Array2::from_shape_fn((3, 400), |(_, t)| (-(thetas[t] / 0.2f64).powi(2) / 2.0).exp() / (2.0 * 3.141_592_65 * 0.2f64.to_radians().powi(2)));
/// let response = Response {
///     exposure: Exposure::new(cube, ExposureLookup::Fermitools)?,
///     psf: Psf::new(edges.clone(), thetas, psf)?.into(),
/// };
///
/// let counts = WcsHeader::centered([40, 40], 0.1, Frame::Celestial, "AIT", [83.6, 22.0]);
/// let grid = SkyGrid::Wcs(WcsGrid::new(counts)?);
/// let builder = SourceMapBuilder::new(&grid, &EnergyAxis::new(edges)?, 0, response, SourceMapOptions::default())?;
/// let crab = SpatialModel::point(SkyDirection::new(83.6, 22.0)?)?;
/// let source = Source::new("Crab", SourceType::Point, Spectrum::with_defaults("PowerLaw")?, crab)?;
/// let map = builder.source_map(&source, &())?;
/// let total: f32 = map.planes().index_axis(ndarray::Axis(0), 0).sum();
/// assert!((total / 1e11 - 1.0).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SourceMapBuilder {
    /// The pixels of the counts map, or of an image around its HEALPix pixels.
    pixels: Pixels,
    healpix: Option<HealpixGrid>,
    energies: Vec<f64>,
    n_edges: usize,
    extra: usize,
    exposure: Exposure,
    exposure_planes: Vec<usize>,
    psf: ObservationPsf,
    nodes: Vec<f64>,
    /// The PSF at the centre of the counts map.
    central: PsfPlanes,
    options: SourceMapOptions,
}

/// The energies of a source map's planes, MeV: the edges of the counts cube and `extra` more on each side, where the first and last bins
/// go on with their ratios.
///
/// # Errors
/// [`Error::Likelihood`] when so many more are not finite energies above 0.
pub fn plane_energies(axis: &EnergyAxis, extra: usize) -> Result<Vec<f64>> {
    Ok(axis.extended(extra)?.edges().to_vec())
}

impl SourceMapBuilder {
    /// A builder for the pixels of a counts cube and its energies, with `extra` planes on each side for energy dispersion.
    ///
    /// # Errors
    /// [`Error::Energy`] when exposure or PSF do not cover the planes, [`Error::Unsupported`] for HEALPix pixels that reach further than 45
    /// degrees, or a projection's error.
    pub fn new(
        grid: &SkyGrid,
        axis: &EnergyAxis,
        extra: usize,
        response: Response,
        options: SourceMapOptions,
    ) -> Result<Self> {
        let (grid, healpix) = match grid {
            SkyGrid::Wcs(grid) => (grid.clone(), None),
            SkyGrid::Healpix(healpix) => (healpix_maps::image_around(healpix)?, Some(healpix.clone())),
        };
        let energies = plane_energies(axis, extra)?;
        let exposure_planes = energies.iter().map(|&e| response.exposure.plane_of(e)).collect::<Result<Vec<_>>>()?;
        let nodes = separations(match options.parity {
            Parity::Fermitools => 400,
            Parity::Accurate => 1600,
        });
        let center = grid.header().reference_direction()?;
        let central = response.psf.at(&center)?.planes(&energies, &nodes)?;
        let (exposure, psf) = (response.exposure, response.psf);
        let (pixels, n_edges) = (Pixels::new(&grid), axis.edges().len());
        Ok(Self { pixels, healpix, energies, n_edges, extra, exposure, exposure_planes, psf, nodes, central, options })
    }

    /// Energies of the planes, MeV, those for energy dispersion included.
    pub fn energies(&self) -> &[f64] {
        &self.energies
    }

    /// The map of a source. A source to which energy dispersion does not apply gets no planes for it.
    ///
    /// # Errors
    /// [`Error::Source`], which names the source and what is wrong with it.
    pub fn source_map(&self, source: &Source, files: &dyn TemplateFiles) -> Result<SourceMap> {
        let mut maps = self.build_all(&[source], files, &|_| ())?;
        maps.pop().ok_or_else(|| Error::Unsupported { what: "no source".into(), remedy: "give one".into() })
    }

    /// The maps of sources, in their order, in parallel; `progress` is told the name of each source when its map is done.
    ///
    /// The maps do not depend on the number of threads.
    ///
    /// # Errors
    /// As [`SourceMapBuilder::source_map`], of the first source that fails.
    pub fn build_all(
        &self,
        sources: &[&Source],
        files: &dyn TemplateFiles,
        progress: &(dyn Fn(&str) + Sync),
    ) -> Result<Vec<SourceMap>> {
        let mut maps = Vec::with_capacity(sources.len());
        self.build_each(sources, files, progress, |_, map| {
            maps.push(map);
            Ok::<_, Error>(())
        })?;
        Ok(maps)
    }

    fn sky(&self, factor: usize) -> Sky<'_> {
        Sky {
            pixels: &self.pixels,
            exposure: &self.exposure,
            exposure_planes: &self.exposure_planes,
            psf: &self.central,
            energies: &self.energies,
            parity: self.options.parity,
            factor,
        }
    }

    fn counts_pixel(&self) -> f64 {
        self.pixels.grid().header().cdelt.iter().fold(f64::INFINITY, |least, d| least.min(d.abs()))
    }

    /// Templates that are finer than they need be, rebinned.
    fn rebinned(&self, template: Template) -> Result<Template> {
        match template {
            Template::Map { cube, norm } => {
                let wanted = self.options.least_template_pixel.min(self.counts_pixel());
                let cube = match rebin::factor(cube.grid(), wanted) {
                    1 => cube,
                    factor => rebin::rebin(cube, factor)?,
                };
                Ok(Template::Map { cube, norm })
            }
            other => Ok(other),
        }
    }

    /// For a source that needs an image: fine pixels along a side of a counts pixel.
    fn image_factor(&self, template: &Template) -> Option<usize> {
        let least = self.options.resample.max(1);
        match template {
            Template::Map { cube, .. } => Some(least.max(rebin::ratio(self.counts_pixel(), cube.grid()))),
            Template::Isotropic(_) | Template::Profile { .. } => Some(least),
            Template::Point(_) | Template::Disk { .. } | Template::Gaussian { .. } => None,
        }
    }

    /// The map of a point or a radially symmetric source.
    fn radial(&self, source: &Source, template: &Template) -> Result<Vec<f32>> {
        let (center, shape) = match template {
            Template::Point(center) => (center, None),
            Template::Disk { center, radius } => (center, Some(Shape::Disk(*radius))),
            Template::Gaussian { center, sigma } => (center, Some(Shape::Gaussian(*sigma))),
            _ => return Err(Error::Unsupported { what: "this template".into(), remedy: "it needs an image".into() }),
        };
        let exposures = self.exposures(source, center)?;
        if !source.apply_psf() {
            return match shape {
                None => Ok(self.unconvolved(center, &exposures)),
                Some(_) => Err(Error::Unsupported {
                    what: "a disk or Gaussian with apply_psf=\"false\"".into(),
                    remedy: "give it as a SpatialMap, or apply the PSF".into(),
                }),
            };
        }
        let parity = self.options.parity;
        let Some(shape) = shape else {
            let own;
            let psf = match &self.psf {
                ObservationPsf::Single(_) => &self.central,
                at => {
                    own = at.at(center)?.planes(&self.energies, &self.nodes)?;
                    &own
                }
            };
            if let Some(grid) = &self.healpix {
                return Ok(healpix_maps::radial(grid, psf, center, &exposures, parity));
            }
            let image = point::image(&self.pixels, psf, center, parity);
            let corrections = self.corrections(&image, psf, center);
            let scales: Vec<f64> = exposures.iter().zip(&corrections).map(|(e, c)| e * c).collect();
            return Ok(self.assembled(&image, &scales));
        };
        let psf = extended::convolved(&self.central, shape, parity)?;
        if let Some(grid) = &self.healpix {
            return Ok(healpix_maps::radial(grid, &psf, center, &exposures, parity));
        }
        Ok(self.assembled(&point::image(&self.pixels, &psf, center, parity), &exposures))
    }

    /// Exposure at a direction for each plane; 1 for a source that it does not apply to.
    fn exposures(&self, source: &Source, direction: &SkyDirection) -> Result<Vec<f64>> {
        if !source.apply_exposure() {
            return Ok(vec![1.0; self.energies.len()]);
        }
        let value = |&plane: &usize| {
            self.exposure.value(plane, direction).ok_or_else(|| Error::Unsupported {
                what: format!(
                    "a source at RA {:.3}, Dec {:.3} deg, which {} does not cover,",
                    direction.ra(),
                    direction.dec(),
                    self.exposure.cube().what()
                ),
                remedy: "make the exposure map for the whole sky, or remove the source".into(),
            })
        };
        self.exposure_planes.iter().map(value).collect()
    }

    /// The factors that make the sum over the pixels within the nearest boundary the integral of the PSF that far out.
    ///
    /// As in the LAT tools: for sources at least 4 pixels inside the map, when the middle edge is at least 4 energy bins from both ends.
    fn corrections(&self, image: &point::PointImage, psf: &PsfPlanes, center: &SkyDirection) -> Vec<f64> {
        const MARGIN: usize = 4;
        let n = self.energies.len();
        let inside = |index: usize, n: usize| index >= MARGIN && index + MARGIN < n;
        let grid = self.pixels.grid();
        let [nx, ny] = grid.size();
        let wanted = self.options.psf_correction
            && self.options.parity == Parity::Fermitools
            && inside(self.n_edges / 2, self.n_edges - 1)
            && grid.pixel(center).is_some_and(|pixel| inside(pixel % nx, nx) && inside(pixel / nx, ny));
        if !wanted {
            return vec![1.0; n];
        }
        let radius = self.pixels.to_boundary(center);
        image
            .sums_within(&self.pixels, center, radius, n)
            .into_iter()
            .enumerate()
            .map(|(plane, sum)| if sum > 0.0 { psf.integral(radius, plane) / sum } else { 0.0 })
            .collect()
    }

    /// All exposure in the pixel of the source.
    fn unconvolved(&self, center: &SkyDirection, exposures: &[f64]) -> Vec<f32> {
        let (n_pixels, pixel) = match &self.healpix {
            Some(grid) => (grid.n_pixels(), grid.pixel(center)),
            None => (self.pixels.grid().n_pixels(), self.pixels.grid().pixel(center)),
        };
        let mut map = vec![0.0; n_pixels * exposures.len()];
        if let Some(pixel) = pixel {
            for (plane, &exposure) in map.chunks_exact_mut(n_pixels).zip(exposures) {
                plane[pixel] = single(exposure);
            }
        }
        map
    }

    fn assembled(&self, image: &point::PointImage, scales: &[f64]) -> Vec<f32> {
        let [nx, ny] = self.pixels.grid().size();
        let mut map = Vec::with_capacity(nx * ny * scales.len());
        for (plane, scale) in scales.iter().enumerate() {
            for row in 0..ny {
                map.extend(image.row(plane, row).iter().map(|value| single(value * scale)));
            }
        }
        map
    }

    fn stored(&self, mut map: Vec<f32>, source: &Source) -> Result<SourceMap> {
        let [nx, ny] = self.healpix.as_ref().map_or_else(|| self.pixels.grid().size(), |grid| [grid.n_pixels(), 1]);
        let mut planes = self.energies.len();
        if !source.apply_edisp() && self.extra > 0 {
            map.drain(..self.extra * nx * ny);
            planes = self.n_edges;
            map.truncate(planes * nx * ny);
        }
        let shape = |error: ndarray::ShapeError| Error::Shape {
            what: format!("map of '{}'", source.name()),
            found: error.to_string(),
            expected: format!("[{planes}, {ny}, {nx}]"),
        };
        Ok(SourceMap::new(Array3::from_shape_vec((planes, ny, nx), map).map_err(shape)?)?)
    }
}

/// Puts the source's name before an error, once.
fn named(source: &Source) -> impl Fn(Error) -> Error {
    let name = source.name().to_owned();
    move |error| match error {
        Error::Source { .. } => error,
        error => Error::Source { name: name.clone(), error: Box::new(error) },
    }
}

#[expect(clippy::cast_possible_truncation, reason = "maps are stored in single precision")]
fn single(value: f64) -> f32 {
    value as f32
}
