//! Source maps of a component: counts grid, energies and response in, maps out.

use std::sync::Arc;

use likelihood_core::{EnergyAxis, SourceMap};
use ndarray::Array3;
use roi_model::{SkyDirection, Source};

use super::diffuse::{self, Sky};
use super::healpix_maps::{self, Patch};
use super::options::SourceMapOptions;
use super::pixels::Pixels;
use super::shared::Shared;
use crate::error::{Error, Result};
use crate::geometry::{HealpixGrid, SkyGrid};
use crate::observation::Exposure;
use crate::observation::separations;
use crate::observation::{ObservationPsf, Response};
use crate::observation::{PsfPlanes, PsfScale};
use crate::recipe::HealpixSampling;
use crate::templates::rebin;
use crate::templates::{Template, TemplateFiles};

/// Makes source maps for one counts cube.
///
/// ```
/// use lat_response::{
///     Exposure, ExposureLookup, Frame, Psf, Response, SkyCube, SkyGrid, SourceMapBuilder, SourceMapOptions, WcsGrid, WcsHeader,
/// };
/// use likelihood_core::EnergyAxis;
/// use ndarray::Array2;
/// use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum};
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
#[derive(Clone)]
pub struct SourceMapBuilder {
    pub(super) canvas: Arc<Canvas>,
    /// What is kept for builders with other responses.
    pub(super) shared: Option<Arc<Shared>>,
    /// The middle of the counts.
    center: SkyDirection,
    pub(super) energies: Vec<f64>,
    pub(super) n_edges: usize,
    pub(super) extra: usize,
    pub(super) exposure: Arc<Exposure>,
    exposure_planes: Vec<usize>,
    pub(super) psf: ObservationPsf,
    pub(super) nodes: Vec<f64>,
    /// The PSF at the centre of the counts map.
    pub(super) central: PsfPlanes,
    /// What the separations of each plane's PSF are multiplied by, where they are.
    psf_factors: Option<Vec<f64>>,
    pub(super) options: SourceMapOptions,
}

/// The pixels of the counts.
pub(super) enum Canvas {
    Image(Pixels),
    /// The images around parts of it are for diffuse sources.
    Healpix(HealpixGrid, Vec<Patch>, HealpixSampling),
}

/// What builders with different responses have in common.
struct Base {
    canvas: Arc<Canvas>,
    center: SkyDirection,
    energies: Vec<f64>,
    n_edges: usize,
    extra: usize,
    nodes: Vec<f64>,
    options: SourceMapOptions,
    psf_factors: Option<Vec<f64>>,
}

/// How much wider than the PSF of a builder that shares its images those of others may be.
const WIDER: f64 = 1.25;

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
    /// [`Error::Energy`] when exposure or PSF do not cover the planes, [`Error::Unsupported`] for HEALPix pixels with
    /// a recipe that has none, or a projection's error.
    pub fn new(
        grid: &SkyGrid,
        axis: &EnergyAxis,
        extra: usize,
        response: Response,
        options: SourceMapOptions,
    ) -> Result<Self> {
        let canvas = match grid {
            SkyGrid::Wcs(grid) => Canvas::Image(Pixels::new(grid)),
            SkyGrid::Healpix(grid) => {
                let sampling = options.recipe.healpix.ok_or_else(no_healpix)?;
                Canvas::Healpix(grid.clone(), healpix_maps::patches(grid, healpix_maps::LARGEST_RADIUS)?, sampling)
            }
        };
        let (energies, n_edges) = (plane_energies(axis, extra)?, axis.edges().len());
        let nodes = separations(options.recipe.psf_nodes);
        let base = Base {
            canvas: Arc::new(canvas),
            center: grid.reference_direction()?,
            energies,
            n_edges,
            extra,
            nodes,
            options,
            psf_factors: None,
        };
        Self::of(base, response, None)
    }

    fn of(base: Base, response: Response, shared: Option<Arc<Shared>>) -> Result<Self> {
        let Base { canvas, center, energies, n_edges, extra, nodes, options, psf_factors } = base;
        let Response { exposure, psf } = response;
        let exposure_planes = energies.iter().map(|&e| exposure.plane_of(e)).collect::<Result<Vec<_>>>()?;
        let central = psf_at(&psf, &center, (&energies, &nodes), psf_factors.as_deref())?;
        Ok(Self {
            canvas,
            shared,
            center,
            energies,
            n_edges,
            extra,
            exposure: Arc::new(exposure),
            exposure_planes,
            psf,
            nodes,
            central,
            psf_factors,
            options,
        })
    }

    /// The same builder with a PSF that is wider or narrower than that of the response, at the energy of each plane by the factor there. Exposure and pixels
    /// are shared.
    ///
    /// # Errors
    /// None for a scale and a PSF that were made.
    pub fn with_psf_scale(&self, scale: &PsfScale) -> Result<Self> {
        let factors = self.energies.iter().map(|&energy| scale.factor(energy)).collect();
        let mut scaled = Self { psf_factors: Some(factors), ..self.clone() };
        scaled.central = scaled.psf_at(&self.center)?;
        Ok(scaled)
    }

    /// The PSF at a direction.
    pub(super) fn psf_at(&self, direction: &SkyDirection) -> Result<PsfPlanes> {
        psf_at(&self.psf, direction, (&self.energies, &self.nodes), self.psf_factors.as_deref())
    }

    /// The same builder, which keeps what maps of these sources have in common whatever the response, for those that
    /// [`SourceMapBuilder::with_response`] makes of it: where pixels lie, templates, which are opened here, and how they are looked up. A name stands for
    /// one source from here on. Images of diffuse sources are kept for PSFs up to a quarter wider than this one; wider ones get images of their own. On
    /// HEALPix pixels nothing but the pixels is kept.
    ///
    /// # Errors
    /// [`Error::Source`] for a template that cannot be read.
    pub fn sharing(mut self, sources: &[Source], files: &dyn TemplateFiles) -> Result<Self> {
        if let Canvas::Image(pixels) = &*self.canvas {
            let reach = &self.options.recipe.diffuse_padding;
            let widest = (0..self.energies.len()).map(|plane| diffuse::padding(reach, &self.central, plane));
            let padding = (WIDER * widest.fold(reach.least, f64::max)).min(reach.most);
            self.shared = Some(Arc::new(Shared::new(pixels.radius(&self.center) + padding)));
        }
        for source in sources {
            let members = if source.members().is_empty() { std::slice::from_ref(source) } else { source.members() };
            for member in members {
                self.template(member, files).map_err(named(member))?;
            }
        }
        Ok(self)
    }

    /// A builder for the same pixels, energies and options with another response. With one that is [sharing](SourceMapBuilder::sharing) it has in common
    /// what does not depend on the response; maps are the same as those of a new builder but for rounding.
    ///
    /// # Errors
    /// As [`SourceMapBuilder::new`].
    pub fn with_response(&self, response: Response) -> Result<Self> {
        let base = Base {
            canvas: Arc::clone(&self.canvas),
            center: self.center,
            energies: self.energies.clone(),
            n_edges: self.n_edges,
            extra: self.extra,
            nodes: self.nodes.clone(),
            options: self.options.clone(),
            psf_factors: self.psf_factors.clone(),
        };
        Self::of(base, response, self.shared.clone())
    }

    /// The template of a source as it is needed here.
    pub(super) fn template(&self, source: &Source, files: &dyn TemplateFiles) -> Result<Template> {
        let open = || Template::of(source, files).and_then(|template| self.rebinned(template));
        match &self.shared {
            Some(shared) => shared.template(source, open),
            None => open(),
        }
    }

    /// Energies of the planes, MeV, those for energy dispersion included.
    pub fn energies(&self) -> &[f64] {
        &self.energies
    }

    pub(super) fn sky<'a>(&'a self, pixels: &'a Pixels, psf: &'a PsfPlanes, factor: usize) -> Sky<'a> {
        Sky {
            pixels,
            exposure: &self.exposure,
            exposure_planes: &self.exposure_planes,
            psf,
            energies: &self.energies,
            recipe: &self.options.recipe,
            factor,
            shared: self.shared.as_deref(),
        }
    }

    /// Size of the pixels that diffuse sources are computed on when they are not resampled, degrees.
    fn counts_pixel(&self) -> f64 {
        let grid = match &*self.canvas {
            Canvas::Image(pixels) => Some(pixels.grid()),
            Canvas::Healpix(_, patches, _) => patches.first().map(|patch| &patch.image),
        };
        let steps = grid.iter().flat_map(|grid| grid.header().cdelt);
        steps.fold(f64::INFINITY, |least, d| least.min(d.abs()))
    }

    /// Templates that are finer than they need be, rebinned.
    pub(super) fn rebinned(&self, template: Template) -> Result<Template> {
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
    pub(super) fn image_factor(&self, template: &Template) -> Option<usize> {
        let least = if self.options.resample { self.options.resample_factor.max(1) } else { 1 };
        match template {
            Template::Map { cube, .. } if self.options.resample => {
                Some(least.max(rebin::ratio(self.counts_pixel(), cube.grid())))
            }
            Template::Map { .. } | Template::Isotropic(_) | Template::Profile { .. } => Some(least),
            Template::Point(_) | Template::Disk { .. } | Template::Gaussian { .. } => None,
        }
    }

    pub(super) fn convolves(&self, source: &Source) -> bool {
        self.options.convolve && source.apply_psf()
    }

    /// Exposure at a direction for each plane; 1 for a source that it does not apply to.
    pub(super) fn exposures(&self, source: &Source, direction: &SkyDirection) -> Result<Vec<f64>> {
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

    pub(super) fn stored(&self, mut map: Vec<f32>, source: &Source) -> Result<SourceMap> {
        let [nx, ny] = match &*self.canvas {
            Canvas::Healpix(grid, ..) => [grid.n_pixels(), 1],
            Canvas::Image(pixels) => pixels.grid().size(),
        };
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

/// A PSF at a direction, each plane as wide as its factor says.
fn psf_at(
    psf: &ObservationPsf,
    direction: &SkyDirection,
    (energies, nodes): (&[f64], &[f64]),
    factors: Option<&[f64]>,
) -> Result<PsfPlanes> {
    let planes = psf.at(direction)?.planes(energies, nodes)?;
    match factors {
        Some(factors) => planes.scaled(factors),
        None => Ok(planes),
    }
}

fn no_healpix() -> Error {
    Error::Unsupported {
        what: "a source map on HEALPix pixels as the tools of Pass 7 made it".into(),
        remedy: "they had none: choose the recipe of today's tools, or the accurate one".into(),
    }
}

/// Puts the source's name before an error, once.
pub(super) fn named(source: &Source) -> impl Fn(Error) -> Error {
    let name = source.name().to_owned();
    move |error| match error {
        Error::Source { .. } => error,
        error => Error::Source { name: name.clone(), error: Box::new(error) },
    }
}
