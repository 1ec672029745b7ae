//! How much memory source maps take while they are made.

use rayon::prelude::*;
use roi_model::SkyDirection;

use super::convolve::quick_size;
use super::fine_image::{FineImage, LARGEST};
use super::healpix_maps;
use super::one_by_one::DIFFUSE_TOGETHER;
use super::options::SourceMapOptions;
use crate::error::Result;
use crate::geometry::{SkyGrid, UnitVector, WcsGrid};
use crate::recipe::ExposureLookup;
use crate::templates::rebin;

/// A template that is convolved as an image.
#[derive(Clone, Debug)]
pub enum TemplateSize {
    /// The same intensity everywhere.
    Isotropic,
    /// A radial profile.
    Profile,
    /// A map or a cube.
    Map {
        /// Its pixels; `None` if they are not known before the whole file is read.
        grid: Option<SkyGrid>,
        /// Bytes of the pixels of all its planes in single precision, at most.
        bytes: usize,
    },
}

impl TemplateSize {
    /// A map of these pixels, and so many bytes in all its planes.
    pub fn map(grid: SkyGrid, bytes: usize) -> Self {
        Self::Map { grid: Some(grid), bytes }
    }
}

/// What source maps are made of, for [`Making::new`].
#[derive(Clone, Debug)]
pub struct MapSize<'a> {
    /// Planes, those for energy dispersion included.
    pub planes: usize,
    /// How they are made.
    pub options: &'a SourceMapOptions,
    /// The templates of the diffuse sources, in their order: up to [`DIFFUSE_TOGETHER`] that are resampled alike are made together.
    pub diffuse: &'a [TemplateSize],
    /// Bytes that the templates take as long as they are open: inflated files and cubes in memory.
    pub templates: usize,
}

/// About how much memory it takes to make the source maps of a component. The response is not included. What depends on the PSF is taken at
/// its largest: the image of diffuse sources reaches as far beyond the counts map as any PSF makes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Making {
    /// Bytes whatever the threads: pixels, and maps that wait for their turn.
    fixed: usize,
    /// Bytes a thread for point sources.
    point: usize,
    /// Of diffuse sources that are made together; the largest decides.
    groups: [Group; 2],
}

/// Bytes that diffuse sources take that are made together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Group {
    fixed: usize,
    thread: usize,
}

impl Group {
    fn bytes(self, threads: usize) -> usize {
        self.fixed.saturating_add(self.thread.saturating_mul(threads))
    }
}

impl Making {
    /// What it takes for these pixels of counts.
    ///
    /// # Errors
    /// When the region cannot be projected.
    pub fn new(grid: &SkyGrid, size: &MapSize<'_>) -> Result<Self> {
        let map = grid.n_pixels().saturating_mul(size.planes);
        // A map in single precision, and the image that it is made from, in double precision.
        let mut making = Self { point: map.saturating_mul(4 + 8), ..Self::default() };
        let mut is_divided = false;
        let image = match grid {
            SkyGrid::Wcs(grid) => grid.clone(),
            SkyGrid::Healpix(grid) => {
                // One after the other: the largest decides.
                let patches = healpix_maps::patches(grid, healpix_maps::LARGEST_RADIUS)?;
                is_divided = patches.len() > 1;
                match patches.into_iter().map(|patch| patch.image).max_by_key(WcsGrid::n_pixels) {
                    Some(image) => image,
                    None => return Ok(making),
                }
            }
        };
        // Centres, corners and solid angles.
        making.fixed = image.n_pixels().saturating_mul(32 + 32 + 8);
        if size.diffuse.is_empty() {
            return Ok(making);
        }
        let scene = Scene { is_divided, ..Scene::new(grid, image, size)? };
        let factors: Vec<usize> = size.diffuse.iter().map(|template| scene.factor(template)).collect();
        let mut known = factors.clone();
        known.sort_unstable();
        known.dedup();
        let n_groups: usize = known
            .iter()
            .map(|factor| factors.iter().filter(|own| *own == factor).count().div_ceil(DIFFUSE_TOGETHER))
            .sum();
        // A group's templates are let go of before anything is transformed; those of later groups are not.
        let later = if n_groups > 1 { size.templates } else { 0 };
        for &factor in &known {
            let alike: Vec<&TemplateSize> =
                size.diffuse.iter().zip(&factors).filter(|(_, own)| **own == factor).map(|(size, _)| size).collect();
            for together in alike.chunks(DIFFUSE_TOGETHER) {
                let own = scene.group(factor, together);
                let [reading, transforming] = &mut making.groups;
                reading.fixed = reading.fixed.max(own[0].fixed.saturating_add(size.templates));
                reading.thread = reading.thread.max(own[0].thread);
                transforming.fixed = transforming.fixed.max(own[1].fixed.saturating_add(later));
                transforming.thread = transforming.thread.max(own[1].thread);
                making.fixed = making.fixed.max(
                    // Maps of diffuse sources that were made together wait while point sources between them are made.
                    scene.image.n_pixels().saturating_mul(72).saturating_add(scene.maps(together.len())),
                );
            }
        }
        making.fixed = making.fixed.saturating_add(size.diffuse.iter().map(|template| scene.rebinning(template)).sum());
        Ok(making)
    }

    /// Bytes at the peak with this many threads.
    pub fn bytes(&self, threads: usize) -> usize {
        let [reading, transforming] = self.groups.map(|group| group.bytes(threads));
        let point = self.point.saturating_mul(threads);
        self.fixed.saturating_add(point.max(reading).max(transforming))
    }
}

/// The image that diffuse sources are made on.
struct Scene<'a> {
    image: WcsGrid,
    center: SkyDirection,
    /// Pixels of the counts map where they are not those of the image.
    healpix: usize,
    /// Degrees from the centre to the farthest pixel.
    radius: f64,
    /// Size of an unresampled pixel, degrees.
    step: f64,
    size: &'a MapSize<'a>,
    /// Whether there are several images, for which the planes of templates are held.
    is_divided: bool,
}

impl<'a> Scene<'a> {
    fn new(counts: &SkyGrid, image: WcsGrid, size: &'a MapSize<'a>) -> Result<Self> {
        let center = image.header().reference_direction()?;
        let [nx, ny] = image.size();
        let middle = UnitVector::from(center);
        // The farthest pixel lies at the border.
        let sides = (0..nx).flat_map(|x| [(x, 0), (x, ny - 1)]).chain((0..ny).flat_map(|y| [(0, y), (nx - 1, y)]));
        let directions = sides.filter_map(|(x, y)| image.to_direction(x as f64 + 1.0, y as f64 + 1.0));
        let radius = directions.map(|direction| middle.angle(direction.into())).fold(0.0, f64::max).to_degrees();
        let step = image.header().cdelt.iter().fold(f64::INFINITY, |least, d| least.min(d.abs()));
        let healpix = if matches!(counts, SkyGrid::Healpix(_)) { counts.n_pixels() } else { 0 };
        Ok(Self { image, center, healpix, radius, step, size, is_divided: false })
    }

    /// How many pixels of a map are averaged on each side before it is used.
    fn rebinned(&self, grid: &SkyGrid) -> usize {
        rebin::factor(grid, self.size.options.least_template_pixel.min(self.step))
    }

    /// Fine pixels along a side of a counts pixel, as [`crate::SourceMapBuilder`] chooses them.
    fn factor(&self, template: &TemplateSize) -> usize {
        let options = self.size.options;
        if !options.resample {
            return 1;
        }
        let least = options.resample_factor.max(1);
        match template {
            TemplateSize::Map { grid: Some(grid), .. } => {
                let coarser = self.rebinned(grid);
                least.max(rebin::ratio(self.step / coarser as f64, grid))
            }
            // No map is used that is finer than half of this.
            TemplateSize::Map { grid: None, .. } => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float saturates")]
                let most = (self.step / options.least_template_pixel.min(self.step)).ceil() as usize;
                least.max(most)
            }
            TemplateSize::Isotropic | TemplateSize::Profile => least,
        }
    }

    /// Bytes of the solid angles of a map that is rebinned, which are kept until it is done.
    fn rebinning(&self, template: &TemplateSize) -> usize {
        match template {
            TemplateSize::Map { grid: Some(grid), .. } if self.rebinned(grid) > 1 => 8 * grid.n_pixels(),
            _ => 0,
        }
    }

    /// Bytes of the maps of so many sources.
    fn maps(&self, sources: usize) -> usize {
        let pixels = self.image.n_pixels().saturating_add(self.healpix);
        pixels.saturating_mul(self.size.planes).saturating_mul(4).saturating_mul(sources + 1)
    }

    /// Bytes of what is kept of a map, and of what is read of it at a time by a thread.
    fn excerpt(&self, template: &TemplateSize, reach: f64) -> [usize; 2] {
        let TemplateSize::Map { grid, bytes } = template else { return [0, 0] };
        let Some(grid) = grid else { return [*bytes, 0] };
        let coarser = self.rebinned(grid);
        let n_pixels = grid.n_pixels().max(1);
        let planes = (bytes / 4).div_ceil(n_pixels);
        // A sum over some of the pixels, whatever the projection.
        let stride = n_pixels.div_ceil(SAMPLES);
        let middle = UnitVector::from(self.center);
        let limit = reach.min(180.0).to_radians();
        let near = |pixel: &usize| grid.direction(*pixel).is_some_and(|d| middle.angle(d.into()) <= limit);
        let sampled: Vec<usize> = (0..n_pixels).step_by(stride).collect();
        let inside = sampled.par_iter().filter(|pixel| near(pixel)).count();
        let looked_at = (inside + 1).saturating_mul(stride).min(n_pixels) / (coarser * coarser);
        // Two planes around each energy at most.
        let drawn_on = planes.min(2 * self.size.planes);
        let kept = looked_at.saturating_mul(drawn_on).saturating_mul(4);
        // The pixels' places; a plane as it is read and as numbers; and the sums when it is rebinned.
        let lists = n_pixels / (coarser * coarser) * 8;
        let sums = if coarser > 1 { n_pixels / (coarser * coarser) * 20 } else { 0 };
        let (own, reading) = (kept.saturating_add(lists), 8 * n_pixels + sums);
        match grid {
            // Read one after another, and held.
            SkyGrid::Wcs(_) if self.is_divided => {
                [own.saturating_add(n_pixels / (coarser * coarser) * drawn_on * 4).saturating_add(reading), 0]
            }
            _ => [own, reading],
        }
    }

    /// What sources take that are made together: while their templates are read, and while they are convolved.
    fn group(&self, factor: usize, together: &[&TemplateSize]) -> [Group; 2] {
        let header = self.image.header();
        let reach = self.radius + self.size.options.recipe.diffuse_padding.most;
        // What is larger is refused.
        let side = FineImage::size_for(header, factor, reach).min(LARGEST);
        let [nx, ny] = self.image.size();
        let window = nx.max(ny).saturating_mul(factor);
        let transform = quick_size(side + window.min(side) / 2 + 1);
        let pixels = side * side;
        // The corners of the image lie farther out than its sides.
        let reach = reach * std::f64::consts::SQRT_2;
        let excerpts: Vec<[usize; 2]> = together.iter().map(|template| self.excerpt(template, reach)).collect();
        let sampler = |template: &&TemplateSize| match template {
            TemplateSize::Isotropic => 0,
            TemplateSize::Profile => 4,
            TemplateSize::Map { .. } => CELL,
        };
        let samplers = pixels.saturating_mul(together.iter().map(sampler).sum());
        let fields = excerpts.iter().fold(samplers, |sum, [kept, _]| sum.saturating_add(*kept));
        // Separations of the kernel, and how the exposure is looked up.
        let exposure = match self.size.options.recipe.exposure_lookup {
            ExposureLookup::Bilinear => CELL,
            ExposureLookup::Fermitools => 4,
        };
        let shared = pixels.saturating_mul(4 + exposure);
        // Transforms of image and kernel: half as many complex numbers as pixels; and the sums of the pixels of a plane.
        let thread = transform.saturating_mul(transform).saturating_mul(8 * 2) + 8 * self.image.n_pixels();
        let reading = excerpts.iter().map(|[_, reading]| *reading).max().unwrap_or(0);
        [Group { fixed: fields, thread: reading }, Group { fixed: fields.saturating_add(shared), thread }]
    }
}

/// Bytes a fine pixel of the pixels of a map around it, and their weights.
const CELL: usize = 32;

/// So many pixels tell which part of a map is near.
const SAMPLES: usize = 20_000;
