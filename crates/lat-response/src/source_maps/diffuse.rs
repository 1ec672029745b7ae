//! Maps of diffuse sources: template times exposure, convolved with the PSF.

use std::sync::Arc;

use rayon::prelude::*;

use super::convolve::{Convolver, Spectrum, quick_size};
use super::fine_image::{ExposureImage, FineImage, Sampler};
use super::pixels::Pixels;
use super::shared::{Ground, Shared, TemplateImage};
use crate::error::{Error, Result};
use crate::observation::Exposure;
use crate::observation::PsfPlanes;
use crate::recipe::{Padding, Recipe};
use crate::templates::Excerpt;
use crate::templates::Template;

/// A diffuse source to be mapped.
#[derive(Clone)]
pub(crate) struct Diffuse<'a> {
    pub(crate) name: &'a str,
    pub(crate) template: Template,
    pub(crate) apply_psf: bool,
    pub(crate) apply_exposure: bool,
}

/// What all diffuse sources share.
pub(crate) struct Sky<'a> {
    pub(crate) pixels: &'a Pixels,
    pub(crate) exposure: &'a Exposure,
    /// Planes of the exposure cube.
    pub(crate) exposure_planes: &'a [usize],
    pub(crate) psf: &'a PsfPlanes,
    /// MeV.
    pub(crate) energies: &'a [f64],
    pub(crate) recipe: &'a Recipe,
    /// Fine pixels along a side of a counts pixel, the same for all of these sources.
    pub(crate) factor: usize,
    /// What is kept for other responses.
    pub(crate) shared: Option<&'a Shared>,
}

impl Sky<'_> {
    /// How far from the middle of the counts the image of a plane reaches, degrees, where the counts reach to `radius`.
    fn reach(&self, radius: f64, plane: usize) -> f64 {
        radius + padding(&self.recipe.diffuse_padding, self.psf, plane)
    }
}

/// By how much the image of a plane is larger than the counts map, degrees.
pub(crate) fn padding(padding: &Padding, psf: &PsfPlanes, plane: usize) -> f64 {
    psf.containment_radius(padding.containment, plane).clamp(padding.least, padding.most)
}

/// How much of a source's emission within reach of the counts lies beyond the edge of the exposure map: template times exposure, summed over
/// the pixels of the plane of the widest PSF.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Coverage {
    beyond: f64,
    all: f64,
}

impl Coverage {
    /// Of the emission in both.
    pub(crate) fn with(self, other: Self) -> Self {
        Self { beyond: self.beyond + other.beyond, all: self.all + other.all }
    }

    /// The part that lies beyond, from 0 to 1.
    pub(crate) fn beyond(self) -> f64 {
        if self.all > 0.0 { self.beyond / self.all } else { 0.0 }
    }
}

/// The maps of diffuse sources, `[plane, pixel]` each, in their order. The PSF is transformed once a plane for all of them. Templates that lie in
/// files are let go of as soon as the region's part of them is taken.
pub(crate) fn maps(sky: &Sky<'_>, sources: Vec<Diffuse<'_>>) -> Result<Vec<(Vec<f32>, Coverage)>> {
    let n_pixels = sky.pixels.grid().n_pixels();
    let job = Job::new(sky, sources)?;
    let mut maps: Vec<Vec<f32>> = job.fields.iter().map(|_| vec![0.0; sky.energies.len() * n_pixels]).collect();
    let mut planes: Vec<Vec<&mut [f32]>> = sky.energies.iter().map(|_| Vec::new()).collect();
    for map in &mut maps {
        for (slots, plane) in planes.iter_mut().zip(map.chunks_exact_mut(n_pixels)) {
            slots.push(plane);
        }
    }
    planes.into_par_iter().enumerate().for_each(|(plane, slots)| job.plane(plane, slots));
    Ok(maps.into_iter().zip(job.coverage()).collect())
}

struct Job<'a> {
    sky: &'a Sky<'a>,
    fields: Vec<Field>,
    ground: Arc<Ground>,
    exposure: Arc<ExposureImage>,
    /// Pixels a side of the image of each plane.
    sizes: Vec<usize>,
    /// The transforms for each size.
    convolvers: Vec<(usize, Arc<Convolver>)>,
}

/// A template as the fine image sees it.
struct Field {
    image: Arc<TemplateImage>,
    apply_psf: bool,
    apply_exposure: bool,
}

impl Field {
    fn new(source: Diffuse<'_>, sky: &Sky<'_>, (shared, image): (Option<&Shared>, &FineImage)) -> Result<Self> {
        let named = |error| Error::Source { name: source.name.to_owned(), error: Box::new(error) };
        let (name, apply_psf, apply_exposure) = (source.name, source.apply_psf, source.apply_exposure);
        let make = || {
            let mut sampler = image.template(&source.template).map_err(named)?;
            let map = match source.template {
                Template::Map { cube, norm } => {
                    let pixels = sampler.renumber(cube.grid().n_pixels());
                    Some((Excerpt::new(cube.as_ref(), sky.energies, &pixels).map_err(named)?, norm))
                }
                _ => None,
            };
            Ok(TemplateImage { sampler, map })
        };
        let image = match shared {
            Some(shared) => shared.image((sky.factor, name), make)?,
            None => Arc::new(make()?),
        };
        Ok(Self { image, apply_psf, apply_exposure })
    }
}

impl<'a> Job<'a> {
    fn new(sky: &'a Sky<'a>, sources: Vec<Diffuse<'_>>) -> Result<Self> {
        let (header, frame) = (sky.pixels.grid().header(), sky.recipe.kernel_frame);
        let radius = sky.pixels.radius(&header.reference_direction()?);
        let reaches: Vec<f64> = (0..sky.energies.len()).map(|plane| sky.reach(radius, plane)).collect();
        let sizes: Vec<usize> =
            reaches.iter().map(|reach| FineImage::size_for(header, sky.factor, *reach)).collect();
        let largest = reaches.iter().copied().fold(radius, f64::max);
        let shared = sky.shared.filter(|shared| shared.holds(largest));
        let ground = match shared {
            Some(shared) => shared.ground(header, sky.factor, frame)?,
            None => Arc::new(Ground::new(header, sky.factor, largest, frame)?),
        };
        let field = |source| Field::new(source, sky, (shared, &ground.image));
        let fields = sources.into_iter().map(field).collect::<Result<Vec<_>>>()?;
        let exposure = match shared {
            Some(shared) => shared.exposure(&ground, sky.exposure)?,
            None => Arc::new(ExposureImage::new(&ground.image, sky.exposure)?),
        };
        let mut convolvers: Vec<(usize, Arc<Convolver>)> = Vec::new();
        for &size in &sizes {
            if convolvers.iter().all(|(known, _)| *known != size) {
                let pixels = transform_size(&ground.image, size);
                let convolver = match shared {
                    Some(shared) => shared.convolver(pixels)?,
                    None => Arc::new(Convolver::new(pixels)),
                };
                convolvers.push((size, convolver));
            }
        }
        Ok(Self { sky, fields, ground, exposure, sizes, convolvers })
    }

    /// How much of each source lies beyond the edge of the exposure map.
    fn coverage(&self) -> Vec<Coverage> {
        let size = self.ground.image.size();
        let plane = self.sizes.iter().position(|own| *own == size).unwrap_or(0);
        let of = |field: &Field| {
            let mut coverage = Coverage::default();
            if self.exposure.beyond.is_empty() || !field.apply_exposure {
                return coverage;
            }
            let image = Image::new(self, field, plane, size);
            let mut values = vec![0.0; size];
            for (row, beyond) in self.exposure.beyond.chunks_exact(size).enumerate() {
                image.fill(row, &mut values);
                coverage.all += values.iter().sum::<f64>();
                coverage.beyond +=
                    values.iter().zip(beyond).filter(|(_, is)| **is).map(|(value, _)| value).sum::<f64>();
            }
            coverage
        };
        self.fields.iter().map(of).collect()
    }

    /// Fills one plane of each source's map.
    fn plane(&self, plane: usize, slots: Vec<&mut [f32]>) {
        let size = self.sizes[plane];
        let Some((_, convolver)) = self.convolvers.iter().find(|(known, _)| *known == size) else { return };
        let kernel = self.fields.iter().any(|field| field.apply_psf).then(|| self.kernel(plane, size, convolver));
        for (field, slot) in self.fields.iter().zip(slots) {
            let image = Image::new(self, field, plane, size);
            let window = self.ground.image.window(size);
            let nx = self.sky.pixels.grid().size()[0];
            let mut sums = vec![0.0; slot.len()];
            let factor = self.ground.image.factor();
            let mut add = |row: usize, values: &[f64]| {
                let start = row / factor * nx;
                for (sum, fine) in sums[start..start + nx].iter_mut().zip(values.chunks_exact(factor)) {
                    *sum += fine.iter().sum::<f64>();
                }
            };
            let mut scale = 1.0 / (factor * factor) as f64;
            match &kernel {
                Some((kernel, total)) if field.apply_psf => {
                    scale /= total;
                    let transformed =
                        convolver.forward(|row, values| row < size && image.fill(row, &mut values[..size]));
                    convolver.backward(transformed, kernel, window, add);
                }
                _ => {
                    let mut values = vec![0.0; size];
                    for row in 0..window.size[1] {
                        image.fill(row + window.origin[1], &mut values);
                        add(row, &values[window.origin[0]..window.origin[0] + window.size[0]]);
                    }
                }
            }
            for (pixel, (value, sum)) in slot.iter_mut().zip(&sums).enumerate() {
                #[expect(clippy::cast_possible_truncation, reason = "maps are stored in single precision")]
                let stored = (sum * scale * self.sky.pixels.solid_angle(pixel)) as f32;
                *value = stored;
            }
        }
    }

    /// The transform of the PSF around pixel 0, and the sum by which it is normalized.
    fn kernel(&self, plane: usize, size: usize, convolver: &Convolver) -> (Spectrum, f64) {
        let n = convolver.size();
        let odd = (size - 1).max(1);
        let half = odd / 2;
        let mut total = 0.0;
        // The centre of the kernel lies in pixel 0; what is left of it and below comes in from the far side.
        let place = |offset: usize| (offset + n - half) % n;
        let spectrum = convolver.forward(|row, values| {
            let source = (row + half) % n;
            if source >= odd {
                return false;
            }
            for (offset, &separation) in self.ground.kernel.row(odd, source).iter().enumerate() {
                let value = self.sky.psf.value(f64::from(separation), plane);
                values[place(offset)] = value;
                total += value;
            }
            true
        });
        (spectrum, if total > 0.0 { total } else { 1.0 })
    }
}

/// Pixels a side of the transforms for images of `size`: large enough that the PSF does not come around into the counts map.
fn transform_size(image: &FineImage, size: usize) -> usize {
    let window = image.window(size);
    let half = (size - 1) / 2;
    let around = |axis: usize| {
        let (first, last) = (window.origin[axis], window.origin[axis] + window.size[axis] - 1);
        last.max(size - 1 - first) + half + 1
    };
    quick_size(around(0).max(around(1)).max(size))
}

/// Template times exposure in the pixels of a fine image.
struct Image<'a> {
    job: &'a Job<'a>,
    sampler: &'a Sampler,
    size: usize,
    exposure: Option<&'a [f32]>,
    energy: f64,
    norm: f64,
    /// The map and its planes around the energy, with the fraction of the way between them in the logarithm.
    map: Option<(&'a Excerpt, [usize; 2], f64)>,
}

impl<'a> Image<'a> {
    fn new(job: &'a Job<'a>, field: &'a Field, plane: usize, size: usize) -> Self {
        let energy = job.sky.energies[plane];
        let map = field.image.map.as_ref().map(|(map, _)| {
            let (low, high) = map.planes_around(energy);
            let energies = map.energies();
            let (a, b) = (energies[low], energies[high]);
            let fraction = if low == high { 0.0 } else { (energy / a).ln() / (b / a).ln() };
            (map, [low, high], fraction)
        });
        let norm = field.image.map.as_ref().map_or(1.0, |(_, norm)| *norm);
        let exposure = field.apply_exposure.then(|| job.sky.exposure.cube().plane(job.sky.exposure_planes[plane]));
        Self { job, sampler: &field.image.sampler, size, exposure: exposure.flatten(), energy, norm, map }
    }

    /// Writes a row; whether there is anything in it.
    fn fill(&self, row: usize, values: &mut [f64]) -> bool {
        let job = self.job;
        let all = job.ground.image.size();
        let skip = (all - self.size) / 2;
        let start = (row + skip) * all + skip;
        let mut any = false;
        for (x, value) in values.iter_mut().enumerate() {
            let pixel = start + x;
            let exposure = self.exposure.map_or(1.0, |plane| job.exposure.sampler.value(pixel, plane));
            *value = if exposure > 0.0 { exposure * self.norm * self.template(pixel) } else { 0.0 };
            any |= *value != 0.0;
        }
        any
    }

    fn template(&self, pixel: usize) -> f64 {
        let Some((map, [low, high], fraction)) = self.map else { return self.sampler.value(pixel, &[]) };
        let of = |plane: usize| self.sampler.value(pixel, map.plane(plane));
        let a = of(low);
        if low == high {
            return a;
        }
        let b = of(high);
        if a > 0.0 && b > 0.0 {
            return a * ((b / a).ln() * fraction).exp();
        }
        map.between(low, high, a, b, self.energy).unwrap_or(0.0)
    }
}
